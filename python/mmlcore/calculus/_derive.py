"""From a function's graph to the nodes of a derivative: what is asked for, and the sweep that is cheapest for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._entries import Entries
from mmlcore.calculus._refuse import Certain, refuse
from mmlcore.calculus._traced import Traced
from mmlcore.calculus.operations import OPS
from mmlcore.calculus.symbol import Shape, Tape, size_of
from mmlcore.core.arrays import Array

_MULTIPLY = OPS["multiply"]
_SEPARATE = 8  # up to so many directions go one by one, each without its zeros
_WORTH = 3  # colours are worth while if there are so many times fewer than columns


def derive(function: Traced, kind: Any) -> tuple[list[int], int, Shape]:
    """Return inputs, node and shape of one of: value, gradient, value_and_gradient, jacobian, hessian, and so on."""
    name, *options = kind if isinstance(kind, tuple) else (kind,)
    require_order(function._tape, kind)
    maker: Any = _MAKERS[name]
    inputs = [x.id for x in function._inputs]
    made = maker(function, *options)
    if len(made) == 3:
        extra, node, shape = made
        return [*inputs, *extra], node, shape
    return inputs, *made


def order_of(kind: Any) -> int:
    """Return how often a derivative differentiates."""
    if isinstance(kind, tuple):
        name, *options = kind
        if name in ("taylor", "derivative"):
            return int(options[0])
        return max(map(order_of, options)) if name == "together" else 1
    return 0 if kind == "value" else 2 if "hessian" in kind else 1


def limit_orders(tape: Tape, orders: int) -> None:
    """Note that derivatives of what is on a tape hold up to an order."""
    tape.orders = min(tape.orders, orders)


def require_order(tape: Tape, kind: Any) -> None:
    """Refuse derivatives of orders that those of solved problems do not have."""
    if tape.orders < order_of(kind):
        refuse(
            f"a derivative of order {order_of(kind)} of a problem that is solved inside the function "
            f"(newton, minimize, lagrange, curve_fit), whose derivatives hold up to order {tape.orders} here",
            "Ask for a lower order, or write the solution as a formula.",
            Certain,
        )


def _value(f: Traced) -> tuple[int, Shape]:
    return f._output.id, f.shape


def _filled(f: Traced, node: int, size: int) -> int:
    """Return the node, or zeros where a derivative is zero everywhere."""
    graph = f._tape.graph
    return graph.constant(np.zeros(size)) if node < 0 else node


def gradient_node(f: Traced) -> int:
    """Return the node of the gradient by the first argument."""
    if size_of(f.shape) != 1:
        msg = (
            f"{f.name}: its result has shape {f.shape}, needed one number for a gradient; `jacobian` takes "
            "functions with several results."
        )
        raise ValueError(msg)
    found: int | None = f._memory.get("gradient")
    if found is None:
        graph, x = f._tape.graph, f._inputs[0]
        (node,) = graph.reverse([f._output.id], [graph.number(1.0)], [x.id], 1)
        found = f._memory["gradient"] = _filled(f, node, x.size)
    return found


def _gradient(f: Traced) -> tuple[int, Shape]:
    return gradient_node(f), f.shapes[0]


def _value_and_gradient(f: Traced) -> tuple[int, Shape]:
    gradient = gradient_node(f)
    return f._tape.graph.concat([f._output.id, gradient]), (1 + size_of(f.shapes[0]),)


def _swept(f: Traced, seeds: Array, size: int, sweep: Callable[[int, int], list[int]]) -> int:
    """Return the derivatives (k, size) for seeds (k, m): few by sweeps of their own, without their zeros, or all together."""
    graph = f._tape.graph
    groups = seeds[:, None] if len(seeds) <= _SEPARATE else seeds[None]
    rows = []
    for group in groups:
        (node,) = sweep(graph.constant(group.ravel()), len(group))
        rows.append(_filled(f, node, len(group) * size))
    return graph.concat(rows)


def _directional(f: Traced, output: int, seeds: Array) -> int:
    """Return the derivatives (k, size of output) along directions (k, n)."""
    graph, x = f._tape.graph, f._inputs[0]
    return _swept(
        f,
        seeds,
        graph.size(output),
        lambda seed, count: graph.forward([output], [x.id], [seed], count),
    )


def _transposed(f: Traced, node: int, rows: int, columns: int) -> int:
    """Turn (rows, columns) into (columns, rows)."""
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns).T
    return f._tape.graph.gather(node, index.ravel())


def _jacobian(f: Traced) -> tuple[int, Shape]:
    graph, x, y = f._tape.graph, f._inputs[0], f._output
    m, n = y.size, x.size
    shape = f.shape + f.shapes[0]
    if n > _SEPARATE and (node := _by_colours(f, y.id)) is not None:
        return node, shape
    if n <= max(m, 2):
        return _transposed(f, _directional(f, y.id, np.eye(n)), n, m), shape
    node = _swept(f, np.eye(m), n, lambda seed, count: graph.reverse([y.id], [seed], [x.id], count))
    return node, shape


def pattern(f: Traced, output: int) -> tuple[Array, Array, Array]:
    """Return rows and columns of a node's derivatives that can be other than zero, and the colours of the columns."""
    found: tuple[Array, Array, Array] | None = f._memory.get(f"pattern of {output}")
    if found is None:
        start, columns, colours = f._tape.graph.pattern(output, f._inputs[0].id)
        rows = np.repeat(np.arange(len(start) - 1), np.diff(start))
        found = f._memory[f"pattern of {output}"] = (rows, columns.astype(np.intp), colours)
    return found


def _compressed(f: Traced, output: int, count: int) -> int:
    """Return the node of the derivatives along a direction for each of `count` colours (count, m)."""
    _, _, colours = pattern(f, output)
    seeds = (colours == np.arange(count)[:, None]).astype(np.float64)
    return _directional(f, output, seeds)


def _by_colours(f: Traced, output: int) -> int | None:
    """Return the node of a Jacobian (m, n) whose columns are computed together where they share no row, if that pays."""
    graph, n = f._tape.graph, f._inputs[0].size
    rows, columns, colours = pattern(f, output)
    m, count = graph.size(output), int(colours.max()) + 1
    if _WORTH * count > min(n, m):
        return None
    index = np.full((m, n), count * m, dtype=np.int32)  # a zero after the others
    index[rows, columns] = colours[columns] * m + rows
    every = graph.concat([_compressed(f, output, count), graph.number(0.0)])
    return graph.gather(every, index.ravel())


def _sparse(f: Traced, output: int) -> tuple[int, Shape]:
    rows, columns, colours = pattern(f, output)
    graph = f._tape.graph
    if not len(rows):
        return graph.constant(np.empty(0)), (0,)
    index = colours[columns] * graph.size(output) + rows
    return Entries(graph).node(_compressed(f, output, int(colours.max()) + 1), index), (len(index),)


def _hessian(f: Traced) -> tuple[int, Shape]:
    n, shape = f._inputs[0].size, f.shapes[0] * 2
    slope = gradient_node(f)
    node = _by_colours(f, slope) if n > _SEPARATE else None
    return (_directional(f, slope, np.eye(n)) if node is None else node), shape


def _sparse_hessian(f: Traced) -> tuple[int, Shape]:
    return _sparse(f, gradient_node(f))


def _sparse_jacobian(f: Traced) -> tuple[int, Shape]:
    return _sparse(f, f._output.id)


def _along(f: Traced, output: int) -> tuple[list[int], int]:
    """Return the derivative of a node along a direction that is a further argument."""
    graph, x = f._tape.graph, f._inputs[0]
    direction = graph.input(x.size)
    (node,) = graph.forward([output], [x.id], [direction], 1)
    return [direction], _filled(f, node, graph.size(output))


def _jacobian_vector(f: Traced) -> tuple[list[int], int, Shape]:
    return *_along(f, f._output.id), f.shape


def _hessian_vector(f: Traced) -> tuple[list[int], int, Shape]:
    return *_along(f, gradient_node(f)), f.shapes[0]


def _vector_jacobian(f: Traced) -> tuple[list[int], int, Shape]:
    graph, x, y = f._tape.graph, f._inputs[0], f._output
    weights = graph.input(y.size)
    (node,) = graph.reverse([y.id], [weights], [x.id], 1)
    return [weights], _filled(f, node, x.size), f.shapes[0]


def _coefficients(f: Traced, order: int) -> list[int]:
    """Return the nodes of the Taylor coefficients in one variable, or along the diagonal of several."""
    graph, x, y = f._tape.graph, f._inputs[0], f._output
    curve = [x.id, graph.constant(np.ones(x.size))][: order + 1]
    (series,) = graph.taylor([y.id], [x.id], [curve + [-1] * (order - 1)])
    return [_filled(f, node, y.size) for node in series]


def _taylor(f: Traced, order: int) -> tuple[int, Shape]:
    graph, size = f._tape.graph, f._output.size
    node = graph.concat([graph.full(c, size) for c in _coefficients(f, order)])
    return _transposed(f, node, order + 1, size), (*f.shape, order + 1)


def _derivative(f: Traced, order: int) -> tuple[int, Shape]:
    graph, x = f._tape.graph, f._inputs[0]
    if order == 1:
        (node,) = graph.forward([f._output.id], [x.id], [graph.number(1.0)], 1)
        return _filled(f, node, f._output.size), f.shape
    node = _coefficients(f, order)[order]
    factor = graph.number(float(math.factorial(order)))
    return graph.binary(_MULTIPLY, node, factor), f.shape


def _gradients(f: Traced, which: tuple[int, ...]) -> tuple[int, Shape]:
    """Return the gradients by several arguments, one after the other."""
    gradient_node(f)  # its errors
    graph, inputs = f._tape.graph, [f._inputs[k] for k in which]
    nodes = graph.reverse([f._output.id], [graph.number(1.0)], [x.id for x in inputs], 1)
    parts = [_filled(f, node, x.size) for node, x in zip(nodes, inputs, strict=True)]
    return graph.concat(parts), (sum(x.size for x in inputs),)


def _value_and_gradients(f: Traced, which: tuple[int, ...]) -> tuple[int, Shape]:
    node, shape = _gradients(f, which)
    return f._tape.graph.concat([f._output.id, node]), (1 + shape[0],)


def _together(f: Traced, *kinds: Any) -> tuple[int, Shape]:
    """Return the numbers of several kinds, one after the other, which share what they have in common."""
    made = [derive(f, kind) for kind in kinds]
    return f._tape.graph.concat([node for _, node, _ in made]), (sum(size_of(m[2]) for m in made),)


_MAKERS = {
    "together": _together,
    "gradients": _gradients,
    "value_and_gradients": _value_and_gradients,
    "value": _value,
    "gradient": _gradient,
    "value_and_gradient": _value_and_gradient,
    "jacobian": _jacobian,
    "hessian": _hessian,
    "sparse_hessian": _sparse_hessian,
    "sparse_jacobian": _sparse_jacobian,
    "jacobian_vector_product": _jacobian_vector,
    "hessian_vector_product": _hessian_vector,
    "vector_jacobian_product": _vector_jacobian,
    "taylor": _taylor,
    "derivative": _derivative,
}

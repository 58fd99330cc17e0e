"""Products of symbols: of vectors, matrices, stacks and tensors, and what is made of products."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.symbol import Symbol, Tape, rearranged, size_of, spread


def matmul(tape: Tape, a: Any, b: Any) -> Any:
    """Multiply vectors, matrices and stacks of matrices."""
    x, y = tape.symbol(a), tape.symbol(b)
    if not x.ndim or not y.ndim:
        msg = "matmul: Input operand does not have enough dimensions"
        raise ValueError(msg)
    rows, columns = len(x.shape) > 1, len(y.shape) > 1
    left, right = x.shape if rows else (1, *x.shape), y.shape if columns else (*y.shape, 1)
    (m, k), (inner, n) = left[-2:], right[-2:]
    if k != inner:
        msg = f"matmul: got shapes {x.shape} and {y.shape}: the inner sizes {k} and {inner} differ"
        raise ValueError(msg)
    stack: tuple[int, ...] = ()
    if len(left) > 2 or len(right) > 2:  # a matrix alone is repeated by itself
        stack = np.broadcast_shapes(left[:-2], right[:-2])
        x, y = (spread(w, (*stack, *w.shape[-2:])) if len(w.shape) > 2 else w for w in (x, y))
    node = tape.graph.matmul(x.id, y.id, m, k, n)
    return Symbol(tape, node, (*stack, *(m,) * rows, *(n,) * columns))


def _dot(tape: Tape, a: Any, b: Any) -> Any:
    x, y = tape.symbol(a), tape.symbol(b)
    if not x.ndim or not y.ndim:
        return x * y
    if y.ndim > 2:
        return np.tensordot(x, y, axes=(-1, -2))
    return matmul(tape, x, y)


_LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _spelt(tape: Tape, subscripts: Any, operands: Any) -> tuple[str, list[Any]]:
    """Return subscripts as a text without ellipses, and the operands."""
    if not isinstance(subscripts, str):  # operands and lists of numbers in turn
        listed = [subscripts, *operands]
        arrays, lists = listed[: len(listed) // 2 * 2 : 2], listed[1::2]
        word: Callable[..., str] = lambda labels: "".join(
            "..." if k is Ellipsis else _LABELS[k] for k in labels
        )
        subscripts = ",".join(map(word, lists)) + (
            f"->{word(listed[-1])}" if len(listed) % 2 else ""
        )
        operands = arrays
    subscripts, arrays = subscripts.replace(" ", ""), [tape.symbol(x) for x in operands]
    if "." not in subscripts:
        return subscripts, arrays
    left, arrow, result = subscripts.partition("->")
    terms = left.split(",")
    free = [c for c in _LABELS if c not in subscripts]
    axes = [
        x.ndim - len(t.replace("...", "")) if "..." in t else 0
        for t, x in zip(terms, arrays, strict=True)
    ]
    most = "".join(free[: max(axes)])
    if not arrow:
        single = sorted(c for c in set(left) - set(",.") if left.count(c) == 1)
        result = "..." + "".join(single)
    spelt = [t.replace("...", most[len(most) - n :]) for t, n in zip(terms, axes, strict=True)]
    return ",".join(spelt) + "->" + result.replace("...", most), arrays


def _einsum(tape: Tape, subscripts: Any, *operands: Any) -> Any:
    """By its definition: every operand spread over all labels, multiplied, and summed."""
    subscripts, arrays = _spelt(tape, subscripts, operands)
    terms, _arrow, result = subscripts.partition("->")
    labels = "".join(sorted(set(terms) - {","}))
    if "->" not in subscripts:
        result = "".join(c for c in labels if terms.count(c) == 1)
    inner = [c for c in labels if c not in result]
    order = list(result) + inner
    product: Any = 1.0
    for term, operand in zip(terms.split(","), arrays, strict=True):
        own = [c for c in order if c in term]
        part = rearranged(operand, partial(np.einsum, f"{term}->{''.join(own)}"))
        sizes = dict(zip(own, part.shape, strict=True))
        product = product * part.reshape([sizes.get(c, 1) for c in order])
    if inner:
        product = product.sum(axis=tuple(range(len(result), len(order))))
    return product


def _tensordot(tape: Tape, a: Any, b: Any, axes: Any = 2) -> Any:
    x, y = tape.symbol(a), tape.symbol(b)
    if isinstance(axes, int):
        ours, theirs = list(range(x.ndim - axes, x.ndim)), list(range(axes))
    else:
        ours, theirs = ([int(i) for i in np.atleast_1d(side)] for side in axes)
    ours, theirs = [i % x.ndim for i in ours], [i % y.ndim for i in theirs]
    left = [i for i in range(x.ndim) if i not in ours]
    right = [i for i in range(y.ndim) if i not in theirs]
    rows, columns = tuple(x.shape[i] for i in left), tuple(y.shape[i] for i in right)
    inner = size_of(tuple(x.shape[i] for i in ours))
    u = np.transpose(x, left + ours).reshape(size_of(rows), inner)
    v = np.transpose(y, theirs + right).reshape(inner, size_of(columns))
    return matmul(tape, u, v).reshape(rows + columns)


def _cross(
    tape: Tape, a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = np.moveaxis(tape.symbol(a), axisa, -1), np.moveaxis(tape.symbol(b), axisb, -1)
    if x.shape[-1:] != (3,) or y.shape[-1:] != (3,):
        refuse("numpy.cross of anything but vectors of 3", "Write it component by component.")
    after, before = [1, 2, 0], [2, 0, 1]
    found = x[..., after] * y[..., before] - x[..., before] * y[..., after]
    return np.moveaxis(found, -1, axisc)


def _vdot(tape: Tape, a: Any, b: Any) -> Any:
    return matmul(tape, tape.symbol(a).reshape(-1), tape.symbol(b).reshape(-1))


def _outer(tape: Tape, a: Any, b: Any) -> Any:
    return tape.symbol(a).reshape(-1, 1) * tape.symbol(b).reshape(-1)


def _inner(tape: Tape, a: Any, b: Any) -> Any:
    x, y = tape.symbol(a), tape.symbol(b)
    if not x.ndim or not y.ndim:
        return x * y
    return _tensordot(tape, x, y, ([x.ndim - 1], [y.ndim - 1]))


def _kron(tape: Tape, a: Any, b: Any) -> Any:
    x, y = tape.symbol(a), tape.symbol(b)
    n = max(x.ndim, y.ndim)
    first, second = ((1,) * (n - part.ndim) + part.shape for part in (x, y))
    both = x.reshape([s for i in range(n) for s in (first[i], 1)]) * y.reshape(
        [s for i in range(n) for s in (1, second[i])]
    )
    return both.reshape([p * q for p, q in zip(first, second, strict=True)])


def _vecdot(tape: Tape, x1: Any, x2: Any, axis: int = -1) -> Any:
    x, y = tape.symbol(x1), tape.symbol(x2)
    if axis != -1:
        x, y = np.moveaxis(x, axis, -1), np.moveaxis(y, axis, -1)
    if x.shape[-1:] != y.shape[-1:]:
        msg = f"vecdot: got shapes {x.shape} and {y.shape}, whose vectors differ in length"
        raise ValueError(msg)
    return (x * y).sum(axis=-1)


def _matvec(tape: Tape, x1: Any, x2: Any) -> Any:
    x = tape.symbol(x2)
    return matmul(tape, x1, x[..., None])[..., 0]


def _vecmat(tape: Tape, x1: Any, x2: Any) -> Any:
    x = tape.symbol(x1)
    return matmul(tape, x[..., None, :], x2)[..., 0, :]


# ufuncs of vectors and matrices.
PRODUCTS: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "vecdot": _vecdot,
    "matvec": _matvec,
    "vecmat": _vecmat,
}
# Functions of numpy that multiply, whose arguments may be anything that numpy takes as an array.
OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "dot": _dot,
    "vdot": _vdot,
    "inner": _inner,
    "outer": _outer,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "cross": _cross,
    "kron": _kron,
}

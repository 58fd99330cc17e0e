"""Derivatives within functions that are being traced: further nodes of the same graph.

The function gets an argument of its own, for which x is put in at the end: x may have been taken apart by what the function does
with it, and the function may hold x from around it, where it counts as a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from mmlcore.calculus._derive import derive, order_of, require_order
from mmlcore.calculus._traced import Traced
from mmlcore.calculus.nodes import needed, restore, stored
from mmlcore.calculus.symbol import ANY_ORDER, Symbol

F = Callable[..., Any]


def symbol_in(x: Any) -> Any:
    """Return x as one symbol where it is one or holds some, else None."""
    if type(x) is Symbol:
        return x
    if isinstance(x, (list, tuple)) or (isinstance(x, np.ndarray) and x.dtype == object):
        first = next((s for s in map(symbol_in, x) if s is not None), None)
        return None if first is None else first.tape.symbol(x)
    return None


def inline(f: F, x: Any, kind: str) -> Any:
    """Return the gradient, Jacobian or Hessian of f at a symbol, as another."""
    own = x.tape.input(x.shape)
    with _differentiated(x.tape, kind):
        result = x.tape.symbol(f(x.tape.argument(own)))
        _, node, shape = derive(Traced(x.tape, (own,), result), kind)
    return Symbol(x.tape, _with(x, own, node), shape)


def inline_derivative(f: F, x: Any, order: int) -> Any:
    """Return a derivative of f, which takes numbers, at each number of a symbol."""
    own = x.tape.input(x.shape)
    graph = x.tape.graph
    with _differentiated(x.tape, ("derivative", order)):
        y = x.tape.symbol(f(x.tape.argument(own)))
        require_order(x.tape, ("derivative", order))
    ones = graph.constant(np.ones(x.size))
    for _ in range(order):
        (node,) = graph.forward([y.id], [own.id], [ones], 1)
        y = Symbol(x.tape, node if node >= 0 else graph.constant(np.zeros(y.size)), y.shape)
    return Symbol(x.tape, _with(x, own, y.id), y.shape)


@contextmanager
def _differentiated(tape: Any, kind: Any) -> Iterator[None]:
    """Count the orders that a derivative takes from problems that are solved within its function."""
    around, tape.orders = tape.orders, ANY_ORDER
    try:
        yield
        around = min(around, tape.orders - order_of(kind))
    finally:
        tape.orders = around


def _with(x: Any, own: Any, node: int) -> int:
    """Put x in for an argument of a node of the same graph."""
    graph = x.tape.graph
    ids: dict[int, int] = {own.id: graph.full(x.id, x.size)}
    for part in needed(graph, node):
        if part not in ids:
            whole = stored(graph, part)
            if all(ids[i] == i for i in whole[2]):
                ids[part] = part
            else:
                restore(graph, ids, [(part, *whole)])
    return ids[node]

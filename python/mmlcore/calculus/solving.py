"""Functions that are made within a traced function, as functions of their own argument and of the values around them.

So a solver inside a traced function gets what it needs, values and derivatives of its function at symbols, and the values of the
function around it count as parameters: the solution depends on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from mmlcore.calculus._derive import derive, limit_orders, order_of
from mmlcore.calculus._loop import Lifter, loop
from mmlcore.calculus._namespace import INNERMOST, holds_symbol
from mmlcore.calculus._refuse import Certain, refuse
from mmlcore.calculus._replacements import CREATORS
from mmlcore.calculus._traced import Traced
from mmlcore.calculus.nodes import needed, restore, stored
from mmlcore.calculus.operations import OPS
from mmlcore.calculus.symbol import Shape, Symbol, Tape

__all__ = [
    "Freed",
    "fixed",
    "holds_symbol",
    "limit_orders",
    "loop",
    "refuse_here",
    "replace_inside",
]


def refuse_here(what: str, fix: str) -> NoReturn:
    """Raise a TraceError that names the user's line, whatever the first trace said."""
    refuse(what, fix, Certain)


def replace_inside(plain: Any, traced: Callable[..., Any]) -> None:
    """Call ``traced(tape, plain, ...)`` in place of a function of ours inside traced functions."""
    CREATORS[id(plain)] = traced


class Freed:
    """A function of x (of `shape`) that is written within another one.

    Parameters
    ----------
    outer : Tape
        The trace of the function around it.
    make : callable
        ``make(x, seen)`` gives the value; ``seen`` turns functions and values of the user into what x can meet.
    shape : tuple of int
        Of x.
    """

    def __init__(
        self, outer: Tape, make: Callable[[Any, Callable[[Any], Any]], Any], shape: Shape
    ) -> None:
        tape = Tape()
        x = tape.input(shape)
        lifter = Lifter(tape, outer)
        before = INNERMOST.set(tape)
        try:
            y = tape.symbol(make(tape.argument(x), lifter.seen_by_body))
            y = Symbol(tape, tape.graph.full(y.id, y.size), y.shape)
        finally:
            INNERMOST.reset(before)
        pairs = list(lifter.lifted.values())
        self.around = [value for value, _ in pairs]
        self.shape = y.shape
        self._traced = Traced(tape, (x, *(own for _, own in pairs)), y)

    def at(self, kind: Any, x: Any, around: Any) -> Any:
        """Return the value, or a derivative by x as `derive` names it, at symbols."""
        _, node, shape = derive(self._traced, kind)
        limit_orders(x.tape, self._traced._tape.orders - order_of(kind))
        graph, tape = self._traced._tape.graph, x.tape
        pairs = zip(self._traced._inputs, (x, *around), strict=True)
        ids: dict[int, int] = {own.id: tape.graph.full(y.id, own.size) for own, y in pairs}
        restore(tape.graph, ids, [(part, *stored(graph, part)) for part in needed(graph, node)])
        return Symbol(tape, ids[node], shape)


def fixed(x: Any) -> Any:
    """Return the numbers of a symbol, which count as constants from here on."""
    return Symbol(x.tape, x.tape.graph.unary(OPS["fixed"], x.id), x.shape)

"""Loops of many steps as one operation of a graph: see the kernels' loops.hpp."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus._derive import limit_orders
from mmlcore.calculus._function import Function
from mmlcore.calculus._namespace import INNERMOST, Copier
from mmlcore.calculus.symbol import Symbol, Tape, is_symbol, size_of
from mmlcore.core.arrays import as_array, as_index

_ALONE = 64  # steps that keep all their states; more keep some
_NO = _core.FunctionGraph


def loop(
    body: Callable[[Any, Any], Any],
    state: Any,
    count: int | None = None,
    *,
    over: Any = None,
) -> Any:
    """Repeat a step many times, as one operation: an integrator, a recurrence, a filter.

    Like ``for i in range(count): state = body(i, state)``, or ``for row in over: state = body(row, state)``, but traced once, however many
    steps there are, and differentiated without a graph that grows with them.

    Parameters
    ----------
    body : callable
        Of the number of the step, or a row of `over`, and the state; it returns the next state, of the same shape. What can be traced
        in functions can be here; values of the function around it may be used.
    state : array_like or tuple of array_like
        Where to begin.
    count : int, optional
        Number of steps; that of rows if not given.
    over : array_like (count, ...), optional
        Rows, of which each step gets one; they may depend on the arguments of the function around.

    Returns
    -------
    ndarray, or a tuple of them, as `state`
        The state after the last step. Within a traced function it is a traced value.

    Raises
    ------
    TraceError
        The body cannot be traced: the message names the line and the fix.
    ValueError
        The body returns a state of another shape, or `count` is not the number of rows.

    Notes
    -----
    Derivatives of loops are loops again, forward and in reverse, of every order [1]_. The reverse sweep keeps the states of some
    2 sqrt(count) steps and computes the others once more. Cost: some nanoseconds for each operation of each step, and one trace of
    the body. Points beside each other take their steps together.

    References
    ----------
    .. [1] A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed. (2008), chapters 3 and 12.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> def after(rate):
    ...     return mml.calculus.loop(lambda i, y: y + 0.001 * rate * y, 1.0, 1000)
    >>> float(mml.derivative(after, 1.0).round(3))
    2.714
    >>> float(mml.calculus.loop(lambda t, s: 0.5 * s + t, 0.0, over=[1.0, 2.0, 3.0]))
    4.25
    """
    parts, several = _parts(state)
    rows, grouped = ((), False) if over is None else _parts(over)
    symbols = [x for x in (*parts, *rows) if is_symbol(x)] or _captured(body)
    if symbols:
        return _traced(symbols[0].tape, body, parts, several, rows, grouped, count)
    arrays = [as_array(x, "state") for x in parts]
    shapes = [x.shape for x in arrays]
    lists = [as_array(x, "over") for x in rows]

    def whole(*given: Any) -> Any:
        start = given if several else given[0]
        found = loop(
            body, start, count, over=tuple(lists) if grouped else lists[0] if lists else None
        )
        return np.concatenate([np.reshape(x, -1) for x in found]) if several else found

    result = Function(whole, *shapes)(*arrays)
    if not several:
        return result
    ends = np.cumsum([size_of(shape) for shape in shapes])[:-1]
    return tuple(x.reshape(s) for x, s in zip(np.split(result, ends), shapes, strict=True))


def _parts(x: Any) -> tuple[tuple[Any, ...], bool]:
    return (x, True) if isinstance(x, tuple) else ((x,), False)


def _captured(body: Any) -> list[Symbol]:
    """Return symbols that a function has around it."""
    found = [cell.cell_contents for cell in getattr(body, "__closure__", None) or ()]
    found += list(getattr(body, "__defaults__", None) or ())
    flat = [y for x in found for y in (x if isinstance(x, (list, tuple)) else (x,))]
    return [x for x in flat if is_symbol(x)]


class Lifter(Copier):
    """Copies the body, in which values of the function around it are parameters."""

    def __init__(self, tape: Tape, outer: Tape) -> None:
        super().__init__(tape)
        self.outer = outer
        self.lifted: dict[int, tuple[Symbol, Symbol]] = {}

    def seen(self, x: Any) -> Any:
        if type(x) is Symbol:
            return self.parameter(x) if x.tape is self.outer else x
        if type(x) in (list, tuple):
            return type(x)(map(self.seen, x))
        return self.copied(x) if self.is_user_function(x) else x

    def seen_by_body(self, x: Any) -> Any:
        """Return a function or value of the user as the body sees it."""
        return self.copied(x) if callable(x) and type(x) is not Symbol else self.seen(x)

    def parameter(self, x: Symbol) -> Symbol:
        if x.tape.graph.is_constant(x.id):
            return Symbol(self.tape, self.tape.graph.constant(x.tape.graph.values(x.id)), x.shape)
        if x.id not in self.lifted:
            self.lifted[x.id] = (x, self.tape.input(x.shape))
        inner = self.lifted[x.id][1]
        return Symbol(self.tape, inner.id, x.shape)

    def replaced(self, x: Any) -> Any:
        return x


def _traced(
    outer: Tape,
    body: Any,
    parts: tuple[Any, ...],
    several: bool,
    rows: tuple[Any, ...],
    grouped: bool,
    count: int | None,
) -> Any:
    start = [outer.symbol(x) for x in parts]
    given = [outer.symbol(x) for x in rows]
    lengths = {x.shape[0] if x.ndim else -1 for x in given}
    if count is None and not lengths:
        msg = "count: needed the number of steps where `over` is not given."
        raise ValueError(msg)
    steps = as_index(lengths.pop() if count is None else count, "count", 0)
    if any(x.ndim < 1 or x.shape[0] != steps for x in given):
        msg = f"over: got shape {given[0].shape}, needed ({steps}, ...), a row for each step."
        raise ValueError(msg)
    tape = Tape()
    inside = [tape.input(x.shape) for x in start]
    if given:
        row = [tape.input(x.shape[1:]) for x in given]
    else:
        row = [tape.counted(tape.input(()))]
        given = [outer.symbol(np.arange(float(steps)))]
    lifter = Lifter(tape, outer)
    argument: Callable[..., Any] = lambda symbols, group: tuple(symbols) if group else symbols[0]
    before = INNERMOST.set(tape)
    try:
        found = lifter.copied(body)(
            argument(list(map(tape.argument, row)) if rows else row, grouped),
            argument(list(map(tape.argument, inside)), several),
        )
    finally:
        INNERMOST.reset(before)
    after, again = _parts(found)
    shapes = [x.shape for x in start]
    results = [tape.symbol(x) for x in after]
    if again != several or [x.shape for x in results] != shapes:
        msg = f"body: got a state of shapes {[x.shape for x in results]} from one of {shapes}, needed the same."
        raise ValueError(msg)
    parameters = list(lifter.lifted.values())
    ids = (
        [x.id for x in inside],
        [x.id for _, x in parameters],
        [x.id for x in row],
        [tape.graph.full(x.id, x.size) for x in results],
    )
    limit_orders(outer, tape.orders)
    graph = outer.graph
    if steps == 0:
        return tuple(x.copy() for x in start) if several else start[0].copy()
    numbers = [x.reshape(steps, -1) for x in given]
    table: Any = numbers[0] if len(numbers) == 1 else np.concatenate(numbers, axis=1)
    every = (
        graph.concat([x.id for x, _ in parameters]) if parameters else graph.constant(np.empty(0))
    )
    node = _node(
        graph, tape.graph, ids, (graph.concat([x.id for x in start]), every, table.id), steps
    )
    whole = Symbol(outer, node, (sum(x.size for x in start),))
    if not several:
        return whole.reshape(shapes[0])
    at, ends = 0, []
    for shape in shapes:
        ends.append(whole[at : at + size_of(shape)].reshape(shape))
        at += size_of(shape)
    return tuple(ends)


def _node(graph: Any, body: Any, ids: Any, operands: tuple[int, int, int], steps: int) -> int:
    """Add a loop; a long one as a loop of loops, whose reverse sweep keeps few states."""
    if steps <= _ALONE:
        return graph.loop(body, ids, operands, steps)  # type: ignore[no-any-return]
    state, every, table = operands
    width = graph.size(table) // steps
    inner = math.isqrt(steps)
    outer = steps // inner
    whole = _NO()
    s, p, r = (
        whole.input(graph.size(state)),
        whole.input(graph.size(every)),
        whole.input(inner * width),
    )
    last = whole.loop(body, ids, (s, p, r), inner)
    done = inner * outer
    first = graph.gather(table, np.arange(done * width, dtype=np.int32))
    state = graph.loop(whole, ([s], [p], [r], [last]), (state, every, first), outer)
    if done == steps:
        return int(state)
    rest = graph.gather(table, np.arange(done * width, steps * width, dtype=np.int32))
    return graph.loop(body, ids, (state, every, rest), steps - done)  # type: ignore[no-any-return]

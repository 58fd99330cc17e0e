"""Reductions of symbols: sums, means, variances, products and extremes along axes; and running sums and products."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from mmlcore.calculus._keywords import NOTHING
from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.symbol import Symbol, Tape, is_truth, size_of, spread


def axes_of(x: Any, axis: Any) -> list[int]:
    if axis is None:
        return list(range(x.ndim))
    wanted = axis if isinstance(axis, tuple) else (axis,)
    for a in wanted:
        if not -x.ndim <= a < x.ndim:
            raise np.exceptions.AxisError(a, x.ndim)
    found = sorted(a % x.ndim for a in wanted)
    if len(set(found)) < len(found):
        msg = "duplicate value in 'axis'"
        raise ValueError(msg)
    return found


def _reduced(x: Any, axes: list[int], keepdims: bool) -> tuple[int, ...]:
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return tuple(n for i, n in enumerate(x.shape) if i not in axes)


def sum_of(
    tape: Tape,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NOTHING,
    where: Any = True,
) -> Any:
    """Sum along axes."""
    x = _chosen(tape, tape.symbol(a), where, 0.0)
    if axis is None and x.shape and not keepdims and initial is NOTHING:
        return Symbol(tape, tape.graph.sum(x.id, 1, x.size, 1), ())
    axes = axes_of(x, axis)
    shape, node, left = _reduced(x, axes, keepdims), x.id, list(x.shape)
    for i in reversed(axes):
        if axes == list(range(x.ndim)):  # all at once
            node = tape.graph.sum(node, 1, x.size, 1)
            break
        node = tape.graph.sum(
            node, size_of(tuple(left[:i])), left[i], size_of(tuple(left[i + 1 :]))
        )
        left[i] = 1
    result = Symbol(tape, node, shape)
    return result if initial is NOTHING else result + initial


def _chosen(tape: Tape, x: Any, where: Any, neutral: float) -> Any:
    """Put what does not count in place of elements that `where` leaves out."""
    return x if where is True else tape.where(tape.symbol(where), x, tape.symbol(neutral))


def _count(tape: Tape, x: Any, axis: Any, where: Any, keepdims: bool) -> Any:
    """Return how many elements each mean is of."""
    if where is True:
        return size_of(tuple(x.shape[i] for i in axes_of(x, axis)))
    if not isinstance(where, Symbol):
        return np.broadcast_to(where, x.shape).sum(axis=axis, keepdims=keepdims)
    return sum_of(tape, spread(where, x.shape) + np.zeros(x.shape), axis, keepdims=keepdims)


def mean(
    tape: Tape,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    """Mean along axes."""
    x = tape.symbol(a)
    count = _count(tape, x, axis, where, keepdims)
    total = sum_of(tape, x, axis, keepdims=keepdims, where=where)
    if where is True:
        return total * (1 / count if count else float("nan"))
    return total / count


def _pairwise(function: Callable[[Any, Any], Any], neutral: float | None) -> Callable[..., Any]:
    """Reduce by halves: elements of the first half with those of the second."""

    def reduce(tape: Tape, a: Any, axis: Any, keepdims: bool, initial: Any, where: Any) -> Any:
        x = tape.symbol(a)
        if where is not True:
            if neutral is None and initial is NOTHING:
                msg = "a reduction without an identity needs `initial` beside `where`"
                raise ValueError(msg)
            x = tape.where(
                tape.symbol(where), x, tape.symbol(neutral if neutral is not None else initial)
            )
        axes = axes_of(x, axis)
        shape = _reduced(x, axes, keepdims)
        rest = [i for i in range(x.ndim) if i not in axes]
        parts = np.transpose(x, axes + rest).reshape(
            size_of(tuple(x.shape[i] for i in axes)), size_of(tuple(x.shape[i] for i in rest))
        )
        if len(parts) == 0:
            if neutral is None and initial is NOTHING:
                msg = "zero-size array to reduction operation which has no identity"
                raise ValueError(msg)
            return tape.symbol(np.full(shape, neutral if initial is NOTHING else initial))
        while len(parts) > 1:
            half = len(parts) // 2
            both = function(parts[:half], parts[half : 2 * half])
            parts = np.concatenate([both, parts[2 * half :]]) if len(parts) % 2 else both
        result = parts.reshape(*shape) if shape else parts.reshape(())
        return result.copy() if initial is NOTHING else function(result, tape.symbol(initial))

    return reduce


def _reduction(
    function: Callable[[Any, Any], Any], neutral: float | None, *, truths: bool = False
) -> Callable[..., Any]:
    """Stand for a reduction without a dtype: an extreme, or, of `truths`, all and any."""
    reduce = _pairwise(function, neutral)

    def along(
        tape: Tape,
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = NOTHING,
        where: Any = True,
    ) -> Any:
        x = tape.symbol(a)
        if truths and not is_truth(x):
            x = x != 0
        return reduce(tape, x, axis, keepdims, initial, where)

    return along


def _product(
    tape: Tape,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NOTHING,
    where: Any = True,
) -> Any:
    return _multiplied(tape, a, axis, keepdims, initial, where)


_multiplied = _pairwise(lambda x, y: x * y, 1.0)


def var(
    tape: Tape,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = NOTHING,
    correction: Any = NOTHING,
) -> Any:
    """Variance along axes."""
    if correction is not NOTHING:
        if ddof != 0:
            msg = "ddof and correction can't be provided simultaneously."
            raise ValueError(msg)
        ddof = correction
    x = tape.symbol(a)
    middle = _MEAN(tape, x, axis, keepdims=True, where=where) if mean is NOTHING else mean
    away = x - middle
    count = _count(tape, x, axis, where, keepdims)
    return sum_of(tape, away * away, axis, keepdims=keepdims, where=where) / (count - ddof)


_MEAN = mean


@wraps(var)
def _std(tape: Tape, *arguments: Any, **options: Any) -> Any:
    return np.sqrt(var(tape, *arguments, **options))


def _running(tape: Tape, a: Any, axis: int | None, product: bool) -> Any:
    """Return running sums, or products, by a recurrence: as many operations as elements."""
    x = tape.symbol(a)
    if axis is None:
        x, axis = x.reshape(-1), 0
    (i,) = axes_of(x, axis)
    dims = size_of(x.shape[:i]), x.shape[i], size_of(x.shape[i + 1 :])
    if not product:
        return Symbol(tape, tape.graph.recurrence(tape.graph.number(1.0), x.id, *dims), x.shape)
    start = np.zeros(x.shape)
    start[(slice(None),) * i + (slice(0, 1),)] = 1.0
    first = tape.where(tape.symbol(start), x, tape.symbol(0.0))
    return Symbol(tape, tape.graph.recurrence(x.id, first.id, *dims), x.shape)


def cumsum(tape: Tape, a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sums."""
    return _running(tape, a, axis, product=False)


def cumprod(tape: Tape, a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products."""
    return _running(tape, a, axis, product=True)


def _running_extreme(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Return running extremes, in as many steps as the length has binary digits."""

    def running(tape: Tape, a: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        x = np.moveaxis(tape.symbol(a), axis, 0)
        reach = 1
        while reach < len(x):
            x = np.concatenate([x[:reach], function(x[reach:], x[:-reach])])
            reach *= 2
        return np.moveaxis(x, 0, axis).copy()

    return running


def _diff(
    tape: Tape, a: Any, n: int = 1, axis: int = -1, prepend: Any = NOTHING, append: Any = NOTHING
) -> Any:
    x = tape.symbol(a)
    if is_truth(x):
        refuse("numpy.diff of conditions", "Add 0.0 to make numbers of them, or compare by !=.")
    if n < 0:
        msg = f"order must be non-negative but got {n}"
        raise ValueError(msg)
    (i,) = axes_of(x, axis)
    ends = []
    for end in (prepend, append):
        if end is not NOTHING:
            part = tape.symbol(end)
            shape = (*x.shape[:i], 1, *x.shape[i + 1 :])
            ends.append(part if part.ndim else np.broadcast_to(part, shape))
        else:
            ends.append(None)
    if n and any(end is not None for end in ends):
        x = np.concatenate([part for part in (ends[0], x, ends[1]) if part is not None], axis=i)
    for _round in range(n):
        moved = np.moveaxis(x, i, 0)
        x = np.moveaxis(moved[1:] - moved[:-1], 0, i)
    return x


def _trace(
    tape: Tape,
    a: Any,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: Any = None,
    out: Any = None,
) -> Any:
    return sum_of(tape, np.diagonal(tape.symbol(a), offset, axis1, axis2), -1)


def _average(
    tape: Tape,
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    keepdims: Any = NOTHING,
) -> Any:
    x, keep = tape.symbol(a), keepdims is not NOTHING and bool(keepdims)
    if weights is None:
        found, total = (
            mean(tape, x, axis, keepdims=keep),
            tape.symbol(float(_count(tape, x, axis, True, keep))),
        )
    else:
        w = tape.symbol(weights)
        if w.shape != x.shape:
            if axis is None:
                msg = "Axis must be specified when shapes of a and weights differ."
                raise TypeError(msg)
            axes = axis if isinstance(axis, tuple) else (axis,)
            axes = tuple(axes_of(x, i)[0] for i in axes)
            if w.shape != tuple(x.shape[i] for i in axes):
                msg = "Shape of weights must be consistent with shape of a along specified axis."
                raise ValueError(msg)
            w = np.transpose(w, np.argsort(axes)).reshape(
                [x.shape[i] if i in axes else 1 for i in range(x.ndim)]
            )
            w = np.broadcast_to(w, x.shape)
        total = sum_of(tape, w, axis, keepdims=keep)
        found = sum_of(tape, x * w, axis, keepdims=keep) / total
    return (found, total + np.zeros(found.shape)) if returned else found


# By the names of ufuncs.
REDUCTIONS: dict[str, Callable[..., Any]] = {
    "add": sum_of,
    "multiply": _product,
    "maximum": _reduction(np.maximum, None),
    "minimum": _reduction(np.minimum, None),
    "logical_and": _reduction(np.logical_and, 1.0, truths=True),
    "logical_or": _reduction(np.logical_or, 0.0, truths=True),
}
ACCUMULATIONS: dict[str, Callable[..., Any]] = {
    "add": cumsum,
    "multiply": cumprod,
    "maximum": _running_extreme(np.maximum),
    "minimum": _running_extreme(np.minimum),
}
# Functions of numpy.
OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "sum": sum_of,
    "mean": mean,
    "var": var,
    "std": _std,
    "prod": REDUCTIONS["multiply"],
    "max": REDUCTIONS["maximum"],
    "min": REDUCTIONS["minimum"],
    "amax": REDUCTIONS["maximum"],
    "amin": REDUCTIONS["minimum"],
    "all": REDUCTIONS["logical_and"],
    "any": REDUCTIONS["logical_or"],
    "cumsum": cumsum,
    "cumprod": cumprod,
    "diff": _diff,
    "trace": _trace,
    "average": _average,
}

"""Sorting of symbols and what follows from it: medians, quantiles, places in sorted arrays, interpolation.

The places that sort are an operation without a derivative, and numbers are picked there: see the kernels' ordering.hpp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._keywords import NOTHING
from mmlcore.calculus._reductions import axes_of, sum_of
from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.operations import OPS
from mmlcore.calculus.symbol import Symbol, Tape, size_of, spread


def _line(x: Any, axis: int) -> tuple[int, int, int]:
    return size_of(x.shape[:axis]), x.shape[axis], size_of(x.shape[axis + 1 :])


def _flat(x: Any, axis: Any) -> tuple[Any, int]:
    """Return the array along whose axis numbers are compared; all of them where axis is None."""
    if axis is None or not x.ndim:
        return x.reshape(-1), 0
    (i,) = axes_of(x, axis)
    return x, i


def argsort(
    tape: Tape, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Any:
    """Places that sort, equal numbers in their order."""
    if order is not None:
        refuse("numpy.argsort with `order`", "Traced arrays have no fields.")
    x, i = _flat(tape.symbol(a), axis)
    node = tape.graph.line(OPS["order"], x.id, -1, _line(x, i), x.size)
    return tape.counted(Symbol(tape, node, x.shape))


def picked(tape: Tape, x: Any, index: Any, axis: int) -> Any:
    """Take numbers along an axis at places that depend on values: as take_along_axis."""
    places = tape.symbol(index)
    shape = (*x.shape[:axis], places.shape[axis], *x.shape[axis + 1 :])
    places = spread(places, shape)
    node = tape.graph.line(OPS["pick"], x.id, places.id, _line(x, axis), size_of(shape))
    return Symbol(tape, node, shape)


def sort(
    tape: Tape, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Any:
    """Sort along an axis."""
    x, i = _flat(tape.symbol(a), axis)
    if x.shape[i] < 2:
        return x.copy()
    return picked(tape, x, argsort(tape, x, i, None, order), i)


def _partition(
    tape: Tape, a: Any, kth: Any, axis: Any = -1, kind: Any = None, order: Any = None
) -> Any:
    x, i = _flat(tape.symbol(a), axis)
    for k in np.atleast_1d(kth):
        if not -x.shape[i] <= k < x.shape[i]:
            msg = f"kth(={k}) out of bounds ({x.shape[i]})"
            raise ValueError(msg)
    return sort(tape, x, i, None, order)


def extreme_place(largest: bool, skips: bool = False) -> Callable[..., Symbol]:
    """Stand for argmax, argmin and, of `skips`, those without NaN: the first of the places."""

    def place(
        tape: Tape, a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = NOTHING
    ) -> Any:
        x, whole = tape.symbol(a), axis is None
        y, i = _flat(x, axis)
        if not y.shape[i]:
            msg = "attempt to get argmax of an empty sequence"
            raise ValueError(msg)
        if skips:
            y = np.where(np.isnan(y), -np.inf if largest else np.inf, y)
        best = (np.max if largest else np.min)(y, axis=i, keepdims=True)
        number = np.arange(float(y.shape[i])).reshape([-1 if k == i else 1 for k in range(y.ndim)])
        first = np.min(np.where((y == best) | (y != y), number, np.inf), axis=i, keepdims=True)
        if keepdims is not NOTHING and keepdims:
            return tape.counted(first.reshape((1,) * x.ndim) if whole else first)
        return tape.counted(np.squeeze(first, axis=i))

    return place


def searchsorted(tape: Tape, a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Places in a sorted array."""
    if side not in ("left", "right"):
        msg = f"search side must be one of 'left' or 'right' (got '{side}')"
        raise ValueError(msg)
    x, y = tape.symbol(a), tape.symbol(v)
    if x.ndim != 1:
        msg = "object too deep for desired array"
        raise ValueError(msg)
    if sorter is not None:
        x = x[sorter]
    if not x.size:
        return tape.counted(tape.symbol(np.zeros(y.shape)))
    return tape.counted(Symbol(tape, tape.graph.search(x.id, y.id, side == "right"), y.shape))


def _digitize(tape: Tape, x: Any, bins: Any, right: bool = False) -> Any:
    side = "left" if right else "right"
    if not isinstance(bins, Symbol):
        edges = np.asarray(bins, float)
        if (np.diff(edges) < 0).any():
            if (np.diff(edges) > 0).any():
                msg = "bins must be monotonically increasing or decreasing"
                raise ValueError(msg)
            return tape.counted(len(edges) - searchsorted(tape, edges[::-1], x, side))
    return searchsorted(tape, bins, x, side)


def _interp(
    tape: Tape, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """Piecewise linear; at a knot the slope to its right."""
    if period is not None:
        refuse("numpy.interp with `period`", "Repeat the first and last knots instead.")
    at, knots, values = tape.symbol(x), tape.symbol(xp), tape.symbol(fp)
    if knots.ndim != 1 or knots.shape != values.shape or not knots.size:
        msg = f"numpy.interp: got xp of shape {knots.shape} and fp of shape {values.shape}, needed vectors of one length."
        raise ValueError(msg)
    n = len(knots)
    low, high = values[0] if left is None else left, values[n - 1] if right is None else right
    if n == 1:
        between = values[0] + 0.0 * at
    else:
        i = np.clip(searchsorted(tape, knots, at.reshape(-1), "right") - 1, 0, n - 2)
        take: Callable[..., Any] = lambda array, place: picked(tape, array, place, 0).reshape(
            at.shape
        )
        x0, f0 = take(knots, i), take(values, i)
        between = (take(values, i + 1) - f0) / (take(knots, i + 1) - x0) * (at - x0) + f0
    return np.where(at > knots[n - 1], high, np.where(at < knots[0], low, between))


# Medians and quantiles.


def _sorted_last(tape: Tape, a: Any, axis: Any) -> tuple[Any, list[int], Any]:
    """Return the array, the axes that go, and its numbers sorted along one last axis of them."""
    x = tape.symbol(a)
    axes = axes_of(x, axis)
    rest = [i for i in range(x.ndim) if i not in axes]
    moved = np.transpose(x, rest + axes).reshape(
        *(x.shape[i] for i in rest), size_of(tuple(x.shape[i] for i in axes))
    )
    return x, axes, sort(tape, moved, -1)


def _kept(found: Any, x: Any, axes: list[int], keepdims: Any, lead: tuple[int, ...] = ()) -> Any:
    if keepdims is NOTHING or not keepdims:
        return found
    return found.reshape(*lead, *(1 if i in axes else n for i, n in enumerate(x.shape)))


def _median(
    tape: Tape,
    a: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: Any = False,
) -> Any:
    x, axes, s = _sorted_last(tape, a, axis)
    n = s.shape[-1]
    if n == 0:
        return _kept(tape.symbol(np.full(s.shape[:-1], np.nan)), x, axes, keepdims)
    middle = s[..., n // 2] if n % 2 else (s[..., n // 2 - 1] + s[..., n // 2]) * 0.5
    last = s[..., n - 1]
    return _kept(np.where(last != last, last, middle), x, axes, keepdims)


def _levels(name: str, q: Any) -> Any:
    if isinstance(q, Symbol):
        refuse(f"numpy.{name} at a level that depends on a value", "Levels are numbers.")
    levels = np.asarray(q, float) / (100 if "percentile" in name else 1)
    if not ((levels >= 0) & (levels <= 1)).all():
        msg = (
            "Percentiles must be in the range [0, 100]"
            if "percentile" in name
            else "Quantiles must be in the range [0, 1]"
        )
        raise ValueError(msg)
    return levels


def _between(first: Any, second: Any, share: Any) -> Any:
    """From the nearer of two numbers, as numpy does: so infinite ones give no NaN."""
    away = second - first
    return np.where(share >= 0.5, second - away * (1 - share), first + away * share)


def _quantiles(name: str) -> Callable[..., Any]:
    def quantile(
        tape: Tape,
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = False,
        *,
        weights: Any = None,
        interpolation: Any = None,
    ) -> Any:
        if weights is not None or interpolation is not None:
            refuse(f"numpy.{name} with weights or interpolation", "Traced are levels and method=.")
        levels = _levels(name, q)
        x, axes, s = _sorted_last(tape, a, axis)
        # Where a level lies in sorted numbers, by numpy's own rule: in those of their places.
        places = np.quantile(np.arange(float(s.shape[-1])), levels, method=method)  # type: ignore[call-overload]
        below = np.floor(places).astype(int)
        above, share = np.minimum(below + 1, s.shape[-1] - 1), places - below
        first, second, last = s[..., below], s[..., above], s[..., -1]
        found = _between(first, second, share)
        found = np.where((last != last).reshape(*last.shape, *(1,) * levels.ndim), np.nan, found)
        if levels.ndim:
            found = np.moveaxis(
                found, range(last.ndim, last.ndim + levels.ndim), range(levels.ndim)
            )
        return _kept(found, x, axes, keepdims, levels.shape)

    return quantile


def _nan_quantiles(name: str) -> Callable[..., Any]:
    def quantile(
        tape: Tape,
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = NOTHING,
    ) -> Any:
        if method != "linear":
            refuse(f"numpy.{name} with method={method!r}", "Traced is method='linear'.")
        levels = _levels(name, q)
        x, axes, s = _sorted_last(tape, a, axis)
        count = sum_of(tape, (s == s) + 0.0, -1, keepdims=True)
        places = (count - 1) * levels.ravel()
        below = np.floor(places)
        low = picked(tape, s, below, s.ndim - 1)
        high = picked(tape, s, np.minimum(below + 1, count - 1), s.ndim - 1)
        found = _between(low, high, places - below).reshape(*s.shape[:-1], *levels.shape)
        lead = s.ndim - 1
        if levels.ndim:
            found = np.moveaxis(found, range(lead, lead + levels.ndim), range(levels.ndim))
        return _kept(found, x, axes, keepdims, levels.shape)

    return quantile


def _nan_median(
    tape: Tape,
    a: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: Any = NOTHING,
) -> Any:
    x, axes, s = _sorted_last(tape, a, axis)
    count = sum_of(tape, (s == s) + 0.0, -1, keepdims=True)
    low, high = np.floor((count - 1) / 2), np.ceil((count - 1) / 2)
    first, second = (picked(tape, s, place, s.ndim - 1)[..., 0] for place in (low, high))
    middle = np.where((low == high)[..., 0], first, (first + second) * 0.5)
    return _kept(middle, x, axes, keepdims)


def _take_along_axis(tape: Tape, arr: Any, indices: Any, axis: Any = -1) -> Any:
    x = tape.symbol(arr)
    if not isinstance(indices, Symbol):
        from mmlcore.calculus.symbol import rearranged  # noqa: PLC0415

        return rearranged(x, lambda index: np.take_along_axis(index, indices, axis))
    y, i = (x.reshape(-1), 0) if axis is None else _flat(x, axis)
    return picked(tape, y, indices, i)


OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "sort": sort,
    "argsort": argsort,
    "partition": _partition,
    "argmax": extreme_place(True),
    "argmin": extreme_place(False),
    "nanargmax": extreme_place(True, skips=True),
    "nanargmin": extreme_place(False, skips=True),
    "searchsorted": searchsorted,
    "digitize": _digitize,
    "interp": _interp,
    "median": _median,
    "quantile": _quantiles("quantile"),
    "percentile": _quantiles("percentile"),
    "nanmedian": _nan_median,
    "nanquantile": _nan_quantiles("nanquantile"),
    "nanpercentile": _nan_quantiles("nanpercentile"),
    "take_along_axis": _take_along_axis,
}

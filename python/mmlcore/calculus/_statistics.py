"""Statistics of symbols: reductions that leave NaN out, covariances, counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus import _reductions
from mmlcore.calculus._keywords import NOTHING
from mmlcore.calculus._products import matmul
from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.symbol import Symbol, Tape


def _filled(name: str, neutral: float) -> Callable[..., Any]:
    """Stand for a sum or product of numbers, in which a number takes the place of NaN."""
    plain = _reductions.OF_ARRAYS[name]

    def reduce(
        tape: Tape,
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = NOTHING,
        where: Any = True,
    ) -> Any:
        x = tape.symbol(a)
        return plain(
            tape,
            np.where(x != x, neutral, x),
            axis,
            keepdims=bool(keepdims),
            initial=initial,
            where=where,
        )

    def running(tape: Tape, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        x = tape.symbol(a)
        return plain(tape, np.where(x != x, neutral, x), axis)

    return running if name.startswith("cum") else reduce


def _there(x: Any, where: Any) -> Any:
    good = x == x
    return good if where is True else good & where


def _nan_mean(
    tape: Tape,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
) -> Any:
    x = tape.symbol(a)
    return _reductions.mean(tape, x, axis, keepdims=bool(keepdims), where=_there(x, where))


def _nan_spread(root: bool) -> Callable[..., Any]:
    def spread(
        tape: Tape,
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: Any = False,
        *,
        where: Any = True,
        mean: Any = NOTHING,
        correction: Any = NOTHING,
    ) -> Any:
        x = tape.symbol(a)
        found = _reductions.var(
            tape,
            x,
            axis,
            ddof=ddof,
            keepdims=bool(keepdims),
            where=_there(x, where),
            mean=mean,
            correction=correction,
        )
        return np.sqrt(found) if root else found

    return spread


def _nan_extreme(name: str) -> Callable[..., Any]:
    plain, worst = _reductions.OF_ARRAYS[name], -np.inf if name == "max" else np.inf

    def extreme(
        tape: Tape,
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = NOTHING,
        where: Any = True,
    ) -> Any:
        x = tape.symbol(a)
        found = plain(
            tape,
            np.where(x != x, worst, x),
            axis,
            keepdims=bool(keepdims),
            initial=initial,
            where=where,
        )
        if initial is not NOTHING:
            return found
        none = np.all(x != x, axis=axis, keepdims=bool(keepdims))
        return np.where(none, np.nan, found)

    return extreme


def _ptp(tape: Tape, a: Any, axis: Any = None, out: Any = None, keepdims: Any = NOTHING) -> Any:
    keep = keepdims is not NOTHING and bool(keepdims)
    x = tape.symbol(a)
    return np.max(x, axis=axis, keepdims=keep) - np.min(x, axis=axis, keepdims=keep)


def _count_nonzero(tape: Tape, a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    x = tape.symbol(a)
    return tape.counted(
        _reductions.sum_of(tape, (x != 0) + np.zeros(x.shape), axis, keepdims=keepdims)
    )


def _cov(
    tape: Tape,
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    x = np.atleast_2d(tape.symbol(m))
    if x.ndim > 2:
        msg = "m has more than 2 dimensions"
        raise ValueError(msg)
    if not rowvar and tape.symbol(m).ndim != 1:
        x = x.T
    if y is not None:
        other = np.atleast_2d(tape.symbol(y))
        x = np.concatenate([x, other if rowvar or other.shape[0] == 1 else other.T], axis=0)
    if ddof is None:
        ddof = 0 if bias else 1
    weights: Any = None
    if fweights is not None:
        weights = tape.symbol(fweights)
    if aweights is not None:
        weights = tape.symbol(aweights) * (1.0 if weights is None else weights)
    if weights is None:
        away, total = x - x.mean(axis=1, keepdims=True), float(x.shape[1])
        return matmul(tape, away, away.T) / (total - ddof if total > ddof else 0.0)
    total = weights.sum()
    away = x - ((x * weights).sum(axis=1) / total)[:, None]
    if ddof == 0:
        count = total
    elif aweights is None:
        count = total - ddof
    else:
        count = total - ddof * (weights * aweights).sum() / total
    return matmul(tape, away * weights, away.T) / count


def _covariance(
    tape: Tape,
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    found = _cov(tape, m, y, rowvar, bias, ddof, fweights, aweights)
    return found.reshape(()) if found.size == 1 else found


def _corrcoef(tape: Tape, x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = _cov(tape, x, y, rowvar)
    if c.size == 1:
        return (c / c).reshape(())
    deviation = np.sqrt(np.diagonal(c))
    return np.clip(c / deviation[:, None] / deviation[None], -1, 1)


def added(tape: Tape, values: Any, places: Any, size: int) -> Any:
    """Add numbers at places."""
    x = tape.symbol(values)
    node = tape.graph.scatter(x.reshape(-1).id, np.ravel(places).astype(np.int32), size)
    return Symbol(tape, node, (size,))


def _bincount(tape: Tape, x: Any, weights: Any = None, minlength: int = 0) -> Any:
    if isinstance(x, Symbol):
        refuse("numpy.bincount of values", "What is counted may not depend on values; weights may.")
    places = np.asarray(x)
    return added(tape, weights, places, max(int(np.bincount(places).size), minlength))


def _histogram(
    tape: Tape,
    a: Any,
    bins: Any = 10,
    range: Any = None,  # noqa: A002  (numpy's name)
    density: Any = None,
    weights: Any = None,
) -> Any:
    if isinstance(a, Symbol) or density:
        refuse(
            "numpy.histogram of values, or a density",
            "What is counted may not depend on values; weights may.",
        )
    numbers = np.ravel(a)
    edges = np.histogram_bin_edges(numbers, bins, range)
    inside = (numbers >= edges[0]) & (numbers <= edges[-1])
    places = np.minimum(np.searchsorted(edges, numbers[inside], "right") - 1, len(edges) - 2)
    return added(tape, tape.symbol(weights).reshape(-1)[inside], places, len(edges) - 1), edges


def _cumulative(name: str, start: float) -> Callable[..., Any]:
    plain = _reductions.OF_ARRAYS[name]

    def running(
        tape: Tape,
        x: Any,
        *,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        include_initial: bool = False,
    ) -> Any:
        y = tape.symbol(x)
        if axis is None:
            if y.ndim > 1:
                msg = "For arrays which have more than one dimension ``axis`` argument is required."
                raise ValueError(msg)
            axis = 0
        found = plain(tape, y, axis)
        if not include_initial:
            return found
        first = np.full([1 if i == axis % y.ndim else n for i, n in enumerate(y.shape)], start)
        return np.concatenate([first, found], axis=axis)

    return running


OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "nansum": _filled("sum", 0.0),
    "nanprod": _filled("prod", 1.0),
    "nancumsum": _filled("cumsum", 0.0),
    "nancumprod": _filled("cumprod", 1.0),
    "nanmean": _nan_mean,
    "nanvar": _nan_spread(root=False),
    "nanstd": _nan_spread(root=True),
    "nanmax": _nan_extreme("max"),
    "nanmin": _nan_extreme("min"),
    "ptp": _ptp,
    "count_nonzero": _count_nonzero,
    "cov": _covariance,
    "corrcoef": _corrcoef,
    "bincount": _bincount,
    "histogram": _histogram,
    "cumulative_sum": _cumulative("cumsum", 0.0),
    "cumulative_prod": _cumulative("cumprod", 1.0),
}

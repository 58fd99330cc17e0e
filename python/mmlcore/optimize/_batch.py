"""Many curves at once: `curve_fit_batch`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.calculus import TraceError
from mmlcore.core.arrays import Array, as_array, as_index, as_real, empty, shape_error, to_ndarray
from mmlcore.core.stream import is_stream
from mmlcore.optimize._curve_options import start_of
from mmlcore.optimize._data import (
    NORMAL,
    POSITIVE,
    as_double,
    guess,
    limits,
    loss_number,
    parameter_count,
    weights_of,
)
from mmlcore.optimize._kept import kept, mark
from mmlcore.optimize._model import Model, model_of
from mmlcore.optimize._streams import fits_of_stream
from mmlcore.optimize.batch_result import CurveFitBatch

_AT_ONCE = 1 << 23  # numbers of y that are converted at once


def curve_fit_batch(
    f: Callable[..., Any],
    x: ArrayLike,
    Y: Any,
    p0: ArrayLike | None = None,
    *,
    sigma: Any = None,
    absolute_sigma: bool = False,
    bounds: Any = None,
    fixed: ArrayLike | None = None,
    loss: str = "linear",
    f_scale: float = 1.0,
    max_iter: int = 200,
    tol: float = 1e-7,
    progress: Callable[[int, int], object] | None = None,
) -> CurveFitBatch:
    """Fit one curve to each row of Y, a million times if need be.

    Parameters
    ----------
    f : callable
        ``f(x, a, b, ...)``, traced point by point: what `curve_fit` takes, without dependence between points.
    x : array_like of shape (m,), (n, m), or with k predictors (k, m), (n, k, m)
        Points, of all fits or of each. A two-dimensional x is one row for each fit if it has as many rows as Y.
    Y : array_like of shape (n, m)
        Data, one fit a row; a `numpy.memmap` is read in pieces. NaN leaves a point out of its fit. Or a stream of batches: a reader
        of Arrow or Parquet, a query, an iterator of tables with a column for each point or one of lists of m numbers, or of arrays.
        What belongs to single fits cannot be given then; `residual` is not kept.
    p0 : array_like of shape (p,) or (n, p), optional
        Start. If omitted: what a ready model of `mmlcore.optimize.models` guesses from each row; ones, or inside the bounds.
    sigma : float or array_like of shape (m,) or (n, m), optional
        Standard deviations; NaN or infinity leaves a point out.
    absolute_sigma : bool, default False
        As in `curve_fit`.
    bounds : (lower, upper), optional
        Each a number, (p,) or (n, p).
    fixed : array_like of bool of shape (p,) or (n, p), optional
        Parameters that stay at p0.
    loss, f_scale, max_iter : str, float, int
        As in `curve_fit`.
    tol : float, default 1e-7
        Step at which to stop, in units of the parameters' standard errors.
    progress : callable, optional
        Called after each piece of Y as progress(fits done, n); n is 0 for a stream.

    Returns
    -------
    CurveFitBatch
        The fields of `CurveFit` with a leading n. A fit that fails says so in its `status`, and disturbs no other.

    Raises
    ------
    TraceError
        f is not a traceable function of single points.
    ValueError
        Shapes that do not fit, a start outside the bounds, sigma that is not positive.

    Notes
    -----
    One fit in each SIMD lane: Levenberg-Marquardt on normal equations [1]_; fits that these cannot finish start
    again one by one as `curve_fit` does. A fit's result does not depend on its neighbours or on threads. Cost: about 7 runs of
    the model over its points for each fit from a fair start.

    References
    ----------
    .. [1] H. B. Nielsen, "Damping parameter in Marquardt's method", IMM-REP-1999-05 (1999).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> x = np.linspace(-3, 3, 25)
    >>> height = np.array([[1.0], [2.0], [5.0]])
    >>> fits = mml.curve_fit_batch(lambda x, a, b: a * np.exp(-(x**2) / b), x, height * np.exp(-(x**2) / 2))
    >>> fits.parameters.round(6)
    array([[1., 2.],
           [2., 2.],
           [5., 2.]])
    """
    max_iter, tol = as_index(max_iter, "max_iter", 0), as_real(tol, "tol", 0.0, 1.0)
    f_scale = as_real(f_scale, "f_scale", *POSITIVE)
    if is_stream(Y):
        options = {"absolute_sigma": absolute_sigma, "bounds": bounds, "fixed": fixed, "loss": loss}
        options |= {"sigma": sigma, "f_scale": f_scale, "max_iter": max_iter, "tol": tol}
        fit = functools.partial(curve_fit_batch, f, x, p0=p0, **options)
        return cast("CurveFitBatch", fits_of_stream(fit, Y, progress))
    y = Y if isinstance(Y, np.ndarray) and Y.dtype.kind in "fiub" else as_array(Y, "Y")
    if y.ndim != 2 or 0 in y.shape:
        raise shape_error("Y", y.shape, "(n, m): a fit in each row, at least one point")
    n, m = y.shape
    points, own = _points(x, n, m)
    chosen = None if p0 is None else as_double(p0, "p0")
    if chosen is not None and not chosen.ndim:
        raise shape_error("p0", chosen.shape, "(p,) or (n, p): a start for each parameter")
    count = parameter_count(f) if chosen is None else chosen.shape[-1]
    box = limits(bounds, (n, count))
    rows = max(64, _AT_ONCE // m)
    start = chosen
    if start is None:
        start = _guesses(f, (points, own), y, box, count, rows)
    if start.shape not in ((count,), (n, count)) or not np.isfinite(start).all():
        raise shape_error("p0", start.shape, f"({count},) or ({n}, {count}), finite")
    box = _held(fixed, box, start, n, count)
    start = np.ascontiguousarray(np.broadcast_to(start, (n, count)))
    if box is not None and not ((start >= box[0]) & (start <= box[1])).all():
        msg = "p0: some starts are not within the bounds."
        raise ValueError(msg)
    weight = None if sigma is None else _weights(sigma, n, m)
    points, weight = _without_nan(points, weight, n, m)
    first = points[0] if own else points
    model = model_of(f, first, start[0])
    if model is None:
        start_of(f, start[0])  # says whether it has so many, and Model why else
        Model(f, 0 if first.ndim == 1 else len(first), count)
        msg = "f: is no function of single points: what it gives at one depends on the others, or is no number."
        raise TraceError(msg)
    results, units = _empty(n, count), np.ones(n)
    for begin in range(0, n, rows):
        part = slice(begin, min(n, begin + rows))
        lower, upper = (None, None) if box is None else (_rows(b, part) for b in box)
        given: list[Any] = [
            model.chunk(m),
            model.single,
            np.ascontiguousarray(points[part] if own else points),
            np.ascontiguousarray(y[part], np.float64),
            weight if weight is None or weight.ndim == 1 else np.ascontiguousarray(weight[part]),
            *(start[part], lower, upper, loss_number(loss), f_scale, tol, max_iter),
        ]
        _core.fit_batch(*given, *(array[part] for array in results))
        units[part] = _in_other_units(given, [array[part] for array in results], n > 1)
        if progress is not None:
            progress(part.stop, n)
    return _scaled(results, units, box, absolute_sigma, model, (points, y))


def _in_other_units(given: list[Any], results: list[Array], own: bool) -> Array:
    """Fit rows again whose sums of squares are out of range, in units half-way from the size of their data to 1."""
    cost, (y, weight) = results[2], given[3:5]
    units = np.ones(len(y))
    for i in np.flatnonzero(~((cost > NORMAL) & (cost < 1 / NORMAL))):
        w = np.ones(y.shape[1]) if weight is None else weight if weight.ndim == 1 else weight[i]
        with np.errstate(all="ignore"):
            top = float(np.nanmax(np.abs(np.where(w > 0, y[i] * w, 0.0)), initial=0.0))
        if not (0 < top < np.inf) or 1e-60 < top < 1e60:
            continue
        units[i] = unit = float(np.exp2(-(np.frexp(top)[1] // 2)))
        row = slice(i, i + 1)
        one: list[Any] = [
            a[row] if own and isinstance(a, np.ndarray) and a.ndim > 1 and len(a) == len(y) else a
            for a in given
        ]
        one[3], one[4], one[9] = (
            np.ascontiguousarray(y[row]),
            np.ascontiguousarray(w * unit),
            given[9] * unit,
        )
        one[5] = np.ascontiguousarray(given[5][row])
        _core.fit_batch(*one, *(array[row] for array in results))
    return units


def _points(x: ArrayLike, n: int, m: int) -> tuple[Array, bool]:
    """Return x, and whether each fit has its own."""
    points = as_double(x, "x")
    if (
        points.ndim not in (1, 2, 3)
        or points.shape[-1] != m
        or (points.ndim == 3 and len(points) != n)
    ):
        raise shape_error("x", points.shape, f"({m},), ({n}, {m}), (k, {m}) or ({n}, k, {m})")
    return points, points.ndim == 3 or points.shape == (n, m)


def _weights(sigma: Any, n: int, m: int) -> Array:
    weight = weights_of(sigma)
    if weight.shape == (n, 1):
        weight = np.broadcast_to(weight, (n, m))
    elif weight.ndim == 0:
        weight = np.full(m, weight)
    if weight.shape not in ((m,), (n, m)):
        raise shape_error("sigma", weight.shape, f"a number, ({m},) or ({n}, {m})")
    return weight


def _without_nan(points: Array, weight: Array | None, n: int, m: int) -> tuple[Array, Array | None]:
    """Leave points whose x is NaN out, by a weight of zero."""
    bad = np.isnan(points)
    if not bad.any():
        return points, weight
    where = bad if points.ndim == 1 or points.shape == (n, m) else bad.any(axis=-2)
    counts = np.where(where, 0.0, 1.0 if weight is None else weight)
    good = points[~bad]
    if not good.size:
        msg = "x: got NaN alone."
        raise ValueError(msg)
    return np.where(bad, good[0], points), counts


def _held(
    fixed: ArrayLike | None, box: tuple[Array, Array] | None, start: Array, n: int, count: int
) -> tuple[Array, Array] | None:
    """Give fixed parameters equal bounds."""
    if fixed is None:
        return box
    mask = to_ndarray(fixed, "fixed").astype(bool)
    if mask.shape not in ((count,), (n, count)):
        raise shape_error("fixed", mask.shape, f"({count},) or ({n}, {count})")
    lower, upper = box or (np.full(count, -np.inf), np.full(count, np.inf))
    low, high = np.where(mask, start, lower), np.where(mask, start, upper)
    form = (n, count) if low.ndim == 2 or high.ndim == 2 else (count,)
    return tuple(np.ascontiguousarray(np.broadcast_to(b, form)) for b in (low, high))  # type: ignore[return-value]


def _guesses(
    f: Any,
    places: tuple[Array, bool],
    y: Array,
    box: tuple[Array, Array] | None,
    count: int,
    rows: int,
) -> Array:
    """Guess starts in the same pieces as the fits are made, so that a mapped Y is never whole in memory."""
    points, own = places
    found = np.empty((len(y), count))
    for begin in range(0, len(y), rows):
        part = slice(begin, begin + rows)
        inside = None if box is None else (_rows(box[0], part), _rows(box[1], part))
        found[part] = guess(f, points[part] if own else points, y[part], inside, count)
    return found


def _rows(b: Array, part: slice) -> Array:
    return b if b.ndim == 1 else b[part]


def _empty(n: int, p: int) -> tuple[Array, ...]:
    real = [empty(shape) for shape in ((n, p), (n, p, p), (n,), (n,))]
    return (*real, np.empty(n, np.int32), np.empty(n, np.int32))


def _scaled(
    results: tuple[Array, ...],
    units: Array,
    box: tuple[Array, Array] | None,
    absolute: bool,
    model: Model,
    data: Any,
) -> CurveFitBatch:
    parameters, covariance, chi2, points, iterations, status = results
    held = 0 if box is None else (box[0] == box[1]).sum(axis=-1)
    dof = points.astype(np.int64) - parameters.shape[1] + held
    if not absolute:
        scale = np.where(dof > 0, chi2 / np.where(dof > 0, dof, 1), np.inf)
        scale[np.isnan(scale)] = np.inf
        with np.errstate(invalid="ignore", over="ignore"):
            covariance *= scale[:, None, None]
    if (units != 1).any():
        with np.errstate(all="ignore"):
            chi2 = chi2 / units / units
            covariance = covariance * (units * units)[:, None, None] if absolute else covariance
    covariance[(status <= 0) | np.isnan(covariance).any(axis=(1, 2))] = np.inf
    data = tuple(map(kept, data))
    fields = (parameters, covariance, chi2, dof, iterations, status, model, data)
    return CurveFitBatch(*fields, mark(*data))

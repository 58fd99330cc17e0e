"""Means and variances along an axis."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import BYTE, Array, as_array, as_index, float_type, shape_error
from mmlcore.core.door import door
from mmlcore.stats.weights import divisor, moderate_weights, refuse_column, refuse_overflow

_LEAST = _core.LEAST_SQUARE  # mean square below which squares lose digits


@door("mean")
def mean(
    X: ArrayLike,
    axis: int | None = 0,
    *,
    weights: ArrayLike | None = None,
    out: Array | None = None,
) -> Any:
    """Mean along an axis: of each feature by default.

    Parameters
    ----------
    X : array_like of shape (n, d) or (n,), float32 or float64
        n points in d dimensions, in any memory order; or n numbers.
    axis : {0, 1, None}, default 0
        0: over the points; 1: over the features of each point; None: over everything.
    weights : array_like, optional
        How often each point (axis 0), feature (axis 1) or, with None, each number of a one-dimensional `X` counts:
        non-negative.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap `X`.

    Returns
    -------
    ndarray of shape (d,) or (n,), or a number
        Of the dtype of `X`. NaN or infinity in a column is in its mean, as in numpy, and in no other.

    Raises
    ------
    ValueError
        Nothing to take the mean of, weights that are negative or all zero.

    Notes
    -----
    float32 data are summed in float64. A provisional mean is subtracted first, so that a far offset costs no digit: the
    error is about u times the deviation of the data, plus the rounding of the result. Where a sum overflows, a second pass in
    units of powers of two does not: the mean of finite numbers is finite. Weights of any unit. Cost: one reading of the data,
    in place. The result does not depend on the number of threads.

    References
    ----------
    .. [1] M. P. Deisenroth, A. A. Faisal, C. S. Ong, "Mathematics for Machine Learning" (2020), equation 6.41.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.mean([[0, 1, 1], [1, 2, 1]])
    array([0.5, 1.5, 1. ])
    >>> mml.mean([[0, 1, 2], [1, 2, 6]], axis=1)
    array([1., 3.])
    """
    x, points = _columns(X, axis, bytes_ok=weights is None)
    if points.dtype == BYTE:
        return _shaped(_of_bytes(points)[0], x, axis)
    w = None if weights is None else moderate_weights(weights, points.shape[0])[0]
    found = np.empty(points.shape[1])
    _core.column_moments(points, w, found, None)
    if not np.isfinite(found).all():
        _sum_again(points, w, ~np.isfinite(found), found, np.empty(len(found)), None)
    return _shaped(found, x, axis)


@door("variance")
def variance(
    X: ArrayLike,
    axis: int | None = 0,
    ddof: float = 0,
    *,
    weights: ArrayLike | None = None,
    out: Array | None = None,
) -> Any:
    """Variance along an axis: of each feature by default.

    Parameters
    ----------
    X : array_like of shape (n, d) or (n,), float32 or float64
        n points in d dimensions, in any memory order; or n numbers.
    axis : {0, 1, None}, default 0
        0: over the points; 1: over the features of each point; None: over everything.
    ddof : float, default 0
        The sum of squares is divided by n - ddof: 0 for the population, 1 for the unbiased estimate.
    weights : array_like, optional
        As in `mean`; n is then the sum of the weights.
    out : ndarray, optional
        As in `mean`.

    Returns
    -------
    ndarray of shape (d,) or (n,), or a number
        Of the dtype of `X`; never negative, exactly zero for equal numbers, NaN for a column that holds NaN or infinity.

    Raises
    ------
    ValueError
        As `mean`; ddof not below n; a variance that the type of the data does not hold (of float32, numbers about 1e19 apart).

    Notes
    -----
    One pass, without cancellation [1]_: relative error about u, whatever the mean and the units of the data: where squares
    leave the range, a second pass works in units of powers of two. Cost: one reading of the data.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37
       (1983), eq. 1.7.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.variance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]))
    22.5
    >>> mml.variance([[0, 1], [2, 5]], ddof=1)
    array([2., 8.])
    """
    x, points = _columns(X, axis, bytes_ok=weights is None)
    if points.dtype == BYTE:
        return _shaped(_of_bytes(points)[1] / divisor(len(points), ddof), x, axis)
    w, unit = (None, 0) if weights is None else moderate_weights(weights, points.shape[0])
    center, squares = np.empty(points.shape[1]), np.empty(points.shape[1])
    total = float(_core.column_moments(points, w, center, squares))
    powers = None
    least, most = np.minimum.reduce(squares, initial=np.inf), np.maximum.reduce(squares, initial=0)
    if not (least >= _LEAST * total and most < 1 / _LEAST):
        doubtful = ~((squares >= _LEAST * total) & (squares < 1 / _LEAST))
        powers = _sum_again(points, w, doubtful, center, np.empty(len(center)), squares)
    found = squares / divisor(total, ddof, unit)
    if powers is not None or x.dtype == np.float32:
        found = _in_range(found, powers, x.dtype)
    return _shaped(found, x, axis)


def mean_of(x: Array, weights: Array | None = None) -> Array:
    """Return the mean (d,) of checked data (n, d) in float64; ValueError for NaN and infinity."""
    return mean_parts(x, weights)[0]


def mean_parts(x: Array, weights: Array | None = None) -> tuple[Array, Array]:
    """Return the mean (d,) of checked data (n, d), and what rounding took from it; ValueError for NaN and infinity."""
    w = None if weights is None else moderate_weights(weights, len(x))[0]
    mean, low = np.empty(x.shape[1]), np.empty(x.shape[1])
    _core.column_moments(x, w, mean, None, low)
    if not np.isfinite(mean).all():
        _sum_again(x, w, ~np.isfinite(mean), mean, low, None)
        refuse_column("X", mean)
    return mean, low


def column_sums(x: Array, weights: Array | None = None) -> tuple[Array, Array, Array, Array]:
    """Return for each column of checked finite data (n, d) the sum of weights, the mean in two parts, and squared deviations.

    ValueError where squares overflow; those that vanish do so in float64.
    """
    d = x.shape[1]
    mean, low, squares = np.empty(d), np.empty(d), np.empty(d)
    w, unit = (None, 0) if weights is None else moderate_weights(weights, len(x))
    total = float(_core.column_moments(x, w, mean, squares, low))
    if not (
        np.isfinite(mean).all()
        and np.minimum.reduce(squares, initial=np.inf) >= _LEAST * total
        and np.maximum.reduce(squares, initial=0) < 1 / _LEAST
    ):
        doubtful = ~((squares >= _LEAST * total) & (squares < 1 / _LEAST))
        powers = _sum_again(x, w, doubtful, mean, low, squares)
        squares = _in_range(squares, powers, np.dtype(np.float64))
    total, squares = float(np.ldexp(total, unit)), np.ldexp(squares, unit)
    return np.full(d, total), mean, low, squares


def _of_bytes(points: Array) -> tuple[Array, Array]:
    """Return means and sums of squared deviations of columns."""
    mean, squares = np.empty(points.shape[1]), np.empty(points.shape[1])
    _core.byte_moments(points, mean, squares)
    return mean, squares


def _columns(X: ArrayLike, axis: int | None, *, bytes_ok: bool = False) -> tuple[Array, Array]:
    """Return the array, and a view of it whose columns are what is summed."""
    plain = bytes_ok and type(X) is np.ndarray and X.dtype in (BYTE, bool)
    return columns_of(cast("Array", X).view(BYTE) if plain else as_array(X, "X"), axis)


def columns_of(x: Array, axis: int | None) -> tuple[Array, Array]:
    """Return an array of numbers (n, d) or (n,), and a view of it whose columns run along the axis."""
    if x.ndim not in (1, 2):
        raise shape_error("X", x.shape, "1 or 2 axes")
    if axis is not None:
        axis = as_index(axis, "axis", -x.ndim, x.ndim - 1) % x.ndim
    points = x.ravel("K")[:, None] if x.ndim == 1 or axis is None else x.T if axis else x
    if points.shape[0] == 0:
        raise shape_error("X", x.shape, "at least one number to sum")
    return x, points


def _in_range(found: Array, powers: Array | None, dtype: np.dtype[Any]) -> Array:
    """Multiply variances by 4^powers; ValueError where the type does not hold one."""
    if powers is not None:
        with np.errstate(over="ignore", under="ignore"):
            found = np.ldexp(found, 2 * powers)
    beyond = found > np.finfo(dtype).max  # False for NaN
    if beyond.any():
        refuse_overflow("X", np.where(beyond, np.inf, 0.0), dtype)
    return found


def _sum_again(
    points: Array, w: Array | None, doubtful: Array, mean: Array, low: Array, squares: Array | None
) -> Array:
    """Sum some columns in units 2^power in which nothing overflows or vanishes, unless they hold NaN or infinity."""
    powers = np.zeros(len(doubtful), np.int64)
    for j in np.flatnonzero(doubtful):
        column = points[:, j].astype(np.float64)
        least, most = float(column.min()), float(column.max())
        if not (np.isfinite(least) and np.isfinite(most)) or (
            least == most and squares is not None
        ):
            continue
        powers[j] = power = int(np.frexp(max(abs(least), abs(most)))[1])
        one, rest, sums = np.empty(1), np.empty(1), None if squares is None else np.empty(1)
        _core.column_moments(np.ldexp(column, -power)[:, None], w, one, sums, rest)
        mean[j], low[j] = np.ldexp(one[0], power), np.ldexp(rest[0], power)
        if squares is not None and sums is not None:
            squares[j] = sums[0]
    return powers


def _shaped(found: Array, x: Array, axis: int | None) -> Any:
    result = found.astype(float_type(x.dtype), copy=False)
    return result[0] if x.ndim == 1 or axis is None else result

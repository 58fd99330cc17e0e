"""Means and variances along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_index, shape_error
from mmlcore.stats._weights import check_weights, divisor, refuse_column


def mean(X: ArrayLike, axis: int | None = 0, *, weights: ArrayLike | None = None) -> Any:
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

    Returns
    -------
    ndarray of shape (d,) or (n,), or a number
        Of the dtype of `X`.

    Raises
    ------
    ValueError
        NaN or infinity, nothing to take the mean of, weights that are negative or all zero.

    Notes
    -----
    float32 data are summed in float64. A provisional mean is subtracted first, so that a far offset costs no digit: the
    error is some u times the deviation of the data, plus the rounding of the result. Cost: one reading of the data, in
    place. The result does not depend on the number of threads.

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
    x, points = _columns(X, axis)
    found = np.empty(points.shape[1])
    _moments(points, weights, found, None)
    return _shaped(found, x, axis)


def variance(
    X: ArrayLike, axis: int | None = 0, ddof: float = 0, *, weights: ArrayLike | None = None
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

    Returns
    -------
    ndarray of shape (d,) or (n,), or a number
        Of the dtype of `X`; never negative, exactly zero for equal numbers.

    Raises
    ------
    ValueError
        As `mean`; ddof not below n; squares that overflow.

    Notes
    -----
    One pass, without cancellation [1]_: relative error some u, whatever the mean. Cost: one reading of the data.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37
       (1983), eq. 1.7.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.variance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])
    22.5
    >>> mml.variance([[0, 1], [2, 5]], ddof=1)
    array([2., 8.])
    """
    x, points = _columns(X, axis)
    center, squares = np.empty(points.shape[1]), np.empty(points.shape[1])
    total = _moments(points, weights, center, squares)
    return _shaped(squares / divisor(total, ddof), x, axis)


def mean_of(x: Array, weights: Array | None = None) -> Array:
    """Return the mean (d,) of checked data (n, d) in float64; ValueError for NaN and infinity."""
    center = np.empty(x.shape[1])
    _moments(x, weights, center, None)
    return center


def _columns(X: ArrayLike, axis: int | None) -> tuple[Array, Array]:
    """Return the array, and a view of it whose columns are what is summed."""
    x = as_array(X, "X")
    if x.ndim not in (1, 2):
        raise shape_error("X", x.shape, "1 or 2 axes")
    if axis is not None:
        axis = as_index(axis, "axis", -x.ndim, x.ndim - 1) % x.ndim
    points = x.ravel("K")[:, None] if x.ndim == 1 or axis is None else x.T if axis else x
    if points.shape[0] == 0:
        raise shape_error("X", x.shape, "at least one number to sum")
    return x, points


def _moments(
    points: Array, weights: ArrayLike | None, center: Array, squares: Array | None
) -> float:
    n = points.shape[0]
    w = None if weights is None else check_weights(weights, n)
    total = float(_core.column_moments(points, w, center, squares))
    refuse_column("X", center)
    if squares is not None:
        refuse_column("X", squares)
    return total


def _shaped(found: Array, x: Array, axis: int | None) -> Any:
    result = found.astype(x.dtype, copy=False)
    # A number of the data's own type, as numpy returns it; a plain float for float64.
    if x.ndim == 1 or axis is None:
        return float(result[0]) if x.dtype == np.float64 else result[0]
    return result

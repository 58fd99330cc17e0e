"""Means and covariances of data: rows are points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_data, as_real, shape_error


def covariance(
    X: ArrayLike,
    Y: ArrayLike | None = None,
    *,
    ddof: float = 0,
    weights: ArrayLike | None = None,
) -> Array:
    """Covariance matrix of data, in one pass and without cancellation.

    Parameters
    ----------
    X : array_like of shape (n, d), float32 or float64
        n points in d dimensions, in any memory order.
    Y : array_like of shape (n, e), optional
        A second data set of the same points: the result is then the cross-covariance of the features of `X` with
        those of `Y`.
    ddof : float, default 0
        The sum of products is divided by n - ddof: 0 for the population, 1 for the unbiased estimate.
    weights : array_like of shape (n,), optional
        How often each point counts, non-negative. n is then the sum of the weights.

    Returns
    -------
    ndarray of shape (d, d), or (d, e) with `Y`
        Of the dtype of `X`; symmetric without `Y`.

    Raises
    ------
    ValueError
        NaN or infinity in the data, squares that overflow, no points, ddof not below n, weights that are negative or
        all zero.

    Notes
    -----
    The data are shifted by the mean of a sample on their way into the cache [1]_, so that a mean of 1e8 deviations
    costs no digit that the data have; float32 data are summed in float64 over blocks of 128 rows. Cost: n d^2
    operations, one pass over the data in place, 8 d^2 bytes and some blocks of memory. Relative error of the
    variances: a few u plus that of the rounded data. The result does not depend on the number of threads.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37
       (1983), eq. 1.7.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.covariance([[1, 2], [5, 4]])
    array([[4., 2.],
           [2., 1.]])
    >>> mml.covariance([[1e9 + 1], [1e9 + 3]])
    array([[1.]])
    """
    x = as_data(X, "X")
    if Y is not None:
        return _cross_covariance(x, as_data(Y, "Y"), ddof, weights)
    _, scatter, total = scatter_of(x, weights)
    return (scatter / _divisor(total, ddof)).astype(x.dtype, copy=False)


def scatter_of(
    x: Array, weights: ArrayLike | None = None, name: str = "X"
) -> tuple[Array, Array, float]:
    """Return mean (d,), scatter matrix (d, d) in float64 and sum of weights of checked data (n, d)."""
    n, d = x.shape
    if n == 0:
        raise shape_error(name, x.shape, "at least one point")
    roots = None if weights is None else np.sqrt(_checked_weights(weights, n))
    mean, scatter = np.empty(d), np.empty((d, d))
    total = _core.scatter(x, roots, mean, scatter)
    if not np.isfinite(scatter.diagonal()).all():
        bad = int(np.flatnonzero(~np.isfinite(scatter.diagonal()))[0])
        msg = (
            f"{name}: contains NaN or infinity, or numbers whose squares overflow, in column {bad}."
        )
        raise ValueError(msg)
    return mean, scatter, total


def _cross_covariance(x: Array, y: Array, ddof: float, weights: ArrayLike | None) -> Array:
    if x.shape[0] != y.shape[0]:
        raise shape_error("Y", y.shape, f"({x.shape[0]}, e): as many points as X")
    dtype = np.result_type(x, y)
    both = np.concatenate([x, y], axis=1, dtype=np.float64)
    _, scatter, total = scatter_of(both, weights, "X and Y")
    return (scatter[: x.shape[1], x.shape[1] :] / _divisor(total, ddof)).astype(dtype, copy=False)


def _checked_weights(weights: ArrayLike, n: int) -> Array:
    w = as_array(weights, "weights").astype(np.float64)
    if w.shape != (n,):
        raise shape_error("weights", w.shape, f"({n},): one for each point")
    if not (np.isfinite(w).all() and (w >= 0).all()):
        msg = "weights: contains a negative or non-finite number."
        raise ValueError(msg)
    if not w.sum() > 0:
        msg = "weights: the sum is zero, needed at least one positive weight."
        raise ValueError(msg)
    return w


def _divisor(total: float, ddof: float) -> float:
    ddof = as_real(ddof, "ddof", -math.inf, math.inf)
    if not ddof < total:
        msg = f"ddof: got {ddof:g}, needed less than the number of points (or sum of weights) {total:g}."
        raise ValueError(msg)
    return total - ddof

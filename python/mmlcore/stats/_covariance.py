"""Covariance and correlation matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, all_finite, as_data, float_type, shape_error
from mmlcore.core.door import door
from mmlcore.stats.scatter import Scatter, scaled, scatter_parts
from mmlcore.stats.weights import divisor, refuse_overflow


@door("covariance")
def covariance(
    X: ArrayLike,
    Y: ArrayLike | None = None,
    *,
    ddof: float = 0,
    weights: ArrayLike | None = None,
    out: Array | None = None,
) -> Array:
    """Covariance matrix of data, in one pass and without cancellation.

    Parameters
    ----------
    X : array_like of shape (n, d), float32, float64 or uint8
        n points in d dimensions, in any memory order.
    Y : array_like of shape (n, e), optional
        A second data set of the same points: the result is then the cross-covariance of the features of `X` with
        those of `Y`.
    ddof : float, default 0
        The sum of products is divided by n - ddof: 0 for the population, 1 for the unbiased estimate.
    weights : array_like of shape (n,), optional
        How often each point counts, non-negative. n is then the sum of the weights.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap the data.

    Returns
    -------
    ndarray of shape (d, d), or (d, e) with `Y`
        Of the dtype of `X`, float64 for bytes; symmetric without `Y`.

    Raises
    ------
    ValueError
        NaN or infinity in the data, a covariance that the type of the result does not hold (of float32 data, numbers
        about 1e19 apart), no points, ddof not below n, weights that are negative or all zero.

    Notes
    -----
    The data are shifted by the mean of a sample on their way into the cache [1]_, so that a mean of 1e8 deviations
    costs no digit that the data have; float32 data are summed in float64 over blocks of 128 rows. Sums of bytes
    (uint8, bool), as images are stored, are exact integers, rounded at the end, in a quarter to half of float32's
    time. Cost: n d^2 operations, one pass over the data in place, 8 d^2 bytes and some blocks. Relative error of the
    variances: a few u plus that of the rounded data, at both ends of the range too: where squares or weights leave it, a
    second pass works in units of powers of two. The result does not depend on the number of threads.

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
    x = as_data(X, "X", bytes_ok=Y is None)
    if Y is not None:
        return _cross_covariance(x, as_data(Y, "Y"), ddof, weights)
    sums = scatter_parts(x, weights)
    found = _divided(sums, ddof)
    # float64 holds what its sums are made of.
    if sums.powers is None and x.dtype != np.float32:
        return found
    return _held(found, float_type(x.dtype), "X")


@door("correlation")
def correlation(
    X: ArrayLike, *, weights: ArrayLike | None = None, out: Array | None = None
) -> Array:
    """Correlation matrix of data: covariances of features scaled to variance 1.

    Parameters
    ----------
    X : array_like of shape (n, d), float32 or float64
        n points in d dimensions.
    weights : array_like of shape (n,), optional
        How often each point counts, non-negative.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (d, d)
        Of the dtype of `X`; symmetric, between -1 and 1, exactly 1 on the diagonal.

    Raises
    ------
    ValueError
        As `covariance`; and a column that does not vary, whose correlations are not defined.

    Notes
    -----
    Cost and accuracy are those of `covariance`. Multiplying a column or the weights by a constant changes nothing: squares
    that leave the range of float64 are brought back into it by powers of two.

    References
    ----------
    .. [1] M. P. Deisenroth, A. A. Faisal, C. S. Ong, "Mathematics for Machine Learning" (2020), definition 6.8.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.correlation([[1.0, 2.0], [2.0, 4.0], [3.0, 7.0]]).round(4)
    array([[1.    , 0.9934],
           [0.9934, 1.    ]])
    """
    x = as_data(X, "X", bytes_ok=True)
    scatter = scatter_parts(x, weights).matrix  # in any units: they cancel
    if not scatter.diagonal().all():
        column = int(np.flatnonzero(scatter.diagonal() == 0)[0])
        msg = f"X: column {column} does not vary (X[:, {column}]), so its correlations are not defined."
        raise ValueError(msg)
    found = np.empty(scatter.shape, float_type(x.dtype))
    _core.correlations(scatter, found)
    return found


def scatter_of(
    x: Array,
    weights: ArrayLike | None = None,
    name: str = "X",
    last: Array | None = None,
    *,
    deviations: ArrayLike | None = None,
) -> tuple[Array, Array, float]:
    """Return mean (d,), scatter matrix (d, d) in float64 and sum of weights of checked data (n, d), as `scatter_parts`."""
    sums = scatter_parts(x, weights, name, last, deviations=deviations)
    return sums.mean, *sums.plain(name)


def _cross_covariance(x: Array, y: Array, ddof: float, weights: ArrayLike | None) -> Array:
    if x.shape[0] != y.shape[0]:
        raise shape_error("Y", y.shape, f"({x.shape[0]}, e): as many points as X")
    both = np.concatenate([x, y], axis=1, dtype=np.float64)
    found = _divided(scatter_parts(both, weights, "X and Y"), ddof)
    return _held(found[: x.shape[1], x.shape[1] :], np.result_type(x, y), "X and Y")


def _divided(sums: Scatter, ddof: float) -> Array:
    """Divide by the number of points less ddof: before the units come back, so that the sums may leave the range."""
    found = sums.matrix / divisor(sums.total, ddof, sums.unit)
    return found if sums.powers is None else scaled(found, sums.powers)


def _held(found: Array, dtype: np.dtype[Any], name: str) -> Array:
    """Return covariances in a type that holds them; ValueError where it does not."""
    with np.errstate(over="ignore", under="ignore"):
        result = found.astype(dtype, copy=False)
    if not all_finite(result):
        size = np.abs(result).max(axis=0)
        refuse_overflow(name, size, dtype)
    return result

"""Covariance and correlation matrices."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import BYTE, Array, as_array, as_data, float_type, shape_error
from mmlcore.stats._weights import as_weights, divisor, refuse_column, refuse_weights


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
    X : array_like of shape (n, d), float32, float64 or uint8
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
        Of the dtype of `X`, float64 for bytes; symmetric without `Y`.

    Raises
    ------
    ValueError
        NaN or infinity in the data, squares that overflow, no points, ddof not below n, weights that are negative or
        all zero.

    Notes
    -----
    The data are shifted by the mean of a sample on their way into the cache [1]_, so that a mean of 1e8 deviations
    costs no digit that the data have; float32 data are summed in float64 over blocks of 128 rows. Sums of bytes
    (uint8, bool), as images are stored, are exact integers, rounded at the end, in a quarter to half of float32's
    time. Cost: n d^2 operations, one pass over the data in place, 8 d^2 bytes and some blocks. Relative error of the
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
    x = as_data(X, "X", bytes_ok=Y is None)
    if Y is not None:
        return _cross_covariance(x, as_data(Y, "Y"), ddof, weights)
    _, scatter, total = scatter_of(x, weights)
    return (scatter / divisor(total, ddof)).astype(float_type(x.dtype), copy=False)


def correlation(X: ArrayLike, *, weights: ArrayLike | None = None) -> Array:
    """Correlation matrix of data: covariances of features scaled to variance 1.

    Parameters
    ----------
    X : array_like of shape (n, d), float32 or float64
        n points in d dimensions.
    weights : array_like of shape (n,), optional
        How often each point counts, non-negative.

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
    Cost and accuracy are those of `covariance`.

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
    _, scatter, _ = scatter_of(x, weights)
    deviations = np.sqrt(scatter.diagonal())
    if not deviations.all():
        column = int(np.flatnonzero(deviations == 0)[0])
        msg = f"X: column {column} does not vary, so its correlations are not defined."
        raise ValueError(msg)
    scatter /= deviations[:, None]
    scatter /= deviations
    np.clip(scatter, -1, 1, out=scatter)
    np.fill_diagonal(scatter, 1)
    return np.asarray((scatter + scatter.T) / 2, dtype=float_type(x.dtype))


def scatter_of(
    x: Array,
    weights: ArrayLike | None = None,
    name: str = "X",
    last: Array | None = None,
    *,
    deviations: ArrayLike | None = None,
) -> tuple[Array, Array, float]:
    """Return mean (d,), scatter matrix (d, d) in float64 and sum of weights of checked data (n, d).

    `last` (n,), of the same dtype, is one more column; `deviations` are instead of weights, each their -1/2th power. Bytes
    are summed exactly, if they have no weights.
    """
    n, d = x.shape
    d += last is not None
    if n == 0:
        raise shape_error(name, x.shape, "at least one point")
    mean, scatter = np.empty(d), np.empty((d, d))
    if x.dtype == BYTE and weights is None and deviations is None and last is None:
        _core.byte_scatter(x, mean, scatter)
        return mean, scatter, float(n)
    counts = None
    if weights is not None:
        counts = as_weights(weights, n)
    elif deviations is not None:
        counts = as_weights(deviations, n, "sigma")
    if d == 0 and counts is None:  # rows of nothing: 2^40 of them take no memory, but time to walk
        return mean, scatter, float(n)
    total = _core.scatter(as_array(x, name), last, counts, deviations is not None, mean, scatter)
    if (
        not 0 < total < np.inf
    ):  # the kernel looks at every weight, so that no pass of its own is needed
        refuse_weights(counts, "weights" if weights is not None else "sigma")
    refuse_column(name, scatter.diagonal())
    return mean, scatter, total


def _cross_covariance(x: Array, y: Array, ddof: float, weights: ArrayLike | None) -> Array:
    if x.shape[0] != y.shape[0]:
        raise shape_error("Y", y.shape, f"({x.shape[0]}, e): as many points as X")
    dtype = np.result_type(x, y)
    both = np.concatenate([x, y], axis=1, dtype=np.float64)
    _, scatter, total = scatter_of(both, weights, "X and Y")
    return (scatter[: x.shape[1], x.shape[1] :] / divisor(total, ddof)).astype(dtype, copy=False)

"""Medians, quantiles, and data that are brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_index, float_type
from mmlcore.core.door import door
from mmlcore.stats.summary import columns_of
from mmlcore.stats.weights import divisor, moderate_weights

# alpha and beta of Hyndman and Fan's continuous estimates: the place n q + alpha + q (1 - alpha - beta) - 1.
_CONTINUOUS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
_NEAR = ("lower", "higher", "midpoint", "nearest")


@door("median")
def median(X: ArrayLike, axis: int | None = 0, *, out: Array | None = None) -> Any:
    """Median along an axis: of each feature by default.

    Parameters
    ----------
    X : array_like of shape (n, d) or (n,), float32 or float64
        n points in d dimensions, in any memory order; or n numbers.
    axis : {0, 1, None}, default 0
        0: over the points; 1: over the features of each point; None: over everything.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap `X`.

    Returns
    -------
    ndarray of shape (d,) or (n,), or a number
        Of the dtype of `X`; of an even number of points the mean of the two in the middle. NaN for a column that holds NaN.

    Raises
    ------
    ValueError
        No numbers to take the median of.

    See Also
    --------
    quantile : Any share of the numbers in place of a half.

    Notes
    -----
    Nothing is sorted or copied as a whole: a sample tells two numbers between which the median lies, one reading of the
    data counts what is below and keeps what is between [1]_. Many short columns are sorted beside each other in SIMD lanes.
    Cost: one reading of the data; two to eight times as fast as numpy.

    References
    ----------
    .. [1] R. W. Floyd, R. L. Rivest, "Expected time bounds for selection", Commun. ACM 18 (1975), 165-172.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.median([[1, 10], [5, 20], [2, 60], [9, 40]])
    array([ 3.5, 30. ])
    >>> float(mml.median([3, 1, 2]))
    2.0
    """
    x, points = columns_of(as_array(X, "X"), axis)
    found = np.asarray(median(np.ascontiguousarray(points)))
    return found[0] if x.ndim == 1 or axis is None else found


@door("quantile")
def quantile(
    X: ArrayLike,
    q: ArrayLike,
    axis: int | None = 0,
    *,
    method: str | None = None,
    out: Array | None = None,
) -> Any:
    """Quantiles along an axis: of each feature by default.

    Parameters
    ----------
    X : array_like of shape (n, d) or (n,), float32 or float64
        n points in d dimensions, in any memory order; or n numbers.
    q : float or array_like
        Shares in [0, 1]: 0 is the least number, 1/2 the median, 1 the largest. Any shape.
    axis : {0, 1, None}, default 0
        0: over the points; 1: over the features of each point; None: over everything.
    method : str, optional
        How a quantile between two numbers is estimated: 'linear' by default, 'lower', 'higher', 'midpoint', 'nearest', 'hazen',
        'weibull', 'median_unbiased', 'normal_unbiased' or 'interpolated_inverted_cdf', as numpy has them [2]_.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap `X`.

    Returns
    -------
    ndarray of the shape of `q` and then (d,) or (n,), or a number
        Of the dtype of `X`. NaN for a column that holds NaN.

    Raises
    ------
    ValueError
        No numbers; q outside of [0, 1]; an unknown method.

    See Also
    --------
    median : The quantile 1/2.

    Notes
    -----
    As `median`: eight shares by one reading of the data [1]_; for more of them, of long columns, they are partitioned by numpy.

    References
    ----------
    .. [1] R. W. Floyd, R. L. Rivest, "Expected time bounds for selection", Commun. ACM 18 (1975), 165-172.
    .. [2] R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", Am. Stat. 50 (1996), 361-365.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.quantile([[1, 10], [5, 20], [2, 60], [9, 40]], 0.25)
    array([ 1.75, 17.5 ])
    >>> mml.quantile([1, 2, 3, 4, 5], [0, 0.5, 0.9])
    array([1. , 3. , 4.6])
    """
    return _quantiles(X, q, axis, method or "linear")


@door("standardize")
def standardize(
    X: ArrayLike,
    axis: int = 0,
    ddof: float = 0,
    *,
    weights: ArrayLike | None = None,
    out: Array | None = None,
) -> Array:
    """Shift and scale data to mean 0 and variance 1: each feature by default.

    Parameters
    ----------
    X : array_like of shape (n, d) or (n,), float32 or float64
        n points in d dimensions, in any memory order; or n numbers.
    axis : {0, 1}, default 0
        0: each feature over the points; 1: each point over its features.
    ddof : float, default 0
        Variances are sums of squares divided by n - ddof.
    weights : array_like of shape (n,), optional
        How often each point counts in means and variances: non-negative.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap `X`.

    Returns
    -------
    ndarray of the shape of `X`
        Of the dtype of `X`. A feature whose numbers are all equal becomes 0; one that holds NaN or infinity becomes NaN.

    Raises
    ------
    ValueError
        No numbers, ddof not below n, weights that are negative or all zero.

    See Also
    --------
    mmlcore.estimators.StandardScaler : The same for new data as well.

    Notes
    -----
    Mean and variance in one reading, without cancellation; the quotient in a second. Units do not matter: numbers near
    1e-170, whose squares vanish, are scaled as any others; equal numbers are told from nearly equal ones exactly. Cost: two
    readings and a writing; two to four times as fast as numpy's passes.

    References
    ----------
    .. [1] M. P. Deisenroth, A. A. Faisal, C. S. Ong, "Mathematics for Machine Learning" (2020), section 10.5.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.standardize([[0, 7], [2, 7]])
    array([[-1.,  0.],
           [ 1.,  0.]])
    """
    x = as_array(X, "X")
    axis = as_index(axis, "axis")
    x, points = columns_of(x, axis)
    n, d = points.shape
    w = None if weights is None else moderate_weights(weights, n)[0]
    values = points.astype(np.float64)
    sizes = np.abs(values).max(axis=0)
    known = np.isfinite(sizes)
    powers = np.where(known, np.frexp(np.where(known, sizes, 1))[1], 0)
    values = np.ldexp(values, -powers)
    mean, low, squares = np.empty(d), np.empty(d), np.empty(d)
    total = float(_core.column_moments(values, w, mean, squares, low))
    squares = squares / divisor(total, ddof)
    equal = (values == values[:1]).all(axis=0)
    low[equal], mean[equal] = 0, values[0, equal]
    scale = np.where(equal | (squares == 0), 1.0, np.sqrt(squares))
    with np.errstate(invalid="ignore"):
        found = np.where(known, ((values - mean) - low) / scale, np.nan)
    found = found.T if x.ndim == 2 and axis % 2 else found
    return np.ascontiguousarray(found.reshape(x.shape), dtype=float_type(x.dtype))


def _quantiles(X: ArrayLike, q: ArrayLike, axis: int | None, method: str) -> Any:
    """Return quantiles of whatever is given; `method` is checked here."""
    x, points = columns_of(as_array(X, "X"), axis)
    shares = as_array(q, "q").astype(np.float64, copy=False)
    bad = shares[~((shares >= 0) & (shares <= 1))]
    if bad.size:
        msg = f"q: got {bad.reshape(-1)[0]:g}, needed numbers between 0 and 1."
        raise ValueError(msg)
    n, d = points.shape
    places = _places(shares.reshape(-1), n, method)
    found = np.empty((len(places), d), points.dtype)
    if not _core.quantiles(points, places, found):
        found = _partitioned(points, places)
    one = x.ndim == 1 or axis is None
    return found.reshape(shares.shape + (() if one else (d,)))[()]


def _places(q: Array, n: int, method: str) -> Array:
    """Return where each quantile lies in a sorted column, between 0 and n - 1."""
    if method == "linear":
        return np.asarray((n - 1) * q)
    if method in _CONTINUOUS:
        alpha, beta = _CONTINUOUS[method]
        return np.clip(n * q + (alpha + q * (1 - alpha - beta)) - 1, 0, n - 1)
    if method not in _NEAR:
        names = ", ".join(map(repr, (*_CONTINUOUS, *_NEAR)))
        msg = f"method: got {method!r}, needed one of {names}."
        raise ValueError(msg)
    place = (n - 1) * q
    if method == "midpoint":
        return np.asarray((np.floor(place) + np.ceil(place)) / 2)
    return np.asarray({"lower": np.floor, "higher": np.ceil, "nearest": np.rint}[method](place))


def _partitioned(points: Array, places: Array) -> Array:
    """Return what lies at many places (q, d) of long columns: numpy's partition, which goes on with its parts, is made for it."""
    below = places.astype(np.int64)
    above = np.minimum(below + (places > below), len(points) - 1)
    parted = np.partition(points, np.unique(np.concatenate([below, above])), axis=0)
    low, high = parted[below].astype(np.float64), parted[above].astype(np.float64)
    t = (places - below)[:, None]
    with np.errstate(invalid="ignore", over="ignore"):
        apart = high - low
        found = np.where(t < 0.5, low + apart * t, high - apart * (1 - t))
        found = np.where(np.isfinite(apart), found, low * (1 - t) + high * t)
    found = np.where((t == 0) | (low == high), low, found)
    found[:, np.isnan(points).any(axis=0)] = np.nan
    return found.astype(points.dtype, copy=False)

"""The data of one curve: points, values, and standard deviations or a covariance; with NaN refused or left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, all_finite
from mmlcore.optimize._data import as_double, weights_of


def data_of(x: Any, y: ArrayLike) -> tuple[Any, Array]:
    """Return points, as an array if they are one, and values (m,)."""
    target = as_double(y, "ydata")
    if target.ndim > 1:
        msg = f"ydata: got shape {target.shape}, needed (m,)."
        raise ValueError(msg)
    if target.size == 0:
        msg = "ydata: got no data, needed at least one point."
        raise ValueError(msg)
    if isinstance(x, (list, tuple, np.ndarray)):
        x = np.ascontiguousarray(as_double(x, "xdata"))
    return x, target


def sigma_of(
    sigma: ArrayLike | None, y: Array, policy: str | None
) -> tuple[Array | None, Array | None]:
    """Return weights (m,), or a matrix that makes residuals of variance one and without correlations."""
    if sigma is None:
        return None, None
    s, m = as_double(sigma, "sigma"), y.size
    bad = np.isnan(s)
    if policy == "omit" and bad.shape == y.shape:  # NaN goes with that of the data
        bad = bad & ~np.isnan(y)
    if bad.any():
        msg = "sigma: contains NaN, needed positive standard deviations (infinity gives a point no weight)."
        raise ValueError(msg)
    if s.size == 1 and s.ndim < 2:
        s = np.full(m, s.reshape(()))
    if s.shape == (m,):
        return weights_of(s), None
    if s.shape != (m, m):
        msg = f"sigma: got shape {s.shape}, needed a number, ({m},) or ({m}, {m})."
        raise ValueError(msg)
    return None, s


def _check_symmetric(s: Array) -> None:
    """Refuse a matrix of which a factorization would read one half without a look at the other."""
    if not all_finite(s):
        msg = "sigma: the covariance matrix contains infinity, needed finite numbers."
        raise ValueError(msg)
    share = np.sqrt(np.abs(np.diagonal(s)))
    apart = np.abs(s - s.T) > 1e-8 * np.maximum(np.abs(s), share * share[:, None])
    if apart.any():
        i, j = np.argwhere(apart)[0]
        msg = f"sigma: the covariance matrix is not symmetric: sigma[{i}, {j}] is {s[i, j]}, sigma[{j}, {i}] is {s[j, i]}."
        raise ValueError(msg)


def without_nan(
    x: Any, y: Array, weight: Array | None, sigma: Array | None, check: bool, policy: str | None
) -> tuple[Any, Array, Array | None, Array | None]:
    """Refuse NaN, or leave points with NaN out; turn a covariance into what whitens residuals."""
    if policy == "propagate":
        msg = "`nan_policy='propagate'` is not supported by this function."
        raise ValueError(msg)
    if policy not in (None, "raise", "omit"):
        msg = "nan_policy must be one of {None, 'raise', 'omit'}"
        raise ValueError(msg)
    array: Array = x if isinstance(x, np.ndarray) else np.zeros(())
    if check and not (all_finite(y) and all_finite(array)):
        msg = "xdata, ydata: array must not contain infs or NaNs."
        raise ValueError(msg)
    if policy is None:
        return x, y, weight, _whitening(sigma)
    bad = np.isnan(y)
    if array.ndim and array.shape[-1:] == y.shape:
        bad = bad | np.isnan(array).any(axis=tuple(range(array.ndim - 1)))
    if policy == "raise" and bad.any():
        msg = "The input contains nan values"
        raise ValueError(msg)
    if policy == "omit" and bad.any():
        keep = ~bad
        x, y = np.ascontiguousarray(x[..., keep]), y[keep]
        weight = None if weight is None else weight[keep]
        sigma = None if sigma is None else sigma[np.ix_(keep, keep)]
    return x, y, weight, _whitening(sigma)


def _whitening(sigma: Array | None) -> Array | None:
    """Return L^-1 of a covariance matrix L L^T."""
    if sigma is None:
        return None
    _check_symmetric(sigma)
    try:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(sigma)))
    except np.linalg.LinAlgError:
        msg = "sigma: the covariance matrix is not positive definite."
        raise ValueError(msg) from None

"""Inner products other than the dot product: <x, y> = x' M y for a symmetric positive definite matrix M, the metric."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_matrix, shape_error


def as_metric(metric: ArrayLike, d: int, fitting: str) -> Array:
    """Return the metric as an array (d, d); ValueError for a matrix that is none, with the reason."""
    m = as_matrix(metric, "metric")
    if m.shape != (d, d):
        raise shape_error("metric", m.shape, f"{(d, d)} to fit {fitting}")
    factor_of(m)
    return m


def factor_of(metric: Array) -> Array:
    """Return the lower triangular L with M = L L', by Cholesky; ValueError with a witness where there is none."""
    if not np.isfinite(metric).all():
        msg = "metric: contains NaN or infinity."
        raise ValueError(msg)
    scale = np.abs(metric).max(initial=0)
    gap = np.abs(metric - metric.T)
    if gap.max(initial=0) > 8 * np.finfo(metric.dtype).eps * scale:
        i, j = (int(k) for k in np.unravel_index(gap.argmax(), gap.shape))
        msg = (
            f"metric: is not symmetric, so it defines no inner product: entry ({i}, {j}) is {metric[i, j]:.6g}, "
            f"entry ({j}, {i}) is {metric[j, i]:.6g}."
        )
        raise ValueError(msg)
    try:
        return np.linalg.cholesky(metric)
    except np.linalg.LinAlgError:
        value, vector = (x[..., 0] for x in np.linalg.eigh(metric))
        msg = (
            f"metric: is not positive definite, so it defines no inner product: x' M x = {value:.3g} for the unit "
            f"vector x = {np.array2string(vector, precision=3, threshold=8)}."
        )
        raise ValueError(msg) from None

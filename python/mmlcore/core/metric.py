"""Inner products other than the dot product: <x, y> = x' M y for a symmetric positive definite matrix M, the metric."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from mmlcore.core.arrays import Array, as_matrix, finite, shape_error


class Metric(NamedTuple):
    """A matrix that is an inner product, and the proof."""

    matrix: Array  # (d, d)
    lower: Array  # (d, d), lower triangular: matrix = lower @ lower.T

    def astype(self, dtype: DTypeLike) -> Metric:
        """Return the metric in another type, factored anew."""
        return self if self.matrix.dtype == dtype else _factored(self.matrix.astype(dtype))


def as_metric(metric: ArrayLike, d: int, fitting: str) -> Metric:
    """Return the metric of shape (d, d) with its factor; ValueError for a matrix that is none, with the reason.

    A `Metric` comes back as it is, so that a function can hand the one that it factored to others.
    """
    m = metric.matrix if isinstance(metric, Metric) else as_matrix(metric, "metric")
    if m.shape != (d, d):
        raise shape_error("metric", m.shape, f"{(d, d)} to fit {fitting}")
    return metric if isinstance(metric, Metric) else _factored(m)


def _factored(metric: Array) -> Metric:
    """Factor by Cholesky; ValueError with a witness where there is no factor."""
    scale = np.abs(finite(metric, "metric")).max(initial=0)
    gap = np.abs(metric - metric.T)
    if gap.max(initial=0) > 8 * np.finfo(metric.dtype).eps * scale:
        i, j = (int(k) for k in np.unravel_index(gap.argmax(), gap.shape))
        msg = (
            f"metric: is not symmetric, so it defines no inner product: entry ({i}, {j}) is {metric[i, j]:.6g}, "
            f"entry ({j}, {i}) is {metric[j, i]:.6g}."
        )
        raise ValueError(msg)
    try:
        return Metric(metric, np.linalg.cholesky(metric))
    except np.linalg.LinAlgError:
        value, vector = (x[..., 0] for x in np.linalg.eigh(metric))
        msg = (
            f"metric: is not positive definite, so it defines no inner product: x' M x = {value:.3g} for the unit "
            f"vector x = {np.array2string(vector, precision=3, threshold=8)}."
        )
        raise ValueError(msg) from None

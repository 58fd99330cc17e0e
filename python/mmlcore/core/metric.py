"""Inner products other than the dot product: <x, y> = x' M y for a symmetric positive definite matrix M, the metric."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from mmlcore.core.arrays import Array, as_matrix, require_finite, shape_error


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
    metric = _symmetrized(require_finite(metric, "metric"))
    try:
        return Metric(metric, np.linalg.cholesky(metric))
    except np.linalg.LinAlgError:
        value, vector = (x[..., 0] for x in np.linalg.eigh(metric))
        msg = (
            f"metric: is not positive definite, so it defines no inner product: x' M x = {value:.3g} for the unit "
            f"vector x = {np.array2string(vector, precision=3, threshold=8)}."
        )
        raise ValueError(msg) from None


def _symmetrized(metric: Array) -> Array:
    """Return the symmetric part of a matrix that is symmetric to the accuracy of an inverse; ValueError for others.

    Many a metric is the inverse of a covariance. Inverses are accurate to the condition number times rounding, and symmetric
    to no more; units do not count, as they cost an inverse no digits.
    """
    gap = np.abs(metric - metric.T)
    worst = gap.max(initial=0)
    if worst == 0:
        return metric
    part = np.asarray(metric / 2 + metric.T / 2)
    eps = float(np.finfo(metric.dtype).eps)
    if worst <= 8 * eps * np.abs(metric).max():
        return part
    lengths = np.sqrt(np.maximum(part.diagonal().astype(np.float64), 0))
    if lengths.all():
        worst = (gap / lengths / lengths[:, np.newaxis]).max()
        condition = max(_condition(part), _condition(part / lengths / lengths[:, np.newaxis]))
        if worst <= min(8 * len(metric) * eps * condition, eps**0.5):
            return part
    i, j = (int(k) for k in np.unravel_index(gap.argmax(), gap.shape))
    above, below = (f"{x:.6g}" for x in (metric[i, j], metric[j, i]))
    if above == below:
        above, below = (f"{x!s}" for x in (metric[i, j], metric[j, i]))
    msg = f"metric: is not symmetric, so it defines no inner product: entry ({i}, {j}) is {above}, entry ({j}, {i}) is {below}."
    raise ValueError(msg)


def _condition(symmetric: Array) -> float:
    sizes = np.abs(np.linalg.eigvalsh(symmetric))
    least, most = sizes.min(), sizes.max()
    return float(most / least) if least > 0 else float("inf")

"""The routes to principal components of an array, and how many to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, as_index, as_real, largest_size
from mmlcore.core.lapack import patiently
from mmlcore.core.signs import signed
from mmlcore.decomposition._minka import minka
from mmlcore.eigen.largest import largest_of_psd
from mmlcore.orthogonal import gram_schmidt
from mmlcore.stats.factor import TriangularFactor
from mmlcore.stats.scatter import Scatter, scaled, scatter_parts
from mmlcore.stats.summary import mean_parts
from mmlcore.stats.weights import refuse_column

SMALL = (
    _core.VALUES_ROUTE
)  # up to this many rows and columns LAPACK's SVD is cheap, and keeps every digit


@dataclass(frozen=True)
class Components:
    """What a route finds: some of the components, in float64 or the data's own type.

    Variances are those of the data divided by 2^power, since squares may leave the range where the data do not.
    """

    mean: Array  # (d,)
    low: Array  # (d,): what rounding took from the mean
    variances: Array  # (k,), descending, divided by n - 1
    vectors: Array  # (k, d), orthonormal rows
    total: float  # of all variances
    power: int = 0

    def choose(self, wanted: Any, n: int) -> int:
        """Turn the user's `n_components` into a number."""
        found = len(self.variances)
        if wanted is None:
            return found
        if isinstance(wanted, str):
            return minka(self.variances, n)
        if isinstance(wanted, (float, np.floating)) and wanted < 1:
            shares = np.cumsum(self.variances) / self.total if self.total > 0 else np.ones(found)
            return min(int(np.searchsorted(shares, float(wanted), side="right")) + 1, found)
        return int(wanted)


def count_components(wanted: Any, n: int, d: int) -> int:
    """Return how many components a route has to find for `n_components`, or say what is wrong with it."""
    most = min(n, d)
    if wanted is None:
        return most
    if isinstance(wanted, str):
        if wanted != "mle":
            msg = f"n_components: got {wanted!r}, needed an integer, a fraction, 'mle' or None."
            raise ValueError(msg)
        if n < d:
            msg = f"n_components: 'mle' needs at least as many points as features, got {n} points of {d} features."
            raise ValueError(msg)
        return most
    if isinstance(wanted, (float, np.floating)):
        if 0 < wanted < 1:
            return most
        if wanted != int(as_real(wanted, "n_components", 0, most)):
            msg = f"n_components: got {wanted}, needed an integer or a fraction of the variance between 0 and 1."
            raise ValueError(msg)
        return int(wanted)
    return as_index(wanted, "n_components", 0, most)


def route_of(solver: str, n: int, d: int) -> str:
    """Choose the route: see the Notes of `PCA`."""
    if solver != "auto":
        if solver not in routes:
            msg = f"solver: got {solver!r}, needed 'auto' or one of {', '.join(map(repr, routes))}."
            raise ValueError(msg)
        return solver
    if max(n, d) <= SMALL:
        return "svd"
    return "covariance" if n >= d else "dual"


def by_covariance(x: Array, k: int, seed: int) -> Components:  # noqa: ARG001  (one signature for all routes)
    """One pass over the data, then the largest eigenpairs of the scatter matrix."""
    return of_sums(scatter_parts(x), x.shape[0], k, tolerance(x.dtype))


def of_sums(sums: Scatter, n: int, k: int, tol: float) -> Components:
    """Return the largest eigenpairs of the scatter matrix (d, d) of n points that count once each."""
    freedom = max(n - 1, 1)
    scatter, power = sums.matrix, 0
    if sums.powers is not None:  # one unit for all columns: that of the largest
        power = int(sums.powers[scatter.diagonal() > 0].max(initial=-5000))
        scatter = scaled(scatter, sums.powers - power)
    values, vectors = largest_of_psd(scatter, k, tol)
    total = float(np.trace(scatter)) / freedom
    variances = np.maximum(values, 0) / freedom
    return Components(sums.mean, sums.low, variances, signed(vectors.T), total, power)


def by_dual(x: Array, k: int, seed: int) -> Components:
    """For wide data: X'u for the eigenvectors u of the inner products of the centred points."""
    n, d = x.shape
    mean, low, inner = np.empty(d), np.empty(d), np.empty((n, n))
    _core.dual_scatter(x, mean, inner, low)
    size = float(inner.diagonal().max())
    if not np.isfinite(mean).all() or not d * _least(x.dtype) < size < 1 / _core.LEAST_SQUARE:
        power = power_of(x)
        if power:
            found = by_dual(np.ldexp(x.astype(np.float64), -power), k, seed)
            return in_unit(found, power)
    refuse_column("X", mean)
    values, left = largest_of_psd(inner, k, tolerance(x.dtype))
    rows = np.empty((left.shape[1], d), x.dtype)
    _core.centred_product(x.T, None, left.astype(x.dtype), rows.T)
    return of_inner(mean, low, inner, values, rows)


def of_inner(mean: Array, low: Array, inner: Array, values: Array, rows: Array) -> Components:
    """Components of the eigenvalues of the inner products (n, n) and the points' combinations `rows` by their vectors."""
    n = len(inner)
    freedom = max(n - 1, 1)
    values = np.maximum(values, 0)
    # Rows that belong to no variance are rounding errors: any orthonormal completion serves in their place.
    u = float(np.finfo(rows.dtype).eps)
    rows[values <= n * u * values.max(initial=0)] = 0
    vectors = signed(completed(rows))
    return Components(mean, low, values / freedom, vectors, float(np.trace(inner)) / freedom)


def by_svd(x: Array, k: int, seed: int) -> Components:  # noqa: ARG001  (one signature for all routes)
    """Singular values and right vectors of the centred data: by the kernel for few features, else by LAPACK."""
    mean, low, centred, power = centred_in_unit(x)
    d = x.shape[1]
    if d <= _core.JACOBI_SIDE and d <= len(x):
        s, right = np.empty(d), np.empty((d, d), centred.dtype)
        _core.right_singular_vectors(centred, s, right)
        vectors = right.T
    else:
        _, s, vectors = patiently(np.linalg.svd, centred, full_matrices=False)
    variances = s.astype(np.float64) ** 2 / max(x.shape[0] - 1, 1)
    found = Components(mean, low, variances[:k], signed(vectors[:k]), float(variances.sum()))
    return replace(found, power=power)


def by_sketch(x: Array, k: int, seed: int, oversamples: int = 10, power: int = 4) -> Components:
    """The range of the centred data from a random sketch of k + oversamples columns and some power iterations."""
    mean, low, centred, unit = centred_in_unit(x)
    n, d = x.shape
    width = min(k + oversamples, n, d)
    sketch = _core.random_numbers(seed, 0, 0, d * width, True).reshape(d, width).astype(x.dtype)
    basis = gram_schmidt(centred @ sketch, rtol=0)
    for _ in range(power):
        basis = gram_schmidt(centred @ gram_schmidt(centred.T @ basis, rtol=0), rtol=0)
    # From the side of the features: the variances are then exactly those of the scores.
    across = gram_schmidt(centred.T @ basis, rtol=0)
    _, s, turn = patiently(np.linalg.svd, centred @ across, full_matrices=False)
    rows = (turn @ across.T)[:k]
    # Of data of lower rank some are rounding errors: any orthonormal completion serves in their place.
    rows[s[:k] <= max(n, d) * float(np.finfo(x.dtype).eps) * s.max(initial=0)] = 0
    freedom = max(n - 1, 1)
    total = float(np.einsum("ij,ij->", centred, centred, dtype=np.float64)) / freedom
    variances = s[:k].astype(np.float64) ** 2 / freedom
    return Components(mean, low, variances, signed(completed(rows)), total, unit)


routes: dict[str, Callable[[Array, int, int], Components]] = {
    "covariance": by_covariance,
    "dual": by_dual,
    "randomized": by_sketch,
    "svd": by_svd,
}


def centred_in_unit(x: Array) -> tuple[Array, Array, Array, int]:
    """Return the mean in two parts, the centred data divided by 2^power, and the power: 0 unless their squares leave the range."""
    power = 0
    mean, low = mean_parts(x)
    with np.errstate(over="ignore"):
        centred = subtract_mean(x, mean, low)
    size = largest_size(centred)
    reach = 2.0**40 if x.dtype == np.float32 else 2.0**400
    if size and not 1 / reach < size < reach:
        power = power_of(x)
        wide = np.ldexp(x.astype(np.float64), -power)
        centred = subtract_mean(wide, *mean_parts(wide))
    return mean, low, centred, power


def subtract_mean(x: Array, mean: Array, low: Array) -> Array:
    """Subtract a mean in two parts from data of any type, one after the other: the first difference is exact near the mean."""
    front = mean.astype(x.dtype)
    rest = ((mean - front) + low).astype(x.dtype)
    centred = x - front
    if rest.any():
        centred -= rest
    return np.asarray(centred)


def power_of(x: Array) -> int:
    """Return the power of two of the largest number; ValueError for NaN and infinity."""
    size = largest_size(x)
    if not np.isfinite(size):
        refuse_column("X", np.abs(x).max(axis=0))
    return int(np.frexp(size)[1]) if size else 0


def in_unit(found: Components, power: int) -> Components:
    """Return what was found of data divided by 2^power as that of the data."""
    mean, low = np.ldexp(found.mean, power), np.ldexp(found.low, power)
    return replace(found, mean=mean, low=low, power=found.power + power)


def _least(dtype: np.dtype[Any]) -> float:
    """Return the size below which squares of this type lose digits."""
    return _core.LEAST_SQUARE_OF_SINGLE if dtype == np.float32 else _core.LEAST_SQUARE


def tolerance(dtype: np.dtype[Any]) -> float:
    """Residual, against the largest eigenvalue, that is below what rounding the data does."""
    return 1e-9 if dtype == np.float32 else 1e-11


def completed(rows: Array) -> Array:
    """Orthonormalize rows in order; rows of zeros are replaced by further orthonormal ones."""
    k, d = rows.shape
    q = gram_schmidt(rows.T)
    empty = ~q.any(axis=0)
    missing = int(empty.sum())
    if missing:
        more = (
            _core.random_numbers(1, 0, 0, d * missing, True).reshape(d, missing).astype(rows.dtype)
        )
        extended = gram_schmidt(np.concatenate([q[:, ~empty], more], axis=1))
        q[:, empty] = extended[:, k - missing :]
    return np.asarray(q.T)


def of_factor(factor: TriangularFactor, k: int) -> Components:
    """Return the k components of largest variance of points whose triangular factor is known."""
    _, s, vectors = patiently(np.linalg.svd, factor.triangle, full_matrices=False)
    n, d = int(factor.count), len(factor.mean)
    most = min(n, d)
    size = float(s.max(initial=0))
    power = 0 if not size or 1e-140 < size < 1e140 else int(np.frexp(size)[1])
    variances = np.zeros(most)
    variances[: len(s)] = (np.ldexp(s, -power) ** 2 / max(n - 1, 1))[:most]
    rows = np.zeros((most, d))
    rows[: len(vectors)] = vectors[:most]
    vectors = signed(completed(rows[:k]))
    return Components(
        factor.mean, factor.low, variances[:k], vectors, float(variances.sum()), power
    )

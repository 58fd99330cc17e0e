"""The routes to principal components of an array, and how many to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, as_index, as_real
from mmlcore.core.signs import signed
from mmlcore.decomposition._minka import minka
from mmlcore.eigen._largest import largest_of_psd
from mmlcore.orthogonal import gram_schmidt
from mmlcore.stats import scatter_of
from mmlcore.stats._factor import Factor
from mmlcore.stats._summary import mean_of
from mmlcore.stats._weights import refuse_column

_SMALL = 500  # up to this many rows and columns LAPACK's SVD is cheap, and keeps every digit


@dataclass(frozen=True)
class Components:
    """What a route finds: some of the components, in float64 or the data's own type."""

    mean: Array  # (d,)
    variances: Array  # (k,), descending, divided by n - 1
    vectors: Array  # (k, d), orthonormal rows
    total: float  # of all variances

    def choose(self, wanted: Any, n: int) -> int:
        """Turn the user's `n_components` into a number."""
        found = len(self.variances)
        if wanted is None:
            return found
        if isinstance(wanted, str):
            return minka(self.variances, n)
        if isinstance(wanted, float) and wanted < 1:
            shares = np.cumsum(self.variances) / self.total if self.total > 0 else np.ones(found)
            return min(int(np.searchsorted(shares, wanted, side="right")) + 1, found)
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
    if max(n, d) <= _SMALL:
        return "svd"
    return "covariance" if n >= d else "dual"


def by_covariance(x: Array, k: int, seed: int) -> Components:  # noqa: ARG001  (one signature for all routes)
    """One pass over the data, then the largest eigenpairs of the scatter matrix."""
    mean, scatter, _ = scatter_of(x)
    return of_scatter(mean, scatter, x.shape[0], k, tolerance(x.dtype))


def of_scatter(mean: Array, scatter: Array, n: int, k: int, tol: float) -> Components:
    """Return the largest eigenpairs of the scatter matrix (d, d) of n points."""
    freedom = max(n - 1, 1)
    values, vectors = largest_of_psd(scatter, k, tol)
    total = float(np.trace(scatter)) / freedom
    return Components(mean, np.maximum(values, 0) / freedom, signed(vectors.T), total)


def by_dual(x: Array, k: int, seed: int) -> Components:  # noqa: ARG001  (one signature for all routes)
    """For wide data: X'u for the eigenvectors u of the inner products of the centred points."""
    n, d = x.shape
    mean, inner = np.empty(d), np.empty((n, n))
    _core.dual_scatter(x, mean, inner)
    refuse_column("X", mean)
    values, left = largest_of_psd(inner, k, tolerance(x.dtype))
    rows = np.empty((left.shape[1], d), x.dtype)
    _core.centred_product(x.T, None, left.astype(x.dtype), rows.T)
    return of_inner(mean, inner, values, rows)


def of_inner(mean: Array, inner: Array, values: Array, rows: Array) -> Components:
    """Components of the eigenvalues of the inner products (n, n) and the points' combinations `rows` by their vectors."""
    n = len(inner)
    freedom = max(n - 1, 1)
    values = np.maximum(values, 0)
    # Rows that belong to no variance are rounding errors: any orthonormal completion serves in their place.
    u = float(np.finfo(rows.dtype).eps)
    rows[values <= n * u * values.max(initial=0)] = 0
    vectors = completed(rows)
    return Components(mean, values / freedom, signed(vectors), float(np.trace(inner)) / freedom)


def by_svd(x: Array, k: int, seed: int) -> Components:  # noqa: ARG001  (one signature for all routes)
    """LAPACK's singular value decomposition of the centred data."""
    mean = mean_of(x)
    _, s, vectors = np.linalg.svd(x - mean.astype(x.dtype), full_matrices=False)
    variances = s.astype(np.float64) ** 2 / max(x.shape[0] - 1, 1)
    return Components(mean, variances[:k], signed(vectors[:k]), float(variances.sum()))


def by_sketch(x: Array, k: int, seed: int, oversamples: int = 10, power: int = 4) -> Components:
    """The range of the centred data from a random sketch of k + oversamples columns and some power iterations."""
    mean = mean_of(x)
    centred = x - mean.astype(x.dtype)
    n, d = x.shape
    width = min(k + oversamples, n, d)
    seed = as_index(seed, "random_state", 0)
    sketch = _core.random_numbers(seed, 0, 0, d * width, True).reshape(d, width).astype(x.dtype)
    basis = gram_schmidt(centred @ sketch, rtol=0)
    for _ in range(power):
        basis = gram_schmidt(centred @ gram_schmidt(centred.T @ basis, rtol=0), rtol=0)
    # From the side of the features: the variances are then exactly those of the scores.
    across = gram_schmidt(centred.T @ basis, rtol=0)
    _, s, turn = np.linalg.svd(centred @ across, full_matrices=False)
    vectors = turn @ across.T
    freedom = max(n - 1, 1)
    total = float(np.einsum("ij,ij->", centred, centred, dtype=np.float64)) / freedom
    return Components(mean, (s[:k].astype(np.float64) ** 2) / freedom, signed(vectors[:k]), total)


routes: dict[str, Callable[[Array, int, int], Components]] = {
    "covariance": by_covariance,
    "dual": by_dual,
    "randomized": by_sketch,
    "svd": by_svd,
}


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


def of_factor(factor: Factor, k: int) -> Components:
    """Return the k components of largest variance of points whose triangular factor is known."""
    _, s, vectors = np.linalg.svd(factor.triangle, full_matrices=False)
    n, d = int(factor.count), len(factor.mean)
    most = min(n, d)
    variances = np.zeros(most)
    variances[: len(s)] = (s**2 / max(n - 1, 1))[:most]
    rows = np.zeros((most, d))
    rows[: len(vectors)] = vectors[:most]
    return Components(factor.mean, variances[:k], signed(rows[:k]), float(variances.sum()))

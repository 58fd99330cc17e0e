"""Components of data that are no array: sparse matrices, which are not made dense, and rows that are read by chunks."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, finite
from mmlcore.core.signs import signed
from mmlcore.core.sources import dense_chunks
from mmlcore.decomposition._components import Components, completed, of_inner, of_scatter, tolerance
from mmlcore.eigen import top_eigh
from mmlcore.eigen._largest import largest_of_psd
from mmlcore.matrices._sparse import SparseRows
from mmlcore.stats import Moments

_DENSE = 2000  # up to this side a matrix of inner products is made dense
_FAR = 1e4  # a mean of more deviations than that costs the sparse formula too many digits
SPARSE_ROUTES = ("covariance", "dual", "lanczos")


def by_chunks(x: Any, dtype: np.dtype[Any], k: int) -> Components:
    """Moments of the chunks, merged, then the largest eigenpairs of the scatter matrix."""
    moments = Moments(x.shape[1])
    for chunk in dense_chunks(x, moments.dim, bytes_ok=True):
        moments.update(chunk)
    return of_moments(moments, k, tolerance(dtype))


def of_moments(moments: Moments, k: int, tol: float) -> Components:
    """Return the largest eigenpairs of the covariance of points that were counted once each."""
    n = int(moments.count)
    return of_scatter(moments.mean, moments.covariance() * n, n, k, tol)


def sparse_route(solver: str, shape: tuple[int, int], k: int) -> str:
    """Choose a route for sparse data: a small matrix of inner products, or Lanczos on the data themselves."""
    if solver != "auto":
        if solver not in SPARSE_ROUTES:
            msg = f"solver: got {solver!r}, needed 'auto', {', '.join(map(repr, SPARSE_ROUTES))} for sparse data."
            raise ValueError(msg)
        return solver
    small = min(shape)
    if small > _DENSE and 4 * k < small:
        return "lanczos"
    return "covariance" if shape[0] >= shape[1] else "dual"


def by_sparse(x: Any, route: str, k: int, seed: int) -> Components:
    """Components of a CSR matrix (n, d) of float32 or float64, by one of SPARSE_ROUTES."""
    finite(x.data, "X")
    n = x.shape[0]
    if not x.has_canonical_format:  # repeated entries count as their sum
        x = x.copy()
        x.sum_duplicates()
    mean = np.asarray(x.sum(axis=0, dtype=np.float64)).ravel() / n
    if route == "lanczos":
        return _lanczos(x, mean, k, seed)
    wide = x.astype(np.float64)
    if route == "covariance":
        scatter = _product(wide.T, wide)
        squares = scatter.diagonal().copy()
        scatter -= np.outer(n * mean, mean)
        if (n * mean**2 > _FAR**2 * scatter.diagonal())[squares > 0].any():
            return by_chunks(x, np.dtype(np.float64), k)  # hardly a zero in some column
        np.fill_diagonal(scatter, np.maximum(scatter.diagonal(), 0))
        return of_scatter(mean, scatter, n, k, tolerance(wide.dtype))
    along = wide @ mean
    inner = _product(wide, wide.T) - along[:, None] - along + mean @ mean
    inner = (inner + inner.T) / 2
    values, left = largest_of_psd(inner, k, tolerance(wide.dtype))
    rows = np.asarray(left.T @ wide) - np.outer(left.sum(axis=0), mean)
    return of_inner(mean, inner, values, rows)


def _product(a: Any, b: Any) -> Array:
    return np.asarray((a @ b).toarray())


def _lanczos(x: Any, mean: Array, k: int, seed: int) -> Components:
    """Largest eigenpairs of the smaller of the two products of the centred data, which are never formed."""
    n, d = x.shape
    freedom = max(n - 1, 1)
    squares = float(np.einsum("i,i->", x.data, x.data, dtype=np.float64)) - n * float(mean @ mean)
    ones = np.ones(n)
    if d <= n:
        rows = SparseRows(x, "X")
        found = top_eigh(lambda v: rows.gram(ones, mean, v), k, shape=(d, d), random_state=seed)
        vectors = found.vectors.T
    else:
        columns = SparseRows(x.T, "X")
        found = top_eigh(lambda u: columns.gram(mean, ones, u), k, shape=(n, n), random_state=seed)
        vectors = np.stack([columns.dot(u) - mean * u.sum() for u in found.vectors.T])
        vectors[found.values <= n * 1e-15 * found.values.max(initial=0)] = 0
        vectors = completed(vectors)
    values = np.maximum(found.values, 0)
    total = max(squares, float(values.sum()))
    return Components(mean, values / freedom, signed(vectors), total / freedom)

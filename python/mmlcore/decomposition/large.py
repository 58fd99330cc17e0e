"""Components of data that are no array: sparse matrices, which are not made dense, and rows that are read by chunks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, float_type, largest_size, require_finite
from mmlcore.core.signs import signed
from mmlcore.core.sources import dense_chunks
from mmlcore.core.sparse import as_csr, real, with_values
from mmlcore.core.sparse_rows import SparseRows
from mmlcore.decomposition.components import (
    Components,
    completed,
    in_unit,
    of_inner,
    of_sums,
    subtract_mean,
    tolerance,
)
from mmlcore.eigen.largest import largest_of_psd
from mmlcore.eigen.top import top_of_products
from mmlcore.stats import Moments
from mmlcore.stats.scatter import Scatter, two_parts

_DENSE = 2000  # up to this side a matrix of inner products is made dense
_FAR = 30  # a mean of more deviations than that costs the sparse formula three digits
_BLOCK = 1 << 22  # numbers of a block that is made dense
SPARSE_ROUTES = ("covariance", "dual", "lanczos")


def by_chunks(x: Any, dtype: np.dtype[Any], k: int) -> Components:
    """Moments of the chunks, merged, then the largest eigenpairs of the scatter matrix."""
    moments = Moments(x.shape[1])
    for chunk in dense_chunks(x, moments.dim, bytes_ok=True):
        moments.update(chunk)
    return of_moments(moments, k, tolerance(dtype))


def of_moments(moments: Moments, k: int, tol: float) -> Components:
    """Return the largest eigenpairs of the covariance of points that were counted once each."""
    return of_sums(moments.sums, int(moments.count), k, tol)


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
    """Components of a CSR matrix (n, d) of float32 or float64 that nobody else writes to, by one of SPARSE_ROUTES."""
    x = real(x, "X")
    if not x.has_canonical_format:  # repeated entries count as their sum
        x = x.copy()
        x.sum_duplicates()
    size = largest_size(x.data)
    if not np.isfinite(size):
        require_finite(x.data, "X")
    power = 0 if not size or 2.0**-400 < size < 2.0**400 else int(np.frexp(size)[1])
    if power:
        x = with_values(x, np.ldexp(x.data.astype(np.float64), -power))
    shift = _shift(x)
    if shift is not None:
        x = with_values(x, x.data - shift[x.indices])
    mean = np.asarray(x.sum(axis=0, dtype=np.float64)).ravel() / x.shape[0]
    found = _of_centred(x, mean, route, k, seed)
    if shift is not None:
        mean, low = two_parts(shift, mean)
        found = replace(found, mean=mean, low=low)
    return in_unit(found, power) if power else found


def _shift(x: Any) -> Array | None:
    """Return what is subtracted from the columns in which every entry is stored, about their mean; None where there are none.

    Such columns may lie far from zero, and the formulas for sparse data subtract the mean from sums. In any other a zero lies
    among the numbers, so that the mean is no more than sqrt(n) deviations away.
    """
    full = np.bincount(x.indices, minlength=x.shape[1]) == x.shape[0]
    if not full.any():
        return None
    mean = np.asarray(x.sum(axis=0, dtype=np.float64)).ravel() / x.shape[0]
    return np.where(full, mean, 0.0)


def _of_centred(x: Any, mean: Array, route: str, k: int, seed: int) -> Components:
    """Components of a matrix whose columns have these means, none of which is far from zero."""
    n, none = x.shape[0], np.zeros(x.shape[1])
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
        return of_sums(Scatter(mean, none, scatter, n), n, k, tolerance(wide.dtype))
    along = wide @ mean
    inner = _product(wide, wide.T) - along[:, None] - along + mean @ mean
    inner = (inner + inner.T) / 2
    values, left = largest_of_psd(inner, k, tolerance(wide.dtype))
    rows = np.asarray(left.T @ wide) - np.outer(left.sum(axis=0), mean)
    return of_inner(mean, none, inner, values, rows)


def sparse_scores(
    X: Any, mean: Array, low: Array, directions: Array, dtype: np.dtype[Any]
) -> Array:
    """Return (X - mean) directions for a sparse matrix (n, d), summed in double; in `dtype`, or double where X is wider.

    ValueError for NaN and infinity.
    """
    x = real(as_csr(X, "X"), "X")
    require_finite(x.data, "X")
    scores = _centred(x, mean.astype(np.float64), low, directions.astype(np.float64))
    return scores.astype(np.result_type(float_type(x.dtype), dtype), copy=False)


def _centred(x: Any, mean: Array, low: Array, directions: Array) -> Array:
    """Return (x - mean) directions, in double, for a sparse matrix (n, d) in compressed rows.

    Columns more than half of which are stored, which alone may lie far from zero, are centred before they are multiplied.
    """
    n = x.shape[0]
    far = np.bincount(x.indices, minlength=x.shape[1]) * 2 > n
    if not far.any():
        return np.asarray(x @ directions - mean @ directions)
    scores = np.empty((n, directions.shape[1]))
    near = directions.copy()
    near[far] = 0
    along = mean @ near
    at = np.flatnonzero(far)
    step = max(1, _BLOCK // len(at))
    for first in range(0, n, step):
        rows = x[first : first + step]
        centred = subtract_mean(rows[:, at].toarray().astype(np.float64), mean[far], low[far])
        scores[first : first + step] = centred @ directions[far] + (rows @ near - along)
    return scores


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
        values, right = top_of_products(lambda v: rows.gram(ones, mean, v), d, k, seed)
        vectors = right.T
    else:
        columns = SparseRows(x.T, "X")
        values, left = top_of_products(lambda u: columns.gram(mean, ones, u), n, k, seed)
        vectors = np.stack([columns.dot(u) - mean * u.sum() for u in np.ascontiguousarray(left.T)])
        vectors[values <= n * 1e-15 * values.max(initial=0)] = 0
        vectors = completed(vectors)
    values = np.maximum(values, 0)
    total = max(squares, float(values.sum()))
    none = np.zeros(d)
    return Components(mean, none, values / freedom, signed(vectors), total / freedom)

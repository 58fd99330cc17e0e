"""The filter of nearest neighbours: lower bounds of distances from a few leading directions."""

from __future__ import annotations

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array

_SAMPLE = 2000  # points that the directions are found from
_MOST = 0.05  # share of the points that may be left by the filter: beyond, tiles of all distances are faster


def filtered_neighbors(x: Array, q: Array, distances: Array, indices: Array) -> bool:
    """Fill squared distances and indices (queries, k); False where the filter does not pay."""
    n, d = x.shape
    m = 32 if d < 512 else 48
    if d < 4 * m or n < 2 * _SAMPLE or len(q) < 64 or indices.shape[1] > n // 100:
        return False
    x, q = np.ascontiguousarray(x), np.ascontiguousarray(q)
    sample = x[:: max(1, n // _SAMPLE)][:_SAMPLE]
    centre = sample.mean(axis=0, dtype=np.float64).astype(x.dtype)
    basis = _leading(sample - centre, m)

    def search(some: Array, asked: Array, distances: Array, indices: Array) -> bool:
        near, far = np.empty((len(some), m + 1), x.dtype), np.empty((len(asked), m + 1), x.dtype)
        radius = max(
            _core.reduce_points(some, centre, basis, near),
            _core.reduce_points(asked, centre, basis, far),
        )
        margin = _margin(radius, d, m, near[:, m], far[:, m])
        return bool(
            _core.filtered_neighbors(some, asked, near, far, margin, _MOST, distances, indices)
        )

    # A trial on a few of both: reducing all points is worth it only where the filter is.
    k, few = min(indices.shape[1], 8), np.ascontiguousarray(q[:: max(1, len(q) // 64)][:64])
    found = np.empty((len(few), k), x.dtype), np.empty((len(few), k), np.int64)
    return search(np.ascontiguousarray(sample), few, *found) and search(x, q, distances, indices)


def _leading(rows: Array, m: int) -> Array:
    """Orthonormal columns (d, m) near the leading components: any serve, near ones filter best."""
    start = _core.random_numbers(1, 0, 0, rows.shape[1] * m, True).reshape(-1, m).astype(rows.dtype)
    basis = _orthonormal(start)
    scores, image = np.empty((len(rows), m), rows.dtype), np.empty_like(start)
    for _ in range(4):
        _core.matmul(rows, basis, scores)
        _core.matmul(rows.T, scores, image)
        basis = _orthonormal(image)
    return basis


def _orthonormal(columns: Array) -> Array:
    """An orthonormal basis by our own kernel: a BLAS would wait for its threads where others work."""
    basis, triangle = np.empty_like(columns), np.empty((columns.shape[1],) * 2, columns.dtype)
    _core.qr(columns, basis, triangle)
    return basis


def _margin(radius: float, d: int, m: int, *rests: Array) -> float:
    """By how much a bound may exceed the squared distance through rounding.

    A coordinate is a sum of at most 384 products in a chain, so it errs by `each`; the squared length of the rest by
    `square`, and the length itself by that over twice the length, or its root where the length is small.
    """
    u = float(np.finfo(rests[0].dtype).eps)
    each = (min(d, 384) + d // 384 + 8) * u / 2 * radius * m**0.5
    square = 4 * radius * each + 2 * (d + m) * u / 16 * radius**2
    least = min(float(rest.min()) for rest in rests)
    most = max(float(rest.max()) for rest in rests)
    rest = min(square**0.5, square / least if least > 0 else np.inf)
    tiles = (d / 8 + m) * u * radius**2
    margin: float = 8 * radius * each + 4 * most * rest + 4 * rest**2 + 4 * tiles
    return margin + float(np.finfo(rests[0].dtype).tiny)

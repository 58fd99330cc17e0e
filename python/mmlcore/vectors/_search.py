"""The nearest points in the dot product: squares by compiled kernels, and what squares cannot tell by distances."""

from __future__ import annotations

import math

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, empty, largest_size
from mmlcore.vectors._filter import filtered_neighbors

_BLOCK = 1 << 22  # distances that are sorted together


def search(x: Array, q: Array, k: int) -> tuple[Array, Array]:
    """Return distances and indices (queries, k) of the nearest rows of x; ValueError for NaN and infinity."""
    for points, name in ((x, "X"), (q, "queries")):
        if not np.isfinite(largest_size(points)):
            msg = f"{name}: contains NaN or infinity."
            raise ValueError(msg)
    top = max(largest_size(points) for points in (x, q))
    high = _highest(x)
    if top < high:
        return _by_squares(x, q, k)
    return _far_apart(x, q, k, high)


def _highest(x: Array) -> float:
    """Return the size up to which squares of differences and their sums stay in the range."""
    largest = float(np.finfo(x.dtype).max)
    high: float = math.sqrt(largest) / (4 * max(len(x.T), 1))
    return high


def _by_squares(x: Array, q: Array, k: int) -> tuple[Array, Array]:
    """Search by squares, none of which overflows; where one vanished, among distances."""
    distances, indices = empty((len(q), k), x.dtype), np.empty((len(q), k), np.int64)
    if not filtered_neighbors(x, q, distances, indices):
        _core.nearest_neighbors(x, q, distances, indices)
    limits = np.finfo(x.dtype)
    row, column = np.nonzero(distances < limits.tiny / limits.eps)
    np.sqrt(distances, out=distances)
    if len(row):
        apart = (q[row] != x[indices[row, column]]).any(axis=1)
        vanished = np.unique(row[apart])
        if len(vanished):
            distances[vanished], indices[vanished] = by_distances(x, q[vanished], k)
    return distances, indices


def _far_apart(x: Array, q: Array, k: int, high: float) -> tuple[Array, Array]:
    """Search where squares overflow: what is of the usual size is scaled, what is far larger is compared by distances."""
    sizes, asked = (np.abs(points).max(axis=1, initial=0) for points in (x, q))
    power = int(np.frexp(np.median(sizes[sizes > 0]))[1]) if sizes.any() else 0
    usual, usual_query = (np.ldexp(size, -power) < high for size in (sizes, asked))
    distances, indices = empty((len(q), k), x.dtype), np.empty((len(q), k), np.int64)
    points, others = np.flatnonzero(usual), np.flatnonzero(~usual)
    near, far = np.flatnonzero(usual_query), np.flatnonzero(~usual_query)
    distances[far], indices[far] = by_distances(x, q[far], k)
    if len(near) and len(points):
        scaled, wanted = (np.ldexp(x[points], -power), np.ldexp(q[near], -power))
        found, at = _by_squares(scaled, wanted, min(k, len(points)))
        # Coordinates that vanish in the new unit are missed by distances as small as they are.
        limits = np.finfo(x.dtype)
        lost = (found < limits.tiny / limits.eps**2).any(axis=1)
        found, at = np.ldexp(found, power), points[at]
        if lost.any():
            found[lost], rows = by_distances(x[points], q[near[lost]], found.shape[1])
            at[lost] = points[rows]
        beside, beside_at = by_distances(x[others], q[near], min(k, len(others)))
        found, at = np.hstack([found, beside]), np.hstack([at, others[beside_at]])
        order = np.lexsort((at, found), axis=1)[:, :k]
        distances[near] = np.take_along_axis(found, order, 1)
        indices[near] = np.take_along_axis(at, order, 1)
    elif len(near):
        distances[near], indices[near] = by_distances(x, q[near], k)
    return distances, indices


def by_distances(x: Array, q: Array, k: int) -> tuple[Array, Array]:
    """Search among all distances, which neither overflow nor vanish."""
    distances, indices = np.empty((len(q), k), x.dtype), np.empty((len(q), k), np.int64)
    step = max(1, _BLOCK // max(1, len(x)))
    for first in range(0, len(q) if k else 0, step):
        all_of_them = empty((len(q[first : first + step]), len(x)), x.dtype)
        _core.pairwise_distances(q[first : first + step], x, False, all_of_them)
        nearest(all_of_them, distances[first : first + step], indices[first : first + step])
    return distances, indices


def nearest(all_of_them: Array, distances: Array, indices: Array) -> None:
    """Fill in the first of each row of distances, of equal ones the lower index."""
    order = np.argsort(all_of_them, axis=1, kind="stable")[:, : indices.shape[1]]
    indices[:] = order
    distances[:] = np.take_along_axis(all_of_them, order, 1)

"""Points in the metric that an estimator was asked for, kept in an index: dense ones, and sparse ones by blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, empty, is_sparse
from mmlcore.elimination import inverse
from mmlcore.neighbors import NeighborIndex
from mmlcore.neighbors.streams import nearest_of

EUCLIDEAN = ("euclidean", "minkowski", "l2")
METRICS = (*EUCLIDEAN, "sqeuclidean", "mahalanobis", "cosine")
_DENSE = 1 << 28  # bytes of sparse points that are made dense at once
_BLOCK = 1 << 26  # bytes of a block of points or of queries


class Space:
    """Points (n, d) of a metric of scikit-learn, searched by our index.

    The cosine distance of x and y is half of the square of |x / |x| - y / |y||. A row of zeros has the distance 1 from all: points
    and queries that are such rows point in two directions of their own, orthogonal to all.
    """

    def __init__(self, x: Any, metric: str, given: dict[str, Any]) -> None:
        self.name = metric
        self._matrix = None
        if metric == "mahalanobis":
            self._matrix = given["VI"] if "VI" in given else inverse(given["V"])
        self._index: Any
        if is_sparse(x) and x.shape[0] * x.shape[1] * x.dtype.itemsize > _DENSE:
            self._index = _Blocks(x, self._prepared, self._matrix)
        else:
            self._index = NeighborIndex(self._prepared(dense(x), 0), metric=self._matrix)

    def nearest(self, q: Any, k: int) -> tuple[Array, Array]:
        """Return distances and indices (q, k)."""
        if not is_sparse(q):
            return self._search(q, k)
        parts = [self._search(part, k) for part in _parts(q)]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def nearest_of_own(self, k: int) -> tuple[Array, Array]:
        """Return the same of the points themselves, without each itself."""
        distances, indices = self._index.query_self(k)
        return self._outwards(distances), indices

    def within(
        self, q: Any, radius: float, *, nearest_first: bool
    ) -> tuple[list[Array], list[Array]]:
        """Return the distances and indices of the points within the radius, two arrays for each query; by index, or nearest first."""
        distances: list[Array] = []
        indices: list[Array] = []
        for part in _parts(q) if is_sparse(q) else [q]:
            found = self._index.within(self._prepared(part, 1), self._inwards(radius))
            near, at = self._outwards(found.distances), found.indices
            if not nearest_first:
                order = np.lexsort(
                    (at, np.repeat(np.arange(part.shape[0]), np.diff(found.offsets)))
                )
                near, at = near[order], at[order]
            distances += np.split(near, found.offsets[1:-1])
            indices += np.split(at, found.offsets[1:-1])
        return distances, indices

    def _search(self, q: Array, k: int) -> tuple[Array, Array]:
        distances, indices = self._index.query(self._prepared(q, 1), k)
        return self._outwards(distances), indices

    def _inwards(self, radius: float) -> float:
        if self.name == "cosine":
            return float(np.sqrt(2 * radius))
        return float(np.sqrt(radius)) if self.name == "sqeuclidean" else radius

    def _outwards(self, distances: Array) -> Array:
        if self.name == "cosine":
            return distances * distances / 2
        return distances * distances if self.name == "sqeuclidean" else distances

    def _prepared(self, x: Array, side: int) -> Array:
        """Return points (side 0) or queries (1) as the index has them."""
        if self.name != "cosine":
            return x
        sizes = np.abs(x).max(axis=1, keepdims=True, initial=0)
        zero = sizes == 0
        unit = np.zeros((len(x), x.shape[1] + 2), x.dtype)
        body = unit[:, :-2]
        np.divide(x, np.where(zero, 1, sizes), out=body)
        lengths = np.sqrt(np.einsum("ij,ij->i", body, body))[:, None]
        body /= np.where(zero, 1, lengths)
        unit[:, -2 + side] = zero[:, 0]
        return unit


class _Blocks:
    """Sparse points, which are made dense block by block for each search."""

    def __init__(self, x: Any, prepared: Any, matrix: Any) -> None:
        self._x, self._prepared, self._matrix = x.tocsr(), prepared, matrix

    def query(self, q: Array, k: int) -> tuple[Array, Array]:
        found = empty((len(q), 0), q.dtype), np.empty((len(q), 0), np.int64)
        for first, index in self._indexes():
            near, at = index.query(q, min(k, len(index)))
            found = nearest_of([found, (near, at + first)], k)
        return found

    def query_self(self, k: int) -> tuple[Array, Array]:
        distances, indices, first = [], [], 0
        for part in _parts(self._x):
            near, at = self.query(self._prepared(part, 1), k + 1)
            own = at == np.arange(first, first + len(part))[:, None]
            own[~own.any(axis=1), -1] = True
            distances.append(near[~own].reshape(-1, k))
            indices.append(at[~own].reshape(-1, k))
            first += len(part)
        return np.concatenate(distances), np.concatenate(indices)

    def within(self, q: Array, radius: float) -> Any:
        parts = [(first, index.within(q, radius)) for first, index in self._indexes()]
        rows = np.concatenate(
            [np.repeat(np.arange(len(q)), np.diff(found.offsets)) for _, found in parts]
        )
        distances = np.concatenate([found.distances for _, found in parts])
        indices = np.concatenate([found.indices + first for first, found in parts])
        order = np.lexsort((indices, distances, rows))
        offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(q)))])
        kind = type(parts[0][1])
        return kind(distances[order], indices[order], offsets)

    def _indexes(self) -> Any:
        first = 0
        for part in _parts(self._x):
            yield first, NeighborIndex(self._prepared(part, 0), metric=self._matrix)
            first += len(part)


def dense(x: Any) -> Array:
    """Return sparse points as an array, others as they are."""
    return np.asarray(x.toarray()) if is_sparse(x) else x


def _parts(x: Any) -> Any:
    """Give sparse rows as arrays, block by block."""
    rows = max(1, _BLOCK // max(1, x.shape[1] * x.dtype.itemsize))
    for first in range(0, x.shape[0], rows):
        yield x[first : first + rows].toarray()

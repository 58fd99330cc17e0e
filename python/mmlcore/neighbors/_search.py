"""The nearest points in the dot product: squares by compiled kernels, and what squares cannot tell by distances."""

from __future__ import annotations

import math

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, empty, largest_size
from mmlcore.neighbors._filter import Filter
from mmlcore.vectors.rows import lengths

_BLOCK = 1 << 22  # distances that are sorted together
_FEW, _SOME = (
    4,
    64,
)  # coordinates and points from which `within` goes by a tree, whatever a query does

_USUAL = 10  # neighbours, for which it is told whether a tree pays

_LEAST_SQUARE = {  # below it a square has lost digits
    np.dtype(t): np.finfo(t).tiny / np.finfo(t).eps for t in (np.float32, np.float64)
}
_NONE = np.empty(0, np.int64)


class Searcher:
    """Points and what is prepared for searching among them, in their own type.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        Finite; not copied.
    kept : bool, default False
        Whether many searches follow, so that a tree or a filter is worth its time whatever the number of queries.
    """

    def __init__(self, x: Array, *, kept: bool = False) -> None:
        self._x = x
        self._n, self._d = x.shape
        self._high = _highest(x)
        self._top = _largest(x, "X")
        self._tree: _core.PointTree | None = None
        self._filter: Filter | None = None
        self._suited: dict[
            int, bool
        ] = {}  # by the number of neighbours: whether the tree is the faster way
        if kept and self.has_squares:
            pays = _core.PointTree.pays(x, -1, _USUAL)
            if pays or (1 <= self._d <= _FEW and _SOME <= self._n < 2**31):
                self._tree = _core.PointTree(x)
                self._suited[_USUAL] = pays

    @property
    def route(self) -> str:
        """What a search of many queries goes by: 'tree', 'filter', 'products' or 'differences'."""
        if self._by_tree(_USUAL):
            return "tree"
        if Filter.fits(self._n, self._d, 64, 1):
            return "filter"
        return "products" if self._x.shape[1] >= _core.PRODUCTS_FROM else "differences"

    @property
    def tree(self) -> _core.PointTree | None:
        """The tree, where searches go by it."""
        return self._tree if self.route == "tree" else None

    @property
    def has_squares(self) -> bool:
        """Whether squares of differences of the points, and their sums, stay in the range."""
        return self._top < self._high

    @property
    def kept_tree(self) -> _core.PointTree | None:
        """The tree by which what is within a distance is found, where there is one."""
        return self._tree

    def query(self, q: Array, k: int) -> tuple[Array, Array]:
        """Return distances and indices (queries, k) of the nearest points; ValueError for NaN and infinity."""
        top = _largest(q, "queries")
        if max(top, self._top) < self._high:
            return self._by_squares(q, k)
        return _far_apart(self._x, q, k, self._high)

    def query_self(self, k: int) -> tuple[Array, Array]:
        """Return the same of the points themselves, none of which is its own neighbour."""
        n = len(self._x)
        if self._tree is not None:
            distances, indices = empty((n, k), self._x.dtype), np.empty((n, k), np.int64)
            self._tree.nearest_of_own(distances, indices)
            lost = self._roots(self._x, distances, indices)
            if not len(lost):
                return distances, indices
        return without_own(*self.query(self._x, k + 1))

    def within(self, q: Array, radius: float) -> tuple[Array, Array, Array]:
        """Return distances, indices and the offsets of each query: points as near as the radius, nearest first."""
        top = max(_largest(q, "queries"), self._top)
        limits = np.finfo(self._x.dtype)
        if self._tree is None or top >= self._high or radius**2 < limits.tiny / limits.eps:
            return self._within_by_distances(q, radius)
        distances, indices, offsets = self._tree.within(q, min(radius, float(limits.max)))
        tiny = np.flatnonzero(distances <= math.sqrt(limits.tiny / limits.eps))
        if len(tiny):
            row = np.repeat(np.arange(len(q)), np.diff(offsets))
            distances[tiny] = lengths(q[row[tiny]] - self._x[indices[tiny]])
            order = np.lexsort((indices, distances, row))
            distances, indices = distances[order], indices[order]
        return distances, indices, offsets

    def _by_tree(self, k: int) -> bool:
        if self._tree is None:
            return False
        k = max(k, _USUAL)
        if k not in self._suited:
            self._suited[k] = self._tree.pays_for(k)
        return self._suited[k]

    def _by_squares(self, q: Array, k: int) -> tuple[Array, Array]:
        """Search by squares, none of which overflows; where one vanished, among distances."""
        x = self._x
        distances, indices = empty((len(q), k), x.dtype), np.empty((len(q), k), np.int64)
        if self._tree is not None and self._by_tree(k):
            self._tree.nearest(q, distances, indices)
        elif not self._filtered(q, distances, indices):
            _core.nearest_neighbors(x, q, distances, indices)
        vanished = self._roots(q, distances, indices)
        if len(vanished):
            distances[vanished], indices[vanished] = by_distances(x, q[vanished], k)
        return distances, indices

    def _roots(self, q: Array, distances: Array, indices: Array) -> Array:
        """Make squares distances; return the queries where a square of points that are not equal vanished."""
        least = _LEAST_SQUARE[distances.dtype]
        vanishing = distances < least
        np.sqrt(distances, out=distances)
        if not vanishing.any():
            lower_first(distances, indices)
            return _NONE
        row, column = vanishing.nonzero()
        apart = (q[row] != self._x[indices[row, column]]).any(axis=1)
        lower_first(distances, indices)
        return np.unique(row[apart]) if apart.any() else _NONE

    def _filtered(self, q: Array, distances: Array, indices: Array) -> bool:
        if not Filter.fits(self._n, self._d, len(q), indices.shape[1]):
            return False
        if self._filter is None:
            self._filter = Filter(self._x)
        return self._filter.search(q, distances, indices)

    def _within_by_distances(self, q: Array, radius: float) -> tuple[Array, Array, Array]:
        step = max(1, _BLOCK // max(1, len(self._x)))
        if len(q) <= step:
            return self._within_of_block(q, radius)
        parts = [self._within_of_block(q[i : i + step], radius) for i in range(0, len(q), step)]
        distances, indices, offsets = zip(*parts, strict=True)
        counts = np.concatenate([np.diff(o) for o in offsets])
        return np.concatenate(distances), np.concatenate(indices), _ends(counts)

    def _within_of_block(self, q: Array, radius: float) -> tuple[Array, Array, Array]:
        all_of_them = empty((len(q), len(self._x)), self._x.dtype)
        _core.pairwise_distances(q, self._x, False, all_of_them)
        inside = all_of_them <= min(radius, float(np.finfo(self._x.dtype).max))
        row, column = inside.nonzero()
        near = all_of_them[inside]
        order = np.lexsort((near, row))  # stable: of equal ones the lower index stays first
        return near[order], column[order].astype(np.int64, copy=False), _ends(inside.sum(axis=1))


def search(x: Array, q: Array, k: int) -> tuple[Array, Array]:
    """Return distances and indices (queries, k) of the nearest rows of x; ValueError for NaN and infinity."""
    return Searcher(x).query(q, k)


def lower_first(distances: Array, indices: Array) -> None:
    """Order what is as far by index: squares that differ may have one root."""
    equal = distances[:, 1:] == distances[:, :-1]
    if not equal.any():
        return
    equal &= indices[:, 1:] < indices[:, :-1]
    rows = np.flatnonzero(equal.any(axis=1))
    order = np.lexsort((indices[rows], distances[rows]), axis=1)
    indices[rows] = np.take_along_axis(indices[rows], order, 1)


def _ends(counts: Array) -> Array:
    """Where each of so many begins in a list of all, and its end."""
    offsets = np.zeros(len(counts) + 1, np.int64)
    counts.cumsum(out=offsets[1:])
    return offsets


def offsets_of(rows: Array, count: int) -> Array:
    """Where each of `count` rows begins in a list that is sorted by them, and its end."""
    return _ends(np.bincount(rows, minlength=count))


def without_own(distances: Array, indices: Array) -> tuple[Array, Array]:
    """Leave out of each row the point that has its number; the last, where equal points come before it."""
    n, k = indices.shape
    own = indices == np.arange(n)[:, np.newaxis]
    own[~own.any(axis=1), -1] = True
    return distances[~own].reshape(n, k - 1), indices[~own].reshape(n, k - 1)


def _largest(points: Array, name: str) -> float:
    top = largest_size(points)
    if not np.isfinite(top):
        msg = f"{name}: contains NaN or infinity."
        raise ValueError(msg)
    return top


def _highest(x: Array) -> float:
    """Return the size up to which squares of differences and their sums stay in the range."""
    largest = float(np.finfo(x.dtype).max)
    high: float = math.sqrt(largest) / (4 * max(len(x.T), 1))
    return high


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
        found, at = Searcher(scaled).query(wanted, min(k, len(points)))
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

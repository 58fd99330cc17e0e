"""An index of points: built once, asked many times."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    as_data,
    as_index,
    as_real,
    float_type,
    require_finite,
    shape_error,
)
from mmlcore.core.door import into
from mmlcore.core.notebook import fields_html
from mmlcore.core.stream import is_stream
from mmlcore.neighbors._metric import MetricSearcher
from mmlcore.neighbors._nearest import Neighbors
from mmlcore.neighbors._search import Searcher, without_own
from mmlcore.neighbors.streams import of_queries, points_of

_NUMBER: tuple[type, ...] = (float, int)  # plain radii, up to
_MOST = 1e300


class NeighborsWithin(NamedTuple):
    """The points within some distance of each query: those of query i are ``offsets[i]`` to ``offsets[i + 1]``."""

    distances: Array
    """(k,): nearest first for each query."""
    indices: Array
    """(k,) of int64: rows of X."""
    offsets: Array
    """(q + 1,) of int64: where the points of each query begin."""

    def _repr_html_(self) -> str:
        return fields_html(self)


class NeighborIndex:
    """Points that are searched many times: nearest neighbours, and all within a distance, exactly.

    Parameters
    ----------
    X : array_like of shape (n, d)
        The points, as rows; n at least 1. They are copied: what happens to X afterwards does not matter. Or a stream of batches of
        them, as `nearest_neighbors` takes it.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.

    Attributes
    ----------
    route : str
        What a search of many queries goes by: 'tree' (few coordinates), 'filter' (many coordinates of points near a subspace),
        'products' (many), 'differences'.
    shape : tuple of int
        (n, d).
    dtype : dtype
        Of the points, float32 or float64. Queries of float64 for points of float32 are searched in float64.

    Raises
    ------
    ValueError
        NaN or infinity; shapes that do not fit; a metric that is none.

    See Also
    --------
    nearest_neighbors : The same for one set of queries, where nothing is kept.

    Notes
    -----
    In few coordinates the points lie in a k-d tree [1]_ whose leaves are searched a vector at a time: building takes
    about 60 ns a point, a query in the plane less than a microsecond, on one thread. The tree, or the filter of `nearest_neighbors`, is
    taken where a model of cost, measured on random points, says that it is faster than all differences; the result is the same.
    Distances are those of differences and have a relative error of about u; of equal distances the lower index comes first.
    Memory: 1.5 times the points in a tree. An index is not changed by searching, so that many threads may use one; it pickles.

    References
    ----------
    .. [1] J. H. Friedman, J. L. Bentley, R. A. Finkel, "An algorithm for finding best matches in logarithmic expected
       time", ACM Trans. Math. Softw. 3 (1977), 209-226.

    Examples
    --------
    >>> import mmlcore as mml
    >>> index = mml.NeighborIndex([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    >>> distances, indices = index.query([[0.9, 0.0]], 2)
    >>> indices
    array([[1, 0]])
    >>> index.within([[0.0, 0.0]], 1.0).indices
    array([0, 1])
    >>> index.query_self(1).distances
    array([[1.],
           [1.],
           [2.]])
    """

    def __init__(self, X: ArrayLike, *, metric: ArrayLike | None = None) -> None:
        x = points_of(X) if is_stream(X) else as_data(X, "X")
        if not len(x):
            raise shape_error("X", x.shape, "(n, d) with at least one point")
        self._x = np.array(require_finite(x, "X"), order="C")
        self._metric = None if metric is None else np.array(metric)
        self._searchers: dict[Any, Searcher | MetricSearcher] = {}
        searcher = self._searcher(self.dtype)
        self._tree: Any = None  # for plain queries
        self._kept: Any = None  # for what is within, whatever queries go by
        self._plain = False  # whether plain queries may go past Python at all
        if isinstance(searcher, Searcher):
            self._tree, self._kept = searcher.tree, searcher.kept_tree
            self._plain = searcher.has_squares

    @property
    def shape(self) -> tuple[int, int]:
        n, d = self._x.shape
        return n, d

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._x.dtype

    @property
    def route(self) -> str:
        return self._searcher(self.dtype).route

    def __len__(self) -> int:
        return len(self._x)

    def __repr__(self) -> str:
        n, d = self.shape
        metric = "" if self._metric is None else ", in a metric"
        return (
            f"NeighborIndex({n} points of {d} coordinates, {self.dtype}{metric}, by {self.route})"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {"X": self._x, "metric": self._metric}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["X"], metric=state["metric"])  # type: ignore[misc]

    def query(self, Q: ArrayLike, k: int, *, out: tuple[Array, Array] | None = None) -> Neighbors:
        """Find the k points nearest to each query.

        Parameters
        ----------
        Q : array_like of shape (q, d)
            Points whose neighbours are looked for. Or a stream of batches of them, of which the next is read while one is searched for.
        k : int
            Neighbours of each query, 1 to n.
        out : tuple of ndarray, optional
            Where distances and indices go: arrays of their shapes and types, any strides. They may overlap `Q`.

        Returns
        -------
        Neighbors
            ``distances`` (q, k), ascending; ``indices`` (q, k) of int64, rows of X: of equal distances the lower comes first.

        Raises
        ------
        ValueError
            k beyond the number of points; NaN or infinity; another number of coordinates.
        """
        neighbors = self._nearest(Q, k)
        return neighbors if out is None else into(out, neighbors)

    def _nearest(self, Q: ArrayLike, k: int) -> Neighbors:
        found: Any = None
        if self._tree is not None and type(k) is int:
            found = self._tree.query(Q, self._x, k)
        elif self._plain and type(k) is int:
            found = _core.neighbors_among(Q, self._x, k)
        if found is not None:
            return Neighbors(*found)
        k = as_index(k, "k", 1, len(self))
        if is_stream(Q):
            near = of_queries(lambda q: self._nearest(q, k), Q, self.shape[1])
            return (
                self._nearest(np.empty((0, self.shape[1])), k) if near is None else Neighbors(*near)
            )
        q, searcher = self._queries(Q)
        return Neighbors(*searcher.query(q, k))

    def query_self(self, k: int) -> Neighbors:
        """Find the k other points nearest to each point: no point is its own neighbour, equal points are each other's.

        Parameters
        ----------
        k : int
            Neighbours of each point, 1 to n - 1.

        Returns
        -------
        Neighbors
            ``distances`` and ``indices`` (n, k), as `query` has them.

        Raises
        ------
        ValueError
            k beyond the number of other points.
        """
        k = as_index(k, "k", 1, len(self) - 1)
        searcher = self._searcher(self.dtype)
        if isinstance(searcher, Searcher):
            return Neighbors(*searcher.query_self(k))
        return Neighbors(*without_own(*searcher.query(self._x, k + 1)))

    def within(self, Q: ArrayLike, radius: float) -> NeighborsWithin:
        """Find all points as near to each query as the radius.

        Parameters
        ----------
        Q : array_like of shape (q, d)
            Points around which others are looked for.
        radius : float
            At least 0. A point at this distance is within it.

        Returns
        -------
        NeighborsWithin
            ``distances`` and ``indices`` of all found, those of query i from ``offsets[i]`` to ``offsets[i + 1]``, nearest first.

        Raises
        ------
        ValueError
            A radius below 0 or NaN; NaN or infinity in Q; another number of coordinates.
        """
        if self._plain and isinstance(radius, _NUMBER) and 0 <= radius < _MOST:
            found = _core.points_within(Q, self._x, radius, self._kept)
            if found is not None:
                return NeighborsWithin._make(found)
        q, searcher = self._queries(Q)
        return NeighborsWithin(*searcher.within(q, as_real(radius, "radius", 0.0, np.inf)))

    def _queries(self, Q: ArrayLike) -> tuple[Array, Searcher | MetricSearcher]:
        q = as_data(Q, "Q")
        if q.shape[1] != self.shape[1]:
            raise shape_error("Q", q.shape, f"(q, {self.shape[1]}) to fit the index")
        dtype = np.result_type(self.dtype, float_type(q.dtype))
        return require_finite(q, "Q").astype(dtype, copy=False), self._searcher(dtype)

    def _searcher(self, dtype: np.dtype[Any]) -> Searcher | MetricSearcher:
        found = self._searchers.get(dtype)
        if found is None:
            x = self._x.astype(dtype, copy=False)
            if self._metric is None:
                found = Searcher(x, kept=True)
            else:
                found = MetricSearcher(x, self._metric, kept=True)
            self._searchers[dtype] = found
        return found

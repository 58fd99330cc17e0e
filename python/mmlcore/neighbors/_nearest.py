"""The nearest points of each query."""

from __future__ import annotations

from typing import NamedTuple

from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_data, as_index
from mmlcore.core.door import door
from mmlcore.core.notebook import fields_html
from mmlcore.core.stream import is_stream
from mmlcore.neighbors._metric import MetricSearcher
from mmlcore.neighbors._search import search
from mmlcore.neighbors.streams import among_stream
from mmlcore.vectors.rows import point_sets


class Neighbors(NamedTuple):
    """The nearest points of each query, nearest first."""

    distances: Array
    """(q, k): ascending for each query."""
    indices: Array
    """(q, k) of int64: rows of X."""

    def _repr_html_(self) -> str:
        return fields_html(self)


@door("nearest_neighbors", Neighbors)
def nearest_neighbors(
    X: ArrayLike,
    queries: ArrayLike,
    k: int,
    *,
    metric: ArrayLike | None = None,
    out: tuple[Array, ...] | None = None,
) -> Neighbors:
    """Find the k points nearest to each query, exactly.

    Parameters
    ----------
    X : array_like of shape (n, d)
        The points, as rows. Or a stream of batches of them: a reader of Arrow or Parquet, a query, an iterator of tables or arrays; a
        batch is dropped when it has been searched, and the next of Arrow is read meanwhile.
    queries : array_like of shape (q, d)
        Points whose neighbours are looked for.
    k : int
        Neighbours of each query, 1 to n.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    Neighbors
        ``distances`` (q, k), ascending; ``indices`` (q, k) of int64, rows of X: of equal distances the lower comes
        first.

    Raises
    ------
    ValueError
        k beyond the number of points; NaN or infinity; shapes that do not fit.

    Notes
    -----
    Distances are those of differences, as in `pairwise_distances`: no approximation, no n x q matrix, and points of other sizes
    do not matter. Many points of few coordinates are put into a k-d tree (`NeighborIndex`, which keeps it). For 48 coordinates and
    more a matrix product, whose rounding is bounded, chooses the points whose differences are squared. With some hundred
    coordinates and some thousand points, distances from a few leading directions bound the others from below [1]_, and
    only points whose bound is small enough get an exact distance; where that leaves too many, all points take part. The
    result is the same. Cost: 2 n q d operations at most, n times 50 numbers of memory.

    References
    ----------
    .. [1] G. R. Hjaltason, H. Samet, "Index-driven similarity search in metric spaces", ACM Trans. Database Syst. 28
       (2003), section 5.

    Examples
    --------
    >>> import mmlcore as mml
    >>> distances, indices = mml.nearest_neighbors([[0.0], [1.0], [5.0]], [[4.0]], 2)
    >>> distances, indices
    (array([[1., 3.]]), array([[2, 1]]))
    """
    if is_stream(queries):
        msg = "queries: got a stream, needed an array; NeighborIndex(X).query(stream, k) keeps the points for one."
        raise TypeError(msg)
    if is_stream(X):
        asked = as_data(queries, "queries")
        found = among_stream(
            lambda x, most: nearest_neighbors(x, asked, most, metric=metric), X, asked.shape[1], k
        )
        return Neighbors(*found)
    x, q = point_sets(X, queries, "queries")
    k = as_index(k, "k", 1, x.shape[0])
    near = search(x, q, k) if metric is None else MetricSearcher(x, metric).query(q, k)
    return Neighbors(*near)

"""All distances between two sets of points, and the nearest points."""

from __future__ import annotations

from typing import NamedTuple

from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_data, as_index, empty, same_dtype, shape_error
from mmlcore.core.door import door
from mmlcore.vectors._metric_distances import metric_distances, metric_search
from mmlcore.vectors._search import search


class Neighbors(NamedTuple):
    """The nearest points of each query, nearest first."""

    distances: Array  # (q, k), ascending
    indices: Array  # (q, k) of int64, rows of X


@door("pairwise_distances")
def pairwise_distances(
    X: ArrayLike,
    Y: ArrayLike | None = None,
    *,
    metric: ArrayLike | None = None,
    squared: bool = False,
    out: Array | None = None,
) -> Array:
    """Distances of all points of one set from all of another.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Rows are points.
    Y : array_like of shape (m, d), optional
        Default: X itself.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.
    squared : bool, default False
        Leave out the square root.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap the points.

    Returns
    -------
    ndarray of shape (n, m)
        Entry (i, j) is the distance of X[i] from Y[j].

    Raises
    ------
    ValueError
        Shapes that do not fit; a metric that is none.

    Notes
    -----
    Differences are squared and added, blocked like a matrix product and nearly as fast; x'x + y'y - 2 x'y, which
    others use, has no digit left where points are close [1]_. Relative error some u, in a metric too: where points are closer
    than they are far out, the metric is applied to their difference. Equal points have distance 0, and the result for X alone
    is symmetric. Distances whose squares would overflow or vanish are scaled, each by itself: a row of huge numbers costs the
    others no digit. NaN and infinity propagate. Cost: 3 n m d operations,
    half of that for X alone.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms" (2002), section 1.7.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.pairwise_distances([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [3.0, 0.0]])
    array([[0., 3.],
           [5., 4.]])
    """
    x, y = _point_sets(X, Y, "Y")
    if metric is not None:
        distances = metric_distances(x, y, metric)
        return distances * distances if squared else distances
    found = empty((x.shape[0], y.shape[0]), x.dtype)
    _core.pairwise_distances(x, y, squared, found)
    return found


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
        The points, as rows.
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
    do not matter. For 48 coordinates and
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
    x, q = _point_sets(X, queries, "queries")
    k = as_index(k, "k", 1, x.shape[0])
    near = search(x, q, k) if metric is None else metric_search(x, q, k, metric)
    return Neighbors(*near)


def _point_sets(X: ArrayLike, other: ArrayLike | None, name: str) -> tuple[Array, Array]:
    x = as_data(X, "X")
    y = x if other is None else as_data(other, name)
    if x.shape[1] != y.shape[1]:
        raise shape_error(name, y.shape, f"(m, {x.shape[1]}) to fit X of shape {x.shape}")
    x, y = same_dtype(x, y)
    return x, y

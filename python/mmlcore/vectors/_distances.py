"""All distances between two sets of points, and the nearest points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    as_data,
    as_index,
    empty,
    finite,
    largest_size,
    same_dtype,
    shape_error,
)
from mmlcore.vectors._filter import filtered_neighbors
from mmlcore.vectors._rows import in_metric


class Neighbors(NamedTuple):
    """The nearest points of each query, nearest first."""

    distances: Array  # (q, k), ascending
    indices: Array  # (q, k) of int64, rows of X


def pairwise_distances(
    X: ArrayLike,
    Y: ArrayLike | None = None,
    *,
    metric: ArrayLike | None = None,
    squared: bool = False,
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
    others use, has no digit left where points are close [1]_. Relative error some u; equal points have distance 0, and the
    result for X alone is symmetric. Data whose squares would overflow or vanish are scaled. Cost: 3 n m d operations,
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
    x, y, scale = _comfortable(*in_metric(metric, x, y))
    out = empty((x.shape[0], y.shape[0]), x.dtype)
    _core.pairwise_distances(x, y, squared, out)
    if scale != 1:
        with np.errstate(over="ignore", under="ignore"):
            out /= out.dtype.type(scale)
            if squared:
                out /= out.dtype.type(scale)
    return out


def nearest_neighbors(
    X: ArrayLike, queries: ArrayLike, k: int, *, metric: ArrayLike | None = None
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
    Distances are those of differences, as in `pairwise_distances`: no approximation, no n x q matrix. For 48 coordinates and
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
    x, q, scale = _comfortable(*in_metric(metric, finite(x, "X"), finite(q, "queries")))
    distances, indices = empty((len(q), k), x.dtype), np.empty((len(q), k), np.int64)
    if not filtered_neighbors(x, q, distances, indices) and not _core.nearest_neighbors(
        x, q, distances, indices
    ):
        msg = "X, queries: their distances overflow."
        raise ValueError(msg)
    np.sqrt(distances, out=distances)
    return Neighbors(distances / distances.dtype.type(scale), indices)


def _point_sets(X: ArrayLike, other: ArrayLike | None, name: str) -> tuple[Array, Array]:
    x = as_data(X, "X")
    y = x if other is None else as_data(other, name)
    if x.shape[1] != y.shape[1]:
        raise shape_error(name, y.shape, f"(m, {x.shape[1]}) to fit X of shape {x.shape}")
    x, y = same_dtype(x, y)
    return x, y


def _comfortable(x: Array, y: Array) -> tuple[Array, Array, float]:
    """Scale coordinates whose squares would overflow or vanish by a power of two; returns the power as well, or 1."""
    sizes = [largest_size(points) for points in ((x,) if y is x else (x, y))]
    top = max(sizes)
    limits = np.finfo(x.dtype)
    high = float(limits.max) ** 0.5 / (4 * max(x.shape[1], 1))
    low = float(limits.tiny) ** 0.5 / float(limits.eps) ** 1.5
    if not np.isfinite(sizes).all() or top == 0 or low < top < high:
        return x, y, 1.0
    scale = float(2.0 ** -np.clip(np.frexp(top)[1], -1000, 1000))
    scaled = x * x.dtype.type(scale)
    return scaled, scaled if y is x else y * y.dtype.type(scale), scale

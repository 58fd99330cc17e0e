"""All distances between two sets of points."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, empty
from mmlcore.core.door import door
from mmlcore.vectors.metric_images import metric_distances
from mmlcore.vectors.rows import point_sets


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
    others use, has no digit left where points are close [1]_. Relative error about u, in a metric too: where points are closer
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
    x, y = point_sets(X, Y, "Y")
    if metric is not None:
        distances = metric_distances(x, y, metric)
        return distances * distances if squared else distances
    found = empty((x.shape[0], y.shape[0]), x.dtype)
    _core.pairwise_distances(x, y, squared, found)
    return found

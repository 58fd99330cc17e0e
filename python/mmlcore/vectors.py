"""Lengths, distances, angles and projections of vectors, for the dot product and any other inner product."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_data, as_index, as_real, same_dtype, shape_error
from mmlcore.core.batches import broadcast_batch, spread
from mmlcore.core.errors import SingularMatrixError
from mmlcore.core.metric import as_metric, factor_of


def inner(x: ArrayLike, y: ArrayLike, *, metric: ArrayLike | None = None) -> Array:
    """Inner product over the last axis: sum of x_i y_i, or x' M y with a metric M.

    Parameters
    ----------
    x, y : array_like of shape (..., d)
        Vectors; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Symmetric and positive definite. Default: the identity.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors

    Raises
    ------
    ValueError
        Shapes that do not fit; a metric that is not symmetric positive definite, with a vector that proves it.

    Notes
    -----
    Error at most about d u / 4 sum |x_i y_i|, u the unit roundoff. NaN and infinity propagate. Cost: 2 d operations a
    pair, 2 d^2 with a metric [1]_.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms" (2002), section 3.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.inner([3.0, 2.0, 4.0], [0.0, 5.0, 12.0]))
    58.0
    >>> mml.inner([[1.0, 0.0], [0.0, 1.0]], [2.0, 3.0])
    array([2., 3.])
    """
    a, b = _pair(x, y)
    if metric is not None:
        m = as_metric(metric, a.shape[-1], f"vectors of length {a.shape[-1]}")
        a, b, m = same_dtype(a, b, m)
        b = np.matmul(b, m)
    return _rows(a, b)


def length(x: ArrayLike, *, metric: ArrayLike | None = None) -> Array:
    """Length of vectors over the last axis, sqrt(<x, x>), for squares of any size.

    Parameters
    ----------
    x : array_like of shape (..., d)
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.

    Returns
    -------
    ndarray of shape (...), or a scalar for one vector

    Raises
    ------
    ValueError
        As `inner`.

    Notes
    -----
    Vectors whose squares overflow or vanish are scaled by their largest entry first [1]_: the length of (3e200, 4e200)
    is 5e200. Relative error some u. Cost: 2 d operations a vector.

    References
    ----------
    .. [1] J. L. Blue, "A portable Fortran program to find the Euclidean norm of a vector", ACM TOMS 4 (1978).

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.length([3e200, 4e200]))
    5e+200
    """
    return _lengths(_in_metric(_vectors(x, "x"), metric))


def distance(x: ArrayLike, y: ArrayLike, *, metric: ArrayLike | None = None) -> Array:
    """Distance of vectors over the last axis, the length of x - y.

    Parameters
    ----------
    x, y : array_like of shape (..., d)
        The leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors

    Raises
    ------
    ValueError
        As `inner`.

    Notes
    -----
    Relative error some u of the exact distance of the rounded differences; close points lose nothing [1]_. Cost: 3 d
    operations a pair.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms" (2002), section 27.8.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.distance([3.0, 4.0], [0.0, 0.0]))
    5.0
    """
    a, b = _pair(x, y)
    return _lengths(_in_metric(a - b, metric))


def angle(x: ArrayLike, y: ArrayLike, *, metric: ArrayLike | None = None) -> Array:
    """Angle between vectors in radians, from 0 to pi, accurate near both ends.

    Parameters
    ----------
    x, y : array_like of shape (..., d)
        Vectors other than zero; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors

    Raises
    ------
    ValueError
        A zero vector, which has no direction; NaN or infinity; and as `inner`.

    Notes
    -----
    2 atan2(\\|u - v\\|, \\|u + v\\|) of the unit vectors u and v [1]_: the arc cosine of <u, v> has half of the digits near 0
    and pi. Absolute error some u. Cost: 8 d operations a pair.

    References
    ----------
    .. [1] W. Kahan, "How futile are mindless assessments of roundoff in floating-point computation?" (2006), section 12.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.angle([1.0, 0.0], [0.0, 2.0]).round(6))
    1.570796
    >>> float(mml.angle([1.0, 0.0], [1.0, 1e-12]))
    1e-12
    """
    u, v = _directions(x, y, metric)
    return 2 * np.arctan2(_lengths(u - v), _lengths(u + v))


def cosine(x: ArrayLike, y: ArrayLike, *, metric: ArrayLike | None = None) -> Array:
    """Cosine of the angle between vectors, from -1 to 1.

    Parameters
    ----------
    x, y : array_like of shape (..., d)
        Vectors other than zero; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors

    Raises
    ------
    ValueError
        As `angle`.

    Notes
    -----
    <x, y> / (\\|x\\| \\|y\\|) of the scaled vectors, never beyond 1. Absolute error some u. Cost: 6 d operations a pair.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.cosine([1.0, 0.0], [3.0, 4.0]).round(12))
    0.6
    """
    u, v = _directions(x, y, metric)
    return np.clip(_rows(u, v), -1, 1)


def scalar_projection(x: ArrayLike, onto: ArrayLike, *, metric: ArrayLike | None = None) -> Array:
    """Signed length of the component of x along a vector: <x, onto> / \\|onto\\|.

    Parameters
    ----------
    x, onto : array_like of shape (..., d)
        `onto` other than zero; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors

    Raises
    ------
    ValueError
        A zero `onto`; NaN or infinity in it; and as `inner`.

    Notes
    -----
    Cost: 5 d operations a pair.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.scalar_projection([10.0, 5.0, -6.0], [3.0, -4.0, 0.0]))
    2.0
    """
    a, b = _pair(x, onto, "onto")
    a, b = _in_metric(a, metric), _in_metric(b, metric)
    return _rows(a, _unit(b, "onto"))


def vector_projection(x: ArrayLike, onto: ArrayLike, *, metric: ArrayLike | None = None) -> Array:
    """Component of x along a vector: <x, onto> / <onto, onto> onto.

    Parameters
    ----------
    x, onto : array_like of shape (..., d)
        `onto` other than zero; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.

    Returns
    -------
    ndarray of shape (..., d)

    Raises
    ------
    ValueError
        As `scalar_projection`.

    Notes
    -----
    What is left, x minus the result, is orthogonal to `onto` to some u \\|x\\|. Cost: 6 d operations a pair.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.vector_projection([10.0, 5.0, -6.0], [3.0, -4.0, 0.0])
    array([ 1.2, -1.6,  0. ])
    """
    a, b = _pair(x, onto, "onto")
    size = _lengths(_in_metric(b, metric))[..., np.newaxis]
    along = np.asarray(scalar_projection(a, b, metric=metric))[..., np.newaxis]
    return np.asarray(along * (b / size))


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

    Raises
    ------
    ValueError
        Shapes that do not fit; a metric that is none.

    Notes
    -----
    Differences are squared and added, blocked like a matrix product and nearly as fast; |x|^2 + |y|^2 - 2 x'y, which
    others use, has no digit left where points are close [1]_. Relative error some u; equal points have distance 0, and the
    result for X alone is symmetric. Data whose squares would overflow or vanish are scaled. Cost: 3 n m d operations.

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
    x, y = _in_metric(x, metric), x if Y is None and metric is None else _in_metric(y, metric)
    scale = _scale(x, y)
    if scale != 1:
        x, y = x * x.dtype.type(scale), y * y.dtype.type(scale)
    out = np.empty((x.shape[0], y.shape[0]), x.dtype)
    _core.pairwise_distances(x, y, squared, out)
    if scale != 1:
        with np.errstate(over="ignore", under="ignore"):
            out /= out.dtype.type(scale)
            if squared:
                out /= out.dtype.type(scale)
    return out


def nearest_neighbors(
    X: ArrayLike, queries: ArrayLike, k: int, *, metric: ArrayLike | None = None
) -> tuple[Array, Array]:
    """Find the k points nearest to each query, exactly.

    Parameters
    ----------
    X : array_like of shape (n, d)
        The points, as rows.
    queries : array_like of shape (q, d)
    k : int
        Neighbours of each query, 1 to n.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.

    Returns
    -------
    distances : ndarray of shape (q, k)
        Ascending.
    indices : ndarray of shape (q, k) of int64
        Rows of X; of equal distances the lower index comes first.

    Raises
    ------
    ValueError
        k beyond the number of points; NaN or infinity; shapes that do not fit.

    Notes
    -----
    Every distance is computed, as `pairwise_distances` does, in tiles that never leave the cache: no approximation, no
    index to build, no n x q matrix. Cost: 3 n q d operations, some megabytes of memory.

    Examples
    --------
    >>> import mmlcore as mml
    >>> distances, indices = mml.nearest_neighbors([[0.0], [1.0], [5.0]], [[4.0]], 2)
    >>> distances, indices
    (array([[1., 3.]]), array([[2, 1]]))
    """
    x, q = _point_sets(X, queries, "queries")
    k = as_index(k, "k", 1, x.shape[0])
    for points, name in ((x, "X"), (q, "queries")):
        if not np.isfinite(points).all():
            msg = f"{name}: contains NaN or infinity."
            raise ValueError(msg)
    x, q = _in_metric(x, metric), _in_metric(q, metric)
    scale = _scale(x, q)
    if scale != 1:
        x, q = x * x.dtype.type(scale), q * q.dtype.type(scale)
    distances, indices = np.empty((len(q), k), x.dtype), np.empty((len(q), k), np.int64)
    if not _core.nearest_neighbors(x, q, distances, indices):
        msg = "X, queries: their distances overflow."
        raise ValueError(msg)
    np.sqrt(distances, out=distances)
    return distances / distances.dtype.type(scale), indices


def is_independent(vectors: ArrayLike, *, rtol: float | None = None) -> bool | Array:
    """Tell whether vectors are linearly independent.

    Parameters
    ----------
    vectors : array_like of shape (..., n, d)
        Rows are the vectors.
    rtol : float, optional
        Singular values of the rows, scaled to length 1, below rtol times the largest count as zero. Default:
        max(n, d) times the machine epsilon.

    Returns
    -------
    bool, or ndarray of bool of shape (...)

    Raises
    ------
    ValueError
        NaN or infinity; fewer than two axes.

    Notes
    -----
    The lengths of the vectors do not matter, except that a zero vector is dependent. No vectors are independent. Cost:
    that of a singular value decomposition [1]_.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 5.4.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.is_independent([[1.0, 2.0], [3.0, 4.0]]), mml.is_independent([[1.0, 2.0], [2.0, 4.0]])
    (True, False)
    """
    v = _vectors(vectors, "vectors")
    if v.ndim < 2:
        raise shape_error("vectors", v.shape, "at least 2 axes: rows are vectors")
    _require_finite(v, "vectors")
    n, d = v.shape[-2:]
    if n == 0 or n > d:
        full = np.full(v.shape[:-2], n == 0)
        return full if full.ndim else bool(full)
    rtol = max(n, d) * float(np.finfo(v.dtype).eps) if rtol is None else as_real(rtol, "rtol", 0, 1)
    sizes = np.asarray(_lengths(v))[..., np.newaxis]
    values = np.linalg.svd(v / np.where(sizes > 0, sizes, 1), compute_uv=False)
    independent = values[..., -1] > rtol * values[..., 0]
    return independent if independent.ndim else bool(independent)


def coordinates(x: ArrayLike, basis: ArrayLike) -> Array:
    """Coordinates of vectors in a basis: c with basis @ c = x.

    Parameters
    ----------
    x : array_like of shape (..., d)
    basis : array_like of shape (d, k)
        Columns are the basis vectors: k = d for a basis of the space, fewer for one of a subspace that x lies in.

    Returns
    -------
    ndarray of shape (..., k)

    Raises
    ------
    SingularMatrixError
        The columns are linearly dependent.
    ValueError
        x does not lie in the span of the columns; shapes that do not fit; NaN or infinity.

    Notes
    -----
    The basis need not be orthogonal. Solved by elimination, without forming an inverse; a basis of a subspace by QR, and
    the residual is checked [1]_. Cost: 2/3 d^3 + 2 d^2 a vector.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms" (2002), chapters 9 and 20.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.coordinates([5.0, -1.0], [[1.0, 1.0], [1.0, -1.0]])
    array([2., 3.])
    """
    from mmlcore.elimination import solve  # noqa: PLC0415  (elimination comes after this chapter)

    v, b = same_dtype(_vectors(x, "x"), as_array(basis, "basis"))
    if b.ndim != 2 or b.shape[0] != v.shape[-1]:
        raise shape_error("basis", b.shape, f"({v.shape[-1]}, k) to fit x of shape {v.shape}")
    _require_finite(v, "x")
    _require_finite(b, "basis")
    d, k = b.shape
    if k > d or not is_independent(b.T):
        msg = f"basis: the {k} columns are linearly dependent."
        raise SingularMatrixError(msg)
    columns = v.reshape(-1, d).T
    if k == d:
        found = solve(b, columns)
    else:
        q, r = np.linalg.qr(b)
        found = solve(r, np.matmul(q.T, columns))
        left = np.asarray(_lengths(np.ascontiguousarray((columns - np.matmul(b, found)).T)))
        size = np.asarray(_lengths(np.ascontiguousarray(columns.T)))
        bad = np.flatnonzero(left > 64 * d * np.finfo(v.dtype).eps * size)
        if bad.size:
            msg = (
                f"x: vector {int(bad[0])} does not lie in the span of the basis: its distance from it is "
                f"{left[bad[0]]:.3g}, its length {size[bad[0]]:.3g}."
            )
            raise ValueError(msg)
    return np.ascontiguousarray(found.T).reshape(*v.shape[:-1], k)


def _vectors(x: ArrayLike, name: str) -> Array:
    a = as_array(x, name)
    if a.ndim == 0:
        raise shape_error(name, (), "at least 1 axis: the last is the vector")
    return a


def _pair(x: ArrayLike, y: ArrayLike, second: str = "y") -> list[Array]:
    a, b = _vectors(x, "x"), _vectors(y, second)
    if a.shape[-1] != b.shape[-1]:
        raise shape_error(second, b.shape, f"(..., {a.shape[-1]}) to fit x of shape {a.shape}")
    broadcast_batch({"x": a.shape[:-1], second: b.shape[:-1]})
    return same_dtype(a, b)


def _rows(a: Array, b: Array) -> Array:
    """Inner products of the last axes of arrays that fit."""
    batch = np.broadcast_shapes(a.shape[:-1], b.shape[:-1])
    out = np.empty(batch, a.dtype)
    _core.inner_products(
        spread(a[..., np.newaxis, :], batch), spread(b[..., np.newaxis, :], batch), out
    )
    return out[()]


def _lengths(a: Array) -> Array:
    """Lengths over the last axis; rows whose squares leave the range of the type are scaled."""
    sizes = np.asarray(np.sqrt(_rows(a, a)))
    limits = np.finfo(a.dtype)
    least = np.sqrt(limits.tiny / limits.eps)
    odd = ~((sizes > least) & (sizes < np.inf))
    if odd.any():
        rows = a[odd]
        top = np.abs(rows).max(axis=-1, initial=0)
        scaled = np.isfinite(top) & (top > 0)
        found = top.copy()  # zero, infinity and NaN are what they are
        unit = rows[scaled] / top[scaled, np.newaxis]
        found[scaled] = top[scaled] * np.sqrt(_rows(unit, unit))
        sizes[odd] = found
    return sizes[()]


def _in_metric(x: Array, metric: ArrayLike | None) -> Array:
    """Map vectors so that the dot product of the images is the inner product in the metric: x -> L'x, M = L L'."""
    if metric is None:
        return x
    m = as_metric(metric, x.shape[-1], f"vectors of length {x.shape[-1]}")
    x, m = same_dtype(x, m)
    return np.asarray(np.matmul(x, factor_of(m)))


def _unit(x: Array, name: str) -> Array:
    _require_finite(x, name)
    top = np.abs(x).max(axis=-1, initial=0, keepdims=True)
    if not (top > 0).all():
        msg = f"{name}: contains a zero vector, which has no direction."
        raise ValueError(msg)
    scaled = x / top
    return np.asarray(scaled / np.asarray(_lengths(scaled))[..., np.newaxis])


def _directions(x: ArrayLike, y: ArrayLike, metric: ArrayLike | None) -> tuple[Array, Array]:
    a, b = _pair(x, y)
    return _unit(_in_metric(a, metric), "x"), _unit(_in_metric(b, metric), "y")


def _point_sets(X: ArrayLike, other: ArrayLike | None, name: str) -> tuple[Array, Array]:
    x = as_data(X, "X")
    y = x if other is None else as_data(other, name)
    if x.shape[1] != y.shape[1]:
        raise shape_error(name, y.shape, f"(m, {x.shape[1]}) to fit X of shape {x.shape}")
    x, y = same_dtype(x, y)
    return x, y


def _scale(x: Array, y: Array) -> float:
    """Return 1, or the power of two that brings coordinates whose squares overflow or vanish near 1."""
    top = max(float(np.abs(x).max(initial=0)), float(np.abs(y).max(initial=0)))
    limits = np.finfo(x.dtype)
    high = float(limits.max) ** 0.5 / (4 * max(x.shape[1], 1))
    low = float(limits.tiny) ** 0.5 / float(limits.eps) ** 1.5
    if not np.isfinite(top) or top == 0 or low < top < high:
        return 1.0
    return float(2.0 ** -np.clip(np.frexp(top)[1], -1000, 1000))


def _require_finite(x: Array, name: str) -> None:
    if not np.isfinite(x).all():
        msg = f"{name}: contains NaN or infinity."
        raise ValueError(msg)

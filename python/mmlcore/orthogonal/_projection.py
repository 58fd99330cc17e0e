"""Projections onto lines and subspaces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import (
    Array,
    all_finite,
    as_array,
    as_matrix,
    finite,
    same_dtype,
    shape_error,
)
from mmlcore.core.metric import as_metric
from mmlcore.matrices import matmul
from mmlcore.orthogonal._gram_schmidt import gram_schmidt
from mmlcore.vectors import length


class Projection(NamedTuple):
    """What `project` finds, for each row of X."""

    points: Array
    """(..., d): the nearest points of the subspace."""
    coordinates: Array
    """(..., k): the points in the basis whose vectors are the columns of B."""
    residual: Array
    """(...): the distances of the rows of X from their points."""


def projection_matrix(B: ArrayLike, *, metric: ArrayLike | None = None) -> Array:
    """Matrix of the orthogonal projection onto the span of the columns of a matrix.

    Parameters
    ----------
    B : array_like of shape (..., d, k) or (d,), float32 or float64
        Columns span the subspace; they may depend on each other. One axis is one vector.
    metric : array_like of shape (d, d), optional
        The symmetric positive definite matrix M of the inner product x' M y. Default: the dot product.

    Returns
    -------
    ndarray of shape (..., d, d)
        P with P P = P, symmetric (with a metric: M P is), rank P the dimension of the span.

    Raises
    ------
    ValueError
        NaN or infinity; a metric that is not symmetric positive definite.

    Notes
    -----
    Q Q' for an orthonormal basis Q of the span (Q Q' M with a metric): B (B'B)^-1 B' as written [1]_ squares the
    condition number and fails for dependent columns. Cost: 3 d k^2 + 2 d^2 k operations. For many points or large d use
    `project`, which never forms the matrix.

    References
    ----------
    .. [1] M. P. Deisenroth, A. A. Faisal, C. S. Ong, "Mathematics for machine learning" (2020), eq. 3.59.

    Examples
    --------
    >>> import mmlcore as mml
    >>> (9 * mml.projection_matrix([1, 2, 2])).round(12)
    array([[1., 2., 2.],
           [2., 4., 4.],
           [2., 4., 4.]])
    """
    b = _columns(B)
    given = None if metric is None else as_metric(metric, b.shape[-2], f"B of shape {b.shape}")
    q = gram_schmidt(b, metric=given)
    onto = matmul(q, np.swapaxes(q, -1, -2))
    if given is None:
        return onto
    return matmul(onto, given.matrix.astype(onto.dtype, copy=False))


def project(X: ArrayLike, B: ArrayLike, *, metric: ArrayLike | None = None) -> Projection:
    """Project points orthogonally onto the span of the columns of a matrix.

    Parameters
    ----------
    X : array_like of shape (..., d), float32 or float64
        Rows are points. For an affine subspace through x0 project X - x0 and add x0 to the points.
    B : array_like of shape (d, k) or (d,)
        Columns span the subspace; they may depend on each other. One axis is one vector.
    metric : array_like of shape (d, d), optional
        The symmetric positive definite matrix M of the inner product x' M y. Default: the dot product.

    Returns
    -------
    Projection
        ``points`` (..., d), ``coordinates`` (..., k), ``residual`` (...).

    Raises
    ------
    ValueError
        Shapes that do not fit; NaN or infinity, or a coordinate that overflows; a metric that is not symmetric positive
        definite.

    Notes
    -----
    With an orthonormal basis Q of the span, points = Q Q'x, and the coordinates solve the triangular system R c = Q'x: the
    least squares solution of B c = x by QR [1]_. A column that depends on earlier ones has the coordinate 0. Residuals are
    lengths of differences. Cost: 3 d k^2 operations once, 4 d k a point; the matrix of the projection is not formed.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 5.3.

    Examples
    --------
    >>> import mmlcore as mml
    >>> onto = mml.project([6, 0, 0], [[1, 0], [1, 1], [1, 2]])
    >>> onto.points.round(12), onto.coordinates.round(12), round(float(onto.residual), 6)
    (array([ 5.,  2., -1.]), array([ 5., -3.]), 2.44949)
    """
    x, b = same_dtype(as_array(X, "X"), _columns(B))
    if b.ndim != 2:
        raise shape_error("B", b.shape, "(d, k) or (d,)")
    if x.ndim == 0 or x.shape[-1] != b.shape[0]:
        raise shape_error("X", x.shape, f"(..., {b.shape[0]}) to fit B of shape {b.shape}")
    finite(x, "X")
    given = None if metric is None else as_metric(metric, b.shape[0], f"B of shape {b.shape}")
    q = gram_schmidt(b, metric=given)
    dual = q
    if given is not None:
        dtype = np.result_type(b, given.matrix)
        x, b, q = (v.astype(dtype, copy=False) for v in (x, b, q))
        dual = matmul(given.matrix.astype(dtype, copy=False), q)
    rows = x.reshape(-1, b.shape[0])
    along = matmul(rows, dual)
    # What rounding left of the first pass lies in the span as well: a second one makes the residual orthogonal to it.
    along += matmul(rows - matmul(along, q.T), dual)
    points = matmul(along, q.T)
    coordinates = _coordinates(matmul(dual.T, b), along)
    if not (all_finite(along) and all_finite(coordinates)):
        msg = f"X, B: a coordinate leaves the range of {x.dtype}; multiply B or divide X by a constant."
        raise ValueError(msg)
    residual = np.asarray(length(rows - points, metric=given), dtype=x.dtype)
    batch = x.shape[:-1]
    return Projection(
        points.reshape(x.shape),
        coordinates.reshape(*batch, b.shape[1]),
        residual.reshape(batch)[()],
    )


def _coordinates(r: Array, along: Array) -> Array:
    """Solve R c = along for the columns that are independent: rows of R that are not zero."""
    found = np.zeros((len(along), r.shape[1]), along.dtype)
    kept = np.flatnonzero(r.diagonal() > 0) if r.size else np.zeros(0, np.int64)
    triangle = np.triu(r[np.ix_(kept, kept)])
    if kept.size:
        found[:, kept] = np.linalg.solve(triangle, along[:, kept].T).T
    return found


def _columns(B: ArrayLike) -> Array:
    b = as_array(B, "B")
    b = b[:, np.newaxis] if b.ndim == 1 else as_matrix(b, "B")
    return finite(b, "B")

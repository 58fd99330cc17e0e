"""Projections onto lines and subspaces."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import (
    Array,
    adjoint,
    all_finite,
    as_array,
    as_matrix,
    real_pairs,
    require_finite,
    require_finite_items,
    require_real,
    same_dtype,
    shape_error,
)
from mmlcore.core.batches import broadcast_batch
from mmlcore.core.door import door
from mmlcore.core.errors import SingularMatrixError
from mmlcore.core.lapack import level
from mmlcore.core.metric import Metric, as_metric
from mmlcore.core.notebook import fields_html
from mmlcore.core.scaling import sizes, times_power
from mmlcore.elimination import solve
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

    def _repr_html_(self) -> str:
        return fields_html(self)


@door("projection_matrix")
def projection_matrix(
    B: ArrayLike, *, metric: ArrayLike | None = None, out: Array | None = None
) -> Array:
    """Matrix of the orthogonal projection onto the span of the columns of a matrix.

    Parameters
    ----------
    B : array_like of shape (..., d, k) or (d,), float32, float64 or complex
        Columns span the subspace; they may depend on each other. One axis is one vector.
    metric : array_like of shape (d, d), optional
        The symmetric positive definite matrix M of the inner product x' M y, for real numbers. Default: the dot product.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., d, d)
        P with P P = P, symmetric or Hermitian (with a metric: M P is), rank P the dimension of the span.

    Raises
    ------
    ValueError
        NaN or infinity; a metric that is not symmetric positive definite.
    TypeError
        A metric with complex numbers.

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
    if metric is not None:
        require_real(b, "B")
    given = None if metric is None else as_metric(metric, b.shape[-2], f"B of shape {b.shape}")
    q = gram_schmidt(b, metric=given)
    onto = matmul(q, adjoint(q))
    if given is None:
        return onto
    return matmul(onto, given.matrix.astype(onto.dtype, copy=False))


@door("project", Projection)
def project(
    X: ArrayLike,
    B: ArrayLike,
    *,
    metric: ArrayLike | None = None,
    out: tuple[Array, ...] | None = None,
) -> Projection:
    """Project points orthogonally onto the span of the columns of a matrix.

    Parameters
    ----------
    X : array_like of shape (..., d), float32, float64 or complex
        Rows are points. For an affine subspace through x0 project X - x0 and add x0 to the points.
    B : array_like of shape (..., d, k) or (d,)
        Columns span the subspace; they may depend on each other. One axis is one vector. Leading axes, one subspace for each,
        broadcast against those of `X` as in ``X @ B``: an `X` of shape (m, d) is m rows, for every subspace, and one of shape
        (d,) a vector; one vector for each of many subspaces has an axis more, (..., 1, d).
    metric : array_like of shape (d, d), optional
        The symmetric positive definite matrix M of the inner product x' M y, for real numbers. Default: the dot product.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    Projection
        ``points`` (..., d), ``coordinates`` (..., k), ``residual`` (...).

    Raises
    ------
    ValueError
        Shapes that do not fit; NaN or infinity, or a coordinate that overflows; a metric that is not symmetric positive
        definite.
    TypeError
        A metric with complex numbers.

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
    x, b = same_dtype(as_array(X, "X", complex_ok=True), _columns(B))
    d, k = b.shape[-2:]
    if x.ndim == 0 or x.shape[-1] != d:
        raise shape_error("X", x.shape, f"(..., {d}) to fit B of shape {b.shape}")
    # Rows for each of many subspaces, or one vector.
    rows_each = b.ndim > 2 and x.ndim > 1
    batch = broadcast_batch({"X": x.shape[: -2 if rows_each else -1], "B": b.shape[:-2]})
    if metric is not None:
        require_real(x, "X, B")
    given = None if metric is None else as_metric(metric, d, f"B of shape {b.shape}")
    if rows_each:
        rows, batch = x, (*batch, x.shape[-2])
    elif b.ndim > 2:
        rows = x[np.newaxis]
    else:  # onto one subspace all points at once
        rows = x.reshape(math.prod(batch), d)
    rows, power = _levelled(rows)
    b, columns = _near_one(b)
    if given is None and b.ndim == 2 and (x.ndim != 2 or power or columns.any()):
        points, coordinates, residual = project(rows, b)
    else:
        points, coordinates, residual = _onto(rows, b, given)
    points, residual = times_power(points, power), times_power(residual, power)
    coordinates = times_power(coordinates, power - columns[..., np.newaxis, :])
    if not (all_finite(points) and all_finite(coordinates)):
        msg = f"X, B: a coordinate leaves the range of {x.dtype}; multiply B or divide X by a constant."
        raise ValueError(msg)
    return Projection(
        points.reshape(*batch, d), coordinates.reshape(*batch, k), residual.reshape(batch)[()]
    )


def _onto(rows: Array, b: Array, given: Metric | None) -> Projection:
    """Project rows onto the columns of b, or of each of a stack, by the inner product given."""
    q = gram_schmidt(b, metric=given)
    dual = q.conj() if q.dtype.kind == "c" else q
    if given is not None:
        dtype = np.result_type(b, given.matrix)
        rows, b, q = (v.astype(dtype, copy=False) for v in (rows, b, q))
        dual = matmul(given.matrix.astype(dtype, copy=False), q)
    turned = np.swapaxes(q, -1, -2)
    along = matmul(rows, dual)
    # What rounding left of the first pass lies in the span as well: a second one makes the residual orthogonal to it.
    along += matmul(rows - matmul(along, turned), dual)
    points = matmul(along, turned)
    coordinates = _coordinates(matmul(np.swapaxes(dual, -1, -2), b), along)
    residual = np.asarray(length(real_pairs(rows - points), metric=given), dtype=points.real.dtype)
    return Projection(points, coordinates, residual)


def _levelled(rows: Array) -> tuple[Array, int]:
    """Return points near 1 where they were near the ends of the range, and the exponent of two taken out of all."""
    flat, power = level(rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1]), "X")
    return flat.reshape(rows.shape), 0 if power is None else int(power)


def _near_one(b: Array) -> tuple[Array, Array]:
    """Return columns near 1 where one is near the ends of the range, and the exponents taken out of them."""
    columns = sizes(b).max(axis=-2, initial=0)
    _, odd = level(columns[..., np.newaxis, :], "B")
    limits = np.finfo(b.dtype)
    if odd is None and not (columns < limits.tiny / limits.eps**2).any():
        return b, np.zeros(columns.shape, np.int64)
    powers = np.frexp(columns)[1]
    return times_power(b, -powers[..., np.newaxis, :]), powers


def _coordinates(r: Array, along: Array) -> Array:
    """Solve R c = along; columns that depend on earlier ones, whose rows of R are zero, have the coordinate 0."""
    k = r.shape[-1]
    kept = np.diagonal(r, axis1=-2, axis2=-1).real > 0
    triangle = np.where(kept[..., np.newaxis], np.triu(r), np.eye(k, dtype=r.dtype))
    right = np.where(kept[..., np.newaxis, :], along, 0)
    if right.size == 0:
        return right
    try:
        return np.asarray(np.swapaxes(solve(triangle, np.swapaxes(right, -1, -2)), -1, -2))
    except SingularMatrixError:
        return np.full(right.shape, np.inf, right.dtype)  # the caller says that it overflows


def _columns(B: ArrayLike) -> Array:
    b = as_array(B, "B", complex_ok=True)
    if b.ndim == 1:
        return require_finite(b[:, np.newaxis], "B")
    return require_finite_items(as_matrix(b, "B", complex_ok=True), "B")

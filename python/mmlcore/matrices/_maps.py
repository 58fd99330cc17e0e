"""Transformations put to work: composed, in another basis, applied to points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import (
    Array,
    as_array,
    as_index,
    as_matrix,
    as_square,
    same_dtype,
    shape_error,
)
from mmlcore.core.batches import broadcast_batch
from mmlcore.core.door import door
from mmlcore.core.errors import SingularMatrixError
from mmlcore.elimination import solve
from mmlcore.matrices._product import matmul


@door("compose")
def compose(*matrices: ArrayLike, out: Array | None = None) -> Array:
    """One matrix for several transformations, applied from right to left.

    Parameters
    ----------
    *matrices : array_like of shape (..., m, k), (..., k, l), ...
        compose(A, B, C) is A B C: C acts first. Leading axes broadcast.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., m, n)
        The product.

    Raises
    ------
    ValueError
        No matrix, or shapes that do not follow on each other.

    Notes
    -----
    Multiplied in the order of fewest operations [1]_.

    References
    ----------
    .. [1] T. H. Cormen, C. E. Leiserson, R. L. Rivest, C. Stein, "Introduction to algorithms", 3rd ed. (2009),
       section 15.2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.compose(mml.scaling(1, 8), mml.shear(-0.5, axis=1))
    array([[ 1.,  0.],
           [-4.,  8.]])
    """
    if not matrices:
        msg = "matrices: got none, needed at least one."
        raise ValueError(msg)
    parts = [as_matrix(m, f"matrices[{i}]", complex_ok=True) for i, m in enumerate(matrices)]
    for i in range(1, len(parts)):
        k = parts[i - 1].shape[-1]
        if parts[i].shape[-2] != k:
            fitting = f"(..., {k}, n) to follow matrices[{i - 1}] of shape {parts[i - 1].shape}"
            raise shape_error(f"matrices[{i}]", parts[i].shape, fitting)
    broadcast_batch({f"matrices[{i}]": p.shape[:-2] for i, p in enumerate(parts)})
    if len(parts) == 1:
        only: Array = parts[0].copy()
        return only
    if len(parts) == 2:
        return matmul(*parts)
    split = _cheapest_splits([p.shape[-2] for p in parts] + [parts[-1].shape[-1]])

    def product(first: int, last: int) -> Array:
        if first == last:
            return parts[first]
        middle = split[first][last]
        return matmul(product(first, middle), product(middle + 1, last))

    return product(0, len(parts) - 1)


def _cheapest_splits(sizes: list[int]) -> list[list[int]]:
    """Return where to split the chain of matrices first ... last, matrix i being sizes[i] x sizes[i + 1]."""
    n = len(sizes) - 1
    cost = [[0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for span in range(1, n):
        for first in range(n - span):
            last = first + span
            options = [
                cost[first][k] + cost[k + 1][last] + sizes[first] * sizes[k + 1] * sizes[last + 1]
                for k in range(first, last)
            ]
            cost[first][last] = min(options)
            split[first][last] = first + options.index(cost[first][last])
    return split


@door("change_basis")
def change_basis(matrix: ArrayLike, basis: ArrayLike, *, out: Array | None = None) -> Array:
    """Return a transformation as seen in another basis, B^-1 A B.

    Parameters
    ----------
    matrix : array_like of shape (..., n, n), float32, float64 or complex
        The transformation A in the standard basis.
    basis : array_like of shape (..., n, n)
        Columns are the vectors of the basis B. Leading axes broadcast.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n, n)
        Takes coordinates in the basis to coordinates in the basis.

    Raises
    ------
    SingularMatrixError
        The columns of `basis` are linearly dependent.
    ValueError
        Shapes that do not fit; NaN or infinity.

    Notes
    -----
    Solved by elimination, B X = A B, without forming the inverse [1]_. Cost: 14/3 n^3 operations.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms", 2nd ed. (2002), section 14.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.change_basis([[6, -1], [2, 3]], [[1, 1], [1, 2]])
    array([[5., 0.],
           [0., 4.]])
    """
    a = as_square(matrix, "matrix", complex_ok=True)
    b = as_square(basis, "basis", complex_ok=True)
    a, b = same_dtype(a, b)
    if a.shape[-1] != b.shape[-1]:
        raise shape_error("basis", b.shape, f"(..., n, n) to fit matrix of shape {a.shape}")
    broadcast_batch({"matrix": a.shape[:-2], "basis": b.shape[:-2]})
    try:
        return solve(b, matmul(a, b))
    except SingularMatrixError:
        msg = "basis: the columns are linearly dependent."
        raise SingularMatrixError(msg) from None


@door("transform_points")
def transform_points(
    matrix: ArrayLike, points: ArrayLike, *, axis: int = -1, out: Array | None = None
) -> Array:
    """Apply a transformation to points.

    Parameters
    ----------
    matrix : array_like of shape (..., m, d) or (d + 1, d + 1), float32 or float64
        A linear map of d coordinates to m, or a matrix of homogeneous coordinates: its last column then moves the points
        and its last row divides them (an affine map has zeros and a one there).
    points : array_like of shape (..., n, d) or (d,)
        Rows are points. Leading axes broadcast against those of a linear map.
    axis : int, default -1
        The axis of `points` that holds the coordinates, of the result too: 0 for points that are columns.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n, m) or (m,)
        A point that holds NaN becomes one of NaN: polygons keep the breaks between their lines.

    Raises
    ------
    ValueError
        Shapes that do not fit; a point that a projective map takes to infinity.

    Notes
    -----
    Homogeneous coordinates: [1]_. Cost: 2 m d operations a point.

    References
    ----------
    .. [1] R. Hartley, A. Zisserman, "Multiple view geometry in computer vision", 2nd ed. (2003), section 2.2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.transform_points([[0, -1], [1, 0]], [[1, 0], [float("nan"), 0], [1, 2]])
    array([[ 0.,  1.],
           [nan, nan],
           [-2.,  1.]])
    """
    a, p = same_dtype(as_matrix(matrix, "matrix"), as_array(points, "points"))
    if p.ndim == 0:
        raise shape_error("points", (), "at least 1 axis: the last holds the coordinates")
    axis = as_index(axis, "axis", -p.ndim, p.ndim - 1)
    if axis % p.ndim != p.ndim - 1:
        return np.moveaxis(transform_points(a, np.moveaxis(p, axis, -1)), -1, axis)
    d = p.shape[-1]
    if a.shape[-1] == d:
        return matmul(p, np.swapaxes(a, -1, -2))
    if a.shape != (d + 1, d + 1):
        fitting = f"(..., m, {d}) or ({d + 1}, {d + 1}) to fit points of shape {p.shape}"
        raise shape_error("matrix", a.shape, fitting)
    moved = matmul(p, a[:d, :d].T) + a[:d, d]
    if not a[d, :d].any() and a[d, d] == 1:
        return moved
    scale = matmul(p, a[d, :d]) + a[d, d]
    if np.any(scale == 0):
        msg = "points: the map takes one of them to infinity."
        raise ValueError(msg)
    return np.asarray(moved / np.asarray(scale)[..., np.newaxis])

"""Matrices of the common transformations: rotation, scaling, shear, reflection, oblique projection."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import (
    Array,
    as_array,
    as_arrays,
    as_index,
    require_finite,
    same_dtype,
    shape_error,
)
from mmlcore.core.batches import broadcast_batch
from mmlcore.core.door import door
from mmlcore.vectors.rows import as_vectors, unit


@door("rotation")
def rotation(theta: ArrayLike, *, out: Array | None = None) -> Array:
    """Rotation of the plane by an angle, anticlockwise.

    Parameters
    ----------
    theta : array_like of shape (...), float32 or float64
        Angles in radians.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., 2, 2)
        Matrices with determinant 1.

    Raises
    ------
    ValueError
        NaN or infinity.

    Notes
    -----
    [[cos t, -sin t], [sin t, cos t]] for columns (x, y) with y pointing up [1]_. Orthogonal to rounding, determinant 1.

    References
    ----------
    .. [1] G. Strang, "Introduction to linear algebra", 5th ed. (2016), section 8.1.

    Examples
    --------
    >>> import mmlcore as mml, numpy as np
    >>> (mml.rotation(np.pi / 2) @ [1, 0]).round(12)
    array([0., 1.])
    """
    angle = require_finite(as_array(theta, "theta"), "theta")
    turn = np.empty((*angle.shape, 2, 2), angle.dtype)
    turn[..., 0, 0] = turn[..., 1, 1] = np.cos(angle)
    turn[..., 1, 0] = np.sin(angle)
    turn[..., 0, 1] = -turn[..., 1, 0]
    return turn


@door("rotation3d")
def rotation3d(axis: ArrayLike, theta: ArrayLike, *, out: Array | None = None) -> Array:
    """Rotation of space about an axis by an angle, by the right-hand rule.

    Parameters
    ----------
    axis : array_like of shape (..., 3), float32 or float64
        Direction of the axis, of any length but zero.
    theta : array_like of shape (...)
        Angles in radians; the leading axes broadcast against those of `axis`.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., 3, 3)
        Matrices with determinant 1.

    Raises
    ------
    ValueError
        An axis of length zero or not of three numbers; NaN or infinity.

    Notes
    -----
    Rodrigues' formula R = I + sin t K + 2 sin^2(t / 2) K^2 with K v = axis x v for the unit axis [1]_: the last factor,
    for 1 - cos t, loses nothing for small angles.

    References
    ----------
    .. [1] R. M. Murray, Z. Li, S. S. Sastry, "A mathematical introduction to robotic manipulation" (1994), eq. 2.14.

    Examples
    --------
    >>> import mmlcore as mml, numpy as np
    >>> (mml.rotation3d([0, 0, 5], np.pi / 2) @ [1, 0, 2]).round(12)
    array([0., 1., 2.])
    """
    line, angle = as_arrays((as_vectors(axis, "axis"), theta), ("axis", "theta"))
    if line.shape[-1] != 3:
        raise shape_error("axis", line.shape, "(..., 3)")
    broadcast_batch({"axis": line.shape[:-1], "theta": angle.shape})
    x, y, z = np.moveaxis(_unit(line, "axis"), -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack(
        [np.stack(row, axis=-1) for row in ((zero, -z, y), (z, zero, -x), (-y, x, zero))], axis=-2
    )
    angle = require_finite(angle, "theta")[..., np.newaxis, np.newaxis]
    bend = 2 * np.sin(angle / 2) ** 2
    return np.asarray(
        np.eye(3, dtype=line.dtype) + np.sin(angle) * cross + bend * np.matmul(cross, cross)
    )


@door("scaling")
def scaling(*factors: ArrayLike, out: Array | None = None) -> Array:
    """Scaling along the axes of coordinates.

    Parameters
    ----------
    *factors : array_like of shape (...), float32 or float64
        One for each dimension; arrays make a stack and broadcast together. A negative factor flips its axis.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., d, d)
        Diagonal, d the number of factors.

    Raises
    ------
    ValueError
        No factor; NaN or infinity.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.scaling(2, -1)
    array([[ 2.,  0.],
           [ 0., -1.]])
    """
    if not factors:
        msg = "factors: got none, needed one for each dimension."
        raise ValueError(msg)
    d = len(factors)
    if all(type(f) in (float, int) for f in factors):
        diagonal = np.zeros(d * d)
        numbers = cast("tuple[float, ...]", factors)
        diagonal[:: d + 1] = numbers
        if math.isfinite(sum(numbers)):
            return diagonal.reshape(d, d)
    names = [f"factors[{i}]" for i in range(d)]
    parts = [
        require_finite(f, name) for f, name in zip(as_arrays(factors, names), names, strict=True)
    ]
    batch = broadcast_batch({name: p.shape for name, p in zip(names, parts, strict=True)})
    result = np.zeros((*batch, len(parts), len(parts)), parts[0].dtype)
    for i, part in enumerate(parts):
        result[..., i, i] = part
    return result


@door("shear")
def shear(k: ArrayLike, axis: int = 0, *, out: Array | None = None) -> Array:
    """Shear of the plane: one coordinate moves in proportion to the other.

    Parameters
    ----------
    k : array_like of shape (...), float32 or float64
        How far a point at height 1 moves.
    axis : {0, 1}, default 0
        The coordinate that moves: 0 for x + k y, 1 for y + k x.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., 2, 2)
        Determinant 1: areas are kept.

    Raises
    ------
    ValueError
        NaN or infinity; another axis.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.shear(0.5)
    array([[1. , 0.5],
           [0. , 1. ]])
    """
    amount = require_finite(as_array(k, "k"), "k")
    axis = as_index(axis, "axis", 0, 1)
    result = np.zeros((*amount.shape, 2, 2), amount.dtype)
    result[..., 0, 0] = result[..., 1, 1] = 1
    result[..., axis, 1 - axis] = amount
    return result


@door("reflection")
def reflection(normal: ArrayLike, *, out: Array | None = None) -> Array:
    """Reflection in the hyperplane through the origin with a given normal, in any dimension.

    Parameters
    ----------
    normal : array_like of shape (..., d), float32 or float64
        Perpendicular to the mirror, of any length but zero.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., d, d)
        Symmetric, orthogonal, its own inverse; determinant -1.

    Raises
    ------
    ValueError
        A normal of length zero; NaN or infinity.

    Notes
    -----
    I - 2 n n' for the unit normal n: Householder's reflector [1]_.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 5.1.2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.reflection([0.0, 2.0])
    array([[ 1.,  0.],
           [ 0., -1.]])
    """
    n = _unit(as_vectors(normal, "normal"), "normal")
    d = n.shape[-1]
    result = np.eye(d, dtype=n.dtype) - (2 * n)[..., :, np.newaxis] * n[..., np.newaxis, :]
    return np.asarray(result + 0)  # no minus zeros


@door("oblique_projection")
def oblique_projection(
    direction: ArrayLike, normal: ArrayLike | None = None, *, out: Array | None = None
) -> Array:
    """Projection along a direction onto a hyperplane through the origin: shadows on the ground.

    Parameters
    ----------
    direction : array_like of shape (..., d), float32 or float64
        Where points move: the direction of the light.
    normal : array_like of shape (..., d), optional
        Perpendicular to the hyperplane. Default: the last axis of coordinates, so that the hyperplane is the ground.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., d, d)
        Idempotent, of rank d - 1. On the ground the last row is zero, and the first d - 1 rows are the map to
        coordinates in the ground.

    Raises
    ------
    ValueError
        A direction within rounding of the hyperplane; a length of zero; NaN or infinity.

    Notes
    -----
    I - s n' / (n's) [1]_; orthogonal projection where s and n are parallel.

    References
    ----------
    .. [1] C. D. Meyer, "Matrix analysis and applied linear algebra" (2000), section 5.9.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.oblique_projection([4 / 13, -3 / 13, -12 / 13])[:2] @ [6, 2, 3]
    array([7.  , 1.25])
    """
    s = as_vectors(direction, "direction")
    d = s.shape[-1]
    if normal is None:
        n = np.zeros(d, s.dtype)
        n[-1:] = 1
    else:
        s, n = same_dtype(s, as_vectors(normal, "normal"))
        if n.shape[-1] != d:
            raise shape_error("normal", n.shape, f"(..., {d}) to fit direction of shape {s.shape}")
        broadcast_batch({"direction": s.shape[:-1], "normal": n.shape[:-1]})
    s, n = _unit(s, "direction"), _unit(n, "normal")
    across = (s * n).sum(axis=-1)[..., np.newaxis, np.newaxis]
    if (np.abs(across) <= 4 * d * np.finfo(s.dtype).eps).any():
        msg = "direction: is parallel to the hyperplane, so points never reach it."
        raise ValueError(msg)
    moved = s[..., :, np.newaxis] * n[..., np.newaxis, :] / across
    return np.asarray(np.eye(d, dtype=s.dtype) - moved)


def _unit(v: Array, name: str) -> Array:
    return unit(v, name, "a vector of length zero")

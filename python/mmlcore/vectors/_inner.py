"""Inner products and what they measure: lengths, distances, angles, projections."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, same_dtype
from mmlcore.core.door import door
from mmlcore.core.metric import as_metric
from mmlcore.vectors.rows import (
    as_pair,
    as_vectors,
    in_metric,
    lengths,
    products,
    scaled,
    unit,
    within_range,
)


@door("inner")
def inner(
    x: ArrayLike, y: ArrayLike, *, metric: ArrayLike | None = None, out: Array | None = None
) -> Array:
    """Inner product over the last axis: sum of x_i y_i, or x' M y with a metric M.

    Parameters
    ----------
    x, y : array_like of shape (..., d)
        Vectors; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Symmetric and positive definite. Default: the identity.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors
        Inner products.

    Raises
    ------
    ValueError
        Shapes that do not fit; a metric that is not symmetric positive definite, with a vector that proves it.

    Notes
    -----
    Error at most about d u / 4 times the sum of the sizes of x_i y_i, u the unit roundoff. NaN and infinity propagate.
    Cost: 2 d operations a pair, 2 d^2 with a metric [1]_.

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
    a, b = as_pair(x, y)
    if metric is not None:
        m = as_metric(metric, a.shape[-1], f"vectors of length {a.shape[-1]}").matrix
        shape = m.shape
        return within_range(
            lambda a, b, m: products(a, np.matmul(b, m.reshape(shape))),
            *same_dtype(a, b, m.reshape(-1)),
        )
    return products(a, b)


@door("length")
def length(x: ArrayLike, *, metric: ArrayLike | None = None, out: Array | None = None) -> Array:
    """Length of vectors over the last axis, sqrt(<x, x>), for squares of any size.

    Parameters
    ----------
    x : array_like of shape (..., d)
        Vectors.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...), or a scalar for one vector
        Lengths.

    Raises
    ------
    ValueError
        As `inner`.

    Notes
    -----
    Vectors whose squares overflow or vanish are scaled by their largest entry first [1]_: the length of (3e200, 4e200)
    is 5e200. Relative error about u. Cost: 2 d operations a vector.

    References
    ----------
    .. [1] J. L. Blue, "A portable Fortran program to find the Euclidean norm of a vector", ACM TOMS 4 (1978).

    Examples
    --------
    >>> import mmlcore as mml
    >>> round(float(mml.length([3e200, 4e200]) / 1e200), 12)
    5.0
    """
    return _length(as_vectors(x, "x"), metric)


@door("distance")
def distance(
    x: ArrayLike, y: ArrayLike, *, metric: ArrayLike | None = None, out: Array | None = None
) -> Array:
    """Distance of vectors over the last axis, the length of x - y.

    Parameters
    ----------
    x, y : array_like of shape (..., d)
        The leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors
        Distances.

    Raises
    ------
    ValueError
        As `inner`.

    Notes
    -----
    Relative error about u of the exact distance of the rounded differences; close points lose nothing [1]_. Cost: 3 d
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
    a, b = as_pair(x, y)
    return _length(a - b, metric)


@door("angle")
def angle(
    x: ArrayLike, y: ArrayLike, *, metric: ArrayLike | None = None, out: Array | None = None
) -> Array:
    """Angle between vectors in radians, from 0 to pi, accurate near both ends.

    Parameters
    ----------
    x, y : array_like of shape (..., d)
        Vectors other than zero; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors
        Angles in radians.

    Raises
    ------
    ValueError
        A zero vector, which has no direction; NaN or infinity; and as `inner`.

    Notes
    -----
    2 atan2(\\|u - v\\|, \\|u + v\\|) of the unit vectors u and v [1]_: the arc cosine of <u, v> has half of the digits near 0
    and pi. Absolute error about u. Cost: 8 d operations a pair.

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
    return 2 * np.arctan2(lengths(u - v), lengths(u + v))


@door("cosine")
def cosine(
    x: ArrayLike, y: ArrayLike, *, metric: ArrayLike | None = None, out: Array | None = None
) -> Array:
    """Cosine of the angle between vectors, from -1 to 1.

    Parameters
    ----------
    x, y : array_like of shape (..., d)
        Vectors other than zero; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors
        Cosines.

    Raises
    ------
    ValueError
        As `angle`.

    Notes
    -----
    <x, y> / (\\|x\\| \\|y\\|) of the scaled vectors, never beyond 1. Absolute error about u. Cost: 6 d operations a pair.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.cosine([1.0, 0.0], [3.0, 4.0]).round(12))
    0.6
    """
    u, v = _directions(x, y, metric)
    return np.clip(products(u, v), -1, 1)


@door("scalar_projection")
def scalar_projection(
    x: ArrayLike, onto: ArrayLike, *, metric: ArrayLike | None = None, out: Array | None = None
) -> Array:
    """Signed length of the component of x along a vector: <x, onto> / \\|onto\\|.

    Parameters
    ----------
    x, onto : array_like of shape (..., d)
        `onto` other than zero; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...), or a scalar for two vectors
        Lengths, negative where x points away from `onto`.

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
    a, b = as_pair(x, onto, "onto")
    if metric is None:
        return _along(a, b)
    b = scaled(b, "onto")
    return within_range(lambda a: _along(*in_metric(metric, a, b)), a)


@door("vector_projection")
def vector_projection(
    x: ArrayLike, onto: ArrayLike, *, metric: ArrayLike | None = None, out: Array | None = None
) -> Array:
    """Component of x along a vector: <x, onto> / <onto, onto> onto.

    Parameters
    ----------
    x, onto : array_like of shape (..., d)
        `onto` other than zero; the leading axes broadcast.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., d)
        Multiples of `onto`.

    Raises
    ------
    ValueError
        As `scalar_projection`.

    Notes
    -----
    What is left, x minus the result, is orthogonal to `onto` to about u \\|x\\|. Cost: 6 d operations a pair.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.vector_projection([10.0, 5.0, -6.0], [3.0, -4.0, 0.0])
    array([ 1.2, -1.6,  0. ])
    """
    a, b = as_pair(x, onto, "onto")
    b = scaled(b, "onto")

    def times(a: Array) -> Array:
        inside, onto = in_metric(metric, a, b)
        return np.asarray(_along(inside, onto) / lengths(onto))

    found = times(a) if metric is None else within_range(times, a)
    return np.asarray(np.asarray(found)[..., np.newaxis] * b)


def _length(x: Array, metric: ArrayLike | None) -> Array:
    if metric is None:
        return lengths(x)
    return within_range(lambda x: lengths(*in_metric(metric, x)), x)


def _along(x: Array, onto: Array) -> Array:
    """Signed length of x along `onto`, in the dot product."""
    near_one = scaled(onto, "onto")
    return np.asarray(products(x, near_one) / lengths(near_one))[()]


def _directions(x: ArrayLike, y: ArrayLike, metric: ArrayLike | None) -> tuple[Array, Array]:
    a, b = as_pair(x, y)
    if metric is not None:
        a, b = in_metric(metric, scaled(a, "x"), scaled(b, "y"))
    return unit(a, "x"), unit(b, "y")

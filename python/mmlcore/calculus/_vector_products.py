"""Products of Jacobians and Hessians with vectors, for the cost of a few values of the function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

from mmlcore.calculus._derivatives import points_of
from mmlcore.calculus._memory import traced
from mmlcore.core.arrays import Array

F = Callable[..., Any]


def hessian_vector(f: F, x: ArrayLike, v: ArrayLike) -> Array:
    """Product of the Hessian with a vector, without the Hessian.

    Parameters
    ----------
    f : callable or Function
        As for `gradient`.
    x, v : array_like of shape (..., n), float32 or float64
        Points and vectors; they broadcast.

    Returns
    -------
    ndarray of shape (..., n)
        The Hessian times v.

    Notes
    -----
    One forward tangent over the reverse sweep: a small multiple of the cost of f.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.hessian_vector(lambda x: x[0] ** 2 * x[1], [3.0, 5.0], [1.0, 0.0])
    array([10.,  6.])
    """
    return _with(f, x, v, "hessian_vector")


def jacobian_vector(f: F, x: ArrayLike, v: ArrayLike) -> Array:
    """Derivative of a function along a direction: the product of its Jacobian with a vector.

    Parameters
    ----------
    f : callable or Function
        As for `jacobian`.
    x, v : array_like of shape (..., n), float32 or float64
        Points and directions; they broadcast.

    Returns
    -------
    ndarray of shape (..., m), or (...) if f gives one number
        The Jacobian times v.

    Notes
    -----
    One forward tangent: about the cost of f.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.jacobian_vector(lambda x: [x[0] * x[1], x[0]], [3.0, 5.0], [1.0, 1.0])
    array([8., 1.])
    """
    return _with(f, x, v, "jacobian_vector")


def vector_jacobian(f: F, x: ArrayLike, v: ArrayLike) -> Array:
    """Gradient of a weighted sum of results: the product of a vector with the Jacobian.

    Parameters
    ----------
    f : callable or Function
        As for `jacobian`.
    x : array_like of shape (..., n), float32 or float64
        Points.
    v : array_like of shape (..., m)
        Weights of the results, (...) if f gives one number.

    Returns
    -------
    ndarray of shape (..., n)
        v times the Jacobian.

    Notes
    -----
    One reverse sweep: a small multiple of the cost of f.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.vector_jacobian(lambda x: [x[0] * x[1], x[0]], [3.0, 5.0], [1.0, 2.0])
    array([7., 3.])
    """
    points = points_of(x)
    function = traced(f, points.shape[-1:])
    forms = (points.shape[-1:], function.shape)
    return function._run("vector_jacobian", (points, v), forms, ("x", "v"))


def _with(f: F, x: ArrayLike, v: ArrayLike, kind: str) -> Array:
    points = points_of(x)
    form = points.shape[-1:]
    return traced(f, form)._run(kind, (points, v), (form, form), ("x", "v"))

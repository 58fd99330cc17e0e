"""Products of Jacobians and Hessians with vectors, for the cost of a few values of the function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

from mmlcore.calculus._derivatives import points_of
from mmlcore.calculus.memory import traced
from mmlcore.core.arrays import Array
from mmlcore.core.door import door, into

F = Callable[..., Any]


@door("hessian_vector_product")
def hessian_vector_product(f: F, x: ArrayLike, v: ArrayLike, *, out: Array | None = None) -> Array:
    """Product of the Hessian with a vector, without the Hessian.

    Parameters
    ----------
    f : callable or Function
        As for `gradient`.
    x, v : array_like of shape (..., n), float32 or float64
        Points and vectors; they broadcast.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

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
    >>> mml.hessian_vector_product(lambda x: x[0] ** 2 * x[1], [3.0, 5.0], [1.0, 0.0])
    array([10.,  6.])
    """
    return _with(f, x, v, "hessian_vector_product", out)


@door("jacobian_vector_product")
def jacobian_vector_product(f: F, x: ArrayLike, v: ArrayLike, *, out: Array | None = None) -> Array:
    """Derivative of a function along a direction: the product of its Jacobian with a vector.

    Parameters
    ----------
    f : callable or Function
        As for `jacobian`.
    x, v : array_like of shape (..., n), float32 or float64
        Points and directions; they broadcast.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

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
    >>> mml.jacobian_vector_product(lambda x: [x[0] * x[1], x[0]], [3.0, 5.0], [1.0, 1.0])
    array([8., 1.])
    """
    return _with(f, x, v, "jacobian_vector_product", out)


@door("vector_jacobian_product")
def vector_jacobian_product(f: F, x: ArrayLike, v: ArrayLike, *, out: Array | None = None) -> Array:
    """Gradient of a weighted sum of results: the product of a vector with the Jacobian.

    Parameters
    ----------
    f : callable or Function
        As for `jacobian`.
    x : array_like of shape (..., n), float32 or float64
        Points.
    v : array_like of shape (..., m)
        Weights of the results, (...) if f gives one number.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

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
    >>> mml.vector_jacobian_product(lambda x: [x[0] * x[1], x[0]], [3.0, 5.0], [1.0, 2.0])
    array([7., 3.])
    """
    return _with(f, x, v, "vector_jacobian_product", out)


def _with(f: F, x: ArrayLike, v: ArrayLike, kind: str, out: Array | None) -> Array:
    points = points_of(x)
    form = points.shape[-1:]
    function = traced(f, form)
    other = function.shape if kind == "vector_jacobian_product" else form
    found = function._run(kind, (points, v), (form, other), ("x", "v"))
    return found if out is None else into(out, found)

"""Derivatives of Python functions at points: gradients, Jacobians, Hessians, and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus._arguments import at_one_point, value_and_gradient_of
from mmlcore.calculus._inline import inline, inline_derivative, symbol_in
from mmlcore.calculus.memory import traced
from mmlcore.calculus.symbol import is_symbol
from mmlcore.core.arrays import Array, as_array, as_index, shape_error
from mmlcore.core.door import door, into

F = Callable[..., Any]


@door("derivative")
def derivative(f: F, x: ArrayLike, *, order: int = 1, out: Array | None = None) -> Array:
    """Derivative of a function of one number, at an array of points.

    Parameters
    ----------
    f : callable or Function
        Of one number; see `Function` for what it may be made of.
    x : array_like, float32 or float64
        Points, of any shape.
    order : int, default 1
        1 the slope, 2 the curvature, and so on.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of the shape and dtype of x
        If f gives an array, its axes follow those of x.

    Raises
    ------
    TraceError
        f cannot be traced; `finite_difference` takes any function.

    Notes
    -----
    Exact to rounding, for every order: no step size. The first by forward tangents, higher ones by Taylor arithmetic [1]_, whose
    cost grows with the square of the order. f is traced once for a function object and what it captures, and the compiled
    program is kept.

    References
    ----------
    .. [1] A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed. (2008), chapters 3 and 13.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> mml.derivative(lambda x: x**3 + 27 * x**2, [-1.0, 0.0])
    array([-51.,   0.])
    >>> float(mml.derivative(np.sin, 0.0, order=3))
    -1.0
    """
    if type(order) is not int or not 1 <= order <= 100:
        order = as_index(order, "order", 1, 100)
    kind = ("derivative", order)
    inner = is_symbol(x)
    found = inline_derivative(f, x, order) if inner else traced(f, ())._evaluate(kind, (x,))
    return found if out is None else into(out, found)


@door("gradient")
def gradient(
    f: F,
    x: ArrayLike,
    *more: ArrayLike,
    argnums: int | tuple[int, ...] = 0,
    out: Array | None = None,
) -> Any:
    """Gradient of a function of a vector: the direction of steepest ascent.

    Parameters
    ----------
    f : callable or Function
        Of a vector of n numbers, giving one number; see `Function` for what it may be made of.
    x : array_like of shape (..., n), float32 or float64
        Points.
    *more : array_like
        Further arguments of f. With them, or with `argnums`, every argument is one array of any shape, not many points.
    argnums : int or tuple of int
        By which argument, or arguments, to differentiate.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n)
        A partial derivative for each number of x; with a tuple as `argnums`, a tuple of arrays as the arguments.

    Raises
    ------
    TraceError
        f cannot be traced; `finite_difference` takes any function.
    ValueError
        f gives an array: `jacobian` takes these.

    Notes
    -----
    By the reverse sweep (backpropagation) [1]_: a small multiple of the cost of f, whatever n is; exact to rounding. Where f has no
    derivative: ``|x|`` has 0 at 0, minimum and maximum share theirs at a tie, steps have 0; sqrt has infinity at 0.

    References
    ----------
    .. [1] A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed. (2008), section 3.2.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> mml.gradient(lambda x: x[0] ** 2 + np.exp(x[1]) * x[0], [3.0, 0.0])
    array([7., 3.])
    >>> def loss(w, x, y):  # a minibatch as arguments
    ...     return np.mean((x @ w - y) ** 2)
    >>> mml.gradient(loss, [1.0, 0.0], [[1.0, 2.0], [3.0, 4.0]], [0.0, 1.0])
    array([ 7., 10.])
    """
    if more or argnums != 0:
        found = at_one_point(f, "gradient", argnums, (x, *more))
        return found if out is None else into(out, found)
    return _at(f, x, "gradient", out)


@door("value_and_gradient")
def value_and_gradient(
    f: F,
    x: ArrayLike,
    *more: ArrayLike,
    argnums: int | tuple[int, ...] = 0,
    out: tuple[Array, ...] | None = None,
) -> tuple[Array, Any]:
    """Value and gradient of a function of a vector, for little more than the gradient alone.

    Parameters
    ----------
    f : callable or Function
        As for `gradient`.
    x : array_like of shape (..., n), float32 or float64
        Points.
    *more : array_like
        Further arguments of f. With them, or with `argnums`, every argument is one array of any shape, not many points.
    argnums : int or tuple of int
        By which argument, or arguments, to differentiate.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    tuple of ndarray
        Values (...) and gradients (..., n).

    Notes
    -----
    What the two have in common is computed once.

    Examples
    --------
    >>> import mmlcore as mml
    >>> value, slope = mml.value_and_gradient(lambda x: x @ x, [1.0, 2.0])
    >>> float(value), slope
    (5.0, array([2., 4.]))
    """
    if more or argnums != 0:
        found: Any = value_and_gradient_of(f, argnums, (x, *more))
        return found if out is None else into(out, found)  # type: ignore[no-any-return]
    if is_symbol(x):
        found = f(x), gradient(f, x)
    else:
        points = points_of(x)
        found = traced(f, points.shape[-1:]).value_and_gradient(points)
    return found if out is None else into(out, found)  # type: ignore[no-any-return]


@door("jacobian")
def jacobian(
    f: F,
    x: ArrayLike,
    *more: ArrayLike,
    argnums: int | tuple[int, ...] = 0,
    out: Array | None = None,
) -> Any:
    """Jacobian matrix of a function of a vector: row i is the gradient of result i.

    Parameters
    ----------
    f : callable or Function
        Of a vector of n numbers, giving m numbers (an array, a list of numbers); see `Function`.
    x : array_like of shape (..., n), float32 or float64
        Points.
    *more : array_like
        Further arguments of f. With them, or with `argnums`, every argument is one array of any shape, not many points.
    argnums : int or tuple of int
        By which argument, or arguments, to differentiate.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., m, n)
        (..., n) if f gives one number.

    Raises
    ------
    TraceError
        f cannot be traced; `finite_difference` takes any function.

    Notes
    -----
    By n forward tangents where n <= m, else by m reverse sweeps; all travel together. From n = 9 on the pattern of zeros is found,
    and columns that share no row are computed together [1]_ where that pays; `sparse_jacobian` gives the other entries alone.
    Exact to rounding.

    References
    ----------
    .. [1] A. R. Curtis, M. J. D. Powell, J. K. Reid, "On the estimation of sparse Jacobian matrices", IMA J. Appl. Math. 13
       (1974).

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.jacobian(lambda x: [x[0] * x[1], x[0] ** 2], [2.0, 3.0])
    array([[3., 2.],
           [4., 0.]])
    """
    if more or argnums != 0:
        found = at_one_point(f, "jacobian", argnums, (x, *more))
        return found if out is None else into(out, found)
    return _at(f, x, "jacobian", out)


@door("hessian")
def hessian(
    f: F,
    x: ArrayLike,
    *more: ArrayLike,
    argnums: int | tuple[int, ...] = 0,
    out: Array | None = None,
) -> Any:
    """Hessian matrix of a function of a vector: its second derivatives.

    Parameters
    ----------
    f : callable or Function
        As for `gradient`.
    x : array_like of shape (..., n), float32 or float64
        Points.
    *more : array_like
        Further arguments of f. With them, or with `argnums`, every argument is one array of any shape, not many points.
    argnums : int or tuple of int
        By which argument, or arguments, to differentiate.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n, n)
        Second partial derivatives, symmetric.

    Notes
    -----
    Forward tangents over the reverse sweep. From n = 9 on the pattern of zeros is found, and columns that share no row are
    computed together [1]_; `sparse_hessian` gives the other entries alone. Exact to rounding.

    References
    ----------
    .. [1] A. R. Curtis, M. J. D. Powell, J. K. Reid, "On the estimation of sparse Jacobian matrices", IMA J. Appl. Math. 13
       (1974).

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.hessian(lambda x: x[0] ** 2 * x[1], [3.0, 5.0])
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    if more or argnums != 0:
        found = at_one_point(f, "hessian", argnums, (x, *more))
        return found if out is None else into(out, found)
    return _at(f, x, "hessian", out)


def points_of(x: ArrayLike) -> Array:
    """Return points (..., n)."""
    points = as_array(x, "x")
    if points.ndim == 0:
        raise shape_error(
            "x", points.shape, "(..., n): a vector; `derivative` takes functions of one number"
        )
    return points


def _at(f: F, x: Any, kind: str, out: Array | None) -> Array:
    found = _otherwise(f, x, kind)
    return found if out is None else into(out, found)


def _otherwise(f: F, x: Any, kind: str) -> Array:
    """Of what is no plain array, or of a function that has to be traced."""
    if type(x) is np.ndarray and x.ndim and x.dtype != object:
        points = x
    elif is_symbol(x):
        return inline(f, x, kind)  # type: ignore[no-any-return]
    else:
        try:
            points = points_of(x)
        except TypeError:  # a list of symbols, perhaps
            if (symbol := symbol_in(x)) is None:
                raise
            return inline(f, symbol, kind)  # type: ignore[no-any-return]
    return traced(f, points.shape[-1:])._evaluate(kind, (points,))

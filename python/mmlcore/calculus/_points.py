"""What derivatives tell at a point: kinds of stationary points, slopes along directions and paths, symmetry."""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus._derivatives import gradient, hessian
from mmlcore.calculus._vector_products import jacobian_vector_product
from mmlcore.calculus.memory import keep_composed, traced
from mmlcore.core.arrays import (
    Array,
    all_finite,
    as_array,
    largest_size,
    require_finite,
    shape_error,
)
from mmlcore.core.door import door
from mmlcore.core.notebook import fields_html
from mmlcore.eigen import eigvalsh
from mmlcore.vectors import length

_PAIRS = 2 * np.concatenate([np.arange(64) + 0.5, -(np.arange(64) + 0.5)]) / 64


class StationaryPoint(NamedTuple):
    """What the second derivatives say of a point."""

    kind: str
    """'minimum', 'maximum', 'saddle', 'inconclusive' or 'not stationary'."""
    gradient: Array
    """(n,): the gradient at the point."""
    eigenvalues: Array
    """(n,): of the Hessian, ascending."""

    def _repr_html_(self) -> str:
        return fields_html(self)


def classify_stationary(
    f: Callable[..., Any], x: ArrayLike, *, tol: float = 1e-6
) -> StationaryPoint:
    """Tell minimum, maximum and saddle by the second-derivative test.

    Parameters
    ----------
    f : callable or Function
        Of a vector, giving one number; see `Function`.
    x : array_like of shape (n,)
        The point.
    tol : float, default 1e-6
        Where the gradient is longer than ``tol * (1 + largest second derivative)``, the point is not stationary; an eigenvalue
        below ``tol`` times the largest counts as zero.

    Returns
    -------
    StationaryPoint
        (kind, gradient, eigenvalues); kind 'minimum', 'maximum', 'saddle', 'inconclusive' (an eigenvalue is zero and the others
        have one sign: higher derivatives decide) or 'not stationary'.

    Raises
    ------
    ValueError
        x is no vector, or holds NaN or infinity, or a derivative is NaN or infinite there.

    Notes
    -----
    All eigenvalues of the Hessian positive: minimum; all negative: maximum; both signs: saddle [1]_.

    References
    ----------
    .. [1] M. P. Deisenroth, A. A. Faisal, C. S. Ong, "Mathematics for Machine Learning" (2020), sections 5.7 and 7.3.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.classify_stationary(lambda x: x[0] ** 2 - x[1] ** 2, [0.0, 0.0]).kind
    'saddle'
    """
    point = require_finite(as_array(x, "x"), "x")
    if point.ndim != 1:
        raise shape_error("x", point.shape, "(n,)")
    slope, curvature = gradient(f, point), hessian(f, point)
    if not (all_finite(slope) and all_finite(curvature)):
        msg = "f: a derivative at x is NaN or infinite."
        raise ValueError(msg)
    both = curvature + curvature.T
    both /= 2
    values = eigvalsh(both)
    largest = max(abs(float(values[0])), abs(float(values[-1]))) if len(values) else 0.0
    if length(slope) > tol * (1 + largest):
        return StationaryPoint("not stationary", slope, values)
    spread, zero = values.tolist(), tol * largest
    positive = len(spread) - bisect_right(spread, zero)
    negative = bisect_left(spread, -zero)
    if positive and negative:
        kind = "saddle"
    elif positive + negative < len(values) or largest == 0:
        kind = "inconclusive"
    else:
        kind = "minimum" if positive else "maximum"
    return StationaryPoint(kind, slope, values)


def directional_derivative(
    f: Callable[..., Any], x: ArrayLike, direction: ArrayLike, *, out: Array | None = None
) -> Array:
    """Slope of a function along a direction: of a step of length 1.

    Parameters
    ----------
    f : callable or Function
        Of a vector; see `Function`.
    x : array_like of shape (..., n)
        Points.
    direction : array_like of shape (..., n)
        Of any length but zero. `jacobian_vector_product` takes the length into account.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...)
        (..., m) if f gives an array.

    Raises
    ------
    ValueError
        A direction of length zero.

    Notes
    -----
    The gradient's component along the direction; largest along the gradient itself, zero across it.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.directional_derivative(lambda x: x[0] ** 2 * x[1], [1.0, 2.0], [3.0, 0.0]))
    4.0
    """
    d = as_array(direction, "direction")
    if not d.ndim:
        raise shape_error("direction", d.shape, "(..., n): a vector")
    size = length(d)
    if not (size > 0 if d.ndim == 1 else (size > 0).all()):
        msg = "direction: has length zero (or NaN), needed a direction."
        raise ValueError(msg)
    unit = d / (size if d.ndim == 1 else size[..., None])
    return jacobian_vector_product(f, x, unit, out=out)


@door("total_derivative")
def total_derivative(
    f: Callable[..., Any], path: Callable[..., Any], t: ArrayLike, *, out: Array | None = None
) -> Array:
    """Rate of change of a function along a path: d/dt f(path(t)), by the chain rule.

    Parameters
    ----------
    f : callable
        Of a vector; see `Function`.
    path : callable
        Of a number, giving the vector (an array, a list of numbers).
    t : array_like
        Parameters, of any shape.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of the shape of t
        Followed by the axes of f's result, if it is an array.

    Raises
    ------
    TraceError
        f or path cannot be traced.

    Notes
    -----
    sum of df/dx_i dx_i/dt, in one forward sweep through both functions.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.total_derivative(lambda x: x[0] * x[1], lambda t: [t**2, t + 1.0], 2.0))
    16.0
    """
    composed = traced(functools.partial(_on_path, f, path), ())
    keep_composed(f, path, composed)
    return composed._evaluate(("derivative", 1), (as_array(t, "t"),), out)


def _on_path(f: Callable[..., Any], path: Callable[..., Any], t: Any) -> Any:
    return f(t.tape.symbol(path(t)))


def parity(f: Callable[..., Any], *, scale: float = 1.0) -> str:
    """Tell even functions (f(-x) = f(x)) and odd ones (f(-x) = -f(x)).

    Parameters
    ----------
    f : callable or Function
        Of one number; see `Function`.
    scale : float, default 1.0
        The function is looked at between -2 and 2 times the scale.

    Returns
    -------
    str
        'even', 'odd' or 'neither' (also of zero, which is both: 'even').

    Raises
    ------
    ValueError
        f has no finite values at pairs of points.

    Notes
    -----
    By values at 64 pairs of points, up to 1e-12 of the largest: evidence, not a proof. Even functions have even powers alone in
    their Taylor series around 0, odd ones odd powers.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> mml.parity(np.cos), mml.parity(np.sin), mml.parity(np.exp)
    ('even', 'odd', 'neither')
    """
    values = traced(f, ())(scale * _PAIRS)
    right, left = values[: len(values) // 2], values[len(values) // 2 :]
    if all_finite(values):
        small = 1e-12 * largest_size(values)
        if largest_size(right - left) <= small:
            return "even"
        return "odd" if largest_size(right + left) <= small else "neither"
    both = np.isfinite(right) & np.isfinite(left)
    if not both.any():
        msg = "f: has no finite values at pairs of points x and -x."
        raise ValueError(msg)
    right, left = right[both], left[both]
    tolerance = 1e-12 * max(np.abs(right).max(), np.abs(left).max())
    if (np.abs(right - left) <= tolerance).all():
        return "even"
    return "odd" if (np.abs(right + left) <= tolerance).all() else "neither"

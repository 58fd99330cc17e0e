"""Finite differences, for functions that cannot be traced, and to check derivatives with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus._derivatives import gradient as exact_gradient
from mmlcore.core.arrays import Array, as_array

_METHODS = ("central", "forward", "richardson", "complex")
_COLUMNS = 14  # of Ridders' tableau
_FIRST = 3  # from which on its error estimate is believed: early ones are small by chance


class GradientCheck(NamedTuple):
    """A gradient beside finite differences."""

    error: float  # largest difference, relative to the largest entry
    gradient: Array
    difference: Array


def finite_difference(
    f: Callable[..., Any], x: ArrayLike, *, method: str = "central", step: float | None = None
) -> Array:
    """Derivative of any function by differences of its values.

    Parameters
    ----------
    f : callable
        Of a number, or of a vector (n,); called with one point after the other.
    x : array_like of shape () or (..., n)
        A number: the derivative there. Vectors: gradients, or Jacobians if f gives arrays.
    method : {'central', 'forward', 'richardson', 'complex'}, default 'central'
        (f(x + h) - f(x - h)) / 2h; (f(x + h) - f(x)) / h; central differences of falling h, extrapolated to h = 0 until
        rounding takes over (Ridders [1]_); the imaginary part of f(x + ih) / h, exact for functions of numpy that are
        analytic [2]_.
    step : float, optional
        h, relative to ``max(|x|, 1)``. Default: the cube root of eps for central differences, its square root for forward
        ones, 0.1 to start extrapolation from, 1e-30 for the complex step.

    Returns
    -------
    ndarray of shape (), (..., n) or (..., m, n)
        float64.

    Raises
    ------
    ValueError
        Unknown method; a value of f is NaN or infinite, which no difference can be taken of.

    Notes
    -----
    Errors of a function of size 1: some 1e-10 (central), 1e-8 (forward), 1e-12 (richardson), 1e-16 (complex). Cost: 2 n, n + 1,
    24 n at most, n values of f. `gradient` and `derivative` are exact, and faster, for what can be traced.

    References
    ----------
    .. [1] C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Adv. Eng. Softw. 4 (1982).
    .. [2] W. Squire, G. Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Rev. 40 (1998).

    Examples
    --------
    >>> import math, mmlcore as mml
    >>> mml.finite_difference(lambda x: math.exp(x[0]) * x[1], [0.0, 2.0]).round(6)
    array([2., 1.])
    """
    if method not in _METHODS:
        msg = f"method: got {method!r}, needed one of {', '.join(map(repr, _METHODS))}."
        raise ValueError(msg)
    points = np.array(as_array(x, "x"), dtype=np.float64)
    if not points.ndim:
        return np.asarray(_along(f, float(points), method, step))
    rows = points.reshape(-1, points.shape[-1])
    found = (
        np.stack([_gradient_at(f, row, method, step) for row in rows])
        if len(rows)
        else np.empty(rows.shape)
    )
    return found.reshape(points.shape[:-1] + found.shape[1:])


def check_gradient(
    f: Callable[..., Any], x: ArrayLike, gradient: Callable[..., Any] | None = None
) -> GradientCheck:
    """Compare a gradient with extrapolated finite differences.

    Parameters
    ----------
    f : callable
        Of a vector (n,), giving one number.
    x : array_like of shape (n,)
        The point.
    gradient : callable, optional
        What is checked: a function that gives (n,). Default: `mmlcore.gradient` of f.

    Returns
    -------
    GradientCheck
        (error, gradient, difference); an error above 1e-6 or so means that the gradient is wrong, or that f has no
        derivative near x.

    Raises
    ------
    ValueError
        The gradient has another shape than x.

    Notes
    -----
    Differences as `finite_difference` with method 'richardson'.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.check_gradient(lambda x: x[0] ** 2, [3.0], gradient=lambda x: 2 * x).error < 1e-9
    True
    """
    point = np.array(as_array(x, "x"), dtype=np.float64)
    own = (
        exact_gradient(f, point)
        if gradient is None
        else np.asarray(gradient(point), dtype=np.float64)
    )
    difference = finite_difference(f, point, method="richardson")
    if own.shape != difference.shape:
        msg = f"gradient: gave shape {own.shape}, needed {difference.shape}."
        raise ValueError(msg)
    size = max(np.abs(own).max(initial=0), np.abs(difference).max(initial=0), np.finfo(float).tiny)
    return GradientCheck(float(np.abs(own - difference).max(initial=0) / size), own, difference)


def _gradient_at(f: Callable[..., Any], x: Array, method: str, step: float | None) -> Array:
    def along(i: int) -> Array:
        def moved(t: Any) -> Any:
            point = x.astype(type(t)) if isinstance(t, complex) else x.copy()
            point[i] = t
            return f(point)

        return _along(moved, float(x[i]), method, step)

    return np.stack([along(i) for i in range(len(x))], axis=-1) if len(x) else np.empty(0)


def _along(f: Callable[[Any], Any], x: float, method: str, step: float | None) -> Array:
    size = max(abs(x), 1.0)
    if method == "complex":
        h = 1e-30 * size if step is None else step * size
        return _finite(np.imag(f(complex(x, h)))) / h
    if method == "richardson":
        return _ridders(f, x, 0.1 * size if step is None else step * size)
    power = 1 / 3 if method == "central" else 1 / 2
    h = size * (np.finfo(float).eps ** power if step is None else step)
    up = x + h
    down = x - h if method == "central" else x
    # What was really moved by: x + h is rounded.
    return (_finite(f(up)) - _finite(f(down))) / (up - down)


def _ridders(f: Callable[[Any], Any], x: float, h: float) -> Array:
    """Neville's extrapolation of central differences in h^2, stopped where its error estimate grows."""
    shrink = 1.4
    previous: list[Array] = []
    best: Array | None = None
    error = np.inf
    for column in range(_COLUMNS):
        up, down = x + h, x - h
        row = [(_finite(f(up)) - _finite(f(down))) / (up - down)]
        factor = shrink**2
        for j in range(column):
            row.append((row[j] * factor - previous[j]) / (factor - 1))
            factor *= shrink**2
            change = max(_largest(row[j + 1] - row[j]), _largest(row[j + 1] - previous[j]))
            if column >= _FIRST and change <= error:
                error, best = change, row[j + 1]
        if column > _FIRST and _largest(row[-1] - previous[-1]) >= 2 * error:
            break
        previous = row
        h /= shrink
    return row[-1] if best is None else best


def _largest(x: Array) -> float:
    return float(np.abs(x).max(initial=0))


def _finite(value: Any) -> Array:
    a = np.asarray(value, dtype=np.float64)
    if not np.isfinite(a).all():
        msg = (
            "f: gave NaN or infinity beside x, so there are no differences; choose a smaller step."
        )
        raise ValueError(msg)
    return a

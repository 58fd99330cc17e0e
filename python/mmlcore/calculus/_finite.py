"""Finite differences, for functions that cannot be traced, and to check derivatives with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.calculus._by_sight import program_by_sight
from mmlcore.calculus._derivatives import gradient as exact_gradient
from mmlcore.core.arrays import Array, all_finite, as_array, as_real
from mmlcore.core.notebook import fields_html

_METHODS = {"central": 0, "forward": 1, "richardson": 2, "complex": 3}
_EPS = float(np.finfo(float).eps)
_TINY, _HUGE = float(np.finfo(float).tiny), float(np.finfo(float).max)


class FiniteDifference(NamedTuple):
    """A derivative by differences."""

    value: Array
    """The derivative."""
    error: Array
    """How far it may be off, estimated; absolute."""

    def _repr_html_(self) -> str:
        return fields_html(self)


class GradientCheck(NamedTuple):
    """A gradient beside finite differences."""

    error: float
    """Largest difference of an entry, relative to that entry, beyond what the differences themselves may be off."""
    gradient: Array
    """(n,): the gradient that was given."""
    difference: Array
    """(n,): the gradient by differences."""

    def _repr_html_(self) -> str:
        return fields_html(self)


def finite_difference(
    f: Callable[..., Any],
    x: ArrayLike,
    *,
    method: str = "central",
    step: float | None = None,
    full_output: bool = False,
) -> Any:
    """Derivative of any function by differences of its values.

    Parameters
    ----------
    f : callable
        Of a number, or of a vector (n,); called with one point after the other. A function (of Python's or numpy's) of which one
        sees that it only computes, with numbers, arrays and names of numpy and math, is traced, compared at x, and computed
        at many points at once. `functools.partial(f)` is always called itself.
    x : array_like of shape () or (..., n)
        A number: the derivative there. Vectors: gradients, or Jacobians if f gives arrays.
    method : {'central', 'forward', 'richardson', 'complex'}, default 'central'
        (f(x + h) - f(x - h)) / 2h; (f(x + h) - f(x)) / h; central differences of falling h, extrapolated to h = 0 until
        rounding takes over (Ridders [1]_), from several first steps, of which the one with the least estimated error counts;
        the imaginary part of f(x + ih) / h, exact for functions of numpy that are
        analytic [2]_.
    step : float, optional
        h, relative to ``max(|x|, 1)``, above 0. By default it is found: the largest h is tried first, the cube root of eps for
        central differences, its square root for forward ones, and made smaller as long as the estimated error falls; 1e-30 for
        the complex step.
    full_output : bool, default False
        Whether to return the estimated errors as well.

    Returns
    -------
    ndarray of shape (), (..., n) or (..., m, n)
        float64. With `full_output` a `FiniteDifference` (value, error) of two such arrays.

    Raises
    ------
    ValueError
        Unknown method; a step that is not positive; a value of f is NaN or infinite, which no difference can be taken of.

    Notes
    -----
    Errors of a function of size 1 that changes over lengths of about 1: about 1e-10 (central), 1e-8 (forward), 1e-12 (richardson),
    1e-16 (complex). Where the function changes over lengths that are shorter, the step shrinks until differences of step h and
    h / 2 agree; their disagreement is the estimate of the error, a bound for smooth functions. Where f is constant over the last
    step but not over the first, it is the first one's difference. Cost: about 6 n, 4 n, 60 n, n values of f, more where steps
    shrink. `gradient` and `derivative` are exact, and faster, for what can be traced.

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
    found = _differences(f, x, method, step, program_by_sight)
    return found if full_output else found.value


def _differences(
    f: Callable[..., Any], x: ArrayLike, method: str, step: float | None, program: Any
) -> FiniteDifference:
    number = _METHODS.get(method)
    if number is None:
        msg = f"method: got {method!r}, needed one of {', '.join(map(repr, _METHODS))}."
        raise ValueError(msg)
    size = math.nan if step is None else as_real(step, "step", _TINY, _HUGE)
    points = np.array(as_array(x, "x"), dtype=np.float64)
    if points.ndim < 2:
        return _at_point(f, points, number, size, program)
    rows = points.reshape(math.prod(points.shape[:-1]), points.shape[-1])
    if not len(rows):
        return FiniteDifference(np.empty(points.shape), np.empty(points.shape))
    parts = [_at_point(f, row, number, size, program) for row in rows]
    value, error = (np.stack(part) for part in zip(*parts, strict=True))
    form = points.shape[:-1] + value.shape[1:]
    return FiniteDifference(value.reshape(form), error.reshape(form))


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
        (error, gradient, difference); the error is the largest of all entries, each relative to its own size, less what
        the differences may be off by their own estimate. One above 1e-6 or so means that an entry is wrong, or that f has no
        derivative near x.

    Raises
    ------
    ValueError
        The gradient has another shape than x.

    Notes
    -----
    Differences as `finite_difference` with method 'richardson', of f itself where no `gradient` is given.

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
    # What checks our own derivatives takes values of f itself.
    by_sight = None if gradient is None else program_by_sight
    difference, doubt = _differences(f, point, "richardson", None, by_sight)
    if own.shape != difference.shape:
        msg = f"gradient: gave shape {own.shape}, needed {difference.shape}."
        raise ValueError(msg)
    # Zero beside what rounding makes of large values is zero.
    size = np.maximum(np.maximum(np.abs(own), np.abs(difference)), _TINY)
    apart = np.abs(own - difference)
    wrong = apart / size
    np.minimum(wrong, 1e-9, out=wrong, where=apart <= 4 * doubt)
    np.copyto(wrong, np.inf, where=np.isnan(own))
    return GradientCheck(float(wrong.max(initial=0)), own, difference)


def _at_point(
    f: Callable[..., Any], point: Array, method: int, step: float, program: Any
) -> FiniteDifference:
    if method == _METHODS["complex"]:
        return _by_complex_steps(f, point, step)
    entry = None if program is None else program(f, point)
    if entry is None:
        return FiniteDifference(*_core.finite_difference(f, point, method, step))
    return FiniteDifference(
        *_core.finite_difference(None, point, method, step, entry[1], list(entry[2]))
    )


def _by_complex_steps(f: Callable[..., Any], x: Array, step: float) -> FiniteDifference:
    """Return imaginary parts of f beside the real line; nothing is subtracted."""
    slopes = []
    for i, at in enumerate(x.flat):
        h = (1e-30 if math.isnan(step) else step) * max(abs(float(at)), 1.0)
        moved: Any = complex(at, h)
        if x.ndim:
            point = x.astype(complex)
            point[i] = moved
            moved = point
        value = np.asarray(np.imag(f(moved)), dtype=np.float64)
        if not all_finite(value):
            msg = "f: gave NaN or infinity beside x, so there are no differences; choose a smaller step."
            raise ValueError(msg)
        slopes.append(value / h)
    value = np.stack(slopes, axis=-1) if slopes else np.empty(x.shape)
    value = value if x.ndim else value[..., 0]
    return FiniteDifference(value, 4 * _EPS * np.abs(value))

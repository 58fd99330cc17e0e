"""Finite differences, for functions that cannot be traced, and to check derivatives with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus._derivatives import gradient as exact_gradient
from mmlcore.core.arrays import Array, all_finite, as_array, as_real

Number = Any  # of a function's values: a float, or an array of them

_METHODS = ("central", "forward", "richardson", "complex")
_COLUMNS = 14  # of Ridders' tableau
_EPS = float(np.finfo(float).eps)
_TRIALS = 16  # steps that are tried
_SHRINK, _SHRINK_FAR = 16.0, 10.0  # from one to the next
_GOOD = 1e-5  # of the derivative: an error that needs no other step
_NOTHING = math.nan, math.inf  # of a step that is lost in x
_FIRST = 3  # from which on its error estimate is believed: early ones are small by chance


class FiniteDifference(NamedTuple):
    """A derivative by differences."""

    value: Array
    error: Array  # estimated, absolute


class GradientCheck(NamedTuple):
    """A gradient beside finite differences."""

    error: float  # largest difference of an entry, relative to that entry, beyond what the differences themselves may be off
    gradient: Array
    difference: Array


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
        Of a number, or of a vector (n,); called with one point after the other.
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
    Errors of a function of size 1 that changes over lengths of about 1: some 1e-10 (central), 1e-8 (forward), 1e-12 (richardson),
    1e-16 (complex). Where the function changes over lengths that are shorter, the step shrinks until differences of step h and
    h / 2 agree; their disagreement is the estimate of the error, a bound for smooth functions. Where f is constant over the last
    step but not over the first, it is the first one's difference. Cost: some 6 n, 4 n, 60 n, n values of f, more where steps
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
    if method not in _METHODS:
        msg = f"method: got {method!r}, needed one of {', '.join(map(repr, _METHODS))}."
        raise ValueError(msg)
    if step is not None:
        step = as_real(step, "step", np.finfo(float).tiny, np.finfo(float).max)
    points = np.array(as_array(x, "x"), dtype=np.float64)
    if not points.ndim:
        value, error = _along(f, float(points), method, step)
        found = FiniteDifference(np.asarray(value), np.asarray(error))
    else:
        rows = points.reshape(math.prod(points.shape[:-1]), points.shape[-1])
        parts = [_gradient_at(f, row, method, step) for row in rows]
        both = [
            np.stack(part) if parts else np.empty(rows.shape)
            for part in (zip(*parts, strict=True) if parts else ((), ()))
        ]
        found = FiniteDifference(*(a.reshape(points.shape[:-1] + a.shape[1:]) for a in both))
    return found if full_output else found.value


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
    difference, doubt = finite_difference(f, point, method="richardson", full_output=True)
    if own.shape != difference.shape:
        msg = f"gradient: gave shape {own.shape}, needed {difference.shape}."
        raise ValueError(msg)
    # Zero beside what rounding makes of large values is zero.
    size = np.maximum(np.maximum(np.abs(own), np.abs(difference)), np.finfo(float).tiny)
    apart = np.abs(own - difference)
    wrong = np.where(apart <= 4 * doubt, np.minimum(apart / size, 1e-9), apart / size)
    wrong = np.where(np.isnan(own), np.inf, wrong)
    return GradientCheck(float(wrong.max(initial=0)), own, difference)


def _gradient_at(
    f: Callable[..., Any], x: Array, method: str, step: float | None
) -> tuple[Array, Array]:
    def along(i: int) -> tuple[Number, Number]:
        def moved(t: Any) -> Any:
            point = x.astype(type(t)) if isinstance(t, complex) else x.copy()
            point[i] = t
            return f(point)

        return _along(moved, float(x[i]), method, step)

    if not len(x):
        return np.empty(0), np.empty(0)
    values, errors = zip(*(along(i) for i in range(len(x))), strict=True)
    return _stacked(values), _stacked(errors)


def _stacked(parts: tuple[Number, ...]) -> Array:
    """Return derivatives by each number of x as one array, these last."""
    if all(type(part) is float for part in parts):
        return np.array(parts)
    return np.stack([np.asarray(part) for part in parts], axis=-1)


def _along(
    f: Callable[[Any], Any], x: float, method: str, step: float | None
) -> tuple[Number, Number]:
    """Return the derivative and an estimate of its error."""
    size = max(abs(x), 1.0)
    if method == "complex":
        h = 1e-30 * size if step is None else step * size
        found = f(complex(x, h))
        value = _finite(found.imag if isinstance(found, complex) else np.imag(found)) / h
        return value, 4 * _EPS * abs(value)
    if method == "richardson":
        return _best(lambda h: _ridders(f, x, h), 0.1 * size, step and step * size, _SHRINK_FAR)
    power = 1 / 3 if method == "central" else 1 / 2

    def difference(h: float) -> tuple[Number, Number]:
        """Of two steps; they disagree by most of the error of the longer one, and values are rounded."""
        if x + h / 2 == x or x - h / 2 == x:
            return _NOTHING
        here = None if method == "central" else _finite(f(x))
        values, top = [], 0.0
        for part in (h, h / 2):
            up, down = x + part, x - part if here is None else x
            above, below = _finite(f(up)), here if here is not None else _finite(f(down))
            top = max(top, _largest(above), _largest(below))
            values.append(
                (above - below) / (up - down)
            )  # by what was really moved: x + h is rounded
        share = 4 / 3 if here is None else 2  # of the error that the halved step has not
        return values[0], share * abs(values[0] - values[1]) + 2 * _EPS * top / h

    return _best(difference, size * _EPS**power, step and step * size, _SHRINK)


def _best(
    attempt: Callable[[float], tuple[Number, Number]], h: float, given: float | None, shrink: float
) -> tuple[Number, Number]:
    """Try steps that shrink as long as the estimated error is large beside the derivative and falls."""
    if given is not None:
        return attempt(given)
    for trial in range(_TRIALS):
        try:
            best = first = attempt(h)
            break
        except ValueError:  # beyond the end of where f is defined
            if trial == _TRIALS - 1:
                raise
            h /= shrink
    for _ in range(_TRIALS):
        if _largest(best[1]) <= _GOOD * _largest(best[0]) or not _largest(best[0]):
            break
        h /= shrink
        try:
            other = attempt(h)
        except ValueError:
            break
        if not _largest(other[1]) < np.inf:
            break
        if _largest(other[1]) < _largest(best[1]):
            best = other
    # Where f did not change at all but did over the longest step, rounding within f may hide how it changes.
    if type(best[0]) is float and type(first[0]) is float:
        return best[0], max(best[1], abs(first[0])) if best[0] == 0 else best[1]
    hidden = (best[0] == 0) & (first[0] != 0)
    return best[0], np.where(hidden, np.maximum(best[1], np.abs(first[0])), best[1])


def _ridders(f: Callable[[Any], Any], x: float, h: float) -> tuple[Number, Number]:
    """Neville's extrapolation of central differences in h^2, stopped where its error estimate grows or is rounding alone."""
    shrink = 1.4
    previous: list[Number] = []
    best: Number | None = None
    error, top = math.inf, 0.0
    for column in range(_COLUMNS):
        up, down = x + h, x - h
        if up == down:
            break
        above, below = _finite(f(up)), _finite(f(down))
        top = max(top, _largest(above), _largest(below))
        row = [(above - below) / (up - down)]
        factor = shrink**2
        for j in range(column):
            row.append((row[j] * factor - previous[j]) / (factor - 1))
            factor *= shrink**2
            change = max(_largest(row[j + 1] - row[j]), _largest(row[j + 1] - previous[j]))
            if column >= _FIRST and change <= error:
                error, best = change, row[j + 1]
        if column > _FIRST and _largest(row[-1] - previous[-1]) >= 2 * error:
            break
        if column >= _FIRST and error <= _EPS * top / h:
            break
        previous = row
        h /= shrink
    if best is None:
        return _NOTHING
    doubt = error + 2 * _EPS * top / h
    return best, doubt if type(best) is float else np.full(np.shape(best), doubt)


def _largest(x: Number) -> float:
    return abs(x) if type(x) is float else float(np.abs(x).max(initial=0))


def _finite(value: Any) -> Number:
    """Return a value of f: Python's numbers cost a tenth of what arrays without axes do."""
    a = value if isinstance(value, float) else np.asarray(value, dtype=np.float64)
    if not (math.isfinite(a) if isinstance(a, float) else all_finite(a)):
        msg = (
            "f: gave NaN or infinity beside x, so there are no differences; choose a smaller step."
        )
        raise ValueError(msg)
    return a if type(a) is np.ndarray and a.ndim else float(a)

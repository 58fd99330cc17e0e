"""Taylor series: values that can be evaluated, added to, and asked how far they reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus._function import Function
from mmlcore.calculus._memory import traced
from mmlcore.calculus._radius import radius_of
from mmlcore.core.arrays import Array, as_array, as_index, same_dtype, shape_error


@dataclass(frozen=True, repr=False)
class TaylorSeries:
    """A Taylor polynomial around a point, or one for each of many points.

    Attributes
    ----------
    center : ndarray of shape (...)
        Where the series was taken; (..., n) in several variables.
    coefficients : ndarray of shape (..., order + 1), or tuple
        f^(k)(center) / k!, lowest order first. In several variables the tuple (value, gradient, Hessian) up to the order.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> series = mml.taylor(np.exp, 0.0, 8)
    >>> abs(series(0.5) - np.exp(0.5)) < 1e-8
    np.True_
    """

    center: Array
    coefficients: Any

    @property
    def order(self) -> int:
        """Order of the polynomial."""
        if isinstance(self.coefficients, tuple):
            return len(self.coefficients) - 1
        return int(self.coefficients.shape[-1]) - 1

    def __call__(self, x: ArrayLike) -> Array:
        """Evaluate the polynomial at x, which broadcasts with the centers ((..., n) in several variables)."""
        step = as_array(x, "x") - self.center
        if isinstance(self.coefficients, tuple):
            value = self.coefficients[0]
            if self.order > 0:
                value = value + np.einsum("...i,...i->...", self.coefficients[1], step)
            if self.order > 1:
                value = (
                    value + np.einsum("...i,...ij,...j->...", step, self.coefficients[2], step) / 2
                )
            return np.asarray(value)
        total = np.zeros(
            np.broadcast_shapes(step.shape, self.coefficients.shape[:-1]), self.coefficients.dtype
        )
        for k in reversed(range(self.order + 1)):
            total = total * step + self.coefficients[..., k]
        return np.asarray(total)

    def derivative(self) -> TaylorSeries:
        """Return the series of the derivative, of one order less."""
        c = self._one_variable()
        return TaylorSeries(self.center, c[..., 1:] * np.arange(1, c.shape[-1], dtype=c.dtype))

    def remainder(self, x: ArrayLike) -> Array:
        """Estimate the error of the polynomial at x: the size of what the last two terms would be followed by.

        The terms are taken to fall as a geometric series does, at the rate of the last ones; infinity where they do not fall.
        """
        c = np.abs(self._one_variable())
        step = np.abs(as_array(x, "x") - self.center)
        n = self.order
        if n < 2:
            msg = "The remainder is estimated from the last terms: the order must be at least 2."
            raise ValueError(msg)
        # The larger of neighbours: every other coefficient of an even or odd function is zero.
        last = np.maximum(c[..., n] * step**n, c[..., n - 1] * step ** (n - 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = step / self.radius()
            tail = last * rate / (1 - rate)
        return np.asarray(np.where(last == 0, 0.0, np.where(rate < 1, tail, np.inf)))

    def radius(self) -> Array:
        """Estimate the radius of convergence from the last coefficients; infinity if they vanish.

        From the recurrence that the last coefficients follow, which sees a pair of complex singularities too. An estimate: it
        approaches the radius as the order grows, and means little below order 5.
        """
        c = self._one_variable().astype(np.float64)
        found = np.array([radius_of(row) for row in c.reshape(-1, c.shape[-1])])
        return np.asarray(found.reshape(c.shape[:-1]))[()]

    def __repr__(self) -> str:
        """Show the polynomial of a single center."""
        if isinstance(self.coefficients, tuple) or self.coefficients.ndim > 1:
            return f"TaylorSeries(order={self.order}, center of shape {np.shape(self.center)})"
        a = float(self.center)
        step = "x" if a == 0 else f"(x - {a:g})" if a > 0 else f"(x + {-a:g})"
        terms = []
        for k, c in enumerate(self.coefficients.tolist()):
            if c:
                power = "" if k == 0 else f" {step}" if k == 1 else f" {step}^{k}"
                terms.append(f"{c:.6g}{power}")
        text = " + ".join(terms or ["0"]).replace("+ -", "- ")
        return f"{text} + O({step}^{self.order + 1})"

    def _one_variable(self) -> Array:
        if isinstance(self.coefficients, tuple):
            msg = "The series is one of several variables."
            raise TypeError(msg)
        return np.asarray(self.coefficients)


def taylor(f: Callable[..., Any], x0: ArrayLike, order: int) -> TaylorSeries:
    """Taylor series of a function, exact to rounding.

    Parameters
    ----------
    f : callable or Function
        Of one number; see `trace` for what it may be made of. A `Function` of a vector, or any function if `x0` is a
        `list` or array and f cannot be called with a number, is expanded in several variables, up to order 2.
    x0 : array_like
        Centers, of any shape; (..., n) in several variables.
    order : int
        Highest power, 0 to 100.

    Returns
    -------
    TaylorSeries
        (center, coefficients), callable.

    Raises
    ------
    TraceError
        f cannot be traced.

    Notes
    -----
    By Taylor arithmetic [1]_: every operation turns the coefficients of its operands into those of its result, at a cost of
    order^2 / 2 multiplications. Numbers of f that are arrays of centers are computed block by block, as `trace` says.

    References
    ----------
    .. [1] A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed. (2008), section 13.2.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> mml.taylor(np.log, 1.0, 3)
    1 (x - 1) - 0.5 (x - 1)^2 + 0.333333 (x - 1)^3 + O((x - 1)^4)
    >>> mml.taylor(np.exp, [0.0, 1.0], 2).coefficients.round(3)
    array([[1.   , 1.   , 0.5  ],
           [2.718, 2.718, 1.359]])
    """
    center = as_array(x0, "x0")
    if isinstance(f, Function):
        return series_of(f, center, order)
    if center.ndim and _takes_vectors(f, center):
        return series_of(traced(f, center.shape[-1:]), center, order)
    return series_of(traced(f, ()), center, order)


def _takes_vectors(f: Callable[..., Any], center: Array) -> bool:
    """Tell a function of a vector: it cannot be called with a number, but with a vector it gives one number."""
    try:
        traced(f, ())
    except (TypeError, IndexError, ValueError) as error:
        try:
            return traced(f, center.shape[-1:]).shape == ()
        except (TypeError, IndexError, ValueError):
            raise error from None
    return False


def series_of(f: Function, x0: ArrayLike, order: int) -> TaylorSeries:
    """Expand a traced function."""
    center = as_array(x0, "x0")
    form = f.shapes[0]
    if form == ():
        order = as_index(order, "order", 0, 100)
        return TaylorSeries(center, f._evaluate(("taylor", order), (center,)))
    order = as_index(order, "order", 0, 2)
    if center.shape[center.ndim - len(form) :] != form:
        raise shape_error("x0", center.shape, f"(..., {', '.join(map(str, form))})")
    parts = (
        f(center),
        *([f.gradient(center)] if order > 0 else []),
        *([f.hessian(center)] if order > 1 else []),
    )
    return TaylorSeries(center, parts)


@dataclass(frozen=True)
class Linearization:
    """The affine approximation f(x0) + J (x - x0).

    Attributes
    ----------
    center : ndarray of shape (n,) or ()
    value : ndarray
        f(center), (m,) or ().
    jacobian : ndarray
        (m, n), (n,) or ().

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> mml.linearize(np.exp, 0.0)
    Linearization(center=array(0.), value=array(1.), jacobian=array(1.))
    """

    center: Array
    value: Array
    jacobian: Array

    def __call__(self, x: ArrayLike) -> Array:
        """Evaluate at x (..., n), or (...) for functions of one number."""
        step, slope = same_dtype(as_array(x, "x") - self.center, self.jacobian)
        if not self.center.ndim:
            return np.asarray(self.value + slope * step)
        if not self.value.ndim:
            return np.asarray(self.value + step @ slope)
        return np.asarray(self.value + np.einsum("ij,...j->...i", slope, step))


def linearize(f: Callable[..., Any], x0: ArrayLike) -> Linearization:
    """Affine approximation of a function at a point: its error falls with the square of the distance.

    Parameters
    ----------
    f : callable or Function
        Of a number or of a vector; see `trace`.
    x0 : array_like of shape () or (n,)
        The point.

    Returns
    -------
    Linearization
        Callable, with `center`, `value` and `jacobian`.

    Raises
    ------
    TraceError, ValueError
        f cannot be traced; x0 is no number or vector.

    Notes
    -----
    ``f(x) = f(x0) + J (x - x0) + O(|x - x0|^2)``.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> line = mml.linearize(np.sqrt, 4.0)
    >>> float(line(4.4)), float(line.jacobian)
    (2.1, 0.25)
    """
    center = as_array(x0, "x0")
    if center.ndim > 1:
        raise shape_error("x0", center.shape, "a number or a vector (n,)")
    function = traced(f, center.shape)
    kind = "jacobian" if center.ndim else ("derivative", 1)
    return Linearization(
        center, function._evaluate("value", (center,)), function._evaluate(kind, (center,))
    )

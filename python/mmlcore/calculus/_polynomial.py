"""Taylor polynomials: values that can be evaluated, differentiated, and asked how far they reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus._radius import radius_of
from mmlcore.core.arrays import Array, as_array
from mmlcore.core.notebook import matrix_latex, number_latex


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

    def _repr_latex_(self) -> str | None:
        """Show the polynomial of a single center as a formula, in notebooks."""
        if isinstance(self.coefficients, tuple):
            return self._several_latex() if self.center.ndim == 1 else None
        if self.coefficients.ndim > 1:
            return None
        a = float(self.center)
        step = "x" if a == 0 else rf"(x {'-' if a > 0 else '+'} {number_latex(abs(a))})"
        terms = []
        for k, c in enumerate(self.coefficients.tolist()):
            if c:
                power = "" if k == 0 else step if k == 1 else f"{step}^{{{k}}}"
                number = number_latex(c)
                lone = power and abs(c) == 1
                terms.append(f"{number.replace('1', '') if lone else number} {power}".strip())
        text = " + ".join(terms or ["0"]).replace("+ -", "- ")
        return rf"$\displaystyle {text} + O\left({step}^{{{self.order + 1}}}\right)$"

    def _several_latex(self) -> str:
        parts = [number_latex(self.coefficients[0])]
        if self.order > 0:
            parts.append(rf"{matrix_latex(self.coefficients[1])}^\top h")
        if self.order > 1:
            parts.append(rf"\tfrac12\, h^\top {matrix_latex(self.coefficients[2])}\, h")
        parts.append(rf"O\left(\|h\|^{{{self.order + 1}}}\right)")
        step = rf" - {matrix_latex(self.center)}" if self.center.any() else ""
        return rf"$\displaystyle {' + '.join(parts)}, \quad h = x{step}$"

    def _one_variable(self) -> Array:
        if isinstance(self.coefficients, tuple):
            msg = "The series is one of several variables."
            raise TypeError(msg)
        return np.asarray(self.coefficients)

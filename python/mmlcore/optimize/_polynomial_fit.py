"""`polynomial_fit`: polynomials of any degree in a basis that keeps the digits."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial, chebyshev
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_index, require_finite, shape_error
from mmlcore.core.report import pictures
from mmlcore.optimize._linear import linear_regression
from mmlcore.optimize.estimates import Estimates


@dataclass(frozen=True)
class PolynomialFit(Estimates):
    """What `polynomial_fit` returns: a polynomial that can be called.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> x = np.linspace(1.6e9, 1.7e9, 50)
    >>> fit = mml.polynomial_fit(x, np.sin(x / 1e7), 9)
    >>> round(float(fit(1.65e9) - np.sin(165.0)), 3), fit.dof
    (-0.003, 40.0)
    """

    coefficients: Array
    """Coefficients of Chebyshev's polynomials of t, T_0 first, shape (degree + 1,); t runs from -1 to 1 over `domain`."""
    domain: tuple[float, float]
    """Least and largest x."""
    covariance: Array
    """Covariance of the coefficients, (degree + 1, degree + 1); infinite without degrees of freedom."""
    chi2: float
    """Weighted sum of squared residuals."""
    dof: float
    """Points less coefficients."""
    r2: float
    """Share of the variance of y that is explained."""
    _data: Any = field(repr=False, compare=False, default=None)

    @property
    def degree(self) -> int:
        """Degree of the polynomial."""
        return len(self.coefficients) - 1

    @property
    def estimates(self) -> Array:
        """The coefficients."""
        return self.coefficients

    @property
    def names(self) -> list[str]:
        """T0, T1, ..."""
        return [f"T{i}" for i in range(len(self.coefficients))]

    @property
    def _freedom(self) -> float:
        return self.dof

    def _facts(self) -> Sequence[tuple[str, Any]]:
        domain = f"{self.domain[0]:.10g} to {self.domain[1]:.10g}"
        return [
            ("degree", self.degree),
            ("domain", domain),
            ("chi2", self.chi2),
            ("dof", self.dof),
            ("r2", self.r2),
        ]

    def __call__(self, x: ArrayLike) -> Any:
        """Return the polynomial at x, by Clenshaw's recurrence in the scaled basis."""
        return self.predict(x)

    def predict(
        self, x: Any, *, confidence: float | None = None, prediction: float | None = None
    ) -> Any:
        """Return the polynomial at x, of any shape.

        With `confidence`, a `Band` that holds the curve with that chance at each point, by Student's t; with `prediction`, one
        that holds a new point of weight 1.
        """
        t = scaled_to(_numbers(x, "x"), self.domain)
        value = chebyshev.chebval(t, self.coefficients)
        if confidence is None and prediction is None:
            return value
        basis = chebyshev.chebvander(t, self.degree)
        variance = np.einsum("...j,jk,...k->...", basis, self.covariance, basis)
        noise = self.chi2 / self.dof if self.dof > 0 else np.inf
        return self._band(value, np.maximum(variance, 0), confidence, prediction, noise)

    def power_coefficients(self) -> Array:
        """Return the coefficients of 1, x, x^2, ...: of high degrees or far from 0, most of their digits cancel in use."""
        basis = chebyshev.Chebyshev(self.coefficients, domain=self.domain)
        found = basis.convert(kind=Polynomial, domain=[-1, 1], window=[-1, 1])
        return np.asarray(np.pad(found.coef, (0, self.degree + 1 - len(found.coef))))

    def plot(self, *, axes: Any = None) -> Any:
        """Draw the data, the curve with a band of two standard errors, and the residuals beneath. Needs matplotlib."""
        x, y, sigma = self._data

        def curve(at: Any, *c: Any) -> Any:
            return chebyshev.chebvander(
                scaled_to(np.asarray(at), self.domain), self.degree
            ) @ np.stack(c)

        found = (self.coefficients, self.covariance)
        return pictures().fit(curve, x, y, found, sigma=sigma, axes=axes)


_FIELDS = ("coefficients", "domain", "covariance", "chi2", "dof", "r2", "_data")


def polynomial_fit(
    x: ArrayLike, y: ArrayLike, degree: int, *, sigma: ArrayLike | None = None
) -> PolynomialFit:
    """Fit a polynomial by least squares, in a basis in which timestamps and high degrees keep their digits.

    Parameters
    ----------
    x : array_like of shape (n,)
        Where; also times (datetime64), which count in seconds since 1970.
    y : array_like of shape (n,)
        What is to be fitted.
    degree : int
        Degree of the polynomial, less than the number of different x.
    sigma : array_like of shape (n,), optional
        Standard deviations of y: a point counts 1 / sigma^2.

    Returns
    -------
    PolynomialFit
        (coefficients, domain, covariance, chi2, dof, r2): callable, with `predict` and its bands, errors, a summary.

    Raises
    ------
    ValueError
        NaN or infinity, shapes that do not fit, a degree that the points do not determine.

    Notes
    -----
    x is brought to -1 ... 1, and the columns are Chebyshev's polynomials [1]_: over points that fill the interval their
    condition grows slowly with the degree where that of powers grows like 10^degree. The fit itself is that of
    `linear_regression`: normal equations where those are certified, else a QR decomposition. Between few equidistant points
    a polynomial of a degree above 2 sqrt(n) swings whatever the basis is. Cost: n degree^2 operations.

    References
    ----------
    .. [1] L. N. Trefethen, "Approximation theory and approximation practice" (2013), chapters 2 and 3.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> x = np.array([0.0, 1, 2, 3, 4])
    >>> fit = mml.polynomial_fit(x, 1 + 2 * x + 3 * x**2, 2)
    >>> fit.power_coefficients().round(9), round(float(fit(5.0)), 9)
    (array([1., 2., 3.]), 86.0)
    """
    once = None if sigma is not None else _core.polynomial_once(x, y, degree)
    if once is not None:
        fit = object.__new__(PolynomialFit)  # PolynomialFit(...) sets frozen fields one by one
        fit.__dict__.update(zip(_FIELDS, (*once, (x, y, None)), strict=True))
        return fit
    at = require_finite(_numbers(x, "x"), "x")
    target = as_array(y, "y")
    degree = as_index(degree, "degree", least=0)
    if at.ndim != 1 or not at.size:
        raise shape_error("x", at.shape, "(n,), at least one point")
    if target.shape != at.shape:
        raise shape_error("y", target.shape, f"{at.shape}, a number for each x")
    if degree >= (different := _different(at, degree + 1)):
        msg = f"degree: got {degree}, needed less than {different}, the number of different x."
        raise ValueError(msg)
    domain = (float(at.min()), float(at.max()))
    t = scaled_to(at, domain)
    columns = _columns(t, degree) if degree else np.ones((at.size, 1))
    given = (columns, target.astype(np.float64, copy=False))
    if sigma is None and at.size > degree + 1:
        line = linear_regression(*given, intercept=degree > 0)
    else:  # as many coefficients as points that count are no reason for a warning
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*no degrees of freedom", RuntimeWarning)
            line = linear_regression(*given, sigma=sigma, intercept=degree > 0)
    coefficients, covariance = line.coefficients, line.covariance
    if degree:  # the constant, which is last, comes first
        order = [degree, *range(degree)]
        coefficients = np.empty(degree + 1)
        coefficients[0], coefficients[1:] = line.intercept, line.coefficients
        covariance = covariance[order][:, order]
    s = None if sigma is None else np.asarray(sigma, float)
    r2 = line.r2 if degree else 0.0
    return PolynomialFit(
        coefficients,
        domain,
        covariance,
        line.chi2,
        line.dof,
        r2,
        (at, target, s),
    )


def _different(x: Array, enough: int) -> int:
    """Return how many different numbers there are; of many, as soon as some of them are enough, how many those are."""
    some = len(set(x[: 4 * enough].tolist()))
    return some if some >= enough or x.size <= 4 * enough else len(np.unique(x))


def _columns(t: Array, degree: int) -> Array:
    """Return T_1 ... T_degree at t, in columns: T_k+1 = 2 t T_k - T_k-1."""
    rows = np.empty((degree, t.size))
    rows[0] = t
    if degree > 1:
        twice = 2 * t
        rows[1] = twice * t - 1
        for k in range(2, degree):
            np.multiply(twice, rows[k - 1], out=rows[k])
            rows[k] -= rows[k - 2]
    return np.asarray(rows.T)


def scaled_to(x: Any, domain: tuple[float, float]) -> Any:
    """Return where x is between the ends of a domain, -1 to 1."""
    low, high = domain
    half = high / 2 - low / 2
    if half == 0:
        return 0 * x
    return (x - low) / half - 1


def _numbers(x: Any, name: str) -> Array:
    found = np.asarray(x)
    if found.dtype.kind == "M":
        return found.astype("M8[ns]").astype(np.int64) / 1e9
    return as_array(x, name).astype(np.float64, copy=False)

"""Estimated parameters: errors, intervals, tests, correlations and bands; one home for all fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mmlcore.core.arrays import Array, as_real
from mmlcore.core.notebook import fields_html
from mmlcore.core.report import Report, Reported
from mmlcore.stats import student


class Band(NamedTuple):
    """A curve with an interval about each of its values.

    With `confidence` it is about where the curve is; with `prediction`, wider, about where a new point falls.
    """

    value: Array
    """The curve."""
    lower: Array
    """Lower ends."""
    upper: Array
    """Upper ends."""

    def _repr_html_(self) -> str:
        return fields_html(self)


class Estimates(Reported):
    """Parameters with a covariance. A subclass says which they are, their names, and what is left of the data."""

    covariance: Array

    @property
    def estimates(self) -> Array:
        """All parameters in the order of the covariance, shape (..., p)."""
        raise NotImplementedError

    @property
    def names(self) -> list[str]:
        """Names of the parameters in that order."""
        raise NotImplementedError

    @property
    def _freedom(self) -> Any:
        """Degrees of freedom of Student's distribution; infinite where the variance is known."""
        return math.inf

    def _facts(self) -> Sequence[tuple[str, Any]]:
        return ()

    @property
    def standard_errors(self) -> Array:
        """Square roots of the diagonal of the covariance, shape (..., p)."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance, axis1=-2, axis2=-1)))

    @property
    def t_values(self) -> Array:
        """Parameters in units of their standard errors, shape (..., p)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.estimates / self.standard_errors)

    @property
    def p_values(self) -> Array:
        """Chance of parameters as far from 0 as these or farther, were they 0: two-sided, by Student's t, shape (..., p)."""
        return student.two_sided(self.t_values, np.expand_dims(self._freedom, -1))

    @property
    def correlation(self) -> Array:
        """Correlations of the parameters, shape (..., p, p); NaN where the covariance is infinite."""
        errors = self.standard_errors
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.covariance / errors[..., None] / errors[..., None, :]
        return np.asarray(found)

    def confidence_intervals(self, level: float = 0.95) -> Array:
        """Return the ends of intervals that hold each parameter with that chance, by Student's t, shape (..., p, 2)."""
        factor = factors(level, "level", self._freedom)
        half = self.standard_errors * np.expand_dims(factor, -1)
        return np.stack([self.estimates - half, self.estimates + half], axis=-1)

    def _band(
        self, value: Array, variance: Array, confidence: Any, prediction: Any, noise: Any = None
    ) -> Any:
        """Return the values, or a band about them by their variances; `noise`: the variance of a new point."""
        if confidence is not None and prediction is not None:
            msg = "confidence, prediction: got both, needed one: a band is about the curve or about new points."
            raise ValueError(msg)
        level = confidence if prediction is None else prediction
        if level is None:
            return value
        if prediction is not None:
            if noise is None:
                msg = "prediction: this fit knows no spread of new points; needed confidence."
                raise ValueError(msg)
            variance = variance + noise
        name = "confidence" if prediction is None else "prediction"
        half = np.sqrt(variance) * factors(level, name, self._freedom)
        return Band(value, value - half, value + half)

    def _report(self) -> Report:
        single = self.covariance.ndim == 2
        rows: list[list[Any]] = []
        if single:
            ends = self.confidence_intervals()
            columns = (self.names, self.estimates, self.standard_errors, self.t_values)
            for name, value, error, t, p, (low, high) in zip(
                *columns, self.p_values, ends, strict=True
            ):
                rows.append([name, *map(float, (value, error, t, p, low, high))])
        header = ["parameter", "value", "error", "t", "p", "2.5 %", "97.5 %"]
        facts = list(self._facts())
        strong = self._strongest() if single else None
        if strong is not None:
            facts.append(strong)
        return Report(type(self).__name__, facts, header, rows)

    def _strongest(self) -> tuple[str, str] | None:
        """Return the strongest correlation of two parameters."""
        r = np.array(self.correlation)
        np.fill_diagonal(r, 0)
        if r.size < 4 or not np.isfinite(r).all():
            return None
        i, j = np.unravel_index(np.abs(r).argmax(), r.shape)
        return "strongest correlation", f"{self.names[i]}, {self.names[j]}: {r[i, j]:.3f}"


def factors(level: Any, name: str, dof: Any) -> Any:
    """Return how many standard errors an interval of that chance reaches, by Student's t."""
    level = as_real(level, name, 0.0, 1.0)
    found = [student.quantile(level, float(v)) for v in np.ravel(dof)]
    return np.reshape(np.array(found), np.shape(dof)) if np.ndim(dof) else found[0]


def feature_names(x: Any, count: int) -> list[str]:
    """Return the names of the columns of a data frame, or x1, x2, ..."""
    columns = getattr(x, "columns", None)
    if columns is None and getattr(x, "name", None) is not None and np.ndim(x) == 1:
        columns = (x.name,)
    names = [] if columns is None else [str(name) for name in columns]
    return names if len(names) == count else [f"x{i + 1}" for i in range(count)]

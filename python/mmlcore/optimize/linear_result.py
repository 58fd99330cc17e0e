"""What a linear regression returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mmlcore.core.arrays import Array, as_array, shape_error
from mmlcore.core.report import pictures
from mmlcore.optimize.estimates import Estimates, feature_names

# Times the variance of the line at the mean, from which on that of the intercept hides it (kFar of linear_fit.cpp).
FAR = 1e6


class _Fields(NamedTuple):
    coefficients: Array
    """b, shape (d,); of a stack (..., d)."""
    intercept: Any
    """c; 0 without. A number, or an array of the leading axes of a stack, as those that follow."""
    covariance: Array
    """Covariance of (b, c), shape (d + 1, d + 1), or (d, d) without intercept; infinite where columns are dependent."""
    chi2: Any
    """Weighted sum of squared residuals."""
    dof: Any
    """Points less parameters."""
    r2: Any
    """Share of the variance of y that is explained."""


class LinearFit(Estimates, _Fields):
    """What `linear_regression` returns: (coefficients, intercept, covariance, chi2, dof, r2), and what follows from them.

    Examples
    --------
    >>> import mmlcore as mml
    >>> fit = mml.linear_regression([0.0, 1.0, 2.0, 3.0], [1.0, 3.1, 4.9, 7.2])
    >>> fit.predict([4.0]).round(2), fit.confidence_intervals(0.95).round(2)
    (array([9.15]), array([[1.76, 2.32],
           [0.47, 1.51]]))
    >>> band = fit.predict([4.0], prediction=0.95)
    >>> band.lower.round(2), band.upper.round(2)
    (array([8.16]), array([10.14]))
    """

    features: list[str] | None = None
    """Names of the columns of X, where it was a data frame."""

    _centre: tuple[Array, float] | None = None
    """Of points far from 0: their mean, and the variance of the line there, which that of the intercept hides."""

    @property
    def estimates(self) -> Array:
        """Coefficients, and the intercept if there is one, in the order of the covariance, shape (..., p)."""
        constant = np.expand_dims(np.asarray(self.intercept, float), -1)
        both = np.concatenate([self.coefficients, constant], axis=-1)
        return np.asarray(both[..., : self.covariance.shape[-1]])

    @property
    def names(self) -> list[str]:
        """Names of the parameters in that order: those of the features, and 'intercept'."""
        d = self.coefficients.shape[-1]
        constant = ["intercept"] if self.covariance.shape[-1] > d else []
        return [*(self.features or feature_names(None, d)), *constant]

    @property
    def _freedom(self) -> Any:
        return self.dof

    def _facts(self) -> Sequence[tuple[str, Any]]:
        names = ("chi2", "dof", "r2")
        return [(name, getattr(self, name)) for name in names]

    def predict(
        self, X: Any, *, confidence: float | None = None, prediction: float | None = None
    ) -> Any:
        """Return the values at points (n, d), or (n,) of one feature.

        With `confidence`, a `Band` that holds the line with that chance at each point; with `prediction`, one that holds a new
        point of weight 1. Both by Student's t with `dof` degrees of freedom.
        """
        x = as_array(X, "X").astype(np.float64, copy=False)
        d = self.coefficients.shape[-1]
        if x.ndim == 1 and d == 1:
            x = x[:, None]
        if self.coefficients.ndim > 1 or x.ndim != 2 or x.shape[1] != d:
            wanted = f"(n, {d})" if self.coefficients.ndim == 1 else "a single fit, not a stack"
            raise shape_error("X", x.shape, wanted)
        value = x @ self.coefficients + self.intercept
        if confidence is None and prediction is None:
            return value
        noise = self.chi2 / self.dof if self.dof > 0 else np.inf
        return self._band(value, self._variance(x), confidence, prediction, noise)

    def keep_centre(self, mean: Array, level: float) -> None:
        """Keep where the line is known best, and its variance there."""
        self._centre = (mean, level)

    def _variance(self, x: Array) -> Array:
        """Variance of the line: of points far from 0 as that at their mean and that of the slopes, which do not cancel."""
        rows = np.column_stack([x, np.ones(len(x))])[:, : len(self.covariance)]
        inside, level = self.covariance, 0.0
        if self._centre is not None:
            mean, level = self._centre
            rows, inside = x - mean, inside[: len(mean), : len(mean)]
        along = np.maximum(np.einsum("ij,jk,ik->i", rows, inside, rows), 0)
        return np.asarray(along + level)

    def plot(self, X: Any, y: Any, *, axes: Any = None) -> Any:
        """Draw data of one feature, the line with a band of two standard errors, and the residuals beneath.

        Needs matplotlib.
        """
        x = np.asarray(X, float)
        if self.coefficients.shape != (1,) or x.size != np.size(y):
            raise shape_error("X", x.shape, "one feature, a number for each y")

        def line(t: Any, slope: Any, constant: Any = 0.0) -> Any:
            return slope * t + constant

        found = (self.estimates, self.covariance)
        return pictures().fit(line, x.ravel(), np.asarray(y, float), found, axes=axes)

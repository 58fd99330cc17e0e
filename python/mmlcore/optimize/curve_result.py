"""What `curve_fit` and `least_squares` return."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mmlcore.calculus import TraceError, finite_difference, jacobian
from mmlcore.core.arrays import Array
from mmlcore.core.report import pictures
from mmlcore.core.status import success
from mmlcore.optimize._fit_result import Pair
from mmlcore.optimize._kept import check_mark
from mmlcore.optimize._profile import profile_intervals
from mmlcore.optimize.estimates import Estimates, factors

_OF_EACH = ("parameters", "covariance", "chi2", "dof", "iterations", "status")


def joined(fits: Sequence[Any]) -> Any:
    """Lay batches of fits one below the other, without their data."""
    fields = {name: np.concatenate([getattr(one, name) for one in fits]) for name in _OF_EACH}
    return replace(fits[0], **fields, data=(fits[0].data[0], None))


def parameter_names(f: Any, count: int) -> list[str]:
    """Return the names of the arguments of f behind x; p1, p2, ... where it has not so many."""
    try:
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        found = inspect.signature(f).parameters.values()
        names = [p.name for p in found if p.kind in kinds][1:]
    except (TypeError, ValueError):
        names = []
    return names if len(names) == count else [f"p{i + 1}" for i in range(count)]


@dataclass(frozen=True)
class CurveFit(Pair, Estimates):
    """What `curve_fit` returns. Unpacks as ``popt, pcov``.

    Examples
    --------
    >>> import mmlcore as mml
    >>> fit = mml.curve_fit(lambda x, a: a * x, [1.0, 2.0, 3.0], [2.0, 4.1, 5.9])
    >>> fit.parameters.round(3), fit.standard_errors.round(3), round(fit.chi2, 4), fit.dof
    (array([1.993]), array([0.026]), 0.0193, 2)
    """

    parameters: Array
    """Best parameters, shape (p,)."""
    covariance: Array
    """Their covariance, shape (p, p); infinite where the data do not determine it."""
    chi2: float
    """Sum of losses of the residuals; of their squares for loss='linear'."""
    dof: int
    """Points less parameters."""
    iterations: int
    """Steps that were taken."""
    status: int
    """How it ended: 1, 2, 3, 4 well; 5 with parameters that the data do not determine."""
    message: str
    """The same as a sentence."""
    evaluations: int
    """How often the model was run over the data."""
    _residuals: Any = field(repr=False, compare=False)
    _data: Any = field(repr=False, compare=False, default=(None, None, None, None))
    _problem: Any = field(repr=False, compare=False, default=None)
    _profile: bool = field(repr=False, compare=False, default=False)
    _mark: Any = field(repr=False, compare=False, default=None)

    @property
    def residual(self) -> Array:
        """Residuals ``(f(x, *parameters) - y) / sigma``, shape (m,), computed when asked for.

        With a covariance matrix L L^T for sigma, L^-1 (f - y).
        """
        if isinstance(self._residuals, np.ndarray):
            return self._residuals
        model, x, y, weight = self._residuals
        check_mark(self._mark, "residual", x, y)
        difference = np.asarray(model.function(x.T, *self.parameters) - y)
        return difference if weight is None else difference * weight

    @property
    def success(self) -> bool:
        """Whether the fit converged."""
        return bool(success(self.status))

    @property
    def estimates(self) -> Array:
        """The parameters."""
        return self.parameters

    @property
    def names(self) -> list[str]:
        """Names of the parameters, as f calls them; p1, p2, ... where it does not."""
        return parameter_names(self._data[0], self.parameters.size)

    @property
    def _freedom(self) -> float:
        return float(self.dof)

    def confidence_intervals(self, level: float = 0.95, *, profile: bool | None = None) -> Array:
        """Return the ends of intervals that hold each parameter with that chance, shape (p, 2).

        By Student's t and the standard errors; with ``profile=True``, or after ``curve_fit(profile=True)``, by profiles [1]_:
        the ends are where the least sum of losses with that parameter held has risen by t^2 times the variance. They follow
        a curved valley, need not lie alike on both sides, and are infinite where the data set no end; about 12 fits each.

        References
        ----------
        .. [1] D. M. Bates, D. G. Watts, "Nonlinear regression analysis and its applications" (1988), section 6.1.
        """
        if not (self._profile if profile is None else profile):
            return super().confidence_intervals(level)
        if self._problem is None:
            msg = "profile: these are residuals, whose fit is not made again; needed a fit of curve_fit."
            raise ValueError(msg)
        check_mark(self._mark, "profile", *self._data[1:3])
        return profile_intervals(self, factors(level, "level", self._freedom))

    def _facts(self) -> Sequence[tuple[str, Any]]:
        names = ("chi2", "dof", "iterations", "message")
        return [(name, getattr(self, name)) for name in names]

    def predict(
        self, x: Any, *, confidence: float | None = None, prediction: float | None = None
    ) -> Any:
        """Return the curve at x, (m,) or (k, m).

        With `confidence`, a `Band` that holds the curve with that chance at each point, by the delta method and Student's t;
        with `prediction`, one that holds a new point of weight 1 (without sigma: any new point).
        """
        f, p = self._data[0], self.parameters
        if f is None:
            msg = "predict: these are residuals, no curve; f itself gives them elsewhere."
            raise TypeError(msg)
        at = np.asarray(x) if isinstance(x, (list, tuple)) else x
        value = np.asarray(f(at, *p))
        if confidence is None and prediction is None:
            return value
        slopes = self._slopes(f, at, value)
        variance = np.einsum("...j,jk,...k->...", slopes, self.covariance, slopes)
        noise = self.chi2 / self.dof if self.dof > 0 else np.inf
        return self._band(value, np.maximum(variance, 0), confidence, prediction, noise)

    def _slopes(self, f: Any, x: Any, value: Array) -> Array:
        p = self.parameters

        def curve(theta: Any) -> Any:
            return f(x, *[theta[i] for i in range(p.size)]) + np.zeros(value.shape)

        try:
            return np.asarray(jacobian(curve, p))
        except (TraceError, TypeError, ValueError, IndexError):
            return np.asarray(finite_difference(curve, p).value)

    def plot(self, *, axes: Any = None) -> Any:
        """Draw the data, the curve with a band of two standard deviations, and the residuals beneath. Needs matplotlib."""
        f, x, y, weight = self._data
        if f is None:
            msg = "plot: these are residuals, no curve."
            raise TypeError(msg)
        check_mark(self._mark, "plot", x, y)
        sigma = None if weight is None else 1 / weight
        return pictures().fit(f, x, y, self, sigma=sigma, axes=axes)

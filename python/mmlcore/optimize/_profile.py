"""Confidence by profiles: how far a parameter may go while all others make the best of it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array
from mmlcore.core.status import success
from mmlcore.optimize._data import loss_number
from mmlcore.optimize._model import Model
from mmlcore.optimize._residuals import residuals_of

_CLOSE = 1e-6  # of the height that is looked for
_REFITS = 60  # for one end
_FARTHEST = 1e6  # standard errors, from which on an end is infinite


class Problem(NamedTuple):
    """A fit that can be made again from other starts and within other bounds."""

    f: Any
    model: Model | None
    data: Any
    target: Array
    weight: Array | None
    whiten: Array | None
    jac: Any
    loss: str
    f_scale: float
    tol: float
    max_iter: int
    box: tuple[Array, Array] | None
    absolute: bool
    unit: float = 1.0  # of y, in which squares are numbers

    def fit(self, start: Array, box: Any = None, of_model: Any = None) -> Any:
        """Return what a kernel found, in units of y, and the residuals: an array, or what makes them when asked for."""
        unit = self.unit
        lower, upper = box or self.box or (None, None)
        options = (
            lower,
            upper,
            loss_number(self.loss),
            self.f_scale * unit,
            self.tol,
            self.max_iter,
        )
        target, weight = self.target, self.weight
        if unit != 1:
            weight = (np.ones(target.size) if weight is None else weight) * unit
        if self.model is not None:
            given = (self.data, target, weight, start, *options)
            if of_model:
                ended = of_model(self.model, *given)
            else:
                ended = _core.fit_curve(self.model.single, *given)
            return ended, (self.model, self.data, target, self.weight)
        whiten = None if self.whiten is None else self.whiten * unit
        both, alone = residuals_of(self.f, self.data, target, weight, whiten, self.jac, start)
        scale = float(np.sum(alone(np.zeros(0)) ** 2))
        ended = _core.fit_residuals(both, alone, target.size, scale, start, *options)
        return ended, alone(ended[0]) / unit


def profile_intervals(fit: Any, factor: float) -> Array:
    """Return ends (p, 2) where the rise of chi2, in units of the variance, is `factor` squared; NaN where a fit fails."""
    problem = Problem(*fit._problem)  # from its fields, with or without the unit
    variance = 1.0 if problem.absolute else fit.chi2 / fit.dof if fit.dof > 0 else math.inf
    p = fit.parameters.size
    lower, upper = problem.box or (np.full(p, -np.inf), np.full(p, np.inf))
    ends = np.empty((p, 2))
    for k, error in enumerate(fit.standard_errors.tolist()):
        for side, (sign, bound) in enumerate(((-1.0, lower[k]), (1.0, upper[k]))):
            if error == 0 or lower[k] == upper[k]:
                ends[k, side] = fit.parameters[k]
            elif not (math.isfinite(error) and math.isfinite(variance)):
                ends[k, side] = sign * math.inf
            else:
                rise = _Rise(problem, fit, k, variance)
                ends[k, side] = _end(rise, sign, error, factor, float(bound))
    return ends


class _Rise:
    """The root of the rise of chi2 over the least, in units of the variance, with parameter k held."""

    def __init__(self, problem: Problem, fit: Any, k: int, variance: float) -> None:
        self.problem, self.k = problem, k
        self.least, self.variance = fit.chi2, variance
        self.center, self.near = float(fit.parameters[k]), fit.parameters.copy()

    def __call__(self, value: float) -> float:
        p, k = self.near.size, self.k
        low, high = self.problem.box or (np.full(p, -np.inf), np.full(p, np.inf))
        low, high, start = low.copy(), high.copy(), self.near.copy()
        low[k] = high[k] = start[k] = value
        (theta, _, cost, _, _, status), _ = self.problem.fit(start, (low, high))
        if not success(status) or not math.isfinite(cost):
            return math.nan
        self.near = theta
        return math.sqrt(max(cost / self.problem.unit**2 - self.least, 0.0) / self.variance)


def _end(rise: _Rise, sign: float, error: float, height: float, bound: float) -> float:
    """Return where the rise is as high: enclosed first, then by secants, with a bisection where these gain little."""
    near, low = 0.0, 0.0  # distances, and the rise there
    far, high = height * error, math.nan
    most = abs(bound - rise.center)
    for _ in range(_REFITS):
        far = min(far, most)
        high = rise(rise.center + sign * far)
        if math.isnan(high):
            return math.nan
        if high >= height * (1 - _CLOSE):
            break
        if far == most:
            return bound
        if far > _FARTHEST * error:
            return sign * math.inf
        near, low = far, high
        far *= 1.1 * min(max(height / high if high > 0 else 2.0, 1.0), 4.0)
    for count in range(_REFITS):
        if abs(high - height) <= _CLOSE * height or far - near <= 1e-12 * abs(rise.center):
            return rise.center + sign * far
        if abs(low - height) <= _CLOSE * height:
            return rise.center + sign * near
        part = 0.5 if count % 3 == 2 else (height - low) / (high - low)
        middle = near + part * (far - near)
        found = rise(rise.center + sign * middle)
        if math.isnan(found):
            return math.nan
        if found >= height:
            far, high = middle, found
        else:
            near, low = middle, found
    return rise.center + sign * far

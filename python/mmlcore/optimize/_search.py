"""Where a descent stands: point, value, gradient, how many steps, and whether it may stop."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.core.arrays import Array

CONVERGED, ROUNDING, RUNNING, NOT_FINITE, UNBOUNDED, STUCK = 1, 2, 0, -1, -2, -3
MESSAGES = {
    CONVERGED: "The gradient is below the tolerance.",
    ROUNDING: "No further decrease can be seen in double precision.",
    RUNNING: "max_iter steps were not enough.",
    NOT_FINITE: "f or its gradient is not finite at the start.",
    UNBOUNDED: "The steps run away: f has no lower bound there, or the learning rate is too large.",
    STUCK: "No step decreases f, though its gradient is not small.",
}
_EPS = float(np.finfo(float).eps)


class Search:
    """The state that all methods share."""

    def __init__(self, function: Any, x: Array, tol: float, max_iter: int, keep: bool) -> None:
        self.function, self.tol, self.max_iter = function, tol, max_iter
        self.x = x
        self.value, self.gradient = self.at(x)
        self.iterations = 0
        self.path = [x.copy()] if keep else None
        finite = np.isfinite(self.value) and bool(np.isfinite(self.gradient).all())
        self.status = RUNNING if finite else NOT_FINITE

    def at(self, x: Array) -> tuple[float, Array]:
        """Return value and gradient."""
        value, gradient = self.function.value_and_gradient(x)
        return float(value), gradient

    @property
    def steepness(self) -> float:
        """What is compared with the tolerance."""
        weighted = np.abs(self.gradient) * np.maximum(1, np.abs(self.x))
        return float(weighted.max() / max(1.0, abs(self.value)))

    def goes_on(self) -> bool:
        """Tell whether there is more to do; sets the status if not."""
        if self.status != RUNNING:
            return False
        if self.steepness <= self.tol:
            self.status = CONVERGED
        return self.status == RUNNING and self.iterations < self.max_iter

    def move(self, x: Array, value: float, gradient: Array) -> None:
        """Take a step."""
        self.iterations += 1
        finite = np.isfinite(value) and bool(np.isfinite(gradient).all())
        if not finite or np.abs(x).max() > 1e150:
            self.status = UNBOUNDED
            return
        self.x, self.value, self.gradient = x, value, gradient
        if self.path is not None:
            self.path.append(x.copy())

    def no_way_down(self) -> None:
        """End where no step decreases f: at a minimum as far as rounding lets one see, or stuck."""
        self.status = ROUNDING if self.steepness <= np.sqrt(_EPS) * 10 else STUCK

    def unseen(self, decrease: float) -> bool:
        """Tell whether a decrease of f is lost in its rounding errors."""
        return decrease <= 4 * _EPS * max(1.0, abs(self.value))

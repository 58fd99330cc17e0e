"""Where a descent stands: point, value, gradient, how many steps, and whether it may stop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, all_finite, largest_size
from mmlcore.core.status import Status

MESSAGES = {
    Status.CONVERGED: "What is left to go is below the tolerance.",
    Status.ROUNDING: "No further decrease can be seen in double precision.",
    Status.MAX_ITER: "max_iter steps were not enough.",
    Status.NOT_FINITE: "f or its gradient is not finite at the start.",
    Status.UNBOUNDED: "The steps run away: f has no lower bound there, or the learning rate is too large.",
    Status.STUCK: "No step decreases f, though its gradient is not small.",
}
_EPS = float(np.finfo(float).eps)
_BLUR = 1e-6  # a step that rounding errors of f can hide, relative to x: some roots of eps


def length(x: Array) -> float:
    """Return the Euclidean norm of a vector."""
    return math.sqrt(x.dot(x))


class Search:
    """The state of the method; that of the compiled ones is src/optimize/standing.hpp.

    The gradient divided by the curvature of the last step estimates the distance to the minimum, which is
    compared with the size of each unknown. So neither the units of x and f nor a constant in f matter.
    """

    def __init__(self, function: Any, x: Array, tol: float, max_iter: int, keep: bool) -> None:
        self.function, self.tol, self.max_iter = function, tol, max_iter
        self.x = x
        self.tried: tuple[Array, Array] | None = (
            None  # the last point that was looked at, and its gradient
        )
        self.value, self.gradient = self.at(x)
        self.iterations = 0
        self.path = [x.copy()] if keep else None
        finite = math.isfinite(self.value) and all_finite(self.gradient)
        self.status = Status.MAX_ITER if finite else Status.NOT_FINITE
        self.start = np.abs(x)  # how large each unknown may be
        self.left = np.full(x.shape, np.inf)  # how far each unknown may have to go
        self.first = self.value
        self.unit = 1.0  # of f: see `minimize`

    def at(self, x: Array) -> tuple[float, Array]:
        """Return value and gradient."""
        both = self.function._evaluate("value_and_gradient", (x,))
        gradient = both[1:]
        self.tried = (x, gradient)
        return float(both[0]), gradient

    @property
    def size(self) -> Array:
        """What steps are compared with."""
        return np.maximum(np.abs(self.x), 0.01 * self.start)

    def goes_on(self) -> bool:
        """Tell whether there is more to do; sets the status if not."""
        if self.status != Status.MAX_ITER:
            return False
        if not self.gradient.any() or self._arrived():
            self.status = Status.CONVERGED
        return self.status == Status.MAX_ITER and self.iterations < self.max_iter

    def _arrived(self) -> bool:
        if not self._flat(self.tol):
            return False
        if (self.left <= self.tol * np.abs(self.x)).all():
            return True
        # Near zero: a small part of the way from the start, and flat as well.
        steep = np.abs(self.gradient) / self.unit * np.maximum(1, np.abs(self.x))
        flat = steep <= self.tol * max(1.0, abs(self.value) / self.unit)
        return bool((flat & (self.left <= self.tol * self.size)).all())

    def _flat(self, tol: float) -> bool:
        """Tell whether f changes little where x does by its own size."""
        gained = max(abs(self.value), self.first - self.value)
        return bool((np.abs(self.gradient) * self.size <= tol * gained).all())

    def move(self, x: Array, value: float, gradient: Array) -> None:
        """Take a step."""
        self.iterations += 1
        if not (math.isfinite(value) and all_finite(gradient)) or largest_size(x) > 1e150:
            self.status = Status.UNBOUNDED
            return
        step = x - self.x
        self.left = self._left(step, gradient - self.gradient, gradient)
        if not self.start.all():
            self.start = np.where(self.start == 0, np.abs(step), self.start)
        self.x, self.value, self.gradient = x, value, gradient
        if self.path is not None:
            self.path.append(x.copy())

    @staticmethod
    def _left(step: Array, change: Array, gradient: Array) -> Array:
        """Return the distance to where the gradient would be zero, by the curvature along a step; infinite without any."""
        # In Python's numbers, which give no warnings where a length overflows.
        far, steeper = length(step), length(change)
        if not far > 0 or not steeper > 0 or not (step / far) @ (change / steeper) > 0:
            return np.full(gradient.shape, np.inf)
        return np.asarray(np.abs(gradient) * (far / steeper))

    def no_way_down(self) -> None:
        """End where no step decreases f: at a minimum as far as rounding lets one see, or stuck."""
        left = self.left
        if self.tried is not None and not np.isfinite(left).all():
            x, gradient = self.tried
            left = self._left(x - self.x, gradient - self.gradient, self.gradient)
        reach = max(length(self.x), length(self.start))
        near = length(left) <= _BLUR * reach or self.unseen(float(np.abs(self.gradient) @ left))
        if not self.gradient.any() or (near and self._flat(1e-3)):
            self.status = Status.ROUNDING
        else:
            self.status = Status.STUCK

    def unseen(self, decrease: float) -> bool:
        """Tell whether a decrease of f is lost in its rounding errors."""
        return decrease <= 4 * _EPS * abs(self.value)

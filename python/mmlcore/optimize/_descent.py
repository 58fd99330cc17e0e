"""Methods that use the gradient alone: steepest descent, momentum, and BFGS."""

from __future__ import annotations

import numpy as np

from mmlcore.core.arrays import Array, all_finite
from mmlcore.optimize._search import Search, length

_HALVINGS = 60


def gradient_descent(search: Search, learning_rate: float | None, momentum: float) -> None:  # noqa: ARG001  (all methods are called alike)
    """Go against the gradient: by a fixed rate, or by the rate that the last step shows (Barzilai, Borwein) if f decreases."""
    rate = search.first_rate
    while search.goes_on():
        x, gradient = search.x, search.gradient
        if learning_rate is not None:
            to = x - learning_rate * gradient
            search.move(to, *search.at(to))
            continue
        if not _downhill(search, -gradient, rate):
            return
        step, change = search.x - x, search.gradient - gradient
        curvature = float(step @ change)
        rate = float(step @ step) / curvature if curvature > 0 else 2 * rate


def momentum_descent(search: Search, learning_rate: float | None, momentum: float) -> None:
    """Keep going: a share of the last step is added to the next; or Nesterov's share, started anew when it leads up."""
    velocity = np.zeros_like(search.x)
    if learning_rate is not None:
        while search.goes_on():
            velocity = momentum * velocity - learning_rate * search.gradient
            to = search.x + velocity
            search.move(to, *search.at(to))
        return
    rate, weight = search.first_rate, 1.0
    while (
        search.goes_on()
        and search.unseen(rate * float(search.gradient @ search.gradient))
        and rate < 1e280
    ):
        rate *= 4  # a first step that f sees
    while search.goes_on():
        ahead = search.x + velocity
        value, gradient = search.at(ahead)
        square = float(gradient @ gradient)
        for _ in range(_HALVINGS):
            to = ahead - rate * gradient
            after, slope = search.at(to)
            if after <= value - 0.5 * rate * square or search.unseen(rate * square):
                break
            rate /= 2
        if not after < search.value:
            if velocity.any():  # the run-up led too far
                velocity, weight = np.zeros_like(velocity), 1.0
                continue
            search.no_way_down()
            return
        step = to - search.x
        turns = float(gradient @ step) > 0
        search.move(to, after, slope)
        following = (1 + np.sqrt(1 + 4 * weight * weight)) / 2
        velocity = np.zeros_like(step) if turns else (weight - 1) / following * step
        weight = 1.0 if turns else following
        rate *= 1.1


def bfgs(search: Search, learning_rate: float | None, momentum: float) -> None:  # noqa: ARG001  (all methods are called alike)
    """Learn the inverse Hessian from the gradients (Broyden, Fletcher, Goldfarb, Shanno)."""
    n = search.x.size
    inverse = np.eye(n)
    first = True
    while search.goes_on():
        x, gradient = search.x, search.gradient
        direction = -inverse @ gradient
        if not float(direction @ gradient) < 0:
            inverse, direction, first = np.eye(n), -gradient, True
        start = search.first_rate if first else 1.0
        if not _wolfe(search, direction, start):
            if first:
                search.no_way_down()
                return
            inverse, first = np.eye(n), True
            continue
        s, y = search.x - x, search.gradient - gradient
        sy = float(s @ y)
        if sy > 1e-14 * length(s) * length(y):
            if first:
                inverse *= sy / float(y @ y)
            # (1 + y'Hy / sy) ss' / sy - (Hy s' + s y'H) / sy, as s w' + w s'.
            hy = inverse @ y
            w = (1 + float(y @ hy) / sy) / (2 * sy) * s - hy / sy
            both = s[:, None] * w
            inverse += both
            inverse += both.T
        first = False


def _downhill(search: Search, direction: Array, rate: float) -> bool:
    """Halve a step until f decreases in proportion (Armijo)."""
    slope = float(search.gradient @ direction)
    for _ in range(_HALVINGS):
        to = search.x + rate * direction
        value, gradient = search.at(to)
        if value <= search.value + 1e-4 * rate * slope and all_finite(gradient):
            search.move(to, value, gradient)
            return True
        if search.unseen(-rate * slope):
            break
        rate /= 2
    search.no_way_down()
    return False


def _wolfe(search: Search, direction: Array, rate: float) -> bool:
    """Find a step that decreases f and flattens its slope (weak Wolfe conditions), by doubling and bisection."""
    slope = float(search.gradient @ direction)
    low, high, most = 0.0, np.inf, 1e17 * rate
    for _ in range(_HALVINGS):
        to = search.x + rate * direction
        value, gradient = search.at(to)
        if not value <= search.value + 1e-4 * rate * slope or not all_finite(gradient):
            high = rate
        elif float(gradient @ direction) < 0.9 * slope:
            low = rate
        else:
            search.move(to, value, gradient)
            return True
        if rate > most:
            search.move(to, -np.inf, gradient)  # without a lower bound
            return True
        rate = low + (high - low) / 2 if high < np.inf else 2 * rate
    return False

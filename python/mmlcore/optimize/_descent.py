"""Methods that use the gradient alone, as the courses have them: steepest descent and momentum."""

from __future__ import annotations

import numpy as np

from mmlcore.core.arrays import Array, all_finite
from mmlcore.optimize._search import Search

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

"""Newton's steps for many unknowns: in a trust region, by conjugate gradients."""

from __future__ import annotations

import math

import numpy as np

from mmlcore.calculus import hessian_vector_product
from mmlcore.core.arrays import Array, all_finite
from mmlcore.optimize._search import Search, length

_FAR = 1e150  # the longest step: its square is a number


def newton_steps(search: Search) -> None:
    """Minimize the quadratic model within a ball that grows and shrinks with its success."""
    radius = min(length(search.x) or 1.0, _FAR)
    while search.goes_on():
        while True:
            step, predicted = _conjugate_gradients(search, radius)
            far = length(step)
            if not math.isfinite(far):  # the model's numbers overflow
                search.no_way_down()
                return
            x = search.x + step
            value, gradient = search.at(x)
            actual = search.value - value
            ratio = actual / predicted if math.isfinite(value) and predicted > 0 else -1.0
            if ratio < 0.25:
                radius = 0.25 * far
            elif ratio > 0.75 and far > 0.99 * radius:
                radius = min(2 * radius, _FAR)
            if ratio > 1e-4 and all_finite(gradient):
                search.move(x, value, gradient)
                break
            # Where f cannot tell any more, the gradient still can.
            if search.unseen(predicted) and length(gradient) < 0.5 * length(search.gradient):
                search.move(x, value, gradient)
                break
            if search.unseen(predicted) or radius <= 1e-15 * length(search.size):
                search.no_way_down()
                return


def _unit(*parts: Array) -> float:
    """Return a power of two near the largest number: in such units a model does not overflow, and nothing is rounded."""
    largest = max(float(np.abs(part).max()) for part in parts)
    return math.ldexp(1.0, math.frexp(max(largest, 1e-300))[1] - 1)


def _conjugate_gradients(search: Search, radius: float) -> tuple[Array, float]:
    """Steihaug's method: conjugate gradients up to the boundary or to negative curvature."""
    unit = _unit(search.gradient)
    g = search.gradient / unit
    s, r = np.zeros_like(g), g.copy()
    d = -r
    steep = length(g)
    limit = min(0.1, math.sqrt(steep) * math.sqrt(unit)) * steep
    product = np.zeros_like(g)  # H s
    for _ in range(2 * g.size):
        hd = hessian_vector_product(search.function, search.x, d) / unit
        curvature = float(d @ hd)
        a = float(r @ r) / curvature if curvature > 0 else np.inf
        if curvature <= 0 or length(s + a * d) >= radius:
            sd, dd, ss = float(s @ d), float(d @ d), float(s @ s)
            a = (-sd + np.sqrt(sd * sd + dd * (radius**2 - ss))) / dd
            s, product = s + a * d, product + a * hd
            break
        s, product, after = s + a * d, product + a * hd, r + a * hd
        if length(after) <= limit:
            break
        d = -after + float(after @ after) / float(r @ r) * d
        r = after
    return s, float(unit * (-(g @ s) - 0.5 * (s @ product)))

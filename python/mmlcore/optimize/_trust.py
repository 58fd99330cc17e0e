"""Newton's steps in a trust region: exact by eigenvectors, or by conjugate gradients where n is large."""

from __future__ import annotations

import math

import numpy as np

from mmlcore.calculus import hessian_vector_product
from mmlcore.core.arrays import Array, all_finite
from mmlcore.core.status import Status
from mmlcore.elimination import solve
from mmlcore.optimize._search import Search, length

_DENSE = 50  # unknowns up to which the Hessian is decomposed
_FLAT = 1e-10  # pivot of the Hessian, in units of its diagonal, from which on it counts as positive definite
_FAR = 1e150  # the longest step: its square is a number


def newton_steps(search: Search, learning_rate: float | None, momentum: float) -> None:  # noqa: ARG001  (all methods are called alike)
    """Minimize the quadratic model within a ball that grows and shrinks with its success."""
    n = search.x.size
    radius = min(length(search.x) or 1.0, _FAR)
    while True:
        hessian = search.function.hessian(search.x) if n <= _DENSE else None
        if hessian is not None and not all_finite(hessian):
            search.no_way_down()
            return
        if hessian is not None:
            model = _Model(hessian, search.gradient)
            search.left, search.exact = model.left(), True
        if not search.goes_on() and (
            (hessian is not None and model.newton is not None) or not _at_saddle(search, hessian)
        ):
            return
        while True:
            if hessian is None:
                step, predicted = _conjugate_gradients(search, radius)
            else:
                step, predicted = model.within(radius)
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


def _at_saddle(search: Search, hessian: Array | None) -> bool:
    """Tell whether a stationary point has a way down, and go on if so."""
    if search.status != Status.CONVERGED or hessian is None or search.iterations >= search.max_iter:
        return False
    curvature = np.linalg.eigvalsh(hessian)
    if curvature[0] < -1e-6 * float(np.abs(curvature).max()):
        search.status = Status.MAX_ITER
        return True
    return False


def _unit(*parts: Array) -> float:
    """Return a power of two near the largest number: in such units a model does not overflow, and nothing is rounded."""
    largest = max(float(np.abs(part).max()) for part in parts)
    return math.ldexp(1.0, math.frexp(max(largest, 1e-300))[1] - 1)


class _Model:
    """The quadratic model g s + s H s / 2 of f: by Newton's step where that is its minimum, else by the eigenvectors of H."""

    def __init__(self, hessian: Array, gradient: Array) -> None:
        self.unit = _unit(hessian, gradient)
        self.hessian, self.gradient = hessian / self.unit, gradient / self.unit
        self.newton = self._to_minimum()
        if self.newton is None:
            self._decompose()

    def _to_minimum(self) -> Array | None:
        """Return Newton's step; None where curvatures may not be positive."""
        try:
            pivots = np.linalg.cholesky(self.hessian).diagonal()
        except np.linalg.LinAlgError:
            return None
        if not float(pivots.min()) ** 2 > _FLAT * float(self.hessian.diagonal().max()):
            return None
        return np.asarray(solve(self.hessian, -self.gradient))

    def _decompose(self) -> None:
        self.values, self.vectors = np.linalg.eigh(self.hessian)
        self.g = self.vectors.T @ self.gradient

    def left(self) -> Array:
        """Return the lengths of Newton's step, infinite where the curvature is not positive."""
        if self.newton is not None:
            return np.abs(self.newton)
        if not self.values[0] > 1e-14 * abs(float(self.values[-1])):
            return np.full(self.g.shape, np.inf if self.g.any() else 0.0)
        return np.asarray(np.abs(self.vectors @ (self.g / self.values)))

    def within(self, radius: float) -> tuple[Array, float]:
        """Return the step of at most `radius` that minimizes the model, and by how much."""
        if self.newton is not None:
            if length(self.newton) <= radius:
                return self.newton, -0.5 * self.unit * float(self.gradient @ self.newton)
            self.newton = None
            self._decompose()
        values, g = self.values, self.g
        floor = 1e-14 * max(abs(float(values[0])), abs(float(values[-1])), 1e-300)
        with np.errstate(divide="ignore", invalid="ignore"):
            s = self._step(0.0)
            if not (values[0] > floor and length(s) <= radius):
                s = self._on_the_border(radius, floor)
        return self.vectors @ s, float(self.unit * (-(g @ s) - 0.5 * (values * s) @ s))

    def _step(self, shift: float) -> Array:
        return np.where(self.g == 0, 0.0, -self.g / (self.values + shift))

    def _on_the_border(self, radius: float, floor: float) -> Array:
        least = float(self.values[0])
        low = max(0.0, -least)
        high = low + length(self.g) / radius + floor
        for _ in range(100):
            middle = low + (high - low) / 2
            far = length(self._step(middle))
            if far > radius or not math.isfinite(far):
                low = middle
            else:
                high = middle
            if 0.95 * radius <= far <= radius or high - low <= 1e-15 * high:
                break
        s = self._step(high)
        short = radius**2 - float(s @ s)
        if least < -floor and short > 0.1 * radius**2:  # straight along the curve downwards
            s[0] += np.copysign(np.sqrt(short), -self.g[0])
        return s


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

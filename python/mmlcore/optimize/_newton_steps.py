"""The steps of Newton and Raphson's method, all starts together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmlcore.core.arrays import Array
from mmlcore.optimize._status import Status

_HALVINGS = 40
_BLUR = 1e-7  # a step that rounding errors of f make up, relative to x


class Iteration:
    """Newton's iteration for k systems of n equations at once: values (k, n), slopes (k, n, n)."""

    def __init__(
        self,
        values: Callable[[Array], Array],
        slopes: Callable[[Array], Array],
        tol: float,
        max_iter: int,
        safeguard: bool = True,
        trajectory: bool = False,
    ) -> None:
        self.values, self.slopes = values, slopes
        self.tol, self.max_iter = tol, max_iter
        self.safeguard, self.trajectory = safeguard, trajectory
        self.path: list[Array] = []

    def run(self, start: Array) -> tuple[Array, Array, Array, Array]:
        """Return iterates, norms of the values, steps and statuses.

        A minimum of |f| holds safeguarded steps fast. Where that happened the plain iteration, which may jump out of it,
        has a try as well.
        """
        x, norm, steps, status = self._iterate(start)
        held = np.flatnonzero((status == Status.STUCK) | (status == Status.SINGULAR))
        if self.safeguard and held.size:
            plainly = Iteration(self.values, self.slopes, self.tol, self.max_iter, safeguard=False)
            found = plainly._iterate(start[held])
            good = found[3] == Status.CONVERGED
            for mine, other in zip((x, norm, status), (found[0], found[1], found[3]), strict=True):
                mine[held[good]] = other[good]
            steps[held] += found[2]
        return x, norm, steps, status

    def _iterate(self, start: Array) -> tuple[Array, Array, Array, Array]:
        x = start.copy()
        k, n = x.shape
        value = self.values(x)
        norm = _norm(value)
        steps, status = np.zeros(k, np.int64), np.full(k, int(Status.MAX_ITER))
        status[norm == 0] = Status.CONVERGED
        status[~np.isfinite(norm)] = Status.NOT_FINITE
        first = norm.copy()
        self.start = np.abs(x)  # how large each unknown may be
        self.last = np.zeros(k)  # lengths of steps
        # Where a function of one number was negative, and where positive; and whether the last step gained little.
        below, above = np.full(k, np.nan), np.full(k, np.nan)
        slow = np.zeros(k, bool)
        self._keep(x)
        for _ in range(self.max_iter):
            on = np.flatnonzero(status == Status.MAX_ITER)
            if not on.size:
                break
            step, singular = _steps(self.slopes(x[on]), value[on])
            self.start[on] = np.where(self.start[on] == 0, np.abs(step), self.start[on])
            held = np.zeros(on.size, bool)
            if n == 1 and self.safeguard:
                below[on] = np.where(value[on, 0] < 0, x[on, 0], below[on])
                above[on] = np.where(value[on, 0] > 0, x[on, 0], above[on])
                held = ~np.isnan(below[on] + above[on])
                last = self._tiny(step, x[on], on)
                step, singular = _inside(
                    x[on], step, singular, below[on], above[on], slow[on], last
                )
            status[on[singular]] = Status.SINGULAR
            on, step, held = on[~singular], step[~singular], held[~singular]
            moved, found, stuck = self._try(x[on], step, norm[on], held, on)
            small = self._tiny(step, x[on], on) & ~stuck
            # A step that is tiny beside the start alone ends a slow approach to zero, but not a fast one to something tiny.
            length = _norm(step)
            slowly = length > 0.4 * self.last[on]
            small &= slowly | (np.abs(step) <= self.tol * np.abs(x[on])).all(axis=-1)
            self.last[on] = length
            # Where rounding errors of f, which hide every decrease, are all that is left of it.
            blurred = stuck & (
                _norm(step) <= _BLUR * np.maximum(_norm(x[on]), _norm(self.start[on]))
            )
            small, stuck = small | blurred, stuck & ~blurred
            after = _norm(found)
            slow[on] = after > 0.5 * norm[on]
            x[on], value[on], norm[on] = moved, found, after
            steps[on] += 1
            status[on[small | (after == 0)]] = Status.CONVERGED
            # A change of sign at a pole is no root.
            status[on[stuck | (small & (after > first[on]) & (n == 1))]] = Status.STUCK
            status[on[~np.isfinite(after)]] = Status.NOT_FINITE
            self._keep(x)
        return x, norm, steps, status

    def _tiny(self, step: Array, x: Array, on: Array) -> Array:
        size = np.maximum(np.abs(x), 0.01 * self.start[on])
        return np.asarray((np.abs(step) <= self.tol * size).all(axis=-1))

    def _keep(self, x: Array) -> None:
        if self.trajectory:
            self.path.append(x.copy())

    def _try(
        self, x: Array, step: Array, norm: Array, held: Array, on: Array
    ) -> tuple[Array, Array, Array]:
        """Return the points after the steps, their values, and where no part of the step helps.

        Steps are halved until |f| decreases in proportion (Armijo), but for those `held` in an interval with a root.
        """
        moved, part = x + step, np.ones(len(x))
        found = self.values(moved)
        worse = np.zeros(len(x), bool)
        for _ in range(_HALVINGS if self.safeguard else 0):
            near = self._tiny(step, x, on)  # rounding decides
            worse = ~(_norm(found) <= (1 - 1e-4 * part) * norm) & ~near & ~held
            if not worse.any():
                break
            part[worse] /= 2
            moved[worse] = x[worse] + part[worse, None] * step[worse]
            found[worse] = self.values(moved[worse])
        moved[worse], found[worse] = x[worse], self.values(x[worse])
        return moved, found, worse


def _norm(x: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.sqrt((x * x).sum(axis=-1)))


def _steps(slopes: Array, values: Array) -> tuple[Array, Array]:
    """Return -J^-1 f; where J is singular the shortest step that is best, or that there is none."""
    k, n = values.shape
    if n == 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -values / slopes[:, :, 0]
        return step, ~np.isfinite(step[:, 0])
    try:
        step = -np.linalg.solve(slopes, values[..., None])[..., 0]
        if np.isfinite(step).all():
            return step, np.zeros(k, bool)
    except np.linalg.LinAlgError:
        step = np.full_like(values, np.nan)
    singular = np.zeros(k, bool)
    for i in np.flatnonzero(~np.isfinite(step).all(axis=1)):
        if not np.isfinite(slopes[i]).all():
            singular[i] = True
            continue
        step[i] = -np.linalg.lstsq(slopes[i], values[i], rcond=None)[0]
        gain = slopes[i] @ step[i]
        singular[i] = not np.linalg.norm(gain) > 1e-8 * np.linalg.norm(values[i])
    return step, singular


def _inside(
    x: Array, step: Array, singular: Array, below: Array, above: Array, slow: Array, last: Array
) -> tuple[Array, Array]:
    """Go to the middle of an interval with a change of sign, where Newton's step would leave it or gains little."""
    low, high = np.minimum(below, above), np.maximum(below, above)
    to = x[:, 0] + step[:, 0]
    halve = ~np.isnan(low) & ~last & (slow | ~((to > low) & (to < high)))
    middle = low + (high - low) / 2
    return np.where(halve, middle - x[:, 0], step[:, 0])[:, None], singular & ~halve

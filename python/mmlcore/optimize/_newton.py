"""Newton-Raphson: roots of functions of a number and of systems, one or a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus import Function, TraceError
from mmlcore.calculus.memory import traced
from mmlcore.calculus.symbol import size_of
from mmlcore.core.arrays import (
    Array,
    as_array,
    as_index,
    as_real,
    plain,
    require_finite,
    shape_error,
)
from mmlcore.optimize._status import sentences

CONVERGED, RUNNING, SINGULAR, DIVERGED, STUCK = 1, 0, -1, -2, -3
MESSAGES = {
    CONVERGED: "The last step is below the tolerance.",
    RUNNING: "max_iter steps were not enough.",
    SINGULAR: "The slope, or the Jacobian, leads nowhere: |f| is stationary here, and not zero.",
    DIVERGED: "The values are not finite.",
    STUCK: "No part of the step makes |f| smaller.",
}
_HALVINGS = 40
_BLUR = 1e-7  # a step that rounding errors of f make up, relative to x


class Root(NamedTuple):
    """What `newton` returns."""

    x: Any
    """Where f is zero, of the shape of x0."""
    residual: Any
    """Euclidean norm of f(x), for each start."""
    iterations: Any
    """Steps that were taken, for each start."""
    converged: Any
    """Whether the last step was below the tolerance."""
    status: Any
    """1 converged, 0 max_iter, -1 singular, -2 not finite, -3 no progress."""
    path: Array | None = None
    """Iterates (steps + 1, ...) with trajectory=True."""

    @property
    def message(self) -> str | list[str]:
        """The status as a sentence, or one for each start."""
        return sentences(MESSAGES, self.status)


def newton(
    f: Callable[..., Any],
    x0: ArrayLike,
    *,
    tol: float = 1e-12,
    max_iter: int = 50,
    safeguard: bool = True,
    trajectory: bool = False,
) -> Root:
    """Find x with f(x) = 0 by Newton and Raphson's method, with exact derivatives.

    Parameters
    ----------
    f : callable or Function
        Of a number, or of a vector (n,) with as many results; traced as in `mmlcore.calculus`.
    x0 : array_like of shape () or (..., n)
        Starts. If f takes numbers one by one, every element is a start of its own.
    tol : float, default 1e-12
        Step at which to stop, relative to each unknown (or, for one that comes near zero, to 0.01 times where it started). Units
        of x and f do not matter.
    max_iter : int, default 50
        Most steps.
    safeguard : bool, default True
        Shorten steps that do not make ``|f|`` smaller, and keep to an interval in which a function of a number has changed its
        sign. Without, the plain iteration, which may cycle and jump.
    trajectory : bool, default False
        Whether to keep all iterates.

    Returns
    -------
    Root
        (x, residual, iterations, converged, status, path). A start that finds no root says why in its status.

    Raises
    ------
    TraceError
        f cannot be traced.
    ValueError
        NaN or infinity in x0; f has not as many results as arguments.

    Notes
    -----
    x is replaced by x - J(x)^-1 f(x) [1]_: near a simple root digits double at each step; a multiple root is approached by a
    constant factor. A step that does not decrease ``|f|`` is halved. Cost: for each step f, its Jacobian and a solution of a
    linear system, all starts together.

    References
    ----------
    .. [1] J. E. Dennis, R. B. Schnabel, "Numerical Methods for Unconstrained Optimization and Nonlinear Equations" (1996),
       chapters 5 and 6.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> root = mml.newton(lambda x: x**3 - 2 * x - 5, 2.0)
    >>> round(root.x, 12), root.iterations, root.converged
    (2.094551481542, 5, True)
    >>> mml.newton(lambda v: np.stack([v[0] ** 2 + v[1] ** 2 - 4, v[0] * v[1] - 1]), [2.0, 0.0]).x.round(6)
    array([1.931852, 0.517638])
    """
    start = require_finite(as_array(x0, "x0"), "x0").astype(np.float64)
    if start.ndim and not start.shape[-1]:
        msg = f"x0: got shape {start.shape}, needed at least one unknown."
        raise ValueError(msg)
    max_iter, tol = as_index(max_iter, "max_iter", least=1), as_real(tol, "tol", 0.0, 1.0)
    function, numbers = _function(f, start)
    n = 1 if numbers else start.shape[-1]
    form = () if numbers else (n,)
    if numbers:
        function = one_number(function, "f")
    if function.shape != form:
        raise shape_error("f", function.shape, f"{form} as its result, one number for each unknown")
    lead = start.shape if numbers else start.shape[:-1]

    def values(z: Array) -> Array:
        return np.asarray(function(z[:, 0] if numbers else z)).reshape(-1, n)

    def slopes(z: Array) -> Array:
        found = (
            function._evaluate(("derivative", 1), (z[:, 0],)) if numbers else function.jacobian(z)
        )
        return np.asarray(found).reshape(-1, n, n)

    iteration = Iteration(values, slopes, tol, max_iter, safeguard, trajectory)
    z, residual, steps, status = iteration.run(start.reshape(-1, n))
    path = None if not trajectory else np.stack(iteration.path).reshape(-1, *start.shape)
    return Root(
        plain(z.reshape(start.shape), float),
        plain(residual.reshape(lead), float),
        plain(steps.reshape(lead), int),
        plain((status == CONVERGED).reshape(lead), bool),
        plain(status.reshape(lead), int),
        path,
    )


def _function(f: Any, start: Array) -> tuple[Any, bool]:
    """Trace f, and tell whether it takes numbers: so it does if elements are treated one by one."""
    if start.ndim == 0:
        return traced(f, ()), True
    whole = traced(f, start.shape[-1:]) if not _takes_numbers(f) else None
    try:
        single = traced(f, ())
    except (TraceError, ValueError, IndexError, TypeError):
        single = None
    if whole is None or single is None or single.shape != () or whole.shape != start.shape[-1:]:
        return (whole, False) if whole is not None else (single, True)
    rows = start.reshape(-1, start.shape[-1])
    for x in (rows, rows + 0.1 * (1 + np.arange(rows.shape[1]))):
        if not np.array_equal(np.asarray(whole(x)), np.asarray(single(x)), equal_nan=True):
            return whole, False
    return single, True


def one_number(function: Any, name: str) -> Any:
    """Return a function of one number as its result, which may have come as an array of one."""
    if function.shape == ():
        return function
    if size_of(function.shape) != 1:
        raise shape_error(name, function.shape, "() as its result, one number")
    return Function(lambda *x: function(*x).reshape(()), *function.shapes)


def _takes_numbers(f: Any) -> bool:
    return getattr(f, "shapes", None) == ((),)


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
        held = np.flatnonzero((status == STUCK) | (status == SINGULAR))
        if self.safeguard and held.size:
            plainly = Iteration(self.values, self.slopes, self.tol, self.max_iter, safeguard=False)
            found = plainly._iterate(start[held])
            good = found[3] == CONVERGED
            for mine, other in zip((x, norm, status), (found[0], found[1], found[3]), strict=True):
                mine[held[good]] = other[good]
            steps[held] += found[2]
        return x, norm, steps, status

    def _iterate(self, start: Array) -> tuple[Array, Array, Array, Array]:
        x = start.copy()
        k, n = x.shape
        value = self.values(x)
        norm = _norm(value)
        steps, status = np.zeros(k, np.int64), np.full(k, RUNNING)
        status[norm == 0] = CONVERGED
        status[~np.isfinite(norm)] = DIVERGED
        first = norm.copy()
        self.start = np.abs(x)  # how large each unknown may be
        self.last = np.zeros(k)  # lengths of steps
        # Where a function of one number was negative, and where positive; and whether the last step gained little.
        below, above = np.full(k, np.nan), np.full(k, np.nan)
        slow = np.zeros(k, bool)
        self._keep(x)
        for _ in range(self.max_iter):
            on = np.flatnonzero(status == RUNNING)
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
            status[on[singular]] = SINGULAR
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
            status[on[small | (after == 0)]] = CONVERGED
            # A change of sign at a pole is no root.
            status[on[stuck | (small & (after > first[on]) & (n == 1))]] = STUCK
            status[on[~np.isfinite(after)]] = DIVERGED
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

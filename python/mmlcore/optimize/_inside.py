"""`newton`, `minimize`, `lagrange` and `curve_fit` inside traced functions: derivatives pass through the solved problem.

Where F(x, p) = 0 holds along with its parameters p, the implicit function theorem gives dx/dp = -F_x^-1 F_p. So the search runs
without derivatives, as one loop of the graph, and Newton's steps x - F_x(x, p)^-1 F(x, p) follow from where it ended, which
is held fixed: the first has the first derivatives of the solution, and each further one twice as many orders and one more
(the error of a step is the square of that before). Three steps: right up to the seventh order;
higher ones are refused.

A search that finds nothing gives NaN, as matrices without an inverse do: other points keep their numbers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mmlcore.calculus.solving import (
    Freed,
    fixed,
    holds_symbol,
    limit_orders,
    loop,
    refuse_here,
    replace_inside,
)
from mmlcore.core.arrays import as_index
from mmlcore.optimize._curve_fit import curve_fit
from mmlcore.optimize._lagrange import Constrained, lagrange
from mmlcore.optimize._minimize import Minimum, minimize
from mmlcore.optimize._newton import Root, newton

_POLISH = 3  # Newton's steps from where the search ended
_SHARES = (1.0, 0.5, 0.1, 0.01, 1e-4)  # of a step, of which the best is taken
# What the last step may be, relative to the unknowns: in float32 their rounding errors, and what it leaves is its square.
_FAR, _FAR_OF_FLOATS = 1e-7, 1e-4


class _System:
    """F(x, p), its Jacobian, and how a solution is found from a start."""

    def __init__(self, freed: Freed, start: Any, value: Any, slope: Any) -> None:
        self.freed, self.start, self.n = freed, start, start.size
        self._value, self._slope = value, slope

    def value(self, x: Any, around: Any) -> Any:
        """Return F as a vector."""
        return self.freed.at(self._value, x, around).reshape(self.n)

    def step(self, x: Any, around: Any) -> Any:
        """Return Newton's step."""
        slope = self.freed.at(self._slope, x, around).reshape(self.n, self.n)
        return -np.linalg.solve(slope, self.value(x, around)).reshape(x.shape)

    def polished(self, found: Any) -> tuple[Any, Any]:
        """Return the solution with its derivatives, and whether it is one."""
        x: Any = fixed(found)
        step: Any = None
        for _ in range(_POLISH):
            step = self.step(x, self.freed.around)
            x = x + step
        scale = np.maximum(abs(x), 0.01 * abs(self.start))
        far = np.where(_in_floats(x), _FAR_OF_FLOATS, _FAR)
        good = np.all(abs(step) <= far * scale)
        limit_orders(x.tape, 2**_POLISH - 1)
        return x * _one_if(good), good


def _in_floats(x: Any) -> Any:
    """Tell at the time of the call whether numbers are float32: 1 + 1e-10 is 1 then."""
    little = np.where(
        x.reshape(-1)[0] < 0, 1.1e-10, 1e-10
    )  # which depends on x, so that it is no constant
    return (1.0 + little) - 1.0 == 0


def _one_if(good: Any) -> Any:
    """Return 1 or NaN: a factor, which derivatives keep; of a choice that of the other side would be 0."""
    return np.where(good, 1.0, np.nan)


def _start_of(tape: Any, x0: Any) -> Any:
    start = tape.symbol(x0)
    if start.ndim > 1 or not start.size:
        refuse_here(
            f"a search from starts of shape {start.shape}",
            "Inside a traced function there is one start, (n,) or ().",
        )
    return start


def _searched(
    step: Callable[[Any, Any, Any], Any], start: Any, extra: Any, around: Any, count: int
) -> Any:
    """Repeat a step of the unknowns and a number beside them; the parameters come along."""
    held = tuple(map(fixed, around))

    def body(_i: Any, state: Any) -> Any:
        x, beside, *given = state
        return (*step(x, beside, given), *given)

    return loop(body, (fixed(start), extra, *held), count)[0]


def _steps(max_iter: Any, most: int) -> int:
    return min(as_index(max_iter, "max_iter", least=1), most)


def _root(tape: Any, system: _System, count: int) -> tuple[Any, Any, Any]:
    """Return a root, whether it is one, and the length of F there."""

    def step(x: Any, beside: Any, given: Any) -> Any:
        # The best share of Newton's step, if it is better than to stay.
        full = system.step(x, given)
        best, least = x, _length(system.value(x, given))
        for share in _SHARES:
            there = x + share * full
            size = _length(system.value(there, given))
            better = size < least
            best, least = np.where(better, there, best), np.where(better, size, least)
        return best, beside

    freed = system.freed
    x, good = system.polished(_searched(step, system.start, tape.symbol(0.0), freed.around, count))
    return x, good, _length(system.value(x, freed.around))


def _length(x: Any) -> Any:
    return np.sqrt(np.sum(x * x))


def _independent(freed: Freed, *given: Any) -> bool:
    """Tell problems that have nothing of the function around them: those are solved once, now."""
    return not freed.around and not any(map(holds_symbol, given))


def _newton(tape: Any, plain: Any, f: Any, x0: Any, *, max_iter: int = 50, **options: Any) -> Any:
    start = _start_of(tape, x0)
    freed = Freed(tape, lambda x, seen: seen(f)(x), start.shape)
    if _independent(freed, x0):
        return plain(f, x0, max_iter=max_iter, **options)
    if freed.shape != start.shape:
        refuse_here(
            f"mmlcore.newton of an f whose result has shape {freed.shape}",
            f"Return {start.shape}, one number for each unknown.",
        )
    system = _System(freed, start, "value", "jacobian")
    x, good, residual = _root(tape, system, _steps(max_iter, 100))
    return Root(x, residual, None, good, None)


def _minimum(tape: Any, freed: Freed, start: Any, count: int) -> tuple[Any, Any]:
    """Return a minimum and whether it is one: Newton's steps with a shift of the Hessian that follows their success."""
    n, at = start.size, freed.at
    eye = np.eye(n)

    def step(x: Any, shift: Any, given: Any) -> Any:
        slope, bend = at("gradient", x, given).reshape(n), at("hessian", x, given).reshape(n, n)
        size = np.maximum(np.max(abs(np.diagonal(bend))), 1e-100)
        factor = np.linalg.cholesky(bend + shift * size * eye)  # NaN where it is not definite
        half = np.linalg.solve(factor, slope)
        there = x - np.linalg.solve(factor.T, half).reshape(x.shape)
        good = at("value", there, given).reshape(()) <= at("value", x, given).reshape(())
        less = np.where(shift < 1e-9, 0.0, 0.1 * shift)
        return np.where(good, there, x), np.where(
            good, less, np.minimum(np.maximum(4 * shift, 1e-4), 1e12)
        )

    found = _searched(step, start, tape.symbol(0.0), freed.around, count)
    x, good = _System(freed, start, "gradient", "hessian").polished(found)
    bend = at("hessian", x, freed.around).reshape(n, n)
    good = good & np.all(np.isfinite(np.linalg.cholesky(bend)))
    return x * _one_if(good), good


def _minimize(tape: Any, plain: Any, f: Any, x0: Any, **options: Any) -> Any:
    start, args = _start_of(tape, x0), options.get("args", ())
    args = args if isinstance(args, (tuple, list)) else (args,)
    freed = Freed(tape, lambda x, seen: seen(f)(x, *map(seen, args)), start.shape)
    if _independent(freed, x0, *args):
        return plain(f, x0, **options)
    if any(options.get(key) is not None for key in ("bounds", "callback")) or options.get(
        "trajectory"
    ):
        refuse_here(
            "mmlcore.minimize with bounds, callback or trajectory",
            "Leave them out inside a traced function.",
        )
    x, good = _minimum(tape, freed, start, _steps(options.get("max_iter", 200), 200))
    value, slope = (freed.at(kind, x, freed.around) for kind in ("value", "gradient"))
    return Minimum(x, value.reshape(()), slope, None, good, None, None)


def _lagrange(
    tape: Any, plain: Any, f: Any, constraints: Any, x0: Any, *, max_iter: int = 100, **options: Any
) -> Any:
    start = _start_of(tape, x0)
    gs = [constraints] if callable(constraints) else list(constraints)
    n, m = start.size, len(gs)

    def whole(z: Any, seen: Any) -> Any:
        x = z[:n]
        return seen(f)(x) - sum(z[n + i] * seen(g)(x) for i, g in enumerate(gs))

    freed = Freed(tape, whole, (n + m,))
    if _independent(freed, x0):
        return plain(f, constraints, x0, max_iter=max_iter, **options)
    first = np.concatenate([start, np.zeros(m)])
    slope, bend = (freed.at(kind, first, freed.around) for kind in ("gradient", "hessian"))
    first = np.concatenate([start, -np.linalg.pinv(bend[:n, n:]) @ slope[:n]])
    z, good, residual = _root(
        tape, _System(freed, first, "gradient", "hessian"), _steps(max_iter, 100)
    )
    value = freed.at("value", z, freed.around).reshape(())
    return Constrained(z[:n], z[n:], value, None, residual, None, good, None)


class TracedFit(NamedTuple):
    """What `curve_fit` gives inside a traced function; unpacks as ``popt, pcov``."""

    parameters: Any
    """Best parameters, shape (p,)."""
    covariance: Any
    """Their covariance, shape (p, p)."""


def _curve_fit(
    tape: Any,
    plain: Any,
    f: Any,
    xdata: Any,
    ydata: Any,
    p0: Any = None,
    sigma: Any = None,
    **options: Any,
) -> Any:
    absolute = bool(options.pop("absolute_sigma", False))
    if p0 is None:
        p0 = np.ones(len(inspect.signature(f).parameters) - 1)
    start = _start_of(tape, p0)
    count = _steps(options.pop("max_iter", 200), 200)

    def residuals(theta: Any, seen: Any) -> Any:
        away = seen(f)(seen(xdata), *[theta[i] for i in range(start.size)]) - seen(ydata)
        return away if sigma is None else away / seen(sigma)

    def half_squares(theta: Any, seen: Any) -> Any:
        away = residuals(theta, seen)
        return 0.5 * np.sum(away * away)

    freed = Freed(tape, half_squares, start.shape)
    if _independent(freed, xdata, ydata, p0, sigma):
        return plain(f, xdata, ydata, p0, sigma, absolute_sigma=absolute, **options)
    if any(value is not None for value in options.values()) or np.ndim(sigma) == 2:
        refuse_here(
            f"mmlcore.curve_fit with {', '.join(options) or 'a matrix as sigma'}",
            "Inside a traced function it takes p0, sigma, absolute_sigma and max_iter.",
        )
    theta, _ = _minimum(tape, freed, start, count)
    away = Freed(tape, residuals, start.shape)
    slope = away.at("jacobian", theta, away.around).reshape(-1, start.size)
    covariance = np.linalg.inv(slope.T @ slope)
    if not absolute:
        rest = away.at("value", theta, away.around)
        covariance = covariance * (np.sum(rest * rest) / (slope.shape[0] - start.size))
    return TracedFit(theta, covariance)


for _plain, _traced in (
    (newton, _newton),
    (minimize, _minimize),
    (lagrange, _lagrange),
    (curve_fit, _curve_fit),
):
    replace_inside(_plain, _traced)

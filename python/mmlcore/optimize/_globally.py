"""`minimize_globally`: the least value in a box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus.memory import traced
from mmlcore.core.arrays import Array, as_index, as_real, plain
from mmlcore.core.random_state import RandomState, as_seed
from mmlcore.core.status import Status, judged, success
from mmlcore.optimize._compiled import descend
from mmlcore.optimize._minimize import Minimum, bounds_of
from mmlcore.optimize._newton import one_number

_POLISHED = 8  # of the best points


def minimize_globally(
    f: Callable[..., Any],
    bounds: Any,
    *,
    population: int | None = None,
    generations: int = 1000,
    tol: float = 1e-8,
    random_state: RandomState = 0,
    raise_on_failure: bool = True,
) -> Minimum:
    """Search a box for the least value of f, by differential evolution and a descent at its end.

    Parameters
    ----------
    f : callable or Function
        Of a vector (n,), with a number as its result; traced as in `mmlcore.calculus`.
    bounds : sequence of n pairs, (lower, upper), or scipy.optimize.Bounds
        Finite bounds of each unknown.
    population : int, optional
        Points that are moved together. Default: 30 for each unknown, 100 to 500.
    generations : int, default 1000
        Most moves of the population.
    tol : float, default 1e-8
        Spread of the values, or of the points in units of the box, at which the population has gathered; and the step at which
        the descent stops.
    random_state : int, Generator, RandomState or None, default 0
        The same number gives the same search, on any number of threads; None another each time.
    raise_on_failure : bool, default True
        Whether a search that has not gathered is an error; else its status says so.

    Returns
    -------
    Minimum
        As that of `minimize`; iterations counts the generations.

    Raises
    ------
    ConvergenceError
        The population had not gathered after so many generations; the best point is in ``.result``.
    ValueError
        Bounds that are not finite or cross; f is nowhere finite in the box.
    TraceError
        f cannot be traced.

    Notes
    -----
    Points are moved towards one of the best tenth and by differences of others, with rates that follow what succeeds [1]_; a
    generation is evaluated in one run of the compiled function. The best few, and the points of a Latin hypercube with which
    all began, then start quasi-Newton descents within the bounds, in SIMD lanes; the least value counts. No finite search
    is certain to find the least of all minima; another seed or a larger population is a test of it. Cost: population times
    generations evaluations.

    References
    ----------
    .. [1] J. Zhang, A. C. Sanderson, "JADE: adaptive differential evolution with optional external archive", IEEE Trans.
       Evol. Comput. 13 (2009).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> waves = lambda x: 20 + np.sum(x**2 - 10 * np.cos(2 * np.pi * x))
    >>> found = mml.minimize_globally(waves, [(-5.12, 5.12)] * 2)
    >>> bool(np.abs(found.x).max() < 1e-8), round(found.value, 9)
    (True, 0.0)
    """
    box = _box(bounds)
    n = box[0].size
    default = min(max(30 * n, 100), 500)
    population = as_index(default if population is None else population, "population", least=4)
    generations = as_index(generations, "generations", least=0)
    tol = as_real(tol, "tol", 0.0, 1.0)
    function = one_number(traced(f, (n,)), "f")
    program, seed = function._program("value")[0], as_seed(random_state)
    points, values, moves, _, gathered = _core.evolve(
        program, *box, population, generations, tol, seed
    )
    if not np.isfinite(values[0]):
        msg = "f: is not finite, or minus infinity, at the best of the points that were tried in the box."
        raise ValueError(msg)
    x, value, gradient = points[0], float(values[0]), function.gradient(points[0])
    # The best of the population, and the points that it began with: what a crowd has left, a descent of each may find.
    first, *_ = _core.evolve(program, *box, population, 0, tol, seed)
    starts = np.concatenate([points[:_POLISHED], first])
    ends = descend(
        function,
        *(np.ascontiguousarray(starts), [], "bfgs", box),
        tol=tol,
        max_iter=1000,
        trajectory=False,
        callback=None,
    )
    best, stationary = int(np.argmin(np.where(np.isfinite(ends[1]), ends[1], np.inf))), False
    if ends[1][best] <= value:
        x, value, gradient = ends[0][best], float(ends[1][best]), ends[2][best]
        stationary = bool(success(ends[4][best]))
    status = Status.CONVERGED if gathered or stationary else Status.MAX_ITER
    if not gathered and status == Status.CONVERGED and np.ptp(values[:_POLISHED]) > 0:
        status = _alike(ends, best)
    found = Minimum(
        plain(x, float),
        value,
        plain(gradient, float),
        moves,
        bool(success(status)),
        None,
        int(status),
    )
    return judged(found, "minimize_globally", raise_on_failure)


def _alike(ends: Any, best: int) -> Status:
    """Tell whether the best points of a population that has not gathered all lead to the same value."""
    values = ends[1][:_POLISHED]
    values = values[np.isfinite(values)]
    alike = np.abs(values - ends[1][best]) <= 1e-6 * max(1e-300, float(np.abs(values).max()))
    return Status.CONVERGED if alike.all() else Status.MAX_ITER


def _box(bounds: Any) -> tuple[Array, Array]:
    try:
        n = len(bounds.lb) if hasattr(bounds, "lb") else _unknowns(bounds)
    except TypeError:
        msg = f"bounds: got {bounds!r}, needed a pair of finite numbers for each unknown."
        raise ValueError(msg) from None
    box = bounds_of(bounds, n)
    if box is None or not (np.isfinite(box[0]).all() and np.isfinite(box[1]).all()) or not n:
        msg = f"bounds: got {bounds!r}, needed a pair of finite numbers for each unknown."
        raise ValueError(msg)
    return box


def _unknowns(bounds: Any) -> int:
    """Return how many: of pairs their number; of two arrays (lower, upper) their length."""
    sizes = [np.size(part) for part in bounds]
    if len(bounds) == 2 and sizes[0] == sizes[1] and sizes[0] != 2:
        return sizes[0]
    return len(bounds)

"""Walks over landscapes by a rule that says the next step, and where many searches end.

>>> import mmlcore as mml
>>> from mmlcore.optimize import landscapes, strategies
>>> pit = landscapes.sandpit()
>>> path = strategies.explore(pit, strategies.damped_newton, [1.0, 3.0], steps=20)
>>> path[-1].round(3), round(float(pit(path[-1])), 3)
(array([1.213, 4.009]), -9.0)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus import Function
from mmlcore.core.arrays import Array, as_array, as_index, require_finite, shape_error
from mmlcore.elimination import solve

__all__ = ["basins", "damped_newton", "explore", "steepest"]

Strategy = Callable[[Any, Array, Array], ArrayLike]


def steepest(f: Any, gradient: Array, hessian: Array) -> Array:  # noqa: ARG001  # the form of every strategy
    """Step down the gradient, a fifth of it and at most 1 long.

    Parameters
    ----------
    f : float
        Depth where one stands; not used.
    gradient : ndarray of shape (2,)
        Slope there.
    hessian : ndarray of shape (2, 2)
        Second derivatives there; not used.

    Returns
    -------
    ndarray of shape (2,)
        The step, against the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from mmlcore.optimize import strategies
    >>> strategies.steepest(-1.0, np.array([3.0, 4.0]), np.eye(2))
    array([-0.6, -0.8])
    """
    step = -gradient / 5
    return step / max(1.0, float(np.linalg.norm(step)))


def damped_newton(f: Any, gradient: Array, hessian: Array) -> Array:
    """Newton's step, at most 1 long, where the surface is curved like a bowl; elsewhere `steepest`.

    Parameters
    ----------
    f : float
        Depth where one stands; not used.
    gradient : ndarray of shape (2,)
        Slope there.
    hessian : ndarray of shape (2, 2)
        Second derivatives there.

    Returns
    -------
    ndarray of shape (2,)
        The step.

    Examples
    --------
    >>> import numpy as np
    >>> from mmlcore.optimize import strategies
    >>> strategies.damped_newton(-1.0, np.array([1.0, 0.0]), 2 * np.eye(2))
    array([-0.5, -0. ])
    """
    if not np.linalg.eigvalsh(hessian)[0] > 0:
        return steepest(f, gradient, hessian)
    step = -np.asarray(solve(hessian, gradient))
    return step / max(1.0, float(np.linalg.norm(step)))


def explore(
    landscape: Callable[[Any], Any], next_step: Strategy, start: ArrayLike, *, steps: int = 5
) -> Array:
    """Walk over a landscape by somebody's strategy.

    Parameters
    ----------
    landscape : callable
        Of a vector (2,), traceable as in `mmlcore.calculus`.
    next_step : callable
        next_step(f, J, H), with the value, the gradient (2,) and the Hessian (2, 2) where one stands, returns the step.
    start : array_like of shape (2,)
        Where to begin.
    steps : int, default 5
        How many.

    Returns
    -------
    ndarray of shape (steps + 1, 2)
        The path.

    Raises
    ------
    ValueError
        NaN or infinity, in the start or in a step; shapes that do not fit.

    Examples
    --------
    >>> from mmlcore.optimize import landscapes, strategies
    >>> strategies.explore(landscapes.chess(), lambda f, J, H: -J / 20, [3.2, 3.1]).shape
    (6, 2)
    """
    place = require_finite(as_array(start, "start"), "start").astype(np.float64)
    if place.shape != (2,):
        raise shape_error("start", place.shape, "(2,)")
    function = Function(landscape, 2)
    path = [place]
    for _ in range(as_index(steps, "steps", least=0)):
        step = as_array(
            next_step(function(place), function.gradient(place), function.hessian(place)),
            "next_step",
        )
        if step.shape != (2,):
            raise shape_error("next_step", step.shape, "(2,) as its result")
        place = place + require_finite(step, "next_step")
        path.append(place)
    return np.stack(path)


def basins(ends: ArrayLike, reached: ArrayLike, *, apart: float = 1e-6) -> tuple[Array, Array]:
    """Tell which of many searches ended in the same place.

    Parameters
    ----------
    ends : array_like of shape (...) or (..., n)
        Where they ended, as `newton` returns it for many starts.
    reached : array_like of bool
        Whether they converged: for numbers of the shape of `ends`, for vectors without the last axis.
    apart : float, default 1e-6
        Distance from which on two places are different.

    Returns
    -------
    places : ndarray of shape (k,) or (k, n)
        In order of the number of searches that ended there.
    which : ndarray of int64
        For each search the place, -1 where it reached none.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> from mmlcore.optimize import strategies
    >>> found = mml.newton(lambda x: x**3 - x, np.linspace(-2, 2, 9))
    >>> places, which = strategies.basins(found.x, found.converged)
    >>> sorted(places.round(6).tolist()), which.shape
    ([-1.0, 0.0, 1.0], (9,))
    """
    points, good = as_array(ends, "ends"), np.asarray(reached, bool)
    if points.shape[: good.ndim] != good.shape or points.ndim - good.ndim not in (0, 1):
        raise shape_error("reached", good.shape, f"one for each place of shape {points.shape}")
    rows = points.reshape(good.size, -1)
    which = np.full(good.size, -1)
    places: list[Array] = []
    left = np.flatnonzero(good.ravel())
    while left.size:
        near = np.linalg.norm(rows[left] - rows[left[0]], axis=1) < apart
        which[left[near]] = len(places)
        places.append(rows[left[0]])
        left = left[~near]
    counts = np.bincount(which[which >= 0], minlength=len(places))
    order = np.argsort(-counts, kind="stable")
    rank = np.append(np.argsort(order), -1)
    found = np.array(places).reshape(len(places), *points.shape[good.ndim :])
    return found[order], rank[which].reshape(good.shape)

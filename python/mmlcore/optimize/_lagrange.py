"""Lagrange multipliers: stationary points of a function on the set where constraints are zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_ as _is
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.calculus import Function
from mmlcore.calculus.memory import traced
from mmlcore.core.arrays import (
    Array,
    all_finite,
    as_array,
    as_index,
    as_real,
    require_finite,
    shape_error,
)
from mmlcore.core.notebook import fields_html
from mmlcore.core.status import Status, judged, sentences, success
from mmlcore.eigen import eigvalsh
from mmlcore.optimize._newton import MESSAGES, one_number
from mmlcore.optimize._newton_steps import newton_steps
from mmlcore.singular import lstsq, svd

_FLAT = 1e-8  # curvature, relative to the largest, that counts as none
_CONVERGED = int(Status.CONVERGED)  # an array knows plain integers faster
_NOT_FINITE = int(Status.NOT_FINITE)
_KEPT = 4  # sets of constraints that a function remembers
_FEW = 4  # unknowns from which on there is no short way


class Constrained(NamedTuple):
    """What `lagrange` returns; with several starts every field has a leading axis."""

    x: Array
    """The stationary point, shape (n,)."""
    multipliers: Array
    """lambda with grad f = sum lambda_i grad g_i, shape (m,)."""
    value: Any
    """f(x)."""
    kind: Any
    """'minimum', 'maximum', 'saddle', or 'inconclusive' where the curvature vanishes along some direction; 'none' where the
    search did not converge."""
    residual: Any
    """Norm of the equations that x and the multipliers solve."""
    iterations: Any
    """Newton steps."""
    converged: Any
    """Whether the last step was below the tolerance."""
    status: Any
    """As that of `newton`."""

    def _repr_html_(self) -> str:
        return fields_html(self)

    @property
    def message(self) -> str | list[str]:
        """The status as a sentence, or one for each start."""
        return sentences(MESSAGES, self.status)

    @property
    def success(self) -> Any:
        """Whether a stationary point was found, for each start."""
        return success(self.status)


def lagrange(
    f: Callable[..., Any],
    constraints: Callable[..., Any] | Sequence[Callable[..., Any]],
    x0: ArrayLike,
    *,
    tol: float = 1e-12,
    max_iter: int = 100,
    raise_on_failure: bool = True,
) -> Constrained:
    """Find where f is stationary among the points with g(x) = 0.

    Parameters
    ----------
    f : callable
        Of a vector (n,), with a number as its result; traced as in `mmlcore.calculus`.
    constraints : callable or sequence of callables
        g_1 ... g_m, each of the vector with a number as its result, or a vector of several, to be zero.
    x0 : array_like of shape (n,) or (k, n)
        A start, or several: each gives a stationary point of its own.
    tol : float, default 1e-12
        Step at which to stop, relative to each unknown: see `newton`.
    max_iter : int, default 100
        Most steps.
    raise_on_failure : bool, default True
        Whether one start that finds no stationary point is an error; of several, each says in its status how it ended.

    Returns
    -------
    Constrained
        (x, multipliers, value, kind, residual, iterations, converged, status). The sign: grad f = sum lambda_i grad g_i.

    Raises
    ------
    ConvergenceError
        One start that finds nothing, unless `raise_on_failure` is False; its last iterate is in ``.result``.
    TraceError
        f or a constraint cannot be traced.
    ValueError
        NaN or infinity in x0; more constraints than unknowns; a result of f that is not a number.

    Notes
    -----
    Newton's method on the gradient of L(x, lambda) = f(x) - sum lambda_i g_i(x), whose Jacobian is the bordered Hessian [1]_,
    with exact derivatives; multipliers start at the least squares solution of grad f = sum lambda_i grad g_i. The kind follows
    from the eigenvalues of L's Hessian along the directions that keep g. It is the stationary point near the start, not the best
    of all: give several starts and compare values. Cost: n^3 for each step and start. Inside a traced function derivatives pass through the
    solution.

    References
    ----------
    .. [1] J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed. (2006), sections 12.4, 12.5 and 18.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> nearest = mml.lagrange(lambda v: v[0] ** 2 + v[1] ** 2, lambda v: v[0] + v[1] - 1, [0.0, 0.0])
    >>> nearest.x, nearest.multipliers, nearest.kind
    (array([0.5, 0.5]), array([1.]), 'minimum')
    """
    found = _once(f, constraints, x0, tol, max_iter)
    if found is not None:
        return found
    start = require_finite(as_array(x0, "x0"), "x0").astype(np.float64)
    if start.ndim not in (1, 2) or not start.size:
        raise shape_error("x0", start.shape, "(n,) or (k, n)")
    max_iter, tol = as_index(max_iter, "max_iter", least=1), as_real(tol, "tol", 0.0, 1.0)
    several = start.ndim == 2
    points = np.atleast_2d(start)
    n = points.shape[1]
    gs = [constraints] if callable(constraints) else list(constraints)
    function = one_number(traced(f, (n,), "x0"), "f")
    conditions = [part for g in gs for part in _numbers_of(traced(g, (n,), "x0"))]
    m = len(conditions)
    if not 1 <= m <= n:
        msg = f"constraints: got {m}, needed at least 1 and at most {n}, the number of unknowns."
        raise ValueError(msg)

    whole, both = _lagrangian(function, conditions, n)
    gradients = both.jacobian(points)  # (k, m, n)
    slopes = function.gradient(points)
    first = np.array([_multipliers(a, b) for a, b in zip(gradients, slopes, strict=True)])
    z, residual, steps, status, _ = newton_steps(
        *(whole, "gradient", "hessian", np.concatenate([points, first], axis=1)),
        tol=tol,
        max_iter=max_iter,
    )
    values = np.asarray(function(z[:, :n]))
    # Where f is none, as log(x) at -1, its derivatives may be numbers nevertheless.
    status = np.where((status == _CONVERGED) & ~np.isfinite(values), _NOT_FINITE, status)
    done = status == _CONVERGED
    kinds = _kinds(whole.hessian(z), done, n)
    if several:
        kind = np.array(kinds)
        return Constrained(z[:, :n], z[:, n:], values, kind, residual, steps, done, status)
    found = Constrained(
        *(z[0, :n], z[0, n:], values.item(), kinds[0], residual.item(), steps.item()),
        *(done.item(), status.item()),
    )
    return judged(found, "lagrange", raise_on_failure)


def _numbers_of(g: Any) -> list[Any]:
    """Return a constraint, or the parts of one that gives a vector, which are made once."""
    if len(g.shape) != 1 or g.shape == (1,):
        return [one_number(g, "constraints")]
    parts: list[Any] | None = g._memory.get("numbers")
    if parts is None:
        parts = [Function(lambda x, i=i: g(x)[i], *g.shapes) for i in range(g.shape[0])]
        g._memory["numbers"] = parts
    return parts


def _once(f: Any, constraints: Any, x0: Any, tol: Any, max_iter: Any) -> Constrained | None:
    """Return what the kernel finds of few unknowns and functions that were used before; None for the longer way."""
    if not (type(x0) is np.ndarray and x0.ndim == 1) and not (
        type(x0) is list and set(map(type, x0)) == {float}
    ):
        return None
    shape = (len(x0),)
    if not 0 < shape[0] < _FEW:
        return None
    function = traced(f, shape, "x0")
    known: Any = function._memory.get("lagrangians")
    if not known:
        return None
    gs = (constraints,) if callable(constraints) else constraints
    if type(gs) is not tuple and type(gs) is not list:
        return None
    conditions = [traced(g, shape, "x0") for g in gs]
    for kept, whole, _ in known:
        if len(kept) == len(conditions) and all(map(_is, kept, conditions)):
            programs = whole._memory.get("newton gradient")
            if programs is None:
                return None
            value = function._program("value")[0]
            found: Constrained | None
            found = _core.lagrange_once(Constrained, programs, value, x0, tol, max_iter)
            if found is not None:
                return found
    return None


def _multipliers(gradients: Array, slope: Array) -> Array:
    """Return the multipliers of least residual at a start; zeros where derivatives are not finite, which Newton's steps tell."""
    if not (all_finite(gradients) and all_finite(slope)):
        return np.zeros(len(gradients))
    return np.asarray(lstsq(gradients.T, slope).x)


def _lagrangian(function: Any, conditions: list[Any], n: int) -> tuple[Function, Function]:
    """Return f - sum lambda_i g_i of (x, lambda), and all g_i of x; traced once for the same functions."""
    known: Any = function._memory.setdefault("lagrangians", [])
    for kept, *made in known:
        if len(kept) == len(conditions) and all(
            a is b for a, b in zip(kept, conditions, strict=True)
        ):
            return made[0], made[1]

    def lagrangian(z: Any) -> Any:
        x = z[:n]
        return function(x) - sum(z[n + i] * g(x) for i, g in enumerate(conditions))

    whole = Function(lagrangian, n + len(conditions))
    both = Function(lambda x: np.stack([g(x) for g in conditions]), n)
    known.append((conditions, whole, both))
    del known[:-_KEPT]
    return whole, both


def _kinds(bordered: Array, done: Array, n: int) -> list[str]:
    """Tell points that were found by the curvatures along the directions that keep the constraints."""
    kinds = ["none"] * len(done)
    found = np.flatnonzero(done)
    if not len(found):
        return kinds
    if not all_finite(bordered[found]):
        return _kinds(bordered, done & np.isfinite(bordered).all(axis=(-2, -1)), n)
    gradients = bordered[found, :n, n:]  # of the constraints, whose units are their own
    lengths = np.abs(gradients).max(axis=1, keepdims=True)
    turned, sizes, _ = svd(gradients / np.where(lengths > 0, lengths, 1.0), full=True)
    ranks = [sum(size > 1e-12 * row[0] for size in row) for row in sizes.tolist()]
    for rank in set(ranks):
        same, turns = found, turned
        if len(set(ranks)) > 1:
            some = np.array(ranks) == rank
            same, turns = found[some], turned[some]
        along, hessians = turns[:, :, rank:], bordered[same, :n, :n]
        projected = along.swapaxes(-1, -2) @ hessians @ along
        if n - rank > 1:
            curvatures = eigvalsh((projected + projected.swapaxes(-1, -2)) / 2)
        else:
            curvatures = projected.reshape(len(same), n - rank)
        steepest = np.abs(hessians).max(axis=(-2, -1))
        for i, values, steep in zip(
            same.tolist(), curvatures.tolist(), steepest.tolist(), strict=True
        ):
            kinds[i] = _kind(values, steep)
    return kinds


def _kind(curvatures: list[float], steepest: float) -> str:
    """Tell a stationary point by its curvatures, ascending, and the largest second derivative."""
    if not curvatures:  # nowhere to go
        return "inconclusive"
    least, most = curvatures[0], curvatures[-1]
    flat = _FLAT * max(steepest, abs(least), abs(most))
    if least > flat:
        return "minimum"
    if most < -flat:
        return "maximum"
    return "saddle" if least < -flat and most > flat else "inconclusive"

"""Newton-Raphson: roots of functions of a number and of systems, one or a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.calculus import Function
from mmlcore.calculus.memory import traced, traced_or_none
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
from mmlcore.core.report import Report, Reported
from mmlcore.core.status import Status, judged, sentences, success
from mmlcore.optimize._newton_steps import newton_steps
from mmlcore.optimize.points_report import points_report

MESSAGES = {
    Status.CONVERGED: "The last step is below the tolerance.",
    Status.MAX_ITER: "max_iter steps were not enough.",
    Status.SINGULAR: "The slope, or the Jacobian, leads nowhere: |f| is stationary here, and not zero.",
    Status.NOT_FINITE: "The values are not finite.",
    Status.STUCK: "No part of the step makes |f| smaller.",
}

_CONVERGED = int(Status.CONVERGED)


class _Root(NamedTuple):
    x: Any
    """Where f is zero, of the shape of x0."""
    residual: Any
    """Euclidean norm of f(x), for each start."""
    iterations: Any
    """Steps that were taken, for each start."""
    converged: Any
    """Whether the last step was below the tolerance."""
    status: Any
    """`Status`: 1 converged, 0 max_iter, -1 not finite, -4 no progress, -5 singular."""
    path: Array | None = None
    """Iterates (steps + 1, ...) with trajectory=True."""


class Root(Reported, _Root):
    """What `newton` returns."""

    @property
    def message(self) -> str | list[str]:
        """The status as a sentence, or one for each start."""
        return sentences(MESSAGES, self.status)

    @property
    def success(self) -> Any:
        """Whether a root was found, for each start."""
        return success(self.status)

    def _report(self) -> Report:
        return points_report(self, "residual")


def newton(
    f: Callable[..., Any],
    x0: ArrayLike,
    *,
    tol: float = 1e-12,
    max_iter: int = 50,
    safeguard: bool = True,
    trajectory: bool = False,
    raise_on_failure: bool | None = None,
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
    raise_on_failure : bool, optional
        Whether one start that finds no root is an error; of several, each says in its status how it ended.
        Default: yes, unless `trajectory` asks for the path, which is then the result.

    Returns
    -------
    Root
        (x, residual, iterations, converged, status, path).

    Raises
    ------
    ConvergenceError
        One start that finds nothing, see `raise_on_failure`; its last iterate is in ``.result``.
    TraceError
        f cannot be traced.
    ValueError
        NaN or infinity in x0; f has not as many results as arguments.

    Notes
    -----
    x is replaced by x - J(x)^-1 f(x) [1]_: near a simple root digits double at each step; a multiple root is approached by a
    constant factor. A step that does not decrease ``|f|`` is halved. Cost: for each step f, its Jacobian and a solution of a
    linear system, all starts together. Inside a traced function derivatives pass through the root, see
    *What can be traced*.

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
    if type(f) is Function and safeguard is True and trajectory is False:
        programs = f._memory.get("newton value")  # of a system that was solved before
        found: Root | None = programs and _core.newton_once(Root, programs, x0, tol, max_iter)
        if found is not None:
            return found
    start = require_finite(as_array(x0, "x0"), "x0").astype(np.float64, copy=False)
    if start.ndim and not start.shape[-1]:
        msg = f"x0: got shape {start.shape}, needed at least one unknown."
        raise ValueError(msg)
    max_iter, tol = as_index(max_iter, "max_iter", least=1), as_real(tol, "tol", 0.0, 1.0)
    function, numbers = _function(f, start)
    n = 1 if numbers else start.shape[-1]
    form = () if numbers else (n,)
    if (size_of(function.shape) != 1) if numbers else (function.shape != form):
        needed = (
            "() as its result, one number"
            if numbers
            else f"{form} as its result, one number for each unknown"
        )
        raise shape_error("f", function.shape, needed)
    lead = start.shape if numbers else start.shape[:-1]
    slopes = ("derivative", 1) if numbers else "jacobian"
    z, residual, steps, status, points = newton_steps(
        *(function, "value", slopes, start.reshape(-1, n)),
        tol=tol,
        max_iter=max_iter,
        safeguard=bool(safeguard),
        trajectory=bool(trajectory),
    )
    path = None if points is None else points.reshape(-1, *start.shape)
    x = z.reshape(start.shape)
    if lead:
        rest = (residual.reshape(lead), steps.reshape(lead), status.reshape(lead))
        return Root(x, *rest[:2], rest[2] == _CONVERGED, rest[2], path)
    code = status.item()
    root = Root(plain(x, float), residual.item(), steps.item(), code == _CONVERGED, code, path)
    if code == _CONVERGED:
        return root
    return judged(root, "newton", not trajectory if raise_on_failure is None else raise_on_failure)


def _function(f: Any, start: Array) -> tuple[Any, bool]:
    """Trace f, and tell whether it takes numbers: so it does if elements are treated one by one."""
    if isinstance(f, Function) and f.shapes == (start.shape[-1:],):
        return f, start.ndim == 0
    if start.ndim == 0:
        return traced(f, (), "x0"), True
    whole = traced(f, start.shape[-1:], "x0") if not _takes_numbers(f) else None
    single = traced_or_none(f, ())
    if whole is None or single is None or single.shape != () or whole.shape != start.shape[-1:]:
        return (whole, False) if whole is not None else (single, True)
    rows = start.reshape(-1, start.shape[-1])
    for x in (rows, rows + 0.1 * (1 + np.arange(rows.shape[1]))):
        found, expected = whole(x), single(x)
        if not (found == expected).all() and not np.array_equal(found, expected, equal_nan=True):
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

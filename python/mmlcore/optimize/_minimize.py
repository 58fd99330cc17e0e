"""`minimize`: minima of traced functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus import Function
from mmlcore.calculus.memory import traced
from mmlcore.core.arrays import (
    Array,
    as_array,
    as_index,
    as_real,
    plain,
    require_finite,
    shape_error,
)
from mmlcore.core.report import Report, Reported, pictures
from mmlcore.core.status import Status, judged, success
from mmlcore.optimize._descent import bfgs, gradient_descent, momentum_descent
from mmlcore.optimize._newton import one_number
from mmlcore.optimize._search import MESSAGES, Search
from mmlcore.optimize._trust import newton_steps
from mmlcore.optimize.points_report import points_report

_METHODS = {
    "newton": newton_steps,
    "gradient_descent": gradient_descent,
    "momentum": momentum_descent,
    "bfgs": bfgs,
}


class _Minimum(NamedTuple):
    x: Any
    """Where the search ended, of the shape of x0."""
    value: float
    """f(x)."""
    gradient: Any
    """Gradient there."""
    iterations: int
    """Steps."""
    converged: bool
    """Whether x is stationary within the tolerance, or as far as rounding lets one see."""
    path: Array | None
    """Points (steps + 1, ...) with trajectory=True."""
    status: int
    """`Status`: 1 converged, 4 rounding, 0 max_iter, -1 not finite at the start, -4 stuck, -6 unbounded."""


class Minimum(Reported, _Minimum):
    """What `minimize` returns."""

    @property
    def message(self) -> str:
        """The status as a sentence."""
        return MESSAGES[Status(self.status)]

    @property
    def success(self) -> bool:
        """Whether a minimum was found."""
        return bool(success(self.status))

    def _report(self) -> Report:
        return points_report(self, "value", ("gradient",))

    def plot(self, f: Any, *, ax: Any = None) -> Any:
        """Draw the path of a search in two unknowns over the contours of f; needs matplotlib and trajectory=True."""
        if self.path is None:
            msg = "path: there is none; minimize keeps it with trajectory=True."
            raise ValueError(msg)
        return pictures().descent(f, self.path, ax=ax)


def minimize(
    f: Callable[..., Any],
    x0: ArrayLike,
    *,
    method: str = "newton",
    tol: float = 1e-8,
    max_iter: int = 1000,
    learning_rate: float | None = None,
    momentum: float = 0.9,
    trajectory: bool = False,
    raise_on_failure: bool | None = None,
) -> Minimum:
    """Find a minimum of f near x0, with exact derivatives.

    Parameters
    ----------
    f : callable or Function
        Of a vector (n,), or of a number, with a number as its result; traced as in `mmlcore.calculus`.
    x0 : array_like of shape (n,) or ()
        Start.
    method : {'newton', 'gradient_descent', 'momentum', 'bfgs'}, default 'newton'
        Newton's steps in a trust region [1]_, which also leave saddles and maxima; steepest descent; accelerated descent
        [2]_; or quasi-Newton, which needs no Hessian [1]_.
    tol : float, default 1e-8
        Step at which to stop: what is left to go, by the curvature that the search has seen, relative to each unknown (or, for
        one that comes near zero, to 0.01 times where it started). Units of x and f, and a constant in f, do not matter.
    max_iter : int, default 1000
        Most steps.
    learning_rate : float, optional
        Fixed length of the steps, in gradients, for the two descents: the plain iterations of textbooks. By default
        each step is as long as a line search finds good.
    momentum : float, default 0.9
        Share of the last step that is added to the next, with a fixed `learning_rate`.
    trajectory : bool, default False
        Whether to keep the path.
    raise_on_failure : bool, optional
        Whether a search that ends at no minimum is an error; else its status says how it ended.
        Default: yes, unless `trajectory` asks for the path, which is then the result.

    Returns
    -------
    Minimum
        (x, value, gradient, iterations, converged, path, status).

    Raises
    ------
    ConvergenceError
        One start that finds nothing, see `raise_on_failure`; its last iterate is in ``.result``.
    TraceError
        f cannot be traced.
    ValueError
        Unknown method, NaN or infinity in x0, a result of f that is not one number.

    Notes
    -----
    A minimum is local: the one that the descent from x0 runs into. Cost of a step: value and gradient together, and the
    Hessian with n^3 operations for 'newton' (above 50 unknowns Hessian times vector products), n^2 for 'bfgs'.

    References
    ----------
    .. [1] J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed. (2006), chapters 3, 4 and 6.
    .. [2] B. O'Donoghue, E. Candes, "Adaptive restart for accelerated gradient schemes", Found. Comput. Math. 15 (2015).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> valley = lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    >>> found = mml.minimize(valley, [-1.2, 1.0])
    >>> found.x.round(8), found.converged
    (array([1., 1.]), True)
    """
    if method not in _METHODS:
        msg = f"method: got {method!r}, needed one of {', '.join(_METHODS)}."
        raise ValueError(msg)
    start = require_finite(as_array(x0, "x0"), "x0").astype(np.float64)
    if start.ndim > 1 or not start.size:
        raise shape_error("x0", start.shape, "(n,) or ()")
    max_iter, tol = as_index(max_iter, "max_iter", least=1), as_real(tol, "tol", 0.0, 1.0)
    if learning_rate is not None:
        learning_rate = as_real(learning_rate, "learning_rate", np.finfo(float).tiny, np.inf)
        if method not in ("gradient_descent", "momentum"):
            msg = f"learning_rate: {method!r} finds its own steps; it goes with 'gradient_descent' and 'momentum'."
            raise ValueError(msg)
    momentum = as_real(momentum, "momentum", 0.0, 1.0)
    if start.ndim:
        function = traced(f, start.shape)
    else:
        number = traced(f, ())
        function = Function(lambda v: number(v[0]), 1)
    function = one_number(function, "f")
    search, unit = Search(function, np.atleast_1d(start), tol, max_iter, trajectory), 1.0
    top = float(np.abs(search.gradient).max())
    if search.status == 0 and top and not 1e-60 < top < 1e60:
        # In units, a power of two, in which squares of the gradient are numbers.
        unit, plain_function = float(np.exp2(-np.frexp(top)[1])), function
        function = Function(lambda v: plain_function(v) * unit, start.size)
        search = Search(function, np.atleast_1d(start), tol, max_iter, trajectory)
        search.unit = unit
    if search.status == 0:
        # Far down a slope without end, products overflow: the status says so, and no warning is needed.
        with np.errstate(over="ignore", invalid="ignore"):
            _METHODS[method](search, learning_rate, momentum)
    path = None if search.path is None else np.stack(search.path).reshape(-1, *start.shape)
    found = Minimum(
        plain(search.x.reshape(start.shape), float),
        search.value / unit,
        plain((search.gradient / unit).reshape(start.shape), float),
        search.iterations,
        bool(success(search.status)),
        path,
        int(search.status),
    )
    return judged(
        found, "minimize", not trajectory if raise_on_failure is None else raise_on_failure
    )

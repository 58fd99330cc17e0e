"""`minimize`: minima of traced functions."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus import Function
from mmlcore.calculus.captured import captured_by
from mmlcore.calculus.memory import traced
from mmlcore.core.arrays import (
    Array,
    as_array,
    as_index,
    as_real,
    require_finite,
    shape_error,
)
from mmlcore.core.report import Report, Reported, pictures
from mmlcore.core.status import judged, sentences, success
from mmlcore.optimize._compiled import METHODS, descend
from mmlcore.optimize._data import limits
from mmlcore.optimize._newton import one_number
from mmlcore.optimize._search import MESSAGES, Search
from mmlcore.optimize._trust import newton_steps
from mmlcore.optimize.points_report import points_report

_BOUNDED = ("newton", "bfgs", "lbfgs")
_DENSE = 50  # unknowns up to which Newton's method takes the whole Hessian


class _Minimum(NamedTuple):
    x: Any
    """Where the search ended, of the shape of x0."""
    value: Any
    """f(x); for each start, as those that follow, of the leading axes of x0."""
    gradient: Any
    """Gradient there, of the shape of x0."""
    iterations: Any
    """Steps."""
    converged: Any
    """Whether x is stationary within the tolerance (unknowns on a bound may want to pass it), or as far as rounding shows."""
    path: Array | None
    """Points (steps + 1, ...) with trajectory=True."""
    status: Any
    """`Status`: 1 converged, 4 rounding, 0 max_iter, -1 not finite at the start, -4 stuck, -6 unbounded."""


class Minimum(Reported, _Minimum):
    """What `minimize` returns."""

    @property
    def message(self) -> str | list[str]:
        """The status as a sentence, or one for each start."""
        return sentences(MESSAGES, self.status)

    @property
    def success(self) -> Any:
        """Whether a minimum was found, for each start."""
        return success(self.status)

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
    args: Any = (),
    bounds: Any = None,
    callback: Callable[[Array], Any] | None = None,
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
    x0 : array_like of shape (..., n) or ()
        Starts; those of several run at once, small ones in SIMD lanes.
    method : {'newton', 'bfgs', 'lbfgs', 'gradient_descent', 'momentum'}, default 'newton'
        Newton's steps, which also leave saddles and maxima; quasi-Newton, which needs no Hessian [1]_; the same of limited
        memory, for many unknowns [3]_; steepest descent; or accelerated descent [2]_.
    args : sequence of array_like, optional
        Further arguments, ``f(x, *args)``. One whose leading axes are those of x0 holds data for each start; any other is for all.
    bounds : sequence of n pairs, (lower, upper) as arrays, or scipy.optimize.Bounds, optional
        None stands for no bound. For the first three methods. Starts outside are brought inside.
    callback : callable, optional
        ``callback(x)`` after each step of one start; True ends the search.
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
        Unknown method, NaN or infinity in x0, a result of f that is not one number, bounds that cross.

    Notes
    -----
    A minimum is local: the one that the descent from x0 runs into. All methods run compiled, without a return to
    Python. Unknowns on a bound that want to pass it are held there, others are cut off at theirs. Cost of a step: value and
    gradient together, and the Hessian with n^3 operations for 'newton' (above 50 unknowns Hessian times vector products, in
    Python), n^2 for 'bfgs', 40 n for 'lbfgs'.

    References
    ----------
    .. [1] J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed. (2006), chapters 3, 4 and 6.
    .. [3] D. C. Liu, J. Nocedal, "On the limited memory BFGS method", Math. Program. 45 (1989).
    .. [2] B. O'Donoghue, E. Candes, "Adaptive restart for accelerated gradient schemes", Found. Comput. Math. 15 (2015).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> valley = lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    >>> found = mml.minimize(valley, [-1.2, 1.0])
    >>> found.x.round(8), found.converged
    (array([1., 1.]), True)
    """
    if method not in METHODS:
        msg = f"method: got {method!r}, needed one of {', '.join(METHODS)}."
        raise ValueError(msg)
    start = require_finite(as_array(x0, "x0"), "x0").astype(np.float64)
    if start.ndim and not start.shape[-1]:
        raise shape_error("x0", start.shape, "(..., n) or ()")
    max_iter, tol = as_index(max_iter, "max_iter", least=1), as_real(tol, "tol", 0.0, 1.0)
    if learning_rate is not None:
        learning_rate = as_real(learning_rate, "learning_rate", np.finfo(float).tiny, np.inf)
        if method not in ("gradient_descent", "momentum"):
            msg = f"learning_rate: {method!r} finds its own steps; it goes with 'gradient_descent' and 'momentum'."
            raise ValueError(msg)
    momentum = as_real(momentum, "momentum", 0.0, 1.0)
    form, lead = start.shape[-1:], start.shape[:-1]
    n = form[0] if form else 1
    given = [as_array(a, f"args[{i}]") for i, a in enumerate(_as_tuple(args))]
    function = _function(f, form, [_own(a, lead) for a in given])
    box = None if bounds is None else bounds_of(bounds, n)
    single = not lead
    # Newton's steps of many unknowns, by products of the Hessian with vectors.
    compiled = not (method == "newton" and n > _DENSE and single and box is None)
    if (callback is not None or trajectory) and not single:
        msg = "callback, trajectory: they go with one start."
        raise ValueError(msg)
    if box is not None and method not in _BOUNDED:
        msg = f"bounds: they go with {', '.join(_BOUNDED)}, not with {method!r}."
        raise ValueError(msg)
    if not compiled and (callback is not None or given):
        msg = f"args, callback: they do not go with 'newton' of {n} unknowns; 'lbfgs' takes them."
        raise ValueError(msg)
    rows = start.reshape(-1, n)
    stopped: list[bool] = []
    if compiled:
        watch = None
        if callback is not None:
            told = callback

            def watch(x: Array, _value: float) -> bool:
                stop = isinstance(answer := told(x), (bool, np.bool_)) and bool(answer)
                stopped[:] = [stop]
                return stop

        ended = descend(
            *(function, rows, given, method, box),
            tol=tol,
            max_iter=max_iter,
            trajectory=bool(trajectory),
            rates=(learning_rate or 0.0, momentum),
            callback=watch,
        )
    else:
        ended = _by_products(function, start, tol, max_iter, trajectory)
    x, value, gradient, steps, status, points = ended
    path = points.reshape(-1, *start.shape) if trajectory else None
    x, gradient = x.reshape(start.shape), gradient.reshape(start.shape)
    if lead:
        value, steps, status = value.reshape(lead), steps.reshape(lead), status.reshape(lead)
        return Minimum(x, value, gradient, steps, success(status), path, status)
    code = status.item()
    if not form:
        x, gradient = x.item(), gradient.item()
    found = Minimum(x, value.item(), gradient, steps.item(), code > 0, path, code)
    if code > 0:
        return found
    raises = not (trajectory or any(stopped)) if raise_on_failure is None else raise_on_failure
    return judged(found, "minimize", raises)


def _by_products(
    function: Any, start: Array, tol: float, max_iter: int, trajectory: bool
) -> tuple[Any, ...]:
    search, unit = Search(function, start, tol, max_iter, trajectory), 1.0
    top = float(np.abs(search.gradient).max())
    if search.status == 0 and top and not 1e-60 < top < 1e60:
        # In units, a power of two, in which squares of the gradient are numbers.
        unit, plain_function = float(np.exp2(-np.frexp(top)[1])), function
        function = Function(lambda v: plain_function(v) * unit, start.size)
        search = Search(function, start, tol, max_iter, trajectory)
        search.unit = unit
    if search.status == 0:
        # Far down a slope without end, products overflow: the status says so, and no warning is needed.
        with np.errstate(over="ignore", invalid="ignore"):
            newton_steps(search)
    path = np.stack(search.path) if search.path is not None else np.empty(0)
    told = (search.value / unit, search.iterations, int(search.status))
    value, steps, status = (np.array(number) for number in told)
    return search.x, value, search.gradient / unit, steps, status, path


def _as_tuple(args: Any) -> tuple[Any, ...]:
    return args if isinstance(args, tuple) else tuple(args) if isinstance(args, list) else (args,)


def _own(a: Array, lead: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of an argument for one start."""
    return a.shape[len(lead) :] if lead and a.shape[: len(lead)] == lead else a.shape


def _function(f: Any, form: tuple[int, ...], shapes: list[tuple[int, ...]]) -> Any:
    """Trace f of a vector (or a number, as a vector of one) and further arguments; its result is one number."""
    if not shapes:
        function = traced(f, form, "x0")
    elif isinstance(f, Function) and f.shapes == (form, *shapes):
        function = f
    else:
        function = _remembered(f, (form, *shapes))
    if not form:
        number = function
        function = Function(lambda v, *more: number(v[0], *more), 1, *shapes)
    return one_number(function, "f")


# Functions of several arguments, with what they had captured when they were traced.
_known: weakref.WeakKeyDictionary[Any, dict[Any, tuple[Any, Function]]] = (
    weakref.WeakKeyDictionary()
)


def _remembered(f: Any, shapes: tuple[tuple[int, ...], ...]) -> Function:
    known: dict[Any, tuple[Any, Function]] = {}
    with suppress(TypeError):  # what cannot be remembered is traced again
        known = _known.setdefault(f, known)
    captured = captured_by(f)
    found = known.get(shapes)
    if found is None or captured is None or found[0] != captured:
        found = known[shapes] = (captured, Function(f, *shapes))
    return found[1]


def bounds_of(bounds: Any, n: int) -> tuple[Array, Array] | None:
    """Return lower and upper bounds (n,), from pairs for each unknown, as SciPy has them, or from a pair for all."""
    if bounds is None:
        return None
    if isinstance(bounds, (list, tuple)) and len(bounds) == n and all(map(_is_pair, bounds)):
        low = [-np.inf if b[0] is None else b[0] for b in bounds]
        high = [np.inf if b[1] is None else b[1] for b in bounds]
        bounds = (low, high)
    return limits(bounds, (n,))


def _is_pair(bound: Any) -> bool:
    return isinstance(bound, (list, tuple)) and len(bound) == 2

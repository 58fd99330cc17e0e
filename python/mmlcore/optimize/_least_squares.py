"""`least_squares`: parameters that make traced residuals small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.calculus import Function
from mmlcore.calculus.memory import traced
from mmlcore.calculus.symbol import size_of
from mmlcore.core.arrays import Array, as_array, as_index, as_real, require_finite, shape_error
from mmlcore.optimize._curve_fit import finished
from mmlcore.optimize._data import POSITIVE, limits, loss_number
from mmlcore.optimize.curve_result import CurveFit

_MANY, _SPARSE = (
    48,
    4,
)  # unknowns from which on entries are counted, and the part of all that is few


def least_squares(
    residuals: Callable[..., Any],
    x0: ArrayLike,
    *,
    bounds: Any = None,
    loss: str = "linear",
    f_scale: float = 1.0,
    tol: float = 1e-8,
    max_iter: int = 200,
    raise_on_failure: bool = True,
) -> CurveFit:
    """Find parameters for which the sum of squares of residuals, or of a robust loss of them, is smallest.

    Parameters
    ----------
    residuals : callable or Function
        ``residuals(theta)`` gives an array of m numbers for parameters (p,), or for a number; traced as in `mmlcore.calculus`.
    x0 : array_like of shape (p,) or ()
        Start.
    bounds : (lower, upper) or scipy.optimize.Bounds, optional
        Each a number or (p,). Equal bounds hold a parameter.
    loss : {'linear', 'soft_l1', 'huber', 'cauchy', 'arctan'}, default 'linear'
        Of each residual, as in `curve_fit`.
    f_scale : float, default 1
        Residual from which on a loss grows more slowly than its square.
    tol : float, default 1e-8
        Step at which to stop, in units of the parameters' standard errors.
    max_iter : int, default 200
        Most steps.
    raise_on_failure : bool, default True
        Whether a search that does not converge is an error; else its status says how it ended.

    Returns
    -------
    CurveFit
        (parameters, covariance, chi2, dof, residual, iterations, status, message). The covariance is scaled by chi2 / dof, as
        that of `curve_fit` is.

    Raises
    ------
    ConvergenceError
        Nothing was found; its `result` is the last iterate.
    TraceError
        The residuals cannot be traced.
    ValueError
        NaN or infinity in x0, bounds that cross, a start outside them.
    TypeError
        There are more parameters than residuals.

    Warns
    -----
    RuntimeWarning
        The residuals do not determine all parameters: the covariance is infinite.

    Notes
    -----
    Levenberg-Marquardt in a trust region [1]_, as in `curve_fit`; residuals and their exact Jacobian run compiled, and no step
    returns to Python. Cost of a step: the residuals, their Jacobian, m p^2 operations. From 48 unknowns on, where residuals
    depend on a quarter of them or less, only those entries are computed, a forward tangent for each colour of the columns;
    unknowns in an order in which neighbours share residuals then cost p times the square of their distance.

    References
    ----------
    .. [1] J. J. More, "The Levenberg-Marquardt algorithm: implementation and theory", Lecture Notes in Math. 630 (1978).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> t, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([2.0, 1.2, 0.8, 0.5])
    >>> found = mml.least_squares(lambda v: v[0] * np.exp(-v[1] * t) - y, [1.0, 1.0])
    >>> found.parameters.round(3), found.standard_errors.round(3)
    (array([1.985, 0.468]), array([0.035, 0.018]))
    """
    start = require_finite(as_array(x0, "x0"), "x0").astype(np.float64)
    if start.ndim > 1 or not start.size:
        raise shape_error("x0", start.shape, "(p,) or ()")
    f_scale = as_real(f_scale, "f_scale", *POSITIVE)
    tol, max_iter = as_real(tol, "tol", 0.0, 1.0), as_index(max_iter, "max_iter", least=0)
    function = traced(residuals, start.shape, "x0")
    if start.ndim == 0:
        number = function
        function = Function(lambda v: number(v[0]), 1)
    count, points = start.size, size_of(function.shape)
    if len(function.shape) != 1:
        whole = function
        function = Function(lambda v: whole(v).reshape(points), count)
    if count > points:
        msg = f"residuals: gives {points} numbers, needed at least as many as parameters, {count}."
        raise TypeError(msg)
    box = limits(bounds, (count,))
    theta = np.atleast_1d(start)
    if box is not None and not ((theta >= box[0]) & (theta <= box[1])).all():
        msg = f"x0: got {theta}, needed a start within the bounds, {box[0]} to {box[1]}."
        raise ValueError(msg)
    where = _entries(function, points, count)
    slopes = "jacobian" if where[0] is None else "sparse_jacobian"
    programs = function._program("value")[0], function._program(slopes)[0]
    options: Any = (box and box[0], box and box[1], loss_number(loss), f_scale, tol, max_iter)
    found = _core.fit_traced(*programs, *where, theta, *options)
    residual = np.asarray(function(found[0]))
    return finished(
        *(found, residual, points, box, False, 1.0, raise_on_failure, (None,) * 4), "least_squares"
    )


def _entries(function: Function, points: int, count: int) -> tuple[Array | None, Array | None]:
    """Return rows and columns of a Jacobian of many unknowns and few entries; None, None of another."""
    if count < _MANY:
        return None, None
    known: Any = function._memory.get("entries")
    if known is None:
        output, argument = function._output.id, function._inputs[0].id
        start, columns, _ = function._tape.graph.pattern(output, argument)
        rows = np.repeat(np.arange(points, dtype=np.int64), np.diff(start))
        few = 0 < _SPARSE * len(rows) < points * count
        known = (rows, columns.astype(np.int64)) if few else (None, None)
        function._memory["entries"] = known
    return known  # type: ignore[no-any-return]

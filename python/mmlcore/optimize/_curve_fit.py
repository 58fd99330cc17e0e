"""One curve: `curve_fit`, with SciPy's arguments and meaning."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, all_finite, as_index, as_real
from mmlcore.core.errors import ConvergenceError
from mmlcore.core.frames import is_table, table_to_array
from mmlcore.optimize._curve_data import data_of, sigma_of, without_nan
from mmlcore.optimize._curve_options import bounds_by_name, check_method, options_of, start_of
from mmlcore.optimize._data import (
    NORMAL,
    POSITIVE,
    guess,
    limits,
    parameter_count,
)
from mmlcore.optimize._kept import kept
from mmlcore.optimize._model import Model, model_of
from mmlcore.optimize._plain_fit import LONG, UNSURE, plain_fit, result_of
from mmlcore.optimize._profile import Problem
from mmlcore.optimize.curve_result import CurveFit

_SAMPLE = 20_000


def curve_fit(
    f: Callable[..., Any],
    xdata: Any,
    ydata: ArrayLike,
    p0: ArrayLike | Mapping[str, float] | None = None,
    sigma: ArrayLike | None = None,
    absolute_sigma: bool = False,
    check_finite: bool | None = None,
    bounds: Any = None,
    method: str | None = None,
    jac: Any = None,
    *,
    full_output: bool = False,
    nan_policy: str | None = None,
    loss: str = "linear",
    f_scale: float = 1.0,
    max_iter: int = 200,
    tol: float = 1e-8,
    raise_on_failure: bool = True,
    profile: bool = False,
    **options: Any,
) -> Any:
    """Fit a curve f(x, a, b, ...) to data by non-linear least squares.

    Parameters
    ----------
    f : callable
        ``f(x, a, b, ...)`` gives (m,) values at all points. Traced as functions of `mmlcore.calculus` are; then derivatives
        are exact and nothing returns to Python.
    xdata : array_like of shape (m,) or (k, m), or any object
        Points; k predictors for each. An object of another kind is handed to f as it is.
    ydata : array_like of shape (m,)
        Data.
    p0 : array_like of shape (p,), or dict by names of parameters, optional
        Start. If omitted: what a ready model of `mmlcore.optimize.models` guesses from the data; ones, or inside the bounds.
    sigma : float or array_like of shape (m,) or (m, m), optional
        Standard deviations of y, or their covariance matrix.
    absolute_sigma : bool, default False
        Whether `sigma` is meant in the units of y. Otherwise its scale is found from the residuals.
    check_finite : bool, optional
        Whether NaN and infinity in the data raise ValueError: so by default, unless `nan_policy` is given.
    bounds : (lower, upper), scipy.optimize.Bounds, or dict of pairs by names, optional
        Each a number or (p,). Equal bounds hold a parameter.
    method : {'lm', 'trf', 'dogbox'}, optional
        Taken for SciPy's sake: there is one method, which keeps bounds. 'lm' refuses them, as SciPy's does.
    jac : callable or {'2-point', '3-point', 'cs'}, optional
        ``jac(x, a, b, ...)`` gives the (m, p) derivatives, for an f that cannot be traced; or differences of f.
    full_output : bool, default False
        Whether to return ``popt, pcov, infodict, mesg, ier`` as SciPy does, with ``nfev`` and ``fvec`` in the dict.
    nan_policy : {'raise', 'omit'}, optional
        'omit' leaves points with NaN out, with their sigma.
    loss : {'linear', 'soft_l1', 'huber', 'cauchy', 'arctan'}, default 'linear'
        Of each residual, as in `scipy.optimize.least_squares`.
    f_scale : float, default 1
        Residual, in units of sigma, from which on a loss grows more slowly than its square.
    max_iter : int, default 200
        Most steps.
    tol : float, default 1e-8
        Step at which to stop, in units of the parameters' standard errors.
    raise_on_failure : bool, default True
        Whether a fit that does not converge is an error; else its status says how it ended.
    profile : bool, default False
        Whether `confidence_intervals` and the summary go by profiles, which see how the sum of losses rises, rather than by the
        curvature at its least.
    **options
        SciPy's `maxfev`, `max_nfev` (most steps), `ftol`, `xtol`, `gtol` (a smaller one makes `tol` smaller), and `x_scale`,
        `diag`, `factor`, `verbose`, which are not needed: units of the parameters do not matter.

    Returns
    -------
    CurveFit
        (parameters, covariance, chi2, dof, residual, iterations, status, message); unpacks as ``popt, pcov``.

    Raises
    ------
    ConvergenceError
        No fit was found (a RuntimeError; its `result` is the last iterate).
    ValueError
        NaN, infinity, shapes that do not fit, a start outside the bounds.
    TypeError
        There are more parameters than points; an option that SciPy does not have.

    Warns
    -----
    RuntimeWarning
        The covariance could not be estimated; or f cannot be traced and is differentiated by differences.

    Notes
    -----
    Levenberg-Marquardt in a trust region [1]_ on triangular factors of the Jacobian: from normal equations where they keep
    their digits, else by QR. It stops by the size of the step in units of the uncertainties [2]_, not by the change of the
    sum of squares. All 54 runs of NIST's non-linear problems reach 6 digits (some need max_iter=1000). Cost: a run of the
    model and p^2 operations a point for each step; data in blocks, on all threads for more than 16,384 points.

    References
    ----------
    .. [1] J. J. More, "The Levenberg-Marquardt algorithm: implementation and theory", Lecture Notes in Math. 630 (1978).
    .. [2] D. M. Bates, D. G. Watts, "A relative offset orthogonality convergence criterion", Technometrics 23 (1981).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> x = np.linspace(0, 4, 9)
    >>> y = 2.5 * np.exp(-1.3 * x) + 0.5
    >>> popt, pcov = mml.curve_fit(lambda x, a, b, c: a * np.exp(-b * x) + c, x, y)
    >>> popt.round(6)
    array([2.5, 1.3, 0.5])
    """
    max_iter, tol = as_index(max_iter, "max_iter", 0), as_real(tol, "tol", 0.0, 1.0)
    if options:
        max_iter, tol = options_of(options, max_iter, tol)
    f_scale = as_real(f_scale, "f_scale", *POSITIVE)
    simple = sigma is None and bounds is None and method is None and jac is None
    simple = simple and nan_policy is None and check_finite is None
    if simple and loss == "linear" and not (full_output or options):
        numbers = (f_scale, tol, max_iter, bool(absolute_sigma), bool(profile))
        plain = plain_fit(f, xdata, ydata, p0, *numbers)
        if plain is not None:
            return plain
    if nan_policy == "omit":  # what is missing in a column is left out as NaN is
        xdata, ydata = (
            table_to_array(values, name, gaps=True) if is_table(values) else values
            for values, name in ((xdata, "xdata"), (ydata, "ydata"))
        )
    data, target = data_of(xdata, ydata)
    p0, bounds = start_of(f, p0), bounds_by_name(f, bounds)
    weight, whiten = sigma_of(sigma, target, nan_policy)
    check = check_finite if check_finite is not None else nan_policy is None
    data, target, weight, whiten = without_nan(data, target, weight, whiten, check, nan_policy)
    box = None if bounds is None else limits(bounds, (_count(f, p0),))
    check_method(method, box)
    start = guess(f, data, target, box, _count(f, None)) if p0 is None else p0
    if target.ndim == 0:
        target = np.broadcast_to(target, np.asarray(f(data, *start)).shape)
    _check(start, target, box)
    data, target = kept(data), kept(np.ascontiguousarray(target, np.float64))
    model = None
    if jac is None and whiten is None and isinstance(data, np.ndarray) and data.ndim in (1, 2):
        model = model_of(f, data, start) if data.shape[-1] == target.size else None
    given = (f, model, data, target, weight, whiten, jac, loss, f_scale, tol, max_iter, box)
    problem = Problem(*given, absolute=bool(absolute_sigma))
    found, residual = problem.fit(start, of_model=_fitted)
    if not NORMAL < found[2] < 1 / NORMAL and (unit := _other_unit(target, weight)) != 1:
        problem = problem._replace(unit=unit)
        found, residual = problem.fit(start, of_model=_fitted)
    known = (f, data, target, weight)
    result = finished(
        *(found, residual, target.size, box, absolute_sigma, problem.unit, raise_on_failure, known),
        problem=problem,
        profile=bool(profile),
    )
    if not full_output:
        return result
    told = {"nfev": result.evaluations, "fvec": result.residual}
    return result.parameters, result.covariance, told, result.message, result.status


def _fitted(
    model: Model, x: Array, y: Array, weight: Array | None, start: Array, *options: Any
) -> Any:
    """Fit; long data from the end of a fit to some of them, unless those turn out to have missed something."""

    def fit(step: int, begin: Array) -> Any:
        part = slice(None, None, step)
        some = x if step == 1 else np.ascontiguousarray(x[..., part])
        w = None if weight is None else np.ascontiguousarray(weight[part])
        return _core.fit_curve(
            model.single, some, np.ascontiguousarray(y[part]), w, begin, *options
        )

    step = y.size // _SAMPLE
    if step < LONG // _SAMPLE:
        return fit(1, start)
    sample = fit(step, start)
    if sample[5] <= 0:
        return fit(1, start)
    found = fit(1, sample[0])
    size = -(-y.size // step)
    if found[5] > 0 and found[2] / y.size <= sample[2] / size * (1 + 10 / np.sqrt(size)):
        return found
    other = fit(1, start)
    return other if other[5] > 0 and not found[2] < other[2] else found


def _other_unit(y: Array, weight: Array | None) -> float:
    """Return a unit of y, a power of two, half-way from the size of the data to 1, if they are far from it.

    Squares of residuals are numbers then, and those of derivatives by parameters of ordinary size as well.
    """
    with np.errstate(all="ignore"):
        top = float(np.abs(y if weight is None else y * weight).max(initial=0.0))
    if not (0 < top < np.inf) or 1e-60 < top < 1e60:
        return 1.0
    return float(np.exp2(-(np.frexp(top)[1] // 2)))


def _count(f: Callable[..., Any], p0: Array | None) -> int:
    return parameter_count(f) if p0 is None else p0.size


def _check(start: Array, target: Array, box: tuple[Array, Array] | None) -> None:
    if not all_finite(start):
        msg = f"p0: got {start}, needed finite numbers."
        raise ValueError(msg)
    if box is not None and not ((start >= box[0]) & (start <= box[1])).all():
        msg = f"p0: Initial guess is outside of provided bounds: got {start}, needed {box[0]} to {box[1]}."
        raise ValueError(msg)
    if start.size > target.size:
        msg = (
            f"The number of func parameters={start.size} must not exceed the number of data "
            f"points={target.size}"
        )
        raise TypeError(msg)


def finished(
    found: Any,
    residual: Any,
    points: int,
    box: tuple[Array, Array] | None,
    absolute: bool,
    unit: float,
    raises: bool,
    data: Any,
    name: str = "curve_fit",
    problem: Problem | None = None,
    profile: bool = False,
) -> CurveFit:
    """Return what a kernel found, in the units of the data; a failure as an error."""
    parameters, covariance, chi2, iterations, evaluations, status = found
    held = 0 if box is None else int((box[0] == box[1]).sum())
    dof = points - parameters.size + held
    if not absolute:
        scale = chi2 / dof if dof > 0 else math.inf
        if status in UNSURE or unit != 1 or not math.isfinite(scale):
            with np.errstate(all="ignore"):
                scaled = covariance * scale
            covariance = np.where(np.isfinite(covariance) & np.isfinite(scaled), scaled, np.inf)
        else:
            covariance = covariance * scale
    if unit != 1:
        with np.errstate(all="ignore"):
            covariance = covariance * unit * unit if absolute else covariance
            chi2 = float(np.float64(chi2) / unit / unit)
    ended = (parameters, covariance, chi2, iterations, evaluations, status)
    fit = result_of(ended, covariance, dof, residual, data, problem, profile)
    if raises and status <= 0:
        msg = f"{name}: optimal parameters not found: {fit.message}"
        raise ConvergenceError(msg, fit)
    if status == UNSURE[0] or not all_finite(covariance):
        msg = "Covariance of the parameters could not be estimated; it is infinite."
        warnings.warn(msg, RuntimeWarning, stacklevel=3)
    return fit

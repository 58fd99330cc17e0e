"""The fit of a traced curve to plain arrays, without what `curve_fit` has to ask of other data; and how a result is made."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import F64, Array
from mmlcore.core.status import Status
from mmlcore.optimize._data import NORMAL
from mmlcore.optimize._fit_result import MESSAGES
from mmlcore.optimize._kept import kept, mark
from mmlcore.optimize._model import known_model, model_of
from mmlcore.optimize._profile import Problem
from mmlcore.optimize.curve_result import CurveFit

LONG = 200_000  # points from which on a fit to some of them comes first
UNSURE = (int(Status.UNDETERMINED), int(Status.NOT_FINITE))
_MESSAGES = {int(status): message for status, message in MESSAGES.items()}


def plain_fit(
    f: Any,
    x: Any,
    y: Any,
    p0: Any,
    f_scale: float,
    tol: float,
    max_iter: int,
    absolute: bool,
    profile: bool,
) -> CurveFit | None:
    """Fit arrays of the kernel's own type by a model that can be traced; None where somebody has to look at anything.

    Checks, the fit and the covariance are those of the long way, less what only other data need.
    """
    if not (type(x) is type(y) is np.ndarray and x.dtype is y.dtype is F64 and x.ndim == 1):
        return None
    m = x.size
    kind = type(p0)
    if m > 1 and (kind is list or kind is tuple or (kind is np.ndarray and p0.ndim == 1)):
        model = known_model(f, len(p0))
        once = model and _core.curve_once(model.single, x, y, p0, f_scale, tol, max_iter, absolute)
        if once:
            found, covariance, dof = once
            x, y = kept(x), kept(y)
            given = (
                f,
                model,
                x,
                y,
                None,
                None,
                None,
                "linear",
                f_scale,
                tol,
                max_iter,
                None,
                absolute,
            )
            known = (model, x, y, None), (f, x, y, None)
            return result_of(found, covariance, dof, *known, given, profile)
    if not (x.shape == y.shape and m < LONG and x.flags.c_contiguous and y.flags.c_contiguous):
        return None
    if type(p0) is not tuple and type(p0) is not list and type(p0) is not np.ndarray:
        return None
    try:
        start = np.array(p0)
    except ValueError:
        return None
    dof = m - start.size
    if start.dtype is not F64 or start.ndim != 1 or not start.size or dof <= 0:
        return None
    if not (_core.all_finite(x) and _core.all_finite(y) and _core.all_finite(start)):
        return None
    model = model_of(f, x, start)
    if model is None:
        return None
    found = _core.fit_curve(model.single, x, y, None, start, None, None, 0, f_scale, tol, max_iter)
    _, covariance, chi2, *_, status = found
    if status <= 0 or status in UNSURE or not NORMAL < chi2 < 1 / NORMAL:
        return None
    if not absolute:
        covariance = covariance * (chi2 / dof)
    if not _core.all_finite(covariance):
        return None
    x, y = kept(x), kept(y)
    given = (f, model, x, y, None, None, None, "linear", f_scale, tol, max_iter, None, absolute)
    known = (model, x, y, None), (f, x, y, None)
    return result_of(found, covariance, dof, *known, Problem(*given), profile)


def result_of(
    found: Any, covariance: Array, dof: int, residual: Any, data: Any, problem: Any, profile: bool
) -> CurveFit:
    """Make a result as CurveFit(...) would, whose way to set frozen fields one by one takes 2 us."""
    parameters, _, chi2, iterations, evaluations, status = found
    fit = object.__new__(CurveFit)
    fit.__dict__.update(
        parameters=parameters,
        covariance=covariance,
        chi2=chi2,
        dof=dof,
        iterations=iterations,
        status=status,
        message=_MESSAGES[status],
        evaluations=evaluations,
        _residuals=residual,
        _data=data,
        _mark=mark(data[1], data[2]),
        _problem=problem,
        _profile=profile,
    )
    return fit

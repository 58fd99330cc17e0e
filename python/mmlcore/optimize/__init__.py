"""Roots, minima and fits."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from mmlcore.core.later import Later as _Later
from mmlcore.core.status import Status
from mmlcore.optimize import _inside as _inside  # registers itself
from mmlcore.optimize._batch import curve_fit_batch
from mmlcore.optimize._curve_fit import curve_fit
from mmlcore.optimize._globally import minimize_globally
from mmlcore.optimize._lagrange import Constrained, lagrange
from mmlcore.optimize._least_squares import least_squares
from mmlcore.optimize._linear import linear_regression
from mmlcore.optimize._logistic import LogisticFit, logistic_regression
from mmlcore.optimize._minimize import Minimum, minimize
from mmlcore.optimize._newton import Root, newton
from mmlcore.optimize._polynomial_fit import PolynomialFit, polynomial_fit
from mmlcore.optimize._regressions import (
    LinearFits,
    linear_regression_by,
    linear_regression_rolling,
)
from mmlcore.optimize.batch_result import CurveFitBatch
from mmlcore.optimize.curve_result import CurveFit
from mmlcore.optimize.estimates import Band
from mmlcore.optimize.linear_result import LinearFit

if _TYPE_CHECKING:
    from mmlcore.optimize import landscapes, models, strategies
else:
    landscapes, models, strategies = (
        _Later(f"mmlcore.optimize.{name}") for name in ("landscapes", "models", "strategies")
    )

__all__ = [
    "Band",
    "Constrained",
    "CurveFit",
    "CurveFitBatch",
    "LinearFit",
    "LinearFits",
    "LogisticFit",
    "Minimum",
    "PolynomialFit",
    "Root",
    "Status",
    "curve_fit",
    "curve_fit_batch",
    "lagrange",
    "least_squares",
    "linear_regression",
    "linear_regression_by",
    "linear_regression_rolling",
    "logistic_regression",
    "minimize",
    "minimize_globally",
    "newton",
    "polynomial_fit",
]

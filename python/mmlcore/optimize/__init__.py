"""Roots, minima and fits."""

from mmlcore.core.status import Status
from mmlcore.optimize._batch import CurveFitBatch, curve_fit_batch
from mmlcore.optimize._curve_fit import CurveFit, curve_fit
from mmlcore.optimize._lagrange import Constrained, lagrange
from mmlcore.optimize._linear import linear_regression
from mmlcore.optimize._minimize import Minimum, minimize
from mmlcore.optimize._newton import Root, newton
from mmlcore.optimize._regressions import (
    LinearFits,
    linear_regression_by,
    linear_regression_rolling,
)
from mmlcore.optimize.linear_fit import LinearFit

__all__ = [
    "Constrained",
    "CurveFit",
    "CurveFitBatch",
    "LinearFit",
    "LinearFits",
    "Minimum",
    "Root",
    "Status",
    "curve_fit",
    "curve_fit_batch",
    "lagrange",
    "linear_regression",
    "linear_regression_by",
    "linear_regression_rolling",
    "minimize",
    "newton",
]

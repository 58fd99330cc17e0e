"""Roots, minima and fits."""

from mmlcore.optimize._batch import CurveFitBatch, curve_fit_batch
from mmlcore.optimize._curve_fit import CurveFit, curve_fit
from mmlcore.optimize._linear import LinearFit, linear_regression

__all__ = [
    "CurveFit",
    "CurveFitBatch",
    "LinearFit",
    "curve_fit",
    "curve_fit_batch",
    "linear_regression",
]

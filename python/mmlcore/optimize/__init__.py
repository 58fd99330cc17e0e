"""Fitting: least squares."""

from mmlcore.optimize._linear import LinearFit, linear_regression

__all__ = ["LinearFit", "linear_regression"]

"""Means and covariances of data: rows are points."""

from mmlcore.stats._affine import affine_covariance, affine_mean
from mmlcore.stats._covariance import correlation, covariance, scatter_of
from mmlcore.stats._moments import Moments
from mmlcore.stats._order import median, quantile, standardize
from mmlcore.stats.summary import mean, variance

__all__ = [
    "Moments",
    "affine_covariance",
    "affine_mean",
    "correlation",
    "covariance",
    "mean",
    "median",
    "quantile",
    "scatter_of",
    "standardize",
    "variance",
]

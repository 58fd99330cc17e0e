"""Functions of Spark DataFrames: summaries of each partition, merged in a tree of fixed form; fits and models by batches."""

from mmlcore.spark._data import PCA, covariance, linear_regression, moments
from mmlcore.spark._rows import curve_fit_batch, linear_regression_by, transform

__all__ = [
    "PCA",
    "covariance",
    "curve_fit_batch",
    "linear_regression",
    "linear_regression_by",
    "moments",
    "transform",
]

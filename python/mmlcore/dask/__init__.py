"""Functions of Dask arrays: summaries of blocks are made where the data are, and merged in a tree of fixed form."""

from mmlcore.dask._data import PCA, covariance, linear_regression, moments, tall_qr
from mmlcore.dask._pagerank import pagerank
from mmlcore.dask._rows import curve_fit_batch, linear_regression_by, nearest_neighbors

__all__ = [
    "PCA",
    "covariance",
    "curve_fit_batch",
    "linear_regression",
    "linear_regression_by",
    "moments",
    "nearest_neighbors",
    "pagerank",
    "tall_qr",
]

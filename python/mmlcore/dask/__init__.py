"""The same on a Dask cluster: summaries of blocks are made where the data are, and merged in a tree of fixed form."""

from mmlcore.dask._data import PCA, covariance, linear_regression, moments, tall_qr
from mmlcore.dask._pagerank import pagerank

__all__ = ["PCA", "covariance", "linear_regression", "moments", "pagerank", "tall_qr"]

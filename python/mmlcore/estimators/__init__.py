"""Estimators of scikit-learn with the kernels of mmlcore: same parameters, same attributes, in pipelines and searches.

Needs scikit-learn: ``pip install mmlcore[sklearn]``.
"""

from mmlcore.core.threadpool import show_to_threadpoolctl
from mmlcore.estimators._incremental import IncrementalPCA
from mmlcore.estimators._linear import LinearRegression, Ridge
from mmlcore.estimators._mlp import MLPClassifier, MLPRegressor
from mmlcore.estimators._neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    NearestNeighbors,
)
from mmlcore.estimators._pca import PCA
from mmlcore.estimators._scaler import StandardScaler
from mmlcore.estimators._truncated import TruncatedSVD

show_to_threadpoolctl()

__all__ = [
    "PCA",
    "IncrementalPCA",
    "KNeighborsClassifier",
    "KNeighborsRegressor",
    "LinearRegression",
    "MLPClassifier",
    "MLPRegressor",
    "NearestNeighbors",
    "Ridge",
    "StandardScaler",
    "TruncatedSVD",
]

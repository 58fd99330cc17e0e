"""Principal component analysis: data in memory, in parts, sparse, and with values that are missing."""

from mmlcore.decomposition._gaussian import NotFittedError
from mmlcore.decomposition._pca import PCA
from mmlcore.decomposition._ppca import PPCA

__all__ = ["PCA", "PPCA", "NotFittedError"]

"""The mathematics of machine learning, compiled.

Linear algebra, multivariate calculus and principal component analysis as C++ kernels behind a thin numpy-style API:
``import mmlcore as mml``. Every public name of the chapters can be used from here.
"""

from mmlcore._version import version as __version__
from mmlcore.core import (
    ConvergenceError,
    DefectiveMatrixError,
    SingularMatrixError,
    get_num_threads,
    set_num_threads,
    show_config,
    threads,
)
from mmlcore.decomposition import PCA
from mmlcore.eigen import (
    Diagonalization,
    Eigen,
    PowerIteration,
    characteristic_polynomial,
    diagonalize,
    eig,
    eigh,
    eigvals,
    matrix_power,
    power_iteration,
    top_eigh,
)
from mmlcore.elimination import (
    LU,
    Echelon,
    condition,
    determinant,
    inverse,
    is_singular,
    lu,
    null_space,
    rank,
    row_echelon,
    slogdet,
    solve,
)
from mmlcore.graph import Graph, PageRank, link_matrix, pagerank
from mmlcore.matrices import matmul
from mmlcore.orthogonal import gram_schmidt
from mmlcore.stats import covariance
from mmlcore.vectors import (
    angle,
    coordinates,
    cosine,
    distance,
    inner,
    is_independent,
    length,
    nearest_neighbors,
    pairwise_distances,
    scalar_projection,
    vector_projection,
)

__all__ = [
    "LU",
    "PCA",
    "ConvergenceError",
    "DefectiveMatrixError",
    "Diagonalization",
    "Echelon",
    "Eigen",
    "Graph",
    "PageRank",
    "PowerIteration",
    "SingularMatrixError",
    "__version__",
    "angle",
    "characteristic_polynomial",
    "condition",
    "coordinates",
    "cosine",
    "covariance",
    "determinant",
    "diagonalize",
    "distance",
    "eig",
    "eigh",
    "eigvals",
    "get_num_threads",
    "gram_schmidt",
    "inner",
    "inverse",
    "is_independent",
    "is_singular",
    "length",
    "link_matrix",
    "lu",
    "matmul",
    "matrix_power",
    "nearest_neighbors",
    "null_space",
    "pagerank",
    "pairwise_distances",
    "power_iteration",
    "rank",
    "row_echelon",
    "scalar_projection",
    "set_num_threads",
    "show_config",
    "slogdet",
    "solve",
    "threads",
    "top_eigh",
    "vector_projection",
]

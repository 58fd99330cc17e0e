"""Gaussian elimination and what follows from it."""

from mmlcore.elimination._cholesky import cholesky
from mmlcore.elimination._echelon import Echelon, row_echelon
from mmlcore.elimination._factors import LU, LogDeterminant, determinant, inverse, lu, slogdet
from mmlcore.elimination._solve import solve

__all__ = [
    "LU",
    "Echelon",
    "LogDeterminant",
    "cholesky",
    "determinant",
    "inverse",
    "lu",
    "row_echelon",
    "slogdet",
    "solve",
]

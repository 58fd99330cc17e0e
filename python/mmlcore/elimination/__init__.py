"""Gaussian elimination and what follows from it."""

from mmlcore.elimination._echelon import Echelon, row_echelon
from mmlcore.elimination._factors import LU, LogDeterminant, determinant, inverse, lu, slogdet
from mmlcore.elimination._rank import condition, is_singular, null_space, rank
from mmlcore.elimination._solve import solve

__all__ = [
    "LU",
    "Echelon",
    "LogDeterminant",
    "condition",
    "determinant",
    "inverse",
    "is_singular",
    "lu",
    "null_space",
    "rank",
    "row_echelon",
    "slogdet",
    "solve",
]

"""Eigenvalues, eigenvectors and what they are good for."""

from mmlcore.eigen._diagonalize import Diagonalization, diagonalize
from mmlcore.eigen._full import eig, eigvals
from mmlcore.eigen._polynomial import characteristic_polynomial
from mmlcore.eigen._power import PowerIteration, matrix_power, power_iteration
from mmlcore.eigen._symmetric import EigenResult, eigh, eigvalsh
from mmlcore.eigen.top import top_eigh

__all__ = [
    "Diagonalization",
    "EigenResult",
    "PowerIteration",
    "characteristic_polynomial",
    "diagonalize",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "matrix_power",
    "power_iteration",
    "top_eigh",
]

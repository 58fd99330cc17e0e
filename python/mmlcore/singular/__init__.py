"""Singular values and what they decide: rank, null space, condition, least squares."""

from mmlcore.singular._lstsq import LeastSquares, lstsq, pinv
from mmlcore.singular._rank import condition, is_singular, null_space, rank
from mmlcore.singular._svd import SVD, svd, svdvals

__all__ = [
    "SVD",
    "LeastSquares",
    "condition",
    "is_singular",
    "lstsq",
    "null_space",
    "pinv",
    "rank",
    "svd",
    "svdvals",
]

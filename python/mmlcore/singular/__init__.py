"""Singular values and what they decide: rank, null space, condition."""

from mmlcore.singular._rank import condition, is_singular, null_space, rank
from mmlcore.singular._svd import SVD, svd, svdvals

__all__ = ["SVD", "condition", "is_singular", "null_space", "rank", "svd", "svdvals"]

"""Singular values and what they decide: rank, null space, condition."""

from mmlcore.singular._rank import condition, is_singular, null_space, rank

__all__ = ["condition", "is_singular", "null_space", "rank"]

"""Lengths, distances, angles and projections of vectors, for the dot product and any other inner product."""

from mmlcore.vectors._bases import coordinates, is_independent
from mmlcore.vectors._cross import cross
from mmlcore.vectors._distances import pairwise_distances
from mmlcore.vectors._inner import (
    angle,
    cosine,
    distance,
    inner,
    length,
    scalar_projection,
    vector_projection,
)

__all__ = [
    "angle",
    "coordinates",
    "cosine",
    "cross",
    "distance",
    "inner",
    "is_independent",
    "length",
    "pairwise_distances",
    "scalar_projection",
    "vector_projection",
]

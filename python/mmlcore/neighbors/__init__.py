"""The nearest points: for given queries, and an index that is built once."""

from mmlcore.neighbors._index import NeighborIndex, NeighborsWithin
from mmlcore.neighbors._nearest import Neighbors, nearest_neighbors

__all__ = ["NeighborIndex", "Neighbors", "NeighborsWithin", "nearest_neighbors"]

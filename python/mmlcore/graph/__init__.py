"""Graphs and PageRank."""

from mmlcore.graph._graph import Graph, link_matrix
from mmlcore.graph._pagerank import PageRank, pagerank

__all__ = ["Graph", "PageRank", "link_matrix", "pagerank"]

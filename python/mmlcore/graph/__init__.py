"""Graphs and PageRank."""

from mmlcore.graph._graph import Graph, link_matrix
from mmlcore.graph._pagerank import pagerank
from mmlcore.graph.ranking import PageRank

__all__ = ["Graph", "PageRank", "link_matrix", "pagerank"]

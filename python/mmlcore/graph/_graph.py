"""Compact graphs from edge arrays, matrices, networkx graphs and files."""

from __future__ import annotations

import contextlib
import gzip
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_index, is_sparse, shape_error
from mmlcore.graph._convert import from_igraph, from_matrix, from_names, from_networkx

_BYTES_PER_NODE = 48  # the graph and the vectors of a PageRank


class Graph:
    """A directed graph, kept as the list of in-edges of each node: 4 bytes an edge, 16 a node.

    Made by `from_edges`, `from_labels`, `from_scipy`, `from_networkx` or `read`; immutable.

    Attributes
    ----------
    num_nodes, num_edges : int
    labels : list or None
        The names of the nodes, in order, if the graph was made from names.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.Graph.from_edges([0, 1, 2, 2], [1, 2, 0, 1])
    Graph(num_nodes=3, num_edges=4)
    """

    def __init__(self, edges: _core.InEdges, labels: list[Any] | None = None) -> None:
        self._edges = edges
        self.labels = labels

    @property
    def num_nodes(self) -> int:
        """Number of nodes."""
        return int(self._edges.nodes)

    @property
    def num_edges(self) -> int:
        """Number of edges, repeated ones counted as often as they were kept."""
        return int(self._edges.edges)

    @property
    def is_weighted(self) -> bool:
        """Whether edges carry weights."""
        return bool(self._edges.weighted)

    def __repr__(self) -> str:
        """Show the size."""
        weighted = ", weighted" if self.is_weighted else ""
        return f"Graph(num_nodes={self.num_nodes}, num_edges={self.num_edges}{weighted})"

    @classmethod
    def from_edges(
        cls,
        source: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        num_nodes: int | None = None,
        combine: str = "keep",
    ) -> Graph:
        """Make a graph from the ends of its edges.

        Parameters
        ----------
        source, target : array_like of int, shape (m,)
            Edge i goes from source[i] to target[i]; integers of any width, sign and strides are read in place.
        weight : array_like of shape (m,), optional
            Non-negative, finite. Default: every edge counts 1.
        num_nodes : int, optional
            Default: one more than the largest index. Their vectors have to fit into memory.
        combine : {'keep', 'sum', 'first'}
            Repeated edges: each counts, they are merged and their weights added, or the first stands for all.

        Raises
        ------
        ValueError
            Lengths that differ, an index that is negative or too large, a bad weight, more nodes than memory holds.
        TypeError
            Indices that are not integers.
        """
        s, t = _indices(source, "source"), _indices(target, "target")
        if s.shape != t.shape:
            raise shape_error("target", t.shape, f"{s.shape}, as many as source")
        w = None if weight is None else _weights(weight, len(s))
        nodes = _count(s, t) if num_nodes is None else as_index(num_nodes, "num_nodes", 0)
        _check_size(nodes)
        if combine not in ("keep", "sum", "first"):
            msg = f"combine: got {combine!r}, needed 'keep', 'sum' or 'first'."
            raise ValueError(msg)
        return cls(_core.InEdges(s, t, w, nodes, combine))

    @classmethod
    def from_labels(
        cls, source: Sequence[Any], target: Sequence[Any], weight: ArrayLike | None = None
    ) -> Graph:
        """Make a graph from the names of the ends of its edges; nodes are numbered as they first appear.

        Names are any hashable objects, in sequences or columns of numpy, pandas, polars or Arrow; None and NaN are
        refused. They are kept in `labels`.
        """
        s, t, labels = from_names(source, target)
        graph = cls.from_edges(s, t, weight=weight, num_nodes=len(labels))
        graph.labels = labels
        return graph

    @classmethod
    def from_scipy(cls, matrix: Any) -> Graph:
        """Make a graph from a square scipy.sparse matrix: entry (i, j) is the weight of the edge from i to j.

        CSR and CSC are read in place. A stored zero is an edge of weight 0, which nobody follows.
        """
        (s, t, data), nodes = from_matrix(matrix)
        _check_size(nodes)
        return cls(_core.InEdges(s, t, None if data is None else _weights(data, len(data)), nodes))

    @classmethod
    def from_networkx(cls, graph: Any, weight: str | None = "weight") -> Graph:
        """Make a graph from a networkx graph; an undirected edge becomes two, parallel edges stay apart.

        `weight` names the edge attribute; an edge without it counts 1. None: every edge counts 1.
        """
        (s, t, w), labels = from_networkx(graph, weight)
        made = cls.from_edges(s, t, weight=w, num_nodes=len(labels))
        made.labels = labels
        return made

    @classmethod
    def from_igraph(cls, graph: Any, weight: str | None = "weight") -> Graph:
        """Make a graph from an igraph graph; an undirected edge becomes two.

        `weight` names the edge attribute, if there is one. Labels are the vertex attribute `name`, if there is one.
        """
        (s, t, w), labels = from_igraph(graph, weight)
        made = cls.from_edges(s, t, weight=w, num_nodes=graph.vcount())
        made.labels = labels
        return made

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Graph:
        """Read an edge list: two node numbers a line, a third column is the weight.

        Separated by blanks, tabs or a comma; lines that start with # or % are comments; a name that ends in .gz is
        unpacked on the way. ValueError names the first bad line.
        """
        path = Path(path)
        try:
            text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        except (EOFError, gzip.BadGzipFile) as error:
            msg = f"{path}: is not a complete gzip file ({error})."
            raise ValueError(msg) from error
        try:
            source, target, weight = _core.parse_edges(text)
        except ValueError as error:
            msg = f"{path}: {error}"
            raise ValueError(msg) from None
        return cls.from_edges(source, target, weight=weight)


def link_matrix(graph: Graph) -> Array:
    """Return the dense column-stochastic link matrix of a graph.

    Parameters
    ----------
    graph : Graph
        Or anything that `pagerank` takes for one.

    Returns
    -------
    ndarray of shape (n, n), float64
        Entry (i, j) is the probability to go from node j to node i. The column of a node without links is zero.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.link_matrix(mml.Graph.from_edges([0, 0, 1], [1, 2, 0]))
    array([[0. , 1. , 0. ],
           [0.5, 0. , 0. ],
           [0.5, 0. , 0. ]])
    """
    edges = as_graph(graph)._edges
    n = edges.nodes
    if n > 50_000:
        msg = f"graph: a dense matrix of {n} x {n} numbers is not made; pagerank works on the graph itself."
        raise ValueError(msg)
    matrix = np.zeros((n, n))
    start, source, weight, total = edges.rows()
    targets = np.repeat(np.arange(n), np.diff(start))
    np.add.at(matrix, (targets, source), weight if edges.weighted else 1.0)
    np.divide(matrix, total, out=matrix, where=total > 0)
    return matrix


def as_graph(graph: Any) -> Graph:
    """Return a Graph from whatever `pagerank` takes."""
    if isinstance(graph, Graph):
        return graph
    if isinstance(graph, tuple) and len(graph) == 2:
        return Graph.from_edges(*graph)
    if is_sparse(graph):
        return Graph.from_scipy(graph)
    if type(graph).__module__.startswith("igraph"):
        return Graph.from_igraph(graph)
    if type(graph).__module__.startswith("networkx.") or hasattr(graph, "adj"):
        return Graph.from_networkx(graph)
    msg = (
        f"graph: got {type(graph).__name__}, needed a Graph, a (source, target) pair, a scipy.sparse matrix, a "
        "networkx graph or an igraph graph."
    )
    raise TypeError(msg)


def _indices(values: ArrayLike, name: str) -> Array:
    a = np.asarray(values)
    if a.dtype.kind == "O" and hasattr(
        values, "to_numpy"
    ):  # integers of pandas that could be missing
        with contextlib.suppress(TypeError, ValueError):
            a = values.to_numpy(dtype=np.int64)
    if a.size == 0 and a.dtype.kind == "f":
        a = a.astype(np.int64)
    if a.dtype.kind not in "iu":
        msg = f"{name}: got dtype {a.dtype}, needed integers: the indices of nodes."
        raise TypeError(msg)
    if a.ndim != 1:
        raise shape_error(name, a.shape, "1 axis: an index for each edge")
    return np.require(a, a.dtype.newbyteorder("="), "A")


def _count(s: Array, t: Array) -> int:
    """Return one more than the largest index; a negative one is left for the kernel to name."""
    return 1 + max(int(_core.id_range(a)[1]) if a.size else -1 for a in (s, t))


def _weights(values: ArrayLike, m: int) -> Array:
    w = as_array(values, "weight").astype(np.float64, copy=False)
    if w.shape != (m,):
        raise shape_error("weight", w.shape, f"({m},), one for each edge")
    if not (np.isfinite(w).all() and (w >= 0).all()):
        bad = int(np.flatnonzero(~(np.isfinite(w) & (w >= 0)))[0])
        msg = f"weight: edge {bad} has weight {w[bad]}, needed finite and non-negative weights."
        raise ValueError(msg)
    return np.ascontiguousarray(w)


def _check_size(nodes: int) -> None:
    memory = _physical_memory()
    if nodes * _BYTES_PER_NODE > memory:
        msg = (
            f"num_nodes: a graph of {nodes} nodes needs {nodes * _BYTES_PER_NODE / 2**30:.3g} GiB; this "
            f"machine has {memory / 2**30:.3g} GiB."
        )
        raise ValueError(msg)


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 2**40

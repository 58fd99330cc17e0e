"""Compact graphs from edge arrays, matrices, networkx graphs and files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, in_order, is_sparse, shape_error
from mmlcore.graph._convert import from_igraph, from_matrix, from_names, from_networkx
from mmlcore.graph._folder import Mapped
from mmlcore.graph._read import read_edges
from mmlcore.graph._shown import ShownGraph
from mmlcore.graph._store import is_graph_file, load, save, write_in_place
from mmlcore.graph.columns import check_columns, check_size, check_weights
from mmlcore.io import FileError, say_of


class Graph(ShownGraph):
    """A directed graph, kept as the list of in-edges of each node: 4 bytes an edge, 16 a node.

    Made by `from_edges`, `from_labels`, `from_scipy`, `from_networkx`, `from_igraph` or `read`; immutable.
    Graphs of the same nodes, labels and edges are equal, in whatever order their edges were given.

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

    def __init__(
        self, edges: _core.InEdges, labels: list[Any] | None = None, mapped: Mapped | None = None
    ) -> None:
        self._in_edges = edges
        self._mapped = mapped  # the files, where the arrays are mapped into memory
        self.labels = labels

    @property
    def _edges(self) -> _core.InEdges:
        """The graph for the kernels; FileError where its files were written to since they were read."""
        if self._mapped is not None:
            self._mapped.check()
        return self._in_edges

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arrays, and build nothing when they come back."""
        return _unpickle, (self._edges.parts(), self.labels)

    @property
    def nbytes(self) -> int:
        """Bytes that the graph takes, in memory or in mapped files; labels not counted."""
        return sum(int(part.nbytes) for part in self._edges.parts().values())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the graph, to be read by `Graph.read` without building it again.

        Parameters
        ----------
        path : path
            One file if the name ends in .npz. Else a folder of .npy files, which `read` maps into memory: reading takes
            no memory, and processes share it. Whole or not at all, also where several processes write to one name, and on
            the disk when this returns (fsync); an older saved graph of that name is replaced, and who reads it keeps it.

        Raises
        ------
        FileError
            The file cannot be written, or `path` is a folder that holds something else.
        TypeError
            Labels that are neither text nor numbers.
        """
        save(Path(path), self._edges, self.labels)

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
        folder: str | os.PathLike[str] | None = None,
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
        folder : path, optional
            Build in this new folder instead of in memory: a graph larger than memory, from columns that may be
            ``np.memmap`` of files larger than memory. What has an entry for each edge stays in files; the folder is what
            `save` writes. It takes 8 bytes an edge more while it is built.

        Raises
        ------
        ValueError
            Lengths that differ, an index that is negative or too large, a bad weight, more nodes than memory holds.
        TypeError
            Indices that are not integers.
        """
        columns = check_columns(source, target, weight, num_nodes, combine)
        if folder is None:
            return cls(_core.InEdges(*columns, combine))
        write_in_place(Path(folder), *columns, combine)
        return cls.read(folder)

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
        check_size(nodes)
        return cls(
            _core.InEdges(s, t, None if data is None else check_weights(data, len(data)), nodes)
        )

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
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        progress: Callable[[int, int], object] | None = None,
        delimiter: str | None = None,
    ) -> Graph:
        """Read a graph from a file.

        Parameters
        ----------
        path : path
            By its name:

            * a folder or .npz that `save` wrote: nothing is built again, and a folder is mapped, not read: nobody may write
              into its files while the graph is in use. Each call looks at their sizes and times first, and refuses a change;
              `save` to the same name makes new files;
            * .npz that scipy.sparse.save_npz wrote, or with arrays `source`, `target` and, if there are weights, `weight`;
            * .mtx, .mtx.gz: Matrix Market, read by SciPy; entry (i, j) is the weight of the edge from i to j;
            * .parquet: columns `source`, `target` and perhaps `weight`, or else the first two or three, read by pyarrow;
              columns of text are names;
            * anything else is an edge list in text: two node numbers a line, a third column is the weight, separated by
              blanks, tabs or a comma; lines that start with # or % are comments. Where the first edge is no two numbers,
              nodes are names, perhaps in quotes, under a line of headings (source, target, weight) or none, with any
              delimiter. It may be a pipe (of numbers), and a file that changes while it is read gives an error or the lines of
              some moment. With .gz or .zst it is unpacked on the way (.zst needs Python 3.14, `zstandard` or `pyarrow`), to
              1 GiB or 256 times its size at most.
        progress : callable, optional
            Of an edge list: called as progress(bytes done, bytes in all), every 8 MiB of text. What it raises ends the
            reading.
        delimiter : str, optional
            What divides the columns of a text; found in its first lines by default.

        Raises
        ------
        FileError
            A ValueError that names the file, and in text the number of the bad line; negative and too large node numbers are
            refused.
        """
        file = Path(path)
        if is_graph_file(file):
            stored = load(file)
            if stored is not None:
                return cls(*stored)
        kind, content = read_edges(file, progress, delimiter)
        try:
            if kind == "matrix":
                return cls.from_scipy(content)
            if kind == "own":
                return cls(_core.InEdges(*check_columns(*content), pages="own"))
            source, target, weight = content
            make = cls.from_labels if kind == "names" else cls.from_edges
            return make(source, target, weight=weight)
        except (ValueError, TypeError) as error:
            raise FileError(say_of(file, error)) from None


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
    return _core.link_matrix(edges)


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
    if isinstance(graph, (np.ndarray, list)) or hasattr(graph, "__array__"):
        return _of_link_matrix(as_array(graph, "graph"))
    msg = (
        f"graph: got {type(graph).__name__}, needed a Graph, a (source, target) pair, a scipy.sparse matrix, a "
        "networkx graph, an igraph graph or a dense link matrix."
    )
    raise TypeError(msg)


def _of_link_matrix(matrix: Array) -> Graph:
    """Make a graph of a dense column-stochastic matrix: entry (i, j) is the probability to go from node j to node i."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise shape_error("graph", matrix.shape, "a square link matrix (n, n)")
    n = len(matrix)
    if not (np.isfinite(matrix).all() and (matrix >= 0).all()):
        msg = "graph: a link matrix has no negative or non-finite entries."
        raise ValueError(msg)
    sums = matrix.sum(axis=0, dtype=np.float64)
    slack = 1e-6 + n * float(np.finfo(matrix.dtype).eps)
    wrong = np.flatnonzero((np.abs(sums - 1) > slack) & (sums != 0))
    if wrong.size:
        msg = (
            f"graph: column {wrong[0]} of the dense matrix adds up to {sums[wrong[0]]:g}, needed 1, or 0 for a node without "
            "links: entry (i, j) is the probability to go from node j to node i. For an adjacency matrix, whose entry (i, j) "
            "is the weight of the edge from i to j, pass scipy.sparse.csr_array(matrix)."
        )
        raise ValueError(msg)
    target, source = np.nonzero(matrix)
    weight = matrix[target, source].astype(np.float64)
    return Graph.from_edges(source, target, weight=weight, num_nodes=n)


def _unpickle(parts: dict[str, Array], labels: list[Any] | None) -> Graph:
    arrays = {name: in_order(part) for name, part in parts.items()}
    return Graph(_core.InEdges.from_parts(arrays, False), labels)

"""Columns of edges from the graphs, matrices and names of other libraries.

Each function returns what `Graph.from_edges` needs, and the labels of the nodes where there are any.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeGuard

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, in_order, is_sparse, shape_error
from mmlcore.core.sparse import check_indices, own_starts

Columns = tuple[Any, Any, Any]  # source, target, weight or None
_TABLE = 8  # how much wider than the number of ends a table may be


def from_matrix(matrix: Any) -> tuple[Columns, int]:
    """Return the edges of a square scipy.sparse matrix; compressed formats are read in place, row by row."""
    if not is_sparse(matrix):
        msg = f"matrix: got {type(matrix).__name__}, needed a scipy.sparse matrix."
        raise TypeError(msg)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise shape_error("matrix", matrix.shape, "a square matrix")
    if matrix.dtype.kind not in "biuf":
        msg = f"matrix: got dtype {matrix.dtype}, needed real numbers, the weights of the edges."
        raise TypeError(msg)
    nodes = matrix.shape[0]
    ends: Any
    if matrix.format in ("csr", "csc"):
        # A copy, looked at as such: kernels find their way by the starts, which another thread might write to.
        own = own_starts(matrix)
        if own is None:  # arrays of unusual types, or damaged
            own = np.array(check_indices(matrix, "matrix").indptr, np.int64)
            if not (
                len(own) == nodes + 1
                and own[0] == 0
                and bool((own[1:] >= own[:-1]).all())
                and own[-1] <= min(len(matrix.indices), len(matrix.data))
            ):
                msg = "matrix: is damaged, or changed while it was read."
                raise ValueError(msg)
        entries = int(own[-1])
        inner = in_order(matrix.indices[:entries])
        ends = ((own,), inner) if matrix.format == "csr" else (inner, (own,))
        data = in_order(matrix.data[:entries])
    else:
        entries = check_indices(matrix, "matrix").tocoo()
        ends = (in_order(entries.row), in_order(entries.col))
        data = in_order(entries.data)
    return (*ends, None if bool((data == 1).all()) else data), nodes


def from_networkx(graph: Any, weight: str | None) -> tuple[Columns, list[Any]]:
    """Return the edges of a networkx graph, those of an undirected one in both directions."""
    if not all(hasattr(graph, name) for name in ("adj", "edges", "is_directed")):
        msg = f"graph: got {type(graph).__name__}, needed a networkx graph."
        raise TypeError(msg)
    nodes = list(graph)
    try:
        return _core.networkx_edges(nodes, graph._adj, weight, graph.is_multigraph()), nodes
    except TypeError:
        # A view of another graph, or a class with an adjacency of its own.
        pass
    number = {name: i for i, name in enumerate(nodes)}
    ends: list[tuple[int, int]] = []
    weights: list[float] = []
    for u, v, value in graph.edges(data=weight if weight is not None else "", default=1):
        pairs = [(u, v)] if graph.is_directed() or u == v else [(u, v), (v, u)]
        ends += [(number[a], number[b]) for a, b in pairs]
        weights += [value] * len(pairs)
    both = np.array(ends, dtype=np.int64).reshape(-1, 2)
    w = _real(weights, weight)
    return (both[:, 0], both[:, 1], None if (w == 1).all() else w), nodes


def from_igraph(graph: Any, weight: str | None) -> tuple[Columns, list[Any] | None]:
    """Return the edges of an igraph graph, those of an undirected one in both directions (a self-link twice, as igraph counts it)."""
    if not all(hasattr(graph, name) for name in ("get_edgelist", "vs", "es")):
        msg = f"graph: got {type(graph).__name__}, needed an igraph graph."
        raise TypeError(msg)
    ends = np.fromiter(
        chain.from_iterable(graph.get_edgelist()), np.int64, 2 * graph.ecount()
    ).reshape(-1, 2)
    s, t = ends[:, 0], ends[:, 1]
    has_weight = weight is not None and weight in graph.es.attributes()
    w = _real(graph.es[weight], weight) if has_weight else None
    if not graph.is_directed():
        s, t = np.concatenate((s, t)), np.concatenate((t, s))
        w = None if w is None else np.concatenate((w, w))
    labels = graph.vs["name"] if "name" in graph.vs.attributes() else None
    return (s, t, w), labels


def _real(values: list[Any], name: str | None) -> Array:
    """Return the weights of edges in float64, or say which attribute is no number."""
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"weight: the attribute {name!r} of an edge is no real number ({error})."
        raise TypeError(msg) from None


def from_names(source: Sequence[Any], target: Sequence[Any]) -> tuple[Array, Array, list[Any]]:
    """Return numbers for names, as they first appear edge by edge, and the names."""
    if _is_integers(source) and _is_integers(target) and source.dtype == target.dtype:
        _same_length(source, target)
        return _number_integers(np.stack((source, target), axis=1).reshape(-1))
    s, t = _objects(source), _objects(target)
    _same_length(s, t)
    try:
        numbers_s, numbers_t, names = _core.number_names(s, t)
    except TypeError as error:
        msg = f"source, target: a name cannot be told from others ({error})."
        raise TypeError(msg) from None
    for number, name in enumerate(names):
        if _is_missing(name):
            column = "source" if number in numbers_s else "target"
            edge = int(np.argmax((numbers_s if column == "source" else numbers_t) == number))
            msg = f"{column}: edge {edge} has no name (it is {name!r})."
            raise ValueError(msg)
    return numbers_s, numbers_t, names


def _same_length(source: Any, target: Any) -> None:
    """Refuse columns of different lengths."""
    if len(source) != len(target):
        raise shape_error("target", (len(target),), f"({len(source)},), as many as source")


def _is_integers(column: Any) -> TypeGuard[Array]:
    """Tell an array of integers, whose names are found without a Python object each."""
    return isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype.kind in "iu"


def _number_integers(ends: Array) -> tuple[Array, Array, list[Any]]:
    """Number the integers s0, t0, s1, t1, ... by a table over their range, or by sorting where that is too wide."""
    if not len(ends):
        return np.empty(0, np.int64), np.empty(0, np.int64), []
    if ends.dtype.itemsize < 8:
        ends = ends.astype(np.int64)
    width = int(ends.max()) - int(ends.min()) + 1
    if width <= _TABLE * len(ends):
        at = (ends - ends.min()).astype(np.int64, copy=False)
        first = np.full(width, -1)  # where each value stands first
        first[at[::-1]] = np.arange(len(ends))[::-1]  # of several writes the last one stays
    else:
        _, first, at = np.unique(ends, return_index=True, return_inverse=True)
    used = np.nonzero(first >= 0)[0]
    order = used[np.argsort(first[used])]
    number = np.empty(len(first), np.int64)
    number[order] = np.arange(len(order))
    numbers = number[at].reshape(-1, 2)
    return numbers[:, 0], numbers[:, 1], ends[first[order]].tolist()


def _objects(column: Any) -> Sequence[Any]:
    """Return the Python objects of a column of pandas, polars, Arrow or numpy."""
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, method):
            column = getattr(column, method)()
            break
    if isinstance(column, str) or not hasattr(column, "__len__"):
        column = list(column)
    return column  # type: ignore[no-any-return]


def _is_missing(name: Any) -> bool:
    try:
        return name is None or bool(name != name)
    except (TypeError, ValueError):  # pandas.NA will not say
        return type(name).__name__ == "NAType"

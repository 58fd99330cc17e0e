"""PageRank with a certified error."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_index, as_real, shape_error
from mmlcore.graph._graph import Graph, as_graph
from mmlcore.graph.ranking import PageRank, distribution, not_converged, scaled_to_one

# For each node: what the graph itself keeps, and what a problem adds (iterate, gathered values, residual, ranks, restarts).
_NODE_BYTES, _VECTOR_BYTES = 32, 72


def pagerank(
    graph: Any,
    *,
    damping: float = 0.85,
    personalization: ArrayLike | None = None,
    dangling: ArrayLike | None = None,
    start: ArrayLike | None = None,
    tol: float = 1e-8,
    max_iter: int = 1000,
    method: str = "auto",
    memory_limit: int | None = None,
    progress: Callable[[int, float], object] | None = None,
    raise_on_failure: bool = True,
) -> PageRank:
    """Rank the nodes of a graph by PageRank, with an error that is known.

    Parameters
    ----------
    graph : Graph, (source, target), scipy.sparse matrix, networkx or igraph graph, or dense link matrix
        A sparse matrix's entry (i, j) is the weight of the edge from i to j. A dense one is column-stochastic, as
        `link_matrix` returns it: entry (i, j) is the probability to go from j to i, a column of zeros a node without links.
    damping : float in [0, 1], default 0.85
        Probability to follow a link.
    personalization : array_like of shape (n,) or (p, n), optional
        Where a surfer goes who does not follow a link: non-negative, scaled to sum 1. Default: anywhere. Several rows are
        several problems, solved eight at a time: one reading of the edges serves all.
    dangling : array_like of shape (n,), optional
        Where surfers go from a node without links. Default: as `personalization`.
    start : array_like of shape (n,), optional
        A first guess, such as the ranks of an earlier version of the graph.
    tol : float, default 1e-8
        Bound on the L1 distance of the result to the true PageRank vector.
    max_iter : int, default 1000
        Most passes over the edges.
    method : {'auto', 'gauss-seidel', 'power'}
        'auto' is Gauss-Seidel in blocks of rows, which takes about two thirds of the sweeps of the power iteration. With
        damping 1 all are the lazy walk of the notes.

    memory_limit : int, optional
        Bytes that the graph and the vectors may take together. A graph in a folder (`Graph.read` of what `save` or
        ``from_edges(folder=...)`` wrote) that does not fit is streamed: every sweep reads the links from the files and keeps
        the vectors alone. The result is the same to the bit. What cannot be ranked so is a ValueError.
    progress : callable, optional
        Called after each sweep as progress(sweeps, expected error); with several problems they start again for each eight.
        What it raises ends the computation.
    raise_on_failure : bool, default True
        False: ranks that are not known to `tol` are returned, with `error` and ``converged=False``.

    Returns
    -------
    PageRank
        (ranks, iterations, error, converged); ``by_label`` is a dictionary of the ranks by the names of the nodes.

    Raises
    ------
    ConvergenceError
        `max_iter` passes, or the accuracy of float64, did not suffice. Its `.result` is the last PageRank. Not with
        ``raise_on_failure=False``.
    ValueError, TypeError
        Arguments out of range; vectors that are negative, not finite, zero or of the wrong length.

    Warns
    -----
    RuntimeWarning
        With damping 1, for a graph with several closed parts (the ranks depend on the start) or a period. Not looked for in
        a graph that is streamed.

    Notes
    -----
    Guarantee: error = d / (1 - d) times the 1-norm of T x - x plus a bound on rounding, computed from a last exact application of the
    PageRank operator T to the result; T is a contraction with factor d in the L1 norm [1]_. With damping 1 there is no such
    bound: the lazy walk (x + T x) / 2 is followed, which converges on periodic graphs too, and on reducible ones to one
    of the stationary distributions; `error` is then the residual. Several problems report the largest error and the most
    iterations. Cost: 12 bytes read for an edge and a sweep; 24 bytes a node of memory, a multiple of it for
    several problems. The same graph gives the same bits for any number of threads.

    References
    ----------
    .. [1] A. N. Langville, C. D. Meyer, "Google's PageRank and beyond" (2006), section 4.5.

    Examples
    --------
    The micro-internet of the course: A links to B, C and D, and so on.

    >>> import mmlcore as mml
    >>> names = mml.Graph.from_labels("AAABBCCCDEEFF", "BCDACADFCBDCD")
    >>> ranks, _, error, _ = mml.pagerank(names, damping=1)
    >>> dict(zip(names.labels, (100 * ranks).round(2).tolist()))
    {'A': 16.0, 'B': 5.33, 'C': 40.0, 'D': 25.33, 'F': 13.33, 'E': 0.0}
    """
    g = as_graph(graph)
    n = g.num_nodes
    damping = as_real(damping, "damping", 0, 1)
    tol = as_real(tol, "tol", 0, 2)
    max_iter = as_index(max_iter, "max_iter", 1, 2**40)
    if method not in ("auto", "gauss-seidel", "power"):
        msg = f"method: got {method!r}, needed 'auto', 'gauss-seidel' or 'power'."
        raise ValueError(msg)
    if n == 0:
        return PageRank(np.empty(0), 0, 0.0, True)
    jumps = None if personalization is None else _rows(personalization, n)
    landing = None if dangling is None else distribution(dangling, "dangling", n)
    first = None if start is None else distribution(start, "start", n)
    ranks = np.empty((1, n) if jumps is None else jumps.shape)
    stream = memory_limit is not None and _streams(g, memory_limit, len(ranks))
    outcome = _core.pagerank(
        g._edges,
        *(damping, jumps, landing, first, tol, max_iter),
        method == "power",
        stream,
        progress,
        ranks,
    )
    several = personalization is not None and np.ndim(personalization) == 2
    result = PageRank(ranks if several else ranks[0], *outcome)
    result.labels = g.labels
    if not result.converged and raise_on_failure:
        raise not_converged(result, tol, max_iter)
    if damping == 1 and not stream:
        _warn_of_recurrence(g, [landing] if landing is not None or jumps is None else jumps)
    return result


def _warn_of_recurrence(graph: Graph, landings: Iterable[Array | None]) -> None:
    """Say so where ranks without damping are not all that there is to know."""
    closed, period = max(_core.closed_classes(graph._edges, landing) for landing in landings)
    if closed > 1:
        msg = (
            f"pagerank: with damping 1 this graph has {closed} closed parts that a surfer never leaves, so these ranks are one "
            "of many answers: how much each part holds depends on `start`. A damping below 1 has one answer."
        )
    elif period > 1:
        msg = (
            f"pagerank: with damping 1 this graph has period {period}: the power iteration would never settle. These ranks "
            "are the averages over a long walk, the one stationary distribution."
        )
    else:
        return
    warnings.warn(msg, RuntimeWarning, stacklevel=3)


def _streams(graph: Graph, memory_limit: int, problems: int) -> bool:
    """Tell whether the links have to pass by; ValueError where even that takes more memory than allowed."""
    limit = as_index(memory_limit, "memory_limit", 1)
    vectors = graph.num_nodes * (_NODE_BYTES + _VECTOR_BYTES * problems)
    if graph.nbytes + vectors <= limit:
        return False
    if graph._mapped and vectors <= limit:
        return True
    needed = vectors if graph._mapped else graph.nbytes + vectors
    hint = "" if graph._mapped else "; a graph in a folder (Graph.save, Graph.read) is streamed"
    msg = f"memory_limit: got {limit} bytes, needed {needed} for {graph.num_nodes} nodes{hint}."
    raise ValueError(msg)


def _rows(personalization: ArrayLike, n: int) -> Array:
    p = as_array(personalization, "personalization")
    if p.ndim not in (1, 2) or p.shape[-1] != n:
        raise shape_error("personalization", p.shape, f"({n},) or (p, {n})")
    return scaled_to_one(p, "personalization").reshape(-1, n)

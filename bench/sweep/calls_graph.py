"""Graphs: SciPy's and numpy's power iterations to the same error, networkx, dense solutions of small ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import networkx as nx
import numpy as np
from scipy import sparse

import mmlcore as mml
from bench.graph import by_scipy
from bench.sweep.draw import Draw
from bench.sweep.table import Calls, entry, near
from mmlcore.core.arrays import Array

DAMPING = 0.85


def edges(draw: Draw, most_nodes: int = 30_000) -> tuple[int, Array, Array]:
    """Ends of edges: uniform, or to few favoured nodes."""
    n = draw.size(3, most_nodes)
    m = draw.size(n, 12 * n)
    integer = draw.choice("int64", "int64", "int32")
    source = draw.rng.integers(0, n, m).astype(integer)
    if draw.chance(0.5):
        target = (n * draw.rng.random(m) ** 3).astype(integer)
    else:
        target = draw.rng.integers(0, n, m).astype(integer)
    draw.say(f"{n} nodes {m} edges {integer}")
    return n, source, target


def close(expected: Any, got: Any) -> None:
    """Both are certified to 1e-8."""
    error = np.abs(np.asarray(expected) - np.asarray(got)).sum()
    assert error <= 2.1e-8, f"The ranks differ by {error:.2g}."


def dense(links: Array) -> Array:
    """Ranks of a small graph by elimination; columns without links jump anywhere."""
    n = len(links)
    links = np.where(links.any(axis=0), links, 1 / n)
    return np.linalg.solve(np.eye(n) - DAMPING * links, np.full(n, (1 - DAMPING) / n))


@entry("graph", "pagerank", 3)
def pagerank(draw: Draw) -> Calls:
    n, s, t = edges(draw)
    kind = draw.choice("edges", "graph", "sparse")
    draw.say(f"from {kind}")
    peers: dict[str, Any] = {}
    if kind == "edges":
        graph: Any = (s, t)
        n = int(max(s.max(), t.max())) + 1
        peers["scipy"] = partial(by_scipy, n, s, t)
    elif kind == "graph":
        graph = mml.Graph.from_edges(s, t, num_nodes=n)
        links = sparse.csr_array((np.ones(len(s)), (t, s)), shape=(n, n))
        peers["scipy, matrix ready"] = partial(iterate, links)
        theirs = nx.MultiDiGraph()
        theirs.add_nodes_from(range(n))
        if n < 3_000:
            theirs.add_edges_from(zip(s.tolist(), t.tolist(), strict=True))
            peers["networkx"] = lambda: list(
                nx.pagerank(theirs, tol=1e-9 / n, max_iter=500).values()
            )
    else:
        graph = sparse.csr_array((np.ones(len(s)), (s, t)), shape=(n, n))
        peers["scipy"] = lambda: iterate(graph.T.tocsr())
    if n <= 300:
        peers["numpy dense"] = lambda: dense(_link_matrix(n, s, t))
    return Calls(lambda: mml.pagerank(graph).ranks, peers, close)


def iterate(links: Any) -> Array:
    """The power iteration on (target, source) weights until the error is certified to be 1e-8."""
    n = links.shape[0]
    degree = np.asarray(links.sum(axis=0)).ravel()
    inverse = np.divide(1, degree, out=np.zeros(n), where=degree > 0)
    hanging = degree == 0
    x = np.full(n, 1 / n)
    while True:
        y = DAMPING * (links @ (x * inverse) + x[hanging].sum() / n) + (1 - DAMPING) / n
        change, x = np.abs(y - x).sum(), y
        if DAMPING / (1 - DAMPING) * change <= 1e-8:
            return x


def _link_matrix(n: int, s: Array, t: Array) -> Array:
    a = np.zeros((n, n))
    np.add.at(a, (t, s), 1.0)
    total = a.sum(axis=0)
    return np.divide(a, total, out=a, where=total > 0)


@entry("graph", "link_matrix")
def link_matrix(draw: Draw) -> Calls:
    n, s, t = edges(draw, 500)
    graph = mml.Graph.from_edges(s, t, num_nodes=n)

    def by_scipy_sparse() -> Array:
        a = sparse.csr_array((np.ones(len(s)), (t, s)), shape=(n, n)).toarray()
        total = a.sum(axis=0)
        return np.divide(a, total, out=a, where=total > 0)

    peers = {"scipy": by_scipy_sparse, "numpy": partial(_link_matrix, n, s, t)}
    return Calls(partial(mml.link_matrix, graph), peers, near("float64"))


@entry("graph", "Graph")
def graph_from_edges(draw: Draw) -> Calls:
    n, s, t = edges(draw, 100_000)
    ones = np.ones(len(s))

    def verify(_expected: Any, got: Any) -> None:
        count = got.num_edges if isinstance(got, mml.Graph) else int(got.sum())
        assert count == len(s), f"{len(s)} edges, {count} found."

    peers = {"scipy": lambda: sparse.csr_array((ones, (t, s)), shape=(n, n))}
    return Calls(partial(mml.Graph.from_edges, s, t, num_nodes=n), peers, verify)

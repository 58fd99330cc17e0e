"""Graphs from files and networkx, and PageRank from edge arrays, build included.

Peers: a careful SciPy version with the same certified error, igraph, networkit.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from scipy import sparse

import mmlcore as mml
from bench.harness import as_test
from mmlcore._bench.compare import Call, Case

Edges = tuple[int, np.ndarray, np.ndarray]


def uniform(n: int, m: int) -> Edges:
    """Ends drawn at random."""
    rng = np.random.default_rng(0)
    return n, rng.integers(0, n, m), rng.integers(0, n, m)


def rmat(scale: int) -> Edges:
    """Kronecker graph of 2**scale nodes and 16 edges a node (Graph500's parameters), nodes shuffled."""
    rng = np.random.default_rng(0)
    n, m = 1 << scale, 16 << scale
    source, target = np.zeros(m, np.int64), np.zeros(m, np.int64)
    for bit in range(scale):
        down = rng.random(m) > 0.76
        right = rng.random(m) > np.where(down, 0.19 / 0.24, 0.57 / 0.76)
        source |= down.astype(np.int64) << bit
        target |= right.astype(np.int64) << bit
    name = rng.permutation(n)
    return n, name[source], name[target]


def by_scipy(n: int, source: np.ndarray, target: np.ndarray, tol: float = 1e-8) -> np.ndarray:
    """Power iteration until d / (1 - d) ||T x - x||_1 is at most `tol`."""
    d = 0.85
    links = sparse.csr_array((np.ones(len(source)), (target, source)), shape=(n, n))
    degree = np.bincount(source, minlength=n).astype(float)
    inverse = np.divide(1, degree, out=np.zeros(n), where=degree > 0)
    x = np.full(n, 1 / n)
    while True:
        y = d * (links @ (x * inverse) + x[degree == 0].sum() / n) + (1 - d) / n
        change, x = np.abs(y - x).sum(), y
        if d / (1 - d) * change <= tol:
            return x


def by_igraph(n: int, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """PRPACK, to its own tolerance of 1e-10."""
    import igraph  # noqa: PLC0415  (only these rows need it)

    graph = igraph.Graph(n=n, edges=np.column_stack((source, target)), directed=True)
    return np.array(graph.pagerank(damping=0.85))


def by_networkit(n: int, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Power iteration until two vectors differ by 1e-9 in the L1 norm."""
    import networkit  # noqa: PLC0415  (only these rows need it)

    graph = networkit.GraphFromCoo((source, target), n=n, directed=True)
    method = networkit.centrality.PageRank(
        graph,
        damp=0.85,
        tol=1e-9,
        distributeSinks=networkit.centrality.SinkHandling.DistributeSinks,
    )
    method.norm = networkit.centrality.Norm.L1_NORM
    method.run()
    return np.array(method.scores())


def close(expected: np.ndarray, got: np.ndarray) -> None:
    """Both are certified to 1e-8."""
    assert np.abs(expected - got).sum() <= 2e-8


PEERS = {"scipy": by_scipy, "igraph": by_igraph, "networkit": by_networkit}


def pagerank(name: str, make: Callable[[], Edges], target: float, peer: str = "scipy") -> Case:
    """Build and solve."""

    def setup() -> tuple[Call, Call]:
        n, s, t = make()
        return (
            lambda: PEERS[peer](n, s, t),
            lambda: mml.pagerank(mml.Graph.from_edges(s, t, num_nodes=n)).ranks,
        )

    return Case(f"pagerank {name}", "graph", setup, close, target, peer)


def together(vectors: int, target: float) -> Case:
    """Several restart vectors at once against one after the other, both ours."""

    def setup() -> tuple[Call, Call]:
        n, s, t = rmat(18)
        graph = mml.Graph.from_edges(s, t, num_nodes=n)
        jumps = np.random.default_rng(1).random((vectors, n))
        return (
            lambda: np.stack([mml.pagerank(graph, personalization=jump).ranks for jump in jumps]),
            lambda: mml.pagerank(graph, personalization=jumps).ranks,
        )

    def each_close(expected: np.ndarray, got: np.ndarray) -> None:
        assert np.abs(expected - got).sum(axis=1).max() <= 2e-8

    name = f"pagerank RMAT 18, {vectors} restart vectors"
    return Case(name, "graph", setup, each_close, target, "mmlcore, one by one")


def reading() -> Case:
    """Text to a graph, against the columns alone by polars."""

    def setup() -> tuple[Call, Call]:
        import polars as pl  # noqa: PLC0415  (only this row needs it)

        folder = tempfile.TemporaryDirectory()  # goes with the calls that hold it

        def text() -> Path:
            return Path(folder.name) / "edges.txt"

        _, s, t = uniform(1 << 20, 8_000_000)
        pl.DataFrame({"s": s, "t": t}).write_csv(text(), separator="\t", include_header=False)
        return (
            lambda: pl.read_csv(text(), separator="\t", has_header=False).height,
            lambda: mml.Graph.read(text()).num_edges,
        )

    return Case(
        "read an edge list of 8 M lines, graph built", "graph", setup, same, 1, "polars, columns"
    )


def conversion() -> Case:
    """A graph of networkx."""

    def setup() -> tuple[Call, Call]:
        import networkx as nx  # noqa: PLC0415  (only this row needs it)

        graph = nx.gnm_random_graph(20_000, 200_000, seed=0, directed=True)
        return (
            lambda: nx.to_scipy_sparse_array(graph).nnz,
            lambda: mml.Graph.from_networkx(graph).num_edges,
        )

    name = "from networkx, 20,000 nodes, 200,000 edges"
    return Case(name, "graph", setup, same, 5, "networkx to SciPy")


def same(expected: int, got: int) -> None:
    """Each counts its edges."""
    assert expected == got


CASES = [
    reading(),
    conversion(),
    pagerank("RMAT 18", partial(rmat, 18), 10),
    pagerank("uniform 1 M nodes, 16 M edges", partial(uniform, 1_000_000, 16_000_000), 9),
    pagerank("RMAT 20", partial(rmat, 20), 12),
    pagerank("RMAT 18", partial(rmat, 18), 50, "networkit"),
    pagerank("RMAT 18", partial(rmat, 18), 150, "igraph"),
    together(16, 5),
]
test_cases = as_test(CASES)

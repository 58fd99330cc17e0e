"""PageRank from edge arrays, build included, against a careful SciPy version with the same certified error."""

from collections.abc import Callable
from functools import partial

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


def close(expected: np.ndarray, got: np.ndarray) -> None:
    """Both are certified to 1e-8."""
    assert np.abs(expected - got).sum() <= 2e-8


def pagerank(name: str, make: Callable[[], Edges], target: float) -> Case:
    """Build and solve."""

    def setup() -> tuple[Call, Call]:
        n, s, t = make()
        return (
            lambda: by_scipy(n, s, t),
            lambda: mml.pagerank(mml.Graph.from_edges(s, t, num_nodes=n)).ranks,
        )

    return Case(f"pagerank {name}", "graph", setup, close, target, "scipy")


CASES = [
    pagerank("RMAT 18", partial(rmat, 18), 10),
    pagerank("uniform 1 M nodes, 16 M edges", partial(uniform, 1_000_000, 16_000_000), 9),
    pagerank("RMAT 20", partial(rmat, 20), 12),
]
test_cases = as_test(CASES)

"""Weights of any unit, and columns that change while they are read."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

import mmlcore as mml


@pytest.mark.parametrize("unit", [5e-324, 1e-320, 1e-309, 1e-100, 1e100, 4e307])
def test_shares_have_no_unit(unit, rng):
    """What goes out of one node in the ratio 1 : 3 does so in every unit, beside nodes with ordinary weights."""
    s, t = rng.integers(0, 50, 400), rng.integers(0, 50, 400)
    w = rng.integers(1, 4, 400).astype(float)
    expected = mml.pagerank(mml.Graph.from_edges(s, t, weight=w), tol=1e-13).ranks
    own = np.where(s % 3 == 0, unit, 1.0) * w  # exact: whole multiples, of the least number too
    graph = mml.Graph.from_edges(s, t, weight=own)
    found = mml.pagerank(graph, tol=1e-13)
    np.testing.assert_allclose(found.ranks, expected, rtol=1e-12)
    np.testing.assert_allclose(
        mml.link_matrix(graph), mml.link_matrix(mml.Graph.from_edges(s, t, weight=w)), rtol=1e-13
    )
    summed = mml.Graph.from_edges(s, t, weight=own, combine="sum")
    np.testing.assert_allclose(mml.pagerank(summed, tol=1e-13).ranks, expected, rtol=1e-12)
    matrix = sparse.coo_array((own, (s, t)), shape=(50, 50))
    np.testing.assert_allclose(mml.pagerank(matrix, tol=1e-13).ranks, expected, rtol=1e-12)


def test_two_tiny_weights():
    ranks = mml.pagerank(
        mml.Graph.from_edges([0, 0, 1, 2], [1, 2, 0, 0], weight=[1e-309, 3e-309, 1, 1])
    ).ranks
    exact = mml.pagerank(
        mml.Graph.from_edges([0, 0, 1, 2], [1, 2, 0, 0], weight=[1, 3, 1, 1])
    ).ranks
    np.testing.assert_allclose(ranks, exact, rtol=1e-8)


def test_a_large_graph_with_tiny_weights(rng):
    """Where gathered values are kept in single precision, whose range is small."""
    n, m = 1_100_000, 3_000_000
    s, t = rng.integers(0, n, m), rng.integers(0, n, m)
    plain = mml.pagerank(mml.Graph.from_edges(s, t, weight=np.full(m, 1.0), num_nodes=n))
    tiny = mml.pagerank(mml.Graph.from_edges(s, t, weight=np.full(m, 2.0**-1000), num_nodes=n))
    np.testing.assert_allclose(tiny.ranks, plain.ranks, rtol=1e-6)


CHANGING = """
import threading, numpy as np, mmlcore as mml
from scipy import sparse
rng = np.random.default_rng(0)
n, m = 60_000, 1_500_000
s, t = rng.integers(0, n // 2, m), rng.integers(0, n, m)
w = rng.random(m) if {weighted} else None
matrix = sparse.csr_array((np.ones(m), (s, t)), shape=(n, n)) if {kind!r} != "edges" else None
stop = False
def write():
    k = 0
    while not stop:
        k += 1
        if matrix is None:
            s[rng.integers(0, m, 50)] = n - 1 - k % 1000
            t[rng.integers(0, m, 50)] = k % n if k % 3 else 2**40
        else:
            matrix.indices[rng.integers(0, m // 2, 50)] = k % n if k % 3 else 2**30
            matrix.indptr[rng.integers(1, n, 5)] = 2**30 if k % 2 else 0
threads = [threading.Thread(target=write) for _ in range(2)]
[one.start() for one in threads]
done = 0
for _ in range(25):
    try:
        if {kind!r} == "edges":
            graph = mml.Graph.from_edges(s, t, weight=w, num_nodes=n)
            mml.pagerank(graph, max_iter=3)
        elif {kind!r} == "scipy":
            mml.pagerank(mml.Graph.from_scipy(matrix), max_iter=3)
        else:
            mml.top_eigh(matrix, 2)
    except (ValueError, RuntimeError, TypeError):
        done += 1
stop = True
[one.join() for one in threads]
print("fine")
"""


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["edges", "scipy"])
def test_columns_that_another_thread_writes_to(kind, weighted):
    """An error or the graph of some moment, never memory of others: in a process of its own, which would die of it."""
    code = CHANGING.format(weighted=weighted, kind=kind)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr


def test_names_that_change_their_list():
    """A hash or a comparison may do anything: what is read is held."""
    names = []

    class Name:
        def __init__(self, number):
            self.number = number

        def __hash__(self):
            names.clear()
            return hash(self.number)

        def __eq__(self, other):
            return self.number == getattr(other, "number", None)

    names += [Name(i % 7) for i in range(1000)]
    graph = mml.Graph.from_labels(names, list(range(1000)))
    assert graph.num_edges == 1000


def test_a_networkx_graph_that_changes_while_it_is_read():
    nx = pytest.importorskip("networkx")

    class Weight:
        def __float__(self):
            other.add_edge("new", len(other))
            return 1.0

    other = nx.DiGraph()
    other.add_edges_from([(1, 2), (2, 3), (3, 1)], weight=Weight())
    with pytest.raises(ValueError, match="changed while its edges were read"):
        mml.Graph.from_networkx(other)

"""Graphs: building, merging, reading, refusing."""

from __future__ import annotations

import numpy as np
import pytest
from tests.graph.reference import matrix_of

import mmlcore as mml

networkx = pytest.importorskip("networkx")
sparse = pytest.importorskip("scipy.sparse")


@pytest.mark.parametrize(
    ("n", "m"), [(1, 0), (1, 5), (7, 3), (100, 1000), (5000, 200_000), (70_000, 300_000)]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_keep_the_order_of_the_input(n, m, weighted, rng):
    s, t = rng.integers(0, n, m), rng.integers(0, n, m)
    w = rng.random(m) if weighted else None
    graph = mml.Graph.from_edges(s, t, weight=w, num_nodes=n)
    order = np.argsort(t, kind="stable")
    assert (graph.num_nodes, graph.num_edges) == (n, m)
    start, source, weight, out_weight = graph._edges.rows()
    np.testing.assert_array_equal(source, s[order])
    np.testing.assert_array_equal(np.diff(start), np.bincount(t, minlength=n))
    np.testing.assert_allclose(out_weight, np.bincount(s, weights=w, minlength=n), rtol=1e-12)
    if weighted:
        np.testing.assert_array_equal(weight, w[order])


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">i4", ">i8"])
def test_integers_of_any_width(dtype):
    s, t = np.array([0, 1, 2, 2], dtype), np.array([1, 2, 0, 1], dtype)
    expected = matrix_of(mml.Graph.from_edges([0, 1, 2, 2], [1, 2, 0, 1]))
    np.testing.assert_array_equal(matrix_of(mml.Graph.from_edges(s, t)), expected)
    wide = np.zeros((4, 2), dtype)
    wide[:, 1] = s
    view = wide[:, 1]
    view.setflags(write=False)
    np.testing.assert_array_equal(matrix_of(mml.Graph.from_edges(view, t[::-1][::-1])), expected)


def test_combine():
    s, t, w = [0, 0, 1, 0], [1, 1, 0, 1], [1.0, 2.0, 5.0, 4.0]
    assert mml.Graph.from_edges(s, t).num_edges == 4
    summed = mml.Graph.from_edges(s, t, weight=w, combine="sum")
    np.testing.assert_array_equal(matrix_of(summed), [[0, 7], [5, 0]])
    np.testing.assert_array_equal(
        matrix_of(mml.Graph.from_edges(s, t, combine="sum")), [[0, 3], [1, 0]]
    )
    first = mml.Graph.from_edges(s, t, weight=w, combine="first")
    np.testing.assert_array_equal(matrix_of(first), [[0, 1], [5, 0]])


@pytest.mark.parametrize(("n", "m"), [(5, 40), (300, 40_000), (70_000, 900_000)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("combine", ["sum", "first"])
def test_combine_against_numpy(n, m, weighted, combine, rng):
    s, t = rng.integers(0, n, m), rng.integers(0, max(1, n // 20), m)
    w = rng.integers(0, 5, m).astype(float) if weighted else None
    keys, first, inverse = np.unique(t * n + s, return_index=True, return_inverse=True)
    total = np.bincount(inverse, weights=w)
    expected = total if combine == "sum" else (np.ones(len(keys)) if w is None else w[first])
    graphs = []
    for threads in (1, 3):
        with mml.threads(threads):
            graphs.append(
                mml.Graph.from_edges(s, t, weight=w, num_nodes=n, combine=combine)._edges.rows()
            )
    start, source, weight, out = graphs[0]
    np.testing.assert_array_equal(source, keys % n)
    np.testing.assert_array_equal(np.repeat(np.arange(n), np.diff(start)), keys // n)
    np.testing.assert_array_equal(weight if len(weight) else np.ones(len(keys)), expected)
    np.testing.assert_array_equal(out, np.bincount(s[first], weights=expected, minlength=n))
    for one, other in zip(*graphs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_sum_without_repetition_needs_no_weights():
    assert not mml.Graph.from_edges([0, 1], [1, 0], combine="sum").is_weighted
    assert mml.Graph.from_edges([0, 0], [1, 1], combine="sum").is_weighted


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
def test_scipy_formats_are_read_in_place(form, rng):
    dense = np.where(rng.random((300, 300)) < 0.1, rng.random((300, 300)), 0)
    dense[7] = dense[:, 8] = 0  # an empty row and column
    graph = mml.Graph.from_scipy(sparse.csr_array(dense).asformat(form))
    np.testing.assert_array_equal(matrix_of(graph), dense)
    ones = sparse.csr_array((dense > 0).astype(np.int8)).asformat(form)
    assert not mml.Graph.from_scipy(ones).is_weighted
    bad = sparse.csr_array(-dense).asformat(form)
    with pytest.raises(ValueError, match="weight: edge 0 has weight -"):
        mml.Graph.from_scipy(bad)


def columns():
    pandas, polars, arrow = (pytest.importorskip(m) for m in ("pandas", "polars", "pyarrow"))
    return {
        "pandas": pandas.Series,
        "pandas nullable": lambda x: pandas.Series(
            x, dtype="Int64" if isinstance(x[0], int) else "string"
        ),
        "polars": polars.Series,
        "arrow": arrow.array,
        "chunked": lambda x: arrow.chunked_array([x[:2], x[2:]]),
        "numpy": np.array,
        "list": list,
    }


@pytest.mark.parametrize(
    "kind", ["pandas", "pandas nullable", "polars", "arrow", "chunked", "numpy", "list"]
)
def test_columns_of_other_libraries(kind):
    make = columns()[kind]
    graph = mml.Graph.from_edges(make([0, 1, 2, 2]), make([1, 2, 0, 1]))
    np.testing.assert_array_equal(matrix_of(graph), [[0, 1, 0], [0, 0, 1], [1, 1, 0]])
    named = mml.Graph.from_labels(make(["a", "b", "c", "c"]), make(["b", "c", "a", "b"]))
    assert named.labels == ["a", "b", "c"]
    np.testing.assert_array_equal(matrix_of(named), matrix_of(graph))


def test_names_that_are_missing_or_odd():
    with pytest.raises(ValueError, match="target: edge 1 has no name"):
        mml.Graph.from_labels(["a", "b"], ["b", None])
    with pytest.raises(ValueError, match="source: edge 0 has no name"):
        mml.Graph.from_labels([float("nan")], ["b"])
    with pytest.raises(TypeError, match="a name cannot be told from others"):
        mml.Graph.from_labels([[1]], ["b"])
    with pytest.raises(ValueError, match=r"target: got shape \(1,\), needed \(2,\)"):
        mml.Graph.from_labels(["a", "b"], ["b"])
    mixed = mml.Graph.from_labels([("a", 1), 2], [2, "x"])
    assert mixed.labels == [("a", 1), 2, "x"]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64, ">i4"])
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("edges", [0, 1, 7, 300])
def test_labels_that_are_integers_are_numbered_as_their_objects_are(dtype, wide, edges):
    dtype = np.dtype(dtype)
    info = np.iinfo(dtype)
    least, most = (info.min, info.max) if wide else (0, 20)
    rng = np.random.default_rng(edges)
    native = dtype.newbyteorder("=")
    drawn = rng.integers(least, most, (2, edges), native, endpoint=True)
    ends = drawn.astype(dtype)
    got, wanted = mml.Graph.from_labels(*ends), mml.Graph.from_labels(*ends.tolist())
    assert got.labels == wanted.labels
    assert all(type(name) is int for name in got.labels)
    assert got.num_edges == edges
    np.testing.assert_array_equal(matrix_of(got), matrix_of(wanted))


def test_igraph(rng):
    igraph = pytest.importorskip("igraph")
    s, t = rng.integers(0, 80, 300), rng.integers(0, 40, 300)
    w = rng.random(300)
    for directed in (True, False):
        g = igraph.Graph(
            n=80, edges=list(zip(s.tolist(), t.tolist(), strict=True)), directed=directed
        )
        for weight in (None, "weight"):
            if weight:
                g.es["weight"] = w.tolist()
            expected = np.array(g.pagerank(weights=weight))
            np.testing.assert_allclose(mml.pagerank(g).ranks, expected, atol=2e-8)
    g.vs["name"] = [f"v{i}" for i in range(80)]
    assert mml.Graph.from_igraph(g).labels[79] == "v79"


def test_from_scipy_networkx_and_labels(rng):
    dense = np.where(rng.random((20, 20)) < 0.2, rng.random((20, 20)), 0)
    graph = mml.Graph.from_scipy(sparse.csr_array(dense))
    np.testing.assert_array_equal(matrix_of(graph), dense)
    digraph = networkx.from_numpy_array(dense, create_using=networkx.DiGraph)
    np.testing.assert_array_equal(matrix_of(mml.Graph.from_networkx(digraph)), dense)
    undirected = networkx.Graph([("a", "b"), ("b", "b"), ("b", "c")])
    graph = mml.Graph.from_networkx(undirected)
    assert graph.labels == ["a", "b", "c"]
    np.testing.assert_array_equal(matrix_of(graph), [[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    named = mml.Graph.from_labels(["x", "y", "x"], ["y", "z", "z"])
    assert named.labels == ["x", "y", "z"]
    assert repr(named) == "Graph(num_nodes=3, num_edges=3)"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"source": [0, 1], "target": [1]}, ValueError, r"target: got shape \(1,\), needed \(2,\)"),
        ({"source": [0.5], "target": [1]}, TypeError, "source: got dtype float64, needed integers"),
        (
            {"source": [-1], "target": [1]},
            ValueError,
            "source: edge 0 names node -1, needed 0 to 1",
        ),
        (
            {"source": [0, 0], "target": [1, 9], "num_nodes": 3},
            ValueError,
            "target: edge 1 names node 9, needed 0 to 2",
        ),
        ({"source": [[0]], "target": [[1]]}, ValueError, r"source: got shape \(1, 1\)"),
        ({"source": [0], "target": [1], "num_nodes": 2**60}, ValueError, "num_nodes: a graph of"),
        ({"source": [0], "target": [2**62]}, ValueError, "num_nodes: a graph of"),
        ({"source": [0], "target": [1], "num_nodes": -1}, ValueError, "num_nodes: got -1"),
        (
            {"source": [0], "target": [1], "weight": [np.nan]},
            ValueError,
            "weight: edge 0 has weight nan",
        ),
        ({"source": [0], "target": [1], "weight": [1, 2]}, ValueError, r"weight: got shape \(2,\)"),
        ({"source": [0], "target": [1], "combine": "max"}, ValueError, "combine: got 'max'"),
        (
            {"source": np.array([2**64 - 1], np.uint64), "target": [1]},
            ValueError,
            "num_nodes: a graph of 18446744073709551616 nodes",
        ),
        (
            {"source": [0], "target": [0], "num_nodes": 0},
            ValueError,
            "source: edge 0 names node 0, but num_nodes is 0",
        ),
    ],
)
def test_bad_edges(arguments, error, message):
    with pytest.raises(error, match=message):
        mml.Graph.from_edges(**arguments)


def test_link_matrix():
    graph = mml.Graph.from_edges([0, 0, 0, 1], [1, 1, 2, 0])
    np.testing.assert_allclose(mml.link_matrix(graph), [[0, 1, 0], [2 / 3, 0, 0], [1 / 3, 0, 0]])
    with pytest.raises(ValueError, match="a dense matrix of"):
        mml.link_matrix(mml.Graph.from_edges([0], [1], num_nodes=60_000))

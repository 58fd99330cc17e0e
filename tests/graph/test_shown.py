"""What a graph shows of itself."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mmlcore as mml


def test_edges_come_back(rng):
    source, target = rng.integers(0, 40, 300), rng.integers(0, 50, 300)
    weight = rng.random(300)
    for w in (None, weight):
        graph = mml.Graph.from_edges(source, target, weight=w, num_nodes=60)
        found = graph.edges()
        order = np.lexsort((source, target))
        same = np.lexsort((found.source, found.target))
        np.testing.assert_array_equal(found.source[same], source[order])
        np.testing.assert_array_equal(found.target[same], target[order])
        if w is None:
            assert found.weight is None
        else:
            assert sorted(found.weight) == sorted(w)
        again = mml.Graph.from_edges(*found[:2], weight=found.weight, num_nodes=60)
        assert again == graph
        assert hash(again) == hash(graph)
        np.testing.assert_array_equal(graph.degrees().incoming, np.bincount(target, minlength=60))
        np.testing.assert_array_equal(graph.degrees().outgoing, np.bincount(source, minlength=60))


def test_equality():
    graph = mml.Graph.from_edges([0, 1, 1], [1, 2, 0])
    assert graph == mml.Graph.from_edges([1, 1, 0], [0, 2, 1])
    assert graph != mml.Graph.from_edges([0, 1, 1], [1, 2, 1])
    assert graph != mml.Graph.from_edges([0, 1, 1], [1, 2, 0], weight=[1, 1, 2.0])
    assert graph == mml.Graph.from_edges([0, 1, 1], [1, 2, 0], weight=[1, 1, 1.0])
    assert graph != mml.Graph.from_labels("abb", "bca")
    assert graph != mml.Graph.from_edges([0, 1, 1], [1, 2, 0], num_nodes=4)
    assert graph != "graph"
    assert pickle.loads(pickle.dumps(graph)) == graph


def test_neighbours():
    graph = mml.Graph.from_edges([0, 0, 0, 2, 3], [1, 2, 2, 0, 0], num_nodes=5)
    assert graph.neighbors(0) == [1, 2]
    assert graph.neighbors(0, "in") == [2, 3]
    assert graph.neighbors(0, "both") == [1, 2, 3]
    assert graph.neighbors(4) == []
    assert mml.Graph.from_labels("AAB", "BCC").neighbors("C", "in") == ["A", "B"]
    with pytest.raises(ValueError, match="direction: got 'up'"):
        graph.neighbors(0, "up")
    with pytest.raises(ValueError, match="node: got 9"):
        graph.neighbors(9)
    with pytest.raises(ValueError, match="node: got 'Z', which is no label"):
        mml.Graph.from_labels("A", "B").neighbors("Z")


def test_other_libraries(rng):
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.random_array((30, 30), density=0.2, rng=rng, format="csr")
    graph = mml.Graph.from_scipy(matrix)
    np.testing.assert_array_equal(graph.to_scipy().toarray(), matrix.toarray())
    networkx = pytest.importorskip("networkx")
    assert mml.Graph.from_networkx(graph.to_networkx()).edges().weight.sum() == pytest.approx(
        matrix.sum()
    )
    named = mml.Graph.from_labels("AAB", "BCC").to_networkx()
    assert sorted(named.edges()) == [("A", "B"), ("A", "C"), ("B", "C")]
    repeated = mml.Graph.from_edges([0, 0], [1, 1]).to_networkx()
    assert isinstance(repeated, networkx.MultiDiGraph)
    assert mml.Graph.from_edges([0, 0], [1, 1]).to_scipy().toarray().tolist() == [[0, 2], [0, 0]]


def test_ranks_by_label():
    networkx = pytest.importorskip("networkx")
    graph = networkx.DiGraph([("a", "b"), ("b", "c"), ("c", "a"), ("a", "c")])
    found = mml.pagerank(graph, tol=1e-12)
    assert found.by_label == pytest.approx(networkx.pagerank(graph, tol=1e-12), abs=1e-9)
    assert pickle.loads(pickle.dumps(found)).by_label == found.by_label
    assert "a" in found.summary()
    ranks, *_ = found
    assert len(ranks) == 3
    plain = mml.pagerank(([0, 1], [1, 0]))
    assert plain.by_label == {0: 0.5, 1: 0.5}
    several = mml.pagerank(graph, personalization=np.eye(3)).by_label
    assert several["a"].shape == (3,)


def test_summary_and_picture():
    graph = mml.Graph.from_labels(["A", "A", "B"], ["B", "C", "C"])
    assert "C" in graph.summary().splitlines()[-3]
    assert "<table>" in graph._repr_html_()
    assert graph.to_frame().shape[0] == 3
    pytest.importorskip("matplotlib")
    assert len(graph.plot().patches) == 3


def test_nothing():
    empty = mml.Graph.from_edges([], [], num_nodes=0)
    assert empty.edges().source.shape == (0,)
    assert empty.to_scipy().shape == (0, 0)
    assert empty == mml.Graph.from_edges([], [], num_nodes=0)

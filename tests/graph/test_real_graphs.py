"""A real graph: the dependencies of the installed distributions, as their metadata state them."""

from __future__ import annotations

import re
from importlib.metadata import distributions

import numpy as np
import pytest
from tests.graph.reference import power_iteration

import mmlcore as mml

NAME = re.compile(r"[A-Za-z0-9._-]+")


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def dependencies():
    """(dependent, what it needs), by name; optional dependencies too."""
    pairs = [
        (plain(one.metadata["Name"]), plain(NAME.match(needed)[0]))
        for one in distributions()
        if one.metadata["Name"]
        for needed in one.requires or []
    ]
    return sorted(pairs)


def test_dependencies(dependencies):
    source, target = zip(*dependencies, strict=True)
    graph = mml.Graph.from_labels(source, target)
    assert graph.num_edges > 100
    number = {name: i for i, name in enumerate(graph.labels)}
    s, t = (np.array([number[name] for name in column]) for column in (source, target))
    for damping in (0.5, 0.85, 0.99):
        result = mml.pagerank(graph, damping=damping)
        exact = power_iteration(s, t, graph.num_nodes, damping)
        assert np.abs(result.ranks - exact).sum() <= result.error + 1e-13
    # What a package that many need has is more than what a leaf of them all has.
    ranks = dict(zip(graph.labels, mml.pagerank(graph).ranks, strict=True))
    assert ranks["numpy"] > np.median(list(ranks.values()))


def test_dependencies_like_igraph_and_networkx(dependencies):
    igraph, networkx = pytest.importorskip("igraph"), pytest.importorskip("networkx")
    graph = mml.Graph.from_labels(*zip(*dependencies, strict=True))
    ours = dict(zip(graph.labels, mml.pagerank(graph).ranks, strict=True))
    peer = igraph.Graph.TupleList(dependencies, directed=True)
    theirs = dict(zip(peer.vs["name"], peer.pagerank(), strict=True))
    assert ours.keys() == theirs.keys()
    assert sum(abs(ours[name] - theirs[name]) for name in ours) < 1e-7
    multi = networkx.MultiDiGraph(dependencies)
    theirs = networkx.pagerank(multi, tol=1e-13, max_iter=1000)
    assert sum(abs(ours[name] - theirs[name]) for name in ours) < 1e-7


def test_micro_internet_from_its_names():
    web = mml.Graph.from_labels("AAABBCCCDEEFF", "BCDACADFCBDCD")
    ranks = dict(zip(web.labels, 100 * mml.pagerank(web, damping=1, tol=1e-12).ranks, strict=True))
    order = sorted(ranks, key=ranks.get, reverse=True)
    assert order == list("CDAFBE")
    np.testing.assert_allclose(
        [ranks[name] for name in "ABCDEF"], [16, 16 / 3, 40, 76 / 3, 0, 40 / 3], atol=1e-9
    )

"""The networkx backend: found by networkx, right in every argument, and really the one that runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

networkx = pytest.importorskip("networkx")
from mmlcore.networkx import Backend

HERE = Path(__file__).parent


def test_networkx_own_tests_run_on_the_backend(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "nx_counter"),
            *("--pyargs", "networkx.algorithms.link_analysis.tests.test_pagerank"),
        ],
        env={
            **os.environ,
            "NETWORKX_TEST_BACKEND": "mmlcore",
            "NETWORKX_FALLBACK_TO_NX": "True",
            "PYTHONPATH": str(HERE),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    calls = int(re.search(r"mmlcore backend calls: (\d+)", done.stdout)[1])
    assert calls >= 10
    assert "xfailed" not in done.stdout


def random_graph(kind, seed=0):
    rng = np.random.default_rng(seed)
    graph = kind()
    graph.add_nodes_from(f"n{i}" for i in range(60))
    for a, b, w in zip(
        rng.integers(0, 60, 200), rng.integers(0, 40, 200), rng.random(200), strict=True
    ):
        graph.add_edge(f"n{a}", f"n{b}", weight=float(w), cost=float(w) ** 2)
    return graph


@pytest.mark.parametrize("kind", ["Graph", "DiGraph", "MultiGraph", "MultiDiGraph"])
@pytest.mark.parametrize("weight", ["weight", "cost", "absent", None])
def test_like_networkx(kind, weight):
    graph = random_graph(getattr(networkx, kind))
    rng = np.random.default_rng(1)
    jump = {f"n{i}": float(rng.random()) for i in range(5)}
    arguments = {
        "alpha": 0.9,
        "weight": weight,
        "personalization": jump,
        "dangling": {"n3": 1},
        "nstart": {"n1": 1.0, "n2": 2.0},
        "tol": 1e-13,
        "max_iter": 1000,
    }
    before = Backend.calls
    got = networkx.pagerank(graph, backend="mmlcore", **arguments)
    assert Backend.calls == before + 1
    expected = networkx.pagerank(graph, **arguments)
    assert list(got) == list(expected)
    np.testing.assert_allclose(list(got.values()), list(expected.values()), atol=1e-11)


def test_view_and_changed_graph():
    graph = random_graph(networkx.DiGraph)
    part = graph.subgraph([f"n{i}" for i in range(30)])
    got = networkx.pagerank(part, backend="mmlcore", tol=1e-12)
    expected = networkx.pagerank(part, tol=1e-14, max_iter=1000)
    np.testing.assert_allclose(list(got.values()), list(expected.values()), atol=1e-9)
    before = networkx.pagerank(graph, backend="mmlcore")
    graph.add_edge("n50", "n51", weight=100.0)
    assert networkx.pagerank(graph, backend="mmlcore") != before


@pytest.mark.filterwarnings("ignore:Note. conversions to backend graphs")
def test_refusals():
    graph = random_graph(networkx.DiGraph)
    with pytest.raises(networkx.PowerIterationFailedConvergence):
        networkx.pagerank(graph, max_iter=0, backend="mmlcore")
    with pytest.raises(networkx.PowerIterationFailedConvergence):
        networkx.pagerank(graph, max_iter=1, tol=1e-12, backend="mmlcore")
    with pytest.raises(ZeroDivisionError):
        networkx.pagerank(graph, personalization={"n1": 0}, backend="mmlcore")
    assert networkx.pagerank(networkx.DiGraph(), backend="mmlcore") == {}
    assert Backend.can_run("pagerank", (graph, 2.0), {}) == "alpha = 2.0 is not a probability"
    assert Backend.can_run("hits", (graph,), {}) == "mmlcore has no hits"


def test_import_of_networkx_does_not_load_the_core():
    code = "import sys, networkx; print('mmlcore' in sys.modules, 'mmlcore' in networkx.utils.backends.backend_info)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_weight_none_after_a_call_with_weights():
    """networkx hands out the converted graph of an earlier call where nothing is missing: its weights are then left out."""
    nx = pytest.importorskip("networkx")
    nx.config.warnings_to_ignore.add("cache")
    G = nx.DiGraph()
    G.add_weighted_edges_from([(1, 2, 9.0), (1, 3, 1.0), (2, 1, 1.0), (3, 1, 0.0), (3, 2, 4.0)])
    weighted = nx.pagerank(G, backend="mmlcore")
    plain = nx.pagerank(G, weight=None, backend="mmlcore")
    expected = nx.pagerank(G.copy(), weight=None, backend="networkx")
    assert plain == pytest.approx(expected, abs=1e-5)
    assert nx.pagerank(G, backend="mmlcore") == weighted
    assert weighted[2] > plain[2]
    H = nx.MultiGraph([(1, 2), (1, 2), (2, 3)])
    nx.pagerank(H, backend="mmlcore")
    assert nx.pagerank(H, weight=None, backend="mmlcore") == pytest.approx(
        nx.pagerank(H.copy(), weight=None, backend="networkx"), abs=1e-5
    )

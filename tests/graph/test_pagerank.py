"""pagerank: the right vector, an honest error, the same bits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.graph.reference import power_iteration

import mmlcore as mml
from mmlcore import _core

networkx = pytest.importorskip("networkx")
sparse = pytest.importorskip("scipy.sparse")


def random_graph(rng, n, m):
    return rng.integers(0, n, m), rng.integers(0, max(1, n // 2), m)


@pytest.mark.parametrize(
    ("n", "m"), [(1, 0), (1, 3), (2, 1), (10, 4), (300, 900), (20_000, 300_000)]
)
@pytest.mark.parametrize("d", [0.0, 0.3, 0.85, 0.99])
def test_against_the_definition(n, m, d, rng):
    s, t = random_graph(rng, n, m)
    result = mml.pagerank(mml.Graph.from_edges(s, t, num_nodes=n), damping=d)
    exact = power_iteration(s, t, n, d)
    distance = np.abs(result.ranks - exact).sum()
    assert distance <= result.error + 1e-13
    assert result.error <= 1e-8
    assert result.converged
    assert abs(result.ranks.sum() - 1) < 1e-12
    assert (result.ranks >= 0).all()


@pytest.mark.parametrize("tol", [1e-2, 1e-5, 1e-12])
def test_the_error_is_a_bound_and_reaches_the_tolerance(tol, rng):
    s, t = random_graph(rng, 500, 3000)
    result = mml.pagerank((s, t), tol=tol)
    exact = power_iteration(s, t, result.ranks.size)
    assert np.abs(result.ranks - exact).sum() <= result.error <= tol


def test_weights_personalization_dangling_start(rng):
    n = 200
    s, t = random_graph(rng, n, 800)
    w, jump, dangling = rng.random(800), rng.random(n), rng.random(n)
    graph = mml.Graph.from_edges(s, t, weight=w, num_nodes=n)
    exact = power_iteration(s, t, n, 0.85, w, jump, dangling)
    result = mml.pagerank(graph, personalization=jump, dangling=dangling)
    np.testing.assert_allclose(result.ranks, exact, atol=1e-8)
    warm = mml.pagerank(graph, personalization=jump, dangling=dangling, start=result.ranks)
    assert warm.iterations <= 4
    alone = mml.pagerank(graph, personalization=np.eye(n)[3] * 7)
    np.testing.assert_allclose(
        alone.ranks, power_iteration(s, t, n, 0.85, w, np.eye(n)[3]), atol=1e-8
    )
    several = mml.pagerank(graph, personalization=np.stack([jump, np.eye(n)[3]]))
    assert several.ranks.shape == (2, n)
    np.testing.assert_array_equal(several.ranks[1], alone.ranks)


def test_like_networkx(rng):
    n = 60
    s, t = random_graph(rng, n, 150)
    multi = networkx.MultiDiGraph()
    multi.add_nodes_from(range(n))
    multi.add_edges_from(zip(s.tolist(), t.tolist(), strict=True))
    expected = networkx.pagerank(multi, tol=1e-15, max_iter=1000)
    for graph in (
        multi,
        (np.append(s, n - 1), np.append(t, n - 1))[:0] or multi,
        mml.Graph.from_networkx(multi),
    ):
        np.testing.assert_allclose(mml.pagerank(graph).ranks, list(expected.values()), atol=1e-8)
    matrix = networkx.to_scipy_sparse_array(multi, dtype=float)
    np.testing.assert_allclose(mml.pagerank(matrix).ranks, list(expected.values()), atol=1e-8)


def course_graph(links, order):
    pairs = [(order.index(a), order.index(b)) for a, targets in links.items() for b in targets]
    s, t = np.array(pairs).T
    return mml.Graph.from_edges(s, t, num_nodes=len(order))


def random_internet(n, seed):
    """The course's: pages link to neighbours at Cauchy distances, one without links to all; [source, target]."""
    pages = np.arange(n)
    reach = np.abs(np.random.RandomState(seed).standard_cauchy((n, n)) / 2)
    return ((reach > np.abs(pages - pages[:, None]) + 1) + 1e-10).T


def test_reference(reference_case):
    inputs, expected = reference_case["inputs"], reference_case["expected"]
    operation, tolerance = reference_case["operation"], reference_case["tolerance"]
    if operation == "generate_internet_rank":
        internet = sparse.csr_array(random_internet(inputs["n"], inputs["seed"]))
        ranks = mml.pagerank(internet, damping=inputs["d"], tol=1e-13).ranks
        top = np.argsort(-ranks)[:5]
        assert top.tolist() == expected["top5"]
        np.testing.assert_allclose(ranks[top], expected["top5_rank"], **tolerance)
        return
    graph = course_graph(inputs["out_links"], inputs["order"])
    if operation == "link_matrix":
        np.testing.assert_allclose(mml.link_matrix(graph), expected, **tolerance)
    elif operation == "link_eigenvalues":
        values = mml.eigvals(mml.link_matrix(graph))
        np.testing.assert_allclose(np.sort(values), expected, **tolerance)
        with pytest.warns(RuntimeWarning, match="2 closed parts"):
            mml.pagerank(graph, damping=inputs["d"])
    elif operation == "power_iteration_trace":  # the loop of the lab, on our link matrix
        n, d = graph.num_nodes, inputs["d"]
        step = mml.matmul(d * np.eye(n), mml.link_matrix(graph)) + (1 - d) / n
        ranks, last, count = (
            np.full(n, inputs["scale"] / n),
            np.inf,
            -1,
        )  # its first step is not counted
        while np.linalg.norm(last - ranks) > inputs["tol"]:
            last, ranks, count = ranks, mml.matmul(step, ranks), count + 1
        np.testing.assert_allclose(ranks, expected["r"], **tolerance)
        assert count == expected["iterations"]
    elif operation == "pagerank_order":
        ranks = mml.pagerank(graph, damping=inputs["d"]).ranks
        assert [inputs["order"][i] for i in np.argsort(-ranks)] == expected
    else:
        ranks = mml.pagerank(graph, damping=inputs["d"], tol=1e-13).ranks
        np.testing.assert_allclose(ranks, np.array(expected) / np.sum(expected), **tolerance)


@pytest.mark.parametrize("damping", [0.9, 1])
def test_progress(damping, rng):
    s, t = random_graph(rng, 300, 2000)
    told = []
    plain = mml.pagerank((s, t), damping=damping)
    result = mml.pagerank((s, t), damping=damping, progress=lambda *at: told.append(at))
    np.testing.assert_array_equal(result.ranks, plain.ranks)
    assert [sweep for sweep, _ in told] == sorted({sweep for sweep, _ in told})
    assert told[-1][1] < 1e-8 < told[0][1]

    def stop(sweep, _):
        if sweep == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mml.pagerank((s, t), damping=damping, progress=stop)


def test_damping_one():
    micro = course_graph(
        {"A": "BCD", "B": "AC", "C": "ADF", "D": "C", "E": "BD", "F": "CD"}, "ABCDEF"
    )
    ranks = mml.pagerank(micro, damping=1, tol=1e-13).ranks
    np.testing.assert_allclose(100 * ranks, [16, 16 / 3, 40, 76 / 3, 0, 40 / 3], atol=1e-9)
    trap = course_graph(
        {"A": "BCD", "B": "AC", "C": "ADF", "D": "C", "E": "BD", "F": "CDG", "G": "G"}, "ABCDEFG"
    )
    np.testing.assert_allclose(
        mml.pagerank(trap, damping=1).ranks, [0, 0, 0, 0, 0, 0, 1], atol=1e-6
    )
    cycle = mml.Graph.from_edges([0, 1, 2, 3], [1, 2, 3, 0])
    with pytest.warns(RuntimeWarning, match="period 4"):
        ranks = mml.pagerank(cycle, damping=1, start=[1, 0, 0, 0]).ranks
    np.testing.assert_allclose(ranks, 0.25, atol=1e-7)
    blocks = mml.Graph.from_edges([0, 1, 2, 3], [1, 0, 3, 2])
    with pytest.warns(RuntimeWarning, match="2 closed parts"):
        result = mml.pagerank(blocks, damping=1, start=[0.5, 0.5, 0, 0])
    np.testing.assert_allclose(result.ranks, [0.5, 0.5, 0, 0], atol=1e-8)


def closed_and_period(s, t, n, w, landing):
    """The definition, by networkx: the jump of a dangling node written out as links."""
    links = networkx.DiGraph()
    links.add_nodes_from(range(n))
    links.add_edges_from((int(a), int(b)) for a, b, x in zip(s, t, w, strict=True) if x > 0)
    for node in [node for node in links if links.out_degree(node) == 0]:
        links.add_edges_from((node, int(b)) for b in np.flatnonzero(landing))
    parts = networkx.condensation(links)
    closed = [node for node in parts if parts.out_degree(node) == 0]
    members = links.subgraph(parts.nodes[closed[0]]["members"])
    root = next(iter(members))
    level = networkx.single_source_shortest_path_length(members, root)
    return len(closed), math.gcd(*(level[a] + 1 - level[b] for a, b in members.edges))


@pytest.mark.parametrize("seed", range(40))
def test_closed_parts_and_period(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    m = int(n * rng.choice([0.8, 1.2, 2.0]))
    s, t = rng.integers(0, n, (2, m))
    if seed % 4 == 0:  # a period: links lead from each class of nodes to the next one
        n = 6 * max(n // 6, 1)
        s = np.concatenate([np.arange(n), rng.integers(0, n, m)])
        t = (s + 1 + 3 * rng.integers(0, 2, len(s))) % n
    w = rng.integers(0 if seed % 3 else 1, 4, len(s)).astype(float)
    landing = np.where(rng.random(n) < 0.3, 1.0, 0.0) if seed % 2 else np.ones(n)
    landing[0] = 1
    closed, period = closed_and_period(s, t, n, w, landing)
    for weight in (w, None) if w.all() else (w,):
        for wide in (False, True):
            edges = _core.InEdges(s, t, weight, n, "keep", wide)
            found = _core.closed_classes(edges, landing if seed % 2 else None)
            assert found[0] == closed
            assert closed > 1 or found[1] == period


def test_parts_of_a_long_path():
    """A search that calls itself would end here."""
    n = 1_000_000
    assert _core.closed_classes(
        _core.InEdges(np.arange(1, n), np.arange(n - 1), None, n), None
    ) == (
        1,
        1,
    )
    ring = _core.InEdges(np.arange(n), (np.arange(n) + 1) % n, None, n)
    assert _core.closed_classes(ring, None) == (1, n)


def test_no_convergence():
    rng = np.random.default_rng(0)
    cycles = mml.Graph.from_edges(np.arange(3000), rng.integers(0, 3000, 3000))
    with pytest.raises(mml.ConvergenceError, match="raise max_iter or tol") as caught:
        mml.pagerank(cycles, max_iter=3, damping=0.999)
    result = caught.value.result
    assert not result.converged
    assert result.error > 1e-8
    assert abs(result.ranks.sum() - 1) < 1e-9
    with pytest.raises(mml.ConvergenceError):
        mml.pagerank(cycles, tol=0, max_iter=500)


def test_a_long_path_is_one_sweep():
    path = mml.Graph.from_edges(np.arange(1, 3001), np.arange(3000))
    assert mml.pagerank(path, damping=0.999).iterations <= 4


def test_special_graphs():
    assert mml.pagerank(mml.Graph.from_edges([], [])).ranks.shape == (0,)
    np.testing.assert_allclose(mml.pagerank(mml.Graph.from_edges([], [], num_nodes=4)).ranks, 0.25)
    np.testing.assert_allclose(mml.pagerank(mml.Graph.from_edges([0], [0])).ranks, [1.0])
    star = mml.Graph.from_edges(np.arange(1, 100_000), np.zeros(99_999, int))
    exact = power_iteration(np.arange(1, 100_000), np.zeros(99_999, int), 100_000)
    result = mml.pagerank(star)
    assert np.abs(result.ranks - exact).sum() <= result.error


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("d", "tol"), [(0.85, 1e-13), (0.85, 1e-4), (0.98, 1e-9)])
def test_mixed_precision(weighted, d, tol, rng):
    """Vectors beyond the cache: what rows gather is kept in single precision, and the answer is as good."""
    n, m = 800_000, 1_000_000
    s, t = random_graph(rng, n, m)
    w = rng.random(m) if weighted else None
    graph = mml.Graph.from_edges(s, t, weight=w, num_nodes=n)
    result = mml.pagerank(graph, damping=d, tol=tol)
    matrix = sparse.csr_array((np.ones(m) if w is None else w, (t, s)), shape=(n, n))
    out = matrix.sum(axis=0)
    share = np.divide(result.ranks, out, out=np.zeros(n), where=out > 0)
    image = d * (matrix @ share + result.ranks[out == 0].sum() / n) + (1 - d) / n
    assert np.abs(image - result.ranks).sum() * d / (1 - d) <= result.error + 1e-13
    assert result.error <= tol
    with mml.threads(1):
        np.testing.assert_array_equal(mml.pagerank(graph, damping=d, tol=tol).ranks, result.ranks)


def test_mixed_precision_of_several_problems(rng):
    n, m = 150_000, 900_000
    graph = mml.Graph.from_edges(*random_graph(rng, n, m), num_nodes=n)
    jumps = rng.random((5, n)) * (rng.random((5, n)) < 0.01)
    dangling, start = rng.random(n), rng.random(n)
    together = mml.pagerank(graph, personalization=jumps, dangling=dangling, start=start, tol=1e-12)
    for jump, ranks in zip(jumps, together.ranks, strict=True):
        alone = mml.pagerank(graph, personalization=jump, dangling=dangling, tol=1e-13)
        assert np.abs(alone.ranks - ranks).sum() <= 2e-12


@pytest.mark.parametrize("weighted", [False, True])
def test_same_bits_for_any_number_of_threads(weighted, rng):
    n, m = 50_000, 700_000
    s, t = random_graph(rng, n, m)
    w = rng.random(m) if weighted else None
    seen = []
    for threads in (1, 2, 3, 7):
        with mml.threads(threads):
            graph = mml.Graph.from_edges(s, t, weight=w, num_nodes=n)
            seen.append(mml.pagerank(graph))
    for one in seen:
        np.testing.assert_array_equal(one.ranks, seen[0].ranks)
    exact = power_iteration(s, t, n, w=w)
    assert np.abs(seen[0].ranks - exact).sum() <= seen[0].error


@pytest.mark.parametrize("d", [0.0, 0.5, 0.85, 0.99])
@pytest.mark.parametrize("where", ["live", "dangling", "both"])
@pytest.mark.parametrize("then", ["live", "dangling", "both"])
@pytest.mark.parametrize("method", ["gauss-seidel", "power"])
def test_restarts_and_dangling_anywhere(d, where, then, method, rng):
    n = 40
    s, t = (
        rng.integers(0, n // 2, 120),
        rng.integers(0, n, 120),
    )  # nodes of the upper half are dangling
    s[:5] = t[:5] = np.arange(5)
    part = {"live": np.arange(n) < n // 2, "dangling": np.arange(n) >= n // 2, "both": np.ones(n)}
    v, u = rng.random(n) * part[where], rng.random(n) * part[then]
    exact = power_iteration(s, t, n, d, jump=v, dangling=u)
    graph = mml.Graph.from_edges(s, t, num_nodes=n)
    result = mml.pagerank(graph, damping=d, personalization=v, dangling=u, tol=1e-11, method=method)
    assert np.abs(result.ranks - exact).sum() <= result.error + 1e-13
    assert result.error <= 1e-11
    assert abs(result.ranks.sum() - 1) < 1e-12


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"damping": 1.5}, ValueError, "damping: got 1.5, needed a number between 0 and 1"),
        ({"damping": float("nan")}, ValueError, "damping: got nan"),
        ({"tol": -1}, ValueError, "tol: got -1"),
        ({"max_iter": 0}, ValueError, "max_iter: got 0"),
        ({"method": "magic"}, ValueError, "method: got 'magic'"),
        (
            {"personalization": [1, 2]},
            ValueError,
            r"personalization: got shape \(2,\), needed \(3,\) or \(p, 3\)",
        ),
        ({"personalization": [0, 0, 0]}, ValueError, "personalization: the sum is zero"),
        ({"dangling": [1, -1, 1]}, ValueError, "dangling: contains a negative"),
        ({"start": [1, np.nan, 1]}, ValueError, "start: contains a negative or non-finite"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        mml.pagerank(([0, 1], [1, 2]), **arguments)


def test_bad_graph():
    with pytest.raises(TypeError, match="graph: got str, needed a Graph"):
        mml.pagerank("graph")


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(0, 150), st.floats(0, 0.95), st.integers(0, 2**32 - 1))
def test_renaming_nodes_renames_ranks(n, m, d, seed):
    rng = np.random.default_rng(seed)
    s, t = random_graph(rng, n, m)
    name = rng.permutation(n)
    ranks = mml.pagerank(mml.Graph.from_edges(s, t, num_nodes=n), damping=d).ranks
    renamed = mml.pagerank(mml.Graph.from_edges(name[s], name[t], num_nodes=n), damping=d).ranks
    np.testing.assert_allclose(renamed[name], ranks, atol=3e-8)


@pytest.mark.parametrize("p", [1, 2, 3, 8, 9, 17])
@pytest.mark.parametrize(("n", "m"), [(50, 120), (60_000, 600_000)])
@pytest.mark.parametrize("dangling", [False, True])
def test_problems_together_are_each_alone(p, n, m, dangling, rng):
    s, t = random_graph(rng, n, m)
    graph = mml.Graph.from_edges(s, t, num_nodes=n)
    jumps = rng.random((p, n)) * (rng.random((p, n)) < 0.2)
    jumps[:, 0] += 1
    landing = rng.random(n) if dangling else None
    together = mml.pagerank(graph, personalization=jumps, dangling=landing)
    assert together.ranks.shape == (p, n)
    for jump, ranks in zip(jumps, together.ranks, strict=True):
        alone = mml.pagerank(graph, personalization=jump, dangling=landing)
        assert np.abs(ranks - alone.ranks).sum() <= together.error + alone.error


def test_a_dense_link_matrix(rng, dtype):
    """What `link_matrix` returns, the course's own form, is taken back."""
    s, t = rng.integers(0, 30, 90), rng.integers(0, 30, 90)
    graph = mml.Graph.from_edges(s, t, weight=rng.random(90), num_nodes=31)
    matrix = mml.link_matrix(graph).astype(dtype)
    expected = mml.pagerank(graph, tol=1e-12).ranks
    for same in (matrix, matrix.T.copy().T, matrix.tolist()):
        np.testing.assert_allclose(
            mml.pagerank(same, tol=1e-12).ranks,
            expected,
            rtol=1e-4 if dtype == np.float32 else 1e-9,
        )
    np.testing.assert_allclose(mml.link_matrix(matrix), matrix, rtol=1e-6)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0.0, 1.0], [1.0, 1.0]], "column 1 of the dense matrix adds up to 2, needed 1"),
        ([[0.0, 2.0], [1.0, -1.0]], "has no negative or non-finite entries"),
        ([[np.nan, 1.0], [1.0, 0.0]], "has no negative or non-finite entries"),
        ([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]], r"got shape \(2, 3\), needed a square link matrix"),
    ],
)
def test_dense_matrices_that_are_none(matrix, message):
    with pytest.raises(ValueError, match=message):
        mml.pagerank(np.array(matrix))


def test_arguments_of_other_types():
    edges = mml.Graph.from_edges([0, 1], [1, 0])
    with pytest.raises(TypeError, match=r"damping: got '0\.85' of type str, needed a real number"):
        mml.pagerank(edges, damping="0.85")
    with pytest.raises(TypeError, match="dtype complex128, needed real numbers"):
        mml.pagerank(sparse.csr_array(np.eye(2) * 1j))
    ranks = mml.pagerank(edges, personalization=[1.7e308, 1.7e308]).ranks
    np.testing.assert_allclose(ranks, 0.5)


def test_a_tolerance_that_float64_does_not_reach(rng):
    graph = mml.Graph.from_edges(rng.integers(0, 99, 999), rng.integers(0, 99, 999))
    with pytest.raises(mml.ConvergenceError, match="float64 comes no closer: raise tol"):
        mml.pagerank(graph, tol=1e-300)


def test_ranks_that_are_not_known_to_the_tolerance_are_returned_where_that_is_asked_for():
    ends = np.random.default_rng(0).integers(0, 200, (2, 900))
    with pytest.raises(mml.ConvergenceError) as caught:
        mml.pagerank(tuple(ends), tol=1e-12, max_iter=2)
    found = mml.pagerank(tuple(ends), tol=1e-12, max_iter=2, raise_on_failure=False)
    assert not found.converged
    assert found.error > 1e-12
    np.testing.assert_array_equal(found.ranks, caught.value.result.ranks)

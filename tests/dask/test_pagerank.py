"""PageRank on a Dask cluster of two processes: the serial result, however it is cut."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

import mmlcore as mml

distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")
from mmlcore import dask as mml_dask
from mmlcore.dask import _pagerank
from mmlcore.dask import _rank_parts as parts

pytestmark = pytest.mark.filterwarnings("ignore")  # of distributed, about ports and sizes


def test_without_a_client():  # the first test: no client has been made
    with pytest.raises(ValueError, match="client: there is none"):
        mml_dask.pagerank([0], [1])


def edges(n, m, seed=3):
    rng = np.random.default_rng(seed)
    return rng.integers(0, max(1, n // 2), m), rng.integers(0, n, m), rng.random(m), rng


def spread(*columns, chunk=1000):
    return [da.from_array(column, chunks=chunk) for column in columns]


@pytest.mark.parametrize(("weighted", "damping"), [(True, 0.0), (True, 0.85), (False, 0.97)])
def test_like_the_serial_result(client, weighted, damping):
    s, t, w, rng = edges(2000, 12_000)
    v, u = rng.random(2000), rng.random(2000)
    graph = mml.Graph.from_edges(s, t, weight=w if weighted else None, num_nodes=2000)
    options = {"damping": damping, "personalization": v, "dangling": u}
    serial = mml.pagerank(graph, **options)
    ds, dt, dw = spread(s, t, w)
    result = mml_dask.pagerank(
        ds, dt, weight=dw if weighted else None, num_nodes=2000, client=client, **options
    )
    assert result.converged
    assert np.abs(result.ranks - serial.ranks).sum() <= result.error + serial.error
    assert result.error <= 1e-8


@pytest.mark.parametrize("weighted", [False, True])
def test_same_bits_for_any_number_of_blocks_and_chunks(client, weighted):
    s, t, w, _ = edges(9000, 40_000)  # ranges of two nodes, and an odd one
    seen = []
    for chunk, blocks in ((40_000, 1), (6777, 3)):
        weight = da.from_array(w * 2.0 ** (s % 900), chunks=chunk) if weighted else None
        links = spread(s, t, chunk=chunk)
        seen.append(mml_dask.pagerank(*links, weight=weight, blocks=blocks, client=client))
    for result in seen[1:]:
        np.testing.assert_array_equal(result.ranks, seen[0].ranks)
        assert result.error == seen[0].error
    assert len(seen[1].ranks.chunks[0]) == 3


def test_vectors_stay_cut_and_little_comes_to_the_caller(client, monkeypatch):
    s, t, _, rng = edges(60_000, 200_000)
    brought, gather = [], type(client).gather

    def watched(self, futures, *args, **options):
        found = gather(self, futures, *args, **options)
        brought.append(sum(np.asarray(one).nbytes for one in found))
        return found

    monkeypatch.setattr(type(client), "gather", watched)
    monkeypatch.setattr(type(client), "scatter", None)
    v = da.from_array(rng.random(60_000), chunks=7000)
    result = mml_dask.pagerank(*spread(s, t, chunk=50_000), personalization=v, client=client)
    ranges = 60_000 // (60_000 // 4096) + 2
    assert max(brought) <= 5 * 8 * ranges
    assert len(set(client.who_has(list(result.ranks.dask.values())).values())) == 2
    ranks = mml.pagerank(mml.Graph.from_edges(s, t, num_nodes=60_000), personalization=v).ranks
    np.testing.assert_allclose(result.ranks, ranks, atol=1e-9)
    assert "60,000" in result.summary()
    assert result.by_label[7] == float(result.ranks[7])


def test_only_needed_entries_travel_and_blocks_have_their_share_of_threads():
    chunk = parts.pack(np.array([0, 5, 5, 9, 0]), np.array([1, 0, 2, 1, 7]), None, 10)
    block = parts.assemble([parts.pick(chunk, 0, 3)], 0, 3, 10)
    assert block.needed.tolist() == [0, 5, 9]
    assert parts.wants(block, 3, 10).tolist() == [2, 6]
    part = parts.Part(np.array([0.5, 0.0, 0.0]), np.array([False, True, True]), None, None)
    state = parts.begin(part, None, 10)
    seen, multiply = [], mml._core.multiply_rows
    with pytest.MonkeyPatch.context() as patch:
        watched = lambda *args: (seen.append(mml.get_num_threads()), multiply(*args))[1]
        patch.setattr(mml._core, "multiply_rows", watched)
        parts.step(block, part, state, [np.ones(3)], 1.0, 0.0, 0.85, 10, 3)
    assert seen == [3]


def test_goes_on_when_a_worker_is_killed(monkeypatch):
    s, t, w, _ = edges(2000, 12_000)
    links = spread(s, t, w)
    options = {"weight": links[2], "damping": 0.97, "num_nodes": 2000}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as two,
        distributed.Client(two) as client,
    ):
        expected = mml_dask.pagerank(*links[:2], client=client, **options)
        expected = expected._replace(ranks=expected.ranks.compute())
        calls, sums = [], _pagerank._sums

        def killing(plan, states):
            calls.append(1)
            if len(calls) == 9:
                pid = client.submit(os.getpid, workers=[plan.places[1]], pure=False).result()
                os.kill(pid, signal.SIGKILL)
            return sums(plan, states)

        monkeypatch.setattr(_pagerank, "_sums", killing)
        found = mml_dask.pagerank(*links[:2], client=client, **options)
        assert found[1:] == expected[1:]
        np.testing.assert_array_equal(found.ranks, expected.ranks)


def test_special_graphs(client):
    none = np.empty(0, np.int64)
    assert mml_dask.pagerank(none, none, client=client).ranks.shape == (0,)
    np.testing.assert_allclose(
        mml_dask.pagerank(none, none, num_nodes=4, client=client).ranks, 0.25
    )
    cycle = np.arange(4)
    result = mml_dask.pagerank(cycle, (cycle + 1) % 4, damping=1, start=[1, 0, 0, 0], client=client)
    np.testing.assert_allclose(result.ranks, 0.25, atol=1e-8)


def test_refusals(client):
    s, t, w, _ = edges(50, 200)
    with pytest.raises(ValueError, match="target: got node 99, needed 0 to 49"):
        mml_dask.pagerank(*spread(s, np.append(t[:-1], 99)), num_nodes=50, client=client)
    with pytest.raises(ValueError, match="source: got node -1"):
        mml_dask.pagerank(*spread(np.append(s[:-1], -1), t), num_nodes=50, client=client)
    with pytest.raises(ValueError, match="weight: got -1"):
        mml_dask.pagerank(*spread(s, t), weight=-da.ones(200), num_nodes=50, client=client)
    with pytest.raises(TypeError, match="source: got dtype float64"):
        mml_dask.pagerank(*spread(w, t), num_nodes=50, client=client)
    with pytest.raises(ValueError, match=r"target: got shape \(3,\)"):
        mml_dask.pagerank(*spread(s, t[:3]), client=client)
    with pytest.raises(mml.ConvergenceError, match="raise max_iter or tol") as caught:
        mml_dask.pagerank(*spread(s, t), max_iter=3, client=client)
    assert caught.value.result.iterations == 3
    assert caught.value.result.ranks.shape == (50,)
    v = da.ones(50, chunks=9)
    with pytest.raises(ValueError, match="personalization: contains a negative"):
        mml_dask.pagerank(*spread(s, t), personalization=v - 2, num_nodes=50, client=client)
    with pytest.raises(ValueError, match="start: contains a negative or non-finite"):
        mml_dask.pagerank(*spread(s, t), start=v * np.nan, num_nodes=50, client=client)
    with pytest.raises(ValueError, match="dangling: the sum is zero"):
        mml_dask.pagerank(*spread(s, t), dangling=v * 0, num_nodes=50, client=client)
    with pytest.raises(ValueError, match=r"start: got shape \(49,\)"):
        mml_dask.pagerank(*spread(s, t), start=v[1:], num_nodes=50, client=client)
    with pytest.raises(TypeError, match="client: got int, needed a Client"):
        mml_dask.pagerank(*spread(s, t), client=3)
    with pytest.raises(ValueError, match=r"source: got shape \(\)"):
        mml_dask.pagerank(None, None, client=client)
    with pytest.raises(ValueError, match="damping: got 2"):
        mml_dask.pagerank(*spread(s, t), damping=2, client=client)


def test_weights_in_any_unit_and_unknown_lengths(client, rng):
    s, t = rng.integers(0, 40, 300), rng.integers(0, 40, 300)
    w = rng.integers(1, 4, 300).astype(float)
    expected = mml.pagerank(mml.Graph.from_edges(s, t, weight=w), tol=1e-12).ranks
    own = np.where(s % 3 == 0, 1e-309, np.where(s % 3 == 1, 5e307, 1.0)) * w
    columns = [da.from_array(column, chunks=70) for column in (s, t, own)]
    unknown = [column[columns[0] >= 0] for column in columns]
    for source, target, weight in (columns, unknown):
        found = mml_dask.pagerank(source, target, weight=weight, client=client, tol=1e-12)
        np.testing.assert_allclose(found.ranks, expected, rtol=1e-9)

"""PageRank on a Dask cluster of two processes: the serial result, however it is cut."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")
from mmlcore import dask as mml_dask
from mmlcore.dask import _pagerank

pytestmark = pytest.mark.filterwarnings("ignore")  # of distributed, about ports and sizes


def test_without_a_client():  # the first test: no client has been made
    with pytest.raises(ValueError, match="client: there is none"):
        mml_dask.pagerank([0], [1])


def edges(n, m, seed=3):
    rng = np.random.default_rng(seed)
    return rng.integers(0, max(1, n // 2), m), rng.integers(0, n, m), rng.random(m), rng


def spread(*columns, chunk=1000):
    return [da.from_array(column, chunks=chunk) for column in columns]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("damping", [0.0, 0.85, 0.97])
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


def test_same_bits_for_any_number_of_blocks_and_chunks(client):
    s, t, _, _ = edges(3000, 20_000)
    seen = [
        mml_dask.pagerank(*spread(s, t, chunk=chunk), blocks=blocks, client=client).ranks
        for chunk, blocks in ((20_000, 1), (3000, 2), (777, 7))
    ]
    for ranks in seen[1:]:
        np.testing.assert_array_equal(ranks, seen[0])


def test_blocks_stay_on_both_workers_and_tasks_use_one_thread(client):
    s, t, _, _ = edges(3000, 20_000)
    chunks = _pagerank._chunks(client, *spread(s, t), None)
    blocks = _pagerank._distribute(client, chunks, [0, 1500, 3000])
    distributed.wait(blocks)
    sizes = [client.submit(lambda b: len(b.source), block).result() for block in blocks]
    assert sum(sizes) == 20_000

    def threads_inside(block):
        seen = []
        multiply = _pagerank._core.multiply_rows
        _pagerank._core.multiply_rows = lambda *args: (
            seen.append(mml.get_num_threads()),
            multiply(*args),
        )[1]
        try:
            _pagerank._multiply(block, np.ones(3000))
        finally:
            _pagerank._core.multiply_rows = multiply
        return seen

    assert client.submit(threads_inside, blocks[0]).result() == [1]


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

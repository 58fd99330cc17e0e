"""Neighbours of streams: those of all rows at once, batch by batch, and errors that say which batch."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

pa = pytest.importorskip("pyarrow")


def reader(x, rows):
    names = [f"c{i}" for i in range(x.shape[1])]
    parts = [x[i : i + rows] for i in range(0, len(x), rows)] or [x]
    found = [pa.RecordBatch.from_arrays([pa.array(c) for c in part.T], names) for part in parts]
    return pa.RecordBatchReader.from_batches(found[0].schema, found)


@pytest.mark.parametrize(("n", "d", "k", "rows"), [(700, 3, 5, 64), (50, 60, 50, 7), (1, 1, 1, 1)])
def test_points_and_queries_in_batches(n, d, k, rows, dtype, rng):
    x, q = rng.integers(0, 9, (n, d)).astype(dtype), rng.integers(0, 9, (30, d)).astype(dtype)
    distances, indices = mml.nearest_neighbors(x, q, k)
    index = mml.NeighborIndex(reader(x, rows))
    out = np.empty((30, k), dtype), np.empty((30, k), np.int64)
    for found in (
        mml.nearest_neighbors(reader(x, rows), q, k),
        mml.nearest_neighbors((x[i : i + rows] for i in range(0, n, rows)), q, k),
        mml.nearest_neighbors(reader(x, rows), q, k, out=out),
        index.query(reader(q, 8), k),
        index.query(reader(q, 8), k, out=out),
    ):
        assert found.distances.dtype == dtype
        np.testing.assert_allclose(found.distances, distances, rtol=1e-6)
        np.testing.assert_array_equal(found.indices, indices)
    metric = np.eye(d) * 2
    found = mml.nearest_neighbors(reader(x, rows), q, k, metric=metric)
    np.testing.assert_allclose(found.distances, distances * np.sqrt(2), rtol=1e-6)


def test_bad_batches(rng):
    x = rng.standard_normal((20, 3))
    index = mml.NeighborIndex(x)
    bad = x.copy()
    bad[11, 1] = np.nan
    with pytest.raises(ValueError, match="X, batch 1: contains NaN"):
        mml.nearest_neighbors(reader(bad, 10), x, 2)
    with pytest.raises(ValueError, match="X, batch 1: contains NaN"):
        mml.NeighborIndex(reader(bad, 10))
    with pytest.raises(ValueError, match="Q, batch 2: contains NaN"):
        index.query(reader(bad, 5), 2)
    with pytest.raises(ValueError, match=r"X, batch 1: got shape \(20, 2\)"):
        mml.nearest_neighbors(iter([x, x[:, :2]]), x, 2)
    with pytest.raises(ValueError, match=r"Q, batch 0: got shape \(20, 2\)"):
        index.query(iter([x[:, :2]]), 2)
    with pytest.raises(ValueError, match="k: got 21"):
        mml.nearest_neighbors(reader(x, 6), x, 21)
    with pytest.raises(ValueError, match=r"X: got shape \(0, 3\)"):
        mml.nearest_neighbors(iter([]), x, 1)
    with pytest.raises(ValueError, match=r"X: got shape \(0, 0\)"):
        mml.NeighborIndex(iter([]))
    with pytest.raises(TypeError, match="queries: got a stream"):
        mml.nearest_neighbors(x, iter([x]), 1)
    assert index.query(iter([]), 2).distances.shape == (0, 2)
    assert index.query(reader(x[:0], 5), 2).indices.shape == (0, 2)

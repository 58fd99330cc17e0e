"""Neighbours, curves and groups of Dask arrays: the results of the same rows in memory."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")
pytest.importorskip("distributed")
from mmlcore import dask as mml_dask

pytestmark = pytest.mark.filterwarnings("ignore")  # of distributed, about ports and sizes


@pytest.fixture(autouse=True)
def _here():
    with dask.config.set(scheduler="threads"):
        yield


@pytest.mark.parametrize(
    ("n", "d", "k", "chunk"), [(1000, 3, 5, 170), (40, 60, 40, 7), (9, 2, 1, 9)]
)
def test_neighbours(n, d, k, chunk, dtype, rng):
    x, q = rng.integers(0, 4, (n, d)).astype(dtype), rng.standard_normal((33, d)).astype(dtype)
    expected = mml.nearest_neighbors(x, q, k)
    points = da.from_array(x, chunks=(chunk, d))
    points = da.concatenate([points[:4], points[4:4], points[4:]])  # a chunk without rows
    for queries in (q, da.from_array(q, chunks=(10, 1))):
        found = mml_dask.nearest_neighbors(points, queries, k)
        assert found.distances.dtype == dtype
        distances, indices = dask.compute(*found)
        np.testing.assert_allclose(distances, expected.distances, rtol=1e-6)
        np.testing.assert_allclose(
            np.linalg.norm(q[:, None] - x[indices], axis=-1), distances, rtol=1e-5
        )
        assert all(len(set(row)) == k for row in indices)


def test_equal_distances_by_lower_index_and_a_metric(rng):
    x = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    near = mml_dask.nearest_neighbors(da.from_array(x, chunks=(1, 2)), [[0.0, 0.0]], 3)
    assert near.indices.compute().tolist() == [[0, 1, 2]]
    x, metric = rng.standard_normal((50, 2)), [[2.0, 1.0], [1.0, 3.0]]
    near = mml_dask.nearest_neighbors(da.from_array(x, chunks=(9, 2)), x[:5], 4, metric=metric)
    np.testing.assert_array_equal(
        near.indices, mml.nearest_neighbors(x, x[:5], 4, metric=metric)[1]
    )


def test_curves():
    t, rng = np.linspace(0, 2, 12), np.random.default_rng(1)
    y = rng.uniform(1, 3, (40, 1)) * np.exp(-rng.uniform(1, 2, (40, 1)) * t)
    y[3, 5] = np.nan
    model = lambda t, a, k: a * np.exp(-k * t)
    expected = mml.curve_fit_batch(model, t, y, [1.0, 1.0], sigma=0.1)
    spread = da.from_array(y, chunks=(11, 5))
    for data in (spread, spread[da.from_array(np.ones(40, bool), chunks=11)]):  # unknown lengths
        found = mml_dask.curve_fit_batch(model, t, data, [1.0, 1.0], sigma=0.1)
        for name in ("parameters", "covariance", "chi2", "dof", "iterations", "status"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("labels", ["int", "text", "float"])
def test_groups(labels):
    rng = np.random.default_rng(2)
    x, y, g = rng.standard_normal((500, 2)), rng.standard_normal(500), rng.integers(-9, 9, 500)
    groups = {"int": g, "text": np.array([f"g{i}" for i in g]), "float": g / 4}[labels]
    expected = mml.linear_regression_by(x, y, groups)
    for chunk in (500, 77):
        spread = [da.from_array(a, chunks=chunk) for a in (y, groups)]
        points = da.from_array(x, chunks=(chunk, 1))
        found = mml_dask.linear_regression_by(points, *spread)
        np.testing.assert_array_equal(found.groups, expected.groups)
        for name in ("coefficients", "intercept", "covariance", "chi2", "r2"):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-9)
        np.testing.assert_array_equal(found.status, expected.status)


def test_refusals():
    x, y = da.ones((6, 2), chunks=(4, 2)), da.ones(6, chunks=3)
    with pytest.raises(ValueError, match="k: got 7, needed an integer between 1 and 6"):
        mml_dask.nearest_neighbors(x, x, 7)
    with pytest.raises(ValueError, match=r"queries: got shape \(2, 3\)"):
        mml_dask.nearest_neighbors(x, np.ones((2, 3)), 1)
    with pytest.raises(ValueError, match=r"queries: .*NaN"):
        mml_dask.nearest_neighbors(x, np.full((2, 2), np.nan), 1).indices.compute()
    with pytest.raises(ValueError, match=r"Y: got shape \(0, 3\)"):
        mml_dask.curve_fit_batch(lambda t, a: a * t, [1.0, 2.0, 3.0], da.ones((0, 3)), [1.0])
    with pytest.raises(ValueError, match=r"groups: got shape \(5,\)"):
        mml_dask.linear_regression_by(x, y, y[1:])
    with pytest.raises(ValueError, match="groups: 1 labels of a chunk are missing"):
        mml_dask.linear_regression_by(
            x, y, da.from_array([1, 1, 1, np.nan, np.nan, np.nan], chunks=3)
        )
    with pytest.raises(ValueError, match=r"X: got shape \(0, 2\)"):
        mml_dask.linear_regression_by(x[:0], y[:0], y[:0])

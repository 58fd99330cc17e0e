"""Moments, PCA and QR on Dask: the result in memory, on a cluster of two processes and without one."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mmlcore as mml

distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")
from mmlcore import dask as mml_dask

pytestmark = pytest.mark.filterwarnings("ignore")  # of distributed, about ports and sizes


@pytest.fixture(scope="module", params=["threads", "cluster"])
def scheduler(request):
    if request.param == "cluster":
        yield request.getfixturevalue("client")
        return
    with dask.config.set(scheduler="threads"):
        yield None


def data(dtype=np.float64, n=2000, d=6):
    rng = np.random.default_rng(4)
    return (rng.standard_normal((n, d)) * np.geomspace(1, 0.01, d) + 3).astype(dtype)


@pytest.mark.usefixtures("scheduler")
class TestOnAnyScheduler:
    @pytest.mark.parametrize("chunks", [(2000, 6), (300, 6), (97, 4)])
    def test_moments(self, chunks, dtype):
        x = data(dtype)
        spread = da.from_array(x, chunks=chunks)
        found = mml_dask.moments(spread)
        tolerance = 1e-5 if dtype == np.float32 else 1e-12
        assert found.count == 2000
        np.testing.assert_allclose(found.mean, mml.mean(x), rtol=tolerance)
        np.testing.assert_allclose(
            mml_dask.covariance(spread, ddof=1), mml.covariance(x, ddof=1), atol=tolerance
        )
        assert mml_dask.covariance(spread).dtype == dtype
        assert mml_dask.moments(spread) == found

    @pytest.mark.parametrize("solver", ["auto", "covariance", "factor"])
    def test_pca(self, solver, dtype):
        x = data(dtype)
        spread = da.from_array(x, chunks=(331, 6))
        ours, whole = mml_dask.PCA(3, solver=solver).fit(spread), mml.PCA(3).fit(x)
        tolerance = 1e-4 if dtype == np.float32 else 1e-9
        for name in ("components_", "explained_variance_", "mean_", "singular_values_"):
            np.testing.assert_allclose(
                getattr(ours, name), getattr(whole, name), rtol=tolerance, atol=tolerance
            )
            assert getattr(ours, name).dtype == dtype
        assert ours.n_samples_ == 2000
        scores = ours.transform(spread)
        assert isinstance(scores, da.Array)
        assert scores.chunks == (spread.chunks[0], (3,))
        np.testing.assert_allclose(scores.compute(), whole.transform(x), atol=tolerance)
        np.testing.assert_allclose(ours.transform(x), whole.transform(x), atol=tolerance)
        np.testing.assert_allclose(ours.score(x), whole.score(x), rtol=1e-3)

    def test_small_variances(self):
        x = data() * np.geomspace(1, 1e-9, 6)
        x -= x.mean(axis=0)
        spread = da.from_array(x, chunks=(100, 6))
        exact = mml.PCA(solver="svd").fit(x).explained_variance_
        found = mml_dask.PCA(solver="factor").fit(spread).explained_variance_
        np.testing.assert_allclose(found, exact, rtol=1e-5)

    def test_wide(self):
        x = data(n=20, d=50)
        found = mml_dask.PCA(4).fit(da.from_array(x, chunks=(7, 20)))
        assert found.solver_ == "factor"
        np.testing.assert_allclose(found.components_, mml.PCA(4).fit(x).components_, atol=1e-9)

    @pytest.mark.parametrize("chunks", [(2000, 6), (500, 3), (4, 6), (1999, 6)])
    def test_tall_qr(self, chunks, dtype):
        x = data(dtype)
        q, r = mml_dask.tall_qr(da.from_array(x, chunks=chunks))
        q, r = dask.compute(q, r)
        u = np.finfo(dtype).eps
        assert q.dtype == r.dtype == dtype
        np.testing.assert_allclose(q @ r, x, rtol=50 * u, atol=50 * u)
        np.testing.assert_allclose(q.T @ q, np.eye(6), atol=50 * u)
        np.testing.assert_array_equal(np.tril(r, -1), 0)
        assert (r.diagonal() >= 0).all()
        np.testing.assert_allclose(r, mml.qr(x).R, rtol=1e4 * u, atol=1e3 * u)

    @pytest.mark.parametrize("intercept", [True, False])
    def test_linear_regression(self, intercept):
        x = data()
        y = x @ np.arange(6.0) + 2 + np.random.default_rng(1).standard_normal(2000)
        whole = mml.linear_regression(x, y, intercept=intercept)
        spread = mml_dask.linear_regression(
            da.from_array(x, chunks=(301, 4)), da.from_array(y, chunks=500), intercept=intercept
        )
        for ours, theirs in zip(spread, whole, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-7)

    def test_refusals(self):
        spread = da.from_array(data(), chunks=(100, 6))
        broken = da.from_array(np.where(data() > 5.5, np.nan, data()), chunks=(100, 6))
        for call in (mml_dask.moments, mml_dask.PCA(2).fit, mml_dask.PCA(2, solver="factor").fit):
            with pytest.raises(ValueError, match="X: contains NaN or infinity"):
                call(broken)
        with pytest.raises(ValueError, match=r"X: got shape \(6,\), needed 2 axes"):
            mml_dask.moments(spread[0])
        with pytest.raises(ValueError, match="at least one point"):
            mml_dask.moments(spread[:0])
        with pytest.raises(ValueError, match="n_components: got 7"):
            mml_dask.PCA(7).fit(spread)
        with pytest.raises(ValueError, match="solver: got 'svd'"):
            mml_dask.PCA(2, solver="svd").fit(spread)
        with pytest.raises(ValueError, match="at least as many rows as columns"):
            mml_dask.tall_qr(spread[:3])
        with pytest.raises(ValueError, match=r"y: got shape \(3,\), needed \(2000,\)"):
            mml_dask.linear_regression(spread, spread[:3, 0])
        with pytest.raises(ValueError, match="not fitted"):
            mml_dask.PCA(2).transform(spread)


def test_summaries_and_models_pickle():
    model = mml_dask.PCA(2).fit(da.from_array(data(), chunks=(100, 6)))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.components_, model.components_)


def test_frames_and_unknown_lengths(rng):
    """Partitions of a frame, and what a filter leaves of chunks: nobody knows how many rows they have."""
    pandas, dd = pytest.importorskip("pandas"), pytest.importorskip("dask.dataframe")
    x = rng.standard_normal((200, 3)) * [3, 2, 1] + 5
    y = x @ [1.0, 2.0, 3.0] + 0.1 * rng.standard_normal(200)
    frame = dd.from_pandas(
        pandas.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y}), npartitions=4
    )
    array = da.from_array(np.column_stack([x, y]), chunks=(50, 2))
    kept = x[:, 0] > 5
    for points, target, rows in (
        (frame[["a", "b", "c"]], frame["y"], slice(None)),
        (array[array[:, 0] > 5][:, :3], array[array[:, 0] > 5][:, 3], kept),
        (frame[frame["a"] > 5][["a", "b", "c"]], array[array[:, 0] > 5][:, 3], kept),
    ):
        expected = mml.PCA(2).fit(x[rows])
        np.testing.assert_allclose(mml_dask.covariance(points), mml.covariance(x[rows]), atol=1e-12)
        model = mml_dask.PCA(2).fit(points)
        np.testing.assert_allclose(model.components_, expected.components_, atol=1e-9)
        scores = model.transform(points).compute()
        np.testing.assert_allclose(scores, expected.transform(x[rows]), atol=1e-9)
        fit = mml_dask.linear_regression(points, target)
        np.testing.assert_allclose(
            fit.coefficients, mml.linear_regression(x[rows], y[rows]).coefficients
        )
        q, r = mml_dask.tall_qr(points)
        np.testing.assert_allclose((q @ r).compute(), x[rows], atol=1e-12)
    with pytest.raises(ValueError, match="y: got shape"):
        mml_dask.linear_regression(array[array[:, 0] > 5][:, :3], array[array[:, 0] > 6][:, 3])
    few = da.from_array(rng.standard_normal((4, 9)), chunks=(2, 9))
    model = mml_dask.PCA(2).fit(few[few[:, 0] > -100])
    assert (model.n_samples_, model.solver_) == (4, "factor")


def test_far_from_zero(rng):
    x = 2.0**52 + rng.integers(-8, 9, (90, 3)) * np.array([3.0, 2.0, 1.0])
    parts = da.from_array(x, chunks=(11, 3))
    np.testing.assert_allclose(
        mml_dask.covariance(parts), mml.covariance(x), rtol=1e-10, atol=1e-10
    )
    for solver in ("covariance", "factor"):
        model = mml_dask.PCA(2, solver=solver).fit(parts)
        exact = mml.PCA(2, solver="svd").fit(x)
        np.testing.assert_allclose(model.explained_variance_, exact.explained_variance_, rtol=1e-10)
        np.testing.assert_allclose(
            np.abs(model.transform(parts).compute()), np.abs(exact.transform(x)), atol=1e-9
        )


class TestBadInput:
    """What a chunk may hold, and what it is no array of."""

    def lie(self, value, shape):
        return da.from_delayed(dask.delayed(lambda: value)(), shape, float)

    def test_uneven_chunks_in_the_middle(self):
        x = data(n=40, d=3)
        spread = da.from_array(x, chunks=((7, 6, 0, 20, 7), 3))
        y = da.from_array(x @ [1.0, 2.0, 3.0], chunks=9)
        fit = mml_dask.linear_regression(spread, y)
        np.testing.assert_allclose(fit.coefficients, [1, 2, 3], rtol=1e-9)

    @pytest.mark.parametrize(
        ("bad", "said"),
        [
            (np.full((2, 3), np.nan), "X: contains NaN"),
            (np.ones((2, 4)), "features"),
            (np.ones(6), "X: got shape"),
            (np.full((2, 3), "a"), "X: got dtype"),
            (np.ones((2, 3), object), "X: got dtype object"),
            (np.ones((2, 3), complex), "X: got dtype complex128"),
        ],
    )
    def test_a_bad_chunk(self, bad, said):
        spread = da.concatenate([da.from_array(data(d=3)), self.lie(bad, (2, 3))])
        pca = mml_dask.PCA(2).fit(da.from_array(data(d=3)))
        before = pca.components_.copy()
        calls = [mml_dask.moments, mml_dask.PCA(2, solver="factor").fit, pca.fit]
        if bad.shape != (2, 4):
            calls.append(lambda x: mml_dask.tall_qr(x).R.compute())
        for call in calls:
            with pytest.raises((ValueError, TypeError), match=said):
                call(spread)
        np.testing.assert_array_equal(pca.components_, before)

    @pytest.mark.parametrize("bad", [None, 3, "abc", [1.0, 2.0]])
    def test_what_is_no_data(self, bad):
        calls = [mml_dask.moments, mml_dask.PCA(1).fit, mml_dask.tall_qr]
        calls += [lambda x: mml_dask.linear_regression(x, x)]
        for call in calls:
            with pytest.raises((ValueError, TypeError), match=r"[Xy]: got"):
                call(bad)


def test_chunks_that_are_not_aligned():
    """As they may be when they come over a network."""

    def apart(a):
        return np.ndarray(a.shape, a.dtype, bytearray(b"-" + a.tobytes()), offset=1)

    x = data()
    y = x @ np.arange(6.0) + np.random.default_rng(1).standard_normal(2000)
    assert not apart(x).flags.aligned
    spread = da.from_array(apart(x), chunks=(500, 6), asarray=False)
    target = da.from_array(apart(y), chunks=500, asarray=False)
    with dask.config.set(scheduler="threads"):
        fit = mml_dask.linear_regression(spread, target)
        means, pca = mml_dask.moments(spread).mean, mml_dask.PCA(2).fit(spread)
        q, r = mml_dask.tall_qr(spread)
        np.testing.assert_allclose(q.compute() @ r.compute(), x)
    np.testing.assert_allclose(fit.coefficients, mml.linear_regression(x, y).coefficients)
    np.testing.assert_allclose(means, mml.mean(x))
    np.testing.assert_allclose(pca.explained_variance_, mml.PCA(2).fit(x).explained_variance_)

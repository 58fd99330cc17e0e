"""Data that come in batches: each seen once, the next read ahead, and what is wrong told by the batch."""

from __future__ import annotations

import sqlite3
import threading
import time
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.core.stream import ahead, is_stream, rows_of

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
ds = pytest.importorskip("pyarrow.dataset")

RNG = np.random.default_rng(20261130)
X = RNG.standard_normal((1000, 4)) + 10
Y = X @ [1.0, -2.0, 0.5, 3.0] + 4 + 0.1 * RNG.standard_normal(1000)
NAMES = ["a", "b", "c", "d"]


def table(x=X, names=NAMES):
    return pa.table({name: x[:, j] for j, name in enumerate(names)})


def batches(x=X, names=NAMES, size=170):
    return table(x, names).to_batches(max_chunksize=size)


def reader(all_batches):
    return pa.RecordBatchReader.from_batches(all_batches[0].schema, iter(all_batches))


def kinds(tmp_path, x=X, names=NAMES):
    """Streams of every kind, of the same data."""
    path = tmp_path / "points.parquet"
    pq.write_table(table(x, names), path, row_group_size=300)
    yield reader(batches(x, names))
    yield pq.ParquetFile(path)
    yield pq.ParquetFile(path).iter_batches(batch_size=111)
    yield ds.dataset(path)
    yield iter(batches(x, names))
    yield (table(x[i : i + 300], names) for i in range(0, len(x), 300))
    if find_spec("polars"):
        polars = import_module("polars")
        yield (polars.from_arrow(batch) for batch in batches(x, names))
    if find_spec("duckdb"):
        yield import_module("duckdb").connect().sql(f"select * from '{path}'")


def test_what_is_a_stream(tmp_path):
    assert all(is_stream(x) for x in kinds(tmp_path))
    others = [X, [[1.0]], ((1.0,),), table(), batches()[0], "X", np.float64(1), X[:0]]
    assert not any(is_stream(x) for x in others)


def test_moments(tmp_path):
    right = mml.Moments(4).update(X)
    for stream in kinds(tmp_path):
        moments = mml.Moments(4).update(X[:10])
        assert moments.update(stream) is moments
        assert moments.count == 1010
        both = mml.Moments(4).update(X[:10]) + right
        np.testing.assert_allclose(moments.mean, both.mean, rtol=1e-14)
        np.testing.assert_allclose(moments.covariance(), both.covariance(), rtol=1e-11)
    arrays = (X[i : i + 100] for i in range(0, 1000, 100))
    np.testing.assert_allclose(
        mml.Moments(4).update(arrays).covariance(), right.covariance(), rtol=1e-11
    )
    with pytest.raises(ValueError, match="weights: a stream has none"):
        right.update(iter([X]), np.ones(1000))


def test_pca(tmp_path):
    right = mml.PCA(2, solver="svd").fit(X)
    for stream in kinds(tmp_path):
        pca = mml.PCA(2).partial_fit(stream)
        np.testing.assert_allclose(pca.components_, right.components_, atol=1e-10)
        assert pca.n_samples_ == 1000
        pca.partial_fit(iter(batches()))
        assert pca.n_samples_ == 2000
    for stream in kinds(tmp_path):
        chunks = mml.PCA(2).fit_chunks(stream)
        np.testing.assert_allclose(
            chunks.explained_variance_, right.explained_variance_, rtol=1e-10
        )


def test_linear_regression(tmp_path):
    right = mml.linear_regression(X, Y)
    sigma = RNG.uniform(0.5, 2, 1000)
    weighted = mml.linear_regression(X, Y, sigma=sigma)
    for place in (0, 2, 4):
        names = [*NAMES[:place], "y", *NAMES[place:]]
        both = np.insert(X, place, Y, axis=1)
        for stream in kinds(tmp_path, both, names):
            fit = mml.linear_regression(stream, "y")
            np.testing.assert_allclose(fit.coefficients, right.coefficients, rtol=1e-9)
            np.testing.assert_allclose(fit.covariance, right.covariance, rtol=1e-9)
            assert list(fit.features) == NAMES
            assert fit.dof == right.dof
    all_columns = np.column_stack([sigma, X[:, :2], Y, X[:, 2:]])
    names = ["s", "a", "b", "y", "c", "d"]
    fit = mml.linear_regression(reader(batches(all_columns, names)), "y", sigma="s")
    np.testing.assert_allclose(fit.coefficients, weighted.coefficients, rtol=1e-9)
    of_table = mml.linear_regression(table(all_columns, names), "y", sigma="s")
    np.testing.assert_allclose(of_table.coefficients, fit.coefficients, rtol=1e-12)


def test_curves(tmp_path):
    t = np.linspace(0, 3, 12)
    truth = np.column_stack([RNG.uniform(1, 3, 60), RNG.uniform(0.5, 2, 60)])
    y = truth[:, :1] * np.exp(-truth[:, 1:] * t) + 0.01 * RNG.standard_normal((60, 12))
    y[3, 5] = np.nan

    def decay(t, a, k):
        return a * np.exp(-k * t)

    right = mml.curve_fit_batch(decay, t, y, [1.0, 1.0])
    lists = pa.table({"y": pa.FixedSizeListArray.from_arrays(pa.array(y.ravel()), 12)})
    gaps = pa.table({f"t{j}": pa.array(y[:, j], from_pandas=True) for j in range(12)})
    seen = []
    for stream in (
        iter(lists.to_batches(max_chunksize=17)),
        reader(gaps.to_batches(max_chunksize=25)),
        (y[i : i + 7] for i in range(0, 60, 7)),
        *kinds(tmp_path, y, [f"t{j}" for j in range(12)]),
    ):
        fits = mml.curve_fit_batch(
            decay, t, stream, [1.0, 1.0], progress=lambda *done: seen.append(done)
        )
        np.testing.assert_allclose(fits.parameters, right.parameters, rtol=1e-6)
        np.testing.assert_array_equal(fits.status, right.status)
        assert seen[-1] == (60, 0)
        assert fits.success.all()
        with pytest.raises(ValueError, match="residual: the data came as a stream"):
            fits.residual  # noqa: B018
    with pytest.raises(ValueError, match="Y"):
        mml.curve_fit_batch(decay, t, iter([]), [1.0, 1.0])
    with pytest.raises(ValueError, match=r"Y, batch 1: got shape \(5, 11\), needed \(n, 12\)"):
        mml.curve_fit_batch(decay, t, iter([y[:5], y[5:10, 1:]]), [1.0, 1.0])
    holes = pa.table({"y": pa.array([[1.0] * 12, None], pa.list_(pa.float64(), 12))})
    with pytest.raises(ValueError, match="Y, batch 0: column 'y' has no list in 1 rows"):
        mml.curve_fit_batch(decay, t, iter(holes.to_batches()), [1.0, 1.0])


WRONG = {
    "names": (
        batches(X[:50], ["a", "b", "c", "e"])[0],
        r"X, batch 2: has the columns 'a', 'b', 'c', 'e', needed 'a', 'b', 'c', 'd'",
    ),
    "order": (batches(X[:50], ["b", "a", "c", "d"])[0], "X, batch 2: has the columns 'b', 'a'"),
    "fewer": (
        batches(X[:50, :3], NAMES[:3])[0],
        "X, batch 2: has the columns 'a', 'b', 'c', needed",
    ),
    "array": (X[:50], "X, batch 2: has the columns none with names"),
    "text": (
        pa.record_batch({**{n: [1.0] for n in NAMES[:3]}, "d": ["one"]}),
        "X, batch 2: column 'd' holds text",
    ),
    "missing": (
        pa.record_batch({**{n: [1.0] for n in NAMES[:3]}, "d": pa.array([None], pa.float64())}),
        "batch 2: column 'd' has no value in row 0",
    ),
    "nan": (batches(np.full((3, 4), np.nan))[0], "X, batch 2: contains NaN or infinity"),
    "infinity": (batches(np.full((3, 4), np.inf))[0], "X, batch 2: contains NaN or infinity"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_bad_batch_leaves_what_was_there(kind):
    bad, said = WRONG[kind]
    good = batches(size=500)
    moments = mml.Moments(4).update(X[:20])
    before = moments.copy()
    with pytest.raises((ValueError, TypeError), match=said):
        moments.update(iter([*good, bad, *good]))
    assert moments == before
    pca = mml.PCA(2).partial_fit(X[:100])
    kept = {
        name: np.copy(value) for name, value in vars(pca).items() if isinstance(value, np.ndarray)
    }
    with pytest.raises((ValueError, TypeError), match=said):
        pca.partial_fit(iter([*good, bad, *good]))
    for name, value in kept.items():
        np.testing.assert_array_equal(getattr(pca, name), value)
    assert pca.n_samples_ == 100
    assert pca.partial_fit(X[100:200]).n_samples_ == 200
    with pytest.raises((ValueError, TypeError), match=said):
        mml.linear_regression(iter([*good, bad]), "a")
    if kind != "array":  # chunks need no names
        with pytest.raises(
            (ValueError, TypeError),
            match=said.replace("X, batch 2", r"chunks\[2\]").replace("batch 2", r"chunks\[2\]"),
        ):
            pca.fit_chunks([*good, bad, *good])


def test_what_else_is_told():
    with pytest.raises(ValueError, match=r"X, batch 0: got shape \(1000, 4\), needed \(n, 5\)"):
        mml.Moments(5).update(iter([X]))
    with pytest.raises(ValueError, match=r"X, batch 0: got shape \(170, 4\), needed \(n, 3\)"):
        mml.PCA(2).partial_fit(X[:, :3]).partial_fit(iter(batches()))
    with pytest.raises(ValueError, match="y: there is no column 'z'; X has 'a', 'b', 'c', 'd'"):
        mml.linear_regression(iter(batches()), "z")
    with pytest.raises(ValueError, match="sigma: there is no column 's'"):
        mml.linear_regression(iter(batches()), "a", sigma="s")
    with pytest.raises(TypeError, match="sigma: got ndarray, needed the name of a column"):
        mml.linear_regression(iter(batches()), "a", sigma=np.ones(1000))
    with pytest.raises(TypeError, match="y: got the name of a column, 'a', but X has no names"):
        mml.linear_regression(iter([X]), "a")
    with pytest.raises(ValueError, match="X: no column is left of 'a'"):
        mml.linear_regression(iter(batches(X[:, :1], ["a"])), "a")
    with pytest.raises(ValueError, match="no points"):
        mml.linear_regression(iter([]), "a")
    assert mml.Moments(4).update(iter([])).count == 0
    assert mml.Moments(4).update(iter([X[:0], X[:3]])).count == 3


class TestReadingAhead:
    def test_while_one_is_computed_the_next_is_read(self):
        began, spent = [], 0.03

        def slow():
            for batch in batches(size=200):
                time.sleep(spent)
                began.append(threading.current_thread().name)
                yield batch

        start = time.perf_counter()
        for _ in rows_of(slow(), "X"):
            time.sleep(spent)
        assert time.perf_counter() - start < 2 * 5 * spent + 0.25
        assert began[0] == "MainThread"
        assert set(began[1:]) == {"mmlcore-reader"}

    def test_an_error_of_the_source_comes_out(self):
        def broken():
            yield from batches()[:2]
            raise OSError("the disk is gone")

        moments = mml.Moments(4)
        with pytest.raises(OSError, match="the disk is gone"):
            moments.update(broken())
        assert moments.count == 0

    def test_who_leaves_ends_the_thread(self):
        closed = threading.Event()

        def endless():
            try:
                while True:
                    yield batches()[0]
            finally:
                closed.set()

        rows = rows_of(endless(), "X")
        next(rows), next(rows)
        rows.close()
        deadline = time.perf_counter() + 10
        while (
            any(t.name == "mmlcore-reader" for t in threading.enumerate())
            and time.perf_counter() < deadline
        ):
            time.sleep(0.02)
        assert not any(t.name == "mmlcore-reader" for t in threading.enumerate())

    def test_what_belongs_to_a_thread_stays_in_it(self):
        connection = sqlite3.connect(":memory:")
        connection.execute("create table points (a real, b real)")
        connection.executemany("insert into points values (?, ?)", X[:, :2].tolist())
        cursor = connection.execute("select a, b from points")
        parts = iter(lambda: cursor.fetchmany(100), [])
        moments = mml.Moments(2).update(np.array(part) for part in parts)
        np.testing.assert_allclose(moments.mean, X[:, :2].mean(axis=0))

    def test_nothing_is_read_twice_or_left_out(self):
        found = list(ahead(iter(range(50)), lambda i: 2 * i, lambda _: True))
        assert found == list(range(0, 100, 2))
        assert list(ahead(iter([]), str, bool)) == []
        assert list(ahead(iter([7]), str, bool)) == ["7"]

"""PCA of data that come in parts or lie in files: what the whole array gives, in little memory, and every digit kept."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.core import sources

FITTED = ("components_", "explained_variance_", "explained_variance_ratio_", "mean_")


def data(rng, n=900, d=12, dtype=np.float64):
    return (rng.standard_normal((n, d)) * np.geomspace(1, 1e-2, d) + 5).astype(dtype)


def assert_same(a, b, tolerance=1e-8):
    for name in FITTED:
        np.testing.assert_allclose(
            getattr(a, name), getattr(b, name), atol=tolerance, rtol=tolerance
        )
        assert getattr(a, name).dtype == getattr(b, name).dtype
    np.testing.assert_allclose(a.noise_variance_, b.noise_variance_, rtol=1e-5, atol=1e-12)
    assert (a.n_samples_, a.n_features_in_, a.n_components_) == (
        b.n_samples_,
        b.n_features_in_,
        b.n_components_,
    )


@pytest.mark.parametrize("cuts", [[], [1], [13, 14, 14, 600], list(range(10, 900, 10))])
def test_parts(cuts, dtype, rng):
    x = data(rng, dtype=dtype)
    whole = mml.PCA(4, solver="svd").fit(x)
    parts = np.split(x, cuts)
    tolerance = 1e-3 if dtype == np.float32 else 1e-8
    assert_same(mml.PCA(4).fit_chunks(parts), whole, tolerance)
    assert_same(mml.PCA(4).fit_chunks(part for part in parts), whole, tolerance)
    if cuts != [1]:
        model = mml.PCA(4)
        for part in parts:
            assert model.partial_fit(part) is model
        assert_same(model, whole, tolerance)
        model.fit(x[:100])  # starts anew, and keeps no sums: what follows starts anew, and says so
        with pytest.warns(RuntimeWarning, match="the points that fit has seen are not counted"):
            model.partial_fit(x[:200])
        assert model.n_samples_ == 200


def test_wide_parts(rng):
    x = data(rng, 40, 200)
    assert_same(mml.PCA(6).fit_chunks(np.split(x, 8)), mml.PCA(6, solver="svd").fit(x))
    assert mml.PCA().fit_chunks(np.split(x, 8)).n_components_ == 40


@pytest.mark.parametrize("rotated", [False, True])
def test_the_smallest_variances_are_kept(rotated, rng):
    """1e-20 of the largest, in 37 chunks: what merging covariances loses entirely."""
    d = 20
    scales = np.geomspace(1, 1e-10, d)
    scores = rng.standard_normal((5000, d)).astype(np.longdouble)
    scores -= scores.mean(axis=0)
    # Columns that are exactly orthogonal to working precision, so that the variances are known.
    for _ in range(2):
        for j in range(d):
            scores[:, j] -= scores[:, :j] @ (scores[:, :j].T @ scores[:, j])
            scores[:, j] /= np.sqrt((scores[:, j] ** 2).sum())
    basis = np.linalg.qr(rng.standard_normal((d, d)))[0] if rotated else np.eye(d)
    x = ((scores * scales) @ basis).astype(float)
    pca = mml.PCA().fit_chunks(np.array_split(x, 37))
    expected = scales**2 / 4999
    # In a rotated frame the data themselves are rounded to 1e-16 of the largest deviation.
    np.testing.assert_allclose(pca.explained_variance_, expected, rtol=3e-6 if rotated else 1e-7)


def test_what_chunks_may_be(rng, tmp_path):
    pandas, arrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    x = data(rng, 300, 4)
    whole = mml.PCA(2, solver="svd").fit(x)
    names = list("abcd")
    table = arrow.table({name: x[:, i] for i, name in enumerate(names)})
    parquet.write_table(table, tmp_path / "x.parquet")
    batches = parquet.ParquetFile(tmp_path / "x.parquet").iter_batches(batch_size=70)
    assert_same(mml.PCA(2).fit_chunks(batches), whole)
    frames = (pandas.DataFrame(part, columns=names) for part in np.split(x, 3))
    assert_same(mml.PCA(2).fit_chunks(frames), whole)
    assert_same(mml.PCA(2).fit_chunks([x.tolist()]), whole)


def test_refusals(rng):
    x = data(rng, 50, 3)
    with pytest.raises(ValueError, match=r"chunks\[1\]: got shape \(50, 2\), needed \(n, 3\)"):
        mml.PCA(2).fit_chunks([x, x[:, :2]])
    with pytest.raises(ValueError, match="at least one point"):
        mml.PCA(2).fit_chunks([])
    with pytest.raises(ValueError, match="NaN or infinity"):
        mml.PCA(2).fit_chunks([x, np.full((5, 3), np.nan)])
    model = mml.PCA(2).partial_fit(x)
    with pytest.raises(ValueError, match="NaN or infinity"):
        model.partial_fit(np.full((5, 3), np.nan))
    with pytest.raises(ValueError, match=r"X: got shape \(50, 2\), needed \(n, 3\), as before"):
        model.partial_fit(x[:, :2])
    assert_same(model.partial_fit(x), mml.PCA(2).fit(np.concatenate([x, x])))
    with pytest.raises(ValueError, match="n_components: got 4"):
        mml.PCA(4).partial_fit(x)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(sources, "_CHUNK", 1 << 12)
    monkeypatch.setattr(sources, "_SMALL", 0)


def check_source(source, x):
    whole = mml.PCA(3).fit(x)
    model = mml.PCA(3).fit(source)
    assert_same(model, whole, 1e-4 if x.dtype == np.float32 else 1e-8)
    assert model.solver_ == "covariance"
    tolerance = 1e-4 if x.dtype == np.float32 else 1e-9
    np.testing.assert_allclose(model.transform(source), whole.transform(x), atol=tolerance)
    np.testing.assert_allclose(
        model.reconstruction_error(source), whole.reconstruction_error(x), rtol=1e-3
    )
    np.testing.assert_allclose(
        model.score_samples(source), whole.score_samples(x), rtol=1e-3, atol=1e-3
    )


@pytest.mark.usefixtures("small_chunks")
def test_memory_maps(dtype, rng, tmp_path):
    x = data(rng, dtype=dtype)
    np.save(tmp_path / "x.npy", x)
    for mode in ("r", "r+", "c"):
        mapped = np.load(tmp_path / "x.npy", mmap_mode=mode)
        check_source(mapped, x)
        check_source(mapped[100:], x[100:])
        check_source(mapped[::2], x[::2])
        if mode == "c":
            mapped[0] = 7
            mml.PCA(1).fit(mapped)
            assert mapped[0, 0] == 7
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), x)


@pytest.mark.usefixtures("small_chunks")
def test_h5py_and_zarr(rng, tmp_path):
    h5py, zarr = pytest.importorskip("h5py"), pytest.importorskip("zarr")
    x = data(rng)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        check_source(file.create_dataset("x", data=x), x)
        with pytest.raises(ValueError, match="solver: got 'svd', needed 'auto' or 'covariance'"):
            mml.PCA(2, solver="svd").fit(file["x"])
        with pytest.raises(ValueError, match=r"needed \(n, 5\), as many columns"):
            mml.PCA(2).fit(x[:, :5]).transform(file["x"])
    stored = zarr.open_array(
        str(tmp_path / "x.zarr"), mode="w", shape=x.shape, dtype=x.dtype, chunks=(100, 12)
    )
    stored[:] = x
    check_source(stored, x)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system tells no peak")
def test_a_file_larger_than_the_memory_that_is_taken(tmp_path):
    program = f"""
import re, pathlib, numpy as np, mmlcore as mml
path = {str(tmp_path / "x.npy")!r}
x = np.lib.format.open_memmap(path, "w+", np.float32, (1_500_000, 64))
for first in range(0, len(x), 100_000):
    x[first : first + 100_000] = np.random.default_rng(first).standard_normal((100_000, 64))
x.flush()
del x
def of(name):
    return int(re.search(name + r":\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) << 10
pathlib.Path("/proc/self/clear_refs").write_text("5")
before = of("VmRSS")
x = np.load(path, mmap_mode="r")
mml.PCA(3).fit(x)
print(of("VmHWM") - before, x.nbytes)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    grown, size = map(int, ran.stdout.split())
    assert size == 384_000_000
    assert grown <= 128 << 20


@pytest.mark.parametrize("solver", ["auto", "covariance", "svd", "dual", "randomized"])
def test_images_of_bytes(solver, rng, monkeypatch, tmp_path):
    """As their float64 form; large arrays are transformed by chunks, without eight times their memory."""
    x = np.clip(rng.standard_normal((700, 20)) * np.geomspace(60, 5, 20) + 120, 0, 255).astype(
        np.uint8
    )
    models = [
        mml.PCA(3, solver=solver, random_state=0).fit(data) for data in (x, x.astype(np.float64))
    ]
    assert_same(*models, tolerance=1e-6 if solver == "randomized" else 1e-8)
    expected = models[1].transform(x.astype(np.float64))
    monkeypatch.setattr(sources, "_SMALL", 1000)
    monkeypatch.setattr(sources, "_CHUNK", 5000)
    np.testing.assert_allclose(models[0].transform(x), expected, atol=1e-5)
    np.testing.assert_allclose(
        models[0].reconstruction_error(x),
        models[1].reconstruction_error(x.astype(float)),
        rtol=1e-6,
    )
    if solver in ("auto", "covariance"):
        np.save(tmp_path / "x.npy", x)
        mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
        assert_same(mml.PCA(3).fit(mapped), models[1])

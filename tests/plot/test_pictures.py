"""Landscapes, regions, tables and galleries, by what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt

from mmlcore import plot

SQUARE = ((-2.0, 2.0), (-1.0, 1.0))


def bowl(p):
    return p[0] ** 2 + 4 * p[1] ** 2


def test_landscape():
    ax = plot.landscape(bowl, SQUARE, levels=8)
    assert len(ax.figure.axes) == 2  # the colours have a legend
    assert ax.get_ylim() == SQUARE[1]
    # The contour of value 2 passes where the function is 2.
    lines = ax.collections[-1]
    k = int(np.argmin(np.abs(lines.levels - 2)))
    for vertices in lines.get_paths()[k].to_polygons():
        np.testing.assert_allclose(bowl(vertices.T), lines.levels[k], atol=0.01)
    _, own = plt.subplots()
    assert plot.landscape(bowl, SQUARE, filled=False, ax=own) is own
    assert len(own.figure.axes) == 1


def test_slopes():
    at = [[1.0, 0.5], [0.1, -0.1], [0.0, 0.0]]
    ax = plot.slopes(bowl, at, scale=0.5, longest=0.7)
    drawn = np.stack([ax.collections[0].U, ax.collections[0].V], axis=1)
    steps = -0.5 * np.array([[2 * x, 8 * y] for x, y in at])
    steps[0] *= 0.7 / np.linalg.norm(steps[0])
    np.testing.assert_allclose(drawn, steps, atol=1e-15)
    with pytest.raises(ValueError, match="points: got shape"):
        plot.slopes(bowl, [1.0, 2.0])
    with pytest.raises(ValueError, match="points"):
        plot.slopes(bowl, [[np.nan, 2.0]])


def test_basins():
    at = np.linspace(-2, 2, 40)
    starts = np.stack(np.meshgrid(at, at), axis=-1)
    cube = lambda v: np.stack(
        [v[0] ** 3 - 3 * v[0] * v[1] ** 2 - 1, 3 * v[0] ** 2 * v[1] - v[1] ** 3]
    )
    found = mml.newton(cube, starts, safeguard=False, max_iter=60)
    ax = plot.basins(found, ((-2, 2), (-2, 2)))
    assert ax.get_title().startswith("3 places")
    roots = np.sort_complex(ax.lines[0].get_xdata() + 1j * ax.lines[0].get_ydata())
    expected = np.sort_complex(np.exp(2j * np.pi * np.arange(3) / 3))
    np.testing.assert_allclose(roots, expected, atol=1e-9)
    # Two starts that end in different places have different colours; those that end nowhere are white.
    picture = np.asarray(ax.images[0].get_array())
    assert picture.shape == (40, 40, 3)
    assert not np.allclose(picture[20, 39] / picture[20, 39].max(), picture[35, 10])
    none = mml.newton(lambda x: x**2 + 1, np.linspace(1, 2, 6).reshape(2, 3), max_iter=5)
    white = np.asarray(plot.basins(none, SQUARE).images[0].get_array())
    assert (white == 1).all()
    with pytest.raises(ValueError, match="found: got shape"):
        plot.basins(mml.newton(lambda x: x**2 - 1, [1.0, 2.0]), SQUARE)


def test_heat_map():
    table = np.array([[0.123, 4.0, 9.0], [1.0, 2.0, 3.0]])
    ax = plot.heat_map(table, list("abc"), digits=2)
    np.testing.assert_array_equal(ax.images[0].get_array(), table)
    assert [text.get_text() for text in ax.texts] == ["0.12", "4", "9", "1", "2", "3"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == list("abc")
    assert not plot.heat_map(np.zeros((2, 13))).texts
    with pytest.raises(ValueError, match="matrix: got shape"):
        plot.heat_map([1.0, 2.0])


def test_regions():
    points = np.array([[-1.0, 0.5], [1.5, -0.5], [1.0, 0.9]])
    predict = lambda p: np.where(p[:, 0] > 0, 7, 3)
    labels = predict(points)
    ax = plot.regions(predict, SQUARE, points=points, labels=labels, resolution=30)
    mesh = np.asarray(ax.collections[0].get_array()).reshape(30, 30)
    expected = np.broadcast_to(np.linspace(-2, 2, 30) > 0, (30, 30))
    np.testing.assert_array_equal(mesh, expected)
    np.testing.assert_array_equal(ax.collections[2].get_offsets(), points[labels == 7])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["3", "7"]
    assert len(plot.regions(predict, SQUARE, points=points).collections) == 2
    with pytest.raises(ValueError, match="predict: got shape"):
        plot.regions(lambda p: p, SQUARE)
    with pytest.raises(ValueError, match="points: got shape"):
        plot.regions(predict, SQUARE, points=[1.0, 2.0])


def test_images(rng):
    pixels = rng.random((5, 3, 4))
    axes = plot.images(pixels, list("abcde"), columns=3, vmin=0, vmax=1)
    assert axes.shape == (2, 3)
    np.testing.assert_array_equal(axes[1, 1].images[0].get_array(), pixels[4])
    assert axes[1, 1].get_title() == "e"
    assert not axes[1, 2].axison
    with pytest.raises(ValueError, match="pixels: got shape"):
        plot.images(pixels[0])
    with pytest.raises(ValueError, match="axes: got 1 Axes, needed 5"):
        plot.images(pixels, axes=plt.subplots()[1])


def test_residual_bars():
    x, y = np.arange(4.0), np.array([1.0, 3.0, 2.0, 0.0])
    line = lambda x, a, b: a * x + b
    ax = plot.residual_bars(line, x, y, [0.0, 1.5])
    both, under, over = ax.containers
    np.testing.assert_allclose([bar.get_height() for bar in both], np.minimum(y, 1.5))
    np.testing.assert_allclose([bar.get_height() for bar in under], [1.5, 0.5])
    np.testing.assert_allclose([bar.get_height() for bar in over], [0.5, 1.5])
    assert ax.get_title() == "chi squared 5"
    with pytest.raises(ValueError, match="y: got shape"):
        plot.residual_bars(line, x, y[1:], [0.0, 1.5])


def test_principal_axes(rng):
    x = rng.standard_normal((50, 2)) @ [[2.0, 1.0], [0.0, 0.5]] + 3
    pca = mml.PCA(2).fit(x)
    ax = plot.principal_axes(pca, x)
    np.testing.assert_allclose(ax.collections[0].get_offsets(), x)
    for text, direction, variance in zip(
        ax.texts, pca.components_, pca.explained_variance_, strict=True
    ):
        np.testing.assert_allclose(text.xy, pca.mean_ + np.sqrt(variance) * direction)
        np.testing.assert_allclose(text.xyann, pca.mean_)
    with pytest.raises(ValueError, match="X: got shape"):
        plot.principal_axes(pca, np.zeros((3, 4)))

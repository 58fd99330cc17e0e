"""Figures of matrices, graphs and networks, by what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt

from mmlcore import plot


def test_transformation():
    a = np.array([[2.0, 1.0], [1.0, 2.0]])
    ax = plot.transformation(a)
    assert ax.get_title() == "determinant 3, eigenvalues 1, 3"
    drawn = [line for line in ax.lines if line.get_label().startswith("eigenvalue")]
    for line in drawn:
        value = float(line.get_label().split()[1])
        v = np.array([line.get_xdata()[1], line.get_ydata()[1]])
        np.testing.assert_allclose(a @ v, value * v)
    assert len(drawn) == 2
    corners = ax.patches[0].get_xy()
    assert {tuple(c) for c in corners.round(9).tolist()} == {(0, 0), (2, 1), (3, 3), (1, 2)}
    # A rotation has no real direction that stays.
    _, own = plt.subplots()
    assert plot.transformation([[0, -1], [1, 0]], ax=own) is own
    assert not [line for line in own.lines if line.get_label().startswith("eigenvalue")]
    with pytest.raises(ValueError, match="needed \\(2, 2\\)"):
        plot.transformation(np.eye(3))


def test_matrix():
    a = np.array([[1.0, -2.5], [0.0, 1 / 3]])
    ax = plot.matrix(a, frames=[(0, 0), (1, 1)])
    assert [text.get_text() for text in ax.texts] == ["1", "-2.5", "0", "0.333"]
    np.testing.assert_array_equal(ax.images[0].get_array(), a)
    assert [box.get_xy() for box in ax.patches] == [(-0.5, -0.5), (0.5, 0.5)]
    _, own = plt.subplots()
    assert plot.matrix(np.zeros((1, 3)), ax=own) is own
    assert [text.get_text() for text in own.texts] == ["0", "0", "0"]
    with pytest.raises(ValueError, match="A: got shape \\(3,\\)"):
        plot.matrix(np.ones(3))


def test_arrows():
    vectors = np.array([[1.0, 1.5], [-1.0, 2.0]])
    ax = plot.arrows(vectors, names=["b1", "b2"], origin=(1, 1), color="C3")
    drawn = ax.collections[0]
    np.testing.assert_array_equal(np.stack([drawn.U, drawn.V], axis=1), vectors)
    np.testing.assert_array_equal(drawn.XY, np.ones((2, 2)))
    assert [text.xy for text in ax.texts] == [(2.0, 2.5), (0.0, 3.0)]
    low, high = ax.get_ylim()
    assert low < 2.5
    assert high > 3  # the whole arrow is in the picture
    with pytest.raises(ValueError, match="names: got 1"):
        plot.arrows(vectors, names=["b1"])
    with pytest.raises(ValueError, match="vectors"):
        plot.arrows([1.0, 2.0])


def test_network():
    web = (np.array([0, 0, 1, 2]), np.array([1, 2, 2, 2]))
    found = mml.pagerank(web)
    ax = plot.network(web, names=list("abc"), ranks=found.ranks)
    assert len(ax.patches) == 3  # the fourth link is a ring
    assert [text.get_text() for text in ax.texts] == list("abc")
    areas = max((dots.get_sizes() for dots in ax.collections), key=len)
    np.testing.assert_array_equal(np.argsort(areas), np.argsort(found.ranks))
    _, own = plt.subplots()
    assert plot.network(web, ax=own) is own
    assert [text.get_text() for text in own.texts] == ["0", "1", "2"]
    with pytest.raises(ValueError, match="ranks"):
        plot.network(web, ranks=[1.0])


def test_ranks():
    found = mml.pagerank((np.array([1, 2, 3, 4]), np.array([0, 0, 0, 1])))
    line = plot.ranks(found.ranks).lines[0]
    np.testing.assert_array_equal(line.get_ydata(), np.sort(found.ranks)[::-1])
    ax = plot.ranks(found.ranks, names=list("abcde"), top=2)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]
    np.testing.assert_array_equal([bar.get_width() for bar in ax.patches], found.ranks[:2])
    with pytest.raises(ValueError, match="top: got 9"):
        plot.ranks(found.ranks, top=9)


def test_losses(rng):
    x, y = rng.standard_normal((40, 2)), rng.standard_normal(40)
    net = mml.MLP([2, 1], epochs=7, validation=0.2, random_state=0)
    with pytest.raises(ValueError, match="has not been trained"):
        plot.losses(net)
    ax = plot.losses(net.fit(x, y))
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), net.loss_curve_)
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), net.validation_curve_)

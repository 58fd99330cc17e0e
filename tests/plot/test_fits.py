"""Figures of fits, descents and series, by what is drawn."""

from __future__ import annotations

import re

import numpy as np
import pytest

import mmlcore as mml

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt

from mmlcore import plot


def line(x, a, b):
    return a * x + b


def test_fit(rng):
    x = np.linspace(0, 1, 20)
    y = line(x, 2, 1) + 0.1 * rng.standard_normal(20)
    found = mml.curve_fit(line, x, y)
    top, below = plot.fit(line, x, y, found, sigma=np.full(20, 0.1), width=1)
    curve = next(drawn for drawn in top.lines if drawn.get_label() == "fit")
    np.testing.assert_allclose(curve.get_ydata(), line(curve.get_xdata(), *found.parameters))
    np.testing.assert_allclose(below.lines[0].get_ydata(), -found.residual, atol=1e-12)
    # The band's half width at x = 0 is the uncertainty of b.
    edge = top.collections[0].get_paths()[0].vertices
    at_zero = edge[edge[:, 0] == 0, 1]
    assert np.ptp(at_zero) / 2 == pytest.approx(found.standard_errors[1], rel=1e-6)
    with pytest.raises(ValueError, match="x"):
        plot.fit(line, x, y[:-1], found)
    own = plt.subplots(2)[1]
    assert plot.fit(line, x, y, found, axes=own)[0] is own[0]


def test_corner():
    covariance = np.array([[4.0, 1.0, 0.0], [1.0, 1.0, 0.2], [0.0, 0.2, 0.5]])
    axes = plot.corner(([1.0, 2.0, 3.0], covariance), list("abc"))
    outer = axes[1, 0].lines[1]
    assert np.ptp(outer.get_xdata()) == pytest.approx(
        2 * 2 * 2, rel=1e-2
    )  # two deviations to each side
    assert np.ptp(outer.get_ydata()) == pytest.approx(2 * 2 * 1, rel=1e-2)
    assert not axes[0, 2].axison
    with pytest.raises(ValueError, match="not finite"):
        plot.corner(([1.0], [[np.inf]]))


def test_descent():
    bowl = lambda p: p[0] ** 2 + 4 * p[1] ** 2
    found = mml.minimize(bowl, [2.0, 1.0], trajectory=True)
    ax = plot.descent(bowl, found.path, limits=((-3, 3), (-2, 2)))
    np.testing.assert_allclose(ax.lines[0].get_xydata(), found.path)
    assert re.fullmatch(r"value (0|\d\.\d?e-3\d) after 1 steps", ax.get_title())
    with pytest.raises(ValueError, match="path"):
        plot.descent(bowl, [1.0, 2.0])


def test_taylor():
    ax = plot.taylor(np.exp, 0.0, (0, 2), limits=(-1, 1))
    f, constant, parabola = (drawn.get_ydata() for drawn in ax.lines)
    x = ax.lines[0].get_xdata()
    np.testing.assert_allclose(f, np.exp(x))
    np.testing.assert_allclose(constant, 1 + 0 * x)
    np.testing.assert_allclose(parabola, 1 + x + x**2 / 2)

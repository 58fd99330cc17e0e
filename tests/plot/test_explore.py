"""A figure with controls: drawn once without a notebook, drawn again at each move in one."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt

from mmlcore import plot

X = np.linspace(0, 1, 5)


def waves(ax, frequency, amplitude, name):
    ax.plot(X, amplitude * getattr(np, name)(frequency * X))
    ax.set_title(f"{name}, frequency {frequency}")


CONTROLS = {"frequency": (1, 5), "amplitude": (0.0, 2.0, 0.5), "name": ["sin", "cos"]}


def test_without_a_notebook_it_draws_once_with_the_start_values():
    ax = plot.explore(waves, **CONTROLS)
    assert ax.get_title() == "sin, frequency 3"
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.sin(3 * X))
    _, own = plt.subplots()
    assert plot.explore(waves, ax=own, **CONTROLS) is own
    assert len(own.lines) == 1


@pytest.mark.parametrize(
    ("control", "start"),
    [
        ((0, 10), 5),
        ((0, 9), 4),
        ((0, 9, 3), 3),
        ((-1.0, 1.0), 0.0),
        ((0, 1, 0.25), 0.5),
        (["b", "a"], "b"),
        ([3, 1], 3),
    ],
)
def test_start(control, start):
    seen = []
    plot.explore(lambda _, value: seen.append(value), value=control)
    assert seen == [start]
    assert type(seen[0]) is type(start)


@pytest.mark.parametrize(
    ("control", "error", "text"),
    [
        ((1, 1), ValueError, "k: got \\(1, 1\\), needed start < stop"),
        ((0.0, 1.0, 0), ValueError, "a step above 0"),
        ([], ValueError, "k: got an empty list"),
        ((1,), TypeError, "k: got \\(1,\\), needed \\(start, stop\\)"),
        (("a", "b"), TypeError, "needed"),
        ((False, True), TypeError, "needed"),
        (3, TypeError, "k: got 3"),
    ],
)
def test_controls_that_make_no_sense(control, error, text):
    with pytest.raises(error, match=text):
        plot.explore(waves, k=control)


@pytest.fixture
def shown(monkeypatch):
    """Return what is displayed in a notebook whose kernel is only a name."""
    pytest.importorskip("ipywidgets")
    ipython = pytest.importorskip("IPython")
    found = []
    monkeypatch.setattr(ipython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(sys.modules["IPython.display"], "display", found.append)
    return found


def test_a_slider_draws_again(shown):
    ax = plot.explore(waves, **CONTROLS)
    frequency, amplitude, name, image = shown[0].children
    assert (frequency.value, amplitude.value, name.value) == (3, 1.0, "sin")
    assert (frequency.min, frequency.max, amplitude.step) == (1, 5, 0.5)
    first = bytes(image.value)
    assert first.startswith(b"\x89PNG")
    frequency.value = 5
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.sin(5 * X))
    name.value, amplitude.value = "cos", 2.0
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 2 * np.cos(5 * X))
    assert len(ax.lines) == 1
    assert bytes(image.value) != first
    assert not plt.get_fignums()  # the notebook shows the widget alone


def test_axes_that_are_given_and_colour_bars_that_are_added(shown):
    figure, own = plt.subplots()

    def draw(ax, k):
        figure.colorbar(ax.imshow(np.full((2, 2), k)), ax=ax)

    assert plot.explore(draw, ax=own, k=(0, 4)) is own
    shown[0].children[0].value = 4
    assert len(figure.axes) == 2
    np.testing.assert_array_equal(own.images[0].get_array(), np.full((2, 2), 4))


def test_without_ipywidgets_a_notebook_shows_the_start(shown, monkeypatch):
    monkeypatch.setattr("mmlcore.plot._explore.find_spec", lambda _: None)
    assert plot.explore(waves, **CONTROLS).get_title() == "sin, frequency 3"
    assert not shown

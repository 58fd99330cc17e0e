"""Figures of the report, drawn by matplotlib where it is installed, as images for the HTML page."""

from __future__ import annotations

import base64
import importlib
import io
from typing import Any

import numpy as np

from mmlcore.cli.tour.station import Curves, Images, Landscape

COLOURS = ("#66737f", "#7a5195", "#b0413e", "#d99a2b", "#4a6fa5", "#2f7f5f")


def available() -> bool:
    """Tell whether matplotlib is installed."""
    try:
        importlib.import_module("matplotlib")
    except ImportError:
        return False
    return True


def draw(item: Curves | Images | Landscape) -> str:
    """Return a figure as the address of an ``<img>``."""
    figure_module = importlib.import_module("matplotlib.figure")
    figure = figure_module.Figure(layout="constrained")
    if isinstance(item, Images):
        _images(figure, item)
    elif isinstance(item, Landscape):
        _landscape(figure, item)
    else:
        _curves(figure, item)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=160, facecolor="white")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _images(figure: Any, images: Images) -> None:
    rows, columns = images.pixels.shape[:2]
    figure.set_size_inches(1.25 * columns + 1.6, 1.25 * rows)
    axes = figure.subplots(rows, columns, squeeze=False)
    for r in range(rows):
        axes[r, 0].set_ylabel(images.names[r], rotation=0, ha="right", va="center", fontsize=9)
        for c in range(columns):
            axes[r, c].imshow(images.pixels[r, c], cmap="gray_r", vmin=0, vmax=1)
            axes[r, c].set(xticks=[], yticks=[])
            axes[r, c].spines[:].set_visible(False)
    for c, name in enumerate(images.columns):
        axes[0, c].set_title(name, fontsize=9)


def _landscape(figure: Any, landscape: Landscape) -> None:
    figure.set_size_inches(7, 4.4)
    axes = figure.subplots()
    rows, columns = landscape.depths.shape
    (x0, x1), (y0, y1) = landscape.limits
    x, y = np.linspace(x0, x1, columns), np.linspace(y0, y1, rows)
    shown = axes.contourf(x, y, landscape.depths, 24, cmap="YlGnBu_r")
    axes.contour(x, y, landscape.depths, 24, colors="0.3", linewidths=0.3)
    figure.colorbar(shown, ax=axes, label="depth")
    for number, (name, path) in enumerate(landscape.paths.items()):
        colour = ("#b0413e", "#d99a2b", "#1f2933", "white")[number % 4]
        axes.plot(*path.T, marker="o", markersize=3, color=colour, linewidth=1.2, label=name)
    axes.set(xlim=(x0, x1), ylim=(y0, y1), xlabel="x[0]", ylabel="x[1]")
    axes.legend(fontsize=9)


def _curves(figure: Any, curves: Curves) -> None:
    figure.set_size_inches(7, 3.4)
    axes = figure.subplots()
    for number, (name, values) in enumerate(curves.y.items()):
        dots = name in curves.dots
        marker = "o" if dots or len(values) < 30 else None
        colour = COLOURS[(number - len(curves.y)) % len(COLOURS)]
        line = "none" if dots else "-"
        style = {"linestyle": line, "marker": marker, "markersize": 4, "color": colour}
        axes.plot(curves.x, values, label=name, **style)
    if curves.log:
        axes.set_yscale("log")
    axes.set(xlabel=curves.x_label, ylabel=curves.y_label, ylim=curves.limits)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    if len(curves.y) > 1:
        axes.legend(frameon=False, fontsize=9)

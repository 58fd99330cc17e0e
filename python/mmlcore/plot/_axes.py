"""Axes to draw into."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array


def axes_or_new(ax: Any) -> Any:
    """Return `ax`, or the Axes of a new figure."""
    return (
        import_module("matplotlib.pyplot").subplots(layout="constrained")[1] if ax is None else ax
    )


def grid(
    axes: Any, rows: int, columns: int, name: str = "axes", cell: tuple[float, float] = (1.6, 1.7)
) -> Array:
    """Return rows x columns Axes: those given, in any arrangement, or those of a new figure with cells of that size."""
    if axes is None:
        pyplot = import_module("matplotlib.pyplot")
        size = (cell[0] * columns, cell[1] * rows)
        _, axes = pyplot.subplots(rows, columns, squeeze=False, figsize=size, layout="constrained")
    found = np.asarray(axes, dtype=object)
    if found.size != rows * columns:
        msg = f"{name}: got {found.size} Axes, needed {rows * columns}."
        raise ValueError(msg)
    return found.reshape(rows, columns)


def show_image(ax: Any, image: Array, title: str, **how: Any) -> None:
    """Draw an image without scales."""
    ax.imshow(image, **{"cmap": "gray", "interpolation": "nearest", **how})
    ax.set_title(title, fontsize=8)
    ax.set_axis_off()

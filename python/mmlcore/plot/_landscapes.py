"""Landscapes from above: contours, arrows that lead down, and the basins of many searches."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus import gradient
from mmlcore.core.arrays import Array, as_array, as_real, require_finite, shape_error
from mmlcore.optimize import Root, strategies
from mmlcore.plot._axes import axes_or_new

Limits = tuple[tuple[float, float], tuple[float, float]]
_GRID = 120  # points of a contour along each side


def plane(limits: Limits, points: int = _GRID) -> Array:
    """Return x[0] and x[1] of a grid over a rectangle, (2, points, points)."""
    (x0, x1), (y0, y1) = limits
    return np.stack(np.meshgrid(np.linspace(x0, x1, points), np.linspace(y0, y1, points)))


def landscape(
    f: Callable[..., Any], limits: Limits, *, levels: int = 20, filled: bool = True, ax: Any = None
) -> Any:
    """Contours of a function of two numbers, coloured by depth.

    Parameters
    ----------
    f : callable
        Of a vector of two numbers; called once with arrays x[0], x[1] of the whole plane.
    limits : ((x0, x1), (y0, y1))
        What is drawn.
    levels : int, default 20
        How many contours.
    filled : bool, default True
        Whether to fill between them, with a legend of colours.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore.plot
    >>> from mmlcore.optimize import landscapes
    >>> ax = mmlcore.plot.landscape(landscapes.sandpit(), ((0, 6), (0, 6)))
    >>> [float(end) for end in ax.get_xlim()]
    [0.0, 6.0]
    """
    at = plane(limits)
    depths = np.broadcast_to(np.asarray(f(at), float), at.shape[1:])
    ax = axes_or_new(ax)
    if filled:
        shown = ax.contourf(*at, depths, levels, cmap="YlGnBu_r")
        ax.figure.colorbar(shown, ax=ax)
    ax.contour(*at, depths, levels, colors="0.3" if filled else None, linewidths=0.4)
    ax.set(xlabel="x[0]", ylabel="x[1]", xlim=limits[0], ylim=limits[1])
    return ax


def slopes(
    f: Callable[..., Any],
    points: ArrayLike,
    *,
    scale: float = 0.2,
    longest: float = 1.0,
    ax: Any = None,
) -> Any:
    """Arrows that lead down: a share of minus the gradient at each point.

    Parameters
    ----------
    f : callable
        Of a vector of two numbers, traceable as in `mmlcore.calculus`.
    points : array_like of shape (n, 2)
        Where the arrows begin.
    scale : float, default 0.2
        Share of the gradient.
    longest : float, default 1
        Arrows are cut to this length.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import numpy as np, mmlcore.plot
    >>> ax = mmlcore.plot.slopes(lambda p: p[0] ** 2 + p[1] ** 2, [[1.0, 0.0], [0.0, 9.0]])
    >>> np.stack([ax.collections[0].U, ax.collections[0].V], axis=1).round(3) + 0.0
    array([[-0.4,  0. ],
           [ 0. , -1. ]])
    """
    places = require_finite(as_array(points, "points"), "points").astype(np.float64)
    if places.ndim != 2 or places.shape[1] != 2:
        raise shape_error("points", places.shape, "(n, 2)")
    as_real(longest, "longest", 0.0, np.inf)
    steps = -as_real(scale, "scale", 0.0, np.inf) * np.asarray(gradient(f, places))
    lengths = np.linalg.norm(steps, axis=1, keepdims=True)
    steps = steps * (longest / np.maximum(lengths, longest)) if longest else 0 * steps
    ax = axes_or_new(ax)
    ax.quiver(
        *places.T,
        *steps.T,
        angles="xy",
        scale_units="xy",
        scale=1,
        color="C3",
        width=4e-3,
        zorder=3,
    )
    ax.plot(*places.T, linestyle="", marker="o", markersize=4, color="C3")
    return ax


def basins(found: Root, limits: Limits, *, ax: Any = None) -> Any:
    """Which starts of Newton's method lead to which root: a colour for each root, darker the more steps it took.

    Parameters
    ----------
    found : Root
        What `newton` returned for a grid of starts (rows, columns, 2), or (rows, columns) of numbers; rows go upwards.
    limits : ((x0, x1), (y0, y1))
        Where the grid lies.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Notes
    -----
    Starts that reach no root within the steps that were allowed are white.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml, mmlcore.plot
    >>> at = np.linspace(-2, 2, 20)
    >>> starts = np.stack(np.meshgrid(at, at), axis=-1)
    >>> found = mml.newton(lambda v: np.stack([v[0] ** 2 - 1, v[1] + 0 * v[0]]), starts)
    >>> mmlcore.plot.basins(found, ((-2, 2), (-2, 2))).get_title()
    '2 places, 100 % of the starts reach one'
    """
    reached = np.asarray(found.converged, bool)
    if reached.ndim != 2:
        raise shape_error("found", reached.shape, "starts in a grid (rows, columns)")
    places, which = strategies.basins(found.x, reached)
    # A logarithm: most starts need few steps, some at the borders very many.
    effort = np.log1p(np.asarray(found.iterations, float))
    least, most = (effort[reached].min(), effort[reached].max()) if reached.any() else (0.0, 0.0)
    shade = (effort - least) / max(float(most - least), 1e-9)
    palette = np.array(import_module("matplotlib").colormaps["tab10"].colors)
    colours = palette[which % len(palette)] * (1.1 - 0.8 * shade[..., None])
    picture = np.where(reached[..., None], np.clip(colours, 0, 1), 1.0)
    ax = axes_or_new(ax)
    extent = (*limits[0], *limits[1])
    ax.imshow(picture, origin="lower", extent=extent, interpolation="nearest", aspect="auto")
    if places.ndim == 2 and places.shape[1] == 2:
        ax.plot(*places.T, linestyle="", marker="o", color="k", markeredgecolor="w")
    ax.set(xlabel="x[0]", ylabel="x[1]", xlim=limits[0], ylim=limits[1])
    ax.set_title(f"{len(places)} places, {100 * reached.mean():.3g} % of the starts reach one")
    return ax

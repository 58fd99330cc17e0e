"""Landscapes with the way down, and Taylor's approximations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus import taylor as series_of
from mmlcore.core.arrays import shape_error
from mmlcore.plot._axes import axes_or_new
from mmlcore.plot._landscapes import landscape


def descent(
    f: Callable[..., Any],
    path: ArrayLike,
    *,
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
    levels: int = 30,
    ax: Any = None,
) -> Any:
    """Contours of a function of two numbers, and the path of a search over them.

    Parameters
    ----------
    f : callable
        Of a vector of two numbers, as for `minimize`; called once with arrays x[0], x[1] of the whole plane.
    path : array_like of shape (steps, 2)
        As `minimize` gives it with trajectory=True.
    limits : ((x0, x1), (y0, y1)), optional
        What is drawn. Default: the path, and half its extent around it.
    levels : int, default 30
        How many contours.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> bowl = lambda p: p[0] ** 2 + 4 * p[1] ** 2
    >>> found = mml.minimize(bowl, [2.0, 1.0], method="gradient_descent", trajectory=True)
    >>> mmlcore.plot.descent(bowl, found.path).get_title()
    'value 7.2e-24 after 19 steps'
    """
    points = np.asarray(path, float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise shape_error("path", points.shape, "(steps, 2)")
    if limits is None:
        low, high = points.min(axis=0), points.max(axis=0)
        margin = np.maximum(0.5 * (high - low), 0.1 * max(float((high - low).max()), 1e-3))
        sides = list(zip(low - margin, high + margin, strict=True))
    else:
        sides = [(float(a), float(b)) for a, b in limits]
    ax = landscape(f, (sides[0], sides[1]), levels=levels, filled=False, ax=ax)
    ax.plot(*points.T, marker=".", color="C3")
    ax.plot(*points[-1], marker="*", color="C3", markersize=12)
    ax.set_title(f"value {float(f(points[-1])):.2g} after {len(points) - 1} steps")
    return ax


def taylor(
    f: Callable[..., Any],
    x0: float,
    orders: Sequence[int] = (1, 2, 4, 8),
    *,
    limits: tuple[float, float] | None = None,
    ax: Any = None,
) -> Any:
    """A function of a number and its Taylor polynomials around x0.

    Parameters
    ----------
    f : callable
        As for `taylor`.
    x0 : float
        Centre.
    orders : sequence of int, default (1, 2, 4, 8)
        Of the polynomials.
    limits : (low, high), optional
        What is drawn. Default: 3 to both sides.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import numpy as np, mmlcore.plot
    >>> ax = mmlcore.plot.taylor(np.sin, 0.0, (1, 3))
    >>> [line.get_label() for line in ax.get_lines()]
    ['f', 'order 1', 'order 3']
    """
    low, high = (x0 - 3, x0 + 3) if limits is None else limits
    x = np.linspace(low, high, 400)
    with np.errstate(all="ignore"):
        y = np.broadcast_to(np.asarray(f(x), float), x.shape)
    ax = axes_or_new(ax)
    ax.plot(x, y, color="k", linewidth=2, label="f")
    for order in orders:
        ax.plot(x, series_of(f, x0, order)(x), label=f"order {order}")
    seen = y[np.isfinite(y)]
    if seen.size:  # polynomials leave the picture
        margin = 0.3 * max(float(np.ptp(seen)), 1e-3)
        ax.set_ylim(seen.min() - margin, seen.max() + margin)
    ax.set(xlabel="x")
    ax.legend()
    return ax

"""Data and what a model says of them: tables as colours, regions, galleries, histograms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, as_index, require_finite, shape_error
from mmlcore.plot._axes import axes_or_new, grid, show_image
from mmlcore.plot._landscapes import Limits, plane


def heat_map(
    matrix: ArrayLike, names: Sequence[str] | None = None, *, digits: int = 2, ax: Any = None
) -> Any:
    """A matrix as colours, with its numbers where there is room.

    Parameters
    ----------
    matrix : array_like of shape (m, n)
        Numbers.
    names : sequence of str, optional
        Of the columns, and of the rows where there are as many.
    digits : int, default 2
        Significant digits of the numbers, which are written up to 12 columns.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore.plot
    >>> ax = mmlcore.plot.heat_map([[1.0, 0.25], [0.25, 1.0]], ["a", "b"])
    >>> [text.get_text() for text in ax.texts]
    ['1', '0.25', '0.25', '1']
    """
    values = as_array(matrix, "matrix")
    if values.ndim != 2 or not values.size:
        raise shape_error("matrix", values.shape, "(m, n), not empty")
    rows, columns = values.shape
    ax = axes_or_new(ax)
    shown = ax.imshow(values, cmap="viridis", interpolation="nearest", aspect="auto")
    ax.figure.colorbar(shown, ax=ax)
    if names is not None:
        ax.set_xticks(np.arange(columns), list(names))
        if rows == columns:
            ax.set_yticks(np.arange(rows), list(names))
    if columns <= 12:
        for (i, j), value in np.ndenumerate(values):
            bright = bool(shown.norm(value) > 0.6)
            text = f"{value:.{as_index(digits, 'digits', 1)}g}"
            ax.text(j, i, text, ha="center", va="center", fontsize=7, color="k" if bright else "w")
    return ax


def regions(
    predict: Callable[[Array], ArrayLike],
    limits: Limits,
    *,
    points: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    resolution: int = 200,
    ax: Any = None,
) -> Any:
    """What a classifier says over a part of the plane, and the points that it learned from.

    Parameters
    ----------
    predict : callable
        Gives the classes (n,) of points (n, 2), as the method of an estimator does.
    limits : ((x0, x1), (y0, y1))
        What is drawn.
    points : array_like of shape (n, 2), optional
        Points to draw over the regions.
    labels : array_like of shape (n,), optional
        Their classes.
    resolution : int, default 200
        Places asked about along each side.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import numpy as np, mmlcore.plot
    >>> above = lambda p: np.where(p[:, 1] > p[:, 0], "above", "below")
    >>> ax = mmlcore.plot.regions(above, ((0, 1), (0, 1)), points=[[0.2, 0.9]], labels=["above"])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['above']
    """
    at = plane(limits, as_index(resolution, "resolution", 2))
    said = np.asarray(predict(at.reshape(2, -1).T))
    if said.shape != (at[0].size,):
        raise shape_error("predict", said.shape, f"({at[0].size},) as its result")
    given = None if labels is None else np.asarray(labels)
    classes = np.unique(said if given is None else np.concatenate([said, given]))
    number = np.searchsorted(classes, said).reshape(at.shape[1:])
    ax = axes_or_new(ax)
    ax.pcolormesh(*at, number, cmap="tab10", vmin=-0.5, vmax=9.5, alpha=0.3, shading="nearest")
    if points is not None:
        drawn = require_finite(as_array(points, "points"), "points")
        if drawn.ndim != 2 or drawn.shape[1] != 2:
            raise shape_error("points", drawn.shape, "(n, 2)")
        if given is None:
            ax.scatter(*drawn.T, s=16, color="k")
        else:
            for kind in np.unique(given):
                colour = f"C{int(np.searchsorted(classes, kind)) % 10}"
                style = {"s": 24, "color": colour, "edgecolor": "w", "linewidth": 0.6}
                ax.scatter(*drawn[given == kind].T, label=str(kind), **style)
            ax.legend(
                loc="upper left"
            )  # matplotlib takes a second and more to find the "best" place on a mesh
    ax.set(xlim=limits[0], ylim=limits[1])
    return ax


def images(
    pixels: ArrayLike,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 10,
    axes: Any = None,
    **how: Any,
) -> Array:
    """A gallery of images.

    Parameters
    ----------
    pixels : array_like of shape (n, height, width)
        Grey images.
    titles : sequence of str, optional
        One for each.
    columns : int, default 10
        Most images in a row.
    axes : array of matplotlib Axes, optional
        As many as there are places in the rows. Default: those of a new figure.
    **how
        Handed on to matplotlib's imshow: cmap, vmin, vmax.

    Returns
    -------
    ndarray of matplotlib Axes
        A row for each row of images.

    Examples
    --------
    >>> import numpy as np, mmlcore.plot
    >>> axes = mmlcore.plot.images(np.zeros((3, 4, 4)), ["a", "b", "c"], columns=2)
    >>> axes.shape, axes[1, 0].get_title()
    ((2, 2), 'c')
    """
    shown = np.asarray(pixels)
    if shown.ndim != 3 or not shown.size:
        raise shape_error("pixels", shown.shape, "(n, height, width), not empty")
    across = min(as_index(columns, "columns", 1), len(shown))
    texts = [""] * len(shown) if titles is None else list(titles)
    side = min(2.2, max(1.2, 11 / across))  # inches: few images are shown large
    drawn = grid(axes, -(-len(shown) // across), across, cell=(side, side + (0.2 if titles else 0)))
    for ax, image, title in zip(drawn.ravel(), shown, texts, strict=False):
        show_image(ax, image, title, **how)
    for ax in drawn.ravel()[len(shown) :]:
        ax.set_axis_off()
    return drawn


def residual_bars(
    f: Callable[..., Any],
    x: ArrayLike,
    y: ArrayLike,
    parameters: Sequence[float],
    *,
    ax: Any = None,
) -> Any:
    """A histogram, its model, and what is left between them: in one colour where the model is too low, in another where too high.

    Parameters
    ----------
    f : callable
        The model f(x, a, b, ...), as for `curve_fit`.
    x : array_like of shape (m,)
        Middles of the bars, evenly spaced.
    y : array_like of shape (m,)
        Heights of the bars.
    parameters : sequence of float
        Of the model.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore.plot
    >>> ax = mmlcore.plot.residual_bars(lambda x, a: a + 0 * x, [0.0, 1.0], [1.0, 3.0], [2.0])
    >>> ax.get_title()
    'chi squared 2'
    """
    at = require_finite(as_array(x, "x"), "x")
    heights = require_finite(as_array(y, "y"), "y")
    if at.ndim != 1 or at.shape != heights.shape or len(at) < 2:
        raise shape_error("y", heights.shape, f"one for each x, {at.shape}, at least two")
    width = float(at[1] - at[0])
    model = np.broadcast_to(np.asarray(f(at, *parameters), float), at.shape)
    ax = axes_or_new(ax)
    low, rest = np.minimum(heights, model), heights - model
    ax.bar(at, low, width, color="0.8", label="both")
    for colour, part, name in (("C0", rest > 0, "model too low"), ("C3", rest < 0, "too high")):
        ax.bar(at[part], np.abs(rest[part]), width, low[part], color=colour, alpha=0.8, label=name)
    fine = np.linspace(at[0], at[-1], 20 * len(at))
    ax.plot(fine, np.broadcast_to(f(fine, *parameters), fine.shape), "k", linewidth=1.2)
    ax.set_title(f"chi squared {float(rest @ rest):.5g}")
    ax.legend()
    return ax

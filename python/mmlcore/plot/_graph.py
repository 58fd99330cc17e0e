"""A small graph as a picture, and how ranks are spread over the nodes of a large one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import as_array, as_index, require_finite, shape_error
from mmlcore.graph import link_matrix
from mmlcore.plot._axes import axes_or_new


def ranks(
    ranks: ArrayLike, *, names: Sequence[str] | None = None, top: int = 0, ax: Any = None
) -> Any:
    """The distribution of PageRanks: rank against place on logarithmic scales, or bars of the first `top`.

    Parameters
    ----------
    ranks : array_like of shape (n,)
        As `pagerank` gives them.
    names : sequence of str, optional
        Of the nodes, for the bars. Default: their numbers.
    top : int, default 0
        How many bars; 0: the curve of all.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> found = mml.pagerank(([0, 1, 2], [1, 2, 1]))
    >>> [tick.get_text() for tick in mmlcore.plot.ranks(found.ranks, top=2).get_yticklabels()]
    ['1', '2']
    """
    values = require_finite(as_array(ranks, "ranks"), "ranks")
    if values.ndim != 1 or not values.size:
        raise shape_error("ranks", values.shape, "(n,), n > 0")
    count = as_index(top, "top", 0, len(values))
    order = np.argsort(-values, kind="stable")
    ax = axes_or_new(ax)
    if count:
        shown = order[:count]
        labels = [str(node) if names is None else names[node] for node in shown]
        ax.barh(np.arange(count), values[shown])
        ax.set_yticks(np.arange(count), labels)
        ax.invert_yaxis()
        ax.set(xlabel="rank")
        return ax
    ax.loglog(np.arange(1, len(values) + 1), values[order])
    ax.set(xlabel="place", ylabel="rank")
    half = int(np.searchsorted(np.cumsum(values[order]), values.sum() / 2)) + 1
    ax.set_title(f"half of the rank in the first {half:,} of {len(values):,} nodes")
    return ax


def network(
    graph: Any,
    *,
    names: Sequence[str] | None = None,
    ranks: ArrayLike | None = None,
    ax: Any = None,
) -> Any:
    """A small graph: its nodes on a circle, an arrow for each link, a ring for a link to itself.

    Parameters
    ----------
    graph : Graph, (source, target), scipy.sparse matrix, networkx or igraph graph
        As for `pagerank`.
    names : sequence of str, optional
        Of the nodes. Default: their numbers.
    ranks : array_like of shape (n,), optional
        Areas of the nodes are in proportion.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> web = mml.Graph.from_labels("AAB", "BCC")
    >>> ax = mmlcore.plot.network(web, names=web.labels)
    >>> len(ax.patches)  # an arrow for each link
    3
    """
    links = link_matrix(graph)
    n = len(links)
    shares = (
        np.full(n, 1.0 / max(n, 1))
        if ranks is None
        else require_finite(as_array(ranks, "ranks"), "ranks")
    )
    if shares.shape != (n,):
        raise shape_error("ranks", shares.shape, f"({n},)")
    labels = [str(node) for node in range(n)] if names is None else list(names)
    turn = np.pi / 2 - 2 * np.pi * np.arange(n) / max(n, 1)  # the first node on top, then clockwise
    place = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    most = shares.max(initial=0.0) or 1.0
    area = (np.full(n, 450.0) if ranks is None else 200 + 1200 * shares / most) * min(
        6 / max(n, 1), 1
    )
    ax = axes_or_new(ax)
    arrow = import_module("matplotlib.patches").FancyArrowPatch
    how = {"arrowstyle": "-|>", "mutation_scale": 12, "color": "0.5"}
    for target, source in np.argwhere(links):
        if source == target:  # a ring that looks out behind the node
            ax.scatter(*(1.18 * place[source]), s=area[source], facecolors="none", edgecolors="0.5")
            continue
        ends = {"posA": place[source], "posB": place[target]}
        free = {"shrinkA": np.sqrt(area[source]) / 2, "shrinkB": np.sqrt(area[target]) / 2}
        ax.add_patch(arrow(**ends, **free, connectionstyle="arc3,rad=0.15", **how))
    ax.scatter(*place.T, s=area, color="C0", zorder=2)
    for label, spot in zip(labels, place, strict=True):
        ax.annotate(label, spot, color="w", ha="center", va="center", zorder=3)
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal")
    ax.set_axis_off()
    return ax

"""How ranks are spread over the nodes of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import as_array, as_index, finite, shape_error
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

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> found = mml.pagerank(([0, 1, 2], [1, 2, 1]))
    >>> [tick.get_text() for tick in mmlcore.plot.ranks(found.ranks, top=2).get_yticklabels()]
    ['1', '2']
    """
    values = finite(as_array(ranks, "ranks"), "ranks")
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

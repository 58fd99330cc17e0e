"""Neighbours of data that come in batches: the nearest of parts, of points that are seen once, of queries batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_index, require_finite, shape_error
from mmlcore.core.stream import rows_of

Near = tuple[Array, Array]


def nearest_of(found: Sequence[Near], k: int) -> Near:
    """Return the k nearest of those that parts of the points have given, in the order of the parts."""
    if len(found) == 1:
        return found[0]
    distances, indices = (np.concatenate(some, axis=1) for some in zip(*found, strict=True))
    # Stable: of equal distances the lower index comes first, as within a part.
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, order, 1), np.take_along_axis(indices, order, 1)


def among_stream(search: Callable[[Array, int], Near], X: Any, width: int, k: int) -> Near:
    """Return the k nearest points of a stream, of which a batch is held at a time; `search` finds them in one."""
    best: Near | None = None
    count, k = 0, as_index(k, "k", 1)
    for batch, x in enumerate(rows_of(X, "X", width)):
        if len(x):
            distances, indices = search(require_finite(x, f"X, batch {batch}"), min(k, len(x)))
            near = distances, indices + count
            best = near if best is None else nearest_of((best, near), k)
            count += len(x)
    if best is None:
        raise shape_error("X", (0, width), f"(n, {width}) with at least one point")
    as_index(k, "k", 1, count)
    return best


def of_queries(search: Callable[[Array], Near], Q: Any, width: int) -> Near | None:
    """Return the neighbours of the queries of a stream, one batch below the other; None without queries."""
    found = [
        search(require_finite(q, f"Q, batch {batch}"))
        for batch, q in enumerate(rows_of(Q, "Q", width))
        if len(q)
    ]
    if not found:
        return None
    distances, indices = (np.concatenate(some) for some in zip(*found, strict=True))
    return distances, indices


def points_of(X: Any) -> Array:
    """Return the points of all batches of a stream."""
    rows = [require_finite(x, f"X, batch {batch}") for batch, x in enumerate(rows_of(X, "X"))]
    return np.concatenate(rows) if rows else np.empty((0, 0))

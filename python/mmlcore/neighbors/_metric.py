"""The nearest points in a metric: the search among images, and differences where these cannot tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, require_finite
from mmlcore.neighbors._search import Searcher, nearest, offsets_of
from mmlcore.vectors.metric_images import (
    IntoMetric,
    distances_of_images,
    distances_of_pairs,
    unclear,
)

_BLOCK = 1 << 22  # distances that are sorted together


class MetricSearcher:
    """Points mapped into a metric, and the search among their images."""

    route = property(lambda self: self._searcher.route)

    def __init__(self, x: Array, metric: ArrayLike, *, kept: bool = False) -> None:
        self._into = IntoMetric(require_finite(x, "X"), metric)
        self._points = self._into.images(x)
        self._searcher = Searcher(self._points.images, kept=kept)

    def query(self, q: Array, k: int) -> tuple[Array, Array]:
        """Return distances and indices (queries, k) of the nearest points."""
        a, b, lower = (
            self._points,
            self._into.images(require_finite(q, "queries")),
            self._into.lower,
        )
        found, at = self._searcher.query(b.images, k)
        rounding = b.rounding[:, np.newaxis] + a.rounding[at]
        # Where the last of a query's neighbours is too near to tell, others may be nearer.
        doubtful = np.flatnonzero(unclear(found[:, -1], rounding.max(axis=1, initial=0)))
        step = max(1, _BLOCK // max(1, len(a.images)))
        for first in range(0, len(doubtful), step):
            rows = doubtful[first : first + step]
            near, index = np.empty((len(rows), k)), np.empty((len(rows), k), np.int64)
            nearest(distances_of_images(b.part(rows), a, lower), near, index)
            found[rows], at[rows] = near, index
        row, column = np.nonzero(unclear(found, rounding))
        found[row, column] = distances_of_pairs(b, row, a, at[row, column], lower)
        order = np.lexsort((at, found), axis=1)
        found, at = (np.take_along_axis(values, order, 1) for values in (found, at))
        return found.astype(self._into.dtype, copy=False), at

    def within(self, q: Array, radius: float) -> tuple[Array, Array, Array]:
        """Return distances, indices and offsets of the points as near as the radius."""
        a, b, lower = (
            self._points,
            self._into.images(require_finite(q, "queries")),
            self._into.lower,
        )
        most = float(a.rounding.max(initial=0) + b.rounding.max(initial=0))
        found, at, offsets = self._searcher.within(b.images, radius * (1 + 1e-12) + most)
        row = np.repeat(np.arange(len(q)), np.diff(offsets))
        lost = np.flatnonzero(unclear(found, b.rounding[row] + a.rounding[at]))
        found[lost] = distances_of_pairs(b, row[lost], a, at[lost], lower)
        order = np.lexsort((at, found, row))
        order = order[found[order] <= radius]
        offsets = offsets_of(row[order], len(q))
        return found[order].astype(self._into.dtype, copy=False), at[order], offsets

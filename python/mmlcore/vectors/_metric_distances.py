"""Distances in a metric: the metric of a difference, not the difference of two images where that loses digits.

With M = L L', the distance of x and y is the length of L'(x - y). All points are mapped by L' once, relative to a point in
their middle, and the distances of the images are right to rounding as long as points are about as far from each other as from
the middle. What rounding the images carry is known, so the distances that are too small for it are found, and only these are
computed from the difference of the points. The work is done in float64.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, empty, require_finite
from mmlcore.core.metric import as_metric
from mmlcore.vectors._search import nearest, search
from mmlcore.vectors.rows import lengths

_PAIRS = 1 << 20  # numbers of differences that are mapped together
_BLOCK = 1 << 22
_LOST = 512.0  # a distance may carry so many times the rounding unit of error


class Images(NamedTuple):
    """Points, their images, and the rounding that these carry."""

    points: Array
    images: Array
    rounding: Array

    def part(self, index: Array) -> Images:
        return Images(*(x[index] for x in self))


def metric_distances(x: Array, y: Array, metric: ArrayLike) -> Array:
    """Return the distances (n, m) of the rows of x from those of y."""
    dtype, lower, a, b = _images(x, y, metric)
    return _distances(a, b, lower).astype(dtype, copy=False)


def metric_search(x: Array, q: Array, k: int, metric: ArrayLike) -> tuple[Array, Array]:
    """Return distances and indices (queries, k) of the nearest rows of x."""
    dtype, lower, a, b = _images(require_finite(x, "X"), require_finite(q, "queries"), metric)
    found, at = search(a.images, b.images, k)
    rounding = b.rounding[:, np.newaxis] + a.rounding[at]
    # Where the last of a query's neighbours is too near to tell, others may be nearer.
    unclear = np.flatnonzero(_unclear(found[:, -1], rounding.max(axis=1, initial=0)))
    step = max(1, _BLOCK // max(1, len(x)))
    for first in range(0, len(unclear), step):
        rows = unclear[first : first + step]
        near, index = np.empty((len(rows), k)), np.empty((len(rows), k), np.int64)
        nearest(_distances(b.part(rows), a, lower), near, index)
        found[rows], at[rows] = near, index
    row, column = np.nonzero(_unclear(found, rounding))
    found[row, column] = _of_pairs(b, row, a, at[row, column], lower)
    order = np.lexsort((at, found), axis=1)
    found, at = (np.take_along_axis(values, order, 1) for values in (found, at))
    return found.astype(dtype, copy=False), at


def _images(
    x: Array, y: Array, metric: ArrayLike
) -> tuple[np.dtype[np.generic], Array, Images, Images]:
    d = x.shape[1]
    given = as_metric(metric, d, f"vectors of length {d}")
    dtype = np.result_type(x, given.matrix)
    lower = given.astype(np.float64).lower
    sample = x[:: max(1, len(x) // 64)]
    sample = sample[np.isfinite(sample).all(axis=1)]  # NaN stays where it is
    centre = np.median(sample, axis=0).astype(np.float64) if len(sample) else np.zeros(d)
    unit = (d**0.5 + 4) * float(np.finfo(np.float64).eps) / 2

    def mapped(points: Array) -> Images:
        points = points.astype(np.float64, copy=False)
        moved = points - centre
        return Images(
            points, np.matmul(moved, lower), unit * lengths(np.matmul(np.abs(moved), np.abs(lower)))
        )

    a = mapped(x)
    return dtype, lower, a, (a if y is x else mapped(y))


def _distances(a: Images, b: Images, lower: Array) -> Array:
    out = empty((len(a.images), len(b.images)))
    _core.pairwise_distances(a.images, b.images, False, out)
    row, column = np.nonzero(_unclear(out, a.rounding[:, np.newaxis] + b.rounding))
    out[row, column] = _of_pairs(a, row, b, column, lower)
    return out


def _unclear(distances: Array, rounding: Array) -> Array:
    """Tell where the error of a distance of images may be more than its share."""
    eps = float(np.finfo(np.float64).eps)
    return np.asarray(~(distances * (_LOST * eps) >= rounding) & np.isfinite(rounding))


def _of_pairs(a: Images, row: Array, b: Images, column: Array, lower: Array) -> Array:
    """Return the distances of pairs of points, by their differences."""
    found = np.empty(len(row))
    step = max(1, _PAIRS // max(1, lower.shape[0]))
    for first in range(0, len(row), step):
        here = slice(first, first + step)
        found[here] = lengths(np.matmul(a.points[row[here]] - b.points[column[here]], lower))
    return found

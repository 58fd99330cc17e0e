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
from mmlcore.core.arrays import Array, empty
from mmlcore.core.metric import as_metric
from mmlcore.vectors.rows import lengths

_PAIRS = 1 << 20  # numbers of differences that are mapped together
_LOST = 512.0  # a distance may carry so many times the rounding unit of error


class Images(NamedTuple):
    """Points, their images, and the rounding that these carry."""

    points: Array
    images: Array
    rounding: Array

    def part(self, index: Array) -> Images:
        return Images(*(x[index] for x in self))


class IntoMetric:
    """The map of points into a metric, relative to the middle of some of them."""

    def __init__(self, points: Array, metric: ArrayLike) -> None:
        d = points.shape[1]
        given = as_metric(metric, d, f"vectors of length {d}")
        self.dtype = np.result_type(points, given.matrix)
        self.lower = given.astype(np.float64).lower
        sample = points[:: max(1, len(points) // 64)]
        sample = sample[np.isfinite(sample).all(axis=1)]  # NaN stays where it is
        middle = np.median(sample, axis=0) if len(sample) else np.zeros(d)
        self._centre = middle.astype(np.float64)
        self._unit = (d**0.5 + 4) * float(np.finfo(np.float64).eps) / 2

    def images(self, points: Array) -> Images:
        points = points.astype(np.float64, copy=False)
        moved = points - self._centre
        sizes = lengths(np.matmul(np.abs(moved), np.abs(self.lower)))
        return Images(points, np.matmul(moved, self.lower), self._unit * sizes)


def metric_distances(x: Array, y: Array, metric: ArrayLike) -> Array:
    """Return the distances (n, m) of the rows of x from those of y."""
    into = IntoMetric(x, metric)
    a = into.images(x)
    b = a if y is x else into.images(y)
    return distances_of_images(a, b, into.lower).astype(into.dtype, copy=False)


def distances_of_images(a: Images, b: Images, lower: Array) -> Array:
    out = empty((len(a.images), len(b.images)))
    _core.pairwise_distances(a.images, b.images, False, out)
    row, column = np.nonzero(unclear(out, a.rounding[:, np.newaxis] + b.rounding))
    out[row, column] = distances_of_pairs(a, row, b, column, lower)
    return out


def unclear(distances: Array, rounding: Array) -> Array:
    """Tell where the error of a distance of images may be more than its share."""
    eps = float(np.finfo(np.float64).eps)
    return np.asarray(~(distances * (_LOST * eps) >= rounding) & np.isfinite(rounding))


def distances_of_pairs(a: Images, row: Array, b: Images, column: Array, lower: Array) -> Array:
    """Return the distances of pairs of points, by their differences."""
    found = np.empty(len(row))
    step = max(1, _PAIRS // max(1, lower.shape[0]))
    for first in range(0, len(row), step):
        here = slice(first, first + step)
        found[here] = lengths(np.matmul(a.points[row[here]] - b.points[column[here]], lower))
    return found

"""The filter of nearest neighbours: lower bounds of distances from a few leading directions."""

from __future__ import annotations

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array

_SAMPLE = 2000  # points that the directions are found from
_MOST = 0.05  # share of the points that may be left by the filter: beyond, tiles of all distances are faster


class Filter:
    """Points, their coordinates in a few leading directions, and the lengths of what these do not reach.

    A trial on a few of both comes first: reducing all points is worth it only where the filter is.
    """

    def __init__(self, x: Array) -> None:
        n, d = x.shape
        self._m = _directions(d)
        self._x = np.ascontiguousarray(x)
        sample = self._x[:: max(1, n // _SAMPLE)][:_SAMPLE]
        self._centre = sample.mean(axis=0, dtype=np.float64).astype(x.dtype)
        self._basis = _leading(sample - self._centre, self._m)
        self._sample = self._reduced(np.ascontiguousarray(sample))
        self._all: tuple[Array, Array, float] | None = None

    @staticmethod
    def fits(n: int, d: int, queries: int, k: int) -> bool:
        """Whether there is enough of everything."""
        return d >= 4 * _directions(d) and n >= 2 * _SAMPLE and queries >= 64 and k <= n // 100

    def search(self, q: Array, distances: Array, indices: Array) -> bool:
        """Fill squared distances and indices (queries, k); False where the filter does not pay."""
        q = np.ascontiguousarray(q)
        k, few = min(indices.shape[1], 8), np.ascontiguousarray(q[:: max(1, len(q) // 64)][:64])
        trial = np.empty((len(few), k), q.dtype), np.empty((len(few), k), np.int64)
        if not self._search(self._sample, few, *trial):
            return False
        if self._all is None:
            self._all = self._reduced(self._x)
        return self._search(self._all, q, distances, indices)

    def _reduced(self, points: Array) -> tuple[Array, Array, float]:
        near = np.empty((len(points), self._m + 1), points.dtype)
        return points, near, _core.reduce_points(points, self._centre, self._basis, near)

    def _search(
        self, among: tuple[Array, Array, float], q: Array, distances: Array, indices: Array
    ) -> bool:
        points, near, radius = among
        _, far, reach = self._reduced(q)
        radius, m = max(radius, reach), self._m
        margin = _margin(radius, points.shape[1], m, near[:, m], far[:, m])
        return bool(
            _core.filtered_neighbors(points, q, near, far, margin, _MOST, distances, indices)
        )


def _directions(d: int) -> int:
    return 32 if d < 512 else 48


def _leading(rows: Array, m: int) -> Array:
    """Orthonormal columns (d, m) near the leading components: any serve, near ones filter best."""
    start = _core.random_numbers(1, 0, 0, rows.shape[1] * m, True).reshape(-1, m).astype(rows.dtype)
    basis = _orthonormal(start)
    scores, image = np.empty((len(rows), m), rows.dtype), np.empty_like(start)
    for _ in range(4):
        _core.matmul(rows, basis, scores)
        _core.matmul(rows.T, scores, image)
        basis = _orthonormal(image)
    return basis


def _orthonormal(columns: Array) -> Array:
    """An orthonormal basis by our own kernel: a BLAS would wait for its threads where others work."""
    basis, triangle = np.empty_like(columns), np.empty((columns.shape[1],) * 2, columns.dtype)
    _core.qr(columns, basis, triangle)
    return basis


def _margin(radius: float, d: int, m: int, *rests: Array) -> float:
    """By how much a bound may exceed the squared distance through rounding.

    A coordinate is a sum of at most 384 products in a chain, so it errs by `each`; the squared length of the rest by
    `square`, and the length itself by that over twice the length, or its root where the length is small.
    """
    u = float(np.finfo(rests[0].dtype).eps)
    each = (min(d, 384) + d // 384 + 8) * u / 2 * radius * m**0.5
    square = 4 * radius * each + 2 * (d + m) * u / 16 * radius**2
    least = min(float(rest.min()) for rest in rests)
    most = max(float(rest.max()) for rest in rests)
    rest = min(square**0.5, square / least if least > 0 else np.inf)
    tiles = (d / 8 + m) * u * radius**2
    margin: float = 8 * radius * each + 4 * most * rest + 4 * rest**2 + 4 * tiles
    return margin + float(np.finfo(rests[0].dtype).tiny)

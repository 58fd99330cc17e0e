"""Number, mean and triangular factor of data that come in parts: what merges without losing the small variances.

R'R = sum (x - mean)(x - mean)' holds the square root of the scatter matrix, so a variance of 1e-20 of the largest is a singular
value of 1e-10 of the largest, which float64 keeps; in the scatter matrix itself it would drown. Two parts merge by

    R'R = Ra'Ra + Rb'Rb + (na nb / n) (mb - ma)(mb - ma)',

the R of a QR decomposition of the three, one above the other (the same identity as for moments: Chan, Golub, LeVeque 1982;
G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 5.2).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import F64, Array, require_finite
from mmlcore.core.errors import NotPositiveDefiniteError
from mmlcore.eigen import eigvalsh
from mmlcore.elimination import cholesky
from mmlcore.stats.scatter import two_parts
from mmlcore.stats.summary import mean_parts

_ROWS = 4096  # that are waited for before a decomposition, at least
_FEW = 1 << 12  # up to that many numbers a QR decomposition takes no time worth saving
_LEAST_LEFT = 1e-6  # of the variance of a column that the others explain
_LEAST_EIGENVALUE = 1e-4  # of a matrix of correlations whose Cholesky factor has twelve digits


class TriangularFactor:
    """(n, mean, R) of the points seen so far, n the sum of their weights. Values: merging makes a new one; they pickle.

    The mean is kept in two parts, mean + low, as `Moments` keeps it.
    """

    __slots__ = ("count", "low", "mean", "triangle")

    def __init__(
        self, count: float, mean: Array, triangle: Array, low: Array | None = None
    ) -> None:
        self.count, self.mean, self.triangle = count, mean, triangle
        self.low = np.zeros(len(mean)) if low is None else low  # what rounding took from the mean

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> TriangularFactor:
        """Make the factor of checked data (n, d), n > 0; ValueError for NaN and infinity."""
        found = cls.of_sums(x, None, weights)
        if found is not None:
            return found
        mean, low = mean_parts(x, weights)
        centred = (x.astype(np.float64) - mean) - low
        if weights is None:
            return cls(len(x), mean, _triangle(centred), low)
        centred *= np.sqrt(weights)[:, None]
        return cls(float(weights.sum()), mean, _triangle(centred), low)

    @classmethod
    def of_sums(
        cls, x: Array, last: Array | None, weights: Array | None = None
    ) -> TriangularFactor | None:
        """Make it by Cholesky's factor of the scatter matrix of x and, as one more column, `last`, if that keeps the digits.

        With the matrix of correlations C, the scatter matrix D C D, R = chol(C)' D has relative errors of some eps / (least
        eigenvalue of C), whatever the units of the columns, and costs one pass over the data. None below an eigenvalue of 1e-4, which
        `last` has no part in as long as the others leave 1e-6 of it, for few data, for what is not finite, and where a column is
        constant or its squares leave the range: then a QR decomposition has to do it.
        """
        n, d = x.shape[0], x.shape[1] + (last is not None)
        if (
            n * d <= _FEW
            or n < 4 * d
            or x.dtype.kind != "f"
            or (x.dtype != F64 and d > _core.NARROW_SCATTER)
        ):
            return None
        mean, low, matrix = np.empty(d), np.empty(d), np.empty((d, d))
        total, least, most = _core.scatter(x, last, weights, False, mean, matrix, low)
        if not (
            least >= _core.LEAST_SQUARE * total and most < 1 / _core.LEAST_SQUARE and total > 0
        ):
            return None
        size = np.sqrt(matrix.diagonal())
        matrix /= size
        matrix /= size[:, None]
        explaining = matrix if last is None else matrix[:-1, :-1]
        if explaining.size and eigvalsh(explaining)[0] < _LEAST_EIGENVALUE:
            return None
        try:
            triangle = cholesky(matrix).T
        except NotPositiveDefiniteError:  # `last` is a combination of the others
            return None
        if last is not None and triangle[-1, -1] ** 2 < _LEAST_LEFT:
            return None
        return cls(total, mean, triangle * size, low)

    def __add__(self, other: TriangularFactor) -> TriangularFactor:
        """Merge two."""
        if len(self.mean) != len(other.mean):
            msg = f"X: parts have {len(self.mean)} and {len(other.mean)} features, needed as many in each."
            raise ValueError(msg)
        n = self.count + other.count
        apart = (other.mean - self.mean) + (other.low - self.low)
        between = np.sqrt(self.count * (other.count / n)) * apart
        triangle = _triangle(np.concatenate([self.triangle, other.triangle, between[None]]))
        mean, low = two_parts(self.mean, self.low + apart * (other.count / n))
        return TriangularFactor(n, mean, triangle, low)


def factor_of_chunks(chunks: Iterable[Array], named: str | None = None) -> TriangularFactor | None:
    """Merge the factors of chunks, in order, small ones gathered first; None without points.

    `named` with the number of a chunk in it, ``"chunks[{}]"``, is how an error calls the one with NaN or infinity.
    """
    merged: TriangularFactor | None = None
    waiting: list[Array] = []
    rows = seen = 0  # chunks without rows wait with the others

    def with_waiting() -> TriangularFactor:
        try:
            return _merged(merged, waiting)
        except ValueError:
            for place, x in enumerate(waiting, seen - len(waiting)) if named else ():
                require_finite(x, str(named).format(place))
            raise

    for chunk in chunks:
        seen += 1
        waiting.append(chunk)
        rows += len(chunk)
        if rows >= max(_ROWS, 2 * chunk.shape[1]):
            merged = with_waiting()
            waiting, rows = [], 0
    return with_waiting() if rows else merged


def _merged(so_far: TriangularFactor | None, waiting: list[Array]) -> TriangularFactor:
    factor = TriangularFactor.of(waiting[0] if len(waiting) == 1 else np.concatenate(waiting))
    return factor if so_far is None else so_far + factor


def _triangle(rows: Array) -> Array:
    """Return R of a QR decomposition; rows as they are while they are fewer than columns."""
    return rows if len(rows) <= rows.shape[1] else np.asarray(np.linalg.qr(rows, mode="r"))

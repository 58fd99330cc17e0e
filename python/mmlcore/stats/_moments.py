"""Number, mean and covariance of data that come in parts."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, as_data, as_index, in_order, shape_error
from mmlcore.stats._scatter import Scatter, merged, scaled, scatter_parts, two_parts
from mmlcore.stats._weights import divisor, refuse_overflow

_HALF = 1e-8  # of the digits of float64


class Moments:
    """Number, mean and covariance of data that come in parts, in any order, on any machine.

    Parameters
    ----------
    dim : int
        Number of features d.

    Attributes
    ----------
    dim : int
    count : float
        Number of points, or the sum of their weights.

    Notes
    -----
    Parts are merged by [1]_ ::

        mean = mean_a + (n_b / n) (mean_b - mean_a)
        S    = S_a + S_b + (n_a n_b / n) (mean_b - mean_a) (mean_b - mean_a)'

    with means of twice the digits, which loses no digit to a far mean. Objects add with ``+`` and ``sum``, and pickle:
    each worker makes its own, the caller adds them. Different orders of merging differ by rounding. Cost of `update`: as
    `covariance`, of a merge: d^2; memory 8 d^2 bytes.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample
       variances", COMPSTAT (1982), equation 2.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> moments = mml.Moments(2).update([[1.0, 2.0]]).update([[5.0, 4.0], [3.0, 3.0]])
    >>> moments.count, moments.mean
    (3.0, array([3., 3.]))
    >>> moments.covariance(ddof=1)
    array([[4., 2.],
           [2., 1.]])
    """

    __slots__ = ("_noise", "_sums", "dim")

    def __init__(self, dim: int) -> None:
        self.dim = as_index(dim, "dim", 1)
        zeros = np.zeros(self.dim)
        self._sums = Scatter(zeros, zeros, np.zeros((self.dim, self.dim)), 0.0)
        self._noise = zeros  # of the variances' sums, since points were taken away

    def __repr__(self) -> str:
        """Show the sizes."""
        return f"Moments(dim={self.dim}, count={self.count:g})"

    def update(self, X: ArrayLike, weights: ArrayLike | None = None) -> Moments:
        """Add points (n, d), or one point (d,), with weights (n,) if there are any. Returns the object itself.

        ValueError for NaN, infinity or another number of features; nothing is then added.
        """
        x = self._points(X)
        if len(x):
            self._merge(_plain(scatter_parts(x, weights)))
        return self

    def downdate(self, X: ArrayLike, weights: ArrayLike | None = None) -> Moments:
        """Take points away that were added before: the reverse of `update`. Returns the object itself.

        What is left has lost the digits by which what was taken away was larger: a RuntimeWarning says so where fewer than
        half of them are left in a variance. ValueError where more is taken than there is, or a variance would be negative
        beyond rounding: these points had not been added.
        """
        x = self._points(X)
        if not len(x):
            return self
        taken, sums = self._in_unit(_plain(scatter_parts(x, weights))), self._sums
        left = sums.total - taken.total
        if left < -1e-9 * sums.total:
            msg = (
                f"X: has {taken.total:g} points, needed at most the {sums.total:g} that there are."
            )
            raise ValueError(msg)
        if left <= 1e-9 * sums.total:
            self.__setstate__(Moments(self.dim).__getstate__())
            return self
        apart = (taken.mean - sums.mean) + (taken.low - sums.low)
        between = apart * (sums.total / left)  # from the mean of what is left to that of what goes
        remaining = sums.matrix - taken.matrix
        remaining -= np.outer(between, between) * (left * (taken.total / sums.total))
        before = sums.matrix.diagonal() + taken.matrix.diagonal()
        noise = self._noise + 4 * np.finfo(np.float64).eps * before
        if (remaining.diagonal() < -1e-8 * before - noise).any():
            msg = "X: these points had not been added: without them a variance would be negative."
            raise ValueError(msg)
        lost = (noise > _HALF * remaining.diagonal()) & (noise > 0)
        negative = remaining.diagonal() < 0
        remaining[negative] = remaining[:, negative] = 0
        mean, low = two_parts(sums.mean, sums.low - apart * (taken.total / left))
        self._sums, self._noise = Scatter(mean, low, remaining, left, None, sums.unit), noise
        if lost.any():
            column = int(np.flatnonzero(lost)[0])
            msg = (
                f"Moments.downdate: column {column} (X[:, {column}]) varies so little without these points that most digits "
                "of its variance are lost; make new Moments of the points that are left."
            )
            warnings.warn(msg, RuntimeWarning, stacklevel=2)
        return self

    @property
    def count(self) -> float:
        """Number of points, or the sum of their weights."""
        return float(np.ldexp(self._sums.total, self._sums.unit))

    @property
    def sums(self) -> Scatter:
        """The sums themselves, as `mmlcore.stats` keeps them: for who computes on. ValueError without points."""
        self._some()
        return self._sums

    @property
    def mean(self) -> Array:
        """Mean (d,), float64. ValueError without points."""
        self._some()
        return np.array(self._sums.mean)

    def covariance(self, ddof: float = 0) -> Array:
        """Return the covariance (d, d), float64, divided by count - ddof."""
        self._some()
        return np.asarray(self._sums.matrix / self._divisor(ddof))

    def variance(self, ddof: float = 0) -> Array:
        """Return the variances (d,), float64, divided by count - ddof."""
        self._some()
        return np.asarray(self._sums.matrix.diagonal() / self._divisor(ddof))

    def _divisor(self, ddof: float) -> float:
        return divisor(self._sums.total, ddof, self._sums.unit)

    def __add__(self, other: object) -> Moments:
        """Merge two."""
        if not isinstance(other, Moments):
            # sum() starts from 0.
            return self.copy() if type(other) is int and other == 0 else NotImplemented
        if other.dim != self.dim:
            msg = f"Moments of {other.dim} features cannot be added to those of {self.dim}."
            raise ValueError(msg)
        merged = self.copy()
        merged._merge(other._sums)
        merged._noise = merged._noise + np.ldexp(other._noise, other._sums.unit - merged._sums.unit)
        return merged

    __radd__ = __add__

    def copy(self) -> Moments:
        """Return an independent copy."""
        other = Moments(self.dim)
        other.__setstate__(self.__getstate__())
        return other

    def __getstate__(self) -> tuple[Any, ...]:
        """What is pickled."""
        mean, low, matrix, total, _, unit = self._sums
        return self.dim, total, mean.copy(), matrix.copy(), low.copy(), self._noise.copy(), unit

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take what was pickled, by earlier versions too."""
        self.dim, total, mean, matrix, *more = state
        low, noise, unit = more or (np.zeros(self.dim), np.zeros(self.dim), 0)
        mean, matrix, low = (in_order(part, own=True) for part in (mean, matrix, low))
        self._sums, self._noise = Scatter(mean, low, matrix, total, None, unit), np.array(noise)

    def __eq__(self, other: object) -> bool:
        """Tell whether all numbers are equal."""
        if not isinstance(other, Moments):
            return NotImplemented
        same = (self.dim, self.count) == (other.dim, other.count)
        return bool(
            same
            and np.array_equal(self._sums.mean, other._sums.mean)
            and np.array_equal(self._sums.low, other._sums.low)
            and np.array_equal(self._sums.matrix, other._sums.matrix)
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    def _merge(self, sums: Scatter) -> None:
        if not sums.total:
            return
        if not self._sums.total:
            found = sums
        else:
            found = merged(self._sums, self._in_unit(sums))._replace(unit=self._sums.unit)
        if not (np.isfinite(found.matrix).all() and np.isfinite(np.ldexp(found.total, found.unit))):
            refuse_overflow("X", found.matrix.diagonal())
        self._sums = found

    def _in_unit(self, sums: Scatter) -> Scatter:
        """Bring the weights of sums into the unit of those that are here."""
        shift = sums.unit - self._sums.unit
        if not shift:
            return sums
        with np.errstate(over="ignore", under="ignore"):
            return sums._replace(
                matrix=np.ldexp(sums.matrix, shift), total=float(np.ldexp(sums.total, shift))
            )

    def _points(self, X: ArrayLike) -> Array:
        x = as_data(as_array(X, "X")[None] if np.ndim(X) == 1 else X, "X", bytes_ok=True)
        if x.shape[1] != self.dim:
            raise shape_error("X", x.shape, f"(n, {self.dim})")
        return x

    def _some(self) -> None:
        if not self.count:
            msg = "There are no points yet: call update first."
            raise ValueError(msg)


def _plain(sums: Scatter) -> Scatter:
    """Return sums in the units of the data, since parts may come in any; the weights keep theirs."""
    if sums.powers is None:
        return sums
    return sums._replace(matrix=scaled(sums.matrix, sums.powers), powers=None)

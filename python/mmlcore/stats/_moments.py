"""Number, mean and covariance of data that come in parts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    all_finite,
    as_array,
    as_data,
    as_index,
    in_order,
    require_finite,
    shape_error,
)
from mmlcore.core.door import fits, into
from mmlcore.core.stream import is_stream, rows_of
from mmlcore.stats.scatter import Scatter, aligned, merged, scaled, scatter_parts, two_parts
from mmlcore.stats.weights import divisor, refuse_overflow

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

    __slots__ = ("_noise", "_own", "_spare", "_sums", "dim")

    def __init__(self, dim: int) -> None:
        self.dim = as_index(dim, "dim", 1)
        zeros = np.zeros(self.dim)
        self._sums = Scatter(zeros, zeros, np.zeros((self.dim, self.dim)), 0.0)
        self._noise = zeros  # of the variances' sums, since points were taken away
        self._own = False  # whether nobody else has the arrays of the sums
        self._spare: list[tuple[Array, Array, Array]] = []  # memory for the next sums

    def __repr__(self) -> str:
        """Show the sizes."""
        return f"Moments(dim={self.dim}, count={self.count:g})"

    def update(self, X: Any, weights: ArrayLike | None = None) -> Moments:
        """Add points (n, d), or one point (d,), with weights (n,) if there are any. Returns the object itself.

        Or the points of a stream: a reader of Arrow or Parquet, a query, an iterator of arrays or tables; each batch is read once,
        that of Arrow while the one before is added.
        ValueError for NaN, infinity or another number of features; nothing is then added. Arrays of float32 and float64 without
        weights take no new memory after the second call.
        """
        if type(X) is np.ndarray and weights is None and self._update(X):
            return self
        if is_stream(X):
            return self._update_all(X, weights)
        x = self._points(X)
        if len(x):
            self._merge(scatter_parts(x, weights))
        return self

    def _update_all(self, stream: Any, weights: ArrayLike | None) -> Moments:
        """Add the batches of a stream, all of them or none."""
        if weights is not None:
            msg = "weights: a stream has none; update with each batch and its weights."
            raise ValueError(msg)
        added = Moments(self.dim)
        for number, x in enumerate(rows_of(stream, "X", self.dim)):
            try:
                added.update(x)
            except ValueError:
                require_finite(x, f"X, batch {number}")
                raise
        self._merge(added._sums)
        return self

    def _update(self, x: Array) -> bool:
        """Add the points of a plain array, in memory that is there; False where `update` has to see to it."""
        old = self._sums
        if old.powers is not None or old.unit or x.ndim != 2:
            return False
        try:
            spare = self._spare.pop()
        except IndexError:
            d = self.dim
            spare = np.empty(d), np.empty(d), np.empty((d, d))
        total = _core.with_points(x, old.mean, old.low, old.matrix, old.total, *spare)
        if total is None:
            self._spare.append(spare)
            return False
        self._sums = Scatter(*spare, total)  # at once: a signal may come between any two steps
        if self._own:
            self._spare.append(old[:3])
        self._own = True
        return True

    def downdate(self, X: ArrayLike, weights: ArrayLike | None = None) -> Moments:
        """Take points away that were added before: the reverse of `update`. Returns the object itself.

        What is left has lost the digits by which what was taken away was larger: a RuntimeWarning says so where fewer than
        half of them are left in a variance. ValueError where more is taken than there is, or a variance would be negative
        beyond rounding: these points had not been added.
        """
        x = self._points(X)
        if not len(x):
            return self
        if not self._sums.total:
            msg = f"X: has {len(x)} points, needed at most the 0 that there are."
            raise ValueError(msg)
        sums, taken, apart = aligned(self._sums, scatter_parts(x, weights))
        left = sums.total - taken.total
        if left < -1e-9 * sums.total:
            msg = (
                f"X: has {taken.total:g} points, needed at most the {sums.total:g} that there are."
            )
            raise ValueError(msg)
        if left <= 1e-9 * sums.total:
            self.__setstate__(Moments(self.dim).__getstate__())
            return self
        between = apart * (sums.total / left)  # from the mean of what is left to that of what goes
        remaining = sums.matrix - taken.matrix
        remaining -= np.outer(between, between) * (left * (taken.total / sums.total))
        before = sums.matrix.diagonal() + taken.matrix.diagonal()
        noise = _in_units(self._noise, self._sums, sums) + 4 * np.finfo(np.float64).eps * before
        if (remaining.diagonal() < -1e-8 * before - noise).any():
            msg = "X: these points had not been added: without them a variance would be negative."
            raise ValueError(msg)
        lost = (noise > _HALF * remaining.diagonal()) & (noise > 0)
        negative = remaining.diagonal() < 0
        remaining[negative] = remaining[:, negative] = 0
        step = apart * (taken.total / left)
        step = step if sums.powers is None else np.ldexp(step, sums.powers)
        mean, low = two_parts(sums.mean, sums.low - step)
        self._sums = Scatter(mean, low, remaining, left, sums.powers, sums.unit)
        self._noise = noise
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
        total, unit = self._sums.total, self._sums.unit
        return float(np.ldexp(total, unit)) if unit else total

    @property
    def sums(self) -> Scatter:
        """The sums themselves, as `mmlcore.stats` keeps them: for who computes on. ValueError without points."""
        self._some()
        self._own = False
        return self._sums

    @property
    def mean(self) -> Array:
        """Mean (d,), float64. ValueError without points."""
        self._some()
        return np.array(self._sums.mean)

    def covariance(self, ddof: float = 0, *, out: Array | None = None) -> Array:
        """Return the covariance (d, d), float64, divided by count - ddof; in `out`, if it is given."""
        self._some()
        return self._divided(self._sums.matrix, ddof, out, scaled)

    def variance(self, ddof: float = 0, *, out: Array | None = None) -> Array:
        """Return the variances (d,), float64, divided by count - ddof; in `out`, if it is given."""
        self._some()
        squares = self._sums.matrix.diagonal()
        return self._divided(squares, ddof, out, lambda found, powers: np.ldexp(found, 2 * powers))

    def _divided(
        self, sums: Array, ddof: float, out: Array | None, scale: Callable[[Array, Array], Array]
    ) -> Array:
        powers, divisor = self._sums.powers, self._divisor(ddof)
        if powers is not None:
            found = scale(sums / divisor, powers)
        elif fits(out, sums):
            return np.divide(sums, divisor, out=out)
        else:
            found = np.asarray(sums / divisor)
        return found if out is None else into(out, found)

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
        both = self.copy()
        both._merge(other._sums)
        both._own = other._own = False  # the sums may be the same arrays now
        both._noise = both._noise + _in_units(other._noise, other._sums, both._sums)
        return both

    __radd__ = __add__

    def copy(self) -> Moments:
        """Return an independent copy."""
        other = Moments(self.dim)
        other.__setstate__(self.__getstate__())
        return other

    def __getstate__(self) -> tuple[Any, ...]:
        """What is pickled."""
        mean, low, matrix, total, powers, unit = self._sums
        more = (low.copy(), self._noise.copy(), None if powers is None else powers.copy(), unit)
        return self.dim, total, mean.copy(), matrix.copy(), *more

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take what was pickled, by earlier versions too."""
        self.dim, total, mean, matrix, *more = state
        self._own, self._spare = False, []
        low, noise, powers, unit = more or (np.zeros(self.dim), np.zeros(self.dim), None, 0)
        mean, matrix, low = (in_order(part, own=True) for part in (mean, matrix, low))
        self._sums, self._noise = Scatter(mean, low, matrix, total, powers, unit), np.array(noise)

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
        before, found = self._sums, merged(self._sums, sums)
        found.plain()  # ValueError where a covariance would leave the range
        if not all_finite(found.matrix):
            refuse_overflow("X", np.zeros(0))
        self._sums, self._noise = found, _in_units(self._noise, before, found)
        self._own = False

    def _points(self, X: ArrayLike) -> Array:
        x = as_data(as_array(X, "X")[None] if np.ndim(X) == 1 else X, "X", bytes_ok=True)
        if x.shape[1] != self.dim:
            raise shape_error("X", x.shape, f"(n, {self.dim})")
        return x

    def _some(self) -> None:
        if not self._sums.total:
            msg = "There are no points yet: call update first."
            raise ValueError(msg)


def _in_units(noise: Array, old: Scatter, new: Scatter) -> Array:
    """Bring what sums of squares have lost into the units that the sums came into."""
    if old.powers is new.powers and old.unit == new.unit:
        return noise
    powers = (0 if old.powers is None else old.powers) - (0 if new.powers is None else new.powers)
    return np.asarray(np.ldexp(noise, 2 * powers + old.unit - new.unit))

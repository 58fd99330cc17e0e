"""Number, mean and covariance of data that come in parts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, as_data, as_index, in_order, shape_error
from mmlcore.stats._covariance import scatter_of
from mmlcore.stats._weights import divisor


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

    which loses no digit to a far mean. Objects add with ``+`` and ``sum``, and pickle: each worker makes its own, the
    caller adds them. Different orders of merging differ by rounding. Cost of `update`: as `covariance`, of a merge: d^2;
    memory 8 d^2 bytes.

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

    __slots__ = ("_mean", "_scatter", "count", "dim")

    def __init__(self, dim: int) -> None:
        self.dim = as_index(dim, "dim", 1)
        self.count = 0.0
        self._mean = np.zeros(self.dim)
        self._scatter = np.zeros((self.dim, self.dim))

    def __repr__(self) -> str:
        """Show the sizes."""
        return f"Moments(dim={self.dim}, count={self.count:g})"

    def update(self, X: ArrayLike, weights: ArrayLike | None = None) -> Moments:
        """Add points (n, d), or one point (d,), with weights (n,) if there are any. Returns the object itself.

        ValueError for NaN, infinity or another number of features; nothing is then added.
        """
        x = self._points(X)
        if len(x):
            mean, scatter, total = scatter_of(x, weights)
            self._merge(total, mean, scatter)
        return self

    def downdate(self, X: ArrayLike, weights: ArrayLike | None = None) -> Moments:
        """Take points away that were added before: the reverse of `update`. Returns the object itself.

        What is left has lost the digits by which what was taken away was larger. ValueError where more is taken than there
        is, or a variance would be negative beyond rounding: these points had not been added.
        """
        x = self._points(X)
        if not len(x):
            return self
        mean, scatter, total = scatter_of(x, weights)
        left = self.count - total
        if left < -1e-9 * self.count:
            msg = f"X: has {total:g} points, needed at most the {self.count:g} that there are."
            raise ValueError(msg)
        if left <= 1e-9 * self.count:
            self.__setstate__(Moments(self.dim).__getstate__())
            return self
        rest = self._mean - (mean - self._mean) * (total / left)
        apart = mean - rest
        remaining = self._scatter - scatter - np.outer(apart, apart) * (left * total / self.count)
        slack = 1e-8 * (self._scatter.diagonal() + scatter.diagonal())
        if (remaining.diagonal() < -slack).any():
            msg = "X: these points had not been added: without them a variance would be negative."
            raise ValueError(msg)
        negative = remaining.diagonal() < 0
        remaining[negative] = remaining[:, negative] = 0
        self.count, self._mean, self._scatter = left, rest, remaining
        return self

    @property
    def mean(self) -> Array:
        """Mean (d,), float64. ValueError without points."""
        self._some()
        return np.array(self._mean)

    def covariance(self, ddof: float = 0) -> Array:
        """Return the covariance (d, d), float64, divided by count - ddof."""
        self._some()
        return np.asarray(self._scatter / divisor(self.count, ddof))

    def variance(self, ddof: float = 0) -> Array:
        """Return the variances (d,), float64, divided by count - ddof."""
        self._some()
        return np.asarray(self._scatter.diagonal() / divisor(self.count, ddof))

    def __add__(self, other: object) -> Moments:
        """Merge two."""
        if not isinstance(other, Moments):
            # sum() starts from 0.
            return self.copy() if type(other) is int and other == 0 else NotImplemented
        if other.dim != self.dim:
            msg = f"Moments of {other.dim} features cannot be added to those of {self.dim}."
            raise ValueError(msg)
        merged = self.copy()
        merged._merge(other.count, other._mean, other._scatter)
        return merged

    __radd__ = __add__

    def copy(self) -> Moments:
        """Return an independent copy."""
        other = Moments(self.dim)
        other.__setstate__(self.__getstate__())
        return other

    def __getstate__(self) -> tuple[Any, ...]:
        """What is pickled."""
        return self.dim, self.count, self._mean.copy(), self._scatter.copy()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take what was pickled."""
        self.dim, self.count, mean, scatter = state
        self._mean, self._scatter = in_order(mean, own=True), in_order(scatter, own=True)

    def __eq__(self, other: object) -> bool:
        """Tell whether all numbers are equal."""
        if not isinstance(other, Moments):
            return NotImplemented
        same = (self.dim, self.count) == (other.dim, other.count)
        return bool(
            same
            and np.array_equal(self._mean, other._mean)
            and np.array_equal(self._scatter, other._scatter)
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    def _merge(self, count: float, mean: Array, scatter: Array) -> None:
        if count == 0:
            return
        total = self.count + count
        with np.errstate(over="ignore", invalid="ignore"):
            apart = mean - self._mean
            merged = self._scatter + scatter + np.outer(apart, apart) * (self.count * count / total)
        if not np.isfinite(merged).all():
            msg = "X: squares of the data overflow in float64; divide the data by a constant."
            raise ValueError(msg)
        self._scatter = merged
        self._mean = self._mean + apart * (count / total)
        self.count = total

    def _points(self, X: ArrayLike) -> Array:
        x = as_data(as_array(X, "X")[None] if np.ndim(X) == 1 else X, "X", bytes_ok=True)
        if x.shape[1] != self.dim:
            raise shape_error("X", x.shape, f"(n, {self.dim})")
        return x

    def _some(self) -> None:
        if not self.count:
            msg = "There are no points yet: call update first."
            raise ValueError(msg)

"""Sums of products of centred data in units that fit: what covariances, components and regressions are made of.

A pass is made as the data are. Only where its sums show that squares left the range of the arithmetic, or that the sum of the
weights did, is it made again: with each column divided by a power of two, which changes no digit, and in double. Sums are kept
in these units, since a correlation or a slope may lie within the range where the sums themselves do not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import BYTE, F32, Array, all_finite, as_array, shape_error
from mmlcore.stats.weights import as_weights, refuse_column, refuse_overflow, refuse_weights

_NARROW = _core.NARROW_SCATTER  # columns up to which float32 data too are computed in double
# Mean squares below which products lose digits, or above whose inverse sums of them overflow.
_LEAST, _LEAST_F32 = _core.LEAST_SQUARE, _core.LEAST_SQUARE_OF_SINGLE
_FAR_WEIGHT = 2.0**40  # mean weights beyond it, or below its inverse, are brought into another unit
_BLOCK = 1 << 22  # numbers of a block that is brought into other units


class Scatter(NamedTuple):
    """Sums over points, x' = x / 2^powers with weights w' = w / 2^unit: total = sum w', matrix = sum w' (x' - m')(x' - m')'."""

    mean: Array
    """(d,), of x itself."""
    low: Array
    """(d,): what rounding took from the mean; mean + low has twice the digits."""
    matrix: Array
    """(d, d), symmetric, float64."""
    total: float
    powers: Array | None = None
    """(d,) of whole numbers; None: 0 for all."""
    unit: int = 0

    def plain(self, name: str = "X") -> tuple[Array, float]:
        """Return matrix and total in the units of the data; ValueError where they leave the range of float64."""
        total, matrix = self.total, self.matrix
        if self.powers is not None or self.unit:
            total = float(np.ldexp(total, self.unit))
            matrix = scaled(matrix, self.powers, self.unit)
            if not (np.isfinite(total) and all_finite(matrix)):
                refuse_overflow(name, matrix.diagonal())
        return matrix, total


def scaled(matrix: Array, powers: Array | None, unit: int = 0) -> Array:
    """Multiply entry (i, j) by 2^(powers_i + powers_j + unit), rounded once."""
    shift = np.array(unit) if powers is None else powers[:, None] + powers + unit
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(matrix, shift))


def scatter_parts(
    x: Array,
    weights: ArrayLike | None = None,
    name: str = "X",
    last: Array | None = None,
    *,
    deviations: ArrayLike | None = None,
) -> Scatter:
    """Sum over checked data (n, d). `last` (n,) of the same dtype is one more column; `deviations` are instead of weights.

    Each deviation is a weight's -1/2th power. Bytes are summed exactly, if they have no weights.
    """
    n, d = x.shape
    d += last is not None
    if n == 0:
        raise shape_error(name, x.shape, "at least one point")
    if x.dtype == BYTE and weights is None and deviations is None and last is None:
        mean, matrix = np.empty(d), np.empty((d, d))
        _core.byte_scatter(x, mean, matrix)
        return Scatter(mean, np.zeros(d), matrix, float(n))
    counts = None
    if weights is not None:
        counts = as_weights(weights, n)
    elif deviations is not None:
        counts = as_weights(deviations, n, "sigma")
    if d == 0 and counts is None:  # rows of nothing: 2^40 of them take no memory, but time to walk
        return Scatter(np.empty(0), np.empty(0), np.empty((0, 0)), float(n))
    x = as_array(x, name)
    if n == 1 and counts is None and last is None:
        mean = x[0].astype(np.float64)
        if not all_finite(mean):
            refuse_column(name, mean)
        return Scatter(mean, np.zeros(d), np.zeros((d, d)), 1.0)
    sums, low, high = _summed(x, last, counts, deviations is not None)
    unit = 0
    # The kernel looks at every weight, so that no pass of its own is needed.
    if counts is not None and not 1 / _FAR_WEIGHT < sums.total / n < _FAR_WEIGHT:
        counts, unit = _moderate(counts, "weights" if weights is not None else "sigma")
        sums, low, high = _summed(x, last, counts, deviations is not None)
    least = _LEAST_F32 if x.dtype == F32 and d > _NARROW else _LEAST
    if not (low >= least * sums.total and high < 1 / _LEAST):
        diagonal = sums.matrix.diagonal()
        doubtful = ~((diagonal >= least * sums.total) & (diagonal < 1 / _LEAST))
        _clear_constants(x, sums, doubtful)
        powers = _powers(x, last, doubtful, name) if doubtful.any() else None
        if powers is not None:
            sums = _in_units(x, last, counts, deviations is not None, powers)
            refuse_column(name, sums.matrix.diagonal())
            return sums._replace(powers=powers, unit=unit)
    return sums._replace(unit=unit) if unit else sums


def _clear_constants(x: Array, sums: Scatter, doubtful: Array) -> None:
    """Take the columns of one number out of those whose sums are doubtful: they have no squares in any unit.

    Numbers that differ, and are not tiny, differ by more than what squares lose; among tiny ones, and zeros, all are looked at.
    """
    d = x.shape[1]
    zero = doubtful[:d] & (sums.matrix.diagonal()[:d] == 0)
    if not zero.any():
        return
    wide = x.dtype == F32 and len(doubtful) > _NARROW
    tiny = np.abs(sums.mean[:d]) < (1e-12 if wide else 2.0**-450)
    if x.dtype == F32 and not wide:  # squares of float32 numbers do not vanish in double
        tiny[:] = False
    doubtful[:d][zero & ~tiny] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([False], zero & tiny, [False]))))
    for first, last in edges.reshape(-1, 2):  # runs of columns, as images have them
        varies = (x[:, first:last] != x[0, first:last]).any(axis=0)
        doubtful[first:last] = varies


def aligned(a: Scatter, b: Scatter) -> tuple[Scatter, Scatter, Array]:
    """Bring two sums into the same units, those of `a` for the weights; return also how far their means are apart, in these."""
    apart = (b.mean - a.mean) + (b.low - a.low)
    if b.unit != a.unit:
        shift = b.unit - a.unit
        b = b._replace(total=float(np.ldexp(b.total, shift)), matrix=np.ldexp(b.matrix, shift))
    if a.powers is None and b.powers is None:
        return a, b, apart
    powers = np.where(apart != 0, np.frexp(apart)[1], -5000)
    for one in (a, b):
        own = np.zeros(len(apart), int) if one.powers is None else one.powers
        powers = np.where(one.matrix.diagonal() > 0, np.maximum(powers, own), powers)
    powers = np.where(powers == -5000, 0, powers)

    def brought(one: Scatter) -> Scatter:
        shift = -powers if one.powers is None else one.powers - powers
        return one._replace(matrix=scaled(one.matrix, shift), powers=powers)

    return brought(a), brought(b), np.ldexp(apart, -powers)


def merged(a: Scatter, b: Scatter) -> Scatter:
    """Merge the sums of two sets of points.

    mean = mean_a + (n_b / n) apart, matrix = A + B + (n_a n_b / n) apart apart', apart = mean_b - mean_a, taken from both parts
    of the means so that it has the digits of the data's spread, not of their distance from zero.
    """
    if not a.total or not b.total:
        return a if a.total else b
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        a, b, apart = aligned(a, b)
        total = a.total + b.total
        matrix = a.matrix + b.matrix + np.outer(apart, apart) * (a.total * (b.total / total))
        step = apart * (b.total / total)
        step = step if a.powers is None else np.ldexp(step, a.powers)
        mean, low = two_parts(a.mean, a.low + step)
    return Scatter(mean, low, matrix, total, a.powers, a.unit)


def two_parts(large: Array, small: Array) -> tuple[Array, Array]:
    """Return large + small as its rounding and the rest (Knuth's two-sum)."""
    both = large + small
    part = both - large
    return both, (large - (both - part)) + (small - part)


def _summed(
    x: Array, last: Array | None, counts: Array | None, deviations: bool
) -> tuple[Scatter, float, float]:
    """Return the sums as the kernel has them, and the least and the largest of the squares."""
    d = x.shape[1] + (last is not None)
    mean, low, matrix = np.empty(d), np.empty(d), np.empty((d, d))
    total, least, most = _core.scatter(x, last, counts, deviations, mean, matrix, low)
    return Scatter(mean, low, matrix, total), least, most


def _moderate(counts: Array, name: str) -> tuple[Array, int]:
    """Return weights, or deviations named sigma, in a unit in which the heaviest point counts about 1; ValueError for bad ones."""
    fine = np.isfinite(counts).all() and bool(
        (counts > 0).all() if name == "sigma" else (counts >= 0).all() and counts.any()
    )
    if not fine:
        refuse_weights(counts, name)
    power = int(np.frexp(counts.min() if name == "sigma" else counts.max())[1])
    with np.errstate(over="ignore", under="ignore"):
        moderate = np.ldexp(counts, -power)
    if name == "sigma":
        return np.minimum(moderate, 1e300), -2 * power
    return moderate, power


def _powers(x: Array, last: Array | None, doubtful: Array, name: str) -> Array | None:
    """Return powers of two for columns whose sums are doubtful; None where they are 0 since the columns are constant."""
    columns = [
        last if j == x.shape[1] and last is not None else x[:, j] for j in np.flatnonzero(doubtful)
    ]
    powers = np.zeros(len(doubtful), np.int64)
    for j, column in zip(np.flatnonzero(doubtful), columns, strict=True):
        least, most = float(column.min()), float(column.max())
        if not (np.isfinite(least) and np.isfinite(most)):
            bad = np.zeros(len(doubtful))
            bad[j] = np.nan
            refuse_column(name, bad)
        if least != most:
            powers[j] = np.frexp(max(abs(least), abs(most)))[1]
    return powers if powers.any() else None


def _in_units(
    x: Array, last: Array | None, counts: Array | None, deviations: bool, powers: Array
) -> Scatter:
    """Sum over the columns divided by 2^powers, block by block in double."""
    sums: Scatter | None = None
    rows = max(1, _BLOCK // len(powers))
    for first in range(0, len(x), rows):
        some = slice(first, first + rows)
        block = x[some].astype(np.float64)
        if last is not None:
            block = np.concatenate([block, last[some, None]], axis=1)
        part, _, _ = _summed(
            np.ldexp(block, -powers), None, None if counts is None else counts[some], deviations
        )
        sums = part if sums is None else merged(sums, part)
    assert sums is not None
    return sums._replace(mean=np.ldexp(sums.mean, powers), low=np.ldexp(sums.low, powers))

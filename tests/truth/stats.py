"""Means, variances, covariances: exact sums of fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from tests.truth import exact as ex
from tests.truth.families import data, dtype_of, placed
from tests.truth.registry import Draw, Wrong, explores

import mmlcore as mml


def drawn(d: Draw, least: int = 1) -> tuple[np.ndarray, list[list[Fraction]], type]:
    """Rows of data, their columns exactly, their type."""
    dtype = dtype_of(d)
    n, k = int(d.pick(d.size(8, least), d.size(300, least))), d.size(4)
    x = data(d, n, k, dtype)
    return x, ex.transposed(ex.exact(x)), dtype


def mean_of(column: list[Fraction]) -> Fraction:
    """The mean."""
    return sum(column, Fraction(0)) / len(column)


def spread(column: list[Fraction], other: list[Fraction] | None = None) -> Fraction:
    """The mean product of the differences from the means."""
    other = column if other is None else other
    a, b = mean_of(column), mean_of(other)
    return sum(((u - a) * (v - b) for u, v in zip(column, other, strict=True)), Fraction(0)) / len(
        column
    )


@explores("mean")
def mean(d: Draw) -> None:
    """A few units of the mean size, in the range wherever the mean is."""
    x, columns, dtype = drawn(d)
    along = d.chance(0.3)
    got = (
        mml.mean(placed(d, np.ascontiguousarray(x.T)), axis=1) if along else mml.mean(placed(d, x))
    )
    for g, column in zip(np.atleast_1d(got), columns, strict=True):
        weight = sum(ex.sizes(column), Fraction(0)) / len(column)
        ex.near(
            g, mean_of(column), 24 * ex.ulp(dtype) * weight, dtype, f"mean of {len(column)} numbers"
        )


def variance_bound(column: list[Fraction], dtype: type) -> Fraction:
    """Some units of the variance itself: no digit is lost far from the origin; plus the units of float64 of the mean."""
    # The provisional mean is a float64: what it is off by is squared.
    off = (16 * ex.ulp(np.float64) * mean_of(ex.sizes(column))) ** 2
    return (len(column) + 60) * ex.ulp(dtype) * spread(column) + off


@explores("variance")
def variance(d: Draw) -> None:
    """Relative to the variance, not to the numbers."""
    x, columns, dtype = drawn(d, 2)
    if any(spread(column) > ex.most(dtype) / 2 for column in columns):
        return  # the answer is beyond the range, and refused
    ddof = int(d.pick(0, 1))
    got = mml.variance(placed(d, x), ddof=ddof)
    for g, column in zip(np.atleast_1d(got), columns, strict=True):
        factor = Fraction(len(column), len(column) - ddof)
        ex.near(
            g,
            spread(column) * factor,
            variance_bound(column, dtype) * factor,
            dtype,
            f"variance of {len(column)} numbers",
        )


@explores("covariance")
def covariance(d: Draw) -> None:
    """Each entry relative to the two deviations, with weights of any unit."""
    x, columns, dtype = drawn(d, 2)
    if any(spread(column) > ex.most(dtype) / 2 for column in columns):
        return
    weights = None
    if d.chance(0.3):
        weights = np.full(len(x), 10.0 ** d.rng.uniform(-300, 300))
    got = mml.covariance(placed(d, x), weights=weights)
    for i, a in enumerate(columns):
        for j, b in enumerate(columns):
            bound = ex.root(variance_bound(a, dtype) * variance_bound(b, dtype)) * 4
            bound += (len(a) + 60) * ex.ulp(dtype) * ex.root(spread(a) * spread(b))
            ex.near(
                got[i, j],
                spread(a, b),
                bound,
                dtype,
                f"covariance [{i}, {j}] of {len(a)} rows",
            )


@explores("correlation")
def correlation(d: Draw) -> None:
    """Absolute error of n units; the units of the data do not matter."""
    x, columns, dtype = drawn(d, 3)
    spreads = [spread(column) for column in columns]
    if any(
        s <= variance_bound(column, dtype) * 4 for s, column in zip(spreads, columns, strict=True)
    ):
        return
    got = np.atleast_2d(mml.correlation(placed(d, x)))
    for i, a in enumerate(columns):
        for j, b in enumerate(columns):
            right = ex.as_fraction(
                ex.mp(spread(a, b)) / ex.mpmath.sqrt(ex.mp(spreads[i]) * ex.mp(spreads[j]))
            )
            bound = 4 * (len(a) + 60) * ex.ulp(dtype)
            bound += 4 * max(
                variance_bound(c, dtype) / s for c, s in zip(columns, spreads, strict=True)
            )
            ex.near(got[i, j], right, bound, dtype, f"correlation [{i}, {j}]")


@explores("affine_mean")
def affine_mean(d: Draw) -> None:
    """A m + b."""
    n, m = d.size(4), d.size(4)
    mu, a, b = d.rng.standard_normal(n), d.rng.standard_normal((m, n)), d.rng.standard_normal(m)
    got = mml.affine_mean(placed(d, mu), placed(d, a), placed(d, b))
    for g, row, shift in zip(got, ex.exact(a), ex.exact(b), strict=True):
        right = ex.dot(row, ex.exact(mu)) + shift
        weight = ex.dot(ex.sizes(row), ex.sizes(ex.exact(mu))) + abs(shift)
        ex.near(g, right, (n + 4) * ex.ulp(np.float64) * weight, np.float64, "affine_mean")


@explores("affine_covariance")
def affine_covariance(d: Draw) -> None:
    """A S A'."""
    n, m = d.size(4), d.size(4)
    s = d.rng.standard_normal((n, n))
    s, a = s @ s.T, d.rng.standard_normal((m, n))
    s = (s + s.T) / 2
    got = mml.affine_covariance(placed(d, s), placed(d, a))
    rows = ex.exact(a)
    right = ex.product(ex.product(rows, ex.exact(s)), ex.transposed(rows))
    sized = [ex.sizes(row) for row in rows]
    weight = ex.product(
        ex.product(sized, [ex.sizes(row) for row in ex.exact(s)]), ex.transposed(sized)
    )
    bounds = [[(4 * n + 8) * ex.ulp(np.float64) * w for w in row] for row in weight]
    ex.all_near(got, right, bounds, np.float64, "affine_covariance")


@explores("Moments")
def moments(d: Draw) -> None:
    """In pieces, merged in any order, as good as `covariance` of all."""
    x, columns, dtype = drawn(d, 3)
    most = np.abs(x).max()
    if most > np.finfo(dtype).max / 1e3 and dtype is np.float64:
        return
    cuts = np.sort(d.rng.integers(0, len(x) + 1, d.size(6) - 1 + 1))
    total = mml.Moments(x.shape[1])
    for piece in np.split(x, cuts):
        if not len(piece):
            continue
        if d.chance(0.5):
            total.update(piece)
        else:
            total = total + mml.Moments(x.shape[1]).update(piece)
    if total.count != len(x):
        raise Wrong(f"Moments: count {total.count} for {len(x)}")
    for g, column in zip(total.mean, columns, strict=True):
        weight = mean_of(ex.sizes(column))
        ex.near(
            g,
            mean_of(column),
            100 * ex.ulp(np.float64) * weight
            + len(cuts) * ex.tiny(np.float64),  # each merging rounds
            np.float64,
            "mean of Moments",
        )
    if most > 1e150 or 0 < most < 1e-150:
        return
    got = total.covariance()
    for i, column in enumerate(columns):
        bound = (
            4 * variance_bound(column, np.float64 if dtype is np.float64 else dtype)
            + len(cuts) * (64 * ex.ulp(np.float64) * mean_of(ex.sizes(column))) ** 2
        )
        ex.near(
            got[i, i],
            spread(column),
            bound,
            np.float64,
            f"variance of Moments, {len(column)} rows in {len(cuts) + 1} pieces",
        )


@explores("median")
def median(d: Draw) -> None:
    """The number in the middle, or half of the sum of two."""
    x, columns, dtype = drawn(d)
    got = mml.median(placed(d, x))
    for g, column in zip(np.atleast_1d(got), columns, strict=True):
        at = sorted(column)
        right = (at[(len(at) - 1) // 2] + at[len(at) // 2]) / 2
        ex.near(g, right, ex.ulp(dtype) * abs(right), dtype, f"median of {len(column)} numbers")


@explores("quantile")
def quantile(d: Draw) -> None:
    """Between two numbers that follow each other; the place is rounded to float64."""
    x, columns, dtype = drawn(d)
    q = float(d.pick(0.0, 0.25, 0.5, 0.9, 1.0, d.rng.random()))
    got = mml.quantile(placed(d, x), q)
    for g, column in zip(np.atleast_1d(got), columns, strict=True):
        at = sorted(column)
        place = (len(at) - 1) * Fraction(q)
        low, high = at[int(place)], at[min(int(place) + 1, len(at) - 1)]
        right = low + (high - low) * (place - int(place))
        slack = 4 * ex.ulp(dtype) * max(abs(low), abs(high))
        slack += 2 * len(at) * ex.ulp(np.float64) * (high - low)
        ex.near(g, right, slack, dtype, f"quantile {q} of {len(column)} numbers")


@explores("standardize")
def standardize(d: Draw) -> None:
    """Relative to the deviation, whatever the units; zero without one."""
    x, columns, dtype = drawn(d, 2)
    got = mml.standardize(placed(d, x))
    for j, column in enumerate(columns):
        center, deviation = mean_of(column), ex.root(spread(column))
        # The mean is known to some units of float64 of the numbers, which may lie far from the origin.
        off = 8 * ex.ulp(np.float64) ** 2 * mean_of(ex.sizes(column))
        for i, value in enumerate(column):
            right = (value - center) / deviation if deviation else Fraction(0)
            slack = (len(column) + 60) * ex.ulp(np.float64) * (1 + abs(right))
            slack += 4 * ex.ulp(dtype) * abs(right)
            slack += off / deviation if deviation else 0
            ex.near(
                got[i, j], right, slack, dtype, f"standardized [{i}, {j}] of {len(column)} rows"
            )

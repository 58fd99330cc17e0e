"""How a linear regression follows from sums of products or from a triangular factor."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np

from mmlcore.core.arrays import Array, all_finite
from mmlcore.eigen import eigh
from mmlcore.optimize.linear_result import FAR, LinearFit
from mmlcore.stats.factor import TriangularFactor
from mmlcore.stats.scatter import Scatter, scaled
from mmlcore.stats.summary import mean_parts

_CLOSE = 1e-4  # smallest eigenvalue of the correlations from which on the normal equations keep 12 digits
_TIGHT = 1e-6  # share of the variance that is left, below which the sum of squares loses digits
_EPS = float(np.finfo(np.float64).eps)
# Lengths of columns whose squares and products stay within the range.
_SMALL, _LARGE = 1e-140, 1e140
_BEYOND = "X, y: a coefficient leaves the range of float64; multiply X or divide y by a constant."


class Sums(NamedTuple):
    """What is known of the columns (X, y) besides their products."""

    mean: Array
    total: float
    """Sum of the weights."""
    points: float
    intercept: bool
    ridge: float = 0.0
    powers: Array | None = None
    """Columns and their mean are divided by 2^powers; None: by 1."""
    unit: int = 0
    """Weights are divided by 2^unit."""


def of_scatter(scatter: Scatter, sums: Sums, *, strict: bool = False) -> LinearFit | None:
    """Solve the normal equations of the columns (X, y), scaled to unit diagonal; None if `strict` and digits would be lost."""
    mean, products = scatter.mean, scatter.matrix
    if scatter.powers is not None or scatter.unit:
        powers = np.zeros(len(mean), np.int64) if scatter.powers is None else scatter.powers
        mean, ridge = np.ldexp(mean, -powers), float(np.ldexp(sums.ridge, -scatter.unit))
        sums = sums._replace(mean=mean, powers=powers, ridge=ridge)
    if not sums.intercept:
        products = products + sums.total * np.outer(mean, mean)
    scale = np.sqrt(products.diagonal())
    safe = scale if scale.all() else np.where(scale > 0, scale, 1)
    unit = products / safe / safe[:, None]
    inner, towards = unit[:-1, :-1], unit[:-1, -1]
    wanted = inner + np.diag(_shrinking(sums, safe[:-1]) ** 2) if sums.ridge else inner
    values, vectors = eigh(wanted)
    if strict and not values[0] > _CLOSE:
        return None
    used = values > len(values) * 4 * _EPS * values[-1]
    inverse = np.divide(1, values, where=used, out=np.zeros(len(values)))
    b = vectors @ (inverse * (vectors.T @ towards))
    left = 1 - 2 * b @ towards + b @ inner @ b if sums.ridge else 1 - b @ towards
    if strict and not left > _TIGHT:
        return None
    around = (vectors * inverse) @ vectors.T
    square = float(scale[-1]) ** 2
    if not used.all():
        b = _shortest(b, vectors[:, used], safe, sums)
    return _finished(b, around, inner, safe, max(float(left), 0.0) * square, square, used, sums)


def of_factor(factor: TriangularFactor, intercept: bool) -> LinearFit:
    """Solve of the triangular factor of the columns (X, y), which parts of the rows have been merged to."""
    rows = factor.triangle
    if not intercept:
        rows = np.concatenate([rows, np.sqrt(factor.count) * factor.mean[None]])
    return of_columns(rows, Sums(factor.mean, factor.count, int(factor.count), intercept))


def of_columns(both: Array, sums: Sums) -> LinearFit:
    """Fit from the columns (X, y), centred where there is an intercept, or from the triangle of their QR decomposition."""
    with np.errstate(over="ignore", under="ignore"):
        scale = np.linalg.norm(both, axis=0)
    safe = scale
    if not (scale.min() > _SMALL and scale.max() < _LARGE):
        both, scale, sums = _in_units(both, sums)
        safe = np.where(scale > 0, scale, 1)
    d = both.shape[1] - 1
    unit = both / safe
    if len(unit) <= d and not sums.ridge and (b := _of_few_rows(unit, safe, sums)) is not None:
        rest, square = unit[:, d] - unit[:, :d] @ b, float(scale[-1]) ** 2
        none = np.zeros(d, bool)
        return _finished(b, None, None, safe, float(rest @ rest) * square, square, none, sums)
    triangle = np.asarray(np.linalg.qr(unit, mode="r"))
    x, y = triangle[:, :d], triangle[:, d]
    rows, right = x, y
    if sums.ridge:  # as many points more, each of which wants one coefficient to be zero
        rows = np.concatenate([x, np.diag(_shrinking(sums, safe[:-1]))])
        right = np.concatenate([y, np.zeros(d)])
    u, s, turn = np.linalg.svd(rows, full_matrices=False)
    used = s > max(sums.points, d) * _EPS * s.max(initial=0)
    inverse = np.where(used, 1 / np.where(used, s, 1), 0)
    towards = u.T @ right
    roots = turn.T * inverse
    b = roots @ towards
    if not used.all() or len(used) < d:
        b = _shortest(b, turn[used].T, safe, sums)
    rest = y - x @ b if sums.ridge else right - u[:, used] @ towards[used]
    square = float(scale[-1]) ** 2
    used = np.append(used, np.zeros(d - len(used), bool))
    return _finished(
        b, roots @ roots.T, x.T @ x, safe, float(rest @ rest) * square, square, used, sums
    )


def _of_few_rows(unit: Array, scale: Array, sums: Sums) -> Array | None:
    """Return the shortest coefficients, in the units of X, that meet fewer equations than there are columns (X, y); None if
    rows may be dependent, but for the one that is since the columns are centred.

    With W W' = R'R they are W' R^-1 R^-T y: their error grows with the condition of W, not its square, though no Q is used
    (C. C. Paige, "An error analysis of a method for solving matrix equations", Math. Comp. 27, 1973).
    """
    units = _units(scale, sums)
    if not units.min() > 1e-3:
        return None
    both = unit[::-1]  # so that the dependent row comes last
    rows, right = both[:, :-1] * units, both[:, -1]
    triangle = np.asarray(np.linalg.qr(rows.T, mode="r"))
    pivots = np.abs(triangle.diagonal())
    largest, rank = float(pivots.max()), len(pivots)
    if pivots[-1] <= max(sums.points, len(units)) * _EPS * largest:
        rank -= 1
    if not rank or not pivots[:rank].min() > 1e-9 * largest:
        return None
    inverse = _inverse(triangle[:rank, :rank])
    size = float(np.linalg.norm(triangle) * np.linalg.norm(inverse))
    if not size * sums.points * len(units) * _EPS < units.min():
        return None
    rows, missing = rows[:rank], right[:rank]
    shortest = np.zeros(len(units))
    for _ in range(2):  # once more for what rounding left
        shortest += rows.T @ (inverse @ (inverse.T @ missing))
        missing = right[:rank] - rows @ shortest
    return np.asarray(units * shortest)


def _inverse(triangle: Array) -> Array:
    """Return the inverse of an upper triangle, by halves: [A B; 0 C]^-1 = [A^-1, -A^-1 B C^-1; 0, C^-1]."""
    n = len(triangle)
    if n <= 64:
        return np.asarray(np.linalg.inv(triangle))
    half = n // 2
    result = np.zeros((n, n))
    result[:half, :half] = first = _inverse(triangle[:half, :half])
    result[half:, half:] = last = _inverse(triangle[half:, half:])
    result[:half, half:] = -(first @ triangle[:half, half:]) @ last
    return result


def _in_units(both: Array, sums: Sums) -> tuple[Array, Array, Sums]:
    """Divide columns by powers of two, so that squares stay within the range; return them, their lengths, and the sums."""
    powers = np.frexp(np.abs(both).max(axis=0))[1].astype(np.int64)
    both = np.ldexp(both, -powers)
    mean = np.ldexp(sums.mean, -powers)
    powers = powers if sums.powers is None else powers + sums.powers
    return both, np.linalg.norm(both, axis=0), sums._replace(mean=mean, powers=powers)


def out_of_range(both: Array) -> bool:
    """Tell whether a column is so short or long that its numbers may have lost digits when they were centred."""
    size = np.abs(both).max(axis=0)
    return bool(((size < _SMALL) & (size > 0) | ~(size < _LARGE)).any())


def _shrinking(sums: Sums, scale: Array) -> Array:
    """Return the root of the ridge for columns of unit length."""
    root = np.sqrt(sums.ridge) / scale
    return np.asarray(root if sums.powers is None else np.ldexp(root, -sums.powers[:-1]))


def of_targets(x: Array, y: Array, sigma: Array | None, intercept: bool) -> tuple[Array, Array]:
    """Return coefficients (t, d) and constants (t,) of the fits to several targets (n, t): one factorization serves all.

    As `of_columns`: a QR decomposition of the centred columns, scaled to unit length; the shortest coefficients of scaled
    columns where they are dependent.
    """
    n, d = x.shape
    weights = None
    if sigma is not None:
        with np.errstate(over="ignore"):
            weights = 1 / np.ldexp(sigma, -int(np.frexp(sigma.min())[1])) ** 2
    parts, means = [], []
    for columns in (x, y):
        mean, low = mean_parts(columns, weights) if intercept else np.zeros((2, columns.shape[1]))
        centred = (columns.astype(np.float64) - mean) - low
        size = np.abs(centred).max(axis=0)
        powers = np.where(size > 0, np.frexp(size)[1], 0)
        centred = np.ldexp(centred, -powers)
        if weights is not None:
            centred *= np.sqrt(weights)[:, None]
        parts.append((centred, powers))
        means.append(mean)
    (columns, p), (targets, q) = parts
    scale = np.linalg.norm(columns, axis=0)
    safe = np.where(scale > 0, scale, 1)
    basis, triangle = np.linalg.qr(columns / safe)
    u, s, turn = np.linalg.svd(triangle, full_matrices=False)
    used = s > max(n, d) * _EPS * s.max(initial=0)
    inverse = np.where(used, 1 / np.where(used, s, 1), 0)
    b = turn.T @ (inverse[:, None] * (u.T @ (basis.T @ targets)))
    with np.errstate(over="ignore", under="ignore"):
        coefficients = np.ldexp(b / safe[:, None], q - p[:, None]).T
        constants = means[1] - coefficients @ means[0]
    if not (all_finite(coefficients) and all_finite(constants)):
        raise ValueError(_BEYOND)
    return coefficients, constants


def _shortest(b: Array, rows: Array, scale: Array, sums: Sums) -> Array:
    """Return what fits as well as b, coefficients of scaled columns, and is the shortest in the units of X.

    That is the part within the span of the rows of X, of which `rows` (d, rank) are a basis in units of the scale.
    """
    units = _units(scale, sums)
    if sums.ridge or not units.min() > 1e-150:
        return b
    across = np.linalg.qr(rows * units[:, None])[0]
    return np.asarray(units * (across @ (across.T @ (b / units))))


def _units(scale: Array, sums: Sums) -> Array:
    """Return the units of scaled columns of X, the largest 1."""
    powers = np.zeros(len(scale) - 1, np.int64) if sums.powers is None else sums.powers[:-1]
    units = np.ldexp(scale[:-1], np.maximum(powers - powers.max(), -1000))
    return np.asarray(units / units.max())


def _finished(
    b: Array,
    around: Array | None,
    inner: Array | None,
    scale: Array,
    chi2: float,
    square: float,
    used: Array,
    sums: Sums,
) -> LinearFit:
    """Undo the scaling, and find what follows: intercept, covariance, r2. Without `around` the covariance is infinite."""
    d, mean = len(b), sums.mean
    coefficients = b * (scale[-1] / scale[:-1])
    constant = float(mean[-1] - mean[:-1] @ coefficients) if sums.intercept else 0.0
    if sums.powers is not None:
        with np.errstate(over="ignore", under="ignore"):
            coefficients = np.ldexp(coefficients, sums.powers[-1] - sums.powers[:-1])
            constant = float(np.ldexp(constant, sums.powers[-1]))
    taken = float(d)
    if sums.ridge and around is not None and inner is not None:
        taken = float(np.einsum("ij,ji->", around, inner))
        around = around @ inner @ around
    covariance = np.empty((d + sums.intercept, d + sums.intercept))
    inside = covariance[:d, :d]
    if around is not None:
        np.divide(around / scale[:-1], scale[:-1, None], out=inside)
    if sums.intercept and around is not None:
        with_mean = inside @ mean[:-1]
        covariance[d, :d] = covariance[:d, d] = -with_mean
        covariance[d, d] = 1 / sums.total + mean[:-1] @ with_mean
    if not (math.isfinite(constant) and all_finite(coefficients)):
        raise ValueError(_BEYOND)
    dof = sums.points - taken - sums.intercept
    r2 = 1 - chi2 / square if square > 0 else 1.0  # a constant y is met exactly
    full = bool(used.all())
    if full and dof > 0:
        covariance *= chi2 / dof
    else:
        why = "no degrees of freedom are left" if full else "columns of X are linearly dependent"
        msg = f"linear_regression: {why}; the covariance is infinite."
        warnings.warn(msg, RuntimeWarning, stacklevel=4)
        covariance.fill(np.inf)
    level = chi2 / dof / sums.total if dof > 0 else np.inf
    if sums.powers is not None or sums.unit:
        y = 0 if sums.powers is None else int(sums.powers[-1])
        with np.errstate(over="ignore", under="ignore"):
            chi2 = float(np.ldexp(chi2, 2 * y + sums.unit))
            level = float(np.ldexp(level, 2 * y))
            if sums.powers is not None:
                covariance = scaled(
                    covariance, -np.append(sums.powers[:-1], 0)[: len(covariance)], 2 * y
                )
    fit = LinearFit(coefficients, constant, covariance, chi2, dof, r2)
    if sums.intercept and full and dof > 0 and covariance[d, d] > FAR * level:
        units = 0 if sums.powers is None else sums.powers[:-1]
        fit.keep_centre(np.ldexp(mean[:-1], units), level)
    return fit

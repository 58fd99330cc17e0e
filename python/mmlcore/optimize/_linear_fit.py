"""What a linear regression returns, and how it follows from sums of products or from a triangular factor."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np

from mmlcore.core.arrays import Array, all_finite
from mmlcore.eigen import eigh

_CLOSE = 1e-4  # smallest eigenvalue of the correlations from which on the normal equations keep 12 digits
_TIGHT = 1e-6  # share of the variance that is left, below which the sum of squares loses digits
_EPS = float(np.finfo(np.float64).eps)


class LinearFit(NamedTuple):
    """What `linear_regression` returns."""

    coefficients: Array
    """b, shape (d,)."""
    intercept: float
    """c; 0 without."""
    covariance: Array
    """Covariance of (b, c), shape (d + 1, d + 1), or (d, d) without intercept; infinite where columns are dependent."""
    chi2: float
    """Weighted sum of squared residuals."""
    dof: float
    """Points less parameters."""
    r2: float
    """Share of the variance of y that is explained."""

    @property
    def standard_errors(self) -> Array:
        """Square roots of the diagonal of the covariance."""
        return np.asarray(np.sqrt(self.covariance.diagonal()))

    @property
    def t_values(self) -> Array:
        """Coefficients, and the intercept if there is one, in units of their standard errors."""
        all_ = np.append(self.coefficients, self.intercept)[: len(self.covariance)]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(all_ / self.standard_errors)


class Sums(NamedTuple):
    """What is known of the columns (X, y) besides their products."""

    mean: Array
    total: float
    """Sum of the weights."""
    points: float
    intercept: bool
    ridge: float = 0.0


def of_scatter(scatter: Array, sums: Sums, *, strict: bool = False) -> LinearFit | None:
    """Solve the normal equations of the columns (X, y), scaled to unit diagonal; None if `strict` and digits would be lost."""
    mean = sums.mean
    products = scatter if sums.intercept else scatter + sums.total * np.outer(mean, mean)
    scale = np.sqrt(products.diagonal())
    safe = scale if scale.all() else np.where(scale > 0, scale, 1)
    unit = products / safe / safe[:, None]
    inner, towards = unit[:-1, :-1], unit[:-1, -1]
    wanted = inner + np.diag(sums.ridge / safe[:-1] ** 2) if sums.ridge else inner
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
    return _finished(b, around, inner, safe, max(float(left), 0.0) * square, square, used, sums)


def of_columns(both: Array, sums: Sums) -> LinearFit:
    """Fit from the columns (X, y), centred where there is an intercept, or from the triangle of their QR decomposition."""
    scale = np.linalg.norm(both, axis=0)
    safe = np.where(scale > 0, scale, 1)
    triangle = np.asarray(np.linalg.qr(both / safe, mode="r"))
    d = both.shape[1] - 1
    x, y = triangle[:, :d], triangle[:, d]
    rows, right = x, y
    if sums.ridge:  # as many points more, each of which wants one coefficient to be zero
        rows = np.concatenate([x, np.diag(np.sqrt(sums.ridge) / safe[:-1])])
        right = np.concatenate([y, np.zeros(d)])
    u, s, turn = np.linalg.svd(rows, full_matrices=False)
    used = s > max(sums.points, d) * _EPS * s.max(initial=0)
    inverse = np.where(used, 1 / np.where(used, s, 1), 0)
    towards = u.T @ right
    roots = turn.T * inverse
    b = roots @ towards
    rest = y - x @ b if sums.ridge else right - u[:, used] @ towards[used]
    square = float(scale[-1]) ** 2
    used = np.append(used, np.zeros(d - len(used), bool))
    return _finished(
        b, roots @ roots.T, x.T @ x, safe, float(rest @ rest) * square, square, used, sums
    )


def _finished(
    b: Array,
    around: Array,
    inner: Array,
    scale: Array,
    chi2: float,
    square: float,
    used: Array,
    sums: Sums,
) -> LinearFit:
    """Undo the scaling, and find what follows: intercept, covariance, r2."""
    d, mean = len(b), sums.mean
    coefficients = b * (scale[-1] / scale[:-1])
    constant = float(mean[-1] - mean[:-1] @ coefficients) if sums.intercept else 0.0
    taken = float(d)
    if sums.ridge:
        taken = float(np.einsum("ij,ji->", around, inner))
        around = around @ inner @ around
    covariance = np.empty((d + sums.intercept, d + sums.intercept))
    inside = covariance[:d, :d]
    np.divide(around / scale[:-1], scale[:-1, None], out=inside)
    if sums.intercept:
        with_mean = inside @ mean[:-1]
        covariance[d, :d] = covariance[:d, d] = -with_mean
        covariance[d, d] = 1 / sums.total + mean[:-1] @ with_mean
    if not (math.isfinite(constant) and all_finite(coefficients)):
        msg = (
            "X, y: a coefficient leaves the range of float64; multiply X or divide y by a constant."
        )
        raise ValueError(msg)
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
    return LinearFit(coefficients, constant, covariance, chi2, dof, r2)

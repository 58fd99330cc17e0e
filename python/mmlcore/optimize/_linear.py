"""Linear least squares: y = X b + c, in one pass over the data where that keeps the digits, and by QR where it does not."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, as_data, finite, same_dtype, shape_error
from mmlcore.stats import Moments
from mmlcore.stats._covariance import scatter_of

_SMALL = 1 << 22  # up to that many numbers a QR decomposition takes no time worth saving
_CLOSE = 1e-4  # smallest eigenvalue of the correlations from which on the normal equations keep 12 digits
_TIGHT = (
    1e-6  # share of the variance that is left over, below which the sum of squares loses digits
)


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


def linear_regression(
    X: Any,
    y: ArrayLike | None = None,
    *,
    sigma: ArrayLike | None = None,
    intercept: bool = True,
) -> LinearFit:
    """Fit y = X b + c by least squares.

    Parameters
    ----------
    X : array_like of shape (n, d) or (n,), float32 or float64; or Moments
        Points; or the moments of (X, y), y as the last feature, and no `y`.
    y : array_like of shape (n,)
        What is to be explained.
    sigma : array_like of shape (n,), optional
        Standard deviations of y: a point counts 1 / sigma^2. Relative ones suffice.
    intercept : bool, default True
        Whether there is a c. Without, r2 is that of y against 0.

    Returns
    -------
    LinearFit
        (coefficients, intercept, covariance, chi2, dof, r2), and the properties `standard_errors` and `t_values`. The
        covariance is scaled by chi2 / dof, as that of `curve_fit` is.

    Warns
    -----
    RuntimeWarning
        Columns are linearly dependent: the coefficients are the shortest that fit best, their covariance is infinite. Or
        there are no degrees of freedom left for a covariance.

    Raises
    ------
    ValueError
        NaN, infinity, shapes that do not fit, a sigma that is not positive, no points.

    Notes
    -----
    Data of more than four million numbers are read once, for the scatter matrix of (X, y), centred as `covariance` does;
    the normal equations are solved by its eigenvectors, scaled to unit variances, while their smallest eigenvalue is above
    1e-4 and more than 1e-6 of the variance of y is left: errors stay below some 1e-12. All other data go through a QR
    decomposition of the centred and scaled columns, whose errors grow with the condition of X, not its square. Moments
    have nothing to go back to: their digits are those of the normal equations. Cost: n d^2 operations, or 2 n d^2.

    References
    ----------
    .. [1] A. Bjorck, "Numerical methods for least squares problems" (1996), sections 2.2 to 2.4.

    Examples
    --------
    >>> import mmlcore as mml
    >>> fit = mml.linear_regression([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.2])
    >>> fit.coefficients.round(3), round(fit.intercept, 3), round(fit.r2, 4)
    (array([2.06]), 0.96, 0.9994)
    """
    if isinstance(X, Moments):
        if y is not None or sigma is not None:
            msg = (
                "y, sigma: Moments hold them already: y as the last feature, weights when updating."
            )
            raise ValueError(msg)
        if X.dim < 2:
            msg = f"X: got Moments of {X.dim} feature, needed those of X and y, at least 2."
            raise ValueError(msg)
        scatter = X.covariance() * X.count
        return _solved(scatter, X.mean, X.count, X.count, intercept)
    x, target, weights = _checked(X, y, sigma)
    n, d = x.shape
    if n * (d + 1) > _SMALL:
        mean, scatter, total = scatter_of(x, weights, "X, y", target)
        if _keeps_digits(scatter, mean, total, intercept):
            return _solved(scatter, mean, total, n, intercept)
    return _by_qr(x, target, weights, intercept)


def _checked(
    X: Any, y: ArrayLike | None, sigma: ArrayLike | None
) -> tuple[Array, Array, Array | None]:
    x = as_array(X, "X")
    x = x[:, None] if x.ndim == 1 else as_data(x, "X")
    if y is None:
        msg = "y: got None, needed a number for each point."
        raise TypeError(msg)
    target = as_array(y, "y")
    n = x.shape[0]
    if target.shape != (n,):
        raise shape_error("y", target.shape, f"({n},), a number for each row of X")
    if 0 in x.shape:
        raise shape_error("X", x.shape, "at least one point and one feature")
    weights = None
    if sigma is not None:
        s = finite(as_array(sigma, "sigma"), "sigma").astype(np.float64)
        if s.shape != (n,) or not (s > 0).all():
            msg = f"sigma: got shape {s.shape}, needed ({n},) positive numbers."
            raise ValueError(msg)
        weights = 1 / s**2
    x, target = same_dtype(x, target)
    return x, target, weights


def _scaled(scatter: Array, mean: Array, total: float, intercept: bool) -> tuple[Array, Array]:
    """Return the sums of products that are to be solved, with unit diagonal, and what they were scaled by."""
    products = scatter if intercept else scatter + total * np.outer(mean, mean)
    scale = np.sqrt(products.diagonal())
    safe = np.where(scale > 0, scale, 1)
    return products / np.outer(safe, safe), safe


def _keeps_digits(scatter: Array, mean: Array, total: float, intercept: bool) -> bool:
    unit, _ = _scaled(scatter, mean, total, intercept)
    inner = unit[:-1, :-1]
    if not np.linalg.eigvalsh(inner)[0] > _CLOSE:
        return False
    left = 1 - unit[:-1, -1] @ np.linalg.solve(inner, unit[:-1, -1])
    return bool(left > _TIGHT)


def _solved(scatter: Array, mean: Array, total: float, points: float, intercept: bool) -> LinearFit:
    """Solve the normal equations of the columns (X, y)."""
    unit, scale = _scaled(scatter, mean, total, intercept)
    values, vectors = np.linalg.eigh(unit[:-1, :-1])
    values = np.maximum(values, 0)
    used = values > len(values) * 4 * np.finfo(float).eps * values[-1]
    inverse = np.where(used, 1 / np.where(used, values, 1), 0)
    towards = vectors.T @ unit[:-1, -1]
    explained = float((towards**2 * inverse).sum())
    roots = vectors * np.sqrt(inverse)
    b = vectors @ (inverse * towards)
    chi2 = max(1 - explained, 0.0) * float(scale[-1]) ** 2
    return _finished(
        b,
        roots @ roots.T,
        scale,
        mean,
        total,
        points,
        chi2,
        float(scale[-1]) ** 2,
        used.all(),
        intercept,
    )


def _by_qr(x: Array, y: Array, weights: Array | None, intercept: bool) -> LinearFit:
    """QR of the columns (X, y), centred, weighted and scaled; then the singular values of the triangle."""
    both = finite(np.column_stack([x, y]).astype(np.float64), "X, y")
    n = len(both)
    counts = np.ones(n) if weights is None else weights
    total = float(counts.sum())
    mean = counts @ both / total
    if intercept:
        both -= mean
        correction = counts @ both / total  # what rounding left of the first
        both -= correction
        mean = mean + correction
    if weights is not None:
        both *= np.sqrt(weights)[:, None]
    return of_columns(both, mean, total, n, intercept)


def of_columns(both: Array, mean: Array, total: float, points: float, intercept: bool) -> LinearFit:
    """Fit from the columns (X, y), centred where there is an intercept, or from the triangle of their QR decomposition."""
    scale = np.linalg.norm(both, axis=0)
    safe = np.where(scale > 0, scale, 1)
    triangle = np.asarray(np.linalg.qr(both / safe, mode="r"))
    d = both.shape[1] - 1
    u, s, turn = np.linalg.svd(triangle[:d, :d], full_matrices=False)
    used = s > max(points, d) * np.finfo(float).eps * s.max(initial=0)
    inverse = np.where(used, 1 / np.where(used, s, 1), 0)
    towards = u.T @ triangle[:d, d]
    roots = turn.T * inverse
    left = float(((triangle[:d, d] - u[:, used] @ towards[used]) ** 2).sum())
    left += float((triangle[d:, d] ** 2).sum())
    full = bool(used.all()) and len(used) == d
    square = float(scale[-1]) ** 2
    return _finished(
        *(roots @ towards, roots @ roots.T, safe, mean, total, points),
        *(left * square, square, full, intercept),
    )


def _finished(
    b: Array,
    inverse: Array,
    scale: Array,
    mean: Array,
    total: float,
    points: float,
    chi2: float,
    square: float,
    full: bool,
    intercept: bool,
) -> LinearFit:
    """Undo the scaling, and find what follows: intercept, covariance, r2."""
    d = len(b)
    coefficients = b * (scale[-1] / scale[:-1])
    constant = float(mean[-1] - mean[:-1] @ coefficients) if intercept else 0.0
    covariance = inverse / np.outer(scale[:-1], scale[:-1])
    if intercept:
        with_mean = covariance @ mean[:-1]
        corner = 1 / total + mean[:-1] @ with_mean
        covariance = np.block([[covariance, -with_mean[:, None]], [-with_mean, corner]])
    dof = points - d - intercept
    r2 = 1 - chi2 / square if square > 0 else 1.0  # a constant y is met exactly
    if full and dof > 0:
        covariance = covariance * (chi2 / dof)
    else:
        why = "no degrees of freedom are left" if full else "columns of X are linearly dependent"
        msg = f"linear_regression: {why}; the covariance is infinite."
        warnings.warn(msg, RuntimeWarning, stacklevel=4)
        covariance = np.full_like(covariance, np.inf)
    return LinearFit(coefficients, constant, covariance, chi2, dof, r2)

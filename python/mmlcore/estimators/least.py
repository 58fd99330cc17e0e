"""Least squares for the linear estimators: sums, penalties, signs, and sparse data."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mmlcore.core.arrays import Array, is_sparse
from mmlcore.eigen import eigh
from mmlcore.elimination import cholesky, solve
from mmlcore.matrices import matmul
from mmlcore.singular import lstsq, svd
from mmlcore.stats.scatter import scatter_parts
from mmlcore.stats.summary import mean_parts

_SAFE = 1e-10  # squared ratio of a Cholesky factor's diagonal below which sums of squares have lost digits
_WIDE = 2000  # features of sparse data up to which their products are a dense matrix
_EPS = float(np.finfo(np.float64).eps)


class Columns(NamedTuple):
    """Features and targets less their weighted means, rows times the roots of their weights, in float64."""

    x: Array
    y: Array
    x_mean: Array
    y_mean: Array


def columns(x: Array, y: Array, weights: Array | None, intercept: bool) -> Columns:
    """Centre and weight dense data."""
    found = []
    for part in (x, y):
        values = part.astype(np.float64)
        mean = np.zeros(values.shape[1])
        if intercept:
            mean, low = mean_parts(part, weights)
            values -= mean
            values -= low
        if weights is not None:
            values *= np.sqrt(weights)[:, None]
        found.append((values, mean))
    return Columns(found[0][0], found[1][0], found[0][1], found[1][1])


def of_ridge(
    x: Any, y: Array, alpha: Array, weights: Array | None, intercept: bool, by_svd: bool
) -> tuple[Array, Array]:
    """Return coefficients (t, d) and constants (t,) of y (n, t) with a penalty for each target."""
    if is_sparse(x):
        return of_sparse(x, y, alpha, weights, intercept)
    n, d = x.shape
    if not by_svd and n >= d and alpha.min() > 0:
        found = _of_sums(x, y, alpha, weights, intercept)
        if found is not None:
            return found
    parts = columns(x, y, weights, intercept)
    b = None
    if not by_svd and n < d and alpha.min() > 0:
        inner = matmul(parts.x, parts.x.T)
        b = _penalized(inner, parts.y, alpha)
        b = None if b is None else matmul(parts.x.T, b)
    if b is None:
        b = _by_svd(parts, alpha)
    return b.T, parts.y_mean - b.T @ parts.x_mean


def _of_sums(
    x: Array, y: Array, alpha: Array, weights: Array | None, intercept: bool
) -> tuple[Array, Array] | None:
    """Solve the normal equations; None where they have lost digits."""
    d = x.shape[1]
    if y.shape[1] > 1:  # products of targets with each other are not wanted
        parts = columns(x, y, weights, intercept)
        b = _penalized(matmul(parts.x.T, parts.x), matmul(parts.x.T, parts.y), alpha)
        return None if b is None else (b.T, parts.y_mean - b.T @ parts.x_mean)
    sums = scatter_parts(x, weights, last=np.ascontiguousarray(y[:, 0]))
    matrix, total = sums.plain("X, y")
    mean = sums.mean if intercept else np.zeros(len(sums.mean))
    if not intercept:
        matrix = matrix + total * np.outer(sums.mean, sums.mean)
    b = _penalized(matrix[:d, :d], matrix[:d, d:], alpha)
    return None if b is None else (b.T, mean[d:] - b.T @ mean[:d])


def _penalized(matrix: Array, right: Array, alpha: Array) -> Array | None:
    """Solve (matrix + alpha_t) b_t = right_t; None where that is nearly singular."""
    result = np.empty(right.shape)
    for penalty in np.unique(alpha):
        wanted = np.array(matrix)
        wanted.flat[:: len(wanted) + 1] += penalty
        try:
            diagonal = np.diagonal(cholesky(wanted))
        except np.linalg.LinAlgError:
            return None
        if diagonal.size and not diagonal.min() ** 2 > _SAFE * diagonal.max() ** 2:
            return None
        of_it = alpha == penalty
        result[:, of_it] = solve(wanted, right[:, of_it])
    return result


def _by_svd(parts: Columns, alpha: Array) -> Array:
    u, s, vh = svd(parts.x)
    used = s > max(parts.x.shape) * _EPS * s.max(initial=0)
    u, s, vh = u[:, used], s[used], vh[used]
    return np.asarray(vh.T @ (s[:, None] / (s[:, None] ** 2 + alpha) * (u.T @ parts.y)))


def of_sparse(
    x: Any, y: Array, alpha: Array, weights: Array | None, intercept: bool
) -> tuple[Array, Array]:
    """Fit to sparse data, which are centred without being made dense."""
    n, d = x.shape
    x, y = x.tocsr().astype(np.float64), y.astype(np.float64)
    w = np.ones(n) if weights is None else weights.astype(np.float64)
    total = w.sum()
    x_mean = np.asarray(w @ x).reshape(-1) / total if intercept else np.zeros(d)
    y_mean = w @ y / total if intercept else np.zeros(y.shape[1])
    left = (y - y_mean) * w[:, None]
    towards = np.asarray(x.T @ left) - np.outer(x_mean, left.sum(axis=0))
    if d <= _WIDE:
        heavy = x.multiply(np.sqrt(w)[:, None]).tocsr()
        inner = np.asarray((heavy.T @ heavy).toarray()) - total * np.outer(x_mean, x_mean)
        values, vectors = eigh((inner + inner.T) / 2)
        used = values > d * 4 * _EPS * values[-1]
        values, vectors = values[used, None], vectors[:, used]
        b = vectors @ ((vectors.T @ towards) / (values + alpha))
    else:
        b = np.stack(
            [_by_gradients(x, x_mean, w, t, a) for t, a in zip(towards.T, alpha, strict=True)],
            axis=1,
        )
    return b.T, y_mean - b.T @ x_mean


def _by_gradients(x: Any, mean: Array, w: Array, right: Array, alpha: float) -> Array:
    """Solve (X'WX + alpha) b = right of centred X by conjugate gradients (Hestenes, Stiefel 1952)."""
    b, rest = np.zeros(len(right)), right.copy()
    along, size = rest.copy(), float(right @ right)
    least = 1e-20 * size
    for _ in range(10 * len(right)):
        if not size > least:
            break
        image = w * (x @ along - mean @ along)
        image = x.T @ image - mean * image.sum() + alpha * along
        step = size / float(along @ image)
        b += step * along
        rest -= step * image
        size, before = float(rest @ rest), size
        along = rest + size / before * along
    return b


def nonnegative(x: Any, y: Array, alpha: Array) -> Array:
    """Return the coefficients (d, t), none below 0, nearest to centred and weighted targets (n, t), with a penalty for each.

    An active set, target by target (C. L. Lawson, R. J. Hanson, "Solving Least Squares Problems", 1974, chapter 23), on the
    triangular factor of the features.
    """
    d, basis = x.shape[1], x
    right = y
    if len(x) > d:
        basis, right = _triangle(x, y)
    result = np.zeros((d, y.shape[1]))
    for t, penalty in enumerate(alpha):
        rows, goal = basis, right[:, t]
        if penalty > 0:
            rows = np.concatenate([rows, np.sqrt(penalty) * np.eye(d)])
            goal = np.concatenate([goal, np.zeros(d)])
        result[:, t] = _active_set(rows, goal)
    return result


def _triangle(x: Array, y: Array) -> tuple[Array, Array]:
    """Return R and Q'y of x = Q R: by the products of the columns, or by reflections where these have lost digits."""
    inner, towards = matmul(x.T, x), matmul(x.T, y)
    try:
        lower = cholesky(inner)
    except np.linalg.LinAlgError:
        lower = np.zeros_like(inner)
    if (np.diagonal(lower) ** 2 > _SAFE * np.diagonal(inner)).all():
        return lower.T, np.asarray(solve(lower, towards))
    q, upper = np.linalg.qr(x)
    return upper, q.T @ y


def _active_set(a: Array, y: Array) -> Array:
    d = a.shape[1]
    b, free = np.zeros(d), np.zeros(d, bool)
    tolerance = 10 * d * _EPS * float(np.linalg.norm(a)) * float(np.linalg.norm(y))
    for _ in range(10 * d + 10):
        slope = a.T @ (y - a @ b)
        slope[free] = -np.inf
        if free.all() or not slope.max(initial=-np.inf) > tolerance:
            break
        free[slope.argmax()] = True
        while True:
            wanted = np.zeros(d)
            wanted[free] = lstsq(a[:, free], y).x
            low = free & (wanted <= 0)
            if not low.any():
                b = wanted
                break
            # As far towards it as all stay positive; what comes to zero is held there.
            steps = b[low] / np.maximum(b[low] - wanted[low], np.finfo(float).tiny)
            b = np.where(free, b + steps.min() * (wanted - b), 0.0)
            held = free & (b <= _EPS * np.abs(b).max(initial=0))
            held[np.flatnonzero(low)[steps.argmin()]] = True
            free &= ~held
            b[held] = 0.0
    return b

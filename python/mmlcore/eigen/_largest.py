"""Eigenvalues of symmetric matrices, as far as principal components need them."""

from __future__ import annotations

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array
from mmlcore.orthogonal import gram_schmidt

_DEGREE = 8
_ROUNDS = 6
# Measured: the filter wins where the block is a 48th of the order, the tridiagonal route up to a quarter.
_FILTER_FROM, _FILTER_SHARE, _DIRECT_SHARE = 384, 48, 4


def largest_of_psd(a: Array, k: int, tol: float = 1e-11) -> tuple[Array, Array]:
    """Return the k largest eigenvalues, descending, of a positive semidefinite float64 matrix, and their vectors.

    For k far below the order, subspace iteration filtered by Chebyshev polynomials [1]_: the block is multiplied by
    T_m of A scaled so that the unwanted part of the spectrum, from 0 to the smallest Ritz value of the block, falls
    into [-1, 1], where T_m stays below 1, while outside it grows exponentially. A round costs m products with the
    block. Where the spectrum is too flat for that, and for k up to a quarter of the order, the tridiagonal form with
    bisection and inverse iteration for the wanted pairs alone. Both are certified by their residuals,
    ||A v - theta v|| <= tol ||A||; what fails, and any larger k, goes to LAPACK's full decomposition.

    References
    ----------
    .. [1] Y. Zhou, Y. Saad, M. L. Tiago, J. R. Chelikowsky, "Self-consistent-field calculations using
       Chebyshev-filtered subspace iteration", J. Comput. Phys. 219 (2006), algorithm 4.3.
    """
    d = a.shape[0]
    block = k + max(10, k // 5)
    if d >= _FILTER_FROM and _FILTER_SHARE * block <= d:
        found = _filtered_subspace(a, k, block, tol)
        if found is not None:
            return found
    return largest_of_symmetric(a, k, tol)


def largest_of_symmetric(a: Array, k: int, tol: float) -> tuple[Array, Array]:
    """Return the k largest eigenpairs of a symmetric float64 matrix: those alone where that is faster, or all."""
    n = a.shape[0]
    if _DIRECT_SHARE * k <= n:
        values, vectors = np.empty(k), np.empty((n, k))
        if _core.symmetric_top(a, values, vectors) <= tol:
            return values, vectors
    values, vectors = np.linalg.eigh(a)
    return values[::-1][:k], vectors[:, ::-1][:, :k]


def _filtered_subspace(a: Array, k: int, block: int, tol: float) -> tuple[Array, Array] | None:
    d = a.shape[0]
    start = _core.random_numbers(0, 0, 0, d * block, True).reshape(d, block)
    basis = gram_schmidt(_times(a, start), rtol=0)
    before = np.inf
    for left in reversed(range(_ROUNDS)):
        image = _times(a, basis)
        small = _times(basis.T, image)
        theta, turn = np.linalg.eigh((small + small.T) / 2)
        theta, turn = theta[::-1], np.ascontiguousarray(turn[:, ::-1])
        if not theta[0] > 0:
            return None
        basis, image = _times(basis, turn), _times(image, turn)
        residual = np.linalg.norm(image[:, :k] - basis[:, :k] * theta[:k], axis=0).max() / theta[0]
        if residual <= tol:
            return theta[:k], basis[:, :k]
        rate = residual / before
        if left < _ROUNDS - 3 and residual * rate**left > tol:
            return None  # at this rate the rounds that are left do not suffice
        before = residual
        basis = gram_schmidt(_filter(a, basis, image, theta), rtol=0)
    return None


def _times(a: Array, b: Array) -> Array:
    """Multiply by our own kernel whatever the size: a change between two thread pools would cost more."""
    out = np.empty((a.shape[0], b.shape[1]))
    _core.matmul(a, b, out)
    return out


def _filter(a: Array, basis: Array, image: Array, theta: Array) -> Array:
    """Multiply the block by T_m((A - c) / c), c half the smallest Ritz value, scaled to stay in range."""
    c = max(theta[-1] / 2, 1e-14 * theta[0])
    sigma = c / (theta[0] - c)  # 1 / T_1 at the largest eigenvalue; each degree is divided by its T
    before: Array = basis
    now: Array = (image - c * basis) * (sigma / c)
    rate = sigma
    for _ in range(_DEGREE - 1):
        following = 1 / (2 / sigma - rate)
        product = _times(a, now)
        product -= c * now
        product *= 2 * following / c
        product -= (rate * following) * before
        before, now, rate = now, product, following
    return now

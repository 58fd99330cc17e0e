"""Eigenvalues of symmetric matrices, as far as principal components need them."""

from __future__ import annotations

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array
from mmlcore.orthogonal import gram_schmidt

_DEGREE = 10
_ROUNDS = 8


def largest_of_psd(a: Array, k: int) -> tuple[Array, Array]:
    """Return the k largest eigenvalues, descending, of a positive semidefinite float64 matrix, and their vectors.

    For k well below the order, subspace iteration filtered by Chebyshev polynomials [1]_: the block is multiplied by
    T_m of A scaled so that the unwanted part of the spectrum, from 0 to the smallest Ritz value of the block, falls
    into [-1, 1], where T_m stays below 1, while outside it grows exponentially. A round costs m products with the
    block. The result is certified by its residuals, ||A v - theta v|| <= 1e-13 ||A||; a spectrum too flat for that
    within some rounds, and any larger k, goes to LAPACK's full decomposition.

    References
    ----------
    .. [1] Y. Zhou, Y. Saad, M. L. Tiago, J. R. Chelikowsky, "Self-consistent-field calculations using
       Chebyshev-filtered subspace iteration", J. Comput. Phys. 219 (2006), algorithm 4.3.
    """
    d = a.shape[0]
    block = k + max(10, k // 5)
    if d >= 192 and 6 * block <= d:
        found = _filtered_subspace(a, k, block)
        if found is not None:
            return found
    values, vectors = np.linalg.eigh(a)
    return values[::-1][:k], vectors[:, ::-1][:, :k]


def _filtered_subspace(a: Array, k: int, block: int) -> tuple[Array, Array] | None:
    d = a.shape[0]
    start = _core.random_numbers(0, 0, 0, d * block, True).reshape(d, block)
    basis = gram_schmidt(a @ start, rtol=0)
    for _ in range(_ROUNDS):
        image = a @ basis
        small = basis.T @ image
        theta, turn = np.linalg.eigh((small + small.T) / 2)
        theta, turn = theta[::-1], turn[:, ::-1]
        basis, image = basis @ turn, image @ turn
        residual = np.linalg.norm(image[:, :k] - basis[:, :k] * theta[:k], axis=0)
        if theta[0] <= 0:
            return None
        if residual.max() <= 1e-13 * theta[0]:
            return theta[:k], basis[:, :k]
        basis = gram_schmidt(_filter(a, basis, image, theta), rtol=0)
    return None


def _filter(a: Array, basis: Array, image: Array, theta: Array) -> Array:
    """Multiply the block by T_m((A - c) / c), c half the smallest Ritz value, scaled to stay in range."""
    c = max(theta[-1] / 2, 1e-14 * theta[0])
    sigma = c / (theta[0] - c)  # 1 / T_1 at the largest eigenvalue; each degree is divided by its T
    before, now = basis, (image - c * basis) * (sigma / c)
    rate = sigma
    for _ in range(_DEGREE - 1):
        following = 1 / (2 / sigma - rate)
        product = np.matmul(a, now)
        product -= c * now
        product *= 2 * following / c
        product -= (rate * following) * before
        before, now, rate = now, product, following
    return now

"""The Lanczos method: the ends of the spectrum of a symmetric matrix that is known by its products with vectors.

The basis is restarted thickly, from the Ritz vectors that look best, and orthogonalized in full: K. Wu, H. Simon,
"Thick-restart Lanczos method for large symmetric eigenvalue problems", SIAM J. Matrix Anal. Appl. 22 (2000).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, shape_error
from mmlcore.core.errors import ConvergenceError
from mmlcore.eigen._direct import all_pairs
from mmlcore.eigen._full import Eigen

_FAR = 300


def far_power(size: float) -> int:
    """Return the exponent of two of numbers whose squares would leave the range, and 0 for all others."""
    power = int(np.frexp(size)[1])
    return power if abs(power) > _FAR else 0


def lanczos(
    times: Callable[[Array], Array], n: int, k: int, bound: float, seed: int, restarts: int
) -> tuple[Array, Array]:
    """Return the k largest eigenpairs, descending, with residuals up to `bound` times the largest size of a value.

    V' A V is an arrow (kept Ritz values and their couplings) and then tridiagonal. Far from 1, where squares would leave the
    range, products are scaled by a power of two, which the first one shows.
    """
    size = min(n, max(2 * k + 10, 64))
    basis = np.zeros((size + 1, n))
    basis[0] = _random_direction(seed, 0, n, basis[:0])
    small = np.zeros((size, size))
    kept = power = 0
    for restart in range(restarts):
        beta = 0.0
        for j in range(kept, size):
            image = _product(times, basis[j], n)
            if restart == j == 0:
                power = far_power(float(np.abs(image).max()))
            if power:
                image = np.ldexp(image, -power)
            small[j, j] = basis[j] @ image
            beta = _core.orthogonalize(basis[: j + 1], image)
            if beta <= 1e-14 * np.abs(small).max():
                beta = 0.0  # an invariant subspace: go on in another direction
                if j + 1 < n:
                    basis[j + 1] = _random_direction(
                        seed, restart * size + j + 1, n, basis[: j + 1]
                    )
            else:
                basis[j + 1] = image / beta
            if j + 1 < size:
                small[j, j + 1] = small[j + 1, j] = beta
        theta, turn = all_pairs(small)
        residual = beta * np.abs(turn[-1, :k]).max() / max(np.abs(theta).max(), 1e-300)
        vectors = np.empty((n, size))
        _core.matmul(basis[:size].T, turn, vectors)
        if residual <= bound or size == n:
            return np.ldexp(theta[:k], power), np.ascontiguousarray(vectors[:, :k])
        kept = min(k + (size - k) // 2, size - 1)
        last = basis[size].copy()
        basis[:kept] = vectors[:, :kept].T
        basis[kept] = last
        small[:] = 0
        small[np.arange(kept), np.arange(kept)] = theta[:kept]
        small[kept, :kept] = small[:kept, kept] = beta * turn[-1, :kept]
    msg = (
        f"top_eigh reached a residual of {residual:.3g} in {restarts} restarts, needed {bound:.3g}. "
        "The last pairs are in .result."
    )
    raise ConvergenceError(msg, Eigen(np.ldexp(theta[:k], power), vectors[:, :k]))


def _product(times: Callable[[Array], Array], v: Array, n: int) -> Array:
    image = np.array(times(v), dtype=np.float64)
    if image.shape != (n,):
        raise shape_error("A", image.shape, f"a callable that returns ({n},)")
    if not np.isfinite(image).all():
        msg = "A: a product contains NaN or infinity."
        raise ValueError(msg)
    return image


def _random_direction(seed: int, stream: int, n: int, basis: Array) -> Array:
    v = np.asarray(_core.random_numbers(seed, stream, 0, n, True))
    length = _core.orthogonalize(basis, v)
    return np.asarray(v / length)

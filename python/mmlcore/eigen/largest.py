"""The largest eigenpairs of a dense symmetric matrix, by the way that is fastest for their number."""

from __future__ import annotations

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array
from mmlcore.core.errors import ConvergenceError
from mmlcore.eigen._direct import by_all, by_tridiagonal
from mmlcore.eigen._lanczos import Search, far_power, lanczos

# Measured: from this order on, for less than a fortieth of all pairs, Lanczos and its certificate beat the tridiagonal form,
# if they need no more restarts; and that form beats the full decomposition up to a quarter.
_LANCZOS_FROM, _LANCZOS_SHARE, _RESTARTS = 384, 40, 12
_DIRECT_SHARE = 4


def largest_of_psd(a: Array, k: int, tol: float) -> tuple[Array, Array]:
    """Return the k largest eigenpairs, descending, of a positive semidefinite float64 matrix."""
    return largest_of_symmetric(a, k, tol, float(a.diagonal().max(initial=0)))


def largest_of_symmetric(
    a: Array, k: int, tol: float, largest: float, seed: int = 0
) -> tuple[Array, Array]:
    """Return the k largest eigenpairs, descending, of a symmetric float64 matrix with elements up to `largest`.

    Residuals ||A v - theta v|| are at most tol ||A||.
    """
    power = far_power(largest)
    if power:
        values, vectors = _largest(np.ldexp(a, -power), k, tol, seed)
        with np.errstate(over="ignore"):  # the caller looks for values that leave the range
            return np.ldexp(values, power), vectors
    return _largest(a, k, tol, seed)


def _largest(a: Array, k: int, tol: float, seed: int) -> tuple[Array, Array]:
    n = len(a)
    if n >= _LANCZOS_FROM and _LANCZOS_SHARE * k <= n:
        found = _by_lanczos(np.ascontiguousarray(a), k, tol, seed)
        if found is not None:
            return found
    return by_tridiagonal(a, k, tol) if _DIRECT_SHARE * k <= n else by_all(a, k)


def _by_lanczos(a: Array, k: int, tol: float, seed: int) -> tuple[Array, Array] | None:
    """Return what Lanczos finds, if that is soon and it missed nothing."""

    def times(v: Array) -> Array:
        image = np.empty(len(v))
        _core.symmetric_product(a, v, image)
        return image

    try:
        found = lanczos(times, len(a), k, Search(tol, seed, _RESTARTS))
    except ConvergenceError:
        return None
    return found if _complete(a, *found, tol) else None


def _complete(a: Array, values: Array, vectors: Array, tol: float) -> bool:
    """Tell whether no eigenvalue above those found was missed, as Lanczos may miss a copy of a repeated one."""
    size = float(np.abs(values).max())
    slack = max(10 * tol, 8 * len(a) * np.finfo(np.float64).eps) * size
    return _core.certify_spectrum_above(values[-1] + slack, a, values, vectors, size)

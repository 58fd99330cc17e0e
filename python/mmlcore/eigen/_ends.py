"""Which eigenvalues `top_eigh` gives: the largest, the smallest, or the largest in size; of real and of Hermitian matrices.

The smallest are the largest of -A. The largest in size are among the largest and the smallest. A Hermitian matrix A = B + iC,
known by its products, is a real symmetric one of twice the order, [[B, -C], [C, B]], that has each of its eigenvalues twice:
with x + iy also i (x + iy) is an eigenvector. Of 2 k of those, the complex vectors x + iy span at least k directions, in which
the projection of A has the pairs that are wanted (Rayleigh and Ritz).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, shape_error
from mmlcore.core.errors import ConvergenceError
from mmlcore.eigen._lanczos import Search, complete_lanczos
from mmlcore.eigen._symmetric import EigenResult, eigh
from mmlcore.eigen.largest import largest_of_symmetric

ENDS = ("largest", "smallest", "magnitude")
_SMALL = 300  # rows up to which all pairs are there as soon as those of both ends


def as_which(which: Any) -> str:
    """Return a name of ENDS; ValueError for anything else."""
    if isinstance(which, str) and which in ENDS:
        return which
    msg = f"which: got {which!r}, needed 'largest', 'smallest' or 'magnitude'."
    raise ValueError(msg)


def chosen(values: Array, vectors: Array, k: int, which: str) -> tuple[Array, Array]:
    """Return k of some pairs (..., m), (..., n, m), in the order in which they are wanted."""
    key = {"largest": -values, "smallest": values, "magnitude": -np.abs(values)}[which]
    order = np.argsort(key, axis=-1, kind="stable")[..., :k]
    return (
        np.take_along_axis(values, order, -1),
        np.take_along_axis(vectors, order[..., np.newaxis, :], -1),
    )


def ends_of_all(a: Array, k: int, which: str) -> tuple[Array, Array]:
    """Return k pairs of all that a symmetric or Hermitian matrix, or each of a stack, has."""
    values, vectors = eigh(a)
    return chosen(values[..., ::-1], vectors[..., ::-1], k, which)


def ends_of_symmetric(
    a: Array, k: int, tol: float, largest: float, seed: int, which: str
) -> tuple[Array, Array]:
    """Return k pairs of a symmetric float64 matrix with elements up to `largest`."""
    if which == "largest":
        return largest_of_symmetric(a, k, tol, largest, seed)
    if which == "smallest":
        values, vectors = largest_of_symmetric(-a, k, tol, largest, seed)
        return -values, vectors
    if len(a) <= _SMALL or 4 * k > len(a):
        return ends_of_all(a, k, which)
    high, right = largest_of_symmetric(a, k, tol, largest, seed)
    low, left = largest_of_symmetric(-a, k, tol, largest, seed)
    if not high[-1] + low[-1] > 1e-6 * max(abs(high[0]), abs(low[0])):
        return ends_of_all(
            a, k, which
        )  # one eigenspace at both ends: its vectors have to fit each other
    return chosen(np.append(high, -low), np.hstack([right, left]), k, which)


def ends_of_products(
    times: Callable[[Array], Array],
    n: int,
    k: int,
    search: Search,
    which: str,
) -> tuple[Array, Array]:
    """Return k pairs of a real symmetric matrix that is known by its products, by Lanczos' method."""
    if which == "largest":
        return complete_lanczos(times, n, k, search)
    if which == "smallest":
        return _smallest(times, n, k, search)
    high, right = complete_lanczos(times, n, k, search)
    if k == n:
        return chosen(high, right, k, which)
    known = EigenResult(high, right)
    low, left = _smallest(times, n, min(k, n - k), search, known)
    return chosen(np.append(high, low), np.hstack([right, left]), k, which)


def _smallest(
    times: Callable[[Array], Array],
    n: int,
    k: int,
    search: Search,
    known: EigenResult | None = None,
) -> tuple[Array, Array]:
    try:
        values, vectors = complete_lanczos(times, n, k, search, known=known, negative=True)
    except ConvergenceError as error:
        values, vectors = error.result
        raise ConvergenceError(str(error), EigenResult(-values, vectors)) from None
    return -values, vectors


def as_real_products(times: Callable[[Array], Array], n: int) -> Callable[[Array], Array]:
    """Return the products with [[B, -C], [C, B]] of a Hermitian B + iC."""

    def doubled(z: Array) -> Array:
        image = np.asarray(times(z[:n] + 1j * z[n:]))
        if image.shape != (n,):
            raise shape_error("A", image.shape, f"an operator whose products have shape ({n},)")
        return np.concatenate([image.real, image.imag])

    return doubled


def hermitian_pairs(
    doubled: Callable[[Array], Array], vectors: Array, k: int, which: str
) -> tuple[Array, Array]:
    """Return k pairs of a Hermitian matrix from 2 k vectors (2 n, 2 k) of its real form."""
    n = len(vectors) // 2
    left, sizes, _ = np.linalg.svd(vectors[:n] + 1j * vectors[n:], full_matrices=False)
    # The squares of the sizes are 2 at most, and 2 k together: k of them are 2 / (k + 1) or more; half of it is safe from
    # rounding.
    basis = left[:, sizes**2 >= 1 / (k + 1)] if len(sizes) > k else left
    image = np.empty_like(basis)
    for j, column in enumerate(basis.T):
        both = doubled(np.concatenate([column.real, column.imag]))
        image[:, j] = both[:n] + 1j * both[n:]
    small = basis.conj().T @ image
    values, turn = eigh((small + small.conj().T) / 2)
    values, turn = chosen(values[::-1], turn[:, ::-1], k, which)
    return values, basis @ turn

"""Eigenvectors whose residual LAPACK's balancing left large, by inverse iteration.

LAPACK scales rows and columns first. Its residuals are small in those units, so where the units of a matrix differ by many powers of
ten an eigenvector may have no digit right: for [[1e-26, 1e-26], [1e34, 1e34]] it gives (1, 0) to the eigenvalue 0, whose vector is
(1, -1). The eigenvalues are good, so two steps of inverse iteration find the vectors (B. N. Parlett, "The symmetric eigenvalue
problem", 1998, section 4.3; for general matrices G. Peters, J. H. Wilkinson, SIAM Review 21, 1979): the residual is then some
n units of rounding of |A|. Starts differ from column to column, so that a repeated eigenvalue gets different vectors. Where that
does not help, a vector of the matrix as it stands, without balancing, has such a residual.

Cost: a product and a comparison for each matrix; n^3 operations for each vector that fails it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array
from mmlcore.core.signs import pointed

_STEPS = 2
_MOST = 300  # rows of matrices that are taken without balancing


def refined(a: Array, values: Array, vectors: Array) -> Array:
    """Return the eigenvectors of the matrices (..., n, n), those with large residuals found anew, signed as by `pointed`."""
    n = a.shape[-1]
    if n < 2 or not a.size:
        return vectors
    size = np.abs(a).max(axis=(-2, -1))
    bound = 16 * n * float(np.finfo(vectors.dtype).eps) * size
    gaps = np.abs(a @ vectors - vectors * values[..., None, :]).max(axis=-2)
    bad = gaps > bound[..., None]
    if not bad.any():
        return vectors
    vectors = vectors.copy()
    rng = np.random.default_rng(0)
    plain: dict[Any, Array] = {}
    for place in np.argwhere(bad):
        at: Any = tuple(place[:-1])
        k = place[-1]
        value = values[at][k]
        found = _inverse_iteration(a[at], value, rng)
        gap = np.abs(a[at] @ found - found * value).max()
        if not gap <= bound[at] and n <= _MOST:
            if at not in plain:
                plain[at] = _not_balanced(a[at])
            found, gap = _best_of(plain[at], a[at], value)
        if gap < gaps[at][k]:
            vectors[at][:, k] = found
    return pointed(vectors)


def _not_balanced(a: Array) -> Array:
    """Return the vectors of a matrix as it stands."""
    vectors: Array = _core.complex_pairs(
        a.astype(np.result_type(a, np.complex64)), True, balanced=False
    )[1]
    return vectors


def _best_of(vectors: Array, a: Array, value: Any) -> tuple[Array, float]:
    """Return the vector that fits a value best, real where matrix and value are, and its residual."""
    if np.isrealobj(a) and np.isrealobj(value):
        vectors = vectors.real / np.maximum(np.linalg.norm(vectors.real, axis=0), 0.5)
    gaps = np.abs(a @ vectors - vectors * value).max(axis=0)
    best = int(gaps.argmin())
    return vectors[:, best], float(gaps[best])


def _inverse_iteration(a: Array, value: Any, rng: np.random.Generator) -> Array:
    """A vector of length 1 that (A - value I)^-1 makes grow by nearly all it can."""
    n = len(a)
    size = np.abs(a).max()
    x = rng.standard_normal(n).astype(np.result_type(a, value))
    shifted = (a - value * np.eye(n, dtype=a.dtype)) / size
    for _ in range(_STEPS):
        rows = np.abs(shifted).max(axis=1)
        units = 2.0 ** -np.floor(
            np.log2(np.where(rows > 0, rows, 1.0))
        )  # elimination wants rows of one size
        try:
            x = np.linalg.solve(shifted * units[:, None], x * units)
        except np.linalg.LinAlgError:  # exactly singular: so is one an eps away, nearly
            shifted = shifted + np.finfo(a.dtype).eps * np.eye(n, dtype=a.dtype)
            x = np.linalg.solve(shifted, x)
        x = x / np.abs(x).max()
    unit: Array = x / np.linalg.norm(x)
    return unit

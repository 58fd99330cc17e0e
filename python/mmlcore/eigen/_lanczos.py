"""The Lanczos method: the ends of the spectrum of a symmetric matrix that is known by its products with vectors.

The basis is restarted thickly, from the Ritz vectors that look best, and orthogonalized in full: K. Wu, H. Simon,
"Thick-restart Lanczos method for large symmetric eigenvalue problems", SIAM J. Matrix Anal. Appl. 22 (2000).

A Krylov space holds one direction of each eigenspace: the one that its first vector points to. Copies of a repeated
eigenvalue are met by starting again, in a random direction orthogonal to all that was found, until such a start finds nothing
that belongs in front of the last pair (B. N. Parlett, "The symmetric eigenvalue problem", 1998, section 13.10).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, shape_error
from mmlcore.core.errors import ConvergenceError
from mmlcore.eigen._direct import all_pairs
from mmlcore.eigen._symmetric import EigenResult

_FAR = 300
_DRAWS = 8


def far_power(size: float) -> int:
    """Return the exponent of two of numbers whose squares would leave the range, and 0 for all others."""
    power = int(np.frexp(size)[1])
    return power if abs(power) > _FAR else 0


class Products:
    """Products with a symmetric matrix; far from 1, where squares would leave the range, scaled by what the first one shows."""

    def __init__(self, times: Callable[[Array], Array], n: int, negative: bool = False) -> None:
        self.times, self.n, self.negative = times, n, negative
        self.power: int | None = None

    def __call__(self, v: Array) -> Array:
        image = np.asarray(self.times(v))
        if image.dtype.kind not in "fiub":
            msg = f"A: a product has dtype {image.dtype}, needed real numbers."
            raise TypeError(msg)
        if image.shape != (self.n,):
            raise shape_error("A", image.shape, f"a callable that returns ({self.n},)")
        image = image.astype(np.float64)
        if self.negative:
            image = -image
        if not np.isfinite(image).all():
            msg = "A: a product contains NaN or infinity."
            raise ValueError(msg)
        if self.power is None:
            self.power = far_power(float(np.abs(image).max(initial=0)))
        return np.ldexp(image, -self.power) if self.power else image


class Search(NamedTuple):
    """How an iteration looks for eigenpairs."""

    bound: float  # on residuals, relative to the largest size of a value
    seed: int
    restarts: int


def lanczos(times: Callable[[Array], Array], n: int, k: int, search: Search) -> tuple[Array, Array]:
    """Return k of the largest eigenpairs, descending.

    Copies of a repeated value may be missing.
    """
    products = Products(times, n)
    values, vectors = _search(products, k, search)
    return np.ldexp(values, products.power or 0), vectors


def complete_lanczos(
    times: Callable[[Array], Array],
    n: int,
    k: int,
    search: Search,
    *,
    known: EigenResult | None = None,
    negative: bool = False,
    start: Array | None = None,
) -> tuple[Array, Array]:
    """Return the k largest eigenpairs as `lanczos`, copies of repeated values included.

    Of A, or of -A where `negative`; beside those `known`, beside which rounding is judged then. The first vector is `start`, or
    a random one.
    """
    products = Products(times, n, negative)
    before, unit = np.empty((0, n)), 0.0
    if known is not None:
        before, unit = known.vectors.T, float(np.abs(known.values).max())
        products.power = far_power(unit)
        unit = float(np.ldexp(unit, -products.power))
    values, vectors = _search(products, k, search, known=before, unit=unit, start=start)
    for fresh in range(1, n - k - len(before) + 1):
        size = max(float(np.abs(values).max()), unit)
        limit = values[k - 1] + max(10 * search.bound, 8 * n * np.finfo(np.float64).eps) * size
        try:
            more, beside = _search(
                products,
                1,
                search,
                fresh << 32,
                known=np.vstack([before, vectors.T]),
                limit=limit,
                unit=size,
            )
        except ConvergenceError as error:  # with the pair that is left open; those before are found
            found = EigenResult(np.ldexp(values[:k], products.power or 0), vectors[:, :k].copy())
            raise ConvergenceError(str(error), found) from None
        if not more.size:
            break
        values, vectors = np.append(values, more), np.hstack([vectors, beside])
        order = np.argsort(-values, kind="stable")
        values, vectors = values[order], vectors[:, order]
    return np.ldexp(values[:k], products.power or 0), np.ascontiguousarray(vectors[:, :k])


def _search(
    products: Products,
    k: int,
    search: Search,
    stream: int = 0,
    *,
    known: Array | None = None,
    limit: float = -np.inf,
    unit: float = 0.0,
    start: Array | None = None,
) -> tuple[Array, Array]:
    """Return the k largest pairs; beside those `known` (rows), those that lie above a limit.

    V' A V is an arrow (kept Ritz values and their couplings) and then tridiagonal. Residuals are judged by the largest size of
    a value, `unit` at least.
    """
    n, first = products.n, 0 if known is None else len(known)
    bound, seed, restarts = search
    size = min(n - first, max(2 * k + 10, 64))
    basis = np.zeros((first + size + 1, n))
    if known is not None:
        basis[:first] = known
    own = basis[first:]
    if start is None:
        own[0] = _random_direction(seed, stream, basis[:first])
    else:
        own[0] = start
        own[0] /= _core.orthogonalize(basis[:first], own[0])
    small = np.zeros((size, size))
    kept = 0
    for restart in range(restarts):
        beta = 0.0
        for j in range(kept, size):
            image = products(own[j])
            small[j, j] = own[j] @ image
            image -= (
                small[j, j] * own[j]
            )  # what is large by far; then one pass is enough for the rest
            if j > kept:
                image -= small[j - 1, j] * own[j - 1]
            beta = _core.orthogonalize(basis[: first + j + 1], image)
            if beta <= 1e-14 * max(np.abs(small).max(), unit):
                beta = 0.0  # an invariant subspace: go on in another direction
                if first + j + 1 < n:
                    own[j + 1] = _random_direction(
                        seed, stream + restart * size + j + 1, basis[: first + j + 1]
                    )
            else:
                own[j + 1] = image / beta
            if j + 1 < size:
                small[j, j + 1] = small[j + 1, j] = beta
        theta, turn = all_pairs(small)
        couplings = beta * np.abs(turn[-1])
        unit = max(np.abs(theta).max(), unit, 1e-300)
        above = min(k, int((theta > limit).sum()))
        if above == 0 and theta[0] + couplings[0] <= limit:
            return theta[:0], np.empty((n, 0))
        residual = couplings[: max(above, 1)].max() / unit
        done = residual <= bound or size == n - first
        # A quarter of the rest, not half of it: as many products, and 20 pairs of 20,000 rows in 1.0 s instead of 1.4.
        kept = above if done else min(k + (size - k) // 4, size - 1)
        rows = np.empty(
            (kept, n)
        )  # rows of the basis, as they are stored: columns took a third of the iteration's time
        _core.matmul(np.ascontiguousarray(turn[:, :kept].T), own[:size], rows)
        if done:
            return theta[:above], np.ascontiguousarray(rows.T)
        last = own[size].copy()
        own[:kept] = rows
        own[kept] = last
        small[:] = 0
        small[np.arange(kept), np.arange(kept)] = theta[:kept]
        small[kept, :kept] = small[:kept, kept] = beta * turn[-1, :kept]
    msg = (
        f"top_eigh reached a residual of {residual:.3g} in {restarts} restarts, needed {bound:.3g}. "
        "The last pairs are in .result."
    )
    raise ConvergenceError(
        msg, EigenResult(np.ldexp(theta[:k], products.power or 0), np.ascontiguousarray(rows[:k].T))
    )


def _random_direction(seed: int, stream: int, basis: Array) -> Array:
    """Return a direction orthogonal to the basis: another one where the numbers of a stream made a vector of its own span."""
    for attempt in range(_DRAWS):
        v = np.asarray(
            _core.random_numbers(seed, stream + (attempt << 48), 0, basis.shape[1], True)
        )
        before = float(np.linalg.norm(v))
        length = _core.orthogonalize(basis, v)
        if length > 1e-6 * before:
            break
    return np.asarray(v / length)

"""The largest singular values of matrices that are known by their products, with their vectors.

Golub and Kahan's bidiagonal form grows from a random vector, A P = Q B and A'Q = P B' + f e', restarted thickly from the Ritz
vectors that look best (J. Baglama, L. Reichel, "Augmented implicitly restarted Lanczos bidiagonalization methods", SIAM J. Sci.
Comput. 27, 2005), both bases orthogonal in full. A itself is what is projected, not A'A: errors of the values are some units of
rounding of the largest, for small ones too. One start meets one direction for each value; copies of repeated ones are met by
starting again, orthogonal to what was found, until such a start finds nothing that belongs in front of the last.

A complex A = B + iC is a real matrix of twice the order, [[B, -C], [C, B]], that has each singular value twice: of 2 k of its
right vectors, the complex ones span at least k directions, in which A has the values that are wanted (Rayleigh and Ritz).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, adjoint
from mmlcore.core.errors import ConvergenceError

_RESTARTS = 300
_LOOK = 8  # steps after which the values are looked at: a decomposition of the small matrix costs as much as one
Product = Callable[[Array], Array]


class Products(NamedTuple):
    """A real matrix (m, n), m >= n, by its products and those of its transpose."""

    times: Product
    back: Product
    shape: tuple[int, int]


class Triplets(NamedTuple):
    """Left vectors (m, k), values (k,), descending, right vectors (n, k)."""

    left: Array
    values: Array
    right: Array


def largest_triplets(a: Products, k: int, bound: float, seed: int) -> Triplets:
    """Return the k largest triplets, copies of repeated values included, with residuals up to `bound` times the largest value."""
    m, n = a.shape
    found = _search(
        a, k, bound, seed, 0, Triplets(np.empty((m, 0)), np.empty(0), np.empty((n, 0))), -1.0
    )
    for start in range(1, min(m, n) - k + 1):
        top = float(found.values[0])
        limit = (
            float(found.values[k - 1])
            + max(10 * bound, 8 * max(m, n) * np.finfo(np.float64).eps) * top
        )
        more = _search(a, 1, bound, seed, start << 32, found, limit)
        if not more.values.size:
            break
        joined = [np.concatenate(pair, axis=-1) for pair in zip(found, more, strict=True)]
        order = np.argsort(-joined[1], kind="stable")
        found = Triplets(*(x[..., order] for x in joined))
    # Left vectors that followed by recurrence are orthogonal to some digits only: those of A V are to all.
    image = np.stack([a.times(v) for v in np.ascontiguousarray(found.right[:, :k].T)], axis=1)
    u, values, wh = np.linalg.svd(image, full_matrices=False)
    return Triplets(u, values, found.right[:, :k] @ wh.T)


class _Bases:
    """Rows that are orthonormal: those known before, then those of the space that grows."""

    def __init__(self, known: Array, size: int, seed: int) -> None:
        self.first = known.shape[1]
        self.rows = np.zeros((self.first + size, known.shape[0]))
        self.rows[: self.first] = known.T
        self.own = self.rows[self.first :]
        self.seed = seed

    def orthogonal(self, v: Array, count: int) -> float:
        """Make v orthogonal to the known rows and the first `count` of the others; return its length."""
        return float(_core.orthogonalize(self.rows[: self.first + count], v))

    def random(self, stream: int, count: int) -> Array:
        v = np.asarray(_core.random_numbers(self.seed, stream, 0, self.rows.shape[1], True))
        return np.asarray(v / self.orthogonal(v, count))


class _Bidiagonal:
    """A P = Q B and A'Q = P B' + rest p e', which grow by a column and a row at a time, beside triplets known before."""

    def __init__(self, a: Products, known: Triplets, size: int, seed: int, stream: int) -> None:
        self.a, self.stream = a, stream
        self.more = a.shape[1] - len(known.values)  # directions that are left
        self.right, self.left = (
            _Bases(known.right, size + 1, seed),
            _Bases(known.left, size, seed + 1),
        )
        self.small = np.zeros((size, size))
        self.right.own[0] = self.right.random(stream, 0)
        self.unit = float(known.values[0]) if len(known.values) else 0.0
        self.rest = 0.0

    def grow(self, j: int, first: bool, fresh: int) -> None:
        """Column j; `first` after a restart, whose columns before are coupled to j all."""
        right, left, small = self.right, self.left, self.small
        image = self.a.times(right.own[j])
        # Right vectors are orthogonalized in full. Left ones follow, by the one before alone (H. D. Simon, H. Zha, SIAM J. Sci.
        # Comput. 21, 2000), but where what is left is small beside what was taken away.
        before = length = 0.0
        if not first:
            image -= small[j - 1, j] * left.own[j - 1]
            before, length = abs(small[j - 1, j]), float(np.linalg.norm(image))
        if first or length < before:
            length = left.orthogonal(image, j)
        self.unit = max(self.unit, length)
        if length <= 1e-14 * self.unit:
            length, image = 0.0, left.random(self.stream + fresh, j)
        else:
            image = image / length
        left.own[j], small[j, j] = image, length
        image = self.a.back(left.own[j])
        image -= length * right.own[j]  # what is large by far: one pass is enough for the rest
        self.rest = right.orthogonal(image, j + 1)
        if self.rest <= 1e-14 * self.unit:
            self.rest = 0.0
            if j + 1 < self.more:
                image = right.random(self.stream + fresh + 1, j + 1)  # 0 is the start
        else:
            image = image / self.rest
        if j + 1 < self.more:
            right.own[j + 1] = image
        if j + 1 < len(small):
            small[j, j + 1] = self.rest

    def restart(self, kept: int, x: Array, values: Array, yh: Array) -> None:
        """Go on from some Ritz vectors and what they are coupled to."""
        size, right, left = len(self.small), self.right.own, self.left.own
        last = right[size].copy()
        right[:kept], left[:kept] = yh[:kept] @ right[:size], x[:, :kept].T @ left[:size]
        right[kept] = last
        self.small[:] = 0
        self.small[np.arange(kept), np.arange(kept)] = values[:kept]
        self.small[:kept, kept] = self.rest * x[-1, :kept]


def _search(
    a: Products, k: int, bound: float, seed: int, stream: int, known: Triplets, limit: float
) -> Triplets:
    """Return the k largest triplets beside those known, of which only those above a limit count."""
    m, n = a.shape
    most = min(m, n) - len(known.values)
    size = min(most, max(2 * k + 10, 48))
    form = _Bidiagonal(a, known, size, seed, stream)
    kept = 0
    for restart in range(_RESTARTS):
        for j in range(kept, size):
            form.grow(j, j == kept, restart * size + j)
            grown = j + 1
            if grown < size and (grown < k or (grown - kept) % _LOOK):
                continue
            x, values, yh = np.linalg.svd(form.small[:grown, :grown])
            couplings = form.rest * np.abs(x[-1])
            unit = form.unit = max(form.unit, float(values[0]), 1e-300)
            above = min(k, int((values > limit).sum()))
            if above == 0 and values[0] + couplings[0] <= limit:
                return Triplets(np.empty((m, 0)), values[:0], np.empty((n, 0)))
            residual = couplings[: max(above, 1)].max() / unit
            if residual <= bound or grown == most:
                left, right = form.left.own[:grown], form.right.own[:grown]
                return Triplets(left.T @ x[:, :above], values[:above], right.T @ yh[:above].T)
        kept = min(k + (size - k) // 2, size - 1)
        form.restart(kept, x, values, yh)
    msg = f"svd reached a residual of {residual:.3g} in {_RESTARTS} restarts, needed {bound:.3g}."
    raise ConvergenceError(msg, values[:k])


def turned_tall(a: Products) -> tuple[Products, bool]:
    """Return the transpose of a matrix of more columns than rows, and whether it is that."""
    m, n = a.shape
    return (Products(a.back, a.times, (n, m)), True) if m < n else (a, False)


def as_real_products(times: Product, back: Product, shape: tuple[int, int]) -> Products:
    """Return the real matrix of twice the order for the products of a complex one and its adjoint."""

    def doubled(product: Product) -> Product:
        def both(z: Array) -> Array:
            half = len(z) // 2
            image = product(z[:half] + 1j * z[half:])
            return np.concatenate([image.real, image.imag])

        return both

    return Products(doubled(times), doubled(back), (2 * shape[0], 2 * shape[1]))


def complex_triplets(a: Products, times: Product, k: int, bound: float, seed: int) -> Triplets:
    """Return k triplets of a complex matrix from 2 k of its real form."""
    found = largest_triplets(a, 2 * k, bound, seed)
    n = a.shape[1] // 2
    turned, sizes, _ = np.linalg.svd(found.right[:n] + 1j * found.right[n:], full_matrices=False)
    # The squares of the sizes are 2 at most, and 2 k together: k of them are 2 / (k + 1) or more.
    basis = turned[:, sizes**2 >= 1 / (k + 1)]
    image = np.stack([times(column) for column in basis.T], axis=1)
    u, s, wh = np.linalg.svd(image, full_matrices=False)
    return Triplets(u[:, :k], s[:k], (basis @ adjoint(wh))[:, :k])

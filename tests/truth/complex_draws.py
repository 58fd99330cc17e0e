"""Complex matrices for the explorers of real ones: held against the real matrices of twice the order that stand for them.

x + iy stands as [[x, -y], [y, x]], so that products, adjoints and ranks (doubled) are those of fractions.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from tests.truth import exact as ex
from tests.truth.families import dtype_of, matrix, placed
from tests.truth.registry import Draw, Wrong

import mmlcore as mml

SHARE = 0.25  # of the draws of a function that are complex


def drawn(d: Draw, m: int, n: int, part: float) -> tuple[np.ndarray, type]:
    """A complex matrix of two families, and the type of its parts."""
    dtype = dtype_of(d)
    a = np.empty((m, n), np.result_type(dtype, np.complex64))
    a.real, a.imag = matrix(d, m, n, dtype, part), matrix(d, m, n, dtype, part)
    kind = d.pick("both", "both", "both", "real", "imaginary", "phase")
    if kind in ("real", "imaginary"):
        setattr(a, "imag" if kind == "real" else "real", 0)
    if kind == "phase" and n > 1:
        a[:, -1] = a[:, 0] * dtype(d.pick(1, -1)) * 1j
    return a, dtype


def whole(d: Draw, m: int, n: int) -> np.ndarray:
    """Small Gaussian integers times a power of two: the rank is certain."""
    a = d.rng.integers(-2, 3, (m, n)) + 1j * d.rng.integers(-2, 3, (m, n))
    if d.chance(0.5) and m > 1:
        a[-1] = a[0] * complex(int(d.rng.integers(-2, 3)), int(d.rng.integers(-2, 3)))
    return a * 2.0 ** int(d.pick(0, 0, d.rng.integers(-1000, 1000)))


def embedded(a: np.ndarray) -> ex.Rows:
    """The real matrix that stands for a complex one, in fractions."""
    real, imag = ex.exact(np.ascontiguousarray(a.real)), ex.exact(np.ascontiguousarray(a.imag))
    above = [x + [-v for v in y] for x, y in zip(real, imag, strict=True)]
    return above + [y + x for x, y in zip(real, imag, strict=True)]


def orthonormal(q: np.ndarray, room: Fraction, name: str) -> None:
    """Q*Q = I."""
    columns = ex.transposed(embedded(q)) if q.size else []
    for i, x in enumerate(columns):
        for j, y in enumerate(columns[: i + 1]):
            if abs(ex.dot(x, y) - int(i == j)) > room:
                raise Wrong(f"{name}: not orthonormal, {q.tolist()}")


def same_product(
    left: ex.Rows, right: ex.Rows, a: np.ndarray, bound: Callable[[int, int], Fraction], name: str
) -> None:
    """The product of two real matrices is what stands for `a`."""
    for i, row in enumerate(ex.product(left, right)):
        for j, v in enumerate(row):
            wanted = embedded(a)[i][j]
            if abs(v - wanted) > bound(i, j):
                raise Wrong(
                    f"{name}: a product is {ex.short(v)} for {ex.short(wanted)}, A = {a.tolist()}"
                )


def qr(d: Draw) -> None:
    """Orthonormal Q, Q R = A column by column, a real diagonal that is not negative; with exchanges too."""
    m, n = d.size(6), d.size(4)
    a, dtype = drawn(d, m, n, float(d.pick(0.4, 0.9)))
    pivoting, mode = d.chance(0.3), str(d.pick("reduced", "complete"))
    found = (
        mml.qr(placed(d, a), pivoting=True, mode=mode)
        if pivoting
        else mml.qr(placed(d, a), mode=mode)
    )
    q, r, name = found[0], found[1], f"qr of {a.tolist()}"
    columns = a[:, found[2]] if pivoting else a
    diagonal = np.diagonal(r)
    if np.tril(r, -1).any() or diagonal.imag.any() or (diagonal.real < 0).any():
        raise Wrong(f"{name}: R = {r.tolist()}")
    orthonormal(q, 40 * (m + 4) * ex.ulp(dtype), name)
    sizes = [ex.root(ex.dot(c, c)) for c in ex.transposed(embedded(columns))]
    whole_size = max(sizes) if pivoting else Fraction(0)
    unit = 40 * (m + n) * ex.ulp(dtype)
    same_product(
        embedded(q),
        embedded(r),
        columns,
        lambda _, j: unit * max(sizes[j], whole_size) + 8 * n * ex.tiny(dtype),
        name,
    )


def lu(d: Draw) -> None:
    """A[perm] = L U for every A; |L| at most 1 to rounding."""
    m, n = d.size(5), d.size(5)
    a, dtype = drawn(d, m, n, float(d.pick(0.4, 0.9)))
    perm, lower, upper = mml.lu(placed(d, a))
    if np.abs(lower).max(initial=0) > 1 + 8 * np.finfo(dtype).eps:
        raise Wrong(f"lu: a multiplier beyond 1, for {a.tolist()}")
    low, up = embedded(lower), embedded(upper)
    weight = ex.product([ex.sizes(row) for row in low], [ex.sizes(row) for row in up])
    lost = [ex.tiny(dtype) * sum(ex.sizes(column)) for column in ex.transposed(up)]
    unit = 4 * (min(m, n) + 4) * ex.ulp(dtype)

    def bound(i: int, j: int) -> Fraction:  # one for both parts of a number
        size = weight[i % m][j % n] + weight[i % m + m][j % n]
        return unit * size + 8 * n * ex.tiny(dtype) + 4 * (lost[j % n] + lost[j % n + n])

    same_product(low, up, a[perm], bound, "lu")


def svd(d: Draw) -> None:
    """U diag(s) Vh is A to the unit of the largest value; orthonormal vectors; the values alone are the same."""
    m, n = d.size(5), d.size(5)
    a, dtype = drawn(d, m, n, float(d.pick(0.4, 0.9)))
    u, s, vh = mml.svd(placed(d, a))
    unit, name = 60 * max(m, n) * ex.ulp(dtype), f"svd of {a.tolist()}"
    orthonormal(u, unit, name)
    orthonormal(np.ascontiguousarray(vh.conj().T), unit, name)
    if not np.isfinite(s).all() or (np.diff(s) > 0).any() or (s < 0).any():
        raise Wrong(f"{name}: s = {s.tolist()}")
    top = Fraction(float(s[0]))
    values = [Fraction(float(x)) for x in (*s, *s)]
    left = [[v * x for v, x in zip(row, values, strict=True)] for row in embedded(u)]
    same_product(
        left, embedded(vh), a, lambda *_: unit * max(m, n) * top + 8 * n * ex.tiny(dtype), name
    )
    for one, other in zip(mml.svdvals(placed(d, a)), values, strict=False):
        ex.near(one, other, unit * top, dtype, f"svdvals of {a.tolist()}")


def rank(d: Draw) -> None:
    """Rank, dimension of the span, null space and singularity of Gaussian integers in any unit."""
    m, n = d.size(5), d.size(5)
    a = whole(d, m, n)
    right = ex.rank(embedded(a)) // 2
    for name in ("rank", "span_dimension"):
        got = int(getattr(mml, name)(placed(d, a)))
        if got != right:
            raise Wrong(f"{name}: {got} for {right}, A = {a.tolist()}")
    z = mml.null_space(placed(d, a))
    if z.shape != (n, n - right):
        raise Wrong(f"null_space: shape {z.shape}, A = {a.tolist()}")
    orthonormal(z, 1000 * ex.ulp(np.float64), "null_space")
    scale = np.abs(a).max() or 1.0
    if z.size and np.abs((a / scale) @ z).max() > 1e-13:
        raise Wrong(f"null_space: A z does not vanish, A = {a.tolist()}")
    if m == n and bool(mml.is_singular(placed(d, a))) != (right < n):
        raise Wrong(f"is_singular: {right == n} for {a.tolist()}")
    form = mml.row_echelon(placed(d, a), reduced=True)
    if int(form.rank) != right:
        raise Wrong(f"row_echelon: rank {form.rank} for {right}, A = {a.tolist()}")

"""Systems, inverses, determinants, factors, ranks: against fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from tests.truth import complex_draws
from tests.truth import exact as ex
from tests.truth.families import dtype_of, matrix, placed, stacked
from tests.truth.registry import Draw, Wrong, explores
from tests.truth.vectors import residual_small

import mmlcore as mml


def order(d: Draw, most: int = 6) -> int:
    """Mostly small orders, some beyond the lanes."""
    return int(d.pick(d.size(most), d.size(most), d.size(most), 1 + d.size(19)))


def certain(a: np.ndarray, dtype: type) -> bool:
    """Whether rounding cannot make A singular."""
    values = ex.singular_values(a)
    return values[-1] > 1000 * len(values) * ex.ulp(dtype) * values[0] and values[0] > 0


@explores("solve")
def solve(d: Draw) -> None:
    """A small residual, where the matrix is far enough from a singular one and the solution within the range."""
    dtype = dtype_of(d)
    n, k = order(d, 5), d.size(3)
    a = matrix(d, n, n, dtype, float(d.pick(0.4, 1.0)))
    if not certain(a, dtype):
        return
    b = matrix(d, n, k, dtype, 0.4)
    right = ex.solved(ex.exact(a), ex.exact(b))
    assert right is not None
    if max(abs(v) for v in ex.flattened(right)) > ex.most(dtype) / 16:
        return
    alone = d.chance(0.6)
    x = (
        mml.solve(placed(d, a), placed(d, b))
        if alone
        else mml.solve(np.stack([a] * 9), placed(d, b))[d.size(8)]
    )
    residual_small(a, x, b, dtype, "solve")


@explores("inverse")
def inverse(d: Draw) -> None:
    """A X = I with a residual of n units of |A| |X|."""
    dtype = dtype_of(d)
    n = order(d, 5)
    a = matrix(d, n, n, dtype, float(d.pick(0.4, 0.9)))
    if not certain(a, dtype):
        return
    identity = np.eye(n, dtype=dtype)
    right = ex.solved(ex.exact(a), ex.exact(identity))
    assert right is not None
    largest = max(abs(v) for v in ex.flattened(right))
    if largest > ex.most(dtype) / 16 or largest < Fraction(float(np.finfo(dtype).tiny)) * 2**30:
        return
    x = mml.inverse(placed(d, a)) if d.chance(0.6) else mml.inverse(np.stack([a] * 9))[d.size(8)]
    residual_small(a, x, identity, dtype, "inverse")


def determinant_bound(rows: list[list[Fraction]], dtype: type) -> Fraction:
    """What elimination may do to a determinant, of the matrix as it is or with rows and columns scaled."""
    scaled, unit = ex.equilibrated(rows)
    return max(eliminated_bound(rows, dtype), unit * eliminated_bound(scaled, dtype))


def eliminated_bound(rows: list[list[Fraction]], dtype: type) -> Fraction:
    """The backward error of elimination with partial pivoting, |E| <= n u |L| |U|, times the cofactors that it meets."""
    n = len(rows)
    rows, weight = ex.pivoted(rows)
    change = sum(
        weight[i][j]
        * abs(ex.determinant([row[:j] + row[j + 1 :] for k, row in enumerate(rows) if k != i]))
        for i in range(n)
        for j in range(n)
    )
    unit = 8 * (n + 1) * ex.ulp(dtype)
    second = math.prod(
        (sum(row) for row in weight), start=Fraction(1)
    )  # where two rows fail at once
    return unit * (change + abs(ex.determinant(rows))) + unit**2 * second


@explores("determinant")
def determinant(d: Draw) -> None:
    """Against the exact one; units of rows and columns do not matter, underflow on the way neither."""
    dtype = dtype_of(d)
    n = d.size(5)
    a, items = stacked(d, lambda: matrix(d, n, n, dtype, float(d.pick(0.4, 1.0))))
    got = np.ravel(mml.determinant(a))
    for g, item in zip(got, items, strict=True):
        rows = ex.exact(item)
        ex.near(
            g,
            ex.determinant(rows),
            determinant_bound(rows, dtype),
            dtype,
            f"determinant of {item.tolist()}",
        )


@explores("slogdet")
def slogdet(d: Draw) -> None:
    """Sign and logarithm, wherever the determinant lies."""
    dtype = dtype_of(d)
    n = d.size(5)
    a, items = stacked(d, lambda: matrix(d, n, n, dtype, float(d.pick(0.4, 1.0))))
    sign, log = mml.slogdet(a)
    for s, g, item in zip(np.ravel(sign), np.ravel(log), items, strict=True):
        rows = ex.exact(item)
        right, slack = ex.determinant(rows), determinant_bound(rows, dtype)
        if abs(right) <= 4 * slack:
            continue
        if s != (1 if right > 0 else -1):
            raise Wrong(f"slogdet: sign {s} of {ex.short(right)}, for {item.tolist()}")
        exact_log = ex.as_fraction(ex.mpmath.log(ex.mp(abs(right))))
        bound = 2 * slack / abs(right) + 8 * ex.ulp(dtype) * (1 + abs(exact_log))
        ex.near(g, exact_log, bound, dtype, f"logarithm of the determinant of {item.tolist()}")


@explores("lu")
def lu(d: Draw) -> None:
    """A[perm] = L U for every A, singular ones too; |L| at most 1."""
    if d.chance(complex_draws.SHARE):
        return complex_draws.lu(d)
    dtype = dtype_of(d)
    m, n = order(d), order(d)
    a = matrix(d, m, n, dtype, float(d.pick(0.4, 0.95)))
    if d.chance(0.3):
        a = d.rng.integers(-1, 2, (m, n)).astype(dtype)
    perm, lower, upper = mml.lu(placed(d, a))
    if sorted(np.ravel(perm).tolist()) != list(range(m)):
        raise Wrong(f"lu: perm is {perm}")
    if not (np.isfinite(lower).all() and np.isfinite(upper).all()):
        raise Wrong(f"lu: factors that are not finite, for {a.tolist()}")
    if np.abs(lower).max(initial=0) > 1:
        raise Wrong(f"lu: a multiplier beyond 1, for {a.tolist()}")
    low, up = ex.exact(lower), ex.exact(upper)
    weight = ex.product([ex.sizes(r) for r in low], [ex.sizes(r) for r in up])
    lost = (
        [ex.tiny(dtype) * sum(ex.sizes(column)) for column in ex.transposed(up)] if up else []
    )  # multipliers that vanish
    product = ex.product(low, up)
    for i, row in enumerate(ex.exact(a[perm])):
        for j, v in enumerate(row):
            bound = (
                (min(m, n) + 2) * ex.ulp(dtype) * weight[i][j] + 4 * n * ex.tiny(dtype) + lost[j]
            )
            if abs(product[i][j] - v) > bound:
                raise Wrong(
                    f"lu: (L U)[{i}, {j}] = {ex.short(product[i][j])} for {ex.short(v)}, A = {a.tolist()}"
                )
    return None


@explores("cholesky")
def cholesky(d: Draw) -> None:
    """L L' = A entry by entry in units of sqrt(a_ii a_jj); indefinite to more than rounding: an error."""
    dtype = dtype_of(d)
    n = d.size(6)
    x = d.rng.standard_normal((n, n + 1))
    if d.chance(0.3):
        x = d.rng.integers(-2, 3, (n, n + 1)).astype(float)
    unit = 2.0 ** d.rng.integers(*(-500, 500) if dtype is np.float64 else (-60, 60), (n, 1))
    a = ((x * unit) @ (x * unit).T).astype(dtype)
    if d.chance(0.3):
        a[-1, -1] = -a[-1, -1] if d.chance(0.5) else a[-1, -1] * dtype(0.5)
    rows = ex.exact(np.tril(a) + np.tril(a, -1).T)
    minors = [ex.determinant([row[:k] for row in rows[:k]]) for k in range(1, n + 1)]
    scale = [math.prod((rows[i][i] for i in range(k)), start=Fraction(1)) for k in range(1, n + 1)]
    room = 8 * n * n * ex.ulp(dtype)
    given = np.where(np.tri(n, dtype=bool), a, dtype(np.nan))
    stack = d.chance(0.4)
    try:
        got = (
            mml.cholesky(np.stack([given] * 9))[d.size(8)]
            if stack
            else mml.cholesky(placed(d, given))
        )
    except mml.NotPositiveDefiniteError:
        if all(m > room * s for m, s in zip(minors, scale, strict=True)):
            raise Wrong(f"cholesky: refused {a.tolist()}") from None
        return
    if any(m < -room * abs(s) for m, s in zip(minors, scale, strict=True)):
        raise Wrong(f"cholesky: a factor of {a.tolist()}, which is indefinite")
    low = ex.exact(got)
    for i in range(n):
        for j in range(i + 1):
            found = sum(low[i][k] * low[j][k] for k in range(n))
            size = ex.as_fraction(ex.mpmath.sqrt(ex.mp(rows[i][i] * rows[j][j])))
            if abs(found - rows[i][j]) > 2 * (n + 2) * ex.ulp(dtype) * size:
                raise Wrong(f"cholesky: (L L')[{i}, {j}] is {ex.short(found)}, A = {a.tolist()}")


def whole(d: Draw) -> np.ndarray:
    """Small integers times a power of two: the rank is certain."""
    m, n = d.size(5), d.size(5)
    a = d.rng.integers(-2, 3, (m, n)).astype(float)
    if d.chance(0.5) and m > 1:
        a[-1] = a[0] * int(d.rng.integers(-2, 3))
    return a * 2.0 ** int(d.pick(0, 0, d.rng.integers(-1050, 1020)))


@explores("rank")
def rank(d: Draw) -> None:
    """Small integers in any unit."""
    if d.chance(complex_draws.SHARE):
        return complex_draws.rank(d)
    a = whole(d)
    right, got = ex.rank(ex.exact(a)), int(mml.rank(placed(d, a)))
    if got != right:
        raise Wrong(f"rank: {got} for {right}, A = {a.tolist()}")
    return None


@explores("is_singular")
def is_singular(d: Draw) -> None:
    """Square ones."""
    a = whole(d)
    n = min(a.shape)
    a = a[:n, :n]
    right, got = ex.rank(ex.exact(a)) < n, bool(mml.is_singular(placed(d, a)))
    if got != right:
        raise Wrong(f"is_singular: {got} for A = {a.tolist()}")


@explores("null_space")
def null_space(d: Draw) -> None:
    """As many orthonormal columns as there are, and A times them vanishes."""
    a = whole(d)
    n = a.shape[1]
    z = mml.null_space(placed(d, a))
    missing = n - ex.rank(ex.exact(a))
    if z.shape != (n, missing):
        raise Wrong(f"null_space: shape {z.shape} for {(n, missing)}, A = {a.tolist()}")
    scale = np.abs(a).max() or 1.0
    if z.size and np.abs((a / scale) @ z).max() > 1e-13:
        raise Wrong(f"null_space: A z = {((a / scale) @ z).tolist()}, A = {a.tolist()}")
    if np.abs(z.T @ z - np.eye(missing)).max(initial=0) > 1e-13:
        raise Wrong("null_space: not orthonormal")


@explores("condition")
def condition(d: Draw) -> None:
    """The ratio of the singular values, in any unit; to the digits that the ratio itself leaves."""
    dtype = dtype_of(d)
    m, n = d.size(5), d.size(5)
    a = matrix(d, m, n, dtype, float(d.pick(0.4, 1.0)))
    values = ex.singular_values(a)
    got = float(mml.condition(placed(d, a)))
    if values[-1] == 0 or values[-1] <= 100 * n * ex.ulp(dtype) * values[0]:
        if not got >= float(1 / (2000 * n * ex.ulp(dtype))):
            raise Wrong(f"condition: {got} of a matrix that is singular to rounding, {a.tolist()}")
        return
    right = values[0] / values[-1]
    ex.near(
        got,
        right,
        100 * n * ex.ulp(dtype) * right * right,
        np.float64,
        f"condition of {a.tolist()}",
    )


@explores("svd")
@explores("svdvals")
def svd(d: Draw) -> None:
    """U diag(s) Vh is A, orthonormal, descending; the values are right to the unit of the largest."""
    if d.chance(complex_draws.SHARE):
        return complex_draws.svd(d)
    dtype = dtype_of(d)
    m, n = d.size(5), d.size(5)
    a = matrix(d, m, n, dtype, float(d.pick(0.4, 1.0)))
    values = ex.singular_values(a)
    try:
        u, s, vh = mml.svd(placed(d, a))
    except ValueError as error:
        if "leaves the range" in str(error) and 101 * values[0] > 100 * ex.most(dtype):
            return None
        raise
    room = 30 * max(m, n) * ex.ulp(dtype)
    for got in (s, mml.svdvals(placed(d, a))):
        for one, right in zip(got, values, strict=True):
            ex.near(one, right, room * values[0], dtype, f"singular values of {a.tolist()}")
    scale = np.abs(a).max() or 1.0
    again = (u.astype(float) * (s / scale)) @ vh.astype(float)
    if (
        np.abs(again - a.astype(float) / scale).max()
        > room * max(m, n) + float(ex.tiny(dtype)) / scale
    ):
        raise Wrong(f"svd: U s Vh = {again.tolist()} in units of {scale}, A = {a.tolist()}")
    for q in (u, vh.T):
        if np.abs(q.T.astype(float) @ q - np.eye(q.shape[1])).max() > room:
            raise Wrong(f"svd: not orthonormal, {q.tolist()} of {a.tolist()}")
    return None


@explores("lstsq")
@explores("pinv")
def lstsq(d: Draw) -> None:
    """Small integers in units, of any shape and rank: A'(A x - b) = 0, and x in the row space; pinv gives the same x."""
    dtype = dtype_of(d)
    m, n, k = d.size(5), d.size(5), d.size(2)
    a = d.rng.integers(-2, 3, (m, n)).astype(float)
    if d.chance(0.5) and m > 1:
        a[-1] = a[0] * int(d.rng.integers(-2, 3))
    b = d.rng.integers(-3, 4, (m, k)).astype(float)
    most = 400 if dtype is np.float64 else 50
    one, other = (2.0 ** int(d.rng.integers(-most, most)) for _ in range(2))
    x, residual, rank, values = mml.lstsq(
        placed(d, (a * one).astype(dtype)), placed(d, (b * other).astype(dtype))
    )
    inverse = mml.pinv(placed(d, (a * one).astype(dtype)))
    if rank != ex.rank(ex.exact(a)):
        raise Wrong(f"lstsq: rank {rank} of {a.tolist()}")
    # In the units of a and b; numpy's in float64 is far more exact than what is asked for.
    room = 300 * float(ex.ulp(dtype))
    right = np.linalg.pinv(a, rcond=1e-10)
    size = np.abs(right).max() + 1e-300
    scale = (size * np.abs(a).max()) ** 2 + 1
    for what, got, wanted, unit in (
        ("x", x.astype(float) / other * one, right @ b, size * 10),
        ("pinv", inverse.astype(float) * one, right, size),
        (
            "residual",
            residual.astype(float) / other,
            np.linalg.norm(a @ (right @ b) - b, axis=0),
            10,
        ),
        ("values", values.astype(float) / one, np.linalg.svd(a, compute_uv=False), np.abs(a).max()),
    ):
        if not np.abs(got - wanted).max(initial=0) <= room * scale * unit:
            raise Wrong(
                f"lstsq: {what} is {got.tolist()} for {wanted.tolist()}, A = {a.tolist()}, b = {b.tolist()}"
            )


@explores("row_echelon")
def row_echelon(d: Draw) -> None:
    """Rank, pivots and the reduced form of small integers."""
    a = whole(d)
    reduced, pivots, _ = ex.eliminated(ex.exact(a))
    got = mml.row_echelon(placed(d, a), reduced=True)
    if (
        int(got.rank) != len(pivots)
        or [int(p) for p in np.ravel(got.pivots)[: len(pivots)]] != pivots
    ):
        raise Wrong(
            f"row_echelon: rank {got.rank}, pivots {got.pivots} for {pivots}, A = {a.tolist()}"
        )
    ex.all_near(
        got.matrix,
        reduced,
        Fraction(1, 10**12) * max(1, *ex.sizes(ex.flattened(reduced))),
        np.float64,
        f"reduced form of {a.tolist()}",
    )

"""Products, transformations, and the labels of matrices."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
from tests.truth import exact as ex
from tests.truth.families import dtype_of, matrix, placed, stacked
from tests.truth.registry import Draw, Wrong, explores

import mmlcore as mml

Rows = list[list[Fraction]]


def near_product(got: np.ndarray, a: Rows, b: Rows, dtype: type, name: str, units: int = 1) -> None:
    """Error at most n units of |A| |B|, entry by entry."""
    n = len(b)
    weight = ex.product([ex.sizes(r) for r in a], [ex.sizes(r) for r in b])
    right = ex.product(a, b)
    for i, row in enumerate(right):
        for j, r in enumerate(row):
            if weight[i][j] < ex.most(dtype):
                bound = units * (n + 2) * ex.ulp(dtype) * weight[i][j] + n * ex.tiny(dtype)
                ex.near(got[i, j], r, bound, dtype, f"{name} [{i}, {j}]")


@explores("matmul")
def matmul(d: Draw) -> None:
    """Entry by entry; NaN and infinity reach the entries that they meet and no others."""
    dtype = dtype_of(d)
    m, n, k = (int(d.pick(d.size(5), d.size(20))) for _ in range(3))
    if d.chance(0.3):
        a, b = matrix(d, m, k, dtype, 0.45), matrix(d, k, n, dtype, 0.45)
        a[int(d.rng.integers(m)), int(d.rng.integers(k))] = d.pick(np.nan, np.inf)
        got = mml.matmul(placed(d, a), placed(d, b))
        right = np.einsum("ij,jk->ik", a.astype(np.float64), b.astype(np.float64))
        if not np.array_equal(np.isfinite(got), np.isfinite(right.astype(dtype))):
            raise Wrong(f"matmul: finite where {np.isfinite(right).tolist()}, got {got.tolist()}")
        return
    a, items = stacked(d, lambda: matrix(d, m, k, dtype, 0.45), most=6)
    b = matrix(d, k, n, dtype, 0.45)
    got = mml.matmul(a, placed(d, b)).reshape(-1, m, n)
    for g, item in zip(got, items, strict=True):
        near_product(g, ex.exact(item), ex.exact(b), dtype, "matmul")


@explores("einsum")
def einsum(d: Draw) -> None:
    """Sums over random letters, as a product of the two matrices that they are."""
    dtype = dtype_of(d)
    m, n, k = d.size(5), d.size(5), d.size(5)
    a, b = matrix(d, m, k, dtype, 0.45), matrix(d, k, n, dtype, 0.45)
    terms, x, y = d.pick(
        ("ij,jk->ik", a, b),
        ("ji,jk->ik", a.T, b),
        ("ij,kj->ik", a, b.T),
        ("ji,kj->ik", a.T, b.T),
        ("ij,jk", a, b),
    )  # type: ignore[misc]
    near_product(
        mml.einsum(terms, placed(d, x), placed(d, y)),
        ex.exact(a),
        ex.exact(b),
        dtype,
        f"einsum {terms}",
    )


@explores("compose")
def compose(d: Draw) -> None:
    """The product of two."""
    dtype = dtype_of(d)
    n = d.size(5)
    a, b = matrix(d, n, n, dtype, 0.45), matrix(d, n, n, dtype, 0.45)
    near_product(
        mml.compose(placed(d, a), placed(d, b)), ex.exact(a), ex.exact(b), dtype, "compose"
    )


@explores("transform_points")
def transform_points(d: Draw) -> None:
    """Rows times A'."""
    dtype = dtype_of(d)
    n, m = d.size(4), d.size(9)
    a, x = matrix(d, n, n, dtype, 0.4), matrix(d, m, n, dtype, 0.4)
    got = mml.transform_points(placed(d, a), placed(d, x))
    near_product(got, ex.exact(x), ex.transposed(ex.exact(a)), dtype, "transform_points", 2)


@explores("change_basis")
def change_basis(d: Draw) -> None:
    """B X = A B with a small residual."""
    dtype = dtype_of(d)
    n = d.size(4)
    a, b = matrix(d, n, n, dtype, 0.3), matrix(d, n, n, dtype, 0.3)
    values = ex.singular_values(b)
    if values[-1] <= 1000 * n * ex.ulp(dtype) * values[0]:
        return
    x = mml.change_basis(placed(d, a), placed(d, b))
    right = ex.product(ex.exact(a), ex.exact(b))
    if max(abs(v) for v in ex.flattened(right)) > ex.most(dtype) / 4:
        return
    if not np.isfinite(x).all():
        raise Wrong(f"change_basis: {x.tolist()}")
    left = ex.product(ex.exact(b), ex.exact(x))
    norms = [max(sum(ex.sizes(row)) for row in ex.exact(y)) for y in (a, b, x)]
    bound = 8 * (n + 2) * 2**n * ex.ulp(dtype) * norms[1] * (norms[0] + norms[2])
    bound += n * (norms[1] + 1) * ex.tiny(dtype)
    for u, v in zip(ex.flattened(left), ex.flattened(right), strict=True):
        if abs(u - v) > bound:
            raise Wrong(
                f"change_basis: residual {ex.short(abs(u - v))}, bound {ex.short(bound)}, B = {b.tolist()}"
            )


@explores("matrix_power")
def matrix_power(d: Draw) -> None:
    """Error of k n units of |A|^k, for integers of both signs."""
    dtype = dtype_of(d)
    n, k = d.size(4), int(d.rng.integers(0, 12))
    a = matrix(d, n, n, dtype, 0.08)
    got = mml.matrix_power(placed(d, a), k)
    right, weight = ([[Fraction(int(i == j)) for j in range(n)] for i in range(n)] for _ in "ab")
    rows = ex.exact(a)
    for _ in range(k):
        right, weight = ex.product(right, rows), ex.product(weight, [ex.sizes(r) for r in rows])
    bounds = [
        [2 * k * (n + 2) * ex.ulp(dtype) * w + n * k * ex.tiny(dtype) * 10**20 for w in row]
        for row in weight
    ]
    if max(ex.flattened(weight)) < ex.most(dtype):
        ex.all_near(got, right, bounds, dtype, f"matrix_power {k}")


@explores("rotation")
def rotation(d: Draw) -> None:
    """Cosine and sine to two units, of large angles too."""
    dtype = dtype_of(d)
    theta = dtype(d.rng.standard_normal() * 10.0 ** d.rng.uniform(-20, 8))
    c, s = mpmath.cos(mpmath.mpf(float(theta))), mpmath.sin(mpmath.mpf(float(theta)))
    got = mml.rotation(theta)
    right = [ex.as_fraction(v) for v in (c, -s, s, c)]
    ex.all_near(
        got,
        right,
        [4 * ex.ulp(dtype) * abs(v) + ex.ulp(dtype) / 2**20 for v in right],
        dtype,
        f"rotation {theta}",
    )


@explores("reflection")
def reflection(d: Draw) -> None:
    """I - 2 v v' / v'v, whatever the length of v."""
    dtype = dtype_of(d)
    n = d.size(6)
    v = matrix(d, 1, n, dtype, 0.98)[0]
    if not v.any():
        return
    u = ex.exact(v)
    square = ex.dot(u, u)
    right = [[(i == j) - 2 * u[i] * u[j] / square for j in range(n)] for i in range(n)]
    ex.all_near(
        mml.reflection(placed(d, v)),
        right,
        (n + 12) * ex.ulp(dtype),
        dtype,
        f"reflection {v.tolist()}",
    )


@explores("rotation3d")
def rotation3d(d: Draw) -> None:
    """Orthogonal, and the axis stays, whatever its length."""
    axis = matrix(d, 1, 3, np.float64, 0.98)[0]
    if not axis.any():
        return
    r = mml.rotation3d(placed(d, axis), float(d.rng.uniform(-7, 7)))
    unit = [
        ex.as_fraction(ex.mp(v) / mpmath.sqrt(ex.mp(ex.dot(ex.exact(axis), ex.exact(axis)))))
        for v in ex.exact(axis)
    ]
    rows = ex.exact(r)
    ex.all_near(
        r @ np.array([float(v) for v in unit]),
        unit,
        40 * ex.ulp(np.float64),
        np.float64,
        f"axis of rotation3d {axis.tolist()}",
    )
    gram = ex.product(ex.transposed(rows), rows)
    for i in range(3):
        for j in range(3):
            if abs(gram[i][j] - (i == j)) > 40 * ex.ulp(np.float64):
                raise Wrong(f"rotation3d {axis.tolist()}: not orthogonal")


def labels_of(a: Rows) -> set[str]:
    """What is certain of a matrix of small integers."""
    n = len(a)
    identity = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    square = ex.product(a, a)
    power = a
    for _ in range(n):
        power = ex.product(power, a)
    zero = not any(ex.flattened(a))
    off = [(i, j) for i in range(n) for j in range(n) if a[i][j]]
    told = {
        "zero": zero,
        "identity": a == identity,
        "diagonal": all(i == j for i, j in off),
        "upper_triangular": all(i <= j for i, j in off),
        "lower_triangular": all(i >= j for i, j in off),
        "symmetric": a == ex.transposed(a),
        "skew_symmetric": a == [[-v for v in row] for row in ex.transposed(a)],
        "orthogonal": ex.product(ex.transposed(a), a) == identity,
        "idempotent": square == a,
        "involutory": square == identity,
        "nilpotent": not any(ex.flattened(power)),
        "singular": ex.rank(a) < n,
        "invertible": ex.rank(a) == n,
    }
    return {name for name, holds in told.items() if holds}


@explores("classify")
def classify(d: Draw) -> None:
    """Small integers, where every label is certain."""
    n = d.size(4)
    kind = d.pick("whole", "whole", "permutation", "triangle", "symmetric", "nilpotent", "similar")
    a = d.rng.integers(-2, 3, (n, n)).astype(float)
    if kind == "permutation":
        a = np.eye(n)[d.rng.permutation(n)]
    elif kind == "triangle":
        a = np.triu(a)
    elif kind == "symmetric":
        a = a + a.T
    elif kind in ("nilpotent", "similar"):
        a = np.triu(a, 1) if kind == "nilpotent" else np.diag(d.rng.integers(0, 2, n)).astype(float)
        if n > 1:
            s = np.eye(n)
            s[0, 1] = 2.0
            a = s @ a @ np.linalg.inv(s)
    right, got = labels_of(ex.exact(a)), set(mml.classify(placed(d, a)))
    known = got - {"permutation", "positive_definite", "positive_semidefinite"}
    if known != right:
        raise Wrong(
            f"classify: missing {sorted(right - known)}, too many {sorted(known - right)}, for {a.tolist()}"
        )

"""Orthonormal columns, projections, complements."""

from __future__ import annotations

import numpy as np
from tests.truth import complex_draws
from tests.truth import exact as ex
from tests.truth.families import dtype_of, matrix, placed
from tests.truth.registry import Draw, Wrong, explores

import mmlcore as mml


def orthonormal(q: np.ndarray, dtype: type, name: str, *, zeros: bool = False) -> None:
    """Q'Q = I to n units; with `zeros`, columns of zeros count as well."""
    n = q.shape[1]
    columns = ex.transposed(ex.exact(q)) if q.size else []
    if not np.isfinite(q).all():
        raise Wrong(f"{name}: not finite")
    for i in range(n):
        for j in range(i + 1):
            expected = int(i == j and not (zeros and not any(columns[i])))
            got = ex.dot(columns[i], columns[j])
            if abs(got - expected) > 20 * (n + 4) * ex.ulp(dtype):
                raise Wrong(f"{name}: q{i}'q{j} = {ex.short(got)}")


def lost(a: np.ndarray, q: np.ndarray, dtype: type, name: str) -> None:
    """Every column of A lies in the span of Q, to some units of its own length."""
    rows = ex.exact(q) if q.size else []
    columns = ex.transposed(rows) if q.size else []
    for j, column in enumerate(ex.transposed(ex.exact(a))):
        rest = list(column)
        for unit in columns:
            factor = ex.dot(unit, column)
            rest = [r - factor * u for r, u in zip(rest, unit, strict=True)]
        off, size = ex.root(ex.dot(rest, rest)), ex.root(ex.dot(column, column))
        if off > 60 * (a.shape[1] + 6) * ex.ulp(dtype) * size + 8 * ex.tiny(dtype):
            raise Wrong(
                f"{name}: column {j} of {a.tolist()} keeps {ex.short(off)} of {ex.short(size)} outside"
            )


@explores("gram_schmidt")
def gram_schmidt(d: Draw) -> None:
    """Orthogonal to machine precision for every A; zero columns for those that depend on earlier ones."""
    dtype = dtype_of(d)
    m, n = d.size(9), d.size(5)
    a = matrix(d, m, n, dtype, float(d.pick(0.4, 0.9)))
    q = mml.gram_schmidt(placed(d, a))
    orthonormal(q, dtype, f"gram_schmidt of {a.tolist()}", zeros=True)


@explores("qr")
def qr(d: Draw) -> None:
    """Orthonormal Q, triangular R with a diagonal that is not negative, Q R = A column by column."""
    if d.chance(complex_draws.SHARE):
        return complex_draws.qr(d)
    dtype = dtype_of(d)
    m, n = d.size(8), d.size(6)
    a = matrix(d, m, n, dtype, float(d.pick(0.4, 0.9)))
    q, r = mml.qr(placed(d, a))
    orthonormal(q, dtype, f"qr of {a.tolist()}")
    if np.tril(r, -1).any() or (np.diagonal(r) < 0).any():
        raise Wrong(f"qr: R = {r.tolist()}")
    if not np.isfinite(r).all():
        if (np.abs(a) < np.finfo(dtype).max / 8).all():
            raise Wrong(f"qr: R = {r.tolist()} for {a.tolist()}")
        return None
    product = ex.transposed(ex.product(ex.exact(q), ex.exact(r)))
    for column, right in zip(product, ex.transposed(ex.exact(a)), strict=True):
        size = ex.root(ex.dot(right, right))
        for g, v in zip(column, right, strict=True):
            if abs(g - v) > 20 * (m + n) * ex.ulp(dtype) * size + 4 * n * ex.tiny(dtype):
                raise Wrong(f"qr: Q R is off by {ex.short(abs(g - v))}, for {a.tolist()}")
    return None


@explores("span_dimension")
def span_dimension(d: Draw) -> None:
    """Small integers in any unit."""
    m, n = d.size(6), d.size(5)
    a = d.rng.integers(-2, 3, (m, n)).astype(float) * 2.0 ** int(d.rng.integers(-900, 900))
    right, got = ex.rank(ex.exact(a)), int(mml.span_dimension(placed(d, a)))
    if got != right:
        raise Wrong(f"span_dimension: {got} for {right}, A = {a.tolist()}")


def independent(d: Draw, dtype: type) -> np.ndarray | None:
    """A basis far enough from a dependent one."""
    m = d.size(7)
    n = d.size(min(m, 4))
    b = matrix(d, m, n, dtype, float(d.pick(0.4, 0.9)))
    columns = np.abs(b.astype(float)).max(axis=0)
    if not columns.all():
        return None
    values = ex.singular_values(b / columns)
    return b if values[-1] > values[0] / 1000 else None


@explores("projection_matrix")
def projection_matrix(d: Draw) -> None:
    """Symmetric, idempotent, and it keeps the columns of B."""
    dtype = dtype_of(d)
    b = independent(d, dtype)
    if b is None:
        return
    p = mml.projection_matrix(placed(d, b))
    rows = ex.exact(p)
    eps = 3000 * 40 * ex.ulp(dtype)
    square = ex.product(rows, rows)
    for i, row in enumerate(rows):
        for j, v in enumerate(row):
            if abs(v - rows[j][i]) > eps or abs(square[i][j] - v) > eps:
                raise Wrong(f"projection_matrix: not a projection, for {b.tolist()}")
    kept = ex.transposed(ex.product(rows, ex.exact(b)))
    for got, right in zip(kept, ex.transposed(ex.exact(b)), strict=True):
        size = ex.root(ex.dot(right, right))
        if any(
            abs(g - v) > eps * size + 8 * ex.tiny(dtype) for g, v in zip(got, right, strict=True)
        ):
            raise Wrong(f"projection_matrix: moves its own columns, for {b.tolist()}")


@explores("project")
def project(d: Draw) -> None:
    """points + residual = X, and the residual is orthogonal to B."""
    dtype = dtype_of(d)
    b = independent(d, dtype)
    if b is None:
        return
    x = matrix(d, d.size(4), b.shape[0], dtype, 0.4)
    try:
        points, coordinates, residual = mml.project(placed(d, x), placed(d, b))
    except ValueError as refused:  # as documented, where X is too large for B
        if "leaves the range" in str(refused):
            return
        raise
    eps = 3000 * 40 * ex.ulp(dtype)
    basis = ex.transposed(ex.exact(b))
    for p, r, row in zip(ex.exact(points), np.atleast_1d(residual), ex.exact(x), strict=True):
        size = ex.root(ex.dot(row, row))
        rest = [v - w for v, w in zip(row, p, strict=True)]
        for column in basis:
            if abs(ex.dot(rest, column)) > eps * size * ex.root(ex.dot(column, column)) + ex.tiny(
                dtype
            ) * 10**6 * (1 + max(ex.sizes(column))):
                raise Wrong(
                    f"project: the rest is not orthogonal, X = {x.tolist()}, B = {b.tolist()}"
                )
        ex.near(
            r,
            ex.root(ex.dot(rest, rest)),
            eps * size + 8 * ex.tiny(dtype),
            dtype,
            "residual of project",
        )
    if not np.isfinite(coordinates).all() and (np.abs(b) > 1e-3 * np.abs(x).max()).all():
        raise Wrong(f"project: coordinates {coordinates.tolist()}")


@explores("is_orthogonal")
def is_orthogonal(d: Draw) -> None:
    """Signed permutations are; small integers beside them are not."""
    n = d.size(6)
    a = np.eye(n)[d.rng.permutation(n)] * np.sign(d.rng.standard_normal(n))
    right = True
    if d.chance(0.5):
        a = d.rng.integers(-1, 2, (n, n)).astype(float)
        right = bool((a.T @ a == np.eye(n)).all())
    if bool(mml.is_orthogonal(placed(d, a))) != right:
        raise Wrong(f"is_orthogonal: {not right} for {a.tolist()}")


@explores("orthogonal_complement")
def orthogonal_complement(d: Draw) -> None:
    """Orthonormal, orthogonal to B, of the dimension that is left."""
    m, n = d.size(6), d.size(4)
    b = d.rng.integers(-2, 3, (m, n)).astype(float) * 2.0 ** int(d.rng.integers(-900, 900))
    c = mml.orthogonal_complement(placed(d, b))
    left = m - ex.rank(ex.exact(b))
    if c.shape != (m, left):
        raise Wrong(f"orthogonal_complement: shape {c.shape} for {(m, left)}, B = {b.tolist()}")
    orthonormal(c, np.float64, "orthogonal_complement")
    scale = np.abs(b).max() or 1.0
    if c.size and np.abs((b / scale).T @ c).max() > 1e-13:
        raise Wrong(f"orthogonal_complement: not orthogonal to B = {b.tolist()}")

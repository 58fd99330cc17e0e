"""Lengths, angles, projections, distances: the first thing that over- and underflow break."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from tests.truth import exact as ex
from tests.truth.families import dtype_of, entries, matrix, placed, powers
from tests.truth.registry import Draw, Wrong, explores

import mmlcore as mml


def pair(d: Draw, part: float) -> tuple[np.ndarray, np.ndarray, type]:
    """Two vectors or two lists of them, of one type."""
    dtype = dtype_of(d)
    n = int(d.pick(d.size(6), d.size(40), d.size(300)))
    shape = (n,) if d.chance(0.5) else (d.size(5), n)
    most = float(np.finfo(dtype).max)
    x, y = (
        np.clip(entries(d, shape) * powers(d, (*shape[:-1], 1), dtype, part), -most, most).astype(
            dtype
        )
        for _ in "ab"
    )
    if d.chance(0.2):
        y = x * dtype(1 + 10.0 ** -d.rng.uniform(1, 9))
    if d.chance(0.1):
        x = x * powers(d, shape, dtype, part / 4)
    return np.clip(x, -most, most).astype(dtype), np.clip(y, -most, most).astype(dtype), dtype


def rows_of(x: np.ndarray) -> list[list[Fraction]]:
    """Exact rows."""
    return ex.exact(np.atleast_2d(x))


def root_of_square(row: list[Fraction]) -> Fraction:
    """The length."""
    return ex.root(ex.dot(row, row))


@explores("inner")
def inner(d: Draw) -> None:
    """Error at most n units of rounding of the sum of |x y|."""
    x, y, dtype = pair(d, 0.9)
    got = np.atleast_1d(mml.inner(placed(d, x), placed(d, y)))
    n = x.shape[-1]
    for g, u, v in zip(got, rows_of(x), rows_of(y), strict=True):
        weight = ex.dot(ex.sizes(u), ex.sizes(v))
        if weight < ex.most(dtype):
            ex.near(
                g,
                ex.dot(u, v),
                (n + 2) * ex.ulp(dtype) * weight + n * ex.tiny(dtype),
                dtype,
                "inner",
            )


@explores("length")
def length(d: Draw) -> None:
    """Relative error of n / 2 + 4 units, wherever the length itself lies in the range."""
    x, _, dtype = pair(d, 0.98)
    got = np.atleast_1d(mml.length(placed(d, x)))
    for g, u in zip(got, rows_of(x), strict=True):
        right = root_of_square(u)
        ex.near(g, right, (len(u) + 8) * ex.ulp(dtype) * right, dtype, "length")


@explores("distance")
def distance(d: Draw) -> None:
    """As `length` of the difference."""
    x, y, dtype = pair(d, 0.98)
    got = np.atleast_1d(mml.distance(placed(d, x), placed(d, y)))
    for g, u, v in zip(got, rows_of(x), rows_of(y), strict=True):
        right = root_of_square([a - b for a, b in zip(u, v, strict=True)])
        ex.near(g, right, (len(u) + 10) * ex.ulp(dtype) * right, dtype, "distance")


def right_cosine(u: list[Fraction], v: list[Fraction]) -> Fraction | None:
    """The cosine, None beside a vector that is zero."""
    a, b = ex.dot(u, u), ex.dot(v, v)
    return (
        ex.as_fraction(ex.mp(ex.dot(u, v)) / mpmath.sqrt(ex.mp(a)) / mpmath.sqrt(ex.mp(b)))
        if a and b
        else None
    )


@explores("cosine")
def cosine(d: Draw) -> None:
    """Absolute error of n units; the units of x and y do not matter. A zero vector is refused."""
    x, y, dtype = pair(d, 0.98)
    right = [right_cosine(u, v) for u, v in zip(rows_of(x), rows_of(y), strict=True)]
    if None in right:
        return
    got = np.atleast_1d(mml.cosine(placed(d, x), placed(d, y)))
    for g, r in zip(got, right, strict=True):
        ex.near(g, r, (2 * x.shape[-1] + 16) * ex.ulp(dtype), dtype, "cosine")  # type: ignore[arg-type]


@explores("angle")
def angle(d: Draw) -> None:
    """Absolute error of n units, near 0 and pi too."""
    x, y, dtype = pair(d, 0.98)
    cosines = [right_cosine(u, v) for u, v in zip(rows_of(x), rows_of(y), strict=True)]
    if None in cosines:
        return
    got = np.atleast_1d(mml.angle(placed(d, x), placed(d, y)))
    with mpmath.workdps(100):
        for g, u, v in zip(got, rows_of(x), rows_of(y), strict=True):
            a, b, c = ex.dot(u, u), ex.dot(v, v), ex.dot(u, v)
            right = mpmath.atan2(mpmath.sqrt(ex.mp(a * b - c * c)), ex.mp(c))
            ex.near(g, ex.as_fraction(right), (4 * len(u) + 40) * ex.ulp(dtype), dtype, "angle")


@explores("scalar_projection")
def scalar_projection(d: Draw) -> None:
    """Error of n units of the length of x."""
    x, y, dtype = pair(d, 0.9)
    if not (np.atleast_2d(y) != 0).any(axis=-1).all():
        return
    got = np.atleast_1d(mml.scalar_projection(placed(d, x), placed(d, y)))
    for g, u, v in zip(got, rows_of(x), rows_of(y), strict=True):
        right = ex.as_fraction(ex.mp(ex.dot(u, v)) / mpmath.sqrt(ex.mp(ex.dot(v, v))))
        ex.near(
            g,
            right,
            (2 * len(u) + 16) * ex.ulp(dtype) * root_of_square(u),
            dtype,
            "scalar_projection",
        )


@explores("vector_projection")
def vector_projection(d: Draw) -> None:
    """Error of n units of the length of x, in every entry."""
    x, y, dtype = pair(d, 0.9)
    if not (np.atleast_2d(y) != 0).any(axis=-1).all():
        return
    got = np.atleast_2d(mml.vector_projection(placed(d, x), placed(d, y)))
    for g, u, v in zip(got, rows_of(x), rows_of(y), strict=True):
        factor = ex.dot(u, v) / ex.dot(v, v)
        bound = (2 * len(u) + 16) * ex.ulp(dtype) * root_of_square(u)
        ex.all_near(g, [factor * b for b in v], bound, dtype, "vector_projection")


def points(d: Draw, dtype: type, n: int, k: int) -> np.ndarray:
    """Rows with far offsets, a huge one among ordinary ones, duplicates."""
    x = entries(d, (n, k))
    kind = d.pick("plain", "offset", "outlier", "duplicates", "scaled", "huge", "small")
    if kind == "offset":
        x = x + 10.0 ** d.rng.uniform(0, 7 if dtype is np.float32 else 15)
    elif kind == "outlier":
        x[int(d.rng.integers(n))] *= 10.0 ** d.rng.uniform(3, 0.9 * np.log10(np.finfo(dtype).max))
    elif kind == "duplicates":
        x[n // 2 :] = x[: n - n // 2]
    elif kind == "scaled":
        x = x * powers(d, (n, 1), dtype, 0.9)
    elif kind == "huge":
        x = np.clip(x / 5, -0.9, 0.9) * np.finfo(dtype).max
    elif kind == "small":
        x = x * np.finfo(dtype).tiny
    return np.clip(x, -np.finfo(dtype).max, np.finfo(dtype).max).astype(dtype)


@explores("pairwise_distances")
def pairwise_distances(d: Draw) -> None:
    """Every distance as good as that of two vectors, whatever the other rows are."""
    dtype = dtype_of(d)
    k = int(d.pick(d.size(4), d.size(30)))
    x = points(d, dtype, d.size(12), k)
    same = d.chance(0.4)
    y = x if same else points(d, dtype, d.size(12), k)
    got = (
        mml.pairwise_distances(placed(d, x))
        if same
        else mml.pairwise_distances(placed(d, x), placed(d, y))
    )
    for i, u in enumerate(ex.exact(x)):
        for j, v in enumerate(ex.exact(y)):
            right = root_of_square([a - b for a, b in zip(u, v, strict=True)])
            ex.near(
                got[i, j], right, (k + 16) * ex.ulp(dtype) * right, dtype, f"distance [{i}, {j}]"
            )


@explores("nearest_neighbors")
def nearest_neighbors(d: Draw) -> None:
    """The nearest ones and their distances, ties by the lower index (where rounding cannot decide otherwise)."""
    _nearest(d, mml.nearest_neighbors)


@explores("NeighborIndex")
def neighbor_index(d: Draw) -> None:
    """The same, by what is kept."""
    _nearest(d, lambda x, queries, k: mml.NeighborIndex(x).query(queries, k))


def _nearest(d: Draw, ask: Callable[..., Any]) -> None:
    dtype = dtype_of(d)
    n, q = int(d.pick(d.size(15), d.size(200))), d.size(6)
    k = d.size(5)
    both = points(d, dtype, n + q, k)
    x, queries = both[:n], both[n:]
    wanted = d.size(n)
    distances, indices = ask(placed(d, x), placed(d, queries), wanted)
    rows = ex.exact(x)
    for got, who, u in zip(distances, indices, ex.exact(queries), strict=True):
        if len(set(who.tolist())) != wanted:
            raise Wrong(f"neighbours: an index comes twice: {who}")
        squares = [ex.dot(e, e) for e in ([a - b for a, b in zip(u, v, strict=True)] for v in rows)]
        order = sorted(range(n), key=lambda i: (squares[i], i))
        for place, (g, i) in enumerate(zip(got, who, strict=True)):
            own, best = ex.root(squares[i]), ex.root(squares[order[place]])
            bound = 4 * (k + 16) * ex.ulp(dtype)
            ex.near(g, own, bound * own, dtype, f"distance of neighbour {place}")
            ex.near(g, best, bound * best, dtype, f"neighbour {place}")
        for a, b in zip(range(wanted), range(1, wanted), strict=False):
            if squares[who[a]] == squares[who[b]] and got[a] == got[b] and who[a] > who[b]:
                raise Wrong(f"neighbours: equal distances, {who[a]} before {who[b]}")


@explores("is_independent")
def is_independent(d: Draw) -> None:
    """Small integers, where the rank is certain; units of the vectors do not matter."""
    m, n = d.size(5), d.size(5)
    a = d.rng.integers(-2, 3, (m, n)).astype(float) * 2.0 ** int(d.rng.integers(-900, 900))
    right = ex.rank(ex.exact(a)) == m
    if bool(mml.is_independent(placed(d, a))) != right:
        raise Wrong(f"is_independent: {not right} for {a.tolist()}")


@explores("coordinates")
def coordinates(d: Draw) -> None:
    """Backward stable: the residual is small against |B| |c|."""
    dtype = dtype_of(d)
    n = d.size(5)
    basis = matrix(d, n, n, dtype, 0.4)
    values = ex.singular_values(basis)
    if values[-1] <= 100 * n * ex.ulp(dtype) * values[0]:
        return
    x = (entries(d, (n,)) * powers(d, (), dtype, 0.4)).astype(dtype)
    c = mml.coordinates(placed(d, x), placed(d, basis))
    residual_small(basis, c[:, None], x[:, None], dtype, "coordinates")


def residual_small(a: np.ndarray, x: np.ndarray, b: np.ndarray, dtype: type, name: str) -> None:
    """|B - A X| at most c n units of |A| |X| + |B|, in each column's norm."""
    if not np.isfinite(x).all():
        raise Wrong(f"{name}: {x.tolist()} for A = {a.tolist()}, b = {b.tolist()}")
    n = a.shape[0]
    rows, sides = ex.exact(a), ex.transposed(ex.exact(b))
    norm = max(sum(ex.sizes(row)) for row in rows)
    for u, side in zip(ex.transposed(ex.exact(x)), sides, strict=True):
        reach = norm * max(ex.sizes(u)) + max(ex.sizes(side))
        bound = 8 * (n + 2) * 2 ** min(n, 6) * ex.ulp(dtype) * reach + n * (norm + 1) * ex.tiny(
            dtype
        )
        for row, s in zip(rows, side, strict=True):
            off = abs(ex.dot(row, u) - s)
            if off > bound:
                raise Wrong(
                    f"{name}: residual {ex.short(off)}, bound {ex.short(bound)}, for A = {a.tolist()}"
                )

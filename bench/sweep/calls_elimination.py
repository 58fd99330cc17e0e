"""Linear systems, factors, ranks: numpy, SciPy without its check for NaN, LAPACK through SciPy."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import scipy.linalg
import scipy.linalg.lapack

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.table import TOLERANCE, Calls, Verify, entry, near, same
from mmlcore.core.arrays import Array


@entry("elimination", "solve", 4)
def solve(draw: Draw) -> Calls:
    n = draw.size(2, 500)
    stack = draw.stack(n * n)
    a = draw.matrix(*stack, n, n)
    columns = draw.size(1, 50)
    if draw.chance(0.6):
        columns = 1
    b = draw.array(n) if not stack and columns == 1 else draw.array(*stack, n, columns)
    if stack and draw.chance(0.1):
        b = draw.array(n)
    peers: dict[str, Any] = {
        "numpy": partial(np.linalg.solve, a, b),
        "scipy": partial(scipy.linalg.solve, a, b, check_finite=False),
        "scipy general": partial(scipy.linalg.solve, a, b, check_finite=False, assume_a="gen"),
    }
    if not stack:
        gesv = scipy.linalg.lapack.dgesv if a.dtype == float else scipy.linalg.lapack.sgesv
        peers["lapack"] = lambda: gesv(a, b)[2]
    return Calls(partial(mml.solve, a, b), peers, near(draw.dtype, 10))


def square(draw: Draw, most: int = 400) -> Array:
    """A matrix or a stack, far from singular."""
    n = draw.size(2, most)
    return draw.matrix(*draw.stack(n * n), n, n)


@entry("elimination", "inverse", 2)
def inverse(draw: Draw) -> Calls:
    a = square(draw)
    peers = {
        "numpy": partial(np.linalg.inv, a),
        "scipy": partial(scipy.linalg.inv, a, check_finite=False),
    }
    return Calls(partial(mml.inverse, a), peers, near(draw.dtype, 10))


@entry("elimination", "determinant", 2)
def determinant(draw: Draw) -> Calls:
    a = square(draw, 80)
    peers = {
        "numpy": partial(np.linalg.det, a),
        "scipy": partial(scipy.linalg.det, a, check_finite=False),
    }
    # Infinite in float32 from some order on, in both.
    if draw.dtype == "float32":
        a /= np.float32(2 * np.sqrt(a.shape[-1]))
    return Calls(partial(mml.determinant, a), peers, near(draw.dtype, 100))


@entry("elimination", "slogdet")
def slogdet(draw: Draw) -> Calls:
    a = square(draw)
    peers = {"numpy": lambda: tuple(np.linalg.slogdet(a))}
    return Calls(partial(mml.slogdet, a), peers, near(draw.dtype, 10))


def factors(a: Array, dtype: str) -> Verify:
    """Check A[perm] = L U; the peers' factors may be others."""

    def check(_expected: Any, got: Any) -> None:
        perm, lower, upper = got
        there = np.take_along_axis(a, np.asarray(perm)[..., None], axis=-2)
        near(dtype)(there, np.matmul(lower, upper))

    return check


@entry("elimination", "lu")
def lu(draw: Draw) -> Calls:
    n = draw.size(2, 300)
    m = n if draw.chance(0.6) else draw.size(2, 300)
    a = draw.array(*draw.stack(m * n, 500_000), m, n)

    def scipy_lu() -> Any:
        p, lower, upper = scipy.linalg.lu(a, check_finite=False, p_indices=True)
        return np.argsort(p, axis=-1), lower, upper

    peers = {"scipy": scipy_lu}
    return Calls(partial(mml.lu, a), peers, factors(a, draw.dtype), lambda: None)


@entry("elimination", "cholesky", 2)
def cholesky(draw: Draw) -> Calls:
    n = draw.size(2, 400)
    x = draw.rng.standard_normal((*draw.stack(n * n), n, n))
    a = draw.lay((x @ np.swapaxes(x, -1, -2) / n + np.eye(n)).astype(draw.dtype))
    peers = {
        "numpy": partial(np.linalg.cholesky, a),
        "scipy": partial(scipy.linalg.cholesky, a, lower=True, check_finite=False),
    }
    return Calls(partial(mml.cholesky, a), peers, near(draw.dtype, 10))


def eliminate(a: Array) -> Array:
    """Row echelon form of one matrix by numpy, row operations as outer products."""
    a = a.copy()
    row, tiny = 0, max(a.shape) * np.finfo(a.dtype).eps * np.abs(a).sum(axis=1).max()
    for column in range(a.shape[1]):
        if row == len(a):
            break
        best = row + int(np.argmax(np.abs(a[row:, column])))
        if abs(a[best, column]) <= tiny:
            continue
        if best != row:
            a[[row, best]] = a[[best, row]]
        a[row + 1 :] -= np.outer(a[row + 1 :, column] / a[row, column], a[row])
        a[row + 1 :, column] = 0
        row += 1
    return a


@entry("elimination", "row_echelon")
def row_echelon(draw: Draw) -> Calls:
    m = draw.size(2, 60)
    n = m + draw.size(1, 20)
    a = draw.array(*draw.stack(m * n, 20_000), m, n)

    def loop() -> Array:
        if a.ndim == 2:
            return eliminate(a)
        return np.stack([eliminate(x) for x in a.reshape(-1, m, n)]).reshape(a.shape)

    def verify(expected: Any, got: Any) -> None:
        near(draw.dtype, 100)(expected, getattr(got, "matrix", got))

    return Calls(partial(mml.row_echelon, a), {"numpy by hand": loop}, verify)


def rectangular(draw: Draw, most: int = 150) -> Array:
    """A matrix, or a stack, of any shape; every other one of a lower rank."""
    m, n = draw.size(2, most), draw.size(2, most)
    stack = draw.stack(m * n, 300_000)
    if draw.chance(0.5):
        r = draw.size(1, min(m, n))
        u, v = draw.rng.standard_normal((*stack, m, r)), draw.rng.standard_normal((*stack, r, n))
        draw.say(f"rank {r}")
        return draw.lay((u @ v).astype(draw.dtype))
    return draw.array(*stack, m, n)


@entry("elimination", "rank")
def rank(draw: Draw) -> Calls:
    a = rectangular(draw)
    return Calls(partial(mml.rank, a), {"numpy": partial(np.linalg.matrix_rank, a)}, same)


@entry("elimination", "is_singular")
def is_singular(draw: Draw) -> Calls:
    a = square(draw, 150)
    n = a.shape[-1]
    peers = {"numpy rank": lambda: np.linalg.matrix_rank(a) < n}
    return Calls(partial(mml.is_singular, a), peers, same)


@entry("elimination", "svd", 2)
def svd(draw: Draw) -> Calls:
    a = rectangular(draw)

    def verify(expected: Any, got: Any) -> None:
        near(draw.dtype, 100)(expected[1] + expected[1].max(), got[1] + expected[1].max())
        error = np.abs((got[0] * got[1][..., np.newaxis, :]) @ got[2] - a).max() / np.abs(a).max()
        assert error <= 1000 * TOLERANCE[draw.dtype], f"U s Vh is {error:.2g} of A apart."

    peers = {"numpy": partial(np.linalg.svd, a, full_matrices=False)}
    if a.ndim == 2:
        peers["scipy"] = partial(scipy.linalg.svd, a, full_matrices=False, check_finite=False)
    return Calls(partial(mml.svd, a), peers, verify)


@entry("elimination", "svdvals")
def svdvals(draw: Draw) -> Calls:
    a = rectangular(draw)

    def verify(expected: Any, got: Any) -> None:
        near(draw.dtype, 100)(expected + expected.max(), got + expected.max())

    return Calls(
        partial(mml.svdvals, a), {"numpy": partial(np.linalg.svd, a, compute_uv=False)}, verify
    )


@entry("elimination", "lstsq", 2)
def lstsq(draw: Draw) -> Calls:
    n = draw.size(1, 60)
    m = n + draw.size(1, 200)
    stack = draw.stack(m * n, 50_000)
    a, b = draw.array(*stack, m, n), draw.array(*stack, m, 1)

    def loop() -> tuple[Array]:
        pairs = zip(a.reshape(-1, m, n), b.reshape(-1, m, 1), strict=True)
        return (np.stack([np.linalg.lstsq(x, y, rcond=None)[0] for x, y in pairs]),)

    def verify(expected: Any, got: Any) -> None:
        x, right = (np.reshape(part[0], (-1, n, 1)) for part in (got, expected))
        near(draw.dtype, 1000)(right, x)

    peers: dict[str, Any] = {"numpy": loop}
    if not stack:
        peers["scipy"] = lambda: scipy.linalg.lstsq(a, b, check_finite=False)[:1]
    return Calls(lambda: tuple(mml.lstsq(a, b)), peers, verify, loop)


@entry("elimination", "pinv")
def pinv(draw: Draw) -> Calls:
    n = draw.size(1, 60)
    m = n + draw.size(1, 100)
    a = draw.array(*draw.stack(m * n, 100_000), m, n)
    return Calls(
        partial(mml.pinv, a), {"numpy": partial(np.linalg.pinv, a)}, near(draw.dtype, 1000)
    )


@entry("elimination", "condition")
def condition(draw: Draw) -> Calls:
    a = square(draw, 150)
    return Calls(
        partial(mml.condition, a), {"numpy": partial(np.linalg.cond, a)}, near(draw.dtype, 100)
    )


@entry("elimination", "null_space")
def null_space(draw: Draw) -> Calls:
    m = draw.size(2, 150)
    a = draw.array(m, m + draw.size(1, 50))

    def verify(expected: Any, got: Any) -> None:
        assert got.shape == expected.shape, f"The shapes are {expected.shape} and {got.shape}."
        error = np.abs(a @ got).max() / np.abs(a).max()
        assert error <= 100 * TOLERANCE[draw.dtype], f"A N is {error:.2g} of A."

    peers = {"scipy": partial(scipy.linalg.null_space, a, check_finite=False)}
    return Calls(partial(mml.null_space, a), peers, verify)

"""Complex matrices, and what else a function takes beside its plain arguments: numpy, SciPy."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg

import mmlcore as mml
from bench.sweep.calls_eigen import pairs_of
from bench.sweep.draw import Draw
from bench.sweep.table import Calls, entry, near
from mmlcore.core.arrays import Array

WEIGHT = 0.3


def numbers(draw: Draw, *shape: int, shift: float = 0.0) -> Array:
    """Complex numbers; squares with a shift are far from singular."""
    a = draw.rng.standard_normal((2, *shape))
    made = a[0] + 1j * a[1]
    if shift:
        made += shift * np.sqrt(shape[-1]) * np.eye(shape[-1])
    return draw.lay(made.astype("complex64" if draw.dtype == "float32" else "complex128"))


def square(draw: Draw, most: int, numbers_most: int = 500_000) -> Array:
    """A complex square matrix, or a stack."""
    n = draw.size(2, most)
    return numbers(draw, *draw.stack(n * n, numbers_most), n, n, shift=3.0)


@entry("elimination", "solve.complex", WEIGHT)
def solve(draw: Draw) -> Calls:
    a = square(draw, 300)
    b = numbers(draw, *a.shape[:-1], draw.choice(1, 1, 7))
    peers = {
        "numpy": partial(np.linalg.solve, a, b),
        "scipy": partial(scipy.linalg.solve, a, b, check_finite=False),
    }
    return Calls(partial(mml.solve, a, b), peers, near(draw.dtype, 10))


@entry("elimination", "inverse.complex", WEIGHT)
def inverse(draw: Draw) -> Calls:
    a = square(draw, 200)
    return Calls(
        partial(mml.inverse, a), {"numpy": partial(np.linalg.inv, a)}, near(draw.dtype, 10)
    )


@entry("elimination", "determinant.complex", WEIGHT)
def determinant(draw: Draw) -> Calls:
    a = square(draw, 40)
    a /= 4 * np.sqrt(a.shape[-1])
    return Calls(
        partial(mml.determinant, a), {"numpy": partial(np.linalg.det, a)}, near(draw.dtype, 100)
    )


@entry("elimination", "slogdet.complex", WEIGHT)
def slogdet(draw: Draw) -> Calls:
    a = square(draw, 200)
    peers = {"numpy": lambda: tuple(np.linalg.slogdet(a))}
    return Calls(partial(mml.slogdet, a), peers, near(draw.dtype, 10))


@entry("matrices", "matmul.complex", WEIGHT)
def matmul(draw: Draw) -> Calls:
    m, k, n = (draw.size(1, 200) for _ in range(3))
    stack = draw.stack(m * k + k * n, 500_000)
    a, b = numbers(draw, *stack, m, k), numbers(draw, *stack, k, n)
    return Calls(partial(mml.matmul, a, b), {"numpy": partial(np.matmul, a, b)}, near(draw.dtype))


@entry("eigen", "matrix_power.complex", WEIGHT)
def matrix_power(draw: Draw) -> Calls:
    a = square(draw, 60)
    a /= 5 * np.sqrt(a.shape[-1])
    e = draw.choice(3, 2, 10, -1)
    draw.say(f"n={e}")
    peers = {"numpy": partial(np.linalg.matrix_power, a, e)}
    return Calls(partial(mml.matrix_power, a, e), peers, near(draw.dtype, 10))


def hermitian(draw: Draw) -> Array:
    """A Hermitian matrix, or a stack."""
    n = draw.size(2, 250)
    a = numbers(draw, *draw.stack(n * n, 250_000), n, n)
    return draw.lay(a + np.conj(np.swapaxes(a, -1, -2)))


def general(draw: Draw) -> Array:
    """A complex matrix without symmetry, or a stack."""
    n = draw.size(2, 120)
    return numbers(draw, *draw.stack(n * n, 25_000), n, n)


@entry("eigen", "eigh.complex", WEIGHT)
def eigh(draw: Draw) -> Calls:
    a = hermitian(draw)
    peers: dict[str, Any] = {"numpy": partial(np.linalg.eigh, a)}
    for driver in ("evr", "evd"):
        peers[f"scipy {driver}"] = partial(scipy.linalg.eigh, a, check_finite=False, driver=driver)
    return Calls(partial(mml.eigh, a), peers, pairs_of(a, draw.dtype))


@entry("eigen", "eigvalsh.complex", WEIGHT)
def eigvalsh(draw: Draw) -> Calls:
    a = hermitian(draw)
    peers = {
        "numpy": partial(np.linalg.eigvalsh, a),
        "scipy": partial(scipy.linalg.eigh, a, check_finite=False, eigvals_only=True),
    }
    return Calls(partial(mml.eigvalsh, a), peers, near(draw.dtype, 10))


@entry("eigen", "eig.complex", WEIGHT)
def eig(draw: Draw) -> Calls:
    a = general(draw)
    peers = {
        "numpy": partial(np.linalg.eig, a),
        "scipy": partial(scipy.linalg.eig, a, check_finite=False),
    }
    return Calls(partial(mml.eig, a), peers, pairs_of(a, draw.dtype, 100))


@entry("eigen", "eigvals.complex", WEIGHT)
def eigvals(draw: Draw) -> Calls:
    a = general(draw)
    peers = {
        "numpy": partial(np.linalg.eigvals, a),
        "scipy": partial(scipy.linalg.eigvals, a, check_finite=False),
    }

    def check(expected: Any, got: Any) -> None:
        near(draw.dtype, 1000)(np.sort(np.abs(expected)), np.sort(np.abs(got)))

    return Calls(partial(mml.eigvals, a), peers, check)


@entry("eigen", "diagonalize.complex", WEIGHT)
def diagonalize(draw: Draw) -> Calls:
    a = general(draw) if draw.choice(True, True, False) else hermitian(draw)

    def theirs() -> Any:
        values, vectors = np.linalg.eig(a)
        diagonal = np.zeros_like(vectors)
        places = np.arange(a.shape[-1])
        diagonal[..., places, places] = values
        return vectors, diagonal, np.linalg.inv(vectors)

    def check(_expected: Any, got: Any) -> None:
        near(draw.dtype, 1000)(a, got[0] @ got[1] @ got[2])

    return Calls(partial(mml.diagonalize, a), {"numpy": theirs}, check)


@entry("elimination", "svd.complex", WEIGHT)
def svd(draw: Draw) -> Calls:
    m, n = draw.size(2, 100), draw.size(2, 100)
    a = numbers(draw, *draw.stack(m * n, 50_000), m, n)

    def check(expected: Any, got: Any) -> None:
        u, s, vh = got
        near(draw.dtype, 10)(expected[1], s)
        near(draw.dtype, 10)(a, np.matmul(u * s[..., None, :], vh))

    return Calls(
        partial(mml.svd, a), {"numpy": partial(np.linalg.svd, a, full_matrices=False)}, check
    )


@entry("elimination", "svdvals.complex", WEIGHT)
def svdvals(draw: Draw) -> Calls:
    m, n = draw.size(2, 100), draw.size(2, 100)
    a = numbers(draw, *draw.stack(m * n, 50_000), m, n)
    peers = {
        "numpy": partial(np.linalg.svd, a, compute_uv=False),
    }
    return Calls(partial(mml.svdvals, a), peers, near(draw.dtype, 10))


@entry("orthogonal", "qr.complex", WEIGHT)
def qr(draw: Draw) -> Calls:
    m, n = draw.size(2, 200), draw.size(2, 200)
    a = numbers(draw, *draw.stack(m * n, 200_000), m, n)

    def check(_expected: Any, got: Any) -> None:
        near(draw.dtype)(a, np.matmul(*got))

    return Calls(partial(mml.qr, a), {"numpy": partial(np.linalg.qr, a)}, check)


@entry("elimination", "svd.few", WEIGHT)
def svd_few(draw: Draw) -> Calls:
    m, n = draw.size(300, 3000), draw.size(300, 3000)
    k = draw.size(1, 8)
    a = scipy.sparse.random(m, n, 0.02, format="csr", random_state=draw.rng, dtype=np.float64)
    draw.say(f"sparse {m}x{n} k={k}")

    def check(expected: Any, got: Any) -> None:
        near("float32")(np.sort(expected[1]), np.sort(got[1]))

    return Calls(lambda: mml.svd(a, k=k), {"scipy": partial(scipy.sparse.linalg.svds, a, k)}, check)

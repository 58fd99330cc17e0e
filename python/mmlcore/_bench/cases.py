"""Work that is compared with numpy: builders of cases for a chapter, a size and a type.

`bench/<chapter>.py` lists the whole grid, `short` what `mmlcore bench` runs on a user's machine in about a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import mmlcore as mml
from mmlcore._bench.compare import Call, Case
from mmlcore.core.arrays import Array

Peer = tuple[str, Callable[..., Any]]
NUMPY_SOLVE: Peer = ("numpy", np.linalg.solve)
NUMPY_QR: Peer = ("numpy", np.linalg.qr)


def agree(rtol: float) -> Callable[[Any, Any], None]:
    """Return a check that no element differs by more than `rtol` times the largest one."""

    def check(expected: Any, got: Any) -> None:
        expected, got = np.asarray(expected), np.asarray(got)
        assert got.shape == expected.shape, f"The shapes are {got.shape} and {expected.shape}."
        assert got.dtype == expected.dtype, f"The types are {got.dtype} and {expected.dtype}."
        error = float(np.max(np.abs(got - expected), initial=0.0))
        scale = float(np.max(np.abs(expected), initial=0.0))
        assert error <= rtol * scale, f"The largest difference is {error:.2g} of {scale:.2g}."

    return check


def data(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    """Standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def rounding(dtype: str) -> float:
    """Unit roundoff of a type."""
    return float(np.finfo(dtype).eps)


def matmul(n: int, dtype: str = "float64", *, batch: int = 0, target: float = 1.0) -> Case:
    """Product of two n x n matrices, or of a batch of them."""
    shape = (batch, n, n) if batch else (n, n)

    def setup() -> tuple[Call, Call]:
        a, b = data(shape, dtype), data(shape, dtype, 1)
        return lambda: np.matmul(a, b), lambda: mml.matmul(a, b)

    name = f"matmul {batch:,} of {n}x{n} {dtype}" if batch else f"matmul {n} {dtype}"
    return Case(name, "matrices", setup, agree(8 * n * rounding(dtype)), target)


def solve(
    n: int, dtype: str = "float64", *, batch: int = 0, target: float = 1.0, peer: Peer = NUMPY_SOLVE
) -> Case:
    """Linear system with one right side, or a batch of them; well-conditioned, so that the solutions can be compared."""

    def setup() -> tuple[Call, Call]:
        if batch:
            a = data((batch, n, n), dtype) + 2 * n * np.eye(n, dtype=dtype)
            b = data((batch, n, 1), dtype, 1)
        else:
            a, b = data((n, n), dtype) + 2 * n**0.5 * np.eye(n, dtype=dtype), data((n,), dtype, 1)
        return lambda: peer[1](a, b), lambda: mml.solve(a, b)

    name = f"solve {batch:,} of {n}x{n} {dtype}" if batch else f"solve {n} {dtype}"
    return Case(name, "elimination", setup, agree(100 * n * rounding(dtype)), target, peer[0])


def gram_schmidt(
    m: int, n: int, dtype: str = "float64", *, target: float = 1.0, peer: Peer = NUMPY_QR
) -> Case:
    """Orthonormal basis of the columns of a tall matrix; the peer is a QR in its best memory order."""

    def setup() -> tuple[Call, Call]:
        a = data((m, n), dtype)
        f = np.asfortranarray(a)
        return lambda: peer[1](f)[0], lambda: mml.gram_schmidt(a)

    name = f"gram_schmidt {m:,} x {n} {dtype}"
    return Case(name, "orthogonal", setup, same_basis(dtype), target, peer[0])


def same_basis(dtype: str) -> Callable[[Any, Any], None]:
    """Return a check that our columns are orthonormal to 5e-15 (float32: 2e-6) and numpy's up to signs."""
    limit = 5e-15 if dtype == "float64" else 2e-6

    def check(expected: Any, got: Any) -> None:
        n = got.shape[1]
        q = got.astype(np.float64)
        error = float(np.linalg.norm(q.T @ q - np.eye(n), 2))
        assert error <= limit, f"The columns are orthonormal to {error:.2g} only."
        cosines = np.abs(np.sum(q * expected, axis=0))
        worst = float(np.max(np.abs(cosines - 1), initial=0.0))
        assert worst <= 1e3 * rounding(dtype), (
            f"A column differs from the peer's by a cosine of {worst:.2g}."
        )

    return check


def short() -> list[Case]:
    """Return what `mmlcore bench` runs."""
    return [
        matmul(64),
        matmul(1024, target=1.15),
        matmul(1024, "float32", target=1.03),
        matmul(4, batch=100_000, target=6),
        solve(3, target=10),
        solve(1024, target=1.3),
        solve(3, batch=100_000, target=28),
        solve(8, batch=100_000, target=14),
        solve(32, batch=5_000, target=1.5),
        gram_schmidt(100_000, 32, target=4.5),
        gram_schmidt(100_000, 32, "float32", target=3),
    ]

"""Orthonormal bases and projections: QR by numpy and SciPy, and formulas with it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import scipy.linalg

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.table import TOLERANCE, Calls, Verify, entry, near, same
from mmlcore.core.arrays import Array


def tall(draw: Draw, most: int = 200) -> Array:
    """A matrix with more rows than columns, a stack of them, or very many rows."""
    n = draw.size(2, most)
    if draw.chance(0.3):
        n = min(n, 60)
        return draw.array(min(draw.size(1_000, 100_000), 3_000_000 // n), n)
    m = n + draw.size(1, 300)
    return draw.array(*draw.stack(m * n, 500_000), m, n)


def basis_of(a: Array, dtype: str) -> Verify:
    """Check that the columns are orthonormal and span those of `a`."""

    def check(_expected: Any, got: Any) -> None:
        q = np.asarray(got, float)
        turned = np.swapaxes(q, -1, -2)
        near(dtype)(
            np.broadcast_to(np.eye(q.shape[-1]), (*a.shape[:-2], *q.shape[-1:] * 2)), turned @ q
        )
        near(dtype)(a, q @ (turned @ a))

    return check


def scipy_qr(a: Array) -> dict[str, Any]:
    """SciPy's call; its stacks are loops."""
    return {"scipy": partial(scipy.linalg.qr, a, mode="economic", check_finite=False)}


@entry("orthogonal", "gram_schmidt")
def gram_schmidt(draw: Draw) -> Calls:
    a = tall(draw)
    by_scipy = scipy_qr(a)["scipy"]
    peers = {"numpy": lambda: np.linalg.qr(a)[0], "scipy": lambda: by_scipy()[0]}
    return Calls(partial(mml.gram_schmidt, a), peers, basis_of(a, draw.dtype))


@entry("orthogonal", "qr", 2)
def qr(draw: Draw) -> Calls:
    a = tall(draw)

    def check(_expected: Any, got: Any) -> None:
        q, r = got
        basis_of(a, draw.dtype)(None, q)
        near(draw.dtype)(a, q @ r)

    return Calls(partial(mml.qr, a), {"numpy": partial(np.linalg.qr, a), **scipy_qr(a)}, check)


@entry("orthogonal", "span_dimension")
def span_dimension(draw: Draw) -> Calls:
    a = tall(draw, 100)
    return Calls(partial(mml.span_dimension, a), {"numpy": partial(np.linalg.matrix_rank, a)}, same)


def few(draw: Draw) -> Array:
    """A basis of a subspace, or a stack of them, in at most 300 dimensions."""
    k = draw.size(1, 40)
    d = k + draw.size(1, 260)
    return draw.array(*draw.stack(d * d, 500_000), d, k)


@entry("orthogonal", "projection_matrix")
def projection_matrix(draw: Draw) -> Calls:
    b = few(draw)

    def by_qr() -> Array:
        q = np.linalg.qr(b)[0]
        return q @ np.swapaxes(q, -1, -2)

    def by_normal() -> Array:
        t = np.swapaxes(b, -1, -2)
        return b @ np.linalg.solve(t @ b, t)

    peers = {"numpy qr": by_qr, "numpy normal equations": by_normal}
    return Calls(partial(mml.projection_matrix, b), peers, near(draw.dtype, 100))


@entry("orthogonal", "project")
def project(draw: Draw) -> Calls:
    n, d = draw.points()
    b = draw.array(d, draw.size(1, max(1, d // 2)))
    x = draw.array(n, d)

    def by_qr() -> Any:
        q, r = np.linalg.qr(b)
        c = x @ q
        points = c @ q.T
        lengths = np.linalg.norm(x - points, axis=-1)
        return points, scipy.linalg.solve_triangular(r, c.T, check_finite=False).T, lengths

    def by_lstsq() -> Any:
        c = np.linalg.lstsq(b, x.T, rcond=None)[0].T
        points = c @ b.T
        return points, c, np.linalg.norm(x - points, axis=-1)

    def by_normal() -> Any:
        c = np.linalg.solve(b.T @ b, b.T @ x.T).T
        points = c @ b.T
        return points, c, np.linalg.norm(x - points, axis=-1)

    peers = {"numpy qr": by_qr, "numpy lstsq": by_lstsq, "numpy normal equations": by_normal}
    return Calls(partial(mml.project, x, b), peers, near(draw.dtype, 100))


@entry("orthogonal", "is_orthogonal")
def is_orthogonal(draw: Draw) -> Calls:
    n = draw.size(2, 200)
    stack = draw.stack(n * n, 300_000)
    q = np.linalg.qr(draw.rng.standard_normal((*stack, n, n)))[0]
    q = draw.lay(q.astype(draw.dtype))
    eye = np.eye(n, dtype=q.dtype)
    tol = 100 * n * np.finfo(q.dtype).eps

    def by_hand() -> Any:
        return (np.abs(np.swapaxes(q, -1, -2) @ q - eye) <= tol).all(axis=(-2, -1))

    return Calls(partial(mml.is_orthogonal, q), {"numpy by hand": by_hand}, same)


@entry("orthogonal", "orthogonal_complement")
def orthogonal_complement(draw: Draw) -> Calls:
    k = draw.size(1, 40)
    b = draw.array(k + draw.size(1, 150), k)

    def verify(expected: Any, got: Any) -> None:
        assert got.shape == expected.shape, f"The shapes are {expected.shape} and {got.shape}."
        error = np.abs(b.T @ got).max() / np.abs(b).max()
        assert error <= 100 * TOLERANCE[draw.dtype], f"B' C is {error:.2g} of B."

    peers = {
        "scipy": partial(scipy.linalg.null_space, b.T, check_finite=False),
        "numpy qr": lambda: np.linalg.qr(b, mode="complete")[0][:, k:],
    }
    return Calls(partial(mml.orthogonal_complement, b), peers, verify)

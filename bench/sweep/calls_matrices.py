"""Products and transformations: numpy, BLAS through SciPy, and the formulas that people write."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import scipy.linalg.blas
import scipy.ndimage
from scipy.spatial.transform import Rotation

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.table import Calls, entry, near
from mmlcore.core.arrays import Array


@entry("matrices", "matmul", 4)
def matmul(draw: Draw) -> Calls:
    kind = draw.choice("matrices", "matrices", "matrices", "one matrix", "vector", "left vector")
    big = 600 if kind != "one matrix" else 100
    m, n, p = (draw.size(2, big) for _ in range(3))
    if draw.chance(0.4):
        n = p = m
    stack = draw.stack(max(m * n, n * p, m * p)) if kind != "left vector" else ()
    a = draw.array(n) if kind == "left vector" else draw.array(*stack, m, n)
    shape = {"vector": (n,), "matrices": (*stack, n, p)}.get(kind, (n, p))
    b = draw.array(*shape)
    peers: dict[str, Any] = {"numpy": partial(np.matmul, a, b)}
    if a.ndim == b.ndim == 2:
        gemm = scipy.linalg.blas.dgemm if a.dtype == float else scipy.linalg.blas.sgemm
        peers["blas"] = lambda: gemm(1.0, b.T, a.T).T
    if a.ndim <= 2 and b.ndim <= 2:
        peers["numpy dot"] = partial(np.dot, a, b)
    elif b.ndim < 3:
        peers["numpy reshaped"] = lambda: (a.reshape(-1, n) @ b).reshape(
            *a.shape[:-1], *b.shape[1:]
        )
    return Calls(partial(mml.matmul, a, b), peers, near(draw.dtype))


SUMS = (
    "ij,jk->ik",
    "bij,bjk->bik",
    "i,j->ij",
    "bi,bi->b",
    "bij,j->bi",
    "ij->j",
    "ij,ij->",
    "bij->bji",
    "bi,ij,bj->b",
)


@entry("matrices", "einsum", 2)
def einsum(draw: Draw) -> Calls:
    text = draw.choice(*SUMS)
    draw.say(text)
    inputs = text.split("->", maxsplit=1)[0].split(",")
    many = draw.size(1, 2_000)
    sizes = {c: many if c == "b" else draw.size(2, 40 if "b" in text else 300) for c in "bijk"}
    arrays = [draw.array(*(sizes[c] for c in term)) for term in inputs]
    peers = {
        "numpy": partial(np.einsum, text, *arrays),
        "numpy optimize": partial(np.einsum, text, *arrays, optimize=True),
    }
    if text == "bij,bjk->bik" or text == "ij,jk->ik":
        peers["numpy matmul"] = partial(np.matmul, *arrays)
    return Calls(partial(mml.einsum, text, *arrays), peers, near(draw.dtype, 10))


def angles(draw: Draw) -> Any:
    """One number, or a stack of them."""
    stack = draw.stack(4, 200_000)
    return draw.array(*stack) if stack else float(draw.rng.standard_normal())


def square(rows: list[list[Any]]) -> Array:
    """A 2 x 2 matrix, or a stack."""
    (a, b), (c, d) = rows
    if isinstance(a + b, float):
        return np.array(rows)
    out = np.empty((*np.broadcast(a, b, c, d).shape, 2, 2), np.result_type(b, c))
    out[..., 0, 0], out[..., 0, 1], out[..., 1, 0], out[..., 1, 1] = a, b, c, d
    return out


@entry("matrices", "rotation")
def rotation(draw: Draw) -> Calls:
    t = angles(draw)
    cos, sin = (math.cos, math.sin) if isinstance(t, float) else (np.cos, np.sin)

    def by_hand() -> Array:
        c, s = cos(t), sin(t)
        return square([[c, -s], [s, c]])

    return Calls(partial(mml.rotation, t), {"numpy by hand": by_hand}, near(draw.dtype))


@entry("matrices", "shear")
def shear(draw: Draw) -> Calls:
    k = angles(draw)
    one = 1.0 if isinstance(k, float) else np.asarray(1, k.dtype)
    peers = {"numpy by hand": lambda: square([[one, k], [0.0 * one, one]])}
    return Calls(partial(mml.shear, k), peers, near(draw.dtype))


@entry("matrices", "scaling")
def scaling(draw: Draw) -> Calls:
    factors = draw.rng.standard_normal(draw.size(2, 6)).tolist()
    draw.say(f"{len(factors)} factors")
    return Calls(
        partial(mml.scaling, *factors), {"numpy": partial(np.diag, factors)}, near("float64")
    )


@entry("matrices", "rotation3d")
def rotation3d(draw: Draw) -> Calls:
    stack = draw.stack(9, 200_000)
    axis = draw.array(*stack, 3)
    t = draw.array(*stack) if stack else 0.7

    def by_scipy() -> Array:
        unit = axis / np.linalg.norm(axis, axis=-1, keepdims=True)
        turns = (unit * np.asarray(t)[..., None]).reshape(-1, 3)
        return Rotation.from_rotvec(turns).as_matrix().reshape(*stack, 3, 3)

    def by_hand() -> Array:
        x, y, z = np.moveaxis(axis / np.sqrt(np.sum(axis * axis, -1, keepdims=True)), -1, 0)
        c, s = np.cos(t), np.sin(t)
        d = 1 - c
        out = np.empty((*np.shape(x), 3, 3), axis.dtype)
        out[..., 0, 0], out[..., 0, 1], out[..., 0, 2] = (
            c + x * x * d,
            x * y * d - z * s,
            x * z * d + y * s,
        )
        out[..., 1, 0], out[..., 1, 1], out[..., 1, 2] = (
            y * x * d + z * s,
            c + y * y * d,
            y * z * d - x * s,
        )
        out[..., 2, 0], out[..., 2, 1], out[..., 2, 2] = (
            z * x * d - y * s,
            z * y * d + x * s,
            c + z * z * d,
        )
        return out

    return Calls(
        partial(mml.rotation3d, axis, t),
        {"scipy": by_scipy, "numpy by hand": by_hand},
        near(draw.dtype),
    )


@entry("matrices", "reflection")
def reflection(draw: Draw) -> Calls:
    d = draw.size(2, 100)
    n = draw.array(*draw.stack(d * d, 500_000), d)
    eye = np.eye(d, dtype=n.dtype)

    def by_hand() -> Array:
        scaled = n * (2 / np.sum(n * n, axis=-1, keepdims=True))
        return eye - scaled[..., :, None] * n[..., None, :]

    return Calls(partial(mml.reflection, n), {"numpy by hand": by_hand}, near(draw.dtype))


@entry("matrices", "oblique_projection", 0.5)
def oblique_projection(draw: Draw) -> Calls:
    d = draw.size(2, 50)
    stack = draw.stack(d * d, 300_000)
    # Far from lying in the hyperplane.
    s = draw.array(*stack, d)
    n = draw.lay((s + draw.rng.uniform(-0.2, 0.2, s.shape)).astype(s.dtype))
    eye = np.eye(d, dtype=s.dtype)

    def by_hand() -> Array:
        return eye - (s / np.sum(s * n, -1, keepdims=True))[..., :, None] * n[..., None, :]

    return Calls(
        partial(mml.oblique_projection, s, n), {"numpy by hand": by_hand}, near(draw.dtype, 10)
    )


@entry("matrices", "compose")
def compose(draw: Draw) -> Calls:
    n = draw.size(2, 100)
    a, b, c = (draw.matrix(*draw.stack(n * n, 1, p=0), n, n) for _ in range(3))
    peers = {"numpy": lambda: a @ b @ c, "numpy multi_dot": partial(np.linalg.multi_dot, (a, b, c))}
    return Calls(partial(mml.compose, a, b, c), peers, near(draw.dtype))


@entry("matrices", "change_basis")
def change_basis(draw: Draw) -> Calls:
    n = draw.size(2, 150)
    stack = draw.stack(n * n, 500_000)
    a, b = draw.array(*stack, n, n), draw.matrix(*stack, n, n)
    peers = {"numpy": lambda: np.linalg.solve(b, a @ b)}
    return Calls(partial(mml.change_basis, a, b), peers, near(draw.dtype, 10))


@entry("matrices", "transform_points", 2)
def transform_points(draw: Draw) -> Calls:
    n, d = draw.points(8)
    points = draw.array(n, d)
    if draw.chance(0.5):
        draw.say("affine")
        m = np.eye(d + 1, dtype=draw.dtype)
        m[:d] = draw.rng.standard_normal((d, d + 1))
        peers = {"numpy": lambda: points @ m[:d, :d].T + m[:d, d]}
    else:
        m = draw.array(d, d)
        peers = {"numpy": lambda: points @ m.T}
    return Calls(partial(mml.transform_points, m, points), peers, near(draw.dtype, 10))


@entry("matrices", "transform_image")
def transform_image(draw: Draw) -> Calls:
    h, w = draw.size(8, 400), draw.size(8, 400)
    order = draw.choice(1, 0)
    image = draw.lay(draw.rng.random((h, w)).astype(draw.dtype))
    t = 0.3
    # About the middle; SciPy maps (row, column) of the result to those of the image.
    turn = np.array([[math.cos(t), -math.sin(t)], [math.sin(t), math.cos(t)]])
    back = np.linalg.inv(turn)[::-1, ::-1]
    middle = np.array([(h - 1) / 2, (w - 1) / 2])
    peers = {
        "scipy": lambda: scipy.ndimage.affine_transform(
            image, back, middle - back @ middle, order=order, prefilter=False
        )
    }

    def verify(expected: Array, got: Array) -> None:
        # The libraries differ in what lies beyond the outermost centres.
        apart = np.abs(expected - got) > 1e-4
        assert apart.mean() < 0.05 + 6 / min(h, w), f"{apart.mean():.2g} of the pixels differ."

    return Calls(partial(mml.transform_image, image, turn, order=order), peers, verify)


@entry("matrices", "trace")
def trace(draw: Draw) -> Calls:
    n = draw.size(2, 500)
    a = draw.array(*draw.stack(n * n), n, n)
    peers = {
        "numpy": partial(np.trace, a, axis1=-2, axis2=-1),
        "numpy einsum": partial(np.einsum, "...ii->...", a),
    }
    return Calls(partial(mml.trace, a), peers, near(draw.dtype, 10))

"""Lengths, angles and distances: numpy's dot products in several ways, SciPy and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.linalg.blas
import scipy.spatial.distance
from sklearn.metrics import euclidean_distances

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.table import Calls, Peers, entry, near, same
from mmlcore.core.arrays import Array

Dot = Callable[[Any, Any], Any]


def _einsum(x: Array, y: Array) -> Any:
    return np.einsum("...i,...i->...", x, y)


DOTS: dict[str, Dot] = {"einsum": _einsum}
if hasattr(np, "vecdot"):
    DOTS["vecdot"] = np.vecdot


def by_dots(formula: Callable[[Dot], Any], *vectors: Array) -> Peers:
    """A formula with each way to multiply vectors; `np.dot` where there is no stack."""
    dots = dict(DOTS)
    if all(x.ndim == 1 for x in vectors):
        dots["dot"] = np.dot
    return {f"numpy {name}": partial(formula, dot) for name, dot in dots.items()}


def pair(draw: Draw, p: float = 0.5) -> tuple[Array, Array, Array | None]:
    """Two vectors or stacks of them (one of them may be a single vector), and now and then a metric."""
    d = draw.size(2, 700)
    with_metric = draw.chance(0.2)
    if with_metric:
        d = min(d, 100)
    stack = draw.stack(d, p=p)
    x = draw.array(*stack, d)
    y = draw.array(*(() if draw.chance(0.3) else stack), d)
    return x, y, draw.definite(d) if with_metric else None


def inside(dot: Dot, metric: Array | None) -> Dot:
    """The inner product with a metric."""
    return dot if metric is None else lambda x, y: dot(x @ metric, y)


@entry("vectors", "inner", 2)
def inner(draw: Draw) -> Calls:
    x, y, a = pair(draw)
    peers = dict(by_dots(lambda dot: inside(dot, a)(x, y), x, y))
    if a is None:
        if x.ndim == y.ndim == 1:
            peers["numpy dot alone"] = partial(np.dot, x, y)
            dot = scipy.linalg.blas.ddot if x.dtype == float else scipy.linalg.blas.sdot
            peers["blas"] = partial(dot, x, y)
        elif y.ndim == 1:
            peers["numpy product"] = partial(np.matmul, x, y)
    ours = partial(mml.inner, x, y) if a is None else partial(mml.inner, x, y, metric=a)
    return Calls(ours, peers, near(draw.dtype, 10))


@entry("vectors", "length", 2)
def length(draw: Draw) -> Calls:
    x, _, a = pair(draw)
    peers = dict(by_dots(lambda dot: np.sqrt(inside(dot, a)(x, x)), x))
    if a is None:
        norm = np.linalg.norm
        peers["numpy norm"] = partial(norm, x) if x.ndim == 1 else partial(norm, x, axis=-1)
        if x.ndim == 1:
            nrm2 = scipy.linalg.blas.dnrm2 if x.dtype == float else scipy.linalg.blas.snrm2
            peers["blas"] = partial(nrm2, x)
        return Calls(partial(mml.length, x), peers, near(draw.dtype))
    return Calls(partial(mml.length, x, metric=a), peers, near(draw.dtype))


@entry("vectors", "distance", 2)
def distance(draw: Draw) -> Calls:
    x, y, a = pair(draw)

    def formula(dot: Dot) -> Any:
        d = x - y
        return np.sqrt(inside(dot, a)(d, d))

    peers = dict(by_dots(formula, x, y))
    if a is None:
        peers["numpy norm"] = (
            (lambda: np.linalg.norm(x - y))
            if x.ndim == y.ndim == 1
            else (lambda: np.linalg.norm(x - y, axis=-1))
        )
    ours = partial(mml.distance, x, y) if a is None else partial(mml.distance, x, y, metric=a)
    return Calls(ours, peers, near(draw.dtype))


def cosines(dot: Dot, x: Array, y: Array) -> Any:
    """<x, y> / |x| |y|."""
    return dot(x, y) / np.sqrt(dot(x, x) * dot(y, y))


@entry("vectors", "cosine")
def cosine(draw: Draw) -> Calls:
    x, y, a = pair(draw)
    peers = by_dots(lambda dot: cosines(inside(dot, a), x, y), x, y)
    return Calls(partial(mml.cosine, x, y, metric=a), peers, near(draw.dtype))


@entry("vectors", "angle")
def angle(draw: Draw) -> Calls:
    x, y, a = pair(draw)
    # The arccosine loses half of the digits near 0 and pi; few vectors lie so.
    peers = by_dots(lambda dot: np.arccos(np.clip(cosines(inside(dot, a), x, y), -1, 1)), x, y)
    return Calls(partial(mml.angle, x, y, metric=a), peers, near(draw.dtype, 10))


@entry("vectors", "scalar_projection")
def scalar_projection(draw: Draw) -> Calls:
    x, y, a = pair(draw)

    def formula(dot: Dot) -> Any:
        dot = inside(dot, a)
        return dot(x, y) / np.sqrt(dot(y, y))

    ours = partial(mml.scalar_projection, x, y, metric=a)
    return Calls(ours, by_dots(formula, x, y), near(draw.dtype, 10))


@entry("vectors", "vector_projection")
def vector_projection(draw: Draw) -> Calls:
    x, y, a = pair(draw)

    def formula(dot: Dot) -> Any:
        dot = inside(dot, a)
        return np.asarray(dot(x, y) / dot(y, y))[..., None] * y

    ours = partial(mml.vector_projection, x, y, metric=a)
    return Calls(ours, by_dots(formula, x, y), near(draw.dtype, 10))


@entry("vectors", "cross")
def cross(draw: Draw) -> Calls:
    stack = draw.stack(3, 60_000)
    x, y = draw.array(*stack, 3), draw.array(*stack, 3)

    def by_hand() -> Array:
        (a, b, c), (d, e, f) = np.moveaxis(x, -1, 0), np.moveaxis(y, -1, 0)
        return np.stack((b * f - c * e, c * d - a * f, a * e - b * d), axis=-1)

    peers = {"numpy": partial(np.cross, x, y), "numpy by hand": by_hand}
    return Calls(partial(mml.cross, x, y), peers, near(draw.dtype))


@entry("vectors", "pairwise_distances", 2)
def pairwise_distances(draw: Draw) -> Calls:
    d = draw.size(2, 300)
    kind = draw.choice(draw.dtype, draw.dtype, draw.dtype, "uint8")
    x = draw.array(draw.size(2, 1_000), d, dtype=kind)
    own = draw.chance(0.4)
    y = x if own else draw.array(draw.size(2, 1_000), d, dtype=kind)
    squared = draw.chance(0.2)
    a = draw.definite(d) if kind != "uint8" and draw.chance(0.1) else None
    draw.say(f"{'own ' if own else ''}{'squared' if squared else ''}")
    metric = "sqeuclidean" if squared else "euclidean"
    half = None if a is None else np.linalg.cholesky(a)

    def scipy_way() -> Array:
        u, v = (x, y) if half is None else (x @ half, y @ half)
        return scipy.spatial.distance.cdist(u, v, metric)

    def by_product() -> Array:
        u, v = (x.astype(float), y.astype(float)) if kind == "uint8" else (x, y)
        u, v = (u, v) if half is None else (u @ half, v @ half)
        s = (u * u).sum(1)[:, None] + (v * v).sum(1) - 2 * (u @ v.T)
        return s if squared else np.sqrt(np.maximum(s, 0))

    def scikit() -> Array:
        u, v = (x, y) if half is None else (x @ half, y @ half)
        return euclidean_distances(u, None if own else v, squared=squared)

    peers = {"scipy": scipy_way, "numpy by product": by_product, "scikit-learn": scikit}
    ours = partial(mml.pairwise_distances, x, None if own else y, metric=a, squared=squared)
    # A product's rounding leaves the root of eps where a distance is zero.
    return Calls(ours, peers, near("float32" if kind == "float32" else "float64", 100))


@entry("vectors", "is_independent")
def is_independent(draw: Draw) -> Calls:
    n = draw.size(2, 100)
    x = draw.array(*draw.stack(n * n, 200_000), n, n + draw.size(1, 20))
    return Calls(
        partial(mml.is_independent, x),
        {"numpy rank": lambda: np.linalg.matrix_rank(x) == n},
        same,
    )


@entry("vectors", "coordinates")
def coordinates(draw: Draw) -> Calls:
    d = draw.size(2, 200)
    basis = draw.matrix(d, d)
    x = draw.array(*draw.stack(d), d)
    peers = {
        "numpy": (lambda: np.linalg.solve(basis, x))
        if x.ndim == 1
        else (lambda: np.linalg.solve(basis, x.reshape(-1, d).T).T.reshape(x.shape))
    }
    return Calls(partial(mml.coordinates, x, basis), peers, near(draw.dtype, 10))

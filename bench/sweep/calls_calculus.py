"""Derivatives, against their formulas written by hand with numpy, and against JAX."""

from __future__ import annotations

import importlib
import importlib.util
from functools import partial
from typing import Any

import numpy as np

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.functions import CURVES, Formula, formula
from bench.sweep.table import Calls, entry, near
from mmlcore.core.arrays import Array


def by_jax(transform: str, over: Any, x: Array) -> dict[str, Any]:
    """Compiled by JAX for these points, where it is installed; a result is a numpy array again."""
    if importlib.util.find_spec("jax") is None:
        return {}
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    f = getattr(jax, transform)(over(jax.numpy))
    for _ in x.shape[:-1]:
        f = jax.vmap(f)
    compiled = jax.jit(f)

    def call() -> Any:
        found = compiled(x)
        return tuple(map(np.asarray, found)) if isinstance(found, tuple) else np.asarray(found)

    return {"jax": call}


def points(draw: Draw, order: int = 1) -> tuple[Array, Formula]:
    """One point or many, and a function."""
    n = draw.size(2, 100 if order == 1 else 40)
    size = n**order
    x = draw.array(*draw.stack(size, 1_000_000 if order == 1 else 300_000), n)
    return x, formula(draw, n)


@entry("calculus", "gradient", 2)
def gradient(draw: Draw) -> Calls:
    x, found = points(draw)
    peers = {"numpy by hand": partial(found.gradient, x), **by_jax("grad", found.over, x)}
    return Calls(partial(mml.gradient, found.f, x), peers, near(draw.dtype, 10))


@entry("calculus", "value_and_gradient")
def value_and_gradient(draw: Draw) -> Calls:
    x, found = points(draw)
    peers = {
        "numpy by hand": lambda: (found.value(x), found.gradient(x)),
        **by_jax("value_and_grad", found.over, x),
    }
    return Calls(partial(mml.value_and_gradient, found.f, x), peers, near(draw.dtype, 10))


@entry("calculus", "hessian", 2)
def hessian(draw: Draw) -> Calls:
    x, found = points(draw, 2)
    peers = {"numpy by hand": partial(found.hessian, x), **by_jax("hessian", found.over, x)}
    return Calls(partial(mml.hessian, found.f, x), peers, near(draw.dtype, 10))


@entry("calculus", "hessian_vector_product", 0.5)
def hessian_vector_product(draw: Draw) -> Calls:
    x, found = points(draw, 2)
    v = draw.array(*x.shape)
    peers = {"numpy by hand": lambda: np.einsum("...ij,...j->...i", found.hessian(x), v)}
    return Calls(partial(mml.hessian_vector_product, found.f, x, v), peers, near(draw.dtype, 10))


@entry("calculus", "directional_derivative", 0.5)
def directional_derivative(draw: Draw) -> Calls:
    x, found = points(draw)
    v = draw.array(*x.shape)

    def by_hand() -> Any:
        return np.einsum("...i,...i->...", found.gradient(x), v) / np.linalg.norm(v, axis=-1)

    peers = {"numpy by hand": by_hand}
    return Calls(partial(mml.directional_derivative, found.f, x, v), peers, near(draw.dtype, 10))


@entry("calculus", "Function")
def function(draw: Draw) -> Calls:
    x, found = points(draw)
    f = mml.Function(found.f, x.shape[-1])
    return Calls(partial(f, x), {"numpy by hand": partial(found.value, x)}, near(draw.dtype, 10))


def layer(draw: Draw) -> tuple[Array, Array, Any, Any]:
    """Points, a matrix, a layer of a network, and its Jacobian by hand."""
    n = draw.size(2, 30)
    m = draw.size(2, 30)
    x = draw.array(*draw.stack(m * n, 300_000), n)
    a = (draw.rng.standard_normal((m, n)) / np.sqrt(n)).astype(draw.dtype)
    draw.say(f"tanh of {m}x{n}")

    def over(xp: Any) -> Any:
        def f(v: Any) -> Any:
            return xp.tanh(a @ v)

        return f

    def by_hand(v: Array) -> Array:
        t = np.tanh(v @ a.T)
        return (1 - t * t)[..., None] * a

    return x, a, over, by_hand


@entry("calculus", "jacobian", 2)
def jacobian(draw: Draw) -> Calls:
    x, _, over, by_hand = layer(draw)
    peers = {"numpy by hand": partial(by_hand, x), **by_jax("jacobian", over, x)}
    return Calls(partial(mml.jacobian, over(np), x), peers, near(draw.dtype, 10))


@entry("calculus", "jacobian_vector_product", 0.5)
def jacobian_vector_product(draw: Draw) -> Calls:
    x, a, over, _ = layer(draw)
    v = draw.array(*x.shape)

    def by_hand() -> Array:
        t = np.tanh(x @ a.T)
        return (1 - t * t) * (v @ a.T)

    peers = {"numpy by hand": by_hand}
    return Calls(partial(mml.jacobian_vector_product, over(np), x, v), peers, near(draw.dtype, 10))


@entry("calculus", "vector_jacobian_product", 0.5)
def vector_jacobian_product(draw: Draw) -> Calls:
    x, a, over, _ = layer(draw)
    v = draw.array(*x.shape[:-1], len(a))

    def by_hand() -> Array:
        t = np.tanh(x @ a.T)
        return (v * (1 - t * t)) @ a

    peers = {"numpy by hand": by_hand}
    return Calls(partial(mml.vector_jacobian_product, over(np), x, v), peers, near(draw.dtype, 10))


@entry("calculus", "derivative")
def derivative(draw: Draw) -> Calls:
    curve = draw.choice(*CURVES)
    order = draw.choice(1, 2)
    draw.say(f"{curve.name} order {order}")
    x = draw.array(draw.size(1, 200_000))
    by_hand = curve.slope if order == 1 else curve.curvature
    ours = partial(mml.derivative, curve.f, x, order=order)
    return Calls(ours, {"numpy by hand": partial(by_hand, x)}, near(draw.dtype, 10))


def _neighbours(x: Any) -> Any:
    return x[1:] * x[:-1]


@entry("calculus", "sparse_jacobian", 0.3)
def sparse_jacobian(draw: Draw) -> Calls:
    x = draw.array(draw.size(3, 2_000))

    def by_hand() -> Array:
        values = np.empty((len(x) - 1, 2), x.dtype)
        values[:, 0], values[:, 1] = x[1:], x[:-1]
        return values.ravel()

    def check(expected: Any, got: Any) -> None:
        near(draw.dtype)(expected, getattr(got, "values", got))

    peers = {"numpy by hand": by_hand}
    return Calls(partial(mml.sparse_jacobian, _neighbours, x), peers, check)


def _chain(x: Any) -> Any:
    return np.sum((x[1:] * x[:-1]) ** 2)


@entry("calculus", "sparse_hessian", 0.3)
def sparse_hessian(draw: Draw) -> Calls:
    x = draw.array(draw.size(3, 2_000))
    n = len(x)

    def by_hand() -> Array:
        squares = 2 * x * x
        middle = np.zeros_like(x)
        middle[1:] += squares[:-1]
        middle[:-1] += squares[1:]
        values = np.zeros((n, 3), x.dtype)
        values[:, 1] = middle
        values[1:, 0] = values[:-1, 2] = 4 * x[1:] * x[:-1]
        return values.ravel()[1:-1]

    def check(expected: Any, got: Any) -> None:
        near(draw.dtype, 10)(expected, getattr(got, "values", got))

    return Calls(partial(mml.sparse_hessian, _chain, x), {"numpy by hand": by_hand}, check)

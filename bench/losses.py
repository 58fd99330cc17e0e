"""Derivatives of losses over data and of long arrays, against the derivative written by hand with numpy, and against JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import mmlcore as mml
from bench.harness import as_test
from bench.peers import with_jax
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case

CHAPTER = "calculus"
SIZES = (100, 5), (1000, 20), (10_000, 100), (60_000, 200)
Loss = Callable[[Any, Any, Any], Callable[[Any], Any]]


def logistic(xp: Any, x: Any, y: Any) -> Any:
    """The loss of a logistic regression, labels -1 and 1."""
    return lambda w: xp.sum(xp.log1p(xp.exp(-y * (x @ w))))


def squares(xp: Any, x: Any, y: Any) -> Any:
    """The mean of squared residuals."""
    return lambda w: xp.mean((x @ w - y) ** 2)


def by_hand(name: str, x: np.ndarray, y: np.ndarray, w: np.ndarray) -> Call:
    """Both gradients with two products each, as one writes them."""
    if name == "logistic":
        return lambda: -(y / (1 + np.exp(y * (x @ w)))) @ x
    return lambda: (x @ w - y) @ x * (2 / len(x))


def rows(n: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Data, labels, weights."""
    return (
        data((n, d), "float64"),
        np.sign(data((n,), "float64", 1)),
        0.1 * data((d,), "float64", 2),
    )


def loss_case(name: str, make: Any, n: int, d: int, target: float, jax: Any = None) -> Case:
    """Gradient of a loss whose data are captured."""

    def setup() -> tuple[Call, Call]:
        x, y, w = rows(n, d)
        f = make(np, x, y)
        if jax is None:
            return by_hand(name, x, y, w), lambda: mml.gradient(f, w)
        theirs, at = (
            jax.jit(jax.grad(make(jax.numpy, jax.device_put(x), jax.device_put(y)))),
            jax.device_put(w),
        )
        return lambda: np.asarray(theirs(at)), lambda: mml.gradient(f, w)

    peer = "numpy by hand" if jax is None else "JAX"
    return Case(f"{name} loss {n:,} x {d}, gradient", CHAPTER, setup, agree(1e-9), target, peer)


def batch_case(n: int, d: int, target: float) -> Case:
    """Gradient of a loss whose data are arguments: traced once, run on each batch."""

    def setup() -> tuple[Call, Call]:
        x, y, w = rows(n, d)
        f = mml.Function(lambda w, x, y: logistic(np, x, y)(w), d, (n, d), n)
        return by_hand("logistic", x, y, w), lambda: f.gradient(w, x, y)

    name = f"logistic loss {n:,} x {d} as arguments, gradient"
    return Case(name, CHAPTER, setup, agree(1e-9), target, "numpy by hand")


def hessian_case(target: float) -> Case:
    """Second derivatives of a loss."""

    def setup() -> tuple[Call, Call]:
        x, y, w = rows(1000, 20)
        f = logistic(np, x, y)

        def theirs() -> np.ndarray:
            p = 1 / (1 + np.exp(-(x @ w)))
            return (x * (p * (1 - p))[:, None]).T @ x

        return theirs, lambda: mml.hessian(f, w)

    return Case(
        "logistic loss 1000 x 20, Hessian", CHAPTER, setup, agree(1e-9), target, "numpy by hand"
    )


def quadratic(target: float) -> Case:
    """A quadratic form."""

    def setup() -> tuple[Call, Call]:
        a, x = data((500, 500), "float64"), data((500,), "float64", 1)
        f = lambda x: x @ a @ x
        return lambda: a @ x + x @ a, lambda: mml.gradient(f, x)

    return Case(
        "quadratic form 500, gradient", CHAPTER, setup, agree(1e-9), target, "numpy by hand"
    )


def network(target: float) -> Case:
    """Two layers, by their 10,000 inputs."""

    def setup() -> tuple[Call, Call]:
        a, b = data((64, 10_000), "float64") / 100, data((10, 64), "float64", 1) / 8
        x = data((10_000,), "float64", 2)

        def theirs() -> np.ndarray:
            inner = np.tanh(a @ x)
            outer = np.tanh(b @ inner)
            return (((1 - outer**2) @ b) * (1 - inner**2)) @ a

        f = lambda x: np.sum(np.tanh(b @ np.tanh(a @ x)))
        return theirs, lambda: mml.gradient(f, x)

    name = "two-layer network, 10,000 inputs, gradient"
    return Case(name, CHAPTER, setup, agree(1e-9), target, "numpy by hand")


def bells(target: float) -> Case:
    """A long elementwise chain and its sum."""

    def setup() -> tuple[Call, Call]:
        x = data((1_000_000,), "float64")
        f = lambda x: np.sum(np.exp(-(x**2)))
        return lambda: -2 * x * np.exp(-x * x), lambda: mml.gradient(f, x)

    name = "sum of exp(-x^2), 1,000,000 numbers, gradient"
    return Case(name, CHAPTER, setup, agree(1e-9), target, "numpy by hand")


def polar(target: float) -> Case:
    """Two by two at many points."""

    def setup() -> tuple[Call, Call]:
        p = np.random.default_rng(0).random((1_000_000, 2)) + 0.1

        def theirs() -> np.ndarray:
            r, c, s = p[:, 0], np.cos(p[:, 1]), np.sin(p[:, 1])
            return np.stack([c, -r * s, s, r * c], axis=-1).reshape(-1, 2, 2)

        f = lambda p: [p[0] * np.cos(p[1]), p[0] * np.sin(p[1])]
        return theirs, lambda: mml.jacobian(f, p)

    name = "polar Jacobian, 1,000,000 points"
    return Case(name, CHAPTER, setup, agree(1e-9), target, "numpy by hand")


def jax_cases(jax: Any) -> list[Case]:
    """The losses, compiled by XLA with their data on its device."""
    return [
        loss_case(name, make, n, d, 1, jax)
        for name, make in (("logistic", logistic), ("least squares", squares))
        for n, d in SIZES
    ]


CASES = [
    *(
        loss_case("logistic", logistic, n, d, t)
        for (n, d), t in zip(SIZES, (1.5, 1, 0.6, 2), strict=True)
    ),
    *(
        loss_case("least squares", squares, n, d, t)
        for (n, d), t in zip(SIZES, (1.3, 0.8, 0.6, 2), strict=True)
    ),
    batch_case(1000, 20, 1),
    batch_case(60_000, 200, 2),
    hessian_case(0.4),
    quadratic(0.7),
    network(0.6),
    bells(2),
    polar(2),
    *with_jax(jax_cases),
]
test_cases = as_test(CASES)

"""Functions with their derivatives by hand, over whole stacks of points, as one writes them with numpy for speed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bench.sweep.draw import Draw
from mmlcore.core.arrays import Array


@dataclass(frozen=True)
class Formula:
    """A function of one point, and its value, gradient and Hessian at points (..., n) for numpy.

    ``over(np)`` is the function for us, ``over(jax.numpy)`` the one for JAX.
    """

    name: str
    over: Callable[[Any], Callable[[Any], Any]]
    value: Callable[[Array], Any]
    gradient: Callable[[Array], Array]
    hessian: Callable[[Array], Array]

    @cached_property
    def f(self) -> Callable[[Any], Any]:
        """The function made of numpy's: one object, so that it is traced once."""
        return self.over(np)


def rosenbrock(_draw: Draw, _n: int) -> Formula:
    """The valley."""

    def over(xp: Any) -> Any:
        def f(x: Any) -> Any:
            return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

        return f

    def value(x: Array) -> Any:
        a, b = x[..., :-1], x[..., 1:]
        return np.sum(100 * (b - a * a) ** 2 + (1 - a) ** 2, axis=-1)

    def gradient(x: Array) -> Array:
        a, b = x[..., :-1], x[..., 1:]
        g = np.zeros_like(x)
        d = b - a * a
        g[..., :-1] = -400 * a * d - 2 * (1 - a)
        g[..., 1:] += 200 * d
        return g

    def hessian(x: Array) -> Array:
        n = x.shape[-1]
        a, b = x[..., :-1], x[..., 1:]
        h = np.zeros((*x.shape, n), x.dtype)
        i = np.arange(n - 1)
        h[..., i, i] = 1200 * a * a - 400 * b + 2
        h[..., i + 1, i + 1] += 200
        h[..., i, i + 1] = h[..., i + 1, i] = -400 * a
        return h

    return Formula("Rosenbrock", over, value, gradient, hessian)


def hill(_draw: Draw, n: int) -> Formula:
    """A Gaussian."""
    eye = np.eye(n)

    def over(xp: Any) -> Any:
        def f(x: Any) -> Any:
            return xp.exp(-0.5 / n * xp.sum(x * x))

        return f

    def value(x: Array) -> Any:
        return np.exp(-0.5 / n * np.sum(x * x, axis=-1))

    def gradient(x: Array) -> Array:
        return (value(x) / -n)[..., None] * x

    def hessian(x: Array) -> Array:
        outer = x[..., :, None] * x[..., None, :]
        outer /= n
        outer -= eye.astype(x.dtype)
        return (value(x) / n)[..., None, None] * outer

    return Formula("Gaussian", over, value, gradient, hessian)


def quadratic(draw: Draw, n: int) -> Formula:
    """A quadratic form with a linear part."""
    a = draw.rng.standard_normal((n, n))
    a, b = (a + a.T).astype(draw.dtype), draw.rng.standard_normal(n).astype(draw.dtype)
    half = np.asarray(0.5, a.dtype)

    def over(_xp: Any) -> Any:
        def f(x: Any) -> Any:
            return 0.5 * (x @ a @ x) + b @ x

        return f

    def value(x: Array) -> Any:
        return half * np.einsum("...i,...i->...", x @ a, x) + x @ b

    def gradient(x: Array) -> Array:
        return x @ a + b

    def hessian(x: Array) -> Array:
        return np.broadcast_to(a, (*x.shape, n)).copy()

    return Formula("quadratic", over, value, gradient, hessian)


def waves(_draw: Draw, _n: int) -> Formula:
    """A sum of functions of single coordinates."""

    def over(xp: Any) -> Any:
        def f(x: Any) -> Any:
            return xp.sum(xp.sin(x) * x**2)

        return f

    def value(x: Array) -> Any:
        return np.sum(np.sin(x) * x * x, axis=-1)

    def gradient(x: Array) -> Array:
        return x * (x * np.cos(x) + 2 * np.sin(x))

    def hessian(x: Array) -> Array:
        n = x.shape[-1]
        h = np.zeros((*x.shape, n), x.dtype)
        h[..., np.arange(n), np.arange(n)] = (2 - x * x) * np.sin(x) + 4 * x * np.cos(x)
        return h

    return Formula("waves", over, value, gradient, hessian)


def logistic(draw: Draw, n: int) -> Formula:
    """The loss of a logistic regression on a few points."""
    m = draw.size(4, 40)
    a = draw.rng.standard_normal((m, n)).astype(draw.dtype)

    def over(xp: Any) -> Any:
        def f(x: Any) -> Any:
            return xp.sum(xp.log1p(xp.exp(a @ x)))

        return f

    def value(x: Array) -> Any:
        return np.sum(np.log1p(np.exp(x @ a.T)), axis=-1)

    def gradient(x: Array) -> Array:
        return (1 / (1 + np.exp(-(x @ a.T)))) @ a

    def hessian(x: Array) -> Array:
        p = 1 / (1 + np.exp(-(x @ a.T)))
        return np.swapaxes(a.T * (p * (1 - p))[..., None, :] @ a, -1, -2)

    return Formula(f"logistic {m}", over, value, gradient, hessian)


def formula(draw: Draw, n: int) -> Formula:
    """Draw one of them for vectors of n numbers."""
    found: Formula = draw.choice(rosenbrock, hill, quadratic, waves, logistic)(draw, n)
    draw.say(found.name)
    return found


@dataclass(frozen=True)
class Curve:
    """A function of one number, with its first derivatives."""

    name: str
    f: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    curvature: Callable[[Any], Any]


CURVES = (
    Curve(
        "sin(x) exp(-x)",
        lambda x: np.sin(x) * np.exp(-x),
        lambda x: (np.cos(x) - np.sin(x)) * np.exp(-x),
        lambda x: -2 * np.cos(x) * np.exp(-x),
    ),
    Curve("x^3 - 2x + 1", lambda x: x**3 - 2 * x + 1, lambda x: 3 * x * x - 2, lambda x: 6 * x),
    Curve(
        "1 / (1 + x^2)",
        lambda x: 1 / (1 + x**2),
        lambda x: -2 * x / (1 + x * x) ** 2,
        lambda x: (6 * x * x - 2) / (1 + x * x) ** 3,
    ),
)

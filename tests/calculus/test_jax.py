"""Values, gradients, Jacobians and Hessians against JAX, dozens of functions of vectors."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import mmlcore as mml

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)
jnp = jax.numpy

OURS = SimpleNamespace(np=np, erf=mml.calculus.erf, expit=mml.calculus.expit)
THEIRS = SimpleNamespace(np=jnp, erf=jax.scipy.special.erf, expit=jax.scipy.special.expit)

A = np.random.default_rng(5).uniform(-1, 1, (4, 3))
B = np.random.default_rng(6).uniform(-1, 1, (3, 3))

# What a vector goes through: (3,) to an array of any shape.
FIRST = {
    "itself": lambda m, x: x,
    "affine": lambda m, x: A @ x + 0.5,
    "quadratic": lambda m, x: x * (B @ x),
    "outer": lambda m, x: m.np.outer(x, x) + 1.5,
    "ratio": lambda m, x: x / (2 + x**2),
    "parts": lambda m, x: m.np.stack([x[0] * x[1], m.np.sin(x[2]), x[1] ** 3]),
    "joined": lambda m, x: m.np.concatenate([x[1:], x * x[0], x[:1] ** 2]),
    "turned": lambda m, x: m.np.reshape(m.np.outer(x, B[0]), (3, 3)).T @ B,
    "reversed": lambda m, x: x[::-1] * m.np.cumsum(x),
    "broadcast": lambda m, x: x[:, None] + x[None, :] * 0.3,
}
# Number by number.
SECOND = {
    "tanh": lambda m, x: m.np.tanh(x),
    "exp": lambda m, x: m.np.exp(-x * x),
    "sin": lambda m, x: m.np.sin(2 * x) * x,
    "log": lambda m, x: m.np.log1p(x * x),
    "sqrt": lambda m, x: m.np.sqrt(x * x + 0.1),
    "power": lambda m, x: (x * x + 0.5) ** 1.7,
    "expit": lambda m, x: m.expit(3 * x),
    "erf": lambda m, x: m.erf(x),
    "where": lambda m, x: m.np.where(x > 0.1, x**3, m.np.exp(x)),
    "maximum": lambda m, x: m.np.maximum(x, 0.2 - x),
    "arctan2": lambda m, x: m.np.arctan2(x, 1 + x * x),
    "hypot": lambda m, x: m.np.hypot(x, 0.7),
}
# To one number, or to another vector.
LAST = {
    "sum": lambda m, x: m.np.sum(x * x),
    "mean": lambda m, x: m.np.mean(x) ** 2 + m.np.prod(1 + 0.1 * x),
    "norm": lambda m, x: m.np.linalg.norm(x) + m.np.max(x),
}


def seconds(first, turn):
    """Two of the functions: over all turns half of the pairs with `first`, and every pair with what comes last."""
    start = list(FIRST).index(first) + turn
    return list(SECOND)[start % 6 :: 6]


def composed(first, second, last, m):
    return lambda x: LAST[last](m, SECOND[second](m, FIRST[first](m, x)))


def vector_valued(first, second, m):
    return lambda x: m.np.reshape(SECOND[second](m, FIRST[first](m, x)), -1)


def close(found, expected):
    expected = np.asarray(expected)
    atol = 1e-12 * (1 + np.abs(expected).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=atol)


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("last", LAST)
def test_gradients_and_hessians(first, last, rng):
    """60 functions: value, gradient and Hessian at two points."""
    x = rng.uniform(-1, 1, (2, 3))
    pick = rng.integers(2)
    for second in seconds(first, list(LAST).index(last)):
        ours = mml.Function(composed(first, second, last, OURS), 3)
        theirs = composed(first, second, last, THEIRS)
        values, slopes = zip(*map(jax.value_and_grad(theirs), x), strict=True)
        close(ours(x), values)
        close(ours.gradient(x), slopes)
        close(ours.hessian(x)[pick], jax.hessian(theirs)(x[pick]))


@pytest.mark.parametrize("first", FIRST)
def test_jacobians(first, rng):
    """20 functions of vectors to vectors, of 3 to 12 numbers."""
    x = rng.uniform(-1, 1, (2, 3))
    for second in seconds(first, 0):
        ours = mml.Function(vector_valued(first, second, OURS), 3)
        theirs = jax.jacfwd(vector_valued(first, second, THEIRS))
        close(ours.jacobian(x), [theirs(p) for p in x])


def test_taylor_series(rng):
    """Against jet, JAX's own Taylor arithmetic."""
    jet = pytest.importorskip("jax.experimental.jet").jet
    factorials = np.cumprod([1.0, *range(1, 8)])
    functions = {
        "exp(sin)": lambda m, t: m.np.exp(m.np.sin(t)) / (1 + t * t),
        "log": lambda m, t: m.np.log(2 + t) * m.np.tanh(t),
        "root": lambda m, t: m.np.sqrt(1 + t * t) / m.np.cos(t / 2),
    }
    for f in functions.values():
        for at in rng.uniform(-0.8, 0.8, 3):
            value, rest = jet(lambda t: f(THEIRS, t), (at,), ([1.0] + [0.0] * 6,))  # noqa: B023  (called at once)
            found = mml.taylor(lambda t: f(OURS, t), at, 7).coefficients  # noqa: B023
            close(found, np.array([value, *rest]) / factorials)

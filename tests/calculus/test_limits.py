"""Where the chain rule meets infinity, ties and the ends of the range: limits, and the same answer in every mode."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml

mpmath = pytest.importorskip("mpmath")
SPECIAL = pytest.importorskip("scipy.special")


def modes(f, x, order):
    """The derivative of order 1 or 2 by forward tangents or Taylor, by the reverse sweep or over it, alone and among others."""
    vector = lambda v: f(v[0])
    block = np.full(37, x)
    if order == 1:
        return [
            mml.derivative(f, x),
            mml.gradient(vector, [x])[0],
            mml.jacobian(vector, [x])[0],
            mml.taylor(f, x, 2).coefficients[1],
            mml.gradient(vector, block[:, None])[20, 0],
            mml.vector_jacobian_product(vector, [x], 1.0)[0],
        ]
    return [
        mml.derivative(f, x, order=2),
        mml.hessian(vector, [x])[0, 0],
        2 * mml.taylor(f, x, 2).coefficients[2],
        mml.hessian(vector, block[:, None])[20, 0, 0],
        mml.hessian_vector_product(vector, [x], [1.0])[0],
        mml.sparse_hessian(vector, [x]).values.sum(),
    ]


# A function, a point, its first and second derivative there.
LIMITS = {
    "logistic, exp overflows": (lambda x: 1 / (1 + np.exp(-100 * (x - 1000))), 0.0, 0, 0),
    "logistic, its square underflows": (lambda x: 1 / (1 + np.exp(-x)), -500.0, 7.124576406741286e-218, 7.124576406741286e-218),
    "1 / cosh": (lambda x: 1 / np.cosh(x), 800.0, 0, 0),
    "1 / sinh": (lambda x: 1 / np.sinh(x), -900.0, 0, 0),
    "Planck": (lambda x: x**3 / (np.exp(x) - 1), 800.0, 0, 0),
    "Planck by expm1": (lambda x: x**3 / np.expm1(x), 900.0, 0, 0),
    "Hill": (lambda x: 1 / (1 + (2 / x) ** 3), 0.0, 0, 0),
    "branch not taken, root": (lambda x: np.where(x < 1, x**2, np.sqrt(x - 1)), 0.5, 1, 2),
    "branch not taken, logarithm": (lambda x: np.where(x > 0, x * np.log(x), 3 * x), -2.0, 3, 0),
    "branch not taken, overflow": (lambda x: np.where(x < 9, x, np.exp(np.exp(x))), 8.0, 1, 0),
    "branch not taken, quotient": (lambda x: np.where(x == 0, 1 + x, np.sin(x) / x), 0.0, 1, 0),
    "softplus": (lambda x: np.logaddexp(0.0, x), 0.0, 0.5, 0.25),
    "logaddexp of itself": (lambda x: np.logaddexp(2 * x, x * x), 2.0, 3, 2),
    "abs of what is never negative": (lambda x: abs(3 * x * x), 0.0, 0, 6),
    "abs of what is never positive": (lambda x: abs(-2 * x**4 - x * x), 0.0, 0, 2),
    "abs at a kink": (abs, 0.0, 0, 0),
    "maximum of a square and 0": (lambda x: np.maximum(x * x, 0), 0.0, 0, 2),
    "minimum at a tie": (lambda x: np.minimum(x, 0.0), 0.0, 0.5, 0),
    "maximum at a tie": (lambda x: np.maximum(x, 0.0), 0.0, 0.5, 0),
    "maximum and minimum": (lambda x: np.maximum(x**2, x) + np.minimum(x**2, x), 1.0, 3, 2),
    "half-integer power": (lambda x: x**2.5, 0.0, 0, 0),
    "cube by an array of exponents": (lambda x: (x ** np.arange(4.0)).sum(), 0.0, 1, 2),
    "powers at negative points": (lambda x: (x ** np.arange(4.0)).sum(), -2.0, 9, -10),
    "norm squared": (lambda x: np.sqrt(x * x + (2 * x) ** 2) ** 2, 0.0, 0, 10),
    "root squared": (lambda x: np.sqrt(x) * np.sqrt(x), 0.0, 1, 0),
    "cube of hypot at the origin": (lambda x: np.hypot(x, 2 * x) ** 3, 0.0, 0, 0),
    "deviation of constants": (lambda x: np.std(x * np.ones(4)), 3.0, 0, 0),
    "x log x at 0 times x": (lambda x: SPECIAL.xlogy(x * x, x), 0.0, 0, -np.inf),
    "remainder": (lambda x: (x * x) % 3, 2.5, 5, 2),
    "quotient, whole": (lambda x: (x * x) // 3 + x, 2.5, 1, 0),
    "inverse cosine far away": (np.arccosh, 1e200, 1e-200, 0),
    "inverse sine far away": (np.arcsinh, -1e200, 1e-200, 0),
    "hypot far away": (lambda x: np.hypot(x, 3e250), 4e250, 0.8, 7.2e-252),
    "angle far away": (lambda x: np.arctan2(x, 3e200), 4e200, 1.2e-201, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("order", [1, 2])
def test_every_mode_gives_the_limit(name, order):
    f, x, *expected = LIMITS[name]
    for found in modes(f, x, order):
        np.testing.assert_allclose(found, expected[order - 1], rtol=1e-13, atol=1e-280)


def test_gradients_of_several_at_their_limits():
    """Logistic loss at 0; where alone; entropies with empty classes; 0**0; the length of nothing."""
    X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]])
    loss = lambda w: np.logaddexp(0.0, X @ w).sum()
    np.testing.assert_allclose(mml.hessian(loss, np.zeros(2)), X.T @ X / 4, rtol=1e-14)
    pair = lambda v: np.logaddexp(v[0], v[1])
    half = np.array([[0.25, -0.25], [-0.25, 0.25]])
    np.testing.assert_array_equal(mml.hessian(pair, [7.0, 7.0]), half)
    np.testing.assert_array_equal(mml.hessian_vector_product(pair, [7.0, 7.0], [1.0, 0.0]), half[0])
    np.testing.assert_array_equal(mml.sparse_hessian(pair, [7.0, 7.0]).values, half.ravel())
    np.testing.assert_array_equal(mml.gradient(pair, [-np.inf, -np.inf]), [0.5, 0.5])
    assert mml.Function(pair, 2)([-np.inf, -np.inf]) == -np.inf
    p = np.array([0.0, 0.25, 0.75])
    entropy = lambda q: np.sum(np.where(q > 0, q * np.log(q), 0.0))
    np.testing.assert_allclose(mml.gradient(entropy, p), [0, 1 + np.log(0.25), 1 + np.log(0.75)])
    cross = lambda q: -np.sum(SPECIAL.xlogy(p, q))
    np.testing.assert_allclose(mml.gradient(cross, [0.0, 0.5, 0.5]), [0, -0.5, -1.5])
    np.testing.assert_array_equal(mml.gradient(np.linalg.norm, np.zeros(3)), np.zeros(3))
    np.testing.assert_array_equal(mml.gradient(np.std, np.ones(5)), np.zeros(5))
    np.testing.assert_array_equal(
        mml.jacobian(lambda v: v ** np.array([0.0, 1.0, 2.0]), np.zeros(3)), np.diag([0.0, 1, 0])
    )
    assert mml.derivative(lambda x: x**2.5, 0.0, order=3) == np.inf


def test_values_keep_numpys_arithmetic():
    """What zeros absorb in derivatives they do not in values, of derivatives within functions neither."""
    assert np.isnan(mml.Function(lambda x: x * (1 / x), ())(0.0))
    value, slope = mml.value_and_gradient(lambda v: v[0] * (1 / v[0]), [0.0])
    assert np.isnan(value)
    assert mml.derivative(lambda x: np.where(x > 0, mml.derivative(np.sqrt, x), 1.0) * x, -1.0) == 1
    assert slope.shape == (1,)


def test_nan_comes_through():
    for f in (abs, np.exp, lambda x: np.maximum(x, 0.0) ** 2, lambda x: x**3 - 1 / x):
        assert np.isnan(mml.derivative(f, np.nan))
        assert np.isnan(mml.gradient(lambda v, f=f: f(v[0]), [np.nan])[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_only_points_that_need_it_are_computed_twice(dtype):
    """Points in one block with others keep every bit."""
    f = mml.Function(lambda x: 1 / (1 + np.exp(-x)), ())
    x = np.linspace(-60, 60, 500).astype(dtype)
    alone = f._evaluate(("derivative", 1), (x,))
    x[::50] = -2000
    both = f._evaluate(("derivative", 1), (x,))
    assert (both[::50] == 0).all()
    rest = np.arange(500) % 50 != 0
    np.testing.assert_array_equal(both[rest], alone[rest])


UNARY = [
    np.exp, np.sin, np.tanh, np.arctan, np.arcsinh, np.cosh, np.square, np.negative, SPECIAL.expit, SPECIAL.erf,
    lambda x: np.log1p(x * x), lambda x: np.sqrt(1 + x * x), lambda x: 1 / (1 + np.exp(x)), lambda x: x**3, abs,
    lambda x: np.where(x > 0, x, np.sqrt(abs(x) - x) - x), lambda x: np.logaddexp(x, 0.0), lambda x: np.cumprod(np.stack([x, x + 1]))[1],
]  # fmt: skip
BINARY = [
    np.add, np.subtract, np.multiply, np.hypot, np.maximum, np.minimum, np.logaddexp, np.arctan2,
    lambda x, y: x / (1 + y * y), lambda x, y: np.where(x < y, x, np.log(x - y)), lambda x, y: (1 + x * x) ** np.tanh(y),
]  # fmt: skip


@pytest.mark.parametrize("unit", [1e-310, 1e-200, 1.0, 1e200, 1e300])
def test_lengths_at_the_ends_of_the_range(unit):
    x, origin = np.array([3 * unit, 4 * unit]), np.zeros(2)
    for f in (mml.length, lambda v: mml.distance(v, origin), lambda v: mml.distance(origin, v)):
        np.testing.assert_allclose(mml.gradient(f, x), [0.6, 0.8], rtol=1e-15)
        np.testing.assert_allclose(
            mml.gradient(lambda v, f=f: np.sum(f(v)), np.stack([x, x])),
            [[0.6, 0.8]] * 2,
            rtol=1e-15,
        )
    if 1e-200 <= unit <= 1e200:
        curvature = np.array([[16, -12], [-12, 9]]) / 125 / unit
        np.testing.assert_allclose(mml.hessian(mml.length, x), curvature, rtol=1e-14)
    np.testing.assert_array_equal(mml.gradient(mml.length, origin), [0, 0])


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 17), st.integers(0, 17)), min_size=1, max_size=4),
       st.sampled_from([0.0, 1.0, -1.0, 0.3, -2.5, 40.0, -700.0]), st.sampled_from([0.0, 0.5, -1.0, 300.0]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_modes_agree_on_compositions(parts, a, b):
    """Forward, reverse and Taylor of random compositions, at ties and zeros and where functions overflow."""

    sizes = []

    def f(t):
        x, y = a + t, b - 2 * t
        for binary, first, second in parts:
            x, y = BINARY[binary](UNARY[first](x), y), UNARY[second](x)
            if type(t) is float:
                sizes.extend((abs(x), abs(y)))
        return x + 0 * y

    with np.errstate(all="ignore"):
        f(0.0)
        forward = mml.derivative(f, 0.0)
        others = [
            mml.gradient(lambda v: f(v[0]), [0.0])[0],
            mml.taylor(f, 0.0, 2).coefficients[1],
            mml.derivative(f, np.zeros(9))[4],
        ]
        second = [mml.derivative(f, 0.0, order=2), mml.hessian(lambda v: f(v[0]), [0.0])[0, 0]]
    for other in others:
        if np.isfinite(forward) and np.isfinite(other) and max(abs(forward), abs(other)) < 1e250:
            # Slopes that cancel to 0 leave a rounding of their parts.
            np.testing.assert_allclose(other, forward, rtol=1e-9, atol=1e-15)
    if (
        np.isfinite(second).all()
        and max(map(abs, second)) < 1e100
        and max(sizes) < 1e150  # beyond, squares within the second derivative are no numbers
        and abs not in [UNARY[i] for p in parts for i in p[1:]]
    ):
        scale = 1e-9 * max(1.0, abs(forward))
        if not any(p[0] in (4, 5, 9) for p in parts):  # which tie, and touch, otherwise
            np.testing.assert_allclose(second[0], second[1], rtol=1e-8, atol=scale)

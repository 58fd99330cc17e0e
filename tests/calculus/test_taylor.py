"""Taylor series against mpmath's, their evaluation, and what they tell of their reach."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mmlcore as mml

mpmath = pytest.importorskip("mpmath")

CASES = {
    "exp": (np.exp, mpmath.exp, 0.3),
    "log": (np.log, mpmath.log, 2.0),
    "geometric": (lambda x: 1 / (1 - x), lambda x: 1 / (1 - x), 0.25),
    "composed": (
        lambda x: np.exp(np.sin(x)) / (1 + x**2),
        lambda x: mpmath.exp(mpmath.sin(x)) / (1 + x**2),
        0.4,
    ),
    "arctan": (np.arctan, mpmath.atan, 0.5),
    "tan": (np.tan, mpmath.tan, 0.7),
    "tanh": (np.tanh, mpmath.tanh, 0.7),
    "power": (lambda x: (1 + x) ** 2.5, lambda x: (1 + x) ** mpmath.mpf(2.5), 0.5),
    "sqrt": (np.sqrt, mpmath.sqrt, 3.0),
    "erf": (mml.calculus.erf, mpmath.erf, 0.6),
    "arcsin": (np.arcsin, mpmath.asin, 0.3),
    "polynomial": (lambda x: x**7 - 3 * x**2 + 1, lambda x: x**7 - 3 * x**2 + 1, 0.0),
    "arctan2": (lambda x: np.arctan2(x, 2 - x), lambda x: mpmath.atan2(x, 2 - x), 0.4),
    "sinh": (np.sinh, mpmath.sinh, 1.0),
    "expit": (mml.calculus.expit, lambda x: 1 / (1 + mpmath.exp(-x)), 0.8),
    "hypot": (lambda x: np.hypot(x, 1.0), lambda x: mpmath.hypot(x, 1), 0.4),
}


@pytest.mark.parametrize("name", CASES)
def test_coefficients(name):
    f, exact, center = CASES[name]
    with mpmath.workdps(80):
        expected = np.array([float(c) for c in mpmath.taylor(exact, mpmath.mpf(center), 12)])
    own = mml.taylor(f, center, 12).coefficients
    np.testing.assert_allclose(own, expected, rtol=1e-11, atol=1e-13 * np.abs(expected).max())


def test_many_centers(rng, dtype):
    x = rng.uniform(0.5, 2, (40, 5)).astype(dtype)
    series = mml.taylor(np.log, x, 4)
    assert series.coefficients.shape == (40, 5, 5)
    assert series.coefficients.dtype == dtype
    expected = np.stack([np.log(x), 1 / x, -1 / x**2 / 2, 1 / x**3 / 3, -1 / x**4 / 4], axis=-1)
    np.testing.assert_allclose(
        series.coefficients, expected, rtol=1e-5 if dtype == np.float32 else 1e-13, atol=1e-7
    )
    near = series(x + np.asarray(1e-3, dtype))
    np.testing.assert_allclose(near, np.log(x + 1e-3), rtol=1e-5, atol=1e-6)


def test_every_order():
    for order in range(6):
        series = mml.taylor(np.exp, 0.0, order)
        assert series.order == order
        np.testing.assert_allclose(
            series.coefficients, 1 / np.cumprod([1, *range(1, order + 1)]), rtol=1e-15
        )
    long = mml.taylor(lambda x: 1 / (1 - x), 0.0, 60)
    np.testing.assert_allclose(long.coefficients, 1, rtol=1e-12)


def test_several_variables(rng):
    f = mml.Function(lambda x: np.exp(x[0]) * np.cos(x[1]) + x[0] * x[1], 2)
    point = np.array([0.2, -0.4])
    value, gradient, hessian = f.taylor(point, 2).coefficients
    np.testing.assert_array_equal(value, f(point))
    np.testing.assert_array_equal(gradient, f.gradient(point))
    np.testing.assert_array_equal(hessian, f.hessian(point))
    step = 1e-3 * rng.standard_normal((5, 2))
    for order, power in ((0, 1), (1, 2), (2, 3)):
        series = mml.taylor(lambda x: np.exp(x[0]) * np.cos(x[1]) + x[0] * x[1], point, order)
        error = np.abs(series(point + step) - f(point + step))
        assert (error <= 3 * np.linalg.norm(step, axis=1) ** power).all()


@pytest.mark.parametrize(
    ("f", "center", "radius"),
    [
        (np.log, 2.0, 2.0),
        (lambda x: 1 / (1 + x**2), 0.0, 1.0),
        (lambda x: 1 / (3 - x), 1.0, 2.0),
        (np.sqrt, 4.0, 4.0),
        # Pairs of complex singularities, between which the ratio of two coefficients takes every value.
        (lambda x: 1 / (1 + x**2), 2.0, 5**0.5),
        (lambda x: 1 / (1 + x**3), 0.2, abs(np.exp(1j * np.pi / 3) - 0.2)),
        (np.arctan, 0.7, abs(1j - 0.7)),
        (np.tanh, 1.0, abs(1j * np.pi / 2 - 1)),
        (lambda x: 1 / (1 + x**3), 0.0, 1.0),
        (lambda x: 1 / (1 - x) ** 2, 0.0, 1.0),
    ],
)
def test_radius_of_convergence(f, center, radius):
    assert abs(mml.taylor(f, center, 60).radius() / radius - 1) < 0.05


def test_entire_functions_reach_far():
    assert mml.taylor(np.exp, 0.0, 60).radius() > 20
    assert mml.taylor(lambda x: x**3, 1.0, 20).radius() == np.inf
    assert mml.taylor(np.sin, [0.0, 1.0], 40).radius().shape == (2,)


@pytest.mark.parametrize(
    ("f", "center", "x"), [(np.log, 2.0, 2.8), (np.exp, 0.0, 0.9), (np.cos, 0.0, 1.2)]
)
def test_the_remainder_is_estimated(f, center, x):
    series = mml.taylor(f, center, 8)
    error, estimate = abs(series(x) - f(x)), series.remainder(x)
    assert error <= 3 * estimate
    assert estimate <= 100 * error
    assert series.remainder(center) == 0
    assert mml.taylor(np.log, 1.0, 10).remainder(9.0) == np.inf


def test_derivative_and_text():
    series = mml.taylor(np.exp, 0.0, 3)
    np.testing.assert_allclose(series.derivative().coefficients, [1, 1, 0.5], rtol=1e-15)
    assert (
        repr(mml.taylor(lambda x: x**2 - 1, 2.0, 2)) == "3 + 4 (x - 2) + 1 (x - 2)^2 + O((x - 2)^3)"
    )


def test_linearize(rng):
    f = lambda x: np.array([np.exp(x[0]) * x[1], x[0] ** 2])
    at = mml.linearize(f, [0.5, 2.0])
    np.testing.assert_allclose(at([0.5, 2.0]), f(np.array([0.5, 2.0])), rtol=1e-15)
    for h in (1e-2, 1e-3):
        x = np.array([0.5, 2.0]) + h
        assert np.abs(at(x) - f(x)).max() <= 10 * h**2
    points = rng.standard_normal((7, 2))
    np.testing.assert_allclose(at(points)[3], at(points[3]), rtol=1e-14)
    assert mml.linearize(lambda x: x @ x, [1.0, 2.0])([1.0, 3.0]) == 9


def test_refusals():
    with pytest.raises(ValueError, match="order: got 3"):
        mml.taylor(mml.Function(lambda x: x @ x, 2), [1.0, 2.0], 3)
    with pytest.raises(ValueError, match="order: got -1"):
        mml.taylor(np.exp, 0.0, -1)
    with pytest.raises(ValueError, match="at least 2"):
        mml.taylor(np.exp, 0.0, 1).remainder(1.0)
    with pytest.raises(ValueError, match="a number or a vector"):
        mml.linearize(np.exp, [[1.0]])


def test_pickles_of_earlier_releases_are_read():
    """The class was once in the module of the function that makes it."""
    series = mml.taylor(np.exp, 0.0, 3)
    old = pickle.dumps(series, protocol=2).replace(b"calculus._polynomial", b"calculus._series")
    assert b"calculus._series" in old
    np.testing.assert_array_equal(pickle.loads(old).coefficients, series.coefficients)

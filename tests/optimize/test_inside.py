"""Solved problems inside traced functions: their derivatives against formulas and differences."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

RNG = np.random.default_rng(7)


def differences(f, x, h=1e-5):
    """Return central differences of a function of a vector."""
    x = np.asarray(x, float)
    steps = h * np.eye(x.size)
    return np.stack(
        [(np.asarray(f(x + s)) - np.asarray(f(x - s))) / (2 * h) for s in steps], axis=-1
    )


def square_root(p):
    return mml.newton(lambda x: x * x - p, 1.0).x


def test_root_of_a_number():
    p = np.array([0.5, 2.0, 9.0, 100.0])
    np.testing.assert_allclose(mml.Function(square_root, ())(p), np.sqrt(p), rtol=1e-14)
    np.testing.assert_allclose(mml.derivative(square_root, p), 0.5 / np.sqrt(p), rtol=1e-13)
    np.testing.assert_allclose(mml.derivative(square_root, p, order=2), -0.25 * p**-1.5, rtol=1e-12)
    np.testing.assert_allclose(mml.derivative(square_root, p, order=3), 0.375 * p**-2.5, rtol=1e-11)
    expected = [1.0, 0.5, -0.125, 0.0625, -5 / 128, 7 / 256, -21 / 1024, 33 / 2048]
    np.testing.assert_allclose(mml.taylor(square_root, 1.0, 7).coefficients, expected, rtol=1e-10)


def test_root_of_a_system():
    def f(p):
        def equations(v):
            return np.stack([v[0] ** 2 + p[0] * v[1] - 3, v[0] * v[1] - p[1]])

        return mml.newton(equations, [2.0, 0.5]).x

    def plain(p):
        return mml.newton(
            lambda v: np.stack([v[0] ** 2 + p[0] * v[1] - 3, v[0] * v[1] - p[1]]), [2.0, 0.5]
        ).x

    p = np.array([1.5, 0.7])
    np.testing.assert_allclose(mml.Function(f, 2)(p), plain(p), rtol=1e-12)
    np.testing.assert_allclose(mml.jacobian(f, p), differences(plain, p), rtol=1e-7)
    points = p + 0.1 * RNG.standard_normal((9, 2))
    for point, slope in zip(points, mml.jacobian(f, points), strict=True):
        np.testing.assert_allclose(slope, differences(plain, point), rtol=1e-6, atol=1e-8)
    hessian = mml.hessian(lambda p: f(p)[0] * f(p)[1] ** 2, p)
    by_differences = differences(lambda p: mml.gradient(lambda q: f(q)[0] * f(q)[1] ** 2, p), p)
    np.testing.assert_allclose(hessian, by_differences, rtol=1e-6)


def test_a_start_that_depends_on_the_argument_does_not_count():
    f = lambda p: mml.newton(lambda x: x * x - p, p + 1.0).x
    np.testing.assert_allclose(mml.derivative(f, 4.0), 0.25, rtol=1e-13)


def test_no_root_is_not_a_number():
    f = mml.Function(lambda p: mml.newton(lambda x: x * x + p, 1.0).x, ())
    np.testing.assert_allclose(f([-4.0, 4.0]), [2.0, np.nan])
    assert np.isnan(mml.Function(lambda p: mml.minimize(lambda x: -x * x * p, 1.0).x, ())(1.0))


def test_a_problem_of_its_own_is_solved_once():
    f = lambda p: p * mml.newton(lambda x: x * x - 2, 1.0).x
    np.testing.assert_allclose(mml.derivative(f, 3.0), np.sqrt(2), rtol=1e-14)


def test_minimum():
    a = RNG.standard_normal((6, 3))
    b = RNG.standard_normal(6)

    def ridge(p):
        return mml.minimize(lambda w: np.sum((a @ w - b) ** 2) + p * np.sum(w * w), np.zeros(3)).x

    def by_hand(p):
        return np.linalg.solve(a.T @ a + p * np.eye(3), a.T @ b)

    def slope(p):
        return -np.linalg.solve(a.T @ a + p * np.eye(3), by_hand(p))

    f = mml.Function(ridge, ())
    np.testing.assert_allclose(f(0.3), by_hand(0.3), rtol=1e-12)
    np.testing.assert_allclose(mml.derivative(ridge, 0.3), slope(0.3), rtol=1e-11)
    value = lambda p: mml.minimize(lambda x, c: (x - c) ** 2 + x**4, 0.0, args=(p,)).value
    x = mml.minimize(lambda x: (x - 2.0) ** 2 + x**4, 0.0).x
    np.testing.assert_allclose(mml.derivative(value, 2.0), -2 * (x - 2.0), rtol=1e-8)  # envelope


def test_minimum_in_a_bent_valley():
    def f(p):
        return mml.minimize(
            lambda v: p[0] * (v[1] - v[0] ** 2) ** 2 + (p[1] - v[0]) ** 2, [-1.2, 1.0]
        ).x

    p = np.array([100.0, 1.0])
    np.testing.assert_allclose(mml.Function(f, 2)(p), [1.0, 1.0], rtol=1e-9)
    np.testing.assert_allclose(mml.jacobian(f, p), [[0.0, 1.0], [0.0, 2.0]], atol=1e-8)


def test_stationary_point_with_constraints():
    def f(p):
        found = mml.lagrange(
            lambda v: v[0] ** 2 + 2 * v[1] ** 2, lambda v: v[0] + v[1] - p, [0.3, 0.3]
        )
        return np.concatenate([found.x, found.multipliers])

    np.testing.assert_allclose(mml.Function(f, ())(3.0), [2.0, 1.0, 4.0], rtol=1e-12)
    np.testing.assert_allclose(mml.derivative(f, 3.0), [2 / 3, 1 / 3, 4 / 3], rtol=1e-11)


def test_fit():
    x = np.linspace(0, 2, 12)
    y = 2.0 * np.exp(-1.3 * x) + 0.05 * RNG.standard_normal(12)
    model = lambda x, a, b: a * np.exp(-b * x)

    def parameters(y):
        popt, pcov = mml.curve_fit(model, x, y, p0=[1.0, 1.0])
        return np.concatenate([popt, pcov.ravel()])

    def plain(y):
        fit = mml.curve_fit(model, x, y, p0=[1.0, 1.0])
        return np.concatenate([fit.parameters, fit.covariance.ravel()])

    f = mml.Function(parameters, 12)
    np.testing.assert_allclose(f(y), plain(y), rtol=1e-6)
    np.testing.assert_allclose(
        mml.jacobian(parameters, y)[:2], differences(plain, y)[:2], rtol=1e-5, atol=1e-7
    )
    sigma = np.linspace(0.1, 0.2, 12)

    def weighted(s):
        return mml.curve_fit(model, x, y, p0=[1.0, 1.0], sigma=s, absolute_sigma=True).covariance

    expected = mml.curve_fit(
        model, x, y, p0=[1.0, 1.0], sigma=sigma, absolute_sigma=True
    ).covariance
    np.testing.assert_allclose(mml.Function(weighted, 12)(sigma), expected, rtol=1e-5)


def test_errors():
    with pytest.raises(mml.TraceError, match=r"result has shape \(2,\)"):
        mml.Function(lambda p: mml.newton(lambda x: p * x[:2], np.ones(3)).x, ())
    with pytest.raises(mml.TraceError, match="bounds"):
        mml.Function(lambda p: mml.minimize(lambda x: (x - p) ** 2, 1.0, bounds=[(0, 1)]).x, ())
    with pytest.raises(mml.TraceError, match="one start"):
        mml.Function(lambda p: mml.newton(lambda x: x - p, np.ones((2, 3))).x, ())

"""Solved problems within other computations: chains, loops, each other, derivatives; against differences and mpmath."""

from __future__ import annotations

import pickle

import mpmath as mp
import numpy as np
import pytest

import mmlcore as mml


def differences(f, x, h=1e-5):
    """Return central differences by the numbers of a vector, as the last axis."""
    steps = h * np.eye(len(x))
    return np.stack(
        [(np.asarray(f(x + s)) - np.asarray(f(x - s))) / (2 * h) for s in steps], axis=-1
    )


def lambert(p):
    return mml.newton(lambda x: x * np.exp(x) - p, 0.5).x


def test_a_chain_of_systems():
    def f(p):
        a = mml.newton(lambda x: x**3 + x - np.exp(p[0]) * p[1], 1.0).x
        b = mml.newton(
            lambda x: np.stack([x[0] + a * x[1] - p[1], x[0] * x[1] - 0.1 * np.sin(a)]), [1.0, 0.2]
        ).x
        return np.sum(np.cos(b)) * a

    p = np.array([0.3, 1.2])
    slope = lambda q: mml.gradient(f, q)
    np.testing.assert_allclose(slope(p), differences(mml.Function(f, 2), p), rtol=1e-7)
    np.testing.assert_allclose(mml.hessian(f, p), differences(slope, p), rtol=1e-7)


def test_a_root_within_a_minimum():
    def f(p):
        def g(x):
            r = mml.newton(lambda u: u**3 + u - x[0] * p[0], 0.5).x
            return (r - p[1]) ** 2 + (x[1] - r * p[0]) ** 2 + 0.1 * x[0] ** 2

        return mml.minimize(g, np.array([0.5, 0.5])).x

    p = np.array([0.9, 0.7])
    np.testing.assert_allclose(
        mml.jacobian(f, p), differences(mml.Function(f, 2), p), rtol=1e-6, atol=1e-8
    )
    slope = lambda q: mml.gradient(lambda w: f(w)[0] * f(w)[1], q)
    hessian = mml.hessian(lambda q: f(q)[0] * f(q)[1], p)
    np.testing.assert_allclose(hessian, differences(slope, p), rtol=1e-5)
    with pytest.raises(mml.TraceError, match=r"of order 6 .* up to order 5"):
        mml.derivative(lambda t: f(np.stack([t, t]))[0], 0.7, order=6)


@pytest.mark.parametrize("form", ["plain", "fortran", "steps", "backwards", "columns", "float32"])
def test_points_in_memory_of_any_form(form, rng):
    def f(p):
        return mml.newton(
            lambda x: np.stack([np.exp(x[0]) + x[1] - p[0], x[0] - x[1] ** 3 - p[1]]), [0.1, 0.1]
        ).x

    points = rng.uniform(0.5, 2, (37, 2))
    given = {
        "plain": points,
        "fortran": np.asfortranarray(points),
        "steps": np.repeat(points, 3, 0)[::3],
        "backwards": points[::-1].copy()[::-1],
        "columns": np.repeat(points, 2, 1)[:, ::2],
        "float32": points.astype(np.float32),
    }[form]
    found = mml.jacobian(f, given)
    own = mml.Function(f, 2)
    expected = np.stack([differences(own, p) for p in given.astype(float)])
    tolerance = 3e-4 if form == "float32" else 1e-6
    assert found.dtype == given.dtype
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_several_arguments():
    def f(a, b):
        return mml.lagrange(
            lambda v: np.sum(a * v * v) + v[0] * v[1] * b,
            [lambda v: np.sum(v) - 1.0 - b * b],
            [0.4, 0.3, 0.3],
        ).x

    a, b = np.array([1.0, 2.0, 1.5]), 0.4
    whole = mml.Function(f, 3, ())
    np.testing.assert_allclose(
        mml.jacobian(f, a, b), differences(lambda a: whole(a, b), a), rtol=1e-7, atol=1e-9
    )
    by_b = differences(lambda b: whole(a, b[0]), np.array([b]))[:, 0]
    np.testing.assert_allclose(mml.jacobian(f, a, b, argnums=1).ravel(), by_b, rtol=1e-7)


def test_captured_data(rng):
    x = rng.standard_normal((200, 3))
    y = x @ [1.0, -2, 0.5] + 0.1 * rng.standard_normal(200)

    def f(p):
        w = mml.minimize(
            lambda w: np.mean(np.log(np.cosh((x @ w - y) / p[0]))) + p[1] * np.sum(w * w),
            np.zeros(3),
        ).x
        return np.sum((x[:50] @ w - y[:50]) ** 2)

    p = np.array([0.8, 0.05])
    slope = lambda q: mml.gradient(f, q)
    np.testing.assert_allclose(slope(p), differences(mml.Function(f, 2), p), rtol=1e-6)
    np.testing.assert_allclose(mml.hessian(f, p), differences(slope, p), rtol=1e-6)


def test_a_fit_and_its_error():
    x = np.linspace(0, 3, 30)

    def data(p):
        return p[0] * np.exp(-p[1] * x) + 0.02 * np.sin(7 * x)

    def f(p):
        found = mml.curve_fit(
            lambda x, a, b, c: a * np.exp(-b * x) + c, x, data(p), p0=[1.0, 1.0, 0.0]
        )
        return found.parameters[1] / np.sqrt(found.covariance[1, 1])

    p = np.array([2.0, 0.7])
    plain = mml.curve_fit(lambda x, a, b, c: a * np.exp(-b * x) + c, x, data(p), [1.0, 1.0, 0.0])
    whole = mml.Function(f, 2)
    np.testing.assert_allclose(whole(p), plain.parameters[1] / plain.standard_errors[1], rtol=1e-6)
    np.testing.assert_allclose(mml.gradient(f, p), differences(whole, p), rtol=1e-6)


def implicit_euler(p, steps):
    y = mp.mpf("0.2")
    for _ in range(steps):
        y = mp.findroot(lambda z, y=y: z - y - mp.mpf("0.1") * (p - z**3), y)
    return y


def test_in_a_loop():
    def f(p):
        step = lambda _, y: mml.newton(lambda z: z - y - 0.1 * (p - z**3), y).x
        return mml.calculus.loop(step, 0.2, 12)

    with mp.workdps(40):
        for order, tolerance in ((1, 1e-10), (3, 1e-8)):
            expected = float(mp.diff(lambda p: implicit_euler(p, 12), mp.mpf("0.7"), order))
            found = mml.derivative(f, 0.7, order=order)
            np.testing.assert_allclose(found, expected, rtol=tolerance)
    with pytest.raises(mml.TraceError, match="order 8"):
        mml.taylor(f, 0.7, 8)


def test_one_after_the_other():
    def f(p):
        y = 0.2 + 0 * p
        for _ in range(6):
            y = mml.newton(lambda z, y=y: z - y - 0.1 * (p - z**3), 0.3).x
        return y

    with mp.workdps(40):
        expected = mp.taylor(lambda p: implicit_euler(p, 6), mp.mpf("0.7"), 4)
    np.testing.assert_allclose(
        mml.taylor(f, 0.7, 4).coefficients, [float(c) for c in expected], rtol=1e-9
    )


def test_hessian_vector_products(rng):
    a = rng.standard_normal((5, 5))
    a = a @ a.T + np.eye(5)
    f = lambda p: np.sum(mml.newton(lambda x: a @ x + 0.1 * x**3 - p, np.zeros(5)).x ** 4)
    p, v = rng.standard_normal((2, 5))
    hessian = mml.hessian(f, p)
    np.testing.assert_allclose(hessian, differences(lambda q: mml.gradient(f, q), p), rtol=1e-6)
    np.testing.assert_allclose(mml.hessian_vector_product(f, p, v), hessian @ v, rtol=1e-10)


def test_derivatives_within_the_function():
    def solved(q):
        return mml.minimize(lambda x: np.sum((x - q) ** 2) + np.sum(x**4), np.zeros(2)).x

    def f(p):
        x = solved(p)
        return np.sum(mml.gradient(lambda q: np.sum(solved(q)), x) * x)

    p = np.array([0.5, -1.0])
    np.testing.assert_allclose(mml.gradient(f, p), differences(mml.Function(f, 2), p), rtol=1e-7)


def test_derivatives_of_a_loop_within_the_function():
    after = lambda rate: mml.calculus.loop(lambda _, y: y + 0.1 * rate * y, 1.0, 100)
    found = mml.derivative(lambda r: mml.derivative(after, r) * r, 0.3)
    expected = 10 * 1.03**99 + 0.3 * 99 * 1.03**98
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_where_there_is_no_root_derivatives_are_not_numbers():
    f = lambda q: mml.newton(lambda x: x * x + q[0] * q[1], 1.0).x
    points = np.array([[1.0, -1.0], [1.0, 1.0]])
    np.testing.assert_allclose(mml.gradient(f, points), [[0.5, -0.5], [np.nan, np.nan]])
    assert np.isnan(mml.hessian(f, points)[1]).all()
    root = mml.Function(lambda p: mml.newton(lambda x: x * x + p, 1.0).x, ())
    assert np.isnan(root.taylor(4.0, 3).coefficients).all()


def test_orders_that_do_not_hold_are_refused(tmp_path):
    with mp.workdps(40):
        expected = [float(c) for c in mp.taylor(mp.lambertw, 1, 7)]
    np.testing.assert_allclose(mml.taylor(lambert, 1.0, 7).coefficients, expected, rtol=1e-9)
    for call in (
        lambda: mml.taylor(lambert, 1.0, 8),
        lambda: mml.taylor(lambert, 1.0, 20),
        lambda: mml.derivative(lambert, 1.0, order=8),
    ):
        with pytest.raises(mml.TraceError, match=r"solved inside the function.*up to order 7"):
            call()
    third = lambda p: mml.derivative(lambert, p, order=3) + mml.derivative(lambert, 2 * p, order=3)
    with mp.workdps(60):
        w3 = lambda p: mp.diff(mp.lambertw, p, 3) + mp.diff(mp.lambertw, 2 * p, 3)
        expected = float(mp.diff(w3, 1, 4) / 24)
    np.testing.assert_allclose(mml.taylor(third, 1.0, 4).coefficients[4], expected, rtol=1e-7)
    with pytest.raises(mml.TraceError, match="up to order 4"):
        mml.taylor(third, 1.0, 5)
    f = mml.Function(lambert, ())
    f.save(tmp_path / "f")
    for other in (
        pickle.loads(pickle.dumps(f)),
        mml.Function.load(tmp_path / "f"),
        mml.Function(lambda p: 2 * f(p), ()),
    ):
        other.taylor(1.0, 7)
        with pytest.raises(mml.TraceError, match="up to order 7"):
            other.taylor(1.0, 8)

"""The vectorised elementary functions: two units in the last place against mpmath, and numpy's results at special numbers."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

mpmath = pytest.importorskip("mpmath")
COUNT = 600


def logarithmic(rng, low, high, signs=(1, -1)):
    return np.exp(rng.uniform(np.log(low), np.log(high), COUNT)) * rng.choice(signs, COUNT)


RANGES = {
    "exp": [(-750, 712), (-1, 1)],
    "expm1": [(-50, 712), (-1, 1)],
    "log": [(0.5, 2), (1e-3, 1e3)],
    "log1p": [(-0.999, 1), (1, 1e6)],
    "sin": [(-10, 10), (-1e6, 1e6), (1e6, 1e12)],
    "cos": [(-10, 10), (-1e6, 1e6), (1e6, 1e12)],
    "tan": [(-10, 10), (-1e5, 1e5)],
    "arcsin": [(-1, 1), (0.99, 1)],
    "arccos": [(-1, 1), (0.99, 1), (-1, -0.99)],
    "arctan": [(-3, 3), (-1e4, 1e4)],
    "sinh": [(-3, 3), (-710.4, 710.4)],
    "cosh": [(-3, 3), (-710.4, 710.4)],
    "tanh": [(-3, 3), (-30, 30)],
    "expit": [(-3, 3), (-745, 745)],
    "exp2": [(-1080, 1025), (-1, 1)],
    "log2": [(0.5, 2), (1e-3, 1e3)],
    "log10": [(0.5, 2), (1e-3, 1e3)],
    "cbrt": [(-3, 3), (-1e300, 1e300)],
    "arcsinh": [(-3, 3), (-1e4, 1e4)],
    "arccosh": [(1, 1.01), (1, 3), (3, 1e12)],
    "arctanh": [(-0.1, 0.1), (-1, 1), (0.999, 1)],
    "erf": [(-1.5, 1.5), (-7, 7)],
}
EXACT = {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "expit": "sigmoid",
}
FUNCTIONS = [*RANGES, "sqrt", "square", "reciprocal", "sign", "abs", "floor", "ceil"]
POSITIVE = ("log", "log2", "log10")
EVERYWHERE = ("sin", "cos", "arctan", "cbrt", "arcsinh", "erf", *POSITIVE)


def exact(name, x):
    with mpmath.workprec(160 + 64):
        if name == "exp2":
            return mpmath.mpf(2) ** mpmath.mpf(x)
        if name == "log2":
            return mpmath.log(mpmath.mpf(x), 2)
        if name == "cbrt":
            return mpmath.sign(x) * mpmath.cbrt(abs(mpmath.mpf(x)))
        if name == "expit":
            return 1 / (1 + mpmath.exp(-mpmath.mpf(x)))
        return getattr(mpmath, EXACT.get(name, name))(mpmath.mpf(x))


def traced(name):
    f = getattr(np, name, None) or getattr(mml.calculus, name, None)
    return mml.Function(f or getattr(pytest.importorskip("scipy.special"), name), ())


def worst(name, x):
    errors = [0.0]
    for a, b in zip(x.tolist(), traced(name)(x).tolist(), strict=True):
        true = exact(name, a)
        near = float(true)
        if np.isinf(near):
            assert b == near
        else:
            errors.append(float(abs(mpmath.mpf(b) - true) / np.spacing(abs(near))))
    return max(errors)


@pytest.mark.parametrize("name", RANGES)
def test_two_units_in_the_last_place(name, rng):
    for low, high in RANGES[name]:
        assert worst(name, rng.uniform(low, high, COUNT)) <= 2
    if name == "arccosh":
        return
    signs = (1,) if name in POSITIVE else (1, -1)
    top = 1e300 if name in EVERYWHERE else 0.5
    assert worst(name, logarithmic(rng, 1e-320, top, signs)) <= 2


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_float32_near_multiples_of_a_quarter_turn(name):
    """The nearest number of float32 to each, and its neighbours."""
    x = (np.arange(1, 30_000) * (np.pi / 2)).astype(np.float32)
    for near in (x, np.nextafter(x, np.float32(0)), np.nextafter(x, np.float32(1e9))):
        expected = getattr(np, name)(near.astype(np.float64))
        unit = np.spacing(np.abs(expected).astype(np.float32))
        assert np.max(np.abs(traced(name)(near) - expected) / unit) <= 1.8


def test_near_multiples_of_a_quarter_turn():
    """Where sin and cos are small, all their digits come from the reduction."""
    x = np.arange(1, 2000) * (np.pi / 2)
    for name in ("sin", "cos", "tan"):
        assert worst(name, x) <= 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_numbers(name):
    x = np.array(
        [
            0.0,
            -0.0,
            np.inf,
            -np.inf,
            np.nan,
            1,
            -1,
            5e-324,
            -5e-324,
            1e308,
            -1e308,
            2,
            1e22,
            709.8,
            -745.2,
        ]
    )
    special = pytest.importorskip("scipy.special")
    peer = getattr(np, name, None) or getattr(special, name)
    with np.errstate(all="ignore"):
        expected = peer(x)
    result = traced(name)(x)
    np.testing.assert_allclose(result, expected, rtol=1e-15, atol=0)
    np.testing.assert_array_equal(
        np.signbit(result[expected == 0]), np.signbit(expected[expected == 0])
    )


# Units in the last place of float32 that each function may miss, and the ranges where it is asked.
SINGLE = {
    "exp": (1.1, [(-104, 89), (-1, 1)]),
    "exp2": (1.1, [(-150, 128.5), (-1, 1)]),
    "expm1": (1.6, [(-20, 89), (-1, 1), (-1e-3, 1e-3)]),
    "log": (1.0, [(0.5, 2), (1e-3, 1e30), (1e-45, 1e-38)]),
    "log2": (2.0, [(0.5, 2), (1e-3, 1e30)]),  # 1.3 where multiplication and addition are one
    "log10": (2.3, [(0.5, 2), (1e-3, 1e30)]),
    "log1p": (1.6, [(-0.9999, 1), (-1e-3, 1e-3), (1, 1e30)]),
    "sin": (1.8, [(-10, 10), (-1e5, 1e5), (-1e6, 1e7)]),
    "cos": (1.8, [(-10, 10), (-1e5, 1e5), (-1e6, 1e7)]),
    "tan": (3.8, [(-10, 10), (-1e5, 1e5)]),
    "sinh": (2.3, [(-3, 3), (-89.4, 89.4), (-1e-3, 1e-3)]),
    "cosh": (2.3, [(-3, 3), (-89.4, 89.4)]),
    "tanh": (1.6, [(-3, 3), (-20, 20), (-1e-3, 1e-3)]),
    "arctan": (2.5, [(-3, 3), (-1e4, 1e4), (-1e-3, 1e-3)]),
    "expit": (2.6, [(-3, 3), (-90, 90)]),
    "arcsin": (2.5, [(-1, 1), (-1e-3, 1e-3), (0.999, 1)]),
    "arccos": (2.5, [(-1, 1), (-1e-3, 1e-3), (0.999, 1)]),
    "cbrt": (1.0, [(-5, 5), (-3e38, 3e38), (-1e-38, 1e-38)]),
    "erf": (1.6, [(-4.5, 4.5), (-1e-3, 1e-3), (0.9, 1.1)]),
    "erfc": (3.9, [(-4.5, 4.5), (0.4, 9.1), (9, 10.5)]),
}


@pytest.mark.parametrize("name", SINGLE)
def test_float32_in_its_own_arithmetic(name, rng):
    """Against the functions of float64; and at special numbers."""
    most, ranges = SINGLE[name]
    peer = getattr(np, name, None) or getattr(pytest.importorskip("scipy.special"), name)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 1e-40, 3.4e38, -3.4e38, 1, -1]
    draws = [rng.uniform(*ends, 20_000) for ends in ranges]
    x = np.concatenate([special, *draws]).astype(np.float32)
    with np.errstate(all="ignore"):
        exact = peer(x.astype(np.float64))
        expected = exact.astype(np.float32)
    found = traced(name)(x)
    assert found.dtype == np.float32
    plain = np.isfinite(expected) & (np.abs(expected) > 0)
    unit = np.spacing(np.maximum(np.abs(expected[plain]), np.finfo(np.float32).tiny))
    assert np.max(np.abs(found[plain] - exact[plain]) / unit) <= most
    np.testing.assert_allclose(found[~plain], expected[~plain], 0, 2e-45)
    signed = ~np.isnan(expected[: len(special)])
    head = found[: len(special)][signed]
    np.testing.assert_array_equal(np.signbit(head), np.signbit(expected[: len(special)][signed]))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 511, 512, 513, 100_001])
def test_every_number_of_points(count, rng, dtype):
    x = rng.uniform(-3, 3, count).astype(dtype)
    result = traced("sin")(x)
    np.testing.assert_allclose(
        result, np.sin(x), rtol=1e-6 if dtype == np.float32 else 4e-16, atol=1e-300
    )
    np.testing.assert_array_equal(result[:1], traced("sin")(x[:1]))


def test_pow_over_the_full_range(rng):
    """Two units: the logarithm needs more digits than a number has, most where the result is near its ends."""
    f = mml.Function(lambda x, y: x**y, (), ())
    x = logarithmic(rng, 1e-320, 1e308, (1,))
    y = rng.uniform(-740, 709, COUNT) / np.log(x)
    near, far = rng.uniform(0.9, 1.1, COUNT), rng.uniform(-7000, 7000, COUNT)
    base, whole = rng.uniform(-20, 0, COUNT), rng.integers(-200, 200, COUNT).astype(float)
    with mpmath.workprec(200):
        for a, b in ((x, y), (near, far), (base, whole), (-x, np.round(y))):
            for u, v, w in zip(a.tolist(), b.tolist(), f(a, b).tolist(), strict=True):
                true = mpmath.mpf(u) ** mpmath.mpf(v)
                if abs(true) < 1e308:
                    assert abs(mpmath.mpf(w) - true) <= 2 * np.spacing(abs(float(true)))


def test_pow_of_float32(rng):
    """0.6 units, over the full range and at numbers that are special there."""
    f = mml.Function(lambda x, y: x**y, (), ())
    n = 40_000
    x = np.exp(rng.uniform(-103, 88, n))
    near = rng.uniform(0.9, 1.1, n)
    base, whole = rng.uniform(-20, 20, n), rng.integers(-40, 40, n).astype(float)
    special = [
        0.0,
        1.0,
        2.0,
        3.0,
        0.5,
        np.inf,
        1e-45,
        1e-40,
        3e38,
        2.0**24,
        2.0**24 - 1,
        1 + 2.0**-23,
    ]
    special = np.array([*special, *(-x for x in special), np.nan])
    grid = [part.ravel() for part in np.meshgrid(special, special)]
    for a, b in (
        (x, rng.uniform(-104, 89, n) / np.log(x)),
        (near, rng.uniform(-800, 800, n)),
        (base, whole),
        (np.abs(base), rng.uniform(-3, 3, n)),
        grid,
    ):
        u, v = a.astype(np.float32), b.astype(np.float32)
        with np.errstate(all="ignore"):
            exact = u.astype(np.float64) ** v.astype(np.float64)
            expected = exact.astype(np.float32)
        found = f(u, v)
        assert found.dtype == np.float32
        plain = np.isfinite(expected) & (expected != 0)
        unit = np.spacing(np.maximum(np.abs(expected[plain]), np.finfo(np.float32).tiny))
        assert np.max(np.abs(found[plain] - exact[plain]) / unit) <= 0.6
        np.testing.assert_array_equal(found[~plain], expected[~plain])
        zero = expected == 0
        np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(expected[zero]))
    np.testing.assert_array_equal(
        f(np.float32([1, 2, 3, 9]), np.float32([5, 7, 4, 0.5])), [1, 128, 81, 3]
    )


def test_pow_of_special_numbers():
    f = mml.Function(lambda x, y: x**y, (), ())
    numbers = [
        0.0,
        1.0,
        2.0,
        3.0,
        0.5,
        np.inf,
        5e-324,
        1e308,
        2.0**53,
        2.0**53 - 1,
        1e300,
        1 + 2.0**-52,
    ]
    special = np.array([*numbers, *(-x for x in numbers), np.nan])
    a, b = (grid.ravel() for grid in np.meshgrid(special, special))
    with np.errstate(all="ignore"):
        expected = a**b
    result = f(a, b)
    np.testing.assert_allclose(result, expected, rtol=1e-15, atol=5e-324)
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(result[zero]), np.signbit(expected[zero]))


def test_whole_results_are_whole():
    """Powers of ten, cubes and small powers: what a reader checks by eye."""
    tens = np.array([float(f"1e{n}") for n in range(-307, 309)])
    np.testing.assert_array_equal(traced("log10")(tens), np.arange(-307, 309))
    whole = np.arange(-300.0, 300)
    np.testing.assert_array_equal(traced("cbrt")(whole**3), whole)
    f = mml.Function(lambda x, y: x**y, (), ())
    np.testing.assert_array_equal(f(whole, np.full(600, 5.0)), whole**5)


@pytest.mark.parametrize("name", ["arctan2", "hypot"])
def test_two_arguments(name, rng, dtype):
    """Two units in the last place, and numpy's results at special pairs."""
    function = getattr(np, name)
    f = mml.Function(function, (), ())
    x = np.concatenate([logarithmic(rng, 1e-300, 1e300), rng.standard_normal(COUNT)])
    y = np.concatenate([logarithmic(rng, 1e-300, 1e300), rng.standard_normal(COUNT)])
    if dtype == np.float32:
        x, y = (rng.standard_normal(COUNT).astype(dtype) for _ in range(2))
        result = f(x, y)
        assert result.dtype == dtype
        expected = function(x.astype(float), y.astype(float)).astype(dtype)
        np.testing.assert_array_max_ulp(result, expected, 1)
        return
    true_function = {"arctan2": mpmath.atan2, "hypot": mpmath.hypot}[name]
    errors = []
    with mpmath.workprec(200):
        for a, b, c in zip(x.tolist(), y.tolist(), f(x, y).tolist(), strict=True):
            true = true_function(mpmath.mpf(a), mpmath.mpf(b))
            if 1e-300 < abs(true) < 1e308:
                errors.append(float(abs(mpmath.mpf(c) - true) / np.spacing(abs(float(true)))))
    assert max(errors) <= 2
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 5e-324, 1e308])
    a, b = (grid.ravel() for grid in np.meshgrid(special, special))
    with np.errstate(all="ignore"):
        expected = function(a, b)
    result = f(a, b)
    np.testing.assert_allclose(result, expected, rtol=4e-16)
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(result[zero]), np.signbit(expected[zero]))

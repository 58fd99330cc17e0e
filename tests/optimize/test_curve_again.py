"""curve_fit of a model that is known and plain data, in one compiled call: what the longer way gives, and left to it else."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import mmlcore as mml

RNG = np.random.default_rng(3)
X = np.linspace(0, 4, 20)


def gauss(x: Any, a: Any, m: Any, s: Any) -> Any:
    return a * np.exp(-(((x - m) / s) ** 2) / 2)


Y = gauss(X, 2.0, 2.0, 0.7) + 0.05 * RNG.standard_normal(20)


@pytest.mark.parametrize("absolute", [False, True])
def test_as_the_longer_way(absolute: bool) -> None:
    start = [1.5, 1.8, 1.0]
    mml.curve_fit(gauss, X, Y, start)  # known from here on
    longer = mml.curve_fit(gauss, X, Y, start, absolute_sigma=absolute, check_finite=True)
    for p0 in (start, tuple(start), np.array(start)):
        once = mml.curve_fit(gauss, X, Y, p0, absolute_sigma=absolute)
        np.testing.assert_array_equal(once.parameters, longer.parameters)
        np.testing.assert_allclose(once.covariance, longer.covariance, rtol=1e-14)
        for name in ("chi2", "dof", "iterations", "status", "message", "evaluations", "names"):
            assert getattr(once, name) == getattr(longer, name), name
            assert type(getattr(once, name)) is type(getattr(longer, name)), name
        np.testing.assert_array_equal(once.residual, longer.residual)
        assert once.summary() == longer.summary()
        np.testing.assert_allclose(
            once.confidence_intervals(profile=True),
            longer.confidence_intervals(profile=True),
            rtol=1e-9,
        )
    assert repr(once) == repr(longer)
    np.testing.assert_array_equal(once.predict(1.0), longer.predict(1.0))
    assert pickle.loads(pickle.dumps(once)).chi2 == once.chi2


def test_what_is_not_plain_is_left_to_the_longer_way() -> None:
    mml.curve_fit(gauss, X, Y, [1.5, 1.8, 1.0])
    gap = Y.copy()
    gap[3] = np.nan
    with pytest.raises(ValueError, match="ydata"):
        mml.curve_fit(gauss, X, gap, [1.5, 1.8, 1.0])
    with pytest.raises(ValueError, match="p0"):
        mml.curve_fit(gauss, X, Y, [1.5, np.nan, 1.0])
    with pytest.raises(ValueError, match="p0: got 2 numbers, needed 3"):
        mml.curve_fit(gauss, X, Y, [1.5, 1.8])
    with pytest.raises(mml.ConvergenceError):
        mml.curve_fit(gauss, X, Y, [1.5, 1.8, 1.0], max_iter=1)
    with pytest.raises(TypeError, match="must not exceed"):
        mml.curve_fit(gauss, X[:2], Y[:2], [1.5, 1.8, 1.0])
    for scale in (1e-150, 1e150):
        fit = mml.curve_fit(gauss, X, Y * scale, [1.5 * scale, 1.8, 1.0])
        np.testing.assert_allclose(
            fit.parameters[1:],
            mml.curve_fit(gauss, X, Y, [1.5, 1.8, 1.0]).parameters[1:],
            rtol=1e-6,
        )
    assert mml.curve_fit(gauss, list(X), Y, [2, 2, 1]).success


def test_a_model_that_reads_something_else_is_traced_again() -> None:
    power = [1.0]

    def f(x: Any, a: Any) -> Any:
        return a * x ** power[0]

    x = np.arange(1.0, 6.0)
    for _ in range(2):
        np.testing.assert_allclose(
            mml.curve_fit(f, x, 3 * x + 1e-3 * np.cos(x), [1.0]).parameters, [3.0], rtol=1e-3
        )
    power[0] = 2.0
    np.testing.assert_allclose(
        mml.curve_fit(f, x, 3 * x**2 + 1e-3 * np.cos(x), [1.0]).parameters, [3.0], rtol=1e-3
    )


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 9, 40])
@pytest.mark.parametrize("n", [3, 12, 50, 1000])
def test_polynomials_of_plain_data(degree: int, n: int) -> None:
    """Of ascending arrays by one call, of lists by the longer way."""
    x = np.sort(RNG.uniform(1e3, 1e3 + 5, n))
    y = np.sin(x) + 0.1 * RNG.standard_normal(n)
    if degree >= n:
        with pytest.raises(ValueError, match="degree"):
            mml.polynomial_fit(x, y, degree)
        return
    once, longer = mml.polynomial_fit(x, y, degree), mml.polynomial_fit(list(x), list(y), degree)
    tight = 1e-6 if degree == 40 and n < 100 else 1e-9
    np.testing.assert_allclose(once.coefficients, longer.coefficients, rtol=tight, atol=tight)
    np.testing.assert_allclose(once.covariance, longer.covariance, rtol=tight, atol=tight)
    assert once.domain == longer.domain
    for name in ("chi2", "dof", "r2", "degree"):
        assert type(getattr(once, name)) is type(getattr(longer, name))
        assert getattr(once, name) == pytest.approx(getattr(longer, name), rel=1e-8, abs=1e-12)
    np.testing.assert_allclose(once.predict(x), longer.predict(x), rtol=1e-7, atol=1e-7)


def test_polynomials_of_other_data() -> None:
    x, y = np.arange(10.0), np.arange(10.0) ** 2
    for shuffled in (x[::-1], np.repeat(x, 2)[::2], RNG.permutation(x)):
        fit = mml.polynomial_fit(shuffled, shuffled**2, 2)
        np.testing.assert_allclose(fit.power_coefficients(), [0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(mml.polynomial_fit(x.astype(np.float32), y, 2)(3.0), 9.0, rtol=1e-6)
    for bad, match in ((np.where(x == 3, np.nan, x), "x"), (x[:5], "y"), (np.zeros(10), "degree")):
        with pytest.raises(ValueError, match=match):
            mml.polynomial_fit(bad, y, 2)
    for degree in (-1, 2.5, "2"):
        with pytest.raises((ValueError, TypeError), match="degree"):
            mml.polynomial_fit(x, y, degree)
    assert mml.polynomial_fit(np.arange(4.0), y[:4], 3).dof == 0

"""Regressions in any units: powers of two change no digit, and columns come as arrays or as frames have them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.estimators import LinearRegression


def data(rng, n, d):
    x = rng.standard_normal((n, d)) + 3
    return x, x @ np.arange(1.0, d + 1) + 5 + 0.1 * rng.standard_normal(n)


@pytest.mark.parametrize(
    ("p", "q"), [(0, 532), (0, -665), (512, 0), (-1060, -1060), (500, -500), (-700, 200)]
)
@pytest.mark.parametrize(("n", "d"), [(20, 2), (3000, 2), (400, 40)])
@pytest.mark.parametrize("intercept", [False, True])
def test_units_change_no_digit(p, q, n, d, intercept, rng):
    """X 2^p and y 2^q: coefficients 2^(q - p), standard errors where the range holds their squares, r2 the same."""
    x, y = data(rng, n, d)
    if p < -1000:
        x, y = np.ldexp(np.round(np.ldexp(x, 12)), -12), np.ldexp(np.round(np.ldexp(y, 12)), -12)
    one = mml.linear_regression(x, y, intercept=intercept)
    other = mml.linear_regression(np.ldexp(x, p), np.ldexp(y, q), intercept=intercept)
    np.testing.assert_allclose(np.ldexp(other.coefficients, p - q), one.coefficients, rtol=1e-10)
    least = 2.0**-1074  # which an intercept among subnormal numbers is rounded to
    assert np.ldexp(other.intercept, -q) == pytest.approx(
        one.intercept, rel=1e-9, abs=np.ldexp(least, -q)
    )
    assert other.r2 == pytest.approx(one.r2, rel=1e-12)
    assert other.dof == one.dof
    if abs(q) < 500:
        assert np.ldexp(other.chi2, -2 * q) == pytest.approx(one.chi2, rel=1e-9)
    if abs(q - p) < 500:
        errors = np.ldexp(other.standard_errors[:d], p - q)
        np.testing.assert_allclose(errors, one.standard_errors[:d], rtol=1e-8)
    if -800 < p < 500 and q < 400:
        moments = mml.Moments(d + 1)
        for part in np.array_split(np.column_stack([np.ldexp(x, p), np.ldexp(y, q)]), 3):
            moments.update(part)
        found = mml.linear_regression(moments, intercept=intercept)
        np.testing.assert_allclose(np.ldexp(found.coefficients, p - q), one.coefficients, rtol=1e-7)


def test_three_large_points():
    fit = mml.linear_regression([1e154, 2e154, 4e154], [1.0, 2.0, 4.0])
    assert fit.coefficients[0] == pytest.approx(1e-154, rel=1e-14)
    assert fit.r2 == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize("unit", [-1000, -400, 400, 1000])
@pytest.mark.parametrize("n", [30, 4000])
def test_deviations_in_any_unit(unit, n, rng):
    x, y = data(rng, n, 3)
    sigma = rng.uniform(1, 2, n)
    one = mml.linear_regression(x, y, sigma=sigma)
    other = mml.linear_regression(x, y, sigma=np.ldexp(sigma, unit))
    np.testing.assert_allclose(other.coefficients, one.coefficients, rtol=1e-11)
    np.testing.assert_allclose(other.covariance, one.covariance, rtol=1e-9)
    if abs(unit) < 500:
        assert np.ldexp(other.chi2, 2 * unit) == pytest.approx(one.chi2, rel=1e-9)


def test_what_no_float_holds_is_refused():
    with pytest.raises(ValueError, match="a coefficient leaves the range of float64"):
        mml.linear_regression([1e-300, 2e-300, 4e-300], [1e300, 2e300, 3e300])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_frames(library):
    """df["a"] is an array of one axis, with a shape and a dtype that only look like those of a file."""
    frame = pytest.importorskip(library).DataFrame(
        {"a": [0.0, 1.0, 2.0, 4.0], "b": [1.0, 3.0, 5.0, 9.5]}
    )
    fit = mml.linear_regression(frame["a"], frame["b"])
    plain = mml.linear_regression(frame["a"].to_numpy(), frame["b"].to_numpy())
    np.testing.assert_array_equal(fit.coefficients, plain.coefficients)
    both = mml.linear_regression(frame[["a"]], frame["b"])
    np.testing.assert_array_equal(both.coefficients, plain.coefficients)


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_many_targets(intercept, weighted, dtype, rng):
    """Each column as if it were alone, also where features are dependent or in other units."""
    x = rng.standard_normal((60, 5)).astype(dtype)
    x[:, 4] = x[:, 3]
    y = (x @ rng.standard_normal((5, 7)) + rng.standard_normal((60, 7))).astype(dtype)
    w = rng.random(60) if weighted else None
    together = LinearRegression(fit_intercept=intercept).fit(x, y, w)
    for k in range(7):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            alone = LinearRegression(fit_intercept=intercept).fit(x, y[:, k], w)
        tolerance = 1e-4 if dtype == np.float32 else 1e-11
        np.testing.assert_allclose(together.coef_[k], alone.coef_, atol=tolerance)
        np.testing.assert_allclose(together.predict(x)[:, k], alone.predict(x), atol=tolerance)
    assert together.coef_.dtype == dtype
    small = LinearRegression().fit(np.ldexp(x.astype(float), -900), np.ldexp(y.astype(float), -880))
    large = LinearRegression().fit(x.astype(float), y.astype(float))
    np.testing.assert_allclose(np.ldexp(small.coef_, -20), large.coef_, rtol=1e-10)

"""Means, variances and covariances of data that lie in any way, along either axis and over all numbers."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

SHAPES = [
    (4, 3000),
    (1, 2100),
    (900, 4),
    (300, 7),
    (64, 12),
    (50, 200),
    (30, 260),
    (9, 9),
    (3, 1025),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("axis", [0, 1, None])
def test_moments(shape, axis, dtype, order, rng):
    x = order((3 * rng.standard_normal(shape) + 1000).astype(dtype))
    wide, rtol = x.astype(np.longdouble), 4 * float(np.finfo(dtype).eps)
    mean, variance = mml.mean(x, axis), mml.variance(x, axis)
    assert np.asarray(mean).dtype == np.asarray(variance).dtype == dtype
    np.testing.assert_allclose(mean, wide.mean(axis), rtol=rtol)
    np.testing.assert_allclose(variance, wide.var(axis), rtol=100 * rtol, atol=1e-300)


@pytest.mark.parametrize("axis", [0, 1, None])
def test_constants_and_what_is_not_finite(axis, dtype):
    x = np.full((40, 24), dtype(0.1))
    assert (np.asarray(mml.variance(x, axis)) == 0).all()
    assert (np.asarray(mml.mean(x, axis)) == dtype(0.1)).all()
    x[3, 5] = np.nan
    x[7, 9] = np.inf
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(np.isnan(mml.mean(x, axis)), np.isnan(x.mean(axis)))


def test_outliers_first_do_not_mislead(rng):
    """A first number far from the others of its row: rows are shifted by the middle one of three."""
    x = rng.standard_normal((40, 30))
    x[:, 0] = 1e8
    np.testing.assert_allclose(mml.variance(x, 1), x.astype(np.longdouble).var(1), rtol=1e-13)


@pytest.mark.parametrize("axis", [0, 1])
def test_weights_go_with_any_order(axis, order, rng):
    x = order(rng.standard_normal((60, 20)))
    w = rng.random(x.shape[axis])
    exact = np.average(x, axis=axis, weights=w)
    np.testing.assert_allclose(mml.mean(x, axis, weights=w), exact, rtol=1e-12)


@pytest.mark.parametrize(
    ("n", "d", "e"), [(5, 1, 1), (300, 4, 7), (700, 30, 1), (500, 100, 120), (3, 200, 2)]
)
def test_covariance_of_two_sets(n, d, e, dtype, order, rng):
    x = order((rng.standard_normal((n, d)) + 100).astype(dtype))
    y = order((3 * rng.standard_normal((n, e))).astype(dtype))
    a, b = (z.astype(np.longdouble) - z.astype(np.longdouble).mean(0) for z in (x, y))
    found = mml.covariance(x, y, ddof=1)
    bound = 8 * float(np.finfo(dtype).eps) * np.abs(a).T @ np.abs(b) / (n - 1)
    assert found.dtype == dtype
    assert (np.abs(found - a.T @ b / (n - 1)) <= bound + 1e-13).all()


def test_covariance_of_two_sets_at_the_ends(rng):
    """Columns whose squares vanish or overflow take the long way; a constant one has no covariance."""
    x, y = rng.standard_normal((50, 2)), rng.standard_normal((50, 3))
    usual = mml.covariance(x, y)
    np.testing.assert_allclose(mml.covariance(x * 1e-200, y), usual * 1e-200, rtol=1e-12)
    np.testing.assert_allclose(mml.covariance(x * 1e200, y), usual * 1e200, rtol=1e-12)
    y[:, 1] = 7
    assert (mml.covariance(x, y)[:, 1] == 0).all()
    y[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        mml.covariance(x, y)

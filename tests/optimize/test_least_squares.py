"""least_squares of residuals: the end of the search where residuals have no slope at the minimum, and where one is wrong."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize

import mmlcore as mml

# Residuals whose slope vanishes at the minimum though they do not: a start, and where the sum is least.
WITHOUT_SLOPE = [
    (lambda x: (x - 1) ** 2 + 0.5, [3.0], [1.0]),
    (np.cosh, [2.0], [0.0]),
    (lambda x: 1 + (x - 1e6) ** 2 / 1e12, [3e6], [1e6]),
    (lambda x: 1 + 1e12 * (x - 1e-6) ** 2, [3e-6], [1e-6]),
    (lambda x: 1e8 + (x - 1) ** 2, [3.0], [1.0]),
    (lambda x: np.sqrt(1 + x**2), [5.0], [0.0]),
    (lambda x: np.array([np.cosh(x[0] - x[1]) + 1, np.cosh(x[1] - 3)]), [1.0, 1.0], [3.0, 3.0]),
]


@pytest.mark.filterwarnings("ignore:Covariance of the parameters")
@pytest.mark.parametrize(("residuals", "start", "expected"), WITHOUT_SLOPE)
def test_residuals_without_slope_at_the_minimum(residuals, start, expected):
    found = mml.least_squares(residuals, start)
    assert found.status > 0
    reach = max(np.abs(expected).max(), 0.05 * np.abs(start).max())
    np.testing.assert_allclose(found.parameters, expected, rtol=0, atol=1e-6 * reach)


def test_derivatives_of_the_wrong_sign():
    x = np.arange(6.0)
    y = 2 * x + np.cos(9 * x)
    with pytest.raises(mml.ConvergenceError, match="are the derivatives right"):
        mml.curve_fit(
            lambda x, a, b: a * x + b,
            x,
            y,
            p0=[1.0, 1.5],
            jac=lambda x, *_: -np.stack([x, 1 + 0 * x], 1),
        )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e9])
def test_as_scipy(seed, unit):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((12, 3)), rng.standard_normal(12)
    start = unit * rng.standard_normal(3)

    def residuals(x):
        t = x / unit
        return a @ t + 0.3 * (t @ t) + 0.1 * np.sin(a[:, 0] * t[1]) - b

    found = mml.least_squares(residuals, start)
    expected = scipy.optimize.least_squares(
        residuals, start, x_scale=unit, xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    assert found.status > 0
    assert found.chi2 <= 2 * expected.cost * (1 + 1e-10)

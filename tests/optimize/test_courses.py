"""Lines, heights and landscapes: the courses' cases of fits, and the walks of their labs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.optimize.test_newton import CASES

import mmlcore as mml
from mmlcore.optimize import landscapes, strategies

# 100 bins of 2.5 cm, of area 1; those from 160 to 200 cm are not empty.
_COUNTS = [31, 13, 23, 64, 65, 126, 132, 127, 113, 91, 105, 50, 18, 18, 18, 1]
HEIGHTS = 1.25 + 2.5 * np.arange(100)
DENSITY = np.zeros(100)
DENSITY[64:80] = np.array(_COUNTS) / (2.5 * sum(_COUNTS))


def bell(x: Any, mu: Any, sigma: Any) -> Any:
    """Density of the normal distribution."""
    return np.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))


SURFACE = landscapes.chi_squared(bell, HEIGHTS, DENSITY)


@pytest.mark.parametrize("name", ["heights.ssr3", "heights.ssr4"])
def test_sum_of_squared_residuals(name: str) -> None:
    case = CASES[name]
    at = [case["inputs"]["mu"], case["inputs"]["sigma"]]
    assert SURFACE(at) == pytest.approx(case["expected"], rel=1e-12)
    # A map of the surface holds the same numbers.
    plane = np.stack(np.meshgrid([150.0, at[0]], [at[1], 20.0]))
    assert SURFACE(plane)[0, 1] == pytest.approx(case["expected"], rel=1e-12)


def test_the_density_and_its_slope() -> None:
    for name, found in (
        ("ht.f", bell(170.0, 155.0, 6.0)),
        ("ht.dsig", mml.derivative(lambda s: bell(170.0, 155.0, s), 6.0)),
    ):
        assert found == pytest.approx(CASES[name]["expected"], rel=1e-11)


def test_fifty_steps_of_steepest_descent() -> None:
    """From (155, 6), 2000 gradients a step: sigma first overshoots to 20."""
    expected = CASES["ht.run50"]["expected"]
    found = mml.minimize(
        SURFACE,
        [155.0, 6.0],
        method="gradient_descent",
        learning_rate=2000.0,
        max_iter=50,
        tol=0.0,
        trajectory=True,
    )
    assert found.path is not None
    assert found.path.shape == (51, 2)
    np.testing.assert_allclose(found.path[10], expected["after10"], rtol=1e-8)
    np.testing.assert_allclose(found.x, expected["after50"], rtol=1e-8)
    assert found.value == pytest.approx(expected["chi2"], rel=1e-9)
    assert found.path[:, 1].max() > 19


def test_heights_fit() -> None:
    expected = CASES["ht.fit"]["expected"]
    fit = mml.curve_fit(bell, HEIGHTS, DENSITY, CASES["ht.fit"]["inputs"]["start"])
    np.testing.assert_allclose(fit.parameters, [expected["mu"], expected["sigma"]], rtol=1e-9)
    assert fit.chi2 == pytest.approx(expected["chi2"], rel=1e-9)


def test_partial_derivatives_by_parameters() -> None:
    case = CASES["nl.partials1"]
    x = case["inputs"]["x"]
    found = mml.gradient(
        lambda a: a[0] * x**3 - a[1] * x**2 + np.exp(-a[2] * x), case["inputs"]["at"]
    )
    np.testing.assert_allclose(found, case["expected"], rtol=1e-11)


def test_directional_derivative() -> None:
    case = CASES["dir.grad"]
    found = mml.directional_derivative(
        lambda v: v[0] ** 2 * v[1], case["inputs"]["at"], case["inputs"]["direction"]
    )
    assert found == pytest.approx(case["expected"], rel=1e-11)


@pytest.mark.parametrize("name", ["lin.fit", "lin.anscombeI", "lin.anscombeII", "lin.anscombeIII"])
def test_lines(name: str) -> None:
    inputs, expected = CASES[name]["inputs"], CASES[name]["expected"]
    fit = mml.linear_regression(inputs["x"], inputs["y"])
    found = [fit.coefficients[0], fit.intercept, fit.chi2]
    np.testing.assert_allclose(found, [expected[k] for k in ("m", "c", "chi2")], rtol=1e-10)


def test_statistics_of_a_line() -> None:
    inputs, expected = CASES["lin.linregress"]["inputs"], CASES["lin.linregress"]["expected"]
    fit = mml.linear_regression(inputs["x"], inputs["y"])
    slope, constant = fit.standard_errors
    assert slope == pytest.approx(expected["slope_se"], rel=1e-9)
    assert constant == pytest.approx(expected["intercept_se"], rel=1e-9)
    assert np.sqrt(fit.r2) == pytest.approx(expected["r"], rel=1e-9)
    p = 2 * stats.t.sf(abs(fit.t_values[0]), fit.dof)
    assert p == pytest.approx(expected["p"], rel=1e-9)


def test_vertical_line() -> None:
    """An undefined slope is said to be one."""
    inputs = CASES["lin.vertical"]["inputs"]
    with pytest.warns(RuntimeWarning, match="linearly dependent"):
        fit = mml.linear_regression(inputs["x"], inputs["y"])
    assert np.isinf(fit.covariance).all()


def test_generated_line() -> None:
    x = np.linspace(0, 10, 50)
    y = 2 * x + np.random.RandomState(42).normal(scale=1, size=50)
    fit = mml.linear_regression(x, y, intercept=False)
    assert fit.coefficients[0] == pytest.approx(CASES["ls.theta_hat"]["expected"], rel=1e-11)


def test_maximum_likelihood_of_the_book() -> None:
    inputs = CASES["ls.book_mle"]["inputs"]
    fit = mml.linear_regression(inputs["X"], inputs["y"], intercept=False)
    np.testing.assert_allclose(fit.coefficients, CASES["ls.book_mle"]["expected"], rtol=1e-12)


@pytest.mark.parametrize("name", ["ls.boston_noint", "ls.boston_int"])
def test_house_prices(name: str) -> None:
    data = pytest.importorskip("mlxtend.data")
    x, y = data.boston_housing_data()
    intercept = CASES[name]["inputs"]["intercept"]
    fit = mml.linear_regression(x, y, intercept=intercept)
    found = [fit.intercept, *fit.coefficients] if intercept else fit.coefficients
    np.testing.assert_allclose(found, CASES[name]["expected"], rtol=1e-7)


class TestLandscapes:
    """Five surfaces, and who walks over them."""

    @pytest.mark.parametrize("name", ["sandpit", "waves", "rocks", "well", "chess"])
    def test_depths_and_derivatives(self, name: str) -> None:
        surface = getattr(landscapes, name)()
        at = np.linspace(0, landscapes.SIDE, 241)
        depths = surface(np.stack(np.meshgrid(at, at)))
        np.testing.assert_allclose([depths.min(), depths.max()], [-9, -1], atol=1e-9)
        f = mml.Function(surface, 2)
        assert mml.check_gradient(f, np.array([2.3, 4.1])).error < 1e-5

    def test_random_ground_repeats(self) -> None:
        p = [1.0, 2.0]
        assert landscapes.waves(3)(p) == landscapes.waves(3)(p) != landscapes.waves(4)(p)

    def test_newton_digs_at_the_right_place(self) -> None:
        """Within 0.15 of the phone, as the lab asks, where steepest descent needs more than its five steps."""
        goal = np.array(CASES["sandpit.min"]["expected"]["x"])
        pit = landscapes.sandpit()
        path = strategies.explore(pit, strategies.damped_newton, [2.0, 3.0], steps=8)
        assert path.shape == (9, 2)
        assert np.linalg.norm(path[-1] - goal) < 0.15
        assert (np.linalg.norm(np.diff(path, axis=0), axis=1) <= 1 + 1e-12).all()
        slow = strategies.explore(pit, strategies.steepest, [5.5, 5.5], steps=60)
        depths = [pit(p) for p in slow]
        assert depths[-1] < depths[0]

    def test_a_learners_step(self) -> None:
        seen = []

        def next_step(f: float, gradient: Any, hessian: Any) -> Any:
            seen.append((f, gradient.shape, hessian.shape))
            return [0.5, -0.25]

        path = strategies.explore(landscapes.waves(), next_step, [1.0, 5.0])
        np.testing.assert_allclose(path[-1], [3.5, 3.75])
        assert len(seen) == 5
        assert seen[0][1:] == ((2,), (2, 2))
        with pytest.raises(ValueError, match="next_step: contains NaN"):
            strategies.explore(landscapes.waves(), lambda *_: [np.nan, 0], [1.0, 5.0])
        with pytest.raises(ValueError, match=r"next_step: got shape \(3,\), needed \(2,\)"):
            strategies.explore(landscapes.waves(), lambda *_: [1, 2, 3], [1.0, 5.0])

    def test_basins_of_newton(self) -> None:
        """The plain iteration for z^3 = 1 as two real equations: three basins, a third of the plane each."""
        at = np.linspace(-2, 2, 60)
        starts = np.stack(np.meshgrid(at, at), axis=-1)
        found = mml.newton(
            lambda v: np.stack(
                [v[0] ** 3 - 3 * v[0] * v[1] ** 2 - 1, 3 * v[0] ** 2 * v[1] - v[1] ** 3]
            ),
            starts,
            safeguard=False,
            max_iter=100,
        )
        places, which = strategies.basins(found.x, found.converged)
        assert which.shape == (60, 60)
        roots = np.exp(2j * np.pi * np.arange(3) / 3)
        for z in places[:, 0] + 1j * places[:, 1]:
            assert np.abs(roots - z).min() < 1e-9
        shares = np.bincount(which[which >= 0].ravel()) / which.size
        assert len(shares) == 3
        assert (shares > 0.25).all()
        # Reflected at the axis, the basins of the two complex roots change places.
        order = {round(float(p[1]), 6): i for i, p in enumerate(places)}
        upper, lower = (order[s * round(np.sqrt(3) / 2, 6)] for s in (1, -1))
        np.testing.assert_array_equal(which == upper, (which == lower)[::-1])
        with pytest.raises(ValueError, match="reached: got shape"):
            strategies.basins(found.x, np.ones(3, bool))

"""Units of x, f and the data do not matter; what is at the ends of the range, and arguments that are none."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.optimize import models

X = np.linspace(0, 4, 50)


def decay(x, a, b):
    return a * np.exp(-b * x)


NOISY = decay(X, 2.5, 1.3) + 0.01 * np.random.default_rng(0).standard_normal(50)
BEST = mml.curve_fit(decay, X, NOISY)


def test_newton_in_any_units():
    assert mml.newton(lambda x: np.exp(1e12 * x) - 2, 2e-12).x == pytest.approx(
        np.log(2) * 1e-12, rel=1e-12
    )
    for unit in (1e-200, 1e-12, 1.0, 1e12, 1e100):
        root = mml.newton(lambda x, u=unit: 1e-30 * ((x / u) ** 2 - 2), 5 * unit)
        assert root.converged
        assert root.x == pytest.approx(np.sqrt(2) * unit, rel=1e-12)
    system = mml.newton(lambda v: np.stack([v[0] * 1e-12 - 1, v[1] * 1e12 - 2]), [1.0, 1.0])
    np.testing.assert_allclose(system.x, [1e12, 2e-12], rtol=1e-12)
    assert mml.newton(lambda x: x * x - 1e-12, 1e6).x == pytest.approx(
        1e-6, rel=1e-9
    )  # fast at the end
    assert mml.newton(lambda x: x * x, 1.0).converged  # slowly to zero
    assert mml.newton(lambda x: (x + 1) - 1 - 1e-6, 0.5).converged  # rounding errors hide more
    assert mml.newton(lambda x: np.stack([x]) - 2, 1.0).x == 2  # an array of one


@pytest.mark.parametrize("method", ["newton", "bfgs", "gradient_descent", "momentum"])
def test_minima_in_any_units(method):
    for f, best in (
        (lambda x: 1e-20 * (x - 3) ** 2, 3.0),
        (lambda x: 1e200 * (x - 3) ** 2, 3.0),
        (lambda x: (1e-15 * x - 3) ** 2, 3e15),
        (lambda x: (1e15 * x - 3) ** 2, 3e-15),
    ):
        found = mml.minimize(f, 0.0, method=method)
        assert found.converged
        assert found.x == pytest.approx(best, rel=1e-7)
    found = mml.minimize(lambda x: 1e10 + (x - 3) ** 2, 0.0, method=method)
    assert found.converged
    assert found.x == pytest.approx(
        3, abs=2e-3 if method == "momentum" else 1e-7
    )  # as far as f can tell
    assert mml.minimize(lambda x: (x - 2) ** 2, [1.0], method=method).x == pytest.approx([2])


def test_what_is_far_from_done_is_not_converged():
    """A valley in units of 1e8 and 1e-8: steepest descent gets nowhere, and says so."""
    valley = lambda v: 100 * (1e8 * v[1] - (1e-8 * v[0]) ** 2) ** 2 + (1 - 1e-8 * v[0]) ** 2
    assert mml.minimize(valley, [-1.2e8, 1e-8]).x == pytest.approx([1e8, 1e-8])
    for method in ("gradient_descent", "momentum"):
        with pytest.raises(mml.ConvergenceError, match="minimize: "):
            mml.minimize(valley, [-1.2e8, 1e-8], method=method, max_iter=200)


def test_multipliers_in_any_units():
    found = mml.lagrange(
        lambda v: 1e30 * (v[0] ** 2 + v[1] ** 2), lambda v: v[0] + v[1] - 1e-9, [0.0, 0.0]
    )
    assert (found.kind, found.converged) == ("minimum", True)
    np.testing.assert_allclose(found.x, [5e-10, 5e-10], rtol=1e-12)
    none = mml.lagrange(
        lambda v: v[0],
        lambda v: v[0] ** 2 + v[1] ** 2 + 1,
        [1.0, 1.0],
        max_iter=5,
        raise_on_failure=False,
    )
    assert none.kind == "none"
    one = mml.lagrange(lambda v: v[:1] ** 2 + v[1:] ** 2, lambda v: v[:1] - 1, [3.0, 1.0])
    assert one.x == pytest.approx([1, 0])


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1e-20, 1e20, 1e200])
@pytest.mark.filterwarnings(
    "ignore:Covariance of the parameters"
)  # whose squares are beyond the range
def test_data_in_any_units(unit):
    fit = mml.curve_fit(decay, X, NOISY * unit, [2 * unit, 1.0])
    np.testing.assert_allclose(fit.parameters, BEST.parameters * [unit, 1], rtol=1e-8)
    assert fit.standard_errors[1] == pytest.approx(BEST.standard_errors[1], rel=1e-6)
    assert fit.status == 1
    both = mml.curve_fit_batch(
        decay, X, np.stack([NOISY, NOISY * unit]), [[2, 1.0], [2 * unit, 1.0]]
    )
    np.testing.assert_allclose(both.parameters[1], BEST.parameters * [unit, 1], rtol=1e-6)
    assert both.standard_errors[1, 1] == pytest.approx(BEST.standard_errors[1], rel=1e-3)
    guessed = mml.curve_fit(models.exponential_decay, X, NOISY * unit)
    assert guessed.parameters[1] == pytest.approx(
        mml.curve_fit(models.exponential_decay, X, NOISY).parameters[1], rel=1e-6
    )


@pytest.mark.parametrize("unit", [1e8, 1e15, 1e20])
def test_starts_far_from_the_size_of_the_data(unit):
    """An amplitude of 1 for data of 1e20: one parameter goes first."""
    fit = mml.curve_fit(decay, X, NOISY * unit)
    np.testing.assert_allclose(fit.parameters, BEST.parameters * [unit, 1], rtol=1e-6)


def test_float32_data_of_an_exponential():
    y = decay(X, 2.5, 1.3).astype(np.float32)
    fit = mml.curve_fit(lambda x, a, b, c: a * np.exp(-b * x) + c, X.astype(np.float32), y)
    np.testing.assert_allclose(fit.parameters, [2.5, 1.3, 0], atol=1e-6)


@pytest.mark.parametrize(("middle", "rate"), [(1000, 1.0), (5000, 20.0), (-300, 50.0)])
def test_steep_steps_far_from_the_origin(middle, rate):
    """Where exp overflows at the start and on the way: a derivative that is no number is no wall."""
    x = np.linspace(middle - 10, middle + 10, 200)
    wanted = [0.99, rate, middle + 0.3]
    y = models.logistic(x, *wanted)
    for start in (None, [1.0, rate, middle + 0.5], [0.7, rate / 3, middle - 8.0]):
        np.testing.assert_allclose(
            mml.curve_fit(models.logistic, x, y, start).parameters, wanted, rtol=1e-6
        )
        batch = mml.curve_fit_batch(models.logistic, x, [y, y], start)
        np.testing.assert_allclose(batch.parameters[1], wanted, rtol=1e-6)


def test_thresholds_in_models():
    """The branch that is not taken has no number: its derivative does not count."""
    x = np.linspace(0.1, 5, 60)
    model = lambda x, a, b: np.where(x < 2, a * x, a * x + b * np.sqrt(x - 2))
    with np.errstate(invalid="ignore"):
        y = model(x, 1.5, 3.0)
        fit = mml.curve_fit(model, x, y, [1.0, 2.0])
        batch = mml.curve_fit_batch(model, x, [y, y], [1.0, 2.0])
    np.testing.assert_allclose([fit.parameters, batch.parameters[1]], [[1.5, 3.0]] * 2, rtol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"tol": np.nan}, ValueError, "tol"),
        ({"tol": "1e-8"}, TypeError, "tol"),
        ({"tol": None}, TypeError, "tol"),
        ({"max_iter": -1}, ValueError, "max_iter"),
        ({"max_iter": "many"}, TypeError, "max_iter"),
        ({"max_iter": 2.5}, TypeError, "max_iter"),
        ({"f_scale": np.nan}, ValueError, "f_scale"),
        ({"f_scale": 0}, ValueError, "f_scale"),
    ],
)
def test_bad_options(arguments, error, words):
    with pytest.raises(error, match=words):
        mml.curve_fit(decay, X, NOISY, **arguments)
    with pytest.raises(error, match=words):
        mml.curve_fit_batch(decay, X, [NOISY], [1.0, 1.0], **arguments)


def test_sigma_that_is_no_number():
    optimize = pytest.importorskip("scipy.optimize")
    sigma = np.ones(50)
    sigma[3] = np.inf
    theirs, covariance = optimize.curve_fit(decay, X, NOISY, [1.0, 1.0], sigma)
    ours = mml.curve_fit(decay, X, NOISY, [1.0, 1.0], sigma)
    np.testing.assert_allclose(ours.parameters, theirs, rtol=1e-6)
    np.testing.assert_allclose(ours.covariance, covariance, rtol=1e-5)
    sigma[3] = np.nan
    with pytest.raises(ValueError, match="sigma: contains NaN"):
        mml.curve_fit(decay, X, NOISY, [1.0, 1.0], sigma)
    y = NOISY.copy()
    y[3] = np.nan
    assert mml.curve_fit(decay, X, y, [1.0, 1.0], sigma, nan_policy="omit").dof == 47


@pytest.mark.filterwarnings("ignore:linear_regression")
def test_dependent_columns_give_the_shortest_solution():
    columns = np.column_stack([X, 2 * X])
    for many in (1, 200):
        for intercept in (True, False):
            fit = mml.linear_regression(
                np.tile(columns, (many, 1)), np.tile(X, many), intercept=intercept
            )
            np.testing.assert_allclose(fit.coefficients, [0.2, 0.4], rtol=1e-12)
    rng = np.random.default_rng(1)
    wide = rng.standard_normal((4, 7)) * 10.0 ** np.arange(7)
    y = rng.standard_normal(4)
    np.testing.assert_allclose(
        mml.linear_regression(wide, y, intercept=False).coefficients,
        np.linalg.pinv(wide) @ y,
        rtol=1e-9,
    )

"""One curve: against certified values, SciPy, other routes, and on bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.optimize.strd import PROBLEMS, RUNS, Problem

import mmlcore as mml

optimize = pytest.importorskip("scipy.optimize")


def digits(got: np.ndarray, certified: np.ndarray) -> float:
    """Least number of digits that agree."""
    error = np.max(np.abs(got - certified) / np.abs(certified))
    return float(-np.log10(max(error, 1e-16)))


@pytest.mark.parametrize(
    ("problem", "start"), RUNS, ids=[f"{problem.name}-{start + 1}" for problem, start in RUNS]
)
def test_certified_values(problem: Problem, start: int) -> None:
    """All 54 runs: six digits of the parameters, and of their deviations where those have so many."""
    fit = mml.curve_fit(problem.model, problem.x, problem.y, problem.starts[start], max_iter=1000)
    assert digits(fit.parameters, problem.certified) >= 6
    exact = problem.name == "Lanczos1"  # its residuals are the rounding errors of its data
    assert digits(fit.standard_errors, problem.deviations) >= (2.5 if exact else 5.5)
    assert fit.chi2 == pytest.approx(problem.sum_of_squares, rel=1e-2 if exact else 1e-9)
    assert fit.dof == problem.y.size - problem.certified.size


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_never_silently_wrong(problem: Problem) -> None:
    """With the usual number of steps each run gives the certified values, or says that it did not."""
    for start in problem.starts:
        failed = None
        try:
            fit = mml.curve_fit(problem.model, problem.x, problem.y, start)
        except mml.ConvergenceError as error:
            failed = error
        if failed is not None:
            assert failed.result.status == 0, failed
        else:
            assert digits(fit.parameters, problem.certified) >= 6


def gaussian(x: Any, a: Any, b: Any, s: Any, c: Any) -> Any:
    """A peak over a background."""
    return a * np.exp(-0.5 * ((x - b) / s) ** 2) + c


def noisy(seed: int = 0, m: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, sigma = np.linspace(-5, 5, m), rng.uniform(0.1, 0.3, m)
    return x, gaussian(x, 5, 0.3, 1.1, 1.0) + sigma * rng.standard_normal(m), sigma


START = (4.0, 0.0, 1.0, 0.5)


@pytest.mark.parametrize("absolute", [False, True])
def test_as_scipy(absolute: bool) -> None:
    """Weights and covariances mean what SciPy's mean."""
    x, y, sigma = noisy()
    ours = mml.curve_fit(gaussian, x, y, START, sigma=sigma, absolute_sigma=absolute)
    popt, pcov = optimize.curve_fit(
        gaussian, x, y, START, sigma=sigma, absolute_sigma=absolute, xtol=1e-12, ftol=1e-14
    )
    np.testing.assert_allclose(ours.parameters, popt, rtol=1e-6)
    np.testing.assert_allclose(ours.covariance, pcov, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(
        ours.residual, (gaussian(x, *ours.parameters) - y) / sigma, atol=1e-12
    )
    assert ours.chi2 == pytest.approx(float(ours.residual @ ours.residual), rel=1e-12)


def test_covariance_is_that_of_the_exact_jacobian() -> None:
    """(J^T J)^-1 chi2 / dof with J by high precision arithmetic's stand-in, the complex step."""
    x, y, sigma = noisy(1)
    fit = mml.curve_fit(gaussian, x, y, START, sigma=sigma)
    slopes = mml.finite_difference(lambda p: gaussian(x, *p), fit.parameters, method="complex")
    scaled = slopes / sigma[:, None]
    expected = np.linalg.inv(scaled.T @ scaled) * fit.chi2 / fit.dof
    np.testing.assert_allclose(fit.covariance, expected, rtol=1e-9)


@pytest.mark.parametrize("loss", ["soft_l1", "huber", "cauchy", "arctan"])
def test_losses_as_scipy(loss: str) -> None:
    """Outliers: the same minimum as SciPy's least_squares."""
    x, y, sigma = noisy(2)
    y[::9] += 6
    # Cauchy's and the arctan loss have several minima: both sides start near one.
    start = mml.curve_fit(gaussian, x, y, START, sigma=sigma, loss="soft_l1").parameters
    ours = mml.curve_fit(gaussian, x, y, start, sigma=sigma, loss=loss, f_scale=1.5)
    popt, _ = optimize.curve_fit(
        *(gaussian, x, y, start, sigma),
        method="trf",
        loss=loss,
        f_scale=1.5,
        xtol=1e-14,
        ftol=1e-14,
        gtol=1e-14,
    )
    cost = [_cost((gaussian(x, *p) - y) / sigma, loss, 1.5) for p in (ours.parameters, popt)]
    assert cost[0] <= cost[1] * (1 + 1e-9)
    assert ours.chi2 == pytest.approx(cost[0], rel=1e-10)


def _cost(r: np.ndarray, loss: str, scale: float) -> float:
    z = (r / scale) ** 2
    rho = {
        "soft_l1": 2 * (np.sqrt(1 + z) - 1),
        "huber": np.where(z <= 1, z, 2 * np.sqrt(z) - 1),
        "cauchy": np.log1p(z),
        "arctan": np.arctan(z),
    }
    return float(scale**2 * rho[loss].sum())


def test_bounds() -> None:
    """On a bound, between bounds, held by equal bounds."""
    x, y, _ = noisy(3)
    box = ([0, -1, 0.1, 1.2], [4.5, 1, 3, 1.2])
    ours = mml.curve_fit(gaussian, x, y, (4, 0, 1, 1.2), bounds=box)
    assert ours.parameters[0] == 4.5
    assert ours.parameters[3] == 1.2
    assert ours.covariance[3].tolist() == [0, 0, 0, 0]
    assert ours.dof == 57
    free = optimize.curve_fit(
        lambda x, b, s: gaussian(x, 4.5, b, s, 1.2), x, y, (0, 1), xtol=1e-12, ftol=1e-14
    )[0]
    np.testing.assert_allclose(ours.parameters[1:3], free, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:curve_fit. the model cannot be traced")
def test_every_route_gives_the_same() -> None:
    """Traced by points, traced as a whole, differences, a given Jacobian."""
    x, y, sigma = noisy(4)
    shift = np.zeros_like(x)

    def whole(x: Any, a: Any, b: Any, s: Any, c: Any) -> Any:
        return gaussian(x, a, b, s, c) + shift

    def untraceable(x: Any, a: Any, b: Any, s: Any, c: Any) -> Any:
        return gaussian(x, float(a), float(b), float(s), float(c))

    def slopes(x: Any, a: Any, b: Any, s: Any, c: Any) -> Any:  # noqa: ARG001
        e = np.exp(-0.5 * ((x - b) / s) ** 2)
        return np.stack([e, a * e * (x - b) / s**2, a * e * (x - b) ** 2 / s**3, 1 + 0 * x], axis=1)

    first = mml.curve_fit(gaussian, x, y, START, sigma=sigma)
    others = [
        mml.curve_fit(whole, x, y, START, sigma=sigma),
        mml.curve_fit(untraceable, x, y, START, sigma=sigma),
        mml.curve_fit(untraceable, x, y, START, sigma=sigma, jac=slopes),
        mml.curve_fit(gaussian, x, y, START, sigma=sigma, jac="cs"),
        mml.curve_fit(gaussian, x, y, START, sigma=np.diag(sigma**2)),
    ]
    for other in others:
        np.testing.assert_allclose(other.parameters, first.parameters, rtol=1e-6)
        np.testing.assert_allclose(other.covariance, first.covariance, rtol=1e-5, atol=1e-9)


def test_untraceable_models_warn() -> None:
    """The warning says why."""
    x, y, _ = noisy(5)
    with pytest.warns(RuntimeWarning, match="differences"):
        mml.curve_fit(lambda x, a: complex(a).real * x, x, y)


def test_models_that_look_beyond_their_point_are_seen() -> None:
    """A model that normalizes by all points is no function of one."""
    x = np.linspace(0.1, 2, 20)
    y = 3 * x**1.5 / np.sum(x**1.5)
    popt, _ = mml.curve_fit(lambda x, a, b: a * x**b / np.sum(x**b), x, y, (1, 1))
    np.testing.assert_allclose(popt, [3, 1.5], rtol=1e-9)


def test_long_data_same_bits_for_threads() -> None:
    """Groups of points are combined in their order."""
    x, y, _ = noisy(6, 100_000)
    fits = []
    for count in (1, 2):
        with mml.threads(count):
            fits.append(mml.curve_fit(gaussian, x, y, START))
    assert fits[0].parameters.tobytes() == fits[1].parameters.tobytes()
    np.testing.assert_allclose(fits[0].parameters, [5, 0.3, 1.1, 1], rtol=1e-2)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"ydata": [1, 2]}, ValueError, "y"),
        ({"ydata": []}, ValueError, "at least one point"),
        ({"p0": [1, np.nan]}, ValueError, "p0"),
        ({"xdata": [1.0], "ydata": [1.0]}, TypeError, "number of func parameters"),
        ({"sigma": [1, 0, 1]}, ValueError, "sigma"),
        ({"sigma": [1, 2]}, ValueError, "sigma"),
        ({"bounds": (2, 1)}, ValueError, "bounds"),
        ({"bounds": ([2, 3], 5)}, ValueError, "p0"),
        ({"loss": "squared"}, ValueError, "loss"),
        ({"jac": "4-point"}, ValueError, "jac"),
        ({"nan_policy": "keep"}, ValueError, "nan_policy"),
        ({"ydata": [1, np.inf, 2]}, ValueError, "infs or NaNs"),
    ],
)
def test_bad_input(arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    """The message names the argument."""
    given: dict[str, Any] = {"xdata": [1.0, 2.0, 3.0], "ydata": [1.0, 2.0, 4.0], "p0": [1.0, 1.0]}
    with pytest.raises(error, match=words):
        mml.curve_fit(lambda x, a, b: a * x**b, **{**given, **arguments})


def test_not_finite_at_the_start() -> None:
    """A start where the model is no number is an error, with the last iterate."""
    with pytest.raises(mml.ConvergenceError, match="not finite") as caught:
        mml.curve_fit(lambda x, a: np.log(a) * x, [1.0, 2.0], [1.0, 2.0], [-1.0])
    assert caught.value.result.status == -1


def test_a_fit_that_fails_is_returned_where_that_is_asked_for() -> None:
    x = np.linspace(0, 1, 20)
    wavy = lambda x, a, b: a * np.sin(b * x)
    with pytest.raises(mml.ConvergenceError, match="max_iter") as caught:
        mml.curve_fit(wavy, x, np.sin(30 * x), [1.0, 3.0], max_iter=1)
    found = mml.curve_fit(wavy, x, np.sin(30 * x), [1.0, 3.0], max_iter=1, raise_on_failure=False)
    assert (found.success, found.status) == (False, mml.Status.MAX_ITER)
    np.testing.assert_array_equal(found.parameters, caught.value.result.parameters)
    assert mml.curve_fit(wavy, x, 2 * np.sin(3 * x), [1.0, 3.0]).success


def fall(x, height, rate=1.0):
    return height * np.exp(-rate * x)


def test_names_methods_and_options(rng):
    x = np.linspace(0, 3, 20)
    y = fall(x, 2.0, 0.7) + 0.05 * rng.standard_normal(20)
    plain = mml.curve_fit(fall, x, y, [1.0, 1.0])
    for options in (
        {"p0": {"rate": 1.0, "height": 1.0}},
        {"p0": [1.0, 1.0], "method": "trf", "maxfev": 500, "xtol": 1e-12, "x_scale": "jac"},
        {
            "p0": [1.0, 1.0],
            "method": "dogbox",
            "max_nfev": None,
            "ftol": 1e-9,
            "x_scale": [1.0, 2.0],
        },
        {"bounds": {"rate": (0, None)}, "f_scale": 2.0},
        {"xdata": x, "ydata": y},
    ):
        given = {"xdata": x, "ydata": y, **options}
        np.testing.assert_allclose(
            mml.curve_fit(fall, **given).parameters, plain.parameters, rtol=1e-6
        )
    held = mml.curve_fit(fall, x, y, {"height": 1.0, "rate": 0.5}, bounds={"rate": (0.5, 0.5)})
    assert held.parameters[1] == 0.5
    one = mml.curve_fit(fall, x, y, [1.0])  # the rate stays what f has it at
    np.testing.assert_allclose(one.parameters, np.exp(-x) @ y / (np.exp(-x) @ np.exp(-x)))
    popt, _, told, message, status = mml.curve_fit(fall, x, y, full_output=True)
    np.testing.assert_allclose(told["fvec"], fall(x, *popt) - y, atol=1e-12)
    assert told["nfev"] > 1
    assert isinstance(message, str)
    assert status in (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (
            {"p0": {"height": 1.0, "slope": 2.0}},
            ValueError,
            "'slope', which is no parameter of f: height, rate",
        ),
        ({"p0": {"height": 1.0}}, ValueError, "has no value for rate"),
        ({"p0": [1.0, 2.0, 3.0]}, ValueError, "p0: got 3 numbers"),
        ({"bounds": {"slope": (0, 1)}}, ValueError, "no parameter of f"),
        ({"bounds": {"rate": 3}}, ValueError, "bounds: got"),
        ({"method": "simplex"}, ValueError, "method: got 'simplex'"),
        ({"method": "lm", "bounds": (0, 5)}, ValueError, "only works for unconstrained"),
        ({"epsilon": 3}, TypeError, "unexpected keyword argument 'epsilon'"),
        ({"x_scale": -1.0}, ValueError, "x_scale"),
        ({"xtol": "a"}, TypeError, "xtol"),
        ({"maxfev": -3}, ValueError, "maxfev"),
    ],
)
def test_what_is_refused_by_name(options, error, words):
    with pytest.raises(error, match=words):
        mml.curve_fit(fall, [0.0, 1.0, 2.0], [2.0, 1.0, 0.5], **options)


@pytest.mark.parametrize("absolute", [False, True])
def test_plain_arrays_and_all_others_give_the_same(absolute: bool) -> None:
    x = np.linspace(-4, 4, 40)
    y = gaussian(x, 2.0, 0.3, 1.1, 0.2) + 0.05 * np.cos(9 * x)
    start = (1.0, 0.0, 1.0, 0.0)
    plain = mml.curve_fit(gaussian, x, y, start, absolute_sigma=absolute)
    for other in (
        mml.curve_fit(gaussian, x, y, start, absolute_sigma=absolute, check_finite=True),
        mml.curve_fit(gaussian, list(x), list(y), start, absolute_sigma=absolute),
        mml.curve_fit(gaussian, x, y, (1, 0, 1, 0), absolute_sigma=absolute),
    ):
        for name in ("parameters", "covariance", "chi2", "dof", "status", "message", "residual"):
            np.testing.assert_array_equal(getattr(plain, name), getattr(other, name), name)
        np.testing.assert_array_equal(
            plain.confidence_intervals(profile=True), other.confidence_intervals(profile=True)
        )

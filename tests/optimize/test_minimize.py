"""Minima: the sandpit, classical test functions, SciPy, and what has no minimum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.optimize.test_newton import CASES

import mmlcore as mml

METHODS = ["newton", "gradient_descent", "momentum", "bfgs", "lbfgs"]


def sandpit(p: Any) -> Any:
    """The course's landscape."""
    hole = np.exp(-((p[0] - 1.5) ** 2 + (p[1] - 3.7) ** 2) / 2.8)
    return -((p[0] - 4.1) ** 2) - (p[1] - 0.9) ** 2 - 30 * hole


def rosenbrock(x: Any) -> Any:
    """The valley."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def himmelblau(p: Any) -> Any:
    """Four minima of zero."""
    return (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2


def beale(p: Any) -> Any:
    """Flat, with steep corners; minimum of zero at (3, 0.5)."""
    x, y = p[0], p[1]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@pytest.mark.parametrize("method", METHODS)
def test_sandpit(method: str) -> None:
    """The bottom of the hole, as the lab has it."""
    case = CASES["sandpit.min"]
    found = mml.minimize(sandpit, case["inputs"]["start"], method=method)
    assert found.converged, found.message
    np.testing.assert_allclose(found.x, case["expected"]["x"], rtol=1e-7)
    assert found.value == pytest.approx(case["expected"]["f"], rel=1e-12)
    np.testing.assert_allclose(found.gradient, 0, atol=1e-5)


@pytest.mark.parametrize("name", ["gd.newton", "gd.newton_far"])
def test_newton_steps_of_the_lab(name: str) -> None:
    """-H^-1 J at the lab's points."""
    case = CASES[name]
    f = mml.Function(sandpit, 2)
    at = np.array(case["inputs"]["at"])
    step = -mml.solve(f.hessian(at), f.gradient(at))
    np.testing.assert_allclose(step, case["expected"], rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("f", "start", "value"),
    [
        (himmelblau, [0.0, 0.0], 0.0),
        (beale, [1.0, 1.0], 0.0),
        (lambda x: np.sum(x**2 * np.arange(1.0, 6)) - np.sum(x), np.ones(5), -0.25 * (137 / 60)),
        (
            lambda x: np.log(np.sum(np.exp(x - np.arange(3.0)))) + 0.1 * np.sum(x**2),
            np.zeros(3),
            None,
        ),
    ],
    ids=["himmelblau", "beale", "quadratic", "logsumexp"],
)
def test_classical_functions(method: str, f: Any, start: Any, value: float | None) -> None:
    """All methods end at the same value, with a gradient of zero."""
    found = mml.minimize(f, start, method=method, max_iter=20_000)
    assert found.converged, found.message
    expected = mml.minimize(f, start).value if value is None else value
    assert found.value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("method", "n"), [("newton", 10), ("newton", 400), ("bfgs", 10)])
def test_valley(method: str, n: int) -> None:
    """Rosenbrock's valley: dense, by conjugate gradients, quasi-Newton."""
    found = mml.minimize(rosenbrock, np.tile([-1.2, 1.0], n // 2), method=method, max_iter=5000)
    assert found.converged, found.message
    assert found.value < 1e-10 or found.value == pytest.approx(
        3.9866, abs=1e-3
    )  # its other minimum


def test_no_worse_than_scipy() -> None:
    """Random starts of the four-minima function: values as SciPy's."""
    optimize = pytest.importorskip("scipy.optimize")
    f = mml.Function(himmelblau, 2)
    for start in np.random.default_rng(0).uniform(-5, 5, (20, 2)):
        theirs = optimize.minimize(f, start, jac=f.gradient, method="BFGS")
        assert mml.minimize(f, start).value <= theirs.fun + 1e-9
        assert mml.minimize(f, start, method="bfgs").value <= theirs.fun + 1e-9


def test_saddles_and_maxima_are_left() -> None:
    """Newton's method alone would stay; the trust region follows the curvature down."""
    found = mml.minimize(lambda p: p[0] ** 2 - p[1] ** 2 + p[1] ** 4, [0.0, 0.0])
    assert found.converged
    np.testing.assert_allclose(np.abs(found.x), [0, np.sqrt(0.5)], atol=1e-8)
    assert mml.minimize(np.cos, 0.0).value == pytest.approx(-1)


def test_textbook_iterations() -> None:
    """Fixed rates: exactly the recurrences."""
    f = mml.Function(lambda p: p[0] ** 2 + 5 * p[1] ** 2, 2)
    plain = mml.minimize(
        f,
        [1.0, 1.0],
        method="gradient_descent",
        learning_rate=0.1,
        max_iter=5,
        trajectory=True,
        raise_on_failure=False,
    )
    x = np.ones(2)
    expected = [x]
    for _ in range(5):
        x = x - 0.1 * np.array([2 * x[0], 10 * x[1]])
        expected.append(x)
    assert plain.path is not None
    np.testing.assert_allclose(plain.path, expected, atol=1e-15)
    assert (plain.status, plain.converged) == (mml.Status.MAX_ITER, False)
    heavy = mml.minimize(
        f,
        [1.0, 1.0],
        method="momentum",
        learning_rate=0.05,
        momentum=0.5,
        max_iter=5,
        trajectory=True,
        raise_on_failure=False,
    )
    x, v = np.ones(2), np.zeros(2)
    expected = [x]
    for _ in range(5):
        v = 0.5 * v - 0.05 * np.array([2 * x[0], 10 * x[1]])
        x = x + v
        expected.append(x)
    assert heavy.path is not None
    np.testing.assert_allclose(heavy.path, expected, atol=1e-15)


def test_what_has_no_minimum_says_so() -> None:
    """Unbounded functions, too large rates, NaN at the start: statuses, not endless loops."""
    for method in METHODS:
        found = mml.minimize(
            lambda x: -x[0], [1.0], method=method, max_iter=3000, raise_on_failure=False
        )
        assert not found.converged
        assert not found.success
        assert found.status in (mml.Status.MAX_ITER, mml.Status.UNBOUNDED)
        with pytest.raises(mml.ConvergenceError, match="minimize: ") as caught:
            mml.minimize(lambda x: -x[0], [1.0], method=method, max_iter=3000)
        assert caught.value.result.status == found.status
    runaway = mml.minimize(
        lambda x: x[0] ** 2,
        [1.0],
        method="gradient_descent",
        learning_rate=3.0,
        max_iter=5000,
        raise_on_failure=False,
    )
    assert runaway.status == mml.Status.UNBOUNDED
    assert np.isfinite(runaway.x).all()
    lost = mml.minimize(lambda x: np.log(x[0]), [-1.0], raise_on_failure=False)
    assert lost.status == mml.Status.NOT_FINITE
    kink = mml.minimize(lambda x: np.abs(x[0] - 0.3), [1.0], method="bfgs")
    assert kink.x[0] == pytest.approx(0.3, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"method": "simplex"}, "method"),
        ({"x0": [np.nan, 1.0]}, "x0"),
        ({"x0": np.ones((2, 0))}, "x0"),
        ({"max_iter": 0}, "max_iter"),
        ({"tol": -1.0}, "tol"),
        ({"learning_rate": 0.1}, "learning_rate"),
        ({"f": lambda x: x}, "f"),
    ],
)
def test_bad_input(arguments: dict[str, Any], words: str) -> None:
    """The message names the argument."""
    given = {"f": rosenbrock, "x0": [1.0, 2.0], **arguments}
    with pytest.raises(ValueError, match=words):
        mml.minimize(given.pop("f"), given.pop("x0"), **given)


@pytest.mark.parametrize("method", ["newton", "gradient_descent", "momentum", "bfgs"])
def test_a_slope_without_end_is_no_warning(method):
    found = mml.minimize(
        lambda p: -(p[0] ** 7) * p[1] ** 7, [2.0, 2.0], method=method, raise_on_failure=False
    )
    assert not found.converged


@pytest.mark.parametrize("n", [2, 60])
def test_newton_near_the_end_of_the_range(n: int) -> None:
    """Where the squares of a gradient overflow: the model is kept in its own units."""
    found = mml.minimize(lambda x: 1e160 * np.sum(x**2), np.full(n, 1e60), raise_on_failure=False)
    assert found.iterations < 200
    assert np.abs(found.x).max() < 1e-18
    found = mml.minimize(lambda x: 1e300 * np.sum(x**4), np.full(n, 30.0), raise_on_failure=False)
    assert np.abs(found.x).max() < 1e-70

"""Differences: steps that suit the function, errors that are told, and gradients compared entry by entry."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

import mmlcore as mml


@pytest.mark.parametrize("method", ["central", "forward", "richardson"])
@pytest.mark.parametrize(
    ("f", "x", "exact"),
    [
        (lambda x: np.exp(1e6 * x), 0.0, 1e6),
        (np.sin, 1e4, np.cos(1e4)),
        (lambda x: 1e-30 * np.exp(x), 0.0, 1e-30),
        (lambda x: 1e-300 * x, 2.0, 1e-300),
        (np.log, 1e-8, 1e8),
        (np.sqrt, 1e-12, 5e5),
        (np.cos, 0.0, 0.0),
        (lambda x: 5.0, 1.0, 0.0),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_errors_are_small_and_known(method, f, x, exact):
    found = mml.finite_difference(f, x, method=method, full_output=True)
    assert abs(found.value - exact) <= 1.01 * found.error
    assert found.error <= 3e-5 * abs(exact) + 1e-6 * (exact == 0)
    assert mml.finite_difference(f, x, method=method) == found.value


def test_steps_that_are_none():
    for step in (0, -1.0, np.nan):
        with pytest.raises(ValueError, match="step: got"):
            mml.finite_difference(np.sin, 1.0, step=step)
    with pytest.raises(TypeError, match="step"):
        mml.finite_difference(np.sin, 1.0, step="small")


def test_gradients_are_compared_entry_by_entry():
    f = lambda x: 1e12 * x[0] ** 2 + x[1] ** 2
    wrong = mml.check_gradient(f, [1.0, 1.0], gradient=lambda x: np.array([2e12 * x[0], 3 * x[1]]))
    assert wrong.error > 0.3
    assert mml.check_gradient(f, [1.0, 1.0]).error < 1e-6
    assert mml.check_gradient(f, [1.0, 1.0], gradient=lambda x: x * np.nan).error == np.inf
    assert mml.check_gradient(lambda x: x[0] ** 2, [0.0, 1.0]).error < 1e-9


def test_functions_that_only_compute_are_computed_together(rng):
    """What one sees of a function decides; the values are the same, and so are steps and estimates but for rounding."""
    A = rng.standard_normal((3, 3))

    def quadratic(x):
        return 0.5 * x @ A @ x + sum(np.sin(part) for part in x)

    points = rng.standard_normal((2, 3))
    for method in ("central", "forward", "richardson"):
        found = mml.finite_difference(quadratic, points, method=method, full_output=True)
        itself = functools.partial(quadratic)
        alone = mml.finite_difference(itself, points, method=method, full_output=True)
        exact = mml.gradient(quadratic, points)
        for side in (found, alone):
            np.testing.assert_allclose(side.value, exact, rtol=1e-6, atol=1e-7)
        layers = mml.finite_difference(lambda x: np.tanh(A @ x), points, method=method)
        np.testing.assert_allclose(
            layers, mml.jacobian(lambda x: np.tanh(A @ x), points), rtol=1e-5, atol=1e-6
        )


def test_functions_with_effects_are_called():
    calls, total = [], 0

    def keeps(x):
        calls.append(x)
        return x[0] ** 2

    def counts(x):
        nonlocal total
        total += 1
        return x[0] ** 2

    def prints(x):
        print(x)
        return x[0] ** 2

    def guards(x):
        try:
            return math.sqrt(x[0])
        except ValueError:
            return 0.0

    method = calls.append

    def by_another_name(x):
        method(x)
        return x[0] ** 2

    mml.gradient(keeps, [3.0])  # a trace that is known is none of these
    for f in (keeps, counts, by_another_name, guards, lambda x: print(end="") or x[0] ** 2):
        calls.clear()
        found = mml.finite_difference(f, [3.0])
        assert all(type(x) is np.ndarray for x in calls)
        np.testing.assert_allclose(
            found, [1 / (2 * math.sqrt(3))] if f is guards else [6], rtol=1e-8
        )
    assert total >= 4
    assert callable(prints)


def test_values_that_are_rounded_are_those_of_the_function():
    """A function that computes in float32 has other differences than its trace."""

    def coarse(x):
        return np.sum(np.asarray(x, dtype=np.float32) ** 2)

    def halves(x):
        return np.round(x[0] * 1e3) / 1e3

    x = np.array([1.1, 2.3])
    for f in (coarse, halves):
        assert (
            mml.finite_difference(f, x, step=1e-9)
            == mml.finite_difference(functools.partial(f), x, step=1e-9)
        ).all()


def test_domains_end_and_shapes_stay():
    assert abs(mml.finite_difference(math.log, 1e-9) - 1e9) < 1e4  # math raises beyond the end
    with pytest.raises(ValueError, match="math domain error"):
        mml.finite_difference(math.log, -1.0)
    with pytest.raises(ValueError, match="gave NaN or infinity"):
        mml.finite_difference(lambda x: np.nan * x, 1.0)
    with pytest.raises(ZeroDivisionError):
        mml.finite_difference(lambda x: 1 / 0, 1.0)
    with pytest.raises(ValueError, match="different shapes"):
        mml.finite_difference(lambda x: np.zeros(2 + (x > 1)), 1.0)
    jacobians = mml.finite_difference(lambda x: [x[0], 2, x[1] * x[0]], np.ones((4, 2)))
    np.testing.assert_allclose(jacobians, np.tile([[1, 0], [0, 0], [1, 1]], (4, 1, 1)), atol=1e-9)
    assert mml.finite_difference(lambda x: np.outer(x, x), np.ones(2)).shape == (2, 2, 2)
    assert mml.finite_difference(np.sin, np.empty(0)).shape == (0,)
    assert mml.finite_difference(np.sum, np.empty((0, 3))).shape == (0, 3)
    found = mml.finite_difference(np.sin, [0.5, 1.0], method="complex", full_output=True)
    np.testing.assert_allclose(found.value, np.diag(np.cos([0.5, 1.0])), rtol=1e-15)
    assert math.isnan(mml.finite_difference(lambda x: x, 1e300, step=1e-300))


@pytest.mark.parametrize("method", ["central", "forward", "richardson"])
@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_values_of_a_coarser_type_take_longer_steps(method, kind):
    """Steps that fit float64 are lost in them: differences of zero, and no derivative."""
    bound = 0.02 if kind is np.float32 else 0.3
    for f in (lambda x: kind(x[0]) * kind(2), lambda x: (x.astype(kind) * kind(2))[:1]):
        found = mml.finite_difference(f, [1.7, 2.0], method=method)
        np.testing.assert_allclose(np.ravel(found), [2, 0], atol=bound)


def test_values_that_are_coarser_than_they_look():
    for f, slope in (
        (lambda x: float(np.float32(x[0]) * 2), 2.0),
        (lambda x: round(math.sin(x[0]), 7), math.cos(1.3)),
    ):
        found = mml.finite_difference(f, [1.3])
        np.testing.assert_allclose(found, [slope], rtol=1e-2)

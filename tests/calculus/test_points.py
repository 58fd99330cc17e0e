"""Finite differences, stationary points, directions and paths."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mmlcore as mml


def f(x):
    return np.exp(x[0]) * np.sin(x[1]) + x[0] * x[1] ** 2


@pytest.mark.parametrize(
    ("method", "tolerance"),
    [("central", 1e-8), ("forward", 1e-6), ("richardson", 1e-10), ("complex", 1e-14)],
)
def test_finite_differences(method, tolerance, rng):
    points = rng.standard_normal((4, 2))
    exact = mml.gradient(f, points)
    np.testing.assert_allclose(
        mml.finite_difference(f, points, method=method), exact, rtol=tolerance, atol=tolerance
    )
    g = lambda x: np.array([f(x), x[0] ** 3])
    np.testing.assert_allclose(
        mml.finite_difference(g, points[0], method=method),
        mml.jacobian(g, points[0]),
        rtol=tolerance,
        atol=tolerance,
    )
    np.testing.assert_allclose(
        mml.finite_difference(np.sin, 0.4, method=method), np.cos(0.4), rtol=tolerance
    )


def test_what_cannot_be_traced_has_differences():
    assert abs(mml.finite_difference(math.gamma, 3.0) - 1.845568670) < 1e-6
    big = mml.finite_difference(lambda x: x * x, 1e8)
    assert abs(big / 2e8 - 1) < 1e-8
    assert mml.finite_difference(lambda x: 0.0, np.empty((0, 3))).shape == (0, 3)


def test_refusals_of_differences():
    with pytest.raises(ValueError, match="method: got 'magic'"):
        mml.finite_difference(np.sin, 1.0, method="magic")
    with pytest.raises(ValueError, match="gave NaN or infinity"), np.errstate(all="ignore"):
        mml.finite_difference(np.log, 0.0)


def test_check_gradient():
    assert mml.check_gradient(f, [0.3, 0.4]).error < 1e-10
    wrong = mml.check_gradient(f, [0.3, 0.4], gradient=lambda x: mml.gradient(f, x) + 1e-3)
    assert wrong.error > 1e-4
    with pytest.raises(ValueError, match=r"gave shape \(3,\), needed \(2,\)"):
        mml.check_gradient(f, [0.3, 0.4], gradient=lambda x: np.ones(3))


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda x: x @ x, "minimum"),
        (lambda x: -(x[0] ** 2) - 3 * x[1] ** 2 + x[0] * x[1], "maximum"),
        (lambda x: x[0] * x[1], "saddle"),
        (lambda x: x[0] ** 4 + x[1] ** 2, "inconclusive"),
        (lambda x: x[0] ** 4 + x[1] ** 4, "inconclusive"),
        (lambda x: x[0] + x[1] ** 2, "not stationary"),
    ],
)
def test_kinds_of_points(function, kind):
    assert mml.classify_stationary(function, [0.0, 0.0]).kind == kind


def test_refusals_of_points():
    with pytest.raises(ValueError, match="NaN or infinite"):
        mml.classify_stationary(lambda x: np.sqrt(x[0]), [0.0])
    with pytest.raises(ValueError, match=r"x: got shape \(2, 2\)"):
        mml.classify_stationary(lambda x: x @ x, np.ones((2, 2)))
    with pytest.raises(ValueError, match="direction: has length zero"):
        mml.directional_derivative(lambda x: x @ x, [1.0, 2.0], [0.0, 0.0])
    with pytest.raises(ValueError, match="no finite values"):
        mml.parity(lambda x: np.log(x) * np.log(-x))


def test_directions(rng):
    points, d = rng.standard_normal((5, 2)), rng.standard_normal(2)
    expected = mml.gradient(f, points) @ (d / np.linalg.norm(d))
    np.testing.assert_allclose(mml.directional_derivative(f, points, d), expected, rtol=1e-13)
    np.testing.assert_allclose(mml.directional_derivative(f, points, 7 * d), expected, rtol=1e-13)


def test_paths(rng):
    t = rng.standard_normal(9)
    own = mml.total_derivative(
        lambda x: x[0] ** 2 * x[1], lambda s: np.stack([np.cos(s), np.sin(s)]), t
    )
    expected = -2 * np.cos(t) * np.sin(t) ** 2 + np.cos(t) ** 3
    np.testing.assert_allclose(own, expected, rtol=1e-13, atol=1e-14)


def test_parity():
    assert mml.parity(lambda x: x**3 - np.sin(x)) == "odd"
    assert mml.parity(lambda x: x**4 * np.cos(x), scale=10) == "even"
    assert mml.parity(lambda x: x + 1) == "neither"

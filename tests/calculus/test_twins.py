"""Sine and cosine of one operand, which are computed together: the same numbers as alone."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

BOTH = {
    "sine first": lambda x: np.stack([np.sin(x), np.cos(x)]),
    "cosine first": lambda x: np.stack([np.cos(x), np.sin(x)])[::-1],
    "in a sum": lambda x: np.stack([np.sin(x) * 1, 2 * np.cos(x) - np.cos(x)]),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1, 2, 7, 16, 33, 600, 3000])
@pytest.mark.parametrize("name", BOTH)
def test_as_alone(name, n, dtype, rng):
    f = mml.Function(BOTH[name], n)
    sine, cosine = mml.Function(np.sin, n), mml.Function(np.cos, n)
    x = (10 * rng.standard_normal((21, n))).astype(dtype)
    x[3, 0], x[4, -1], x[5, 0], x[6, 0], x[7, 0], x[8, -1] = np.inf, np.nan, 1e9, -0.0, 5e4, -np.inf
    for points in (x, *x[:9]):
        with np.errstate(invalid="ignore"):
            found = f(points)
            np.testing.assert_array_equal(found[..., 0, :], sine(points))
            np.testing.assert_array_equal(found[..., 1, :], cosine(points))
        zeros = sine(points) == 0
        assert (np.signbit(found[..., 0, :]) == np.signbit(sine(points)))[zeros].all()


@pytest.mark.parametrize("points", [None, 5, 100, 3000])
def test_derivatives(points, rng):
    x = rng.standard_normal((4,) if points is None else (points, 4))
    rotated = lambda x: np.sum(np.cos(x) * x[::-1] - np.sin(x) * x**2)
    expected = -np.sin(x) * x[..., ::-1] + np.cos(x)[..., ::-1]
    expected -= np.cos(x) * x**2 + 2 * x * np.sin(x)
    np.testing.assert_allclose(mml.gradient(rotated, x), expected, 1e-13, 1e-14)
    polar = mml.jacobian(lambda p: np.stack([p[0] * np.cos(p[1]), p[0] * np.sin(p[1])]), x[..., :2])
    r, t = x[..., 0], x[..., 1]
    by_hand = [[np.cos(t), -r * np.sin(t)], [np.sin(t), r * np.cos(t)]]
    np.testing.assert_allclose(polar, np.moveaxis(np.array(by_hand), [0, 1], [-2, -1]), 1e-14)


def test_one_instruction():
    f = mml.Function(lambda x: np.sin(x) * np.cos(x) + np.sin(2 * x), 3)
    alone = mml.Function(lambda x: np.sin(x) * np.exp(x) + np.sin(2 * x), 3)
    assert len(f._program("value")[0]) == len(alone._program("value")[0]) - 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1, 2, 3, 8, 17, 40])
@pytest.mark.parametrize("points", [1, 7, 40, 333])
def test_points_with_steps(points, n, dtype, rng):
    """Every second number, backwards, both, and every third, at the end of their memory."""
    f = mml.Function(lambda x: np.concatenate([x + 1, x[:1]]), n)
    for columns, view in (
        (2 * n - 1, lambda x: x[:, ::2]),
        (n, lambda x: x[:, ::-1]),
        (2 * n - 1, lambda x: x[:, ::-2]),
        (3 * n - 2, lambda x: x[::-1, ::3]),
    ):
        x = view(rng.standard_normal((points, columns)).astype(dtype))
        assert x.shape == (points, n)
        np.testing.assert_array_equal(f(x), np.concatenate([x + dtype(1), x[:, :1]], axis=1))

"""Differences: steps that suit the function, errors that are told, and gradients compared entry by entry."""

from __future__ import annotations

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

"""Results stay those of the data that were fitted, whatever is written into the same arrays later."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import mmlcore as mml


def decay(x, a, b):
    return a * np.exp(-b * x)


def untraced(x, a, b):
    return np.array([a * np.exp(-b * float(t)) for t in x])


@pytest.fixture
def data(rng):
    x = np.linspace(0, 4, 30)
    return x, decay(x, 2.0, 0.7) + 0.05 * rng.standard_normal(30)


@pytest.mark.filterwarnings("ignore:curve_fit")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sigma": 0.05},
        {"sigma": np.full(30, 0.05)},
        {"sigma": 0.01 * np.eye(30)},
        {"bounds": (np.zeros(2), np.full(2, 9.0))},
    ],
    ids=["plain", "number", "each", "matrix", "bounds"],
)
@pytest.mark.parametrize("f", [decay, untraced])
def test_a_fit_does_not_change_with_its_arrays(data, f, options):
    x, y = (v.copy() for v in data)
    options = copy.deepcopy(options)
    start = np.ones(2)
    fit = mml.curve_fit(f, x, y, start, **options)
    found = fit.parameters.copy(), fit.residual.copy(), fit.confidence_intervals(0.9, profile=True)
    for array in (
        x,
        y,
        start,
        *np.atleast_1d(options.get("sigma", [])),
        *options.get("bounds", ()),
    ):
        if isinstance(array, np.ndarray):
            array[...] = 1.5
    again = fit.parameters, fit.residual, fit.confidence_intervals(0.9, profile=True)
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_batch_does_not_change_with_its_arrays(data):
    x, y = data
    rows = np.stack([y, 2 * y])
    fits = mml.curve_fit_batch(decay, x, rows, [1.0, 1.0])
    residual = fits.residual
    rows[:], x[:] = 0, 0
    np.testing.assert_array_equal(fits.residual, residual)


def test_long_data_that_have_changed_are_noticed(rng):
    x = np.linspace(0, 4, 100_000)
    y = decay(x, 2.0, 0.7) + 0.05 * rng.standard_normal(x.size)
    fit = mml.curve_fit(decay, x, y, [1.0, 1.0])
    rows = np.stack([y, 2 * y])
    fits = mml.curve_fit_batch(decay, x, rows, [1.0, 1.0])
    held = pickle.loads(pickle.dumps(fit))
    fit.confidence_intervals(0.9, profile=True)
    assert fit.residual.shape == y.shape
    assert fits.residual.shape == rows.shape
    y[7], rows[1, 5] = 8.0, 8.0
    for ask in (
        lambda: fit.residual,
        lambda: fits.residual,
        lambda: fit.confidence_intervals(0.9, profile=True),
    ):
        with pytest.raises(ValueError, match="have changed since the fit"):
            ask()
    assert held.residual.shape == y.shape  # what was pickled holds its own

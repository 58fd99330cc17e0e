"""Results go from process to process: what every function returns comes back out of a pickle."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from tests.core.support_calls import CALLS
from tests.core.test_concurrency import same

import mmlcore as mml


@pytest.mark.parametrize("name", sorted(CALLS))
def test_results_pickle(name: str) -> None:
    result = CALLS[name]()
    copy = pickle.loads(pickle.dumps(result))
    assert type(copy) is type(result)
    same(name, copy, result)


def test_fits_keep_their_model() -> None:
    x = np.linspace(0.0, 4.0, 9)
    curves = np.exp(-np.outer([0.5, 1.0, 2.0], x)) + 0.01 * np.cos(7 * x)
    fits = mml.curve_fit_batch(lambda x, b: np.exp(-b * x), x, curves, [1.0])
    copy = pickle.loads(pickle.dumps(fits))
    np.testing.assert_array_equal(copy.parameters, fits.parameters)
    np.testing.assert_array_equal(copy.residual, fits.residual)
    assert copy.success.all()

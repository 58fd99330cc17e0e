"""Means and variances of bytes and bools: exact, in every memory order."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (500, 2000), (70_001, 3), (3, 70_001), (1000,)])
@pytest.mark.parametrize("axis", [0, -1, None])
def test_against_float64(shape, axis, rng):
    whole = rng.integers(0, 256, (2 * shape[0], *shape[1:])).astype(np.uint8)
    for x in (whole[::2], np.asfortranarray(whole[::2]), whole[: shape[0]], whole[::2] > 100):
        found = mml.mean(x, axis)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, x.mean(axis=axis), rtol=1e-14)
        np.testing.assert_allclose(mml.variance(x, axis), x.var(axis=axis), rtol=1e-12)


def test_sums_beyond_32_bits():
    x = np.full((2_000_000, 1), 255, np.uint8)
    x[::2] = 254
    assert mml.mean(x)[0] == 254.5
    assert mml.variance(x)[0] == 0.25


def test_results_and_errors(rng):
    x = rng.integers(0, 256, (4, 3)).astype(np.uint8)
    to = np.empty(3)
    assert mml.mean(x, out=to) is to
    np.testing.assert_allclose(mml.variance(x, ddof=1), x.var(axis=0, ddof=1))
    np.testing.assert_allclose(mml.mean(x, weights=[1, 0, 0, 1]), (x[0] / 2 + x[3] / 2))
    with pytest.raises(ValueError, match="ddof: got 4"):
        mml.variance(x, ddof=4)
    with pytest.raises(ValueError, match="at least one number"):
        mml.mean(x[:0])

"""Orthogonal complements of stacks: beside those of single matrices, over shapes, ranks and types; every error."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


@pytest.mark.parametrize("shape", [(3, 1), (3, 3), (5, 2), (4, 7), (20, 6), (40, 30)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stacks(shape, dtype, rng):
    d, k = shape
    room = 1e3 * np.finfo(dtype).eps
    for r in {min(d, k), max(1, min(d, k) - 1)}:
        b = (rng.standard_normal((2, 9, d, r)) @ rng.standard_normal((r, k))).astype(dtype)
        if r < k:
            b = b[..., :r].copy() if dtype == np.float32 else b
        rest = mml.orthogonal_complement(b)
        assert rest.shape == (2, 9, d, d - r)
        assert rest.dtype == dtype
        assert np.abs(np.swapaxes(rest, -1, -2) @ b).max(initial=0) <= room * np.abs(b).max()
        assert np.abs(np.swapaxes(rest, -1, -2) @ rest - np.eye(d - r)).max(initial=0) <= room
        one = mml.orthogonal_complement(b[1, 3])
        assert np.abs(one @ one.T - rest[1, 3] @ rest[1, 3].T).max(initial=0) <= 10 * room


def test_errors_and_nothing(rng):
    b = rng.standard_normal((6, 4, 2))
    b[4, :, 1] = b[4, :, 0]
    with pytest.raises(
        ValueError, match="B: dimension 2 of matrix 0 and 1 of matrix 4 of the batch"
    ):
        mml.orthogonal_complement(b)
    b[4, 0, 0] = np.nan
    with pytest.raises(ValueError, match="B: contains NaN or infinity"):
        mml.orthogonal_complement(b)
    with pytest.raises(ValueError, match=r"B: got shape \(\), needed \(..., d, k\) or \(d,\)"):
        mml.orthogonal_complement(1.0)
    assert mml.orthogonal_complement(np.ones((0, 4, 2))).shape == (0, 4, 2)
    np.testing.assert_array_equal(mml.orthogonal_complement(np.zeros((2, 3, 0))), [np.eye(3)] * 2)

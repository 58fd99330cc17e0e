"""Powers of stacks, and the dominant pair of large matrices."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


@pytest.mark.parametrize("items", [(), (5,), (300,), (3, 20)])
@pytest.mark.parametrize("n", [1, 2, 4, 7, 13])
@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 5, 6, 13])
def test_stacks(items, n, exponent, dtype, rng):
    a = (rng.standard_normal((*items, n, n)) / np.sqrt(n)).astype(dtype)
    for given in (a, np.swapaxes(a, -1, -2), a[..., ::-1, :]):
        exact = np.linalg.matrix_power(given.astype(float), exponent)
        size = np.linalg.matrix_power(np.abs(given).astype(float), exponent)
        found = mml.matrix_power(given, exponent)
        assert found.dtype == dtype
        assert (np.abs(found - exact) <= 4 * n * (exponent + 1) * np.finfo(dtype).eps * size).all()


def test_broadcast_stack(rng):
    a = np.broadcast_to(rng.standard_normal((1, 3, 3)), (6, 3, 3))
    np.testing.assert_allclose(mml.matrix_power(a, 3), np.linalg.matrix_power(a, 3))


@pytest.mark.parametrize("exponent", [0, 1, 4])
def test_not_finite(exponent):
    a = np.stack([np.eye(3)] * 9)
    a[7, 0, 2] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        mml.matrix_power(a, exponent)


@pytest.mark.parametrize("n", [30, 300, 700])
def test_dominant_pair(n, dtype, order, rng):
    a = order((rng.random((n, n)) + np.eye(n)).astype(dtype))
    found = mml.power_iteration(a, tol=1e-5)
    largest = np.abs(np.linalg.eigvals(a.astype(float))).max()
    np.testing.assert_allclose(found.value, largest, rtol=1e-4)
    gap = a.astype(float) @ found.vector - found.value * found.vector
    assert np.linalg.norm(gap) <= 2e-5 * largest

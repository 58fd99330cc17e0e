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
    assert (found.vector > 0).all()  # of a positive matrix only the dominant one is (Perron)
    gap = a.astype(float) @ found.vector - found.value * found.vector
    assert np.linalg.norm(gap) <= 2e-5 * found.value


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 5, 16, 17, 40])
@pytest.mark.parametrize("count", [1, 7, 37])
def test_dominant_pairs_of_a_stack_are_those_of_its_items(count, n, dtype, rng):
    a = rng.standard_normal((count, n, n))
    a = ((a + np.swapaxes(a, -1, -2)) / n + 3 * np.ones((n, n))).astype(dtype)
    tol = 1e-5
    found = mml.power_iteration(a, tol=tol)
    assert found.value.dtype == found.vector.dtype == dtype
    assert found.residual.max() <= tol
    assert found.success.all()
    columns = np.ascontiguousarray(np.swapaxes(a, -1, -2)).swapaxes(-1, -2)
    for again in (
        mml.power_iteration(columns[:, np.newaxis], tol=tol),
        mml.power_iteration(a, tol=tol, raise_on_failure=False),
    ):
        np.testing.assert_allclose(again.value.reshape(count), found.value, rtol=1e-5)
        np.testing.assert_array_equal(again.iterations.reshape(count), found.iterations)
    for i in range(count):
        one = mml.power_iteration(a[i], tol=tol)
        assert abs(one.iterations - found.iterations[i]) <= 1
        np.testing.assert_allclose(found.value[i], one.value, rtol=4 * tol)
        np.testing.assert_allclose(found.vector[i], one.vector, atol=40 * tol)


@pytest.mark.parametrize("n", [3, 20])
def test_dominant_pairs_that_end_apart(n):
    """One matrix that needs no step, one that needs many, one of zeros, one whose values are as large as each other."""
    slow = np.diag([1.0, 0.95] + [0.1] * (n - 2))
    a = np.stack([np.eye(n), slow, np.zeros((n, n)), np.diag([1.0, -1.0] + [0.0] * (n - 2))])
    found = mml.power_iteration(a, max_iter=900, raise_on_failure=False)
    np.testing.assert_array_equal(found.success, [True, True, True, False])
    assert found.iterations[[0, 2]].max() <= 2
    assert 100 < found.iterations[1] < found.iterations[3] == 900
    np.testing.assert_allclose(found.value[:3], [1, 1, 0], atol=1e-9)
    with pytest.raises(mml.ConvergenceError, match=r"\(matrix 3 of the batch\)"):
        mml.power_iteration(a, max_iter=900)

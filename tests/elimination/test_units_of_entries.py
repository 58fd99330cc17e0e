"""Entries of very different sizes that no scaling of rows alone makes alike: the assignment of largest product decides."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import mmlcore as mml

SIZES = {np.float32: [1e10, 1e20, 1e35], np.float64: [1e20, 1e35, 1e100, 1e300]}


def most_of_a_column(rng, n, size, dtype, complex_):
    """A column of large numbers but for one of them: brought near 1 row by row, its rows are alike."""
    a = rng.uniform(0.5, 2, (n, n)) * rng.choice([-1.0, 1.0], (n, n)) + np.eye(n) * 3 * n
    if complex_:
        a = a * np.exp(1j * rng.uniform(0, 6, (n, n)))
    a[1:, 0] *= size
    return a.astype(np.result_type(dtype, np.complex64 if complex_ else dtype))


def exact(a, b):
    with mpmath.workdps(700):
        m = mpmath.matrix(a.astype(complex).tolist())
        x = mpmath.lu_solve(m, mpmath.matrix(b.astype(complex).tolist()))
        return complex(mpmath.det(m)), np.array([complex(v) for v in x])


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dtype", SIZES)
@pytest.mark.parametrize("n", [2, 3, 5, 12])
def test_a_column_whose_entries_differ(n, dtype, turned, complex_, rng):
    for size in SIZES[dtype]:
        a = most_of_a_column(rng, n, size, dtype, complex_)
        a, b = a.T if turned else a, np.ones(n, a.dtype)
        det, x = exact(a, b)
        eps = float(np.finfo(dtype).eps)
        stack = np.stack([a] * 9)
        for found in (mml.solve(a, b), mml.solve(stack, np.ones((9, n, 1), a.dtype))[4, :, 0]):
            np.testing.assert_allclose(found, x, rtol=1e5 * eps, atol=0)
        np.testing.assert_allclose(
            mml.inverse(a) @ b, x, rtol=3e4 * eps, atol=1e4 * eps * abs(x).max()
        )
        if abs(det) < float(np.finfo(dtype).max):
            np.testing.assert_allclose(mml.determinant(a), det, rtol=3e4 * eps)
            np.testing.assert_allclose(mml.determinant(stack)[4], det, rtol=3e4 * eps)


def test_powers_of_numbers_far_apart():
    a = np.vander(np.array([1, 1000, 2000, 3000], np.float32), increasing=True)
    b = np.array([1, 2, 3, 4], np.float32)
    np.testing.assert_allclose(mml.solve(a, b), exact(a, b)[1].real, rtol=1e-5)


def test_a_determinant_of_subnormal_numbers_and_large_ones():
    a = np.array([[3e-40, -9e-39, 3e37], [-5e-39, 1e-38, 1e-38], [5e-39, 2e-39, -8e36]], np.float32)
    det = exact(a, np.ones(3))[0].real
    np.testing.assert_allclose(mml.determinant(a), det, atol=2e-45)
    np.testing.assert_allclose(mml.slogdet(a).logabsdet, np.log(abs(det)), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_parts_of_a_solution_that_have_nothing_to_do_with_each_other(dtype):
    far = 1e30 if np.finfo(dtype).bits == 32 else 1e300
    diagonal = np.array([far, 1 / far, 1, 2], dtype)
    b = np.array([[1, 0, 3], [1, 2, 0], [1, 1, 1], [4, 0, 0]], dtype)
    right = b / diagonal[:, np.newaxis]
    a = np.diag(diagonal)[[2, 0, 3, 1]]
    np.testing.assert_allclose(mml.solve(a, b[[2, 0, 3, 1]]), right, rtol=1e-5)
    stack = mml.solve(np.stack([a] * 5), b[[2, 0, 3, 1]])
    np.testing.assert_allclose(stack[3], right, rtol=1e-5)


def test_no_assignment_without_zeros_is_singular():
    a = np.array([[0, 1e200, 0], [0, 1, 0], [1, 2, 1e-200]])
    assert mml.determinant(a) == 0
    with pytest.raises(mml.SingularMatrixError):
        mml.solve(a, np.ones(3))


@pytest.mark.parametrize("n", [3, 20, 40, 90, 150])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_singular_matrices_in_one_unit(n, dtype, rng):
    """What one elimination leaves of their determinants: nothing, or rounding of Hadamard's bound, in any unit of the whole."""
    a = rng.standard_normal((n, n)).astype(dtype)
    if np.iscomplexobj(a):
        a += 1j * rng.standard_normal((n, n)).astype(a.real.dtype)
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    column, row, zero = a.copy(), a.copy(), a.copy()
    column[:, 1] = column[:, 0]
    row[n - 1] = row[0] + row[1]
    zero[:, n // 2] = 0
    for unit in (1.0, 2.0**20, 2.0**-20):
        assert mml.slogdet(zero * dtype(unit)).sign == 0
        for x in (column, row):
            sign, size = mml.slogdet(x * dtype(unit))
            assert sign == 0 or size - n * np.log(unit) < np.log(n * np.finfo(dtype).eps)
        sign, size = mml.slogdet(a * dtype(unit))
        wide = np.linalg.slogdet(a.astype(np.complex128))
        np.testing.assert_allclose(
            size - n * np.log(unit), wide[1], atol=1e3 * n * np.finfo(dtype).eps
        )
        np.testing.assert_allclose(sign, wide[0], atol=1e3 * n * np.finfo(dtype).eps)

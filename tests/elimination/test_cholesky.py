"""Cholesky's factors: against numpy over types, orders, strides and sizes; what is read; the ends of the range; every error."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

ORDERS = [1, 2, 3, 4, 5, 8, 16, 17, 31, 32, 33, 63, 64, 65, 96, 100, 129, 200, 257, 301]
TYPES = [np.float32, np.float64, np.complex64, np.complex128]


def positive(rng, *shape, dtype=np.float64, least=1.0):
    n = shape[-1]
    x = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.standard_normal(shape)
    return (x @ np.swapaxes(x, -1, -2).conj() / n + least * np.eye(n)).astype(dtype)


def check(a, lower):
    assert lower.dtype == a.dtype
    assert lower.shape == a.shape
    assert not np.triu(lower, 1).any()
    n = a.shape[-1]
    diagonal = np.sqrt(np.diagonal(a, axis1=-2, axis2=-1).real)
    wide = lower.astype(np.complex128 if a.dtype.kind == "c" else np.float64)
    error = np.abs(wide @ np.swapaxes(wide, -1, -2).conj() - a)
    room = 2 * (n + 4) * np.finfo(a.dtype).eps
    assert (error <= room * diagonal[..., :, None] * diagonal[..., None, :]).all()
    assert (np.diagonal(lower, axis1=-2, axis2=-1).real > 0).all()


@pytest.mark.parametrize("n", ORDERS)
@pytest.mark.parametrize("dtype", TYPES)
def test_one_and_a_stack(n, dtype, rng):
    a = positive(rng, 11 if n < 100 else 3, n, n, dtype=dtype)
    found = mml.cholesky(a)
    check(a, found)
    wanted = np.linalg.cholesky(a)
    tol = 1e-3 if np.finfo(dtype).eps > 1e-10 else 1e-11
    np.testing.assert_allclose(found, wanted, rtol=tol, atol=tol)
    check(a[2], mml.cholesky(a[2]))
    check(a[:1], mml.cholesky(a[:1]))


@pytest.mark.parametrize("n", [3, 12, 40, 150])
def test_only_the_lower_triangle_is_read_in_any_order(n, rng):
    a = positive(rng, 9, n, n)
    right = mml.cholesky(a)
    half = np.where(np.tri(n, dtype=bool), a, np.nan)
    wide = np.full((9, 2 * n, 3 * n), np.inf)
    wide[:, ::2, ::3] = half
    fortran = np.asfortranarray(half[0])
    for given in (half, wide[:, ::2, ::3], half[::-1][::-1], half.astype(">f8")):
        np.testing.assert_array_equal(mml.cholesky(given), right)
    np.testing.assert_allclose(mml.cholesky(fortran), right[0], rtol=1e-12, atol=1e-12)
    out = np.full((9, n, 2 * n), 7.0)
    assert mml.cholesky(half, out=out[:, :, ::2]) is not None
    np.testing.assert_array_equal(out[:, :, ::2], right)
    mml.cholesky(a, out=a)
    np.testing.assert_array_equal(a, right)
    complex_half = half + 1j * np.where(np.tri(n, k=-1, dtype=bool), 0.01, np.nan)
    complex_half[:, np.arange(n), np.arange(n)] = a[:, np.arange(n), np.arange(n)] ** 2 + n
    assert np.isfinite(mml.cholesky(complex_half)).all()


def test_a_broadcast_stack_and_threads(rng):
    a = positive(rng, 5, 5)
    many = mml.cholesky(np.broadcast_to(a, (3, 70, 5, 5)))
    np.testing.assert_allclose(many, np.broadcast_to(mml.cholesky(a), many.shape), rtol=1e-13)
    large = positive(rng, 400, 400)
    with mml.threads(1):
        one = mml.cholesky(large)
    np.testing.assert_array_equal(mml.cholesky(large), one)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [3, 20, 70])
def test_units_of_rows_do_not_matter(dtype, n, rng):
    """D A D with powers of two has the factor D L, to the digit, as far as the range goes."""
    a = positive(rng, 9, n, n, dtype=dtype)
    right = mml.cholesky(a)
    info = np.finfo(dtype)
    for powers in ([0, 3, -2], [info.minexp // 2 + 3, 1, 4], [info.maxexp // 2 - 6] * 3):
        d = 2.0 ** np.resize(powers, n)
        scaled = (d[:, None] * a * d).astype(dtype)
        got = mml.cholesky(scaled)
        np.testing.assert_allclose(got / d[:, None], right, rtol=1e-4 if info.eps > 1e-9 else 1e-12)
    tiny = (a * float(info.tiny)).astype(dtype)
    np.testing.assert_allclose(
        mml.cholesky(tiny), right * np.sqrt(float(info.tiny)), rtol=0.3, atol=1e-3 * info.tiny**0.5
    )
    subnormal = np.array([[4, 2], [2, 10]], dtype) * info.smallest_subnormal
    unit = np.sqrt(np.float64(info.smallest_subnormal))
    np.testing.assert_allclose(
        mml.cholesky(subnormal), [[2 * unit, 0], [unit, 3 * unit]], rtol=1e-6
    )


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [1, 3, 8, 20, 33, 70, 140])
def test_not_positive_definite_says_where(n, dtype, rng):
    a = positive(rng, 12, n, n, dtype=dtype)
    row = n - 1 if n < 5 else 3 * n // 4
    for bad in (-1e-3, -1e30):
        a[7, row, row] = bad
        a[9, 0, 0] = -1
        wanted = rf"A: not positive definite \(matrix 7 of the batch\): the pivot of row {row} "
        with pytest.raises(mml.NotPositiveDefiniteError, match=wanted):
            mml.cholesky(a)
        wanted = rf"A: not positive definite: the pivot of row {row} is not positive\."
        with pytest.raises(mml.NotPositiveDefiniteError, match=wanted):
            mml.cholesky(a[7])
        with pytest.raises(np.linalg.LinAlgError):
            mml.cholesky(a[9])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [2, 9, 40])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(n, dtype, bad, rng):
    a = positive(rng, 10, n, n, dtype=dtype)
    a[4, n - 1, 0] = bad
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        mml.cholesky(a)
    with pytest.raises(ValueError, match=r"A: contains NaN or infinity\."):
        mml.cholesky(a[4])
    if np.dtype(dtype).kind != "c":
        with pytest.raises(ValueError, match="matrix 4 of the batch"):
            mml.cholesky(a)


def test_zero_and_singular():
    for a in (np.zeros((3, 3)), np.zeros((9, 3, 3)), np.ones((9, 2, 2)), np.ones((2, 2))):
        with pytest.raises(mml.NotPositiveDefiniteError):
            mml.cholesky(a)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3, 3), (2, 0, 0)])
def test_nothing(shape):
    for dtype in TYPES:
        assert mml.cholesky(np.zeros(shape, dtype)).shape == shape


def test_other_arguments():
    np.testing.assert_array_equal(mml.cholesky([[4, 2], [2, 10]]), [[2, 0], [1, 3]])
    with pytest.raises(ValueError, match=r"A: got shape \(2, 3\), needed square matrices"):
        mml.cholesky(np.ones((2, 3)))
    with pytest.raises(ValueError, match="A: got shape"):
        mml.cholesky([1.0, 2.0])
    with pytest.raises(TypeError, match="A: got dtype"):
        mml.cholesky(np.array([["a"]]))

"""matmul against numpy: shapes, types, memory orders, out, threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml


def close(result, a, b):
    """The error of each element is at most a few k u |a| |b| (Higham, eq. 3.13)."""
    exact = np.matmul(a.astype(np.longdouble), b.astype(np.longdouble))
    u = np.finfo(result.dtype).eps
    bound = (a.shape[-1] + 2) * u * np.matmul(np.abs(a), np.abs(b)) + np.finfo(result.dtype).tiny
    assert result.shape == exact.shape
    assert (np.abs(result - exact) <= bound).all()


@pytest.mark.parametrize("m", [0, 1, 2, 3, 5, 8, 17, 33, 97, 130])
@pytest.mark.parametrize("k", [0, 1, 7, 64, 400])
def test_sizes(m, k, dtype, rng):
    a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, m + 1)).astype(dtype)
    result = mml.matmul(a, b)
    assert result.dtype == dtype
    close(result, a, b)


@pytest.mark.parametrize("n", [3, 40, 150])
def test_memory_orders(n, layout, dtype, rng):
    a, b = rng.standard_normal((n, n)).astype(dtype), rng.standard_normal((n, n)).astype(dtype)
    close(mml.matmul(layout(a), b), a, b)
    close(mml.matmul(a, layout(b)), a, b)
    close(mml.matmul(layout(a), layout(b)), a, b)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 8, 11, 16, 24, 50])
@pytest.mark.parametrize("count", [1, 7, 8, 9, 100])
def test_stacks(n, count, layout, dtype, rng):
    a = rng.standard_normal((count, n, n)).astype(dtype)
    b = rng.standard_normal((count, n, n)).astype(dtype)
    close(mml.matmul(layout(a), layout(b)), a, b)


@pytest.mark.parametrize(
    ("sa", "sb"),
    [
        ((3,), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3,)),
        ((5, 2, 3), (3,)),
        ((3,), (5, 3, 2)),
        ((5, 1, 2, 3), (4, 3, 2)),
        ((6, 2, 2), (2, 2)),
        ((1, 3, 3), (9, 3, 3)),
        ((2, 3, 4, 1), (2, 3, 1, 5)),
        ((0, 2, 2), (0, 2, 2)),
        ((0, 3), (3, 2)),
        ((2, 0), (0, 3)),
    ],
)
def test_shapes_are_numpys(sa, sb, rng):
    a, b = rng.standard_normal(sa), rng.standard_normal(sb)
    expected = np.matmul(a, b)
    result = mml.matmul(a, b)
    assert np.shape(result) == np.shape(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-13, atol=1e-13)
    out = np.empty(np.shape(expected))
    assert mml.matmul(a, b, out=out) is out
    np.testing.assert_array_equal(out, result)


@pytest.mark.parametrize("n", [4, 70, 130])
def test_out_may_be_strided_or_overlap(n, rng):
    a, b = rng.standard_normal((n, n)), rng.standard_normal((n, n))
    expected = mml.matmul(a, b)
    strided = np.zeros((n, 2 * n))[:, ::2]
    np.testing.assert_allclose(mml.matmul(a, b, out=strided), expected, rtol=1e-12, atol=1e-12)
    column_major = np.zeros((n, n), order="F")
    np.testing.assert_allclose(mml.matmul(a, b, out=column_major), expected, rtol=1e-12, atol=1e-12)
    c = a.copy()
    np.testing.assert_allclose(mml.matmul(c, b, out=c), expected, rtol=1e-12, atol=1e-12)


def test_types(rng):
    a = rng.standard_normal((3, 3))
    assert mml.matmul(a.astype(np.float32), a.astype(np.float32)).dtype == np.float32
    assert mml.matmul(a.astype(np.float32), a).dtype == np.float64
    assert mml.matmul(np.eye(3, dtype=np.int8), np.eye(3, dtype=bool)).dtype == np.float64
    np.testing.assert_allclose(mml.matmul(a * 1j, a), (a @ a) * 1j)


def test_nan_and_infinity_propagate():
    a = np.array([[1.0, np.nan], [np.inf, 1.0]])
    result = mml.matmul(a, np.eye(2))
    assert np.isnan(result[0]).all()
    assert result[1, 0] == np.inf


@pytest.mark.parametrize("threads", [1, 2])  # ours, and numpy's BLAS
def test_large_products_by_either_kernel(threads, dtype, rng):
    a, b = (
        rng.standard_normal((301, 200)).astype(dtype),
        rng.standard_normal((200, 150)).astype(dtype),
    )
    out = np.empty((301, 150), dtype)
    with mml.threads(threads):
        np.testing.assert_allclose(mml.matmul(a, b), a @ b, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(mml.matmul(a, b, out=out), a @ b, rtol=1e-4, atol=1e-4)


def test_same_bits_for_every_number_of_threads(dtype, rng):
    a = rng.standard_normal((301, 517)).astype(dtype)[:, ::-1]
    b = rng.standard_normal((517, 263)).astype(dtype)[::-1]
    results = []
    for n in (1, 2, 3, 7):
        with mml.threads(n):
            results.append(mml.matmul(a, b))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (
            np.ones((2, 3)),
            np.ones((2, 3)),
            r"b: got shape \(2, 3\), needed \(3,\) or \(..., 3, n\)",
        ),
        (1.0, np.ones(3), r"a: got shape \(\)"),
        (np.ones(3), 2.0, r"b: got shape \(\)"),
        (np.ones((2, 2, 2)), np.ones((3, 2, 2)), "a and b: the leading axes do not broadcast"),
        ([[1, 2], [3]], np.ones((2, 2)), "a: could not be read"),
    ],
)
def test_bad_shapes(a, b, message):
    with pytest.raises(ValueError, match=message):
        mml.matmul(a, b)


def test_bad_out():
    a = np.ones((2, 2))
    with pytest.raises(ValueError, match=r"out: got shape \(3, 3\), needed \(2, 2\)"):
        mml.matmul(a, a, out=np.empty((3, 3)))
    with pytest.raises(TypeError, match="out: got dtype float32, needed float64"):
        mml.matmul(a, a, out=np.empty((2, 2), np.float32))
    with pytest.raises(TypeError, match="out: got list"):
        mml.matmul(a, a, out=[[0, 0], [0, 0]])
    fixed = np.empty((2, 2))
    fixed.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        mml.matmul(a, a, out=fixed)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 12),
    st.integers(0, 2**32 - 1),
)
def test_product_with_the_identity_and_transposition(m, k, n, count, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((count, m, k)), rng.standard_normal((count, k, n))
    np.testing.assert_array_equal(mml.matmul(a, np.eye(k)), a)
    np.testing.assert_allclose(
        mml.matmul(a, b),
        np.swapaxes(mml.matmul(np.swapaxes(b, 1, 2), np.swapaxes(a, 1, 2)), 1, 2),
        atol=1e-12,
    )


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 700])
def test_complex_matrix_and_vector(k, dtype, rng):
    """Either side, rows and columns of any length, contiguous or not: sums of groups of rows, of short and of long columns."""
    for m in (1, 2, 3, 4, 5, 8, 9, 13, 31, 600):
        a = (rng.standard_normal((m, k)) + 1j * rng.standard_normal((m, k))).astype(dtype)
        v = (rng.standard_normal(k) + 1j * rng.standard_normal(k)).astype(dtype)
        bound = 10 * np.finfo(dtype).eps * k
        host = np.zeros((2 * m, k + 3), dtype)
        for x in (a, np.asfortranarray(a), a[::-1].copy()[::-1], np.repeat(a, 2, axis=1)[:, ::2]):
            np.testing.assert_allclose(mml.matmul(x, v), a.astype(complex) @ v, rtol=0, atol=bound)
            np.testing.assert_allclose(
                mml.matmul(v, x.T), a.astype(complex) @ v, rtol=0, atol=bound
            )
        host[::2, :k] = a
        result = np.full((2 * m, 3), 7, dtype)
        mml.matmul(host[::2, :k], np.repeat(v, 2)[::2, None], out=result[::2, 1:2])
        np.testing.assert_allclose(result[::2, 1], a.astype(complex) @ v, rtol=0, atol=bound)
        assert (result[:, [0, 2]] == 7).all()
        assert (result[1::2] == 7).all()

"""Singular values of small matrices: the kernel beside LAPACK, graded matrices, the ends of the range."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

SHAPES = [(1, 1), (2, 2), (3, 3), (5, 3), (3, 5), (8, 8), (16, 16), (40, 7), (7, 40), (512, 16)]


def of_rank(r, shape, rng):
    return rng.standard_normal((*shape[:-2], shape[-2], r)) @ rng.standard_normal(
        (*shape[:-2], r, shape[-1])
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_and_a_stack(shape, dtype, rng):
    a = rng.standard_normal((13, *shape)).astype(dtype)
    right = np.linalg.cond(a.astype(np.float64))
    got = mml.condition(a)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, right, rtol=1e-4 if dtype == np.float32 else 1e-10)
    np.testing.assert_allclose([mml.condition(x) for x in a[:, ::-1]], right, rtol=1e-4)
    r = max(1, min(shape) // 2)
    low = of_rank(r, (13, *shape), rng)
    np.testing.assert_array_equal(mml.rank(low), np.full(13, r))
    assert [mml.rank(x) for x in low] == [r] * 13


def test_small_values_of_graded_matrices_keep_their_digits():
    """D X with X orthogonal times a power of ten each row: the values are those of D, to all digits (scaled rows)."""
    x = np.linalg.qr(np.vander([1.0, 2.0, 3.0, 4.0]))[0]
    d = np.array([1.0, 1e-8, 1e-16, 1e-40])
    assert mml.condition(d[:, np.newaxis] * x) == pytest.approx(1e40, rel=1e-13)
    assert mml.condition((d[:, np.newaxis] * x).T) == pytest.approx(1e40, rel=1e-13)
    np.testing.assert_allclose(
        mml.condition(np.stack([d[:, np.newaxis] * x] * 5)), 1e40, rtol=1e-13
    )


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-160, 1e160, 1e300])
@pytest.mark.parametrize("count", [1, 5])
def test_the_ends_of_the_range(scale, count):
    a = np.stack([np.array([[2.0, 1.0], [1.0, 2.0]]) * scale] * count)
    a = a[0] if count == 1 else a
    assert np.all(mml.condition(a) == pytest.approx(3))
    assert np.all(mml.rank(a) == 2)
    assert np.all(mml.is_independent(a))
    assert not np.any(mml.is_singular(a))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    "call",
    [
        mml.rank,
        mml.is_singular,
        mml.condition,
        mml.is_independent,
        mml.is_orthogonal,
        mml.span_dimension,
    ],
)
def test_not_finite(call, bad):
    for a in (np.eye(3), np.array([np.eye(3)] * 9)):
        a[..., 1, 2] = bad
        with pytest.raises(ValueError, match="NaN or infinity"):
            call(a)


@pytest.mark.parametrize("shape", [(1, 3), (3, 3), (3, 7), (7, 3), (16, 16), (2, 16)])
def test_null_space(shape, rng):
    r = max(1, min(shape) - 1)
    a = of_rank(r, shape, rng)
    basis = mml.null_space(a)
    assert basis.shape == (shape[1], shape[1] - r)
    np.testing.assert_allclose(a @ basis, 0, atol=1e-13 * np.abs(a).max())
    np.testing.assert_allclose(basis.T @ basis, np.eye(shape[1] - r), atol=1e-14)
    whole = mml.null_space(np.zeros(shape))
    np.testing.assert_array_equal(whole, np.eye(shape[1]))


@pytest.mark.parametrize("shape", [(1, 3), (3, 3), (3, 7), (7, 3), (16, 16), (20, 30), (30, 20)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_null_spaces_of_one_rank(shape, dtype, rng):
    r = max(1, min(shape) - 1)
    a = of_rank(r, (3, 5, *shape), rng).astype(dtype)
    basis = mml.null_space(a, rtol=1e-5)
    n, room = shape[1], 1e3 * np.finfo(dtype).eps
    assert basis.shape == (3, 5, n, n - r)
    assert basis.dtype == dtype
    assert np.abs(a @ basis).max(initial=0) <= room * np.abs(a).max()
    assert np.abs(np.swapaxes(basis, -1, -2) @ basis - np.eye(n - r)).max(initial=0) <= room
    alone = mml.null_space(a[1, 2], rtol=1e-5)  # the same space
    assert np.abs(basis[1, 2] @ basis[1, 2].T - alone @ alone.T).max() <= 100 * room
    assert mml.null_space(np.zeros((0, *shape))).shape == (0, n, n - min(shape))
    assert mml.null_space(np.zeros((4, 0, 3))).shape == (4, 3, 3)
    if min(shape) > 1:
        a[2, 3] = 0
        with pytest.raises(
            ValueError, match=f"A: rank {r} of matrix 0 and 0 of matrix 13 of the batch"
        ):
            mml.null_space(a, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_rank_in_the_units_of_the_matrix(dtype):
    a = np.diag([1e3, 1.0, 1e-2]).astype(dtype)
    stack = np.stack([a, 100 * a])
    assert [mml.rank(a, atol=x) for x in (0, 0.1, 1, 2, 1e4)] == [3, 2, 1, 1, 0]
    assert mml.rank(a, rtol=1e-2, atol=0) == 1
    assert mml.rank(stack, atol=1.5).tolist() == [1, 2]
    for wrong in (-1, np.nan):
        with pytest.raises(ValueError, match="atol: got"):
            mml.rank(a, atol=wrong)


def test_kinds_of_results():
    one, more = np.eye(3), np.stack([np.eye(3)] * 2)
    assert type(mml.rank(one)) is int
    assert type(mml.is_singular(one)) is bool
    assert mml.rank(more).dtype == np.int64
    assert mml.is_orthogonal(more).dtype == bool
    assert mml.span_dimension(more).tolist() == [3, 3]

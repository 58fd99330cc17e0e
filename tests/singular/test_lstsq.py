"""Least squares and pseudo-inverses: against numpy, over shapes, ranks, types, strides; the ends of the range; every error."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

SHAPES = [(1, 1), (2, 2), (3, 3), (10, 3), (5, 5), (3, 7), (40, 16), (16, 40), (17, 17), (60, 30)]
SHAPES += [(30, 60), (600, 20), (20, 600), (140, 130), (130, 140), (4, 1), (1, 4)]
TYPES = [np.float32, np.float64, np.complex64, np.complex128]


def draw(rng, *shape, dtype, rank=None):
    *stack, m, n = shape
    r = min(m, n) if rank is None else rank
    q = np.linalg.qr(rng.standard_normal((*stack, max(m, r), r)))[0][..., :m, :]
    a = q @ np.swapaxes(
        np.linalg.qr(rng.standard_normal((*stack, n, r)))[0] * (1 + np.arange(r)), -1, -2
    )
    if np.dtype(dtype).kind == "c":
        a = a * np.exp(1j * rng.standard_normal((m, 1)))
    return a.astype(dtype)


def check(a, b, found, rank, scale=1.0):
    x, residual, got_rank, values = found
    eps = float(np.finfo(a.dtype).eps)
    wide = a.astype(np.complex128 if a.dtype.kind == "c" else np.float64) / scale
    inverse = np.linalg.pinv(wide, rcond=max(a.shape[-2:]) * eps)
    right = inverse @ b
    room = 200 * max(a.shape[-2:]) * eps
    assert x.dtype == a.dtype
    assert residual.dtype == values.dtype == a.real.dtype
    assert np.abs(x * scale - right).max() <= room * np.abs(right).max()
    lengths = np.linalg.norm(wide @ right - b, axis=-2)
    assert np.abs(residual - lengths).max() <= room * np.linalg.norm(b, axis=-2).max()
    assert (np.asarray(got_rank) == rank).all()
    right_values = np.linalg.svd(wide, compute_uv=False)
    assert np.abs(values / scale - right_values).max() <= room * right_values.max()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", TYPES)
def test_one_and_a_stack_of_any_rank(shape, dtype, rng):
    m, n = shape
    for rank in {min(m, n), max(1, min(m, n) // 2)}:
        a = draw(rng, 5, m, n, dtype=dtype, rank=rank)
        b = rng.standard_normal((5, m, 3)).astype(dtype)
        check(a, b, mml.lstsq(a, b), rank)
        check(a[2], b[2], mml.lstsq(a[2], b[2]), rank)
        one = mml.lstsq(a[2], b[2, :, 0])
        assert one.x.shape == (n,)
        assert np.ndim(one.residual) == 0
        assert type(one.rank) is int
        whole = mml.lstsq(a[2], b[2])
        np.testing.assert_allclose(one.x, whole.x[:, 0], rtol=0, atol=2e-3 * np.abs(one.x).max())
        eps = float(np.finfo(dtype).eps)
        inverse = mml.pinv(a)
        right = np.linalg.pinv(a.astype(np.complex128), rcond=max(m, n) * eps)
        assert inverse.dtype == dtype
        assert np.abs(inverse - right).max() <= 200 * max(m, n) * eps * np.abs(right).max()
        np.testing.assert_allclose(
            mml.pinv(a[2]), inverse[2], rtol=0, atol=200 * max(m, n) * eps * np.abs(right).max()
        )


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9, 16])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_length_of_a_stack_and_any_strides(n, dtype, rng):
    a, b = draw(rng, 35, n + 2, n, dtype=dtype), rng.standard_normal((35, n + 2, 2)).astype(dtype)
    a[3] = 0
    a[5, :, -1] = a[5, :, 0] * (n > 1)
    whole, inverses = mml.lstsq(a, b), mml.pinv(a)
    assert whole.rank[3] == 0
    assert whole.rank[5] == n - 1
    assert not whole.x[3].any()
    np.testing.assert_allclose(whole.residual[3], np.linalg.norm(b[3], axis=0), rtol=1e-5)
    wide = np.full((35, 2 * n + 4, 3 * n), np.nan, dtype)
    wide[:, ::2, ::3] = a
    for given in (np.asfortranarray(a), wide[:, ::2, ::3], a.astype(a.dtype.newbyteorder())):
        for got, right in zip(mml.lstsq(given, b), whole, strict=True):
            np.testing.assert_array_equal(got, right)
        np.testing.assert_array_equal(mml.pinv(given), inverses)
    for count in (2, 7, 8, 15, 16, 17, 31, 33):
        for got, right in zip(mml.lstsq(a[:count], b[:count]), whole, strict=True):
            np.testing.assert_array_equal(got, right[:count])
    np.testing.assert_array_equal(mml.pinv(np.swapaxes(a, -1, -2)), np.swapaxes(inverses, -1, -2))
    out = tuple(np.full((2, *part.shape), 7, part.dtype)[1] for part in whole)
    for got, right in zip(mml.lstsq(a, b, out=out), whole, strict=True):
        np.testing.assert_array_equal(got, right)


def test_broadcasting_as_solve_does(rng):
    a, b = rng.standard_normal((4, 1, 6, 3)), rng.standard_normal((5, 6, 2))
    found = mml.lstsq(a, b)
    assert [np.shape(part) for part in found] == [(4, 5, 3, 2), (4, 5, 2), (4, 5), (4, 5, 3)]
    one = mml.lstsq(a[2, 0], b[3])
    for got, right in zip(found, one, strict=True):
        np.testing.assert_allclose(got[2, 3], right, rtol=1e-12)
    many = mml.lstsq(a[0, 0], b)
    assert [np.shape(part) for part in many] == [(5, 3, 2), (5, 2), (5,), (5, 3)]
    np.testing.assert_allclose(many.x, found.x[0], rtol=1e-12)
    vector = mml.lstsq(a[:, 0], b[0, :, 0])
    assert [np.shape(part) for part in vector] == [(4, 3), (4,), (4,), (4, 3)]
    np.testing.assert_allclose(vector.x, found.x[:, 0, :, 0], rtol=1e-12)


@pytest.mark.parametrize("power", [-1040, -900, -500, 500, 900, 1015])
@pytest.mark.parametrize("count", [1, 20])
def test_units_do_not_matter(power, count, rng):
    a, b = rng.standard_normal((count, 7, 3)), rng.standard_normal((count, 7, 2))
    right = mml.lstsq(a, b)
    scale = 2.0 ** min(power, 1023)
    if power > -1000:
        for got, wanted in zip(mml.lstsq(a * scale, b * scale), right, strict=True):
            unit = scale if wanted is right.residual or wanted is right.singular_values else 1.0
            np.testing.assert_allclose(got, wanted * unit, rtol=1e-11)
        np.testing.assert_allclose(mml.pinv(a * scale), mml.pinv(a) / scale, rtol=1e-11)
    mixed = mml.lstsq(a, b * [1.0, scale])
    np.testing.assert_allclose(mixed.x[..., 0], right.x[..., 0], rtol=1e-11)
    with pytest.raises(ValueError, match="leaves the range"):
        mml.lstsq(a * 1e-300, b * 1e300)


@pytest.mark.parametrize("power", [-1015, -990, 990, 1015])
@pytest.mark.parametrize("shape", [(2, 2), (5, 3), (3, 5)])
def test_the_size_of_one_item_does_not_change_its_neighbours(shape, power, rng):
    a, b = rng.standard_normal((9, *shape)), rng.standard_normal((9, shape[0], 2))
    far = np.ones((9, 1, 1))
    far[4] = 2.0**power
    np.testing.assert_allclose(mml.pinv(a * far) * far, mml.pinv(a), rtol=1e-10)
    right = mml.lstsq(a, b)
    for found, unit in ((mml.lstsq(a * far, b), 1 / far), (mml.lstsq(a, b * far), far)):
        np.testing.assert_allclose(found.x / unit, right.x, rtol=1e-10)


def test_small_singular_values_count_as_rank_says(rng):
    a = draw(rng, 9, 6, 4, dtype=np.float64)
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    s[:, -1] = s[:, 0] * 1e-6
    a, b = (u * s[:, None]) @ vh, rng.standard_normal((9, 6, 1))
    for rtol, rank in ((None, 4), (1e-7, 4), (1e-5, 3), (0.0, 4), (1.0, 0)):
        for given in ((a, b), (a[0], b[0])):
            found = mml.lstsq(*given, rtol=rtol)
            assert (np.asarray(found.rank) == rank).all()
            assert (np.asarray(mml.rank(given[0], rtol=rtol)) == rank).all()
            np.testing.assert_allclose(
                found.x, mml.pinv(given[0], rtol=rtol) @ given[1], rtol=1e-9, atol=1e-12
            )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (30, 20), (9, 4, 3), (600, 5)])
def test_not_finite(bad, shape, rng):
    a, b = rng.standard_normal(shape), rng.standard_normal((*shape[:-1], 2))
    broken = a.copy()
    broken[..., 1, 2] = bad
    for call in (lambda: mml.lstsq(broken, b), lambda: mml.pinv(broken)):
        with pytest.raises(ValueError, match="A: contains NaN or infinity"):
            call()
    b[..., 1, 1] = bad
    with pytest.raises(ValueError, match="b: contains NaN or infinity"):
        mml.lstsq(a, b)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (2, 0, 3), (0, 2, 3)])
def test_nothing(shape):
    *stack, m, n = shape
    found = mml.lstsq(np.ones(shape), np.ones((*stack, m, 2)))
    assert [np.shape(p) for p in found] == [
        (*stack, n, 2),
        (*stack, 2),
        (*stack,),
        (*stack, min(m, n)),
    ]
    np.testing.assert_allclose(found.residual, np.sqrt(m) if not n > 0 else 0.0)
    assert mml.pinv(np.ones(shape)).shape == (*stack, n, m)
    assert mml.lstsq(np.ones((3, 2)), np.ones((3, 0))).x.shape == (2, 0)


def test_errors():
    with pytest.raises(
        ValueError, match=r"b: got shape \(4,\), needed \(3,\) or \(..., 3, k\) to fit A"
    ):
        mml.lstsq(np.ones((3, 2)), np.ones(4))
    with pytest.raises(ValueError, match="b: got shape"):
        mml.lstsq(np.ones((3, 2)), 1.0)
    with pytest.raises(ValueError, match="A: got shape"):
        mml.lstsq(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="leading axes do not broadcast"):
        mml.lstsq(np.ones((2, 3, 2)), np.ones((3, 3, 1)))
    for call in (
        lambda r: mml.pinv(np.eye(2), rtol=r),
        lambda r: mml.lstsq(np.eye(2), [1, 2], rtol=r),
    ):
        with pytest.raises(ValueError, match="rtol: got"):
            call(-1.0)
        with pytest.raises(TypeError, match="rtol: got"):
            call("x")

"""Systems, inverses, determinants, products and powers of complex matrices, single and in stacks, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

TYPES = [np.complex64, np.complex128]
ORDERS = [*range(1, 18), 33, 70, 140]


def draw(rng, shape, dtype):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


def in_columns(a):
    return np.ascontiguousarray(np.swapaxes(a, -1, -2)).swapaxes(-1, -2)


def with_gaps(a):
    wide = np.full((*a.shape[:-1], 2 * a.shape[-1]), np.nan, a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


LAYOUTS = [np.asarray, in_columns, with_gaps]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("count", [None, 1, 3, 19])
@pytest.mark.parametrize("n", ORDERS)
def test_systems(n, count, dtype, rng):
    lead = () if count is None else (count if n < 40 else min(count, 2),)
    u = np.finfo(dtype).eps
    layout = LAYOUTS[n % 3]
    a, b = layout(draw(rng, (*lead, n, n), dtype)), layout(draw(rng, (*lead, n, 2), dtype))
    room = 20 * n * u * np.linalg.norm(a, axis=(-2, -1))
    for right in (b, b[..., :1]):
        x = mml.solve(a, right)
        assert x.dtype == dtype
        gap = np.linalg.norm(a @ x - right, axis=(-2, -1))
        assert (gap <= room * np.linalg.norm(x, axis=(-2, -1))).all()
    inverse = mml.inverse(a)
    gap = np.linalg.norm(a @ inverse - np.eye(n), axis=(-2, -1))
    assert (gap <= room * np.linalg.norm(inverse, axis=(-2, -1))).all()
    wide = a.astype(np.complex128)
    condition = np.linalg.cond(wide)
    sign, size = mml.slogdet(a)
    assert (sign.dtype, size.dtype) == (dtype, np.finfo(dtype).dtype)
    right_sign, right_size = np.linalg.slogdet(wide)
    assert (np.abs(sign - right_sign) <= 20 * n * u * condition).all()
    assert (np.abs(size - right_size) <= 20 * n * u * condition + 8 * u * np.abs(right_size)).all()
    if n < 20:
        found, right = mml.determinant(a), np.linalg.det(wide)
        assert found.dtype == dtype
        assert (np.abs(found - right) <= 20 * n * u * condition * np.abs(right)).all()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("lead", [(), (5,), (2, 3)])
def test_products(lead, dtype, rng):
    for m, k, n in [
        (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 7, 5), (1, 9, 6), (6, 9, 1), (1, 30, 1), (13, 12, 31), (17, 3, 49), (50, 60, 40),
    ]:  # fmt: skip
        a, b = draw(rng, (*lead, m, k), dtype), draw(rng, (*lead, k, n), dtype)
        room = 8 * k * np.finfo(dtype).eps * (np.abs(a) @ np.abs(b))
        for left in LAYOUTS:
            for right in LAYOUTS:
                found = mml.matmul(left(a), right(b))
                assert found.dtype == dtype
                assert (np.abs(found - a @ b) <= room).all()
        out = np.full((*lead, n, m), np.nan, dtype).swapaxes(-1, -2)
        assert mml.matmul(a, b, out=out) is out
        assert (np.abs(out - a @ b) <= room).all()
    for one in (a, b):
        pair = (one[(0,) * len(lead)], b) if one is a else (a, one[(0,) * len(lead)])
        assert (np.abs(mml.matmul(*pair) - np.matmul(*pair)) <= 10 * room.max()).all()
    x, y = draw(rng, k, dtype), draw(rng, m, dtype)
    np.testing.assert_allclose(
        mml.matmul(a, x), a @ x, rtol=1e-4 if dtype == np.complex64 else 1e-11
    )
    np.testing.assert_allclose(
        mml.matmul(y, a), y @ a, rtol=1e-4 if dtype == np.complex64 else 1e-11
    )


def test_products_without_sums_and_beyond_numbers():
    empty = mml.matmul(np.zeros((2, 3, 0), complex), np.zeros((2, 0, 2), complex))
    np.testing.assert_array_equal(empty, np.zeros((2, 3, 2)))
    a = np.array([[np.nan, 1], [1, 1j]])
    assert np.isnan(mml.matmul(a, a)[0]).all()
    assert not np.isnan(mml.matmul(a, np.eye(2) + 0j)[1]).any()
    mixed = mml.matmul(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.complex64))
    assert mixed.dtype == np.complex64


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [2, 5, 16, 40])
@pytest.mark.parametrize("e", [-3, -1, 0, 1, 2, 7])
def test_powers(e, n, dtype, rng):
    a = np.eye(n, dtype=dtype) + draw(rng, (4, n, n), dtype) / (4 * n)
    for one in (a, a[0], in_columns(a)):
        np.testing.assert_allclose(
            mml.matrix_power(one, e), np.linalg.matrix_power(one, e), atol=1e3 * np.finfo(dtype).eps
        )


@pytest.mark.parametrize("n", [3, 16, 17])
def test_a_stack_names_its_item(n, rng):
    a, b = draw(rng, (5, n, n), np.complex128), draw(rng, (5, n, 1), np.complex128)
    for value, text in [(np.nan, "contains NaN or infinity"), (0, "singular matrix")]:
        bad = a.copy()
        bad[3, :, 1] = value * 1j
        for call in (lambda x: mml.solve(x, b), mml.inverse):
            with pytest.raises(ValueError, match=rf"^A: {text} \(matrix 3 of the batch\)"):
                call(bad)
    with pytest.raises(ValueError, match=r"^A: contains NaN or infinity \(matrix 3 of the batch\)"):
        mml.determinant(np.where(bad == 0, np.inf, bad))
    np.testing.assert_array_equal(np.flatnonzero(mml.determinant(bad) == 0), [3])
    assert mml.slogdet(bad).logabsdet[3] == -np.inf
    b[2] = np.inf
    with pytest.raises(ValueError, match=r"^b: contains NaN or infinity \(matrix 2 of the batch\)"):
        mml.solve(a, b)


@pytest.mark.parametrize("count", [1, 9])
@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_units_change_no_solution(scale, count, rng):
    a, b = draw(rng, (count, 6, 6), np.complex128), draw(rng, (count, 6, 1), np.complex128)
    plain = mml.solve(a, b)
    room = 1e-13 * np.linalg.cond(a).max() * np.abs(plain).max()
    np.testing.assert_allclose(mml.solve(a * scale, b * scale), plain, rtol=0, atol=room)
    sign, size = mml.slogdet(a * scale)
    np.testing.assert_allclose(size, mml.slogdet(a)[1] + 6 * np.log(scale), rtol=1e-12)
    np.testing.assert_allclose(sign, mml.slogdet(a)[0], atol=1e-11)

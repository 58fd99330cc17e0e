"""inverse, determinant, slogdet, lu: against numpy, on hard matrices, on bad input."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml

ORDERS = [1, 2, 3, 5, 8, 9, 16, 17, 24, 25, 33, 64, 65, 130, 300]


def residual_bound(dtype, n):
    return 30 * n * float(np.finfo(dtype).eps)


@pytest.mark.parametrize("n", ORDERS)
@pytest.mark.parametrize("batch", [(), (1,), (9,), (2, 3)])
def test_inverse(n, batch, dtype, rng):
    a = rng.standard_normal((*batch, n, n)).astype(dtype)
    x = mml.inverse(a)
    assert x.shape == a.shape
    assert x.dtype == dtype
    size = np.linalg.norm(a, axis=(-2, -1)) * np.linalg.norm(x, axis=(-2, -1))
    wrong = np.linalg.norm(np.asarray(a @ x, "f8") - np.eye(n), axis=(-2, -1))
    assert (wrong <= residual_bound(dtype, n) * size).all()


@pytest.mark.parametrize("n", [0, *ORDERS])
@pytest.mark.parametrize("batch", [(), (0,), (9,), (2, 3)])
def test_determinant(n, batch, dtype, rng):
    a = rng.standard_normal((*batch, n, n)).astype(dtype)
    sign, logarithm = np.linalg.slogdet(a.astype("f8"))
    rtol = 1e-2 if dtype == np.float32 else 1e-9
    ours = mml.slogdet(a)
    np.testing.assert_array_equal(ours[0], sign)
    np.testing.assert_allclose(ours[1], logarithm, rtol=rtol, atol=rtol)
    if n <= 65:
        d = mml.determinant(a)
        assert np.asarray(d).dtype == dtype
        exact = sign * np.exp(logarithm)
        fits = np.abs(exact) < np.finfo(dtype).max
        np.testing.assert_allclose(np.where(fits, d, 0), np.where(fits, exact, 0), rtol=rtol)


def test_layouts(layout, dtype, rng):
    a = rng.standard_normal((4, 6, 6)).astype(dtype)
    np.testing.assert_allclose(mml.inverse(layout(a)), mml.inverse(a), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(mml.determinant(layout(a)), mml.determinant(a), rtol=1e-4)
    b = layout(a[0])
    perm, lower, upper = mml.lu(b)
    np.testing.assert_allclose(lower @ upper, b[perm], atol=1e-5)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_determinant_of_whole_numbers(n, seed):
    a = np.random.default_rng(seed).integers(-9, 10, (n, n))
    exact = Fraction(0)
    from itertools import permutations  # noqa: PLC0415

    for p in permutations(range(n)):
        inversions = sum(p[i] > p[j] for i in range(n) for j in range(i + 1, n))
        exact += (-1) ** inversions * math.prod(int(a[i, p[i]]) for i in range(n))
    assert float(mml.determinant(a)) == pytest.approx(float(exact), abs=1e-8)


@pytest.mark.parametrize("scale", [1e-310, 1e-300, 1e-100, 1e100, 1e300])
@pytest.mark.parametrize("n", [2, 10, 30, 100])
def test_determinants_out_of_range(scale, n, rng):
    a = rng.standard_normal((n, n))
    sign, logarithm = mml.slogdet(a * scale)
    expected = np.linalg.slogdet(a)
    assert sign == expected[0]
    rtol = 1e-2 if scale == 1e-310 else 1e-10
    assert logarithm == pytest.approx(expected[1] + n * math.log(scale), rel=rtol)
    with np.errstate(all="ignore"):
        assert mml.determinant(a * scale) in (0.0, math.inf, -math.inf) or n == 2


def test_singular_matrices():
    a = np.ones((3, 4, 4))
    a[1] = np.eye(4)
    np.testing.assert_array_equal(mml.determinant(a), [0, 1, 0])
    sign, logarithm = mml.slogdet(a)
    np.testing.assert_array_equal(sign, [0, 1, 0])
    np.testing.assert_array_equal(logarithm, [-np.inf, 0, -np.inf])
    for wrong in (a, np.zeros((2, 2)), np.zeros((40, 40))):
        with pytest.raises(mml.SingularMatrixError):
            mml.inverse(wrong)


@pytest.mark.parametrize(
    "shape",
    [(1, 1), (3, 3), (5, 2), (2, 5), (40, 40), (70, 33), (33, 70), (4, 6, 6), (0, 3), (3, 0)],
)
def test_lu(shape, dtype, rng):
    a = rng.standard_normal(shape).astype(dtype)
    perm, lower, upper = mml.lu(a)
    k = min(shape[-2:])
    assert lower.shape == (*shape[:-1], k)
    assert upper.shape == (*shape[:-2], k, shape[-1])
    np.testing.assert_array_equal(
        np.sort(perm, axis=-1), np.broadcast_to(np.arange(shape[-2]), perm.shape)
    )
    moved = np.take_along_axis(a, perm[..., np.newaxis], axis=-2)
    np.testing.assert_allclose(lower @ upper, moved, atol=residual_bound(dtype, max(k, 1)) * 10)
    assert (np.abs(lower) <= 1).all()
    np.testing.assert_array_equal(np.triu(lower, 1), 0)
    np.testing.assert_array_equal(np.tril(upper, -1), 0)


def test_lu_of_a_singular_matrix():
    a = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 1.0, 1.0]])
    perm, lower, upper = mml.lu(a)
    np.testing.assert_allclose(lower @ upper, a[perm], atol=1e-15)


@pytest.mark.parametrize("call", [mml.inverse, mml.determinant, mml.slogdet, mml.lu])
@pytest.mark.parametrize("n", [2, 12, 40])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number(call, n, value):
    a = np.eye(n)
    a[n - 1, 0] = value
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        call(a)
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        call(np.stack([np.eye(n), a]))


@pytest.mark.parametrize(
    ("call", "argument", "error", "message"),
    [
        (mml.inverse, np.ones((2, 3)), ValueError, r"A: got shape \(2, 3\), needed square"),
        (mml.determinant, np.ones((2, 3)), ValueError, r"A: got shape \(2, 3\), needed square"),
        (mml.slogdet, [1.0], ValueError, r"A: got shape \(1,\), needed at least 2 axes"),
        (mml.lu, 3.0, ValueError, r"A: got shape \(\), needed at least 2 axes"),
        (mml.lu, [["1"]], TypeError, "A: "),
        (mml.determinant, [["a"]], TypeError, "A: "),
    ],
)
def test_bad_input(call, argument, error, message):
    with pytest.raises(error, match=message):
        call(argument)

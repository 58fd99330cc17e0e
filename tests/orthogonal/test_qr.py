"""QR against its definition: orthonormal columns, an upper triangle with a non-negative diagonal, their product."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml

SHAPES = [
    (1, 1), (2, 2), (3, 3), (9, 9), (8, 5), (5, 8), (33, 33), (65, 64), (64, 65), (130, 70), (70, 130),
    (500, 7), (5000, 20), (300, 300), (40, 3, 3), (5, 16, 16), (3, 32, 20), (17, 7, 4), (6, 4, 7), (2, 3, 40, 40), (9, 1, 1),
]  # fmt: skip


def residuals(a, q, r):
    """LAPACK's test ratios (dqrt01): |A - Q R| / (m |A| u) and |I - Q'Q| / (m u), below 30."""
    u, m = np.finfo(a.dtype).eps, max(a.shape[-2], 1)
    exact, q, r = a.astype(float), q.astype(float), r.astype(float)
    size = np.abs(exact).sum(axis=-2).max(initial=0) or 1.0
    gap = np.abs(exact - q @ r).sum(axis=-2).max(initial=0) / (m * size * u)
    loss = np.abs(np.eye(q.shape[-1]) - np.swapaxes(q, -1, -2) @ q).sum(axis=-2).max(initial=0)
    return gap, loss / (m * u)


def check(a, bound=30):
    q, r = mml.qr(a)
    p = min(a.shape[-2:])
    assert (q.shape, r.shape) == ((*a.shape[:-1], p), (*a.shape[:-2], p, a.shape[-1]))
    assert q.dtype == r.dtype == a.dtype
    assert max(residuals(a, q, r)) < bound
    np.testing.assert_array_equal(np.tril(r, -1), 0)
    assert (np.diagonal(r, axis1=-2, axis2=-1) >= 0).all()
    return q, r


@pytest.mark.parametrize("shape", SHAPES)
def test_random(shape, dtype, rng):
    a = rng.standard_normal(shape).astype(dtype)
    q, r = check(a)
    expected_q, expected_r = np.linalg.qr(a.astype(float))
    signs = np.where(np.diagonal(expected_r, axis1=-2, axis2=-1) < 0, -1, 1)
    rough = 1e-2 if dtype == np.float32 else 1e-8
    np.testing.assert_allclose(q, expected_q * signs[..., None, :], atol=rough)
    np.testing.assert_allclose(r, expected_r * signs[..., None], atol=rough * 30)


@pytest.mark.parametrize("shape", [(3, 3), (20, 6), (9, 4, 4), (70, 70), (4000, 5)])
def test_layouts(shape, dtype, layout, rng):
    a = rng.standard_normal(shape).astype(dtype)
    expected = mml.qr(a)
    got = mml.qr(layout(a))
    np.testing.assert_allclose(got.Q, expected.Q, atol=50 * np.finfo(dtype).eps)
    np.testing.assert_allclose(got.R, expected.R, rtol=1e-4, atol=1e-4)


def hard(kind, n, rng):
    a = rng.standard_normal((n, n))
    if kind == "zero":
        return np.zeros((n, n))
    if kind == "zero column":
        a[:, n // 2] = 0
    elif kind == "first zero":
        a[:, 0] = 0
    elif kind == "repeated":
        a[:, -1] = a[:, 0]
    elif kind == "rank 1":
        return np.outer(a[0], a[1])
    elif kind == "hilbert":
        return 1 / (np.arange(n)[:, None] + np.arange(n) + 1)
    elif kind == "graded":
        return a * np.geomspace(1e-12, 1e12, n)
    elif kind == "triangle":
        return np.triu(a)
    elif kind == "identity":
        return np.eye(n)
    return a


KINDS = (
    "zero",
    "zero column",
    "first zero",
    "repeated",
    "rank 1",
    "hilbert",
    "graded",
    "triangle",
    "identity",
)


@pytest.mark.parametrize("n", [2, 3, 8, 24, 33, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_hard_matrices(kind, n, dtype, rng):
    a = hard(kind, n, rng).astype(dtype)
    check(a)
    check(np.stack([a, np.eye(n, dtype=dtype), a]))
    check(np.concatenate([a] * 5))


@pytest.mark.parametrize("n", [2, 5, 20, 40, 90])
@pytest.mark.parametrize("exponent", [-300, -160, 150, 300])
def test_scales(n, exponent, rng):
    a = rng.standard_normal((n, n))
    q, r = mml.qr(a)
    scaled = np.ldexp(a, exponent * 3)
    for got in (mml.qr(scaled), mml.qr(np.stack([scaled, a]))):
        np.testing.assert_allclose(got.Q.reshape(-1, n, n)[0], q, atol=1e-10)
        np.testing.assert_allclose(
            np.ldexp(got.R.reshape(-1, n, n)[0], -exponent * 3), r, atol=1e-10
        )


def test_same_for_every_number_of_threads(dtype, rng):
    for shape in ((200, 200), (5000, 8), (50, 4, 4), (5, 40, 40)):
        a = rng.standard_normal(shape).astype(dtype)
        full = mml.qr(a)
        with mml.threads(1):
            one = mml.qr(a)
        np.testing.assert_array_equal(full.Q, one.Q)
        np.testing.assert_array_equal(full.R, one.R)


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 3), (0, 2, 2), (2, 0, 4)])
def test_empty(shape):
    q, r = mml.qr(np.zeros(shape))
    expected = np.linalg.qr(np.zeros(shape))
    assert (q.shape, r.shape) == (expected[0].shape, expected[1].shape)


@pytest.mark.parametrize("shape", [(3, 3), (40, 40), (400, 4), (20, 3, 3), (2, 40, 40)])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_refuses_nan_and_infinity(shape, bad, dtype):
    a = np.ones(shape, dtype)
    a.flat[-2] = bad
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        mml.qr(a)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_any_shape(m, n, count, seed):
    rng = np.random.default_rng(seed)
    check(rng.integers(-2, 3, (count, m, n)).astype(float))
    check(rng.integers(-2, 3, (m, n)).astype(np.float32))


@pytest.mark.parametrize("shape", [(2, 2), (40, 3), (30, 30), (40, 40)])
@pytest.mark.parametrize("count", [(), (5,)])
def test_a_column_longer_than_the_largest_number(shape, count, dtype):
    big = np.finfo(dtype).max / 2
    with pytest.raises(ValueError, match="A: an entry of R leaves the range of numbers"):
        mml.qr(np.full((*count, *shape), big * 0.9 * 2, dtype))
    found = mml.qr(np.full((*count, *shape), big / 40, dtype))
    assert np.isfinite(found.R).all()

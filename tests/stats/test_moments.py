"""Moments: parts in any order give what the whole gives, and what is taken away was there."""

from __future__ import annotations

import contextlib
import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml


def assert_same(moments, x, tolerance=1e-12):
    assert moments.count == len(x)
    np.testing.assert_allclose(moments.mean, x.mean(axis=0), rtol=tolerance, atol=tolerance)
    scale = max(float(np.abs(mml.covariance(x)).max()), 1e-300)
    np.testing.assert_allclose(moments.covariance(), mml.covariance(x), atol=tolerance * scale)
    np.testing.assert_allclose(
        moments.variance(), mml.covariance(x).diagonal(), atol=tolerance * scale
    )


@pytest.mark.parametrize("offset", [0, 1e8])
def test_parts(offset, rng):
    x = rng.standard_normal((1000, 5)) + offset
    cuts = np.split(x, [1, 2, 2, 300, 999])
    one_by_one = mml.Moments(5)
    for part in cuts:
        assert one_by_one.update(part) is one_by_one
    tolerance = 1e-11 if offset else 1e-13
    assert_same(one_by_one, x, tolerance)
    assert_same(sum(mml.Moments(5).update(part) for part in cuts), x, tolerance)
    assert_same(
        sum((mml.Moments(5).update(part) for part in cuts[::-1]), mml.Moments(5)), x, tolerance
    )
    for row in x[:10]:
        one_by_one.update(row)
    assert one_by_one.count == 1010


def test_weights(rng):
    x, w = rng.standard_normal((200, 3)), rng.integers(0, 4, 200)
    moments = mml.Moments(3).update(x[:50], w[:50]).update(x[50:], w[50:])
    assert_same(moments, np.repeat(x, w, axis=0))
    np.testing.assert_allclose(
        moments.covariance(ddof=1), mml.covariance(x, weights=w, ddof=1), rtol=1e-12
    )


def test_downdate(rng):
    x = rng.standard_normal((400, 4)) + 10
    moments = mml.Moments(4).update(x)
    assert_same(moments.downdate(x[100:250]), np.delete(x, np.s_[100:250], axis=0), 1e-11)
    moments.downdate(x[:100])
    assert_same(moments, x[250:], 1e-11)
    moments.downdate(x[250:])
    assert moments == mml.Moments(4)
    with pytest.raises(ValueError, match="needed at most the 0"):
        moments.downdate(x[:1])
    moments.update(x[:100])
    before = moments.copy()
    with pytest.raises(ValueError, match="had not been added"):
        moments.downdate(x[100:150] * 10)
    assert moments == before


def test_they_are_values(rng):
    x = rng.standard_normal((10, 2))
    a, b = mml.Moments(2).update(x[:4]), mml.Moments(2).update(x[4:])
    kept = copy.deepcopy(a)
    assert a + b == a + b
    assert a == kept
    assert pickle.loads(pickle.dumps(a)) == a
    a.mean[0] = 99
    assert a == kept
    assert a != 3
    assert repr(a) == "Moments(dim=2, count=4)"
    with pytest.raises(TypeError):
        _ = a + 1
    with pytest.raises(TypeError):
        hash(a)


def test_refusals():
    with pytest.raises(ValueError, match="dim: got 0"):
        mml.Moments(0)
    moments = mml.Moments(2)
    with pytest.raises(ValueError, match="no points yet"):
        _ = moments.mean
    with pytest.raises(ValueError, match="no points yet"):
        moments.covariance()
    with pytest.raises(ValueError, match=r"X: got shape \(1, 3\), needed \(n, 2\)"):
        moments.update([1, 2, 3])
    with pytest.raises(ValueError, match="NaN or infinity"):
        moments.update([[1, np.nan]])
    assert moments == mml.Moments(2)
    with pytest.raises(ValueError, match="3 features cannot be added"):
        _ = moments + mml.Moments(3)
    with pytest.raises(ValueError, match="ddof"):
        moments.update([1, 2]).covariance(ddof=1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_any_cut(sizes, seed):
    x = np.random.default_rng(seed).integers(-50, 50, (sum(sizes) + 1, 3)).astype(float)
    parts = np.split(x, np.cumsum(sizes))
    assert_same(sum(mml.Moments(3).update(part) for part in parts), x)


def test_one_row_at_a_time_far_from_zero(rng):
    """1e8 +- 1, and 2^53 + (0, 2): what the whole data give."""
    x = 1e8 + rng.choice([-1.0, 1.0], (500, 2))
    moments = mml.Moments(2)
    for row in x:
        moments.update(row)
    np.testing.assert_allclose(moments.covariance(), mml.covariance(x), rtol=1e-13)
    np.testing.assert_array_equal(moments.mean, mml.mean(x))
    far = 2.0**53 + 2 * rng.integers(0, 2, (300, 1))
    parts = sum((mml.Moments(1).update(row) for row in far), mml.Moments(1))
    np.testing.assert_allclose(parts.variance(), mml.variance(far), rtol=1e-13)


def test_weights_in_any_unit(rng):
    x, w = rng.standard_normal((30, 2)), rng.random(30)
    expected = mml.Moments(2).update(x, w).covariance()
    small = np.ldexp(w, -1040)  # subnormal, with thirty digits left
    found = mml.Moments(2).update(x[:10], small[:10]).update(x[10:], small[10:])
    np.testing.assert_allclose(found.covariance(), expected, rtol=1e-6)
    assert found.count == pytest.approx(small.sum(), rel=1e-12)
    assert found == pickle.loads(pickle.dumps(found))


@pytest.mark.parametrize("steps", [1, 6])
def test_digits_that_are_gone_are_told(steps, rng):
    """Removed at once or little by little: what the sums have held is remembered."""
    x = rng.standard_normal((50, 2))
    large = [x[:10] * 1e9 / 10.0 ** (1.5 * k) for k in range(steps)]
    moments = mml.Moments(2).update(x)
    for part in large:
        moments.update(part)
    for part in large[:-1]:
        with contextlib.suppress(RuntimeWarning):
            moments.downdate(part)
    with pytest.warns(RuntimeWarning, match=r"column 0 \(X\[:, 0\]\) varies so little"):
        moments.downdate(large[-1])
    kept = mml.Moments(2).update(x).update(x[:20] * 10).downdate(x[:20] * 10)
    np.testing.assert_allclose(kept.covariance(), mml.covariance(x), rtol=1e-12)


def test_moments_of_earlier_versions():
    state = (1, 2.0, np.array([1.0]), np.array([[8.0]]))
    old = mml.Moments.__new__(mml.Moments)
    old.__setstate__(state)
    assert (old.count, old.mean, old.variance()) == (2.0, 1.0, 4.0)

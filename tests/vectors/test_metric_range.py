"""Measures in a metric at both ends of the range: against the same with vectors and metric near 1."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import mmlcore as mml


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def metric_of(rng, d):
    q = rng.standard_normal((d, d))
    m = np.round(64 * (q @ q.T + np.eye(d))) / 64
    return (m + m.T) / 2


@pytest.mark.parametrize("shape", [(3,), (40, 3), (40, 11)])
@pytest.mark.parametrize(
    "powers",
    [(-530, 530, 500), (1000, -1000, 0), (-1000, 900, 0), (900, -900, -660), (20, -1060, 0)],
)
def test_powers_of_two_only_scale(rng, shape, powers):
    x, y = np.round(rng.standard_normal((2, *shape)) * 256) + 0.5
    m = metric_of(rng, shape[-1])
    p, q, r = powers
    far = np.ldexp(x, p), np.ldexp(y, q)
    metric = np.ldexp(m, r)
    np.testing.assert_allclose(
        mml.inner(*far, metric=metric),
        np.ldexp(mml.inner(x, y, metric=m), p + q + r),
        rtol=1e-13,
        atol=1e-11 * 2.0 ** (p + q + r),
    )
    np.testing.assert_allclose(
        mml.angle(*far, metric=metric), mml.angle(x, y, metric=m), rtol=1e-12
    )
    np.testing.assert_allclose(
        mml.cosine(*far, metric=metric), mml.cosine(x, y, metric=m), rtol=1e-12, atol=1e-14
    )
    for a, power in zip((x, y), (p, q), strict=True):
        if -1000 <= power + r // 2 <= 1000:
            got = mml.length(np.ldexp(a, power), metric=metric)
            np.testing.assert_allclose(
                got, np.ldexp(mml.length(a, metric=m), power + r // 2), rtol=1e-12
            )
    got = mml.vector_projection(*far, metric=metric)
    want = mml.vector_projection(x, y, metric=m)
    np.testing.assert_allclose(
        got, np.ldexp(want, p), rtol=1e-9, atol=1e-12 * 2.0**p * np.abs(want).max()
    )


def test_zero_and_nan():
    m = np.eye(2) * 1e150
    assert mml.inner([0.0, 0.0], [1e300, 1e300], metric=m) == 0
    assert mml.inner([1e200, 1e-200], [1e-250, 1e200], metric=np.eye(2)) == pytest.approx(1.0)
    with np.errstate(all="ignore"):
        assert np.isnan(mml.inner([np.nan, 1.0], [1.0, 1.0], metric=np.eye(2)))
        assert mml.inner([1e300, 0.0], [1e300, 0.0], metric=m) == np.inf
    np.testing.assert_allclose(
        mml.angle([1e-320, 2e-320], [1.0, 0.0], metric=2 * np.eye(2)), np.arctan(2), rtol=1e-3
    )

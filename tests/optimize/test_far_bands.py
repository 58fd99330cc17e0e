"""Bands of regressions whose points lie far from 0, where the variance of the intercept hides that of the line."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mmlcore as mml


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6, 1e9, 1e12])
@pytest.mark.parametrize("n", [12, 5000])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("scale", [1.0, 1e-145])
def test_bands_do_not_depend_on_the_origin(rng, offset, n, weighted, scale):
    x = (
        np.round(rng.standard_normal((n, 2)) * 4096) / 1024
    )  # whole multiples, so that the offset rounds nothing
    y = (x @ [1.0, -2.0] + rng.standard_normal(n)) * scale
    sigma = np.exp(rng.standard_normal(n)) if weighted else None
    near = mml.linear_regression(x, y, sigma=sigma)
    far = mml.linear_regression(x + offset, y, sigma=sigma)
    for fit in (far, pickle.loads(pickle.dumps(far))):
        for kind in ("confidence", "prediction"):
            want, got = (
                near.predict(x[:5], **{kind: 0.9}),
                fit.predict(x[:5] + offset, **{kind: 0.9}),
            )
            np.testing.assert_allclose(
                got.upper - got.lower, want.upper - want.lower, rtol=max(1e-9, 1e-15 * offset)
            )


@pytest.mark.parametrize("offset", [1e6, 1e9])
def test_the_same_of_one_feature_and_moments(rng, offset):
    x = np.arange(20.0)
    y = 2 * x + rng.standard_normal(20)
    near = mml.linear_regression(x, y).predict(x[:3], confidence=0.9)
    moments = mml.Moments(2).update(np.column_stack([x + offset, y]))
    for fit in (mml.linear_regression(x + offset, y), mml.linear_regression(moments)):
        far = fit.predict(x[:3] + offset, confidence=0.9)
        np.testing.assert_allclose(far.upper - far.lower, near.upper - near.lower, rtol=1e-6)

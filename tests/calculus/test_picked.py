"""Elements that a condition picks: computed with, summed up, assigned; anything else is refused."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import mmlcore as mml


def assigned(x):
    y, m = np.zeros_like(x), x > 1
    y[m] = 2 * np.log(x[m])
    y[~m] = x[~m] ** 2
    return y


def scaled(x):
    y = x.copy()
    y[y > 1] *= 3
    y[y < 0.5] -= 1
    return y


def as_they_were(x):
    y = x.copy()
    large = y[y > 1]
    y[:] = 0
    return large.sum() + y


@pytest.mark.parametrize(
    "f",
    [
        assigned,
        scaled,
        as_they_were,
        lambda x: np.sum(x[x > 1]) * x[x > 1].mean() - np.mean(x[x < 1]),
        lambda x: np.log(x[x > 1] - 1).sum(),
        lambda x: x[x > 1].max() - x[x < 1].min() + np.max(x[x < 1]),
        lambda x: x[x > 1].std(ddof=1) + np.var(x[x < 1]),
        lambda x: np.linalg.norm(x[x > 1]) + np.dot(x[x > 1], 1 / x[x > 1]),
        lambda x: (2 * x[x > 1] - x[x > 1] ** 2).prod(),
        lambda x: x.reshape(4, 2)[x[:4] > 1].mean(axis=0) * [1.0, 2.0],
        lambda x: (x.reshape(4, 2)[x[:4] > 1] * [1.0, 2.0]).sum(),
        lambda x: np.max(x.reshape(2, 4)[x.reshape(2, 4) > 1]),
        lambda x: abs(-x[(x > 1) & (x < 1.5)] * x[0]).sum(),
        lambda x: (x[x > 1] > 1.5).sum() + (x[x > 1] > 0.5).all() * x,
        lambda x: np.add.reduce(x[x > 1]) + (x[x > 5]).sum(),
    ],
)
def test_values_and_slopes(f, rng):
    x = rng.uniform(0.2, 1.9, (3, 8))
    x[:, 3], x[:, 0] = 0.7, 1.3
    function = mml.Function(f, 8)
    np.testing.assert_allclose(function(x), [f(row) for row in x], rtol=1e-12)
    slopes = mml.finite_difference(functools.partial(f), x[0])
    np.testing.assert_allclose(function.jacobian(x)[0], slopes, rtol=1e-6, atol=1e-6)


def test_of_none():
    with np.errstate(all="ignore"):
        for f in (lambda x: x[x > 9].mean(), lambda x: x[x > 9].max(), lambda x: x[x > 9].min()):
            assert np.isnan(mml.Function(f, 4)(np.ones(4)))
    assert mml.Function(lambda x: x[x > 9].sum(), 4)(np.ones(4)) == 0


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x[x > 1], "how many elements"),
        (lambda x: len(x[x > 1]) * x, "how many elements"),
        (lambda x: x[x > 1].size * x, "how many elements"),
        (lambda x: sum(x[x > 1]), "how many elements"),
        (lambda x: x[x > 1][0], "how many elements"),
        (lambda x: x[x > 1] * np.ones(4), "an array met elements"),
        (lambda x: (x[x > 1] + x[x < 1]).sum(), "two conditions"),
        (lambda x: np.median(x[x > 1]), "numpy.median of elements"),
        (lambda x: np.linalg.norm(x[x > 1], 1), "but for that of a vector"),
    ],
)
def test_what_is_refused(f, words):
    with pytest.raises(mml.TraceError, match=words):
        mml.Function(f, 4)

"""Medians, quantiles and standardized data beside numpy's."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

METHODS = ["linear", "lower", "higher", "midpoint", "nearest", "hazen", "weibull"]
METHODS += ["median_unbiased", "normal_unbiased", "interpolated_inverted_cdf"]
KINDS = {
    "random": lambda rng, shape: rng.standard_normal(shape),
    "few": lambda rng, shape: rng.integers(0, 4, shape).astype(float),
    "equal": lambda _, shape: np.full(shape, 2.5),
    "sorted": lambda rng, shape: np.sort(rng.standard_normal(shape), axis=0),
    "skewed": lambda rng, shape: rng.standard_normal(shape) ** 9,
    "periodic": lambda _, shape: (np.arange(np.prod(shape)) % 7).reshape(shape) * 1.0,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 3, 7, 16, 33, 200, 399, 401, 1025, 5000])
@pytest.mark.parametrize("d", [1, 3, 9, 40])
def test_median_is_numpys(kind, n, d, dtype, rng):
    x = KINDS[kind](rng, (min(n, 50_000 // d), d)).astype(dtype)
    right = np.median(x, axis=0)
    for placed in (
        x,
        np.asfortranarray(x),
        np.repeat(x, 2, axis=0)[::2],
        x[::-1],
        x[:, ::-1][:, ::-1],
    ):
        found = mml.median(placed)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, right)
    np.testing.assert_array_equal(mml.median(x.T, axis=1), right)
    np.testing.assert_array_equal(mml.median(x, axis=-1), np.median(x, axis=1))
    assert mml.median(x, axis=None) == np.median(x)
    assert mml.median(x[:, 0]) == np.median(x[:, 0])


@pytest.mark.parametrize("n", [100_000, 1_200_001])
@pytest.mark.parametrize("kind", ["random", "few", "skewed"])
def test_large(kind, n, rng):
    x = KINDS[kind](rng, (n, 2))
    np.testing.assert_array_equal(mml.median(x), np.median(x, axis=0))
    shares = [0.0, 0.001, 0.2, 0.5, 0.75, 0.9999, 1.0]
    np.testing.assert_allclose(
        mml.quantile(x, shares), np.quantile(x, shares, axis=0), rtol=1e-14, atol=1e-14
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 5, 60, 3000])
def test_quantile_is_numpys(method, n, dtype, rng):
    x = rng.standard_normal((n, 5)).astype(dtype)
    for q in (0.0, 0.3, 1.0, [0.1, 0.5], [[0.2, 0.9], [0.9, 0.5]], np.linspace(0, 1, 41)):
        for axis in (0, 1, None):
            found = mml.quantile(x, q, axis, method=method)
            right = np.quantile(x.astype(float), q, axis=axis, method=method)
            np.testing.assert_allclose(
                found, right, rtol=2e-6 if dtype == np.float32 else 1e-13, atol=1e-13
            )
            assert np.shape(found) == np.shape(right)
            assert np.asarray(found).dtype == dtype
    assert mml.quantile(x, 0.3, method="linear").tolist() == mml.quantile(x, 0.3).tolist()


def test_nan_and_infinity_as_numpys(rng):
    x = rng.standard_normal((700, 4))
    x[300, 1] = np.nan
    x[:400, 2] = np.inf
    x[5:, 3] = -np.inf
    for some in (x, x[:350], x[290:310], x[:, :1], x[:, 1:2]):
        np.testing.assert_array_equal(mml.median(some), np.median(some, axis=0))
    found = mml.quantile(x, [0.25, 0.5, 0.75])
    np.testing.assert_array_equal(found[:, :2], np.quantile(x[:, :2], [0.25, 0.5, 0.75], axis=0))
    assert found[1:, 2].tolist() == [np.inf, np.inf]  # numpy: NaN
    assert found[:, 3].tolist() == [-np.inf] * 3


def test_ends_of_the_range():
    top = np.finfo(float).max
    assert mml.median([top, top]) == top
    assert mml.median([-top, top]) == 0
    assert mml.quantile([-top, top], 0.75) == pytest.approx(top / 2, rel=1e-15)
    assert mml.median([5e-324, 5e-324]) == 5e-324


def test_whatever_comes():
    assert mml.median([3, 1, 2]) == 2
    assert mml.median(np.array([[True, False], [True, True]])).tolist() == [1.0, 0.5]
    assert mml.median(np.arange(10, dtype=np.uint8)[::2]) == 4
    assert mml.median(np.empty((3, 0))).shape == (0,)
    out = np.empty(2)
    assert mml.median([[1, 2], [3, 4]], out=out) is out
    assert out.tolist() == [2, 3]
    out = np.empty((2, 2))
    assert mml.quantile([[1.0, 2.0], [3.0, 4.0]], [0, 1], out=out) is out
    assert out.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mml.median(np.empty((0, 3))), ValueError, r"X: got shape \(0, 3\)"),
        (lambda: mml.median(np.ones((2, 2, 2))), ValueError, "needed 1 or 2 axes"),
        (lambda: mml.median([1.0], axis=1), ValueError, "axis: got 1"),
        (lambda: mml.median(["a"]), TypeError, "X: got dtype"),
        (lambda: mml.median([1j]), TypeError, "needed real numbers"),
        (lambda: mml.quantile([1.0], 1.5), ValueError, r"q: got 1\.5, needed numbers between"),
        (lambda: mml.quantile([1.0], [0.1, np.nan]), ValueError, "q: got nan"),
        (lambda: mml.quantile([1.0], 0.5, method="no"), ValueError, "method: got 'no', needed one"),
        (lambda: mml.standardize(np.empty((0, 3))), ValueError, "X: got shape"),
        (lambda: mml.standardize([1.0], ddof=1), ValueError, "ddof: got 1"),
        (lambda: mml.standardize([1.0], axis=None), TypeError, "axis: got None"),
        (lambda: mml.standardize([1.0, 2.0], weights=[-1, 1]), ValueError, "weights"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "shape",
    [(1, 1), (2, 3), (50, 7), (300, 40), (3, 500), (2, 6000), (16, 700), (90, 5), (40_000, 3)],
)
@pytest.mark.parametrize("ddof", [0, 1])
def test_standardize(shape, ddof, dtype, rng):
    if shape[0] <= ddof:
        return
    x = (rng.standard_normal(shape) * 3 + 5).astype(dtype)
    wide = x.astype(np.longdouble)
    deviation = wide.std(axis=0, ddof=ddof)
    right = (wide - wide.mean(axis=0)) / np.where(deviation == 0, 1, deviation)
    tolerance = 1e-6 if dtype == np.float32 else 4e-15
    for placed in (x, np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x[::-1][::-1]):
        found = mml.standardize(placed, ddof=ddof)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, right.astype(float), atol=tolerance * 4)
    for placed in (np.ascontiguousarray(x.T), x.T, np.repeat(x, 3, axis=1)[:, ::3].T):
        turned = mml.standardize(placed, axis=1, ddof=ddof)
        np.testing.assert_allclose(turned, right.T.astype(float), atol=tolerance * 4)
    out = np.empty(shape, dtype)
    assert mml.standardize(x, ddof=ddof, out=out) is out


def test_standardize_whatever_the_units(rng):
    x = rng.standard_normal((60, 3))
    right = mml.standardize(x)
    for unit in (1e-170, 1e150, 1e-300):
        np.testing.assert_allclose(mml.standardize(x * unit), right, rtol=1e-12)
    mixed = np.column_stack([np.full(60, 14.62), np.zeros(60), x[:, 0] * 1e-200, 1e9 + x[:, 1]])
    found = mml.standardize(mixed)
    assert (found[:, :2] == 0).all()
    np.testing.assert_allclose(found[:, 2], right[:, 0], rtol=1e-12)
    np.testing.assert_allclose(found[:, 3], right[:, 1], atol=1e-6)


def test_standardize_with_gaps_and_weights(rng):
    x = rng.standard_normal((30, 3))
    x[3, 1], x[4, 2] = np.nan, np.inf
    found = mml.standardize(x)
    assert np.isnan(found[:, 1:]).all()
    np.testing.assert_allclose(found[:, 0], mml.standardize(x[:, 0]), rtol=1e-15)
    counts = rng.integers(1, 4, 30)
    weighted = mml.standardize(x[:, 0], weights=counts)
    repeated = mml.standardize(np.repeat(x[:, 0], counts))
    np.testing.assert_allclose(np.repeat(weighted, counts), repeated, atol=1e-13)

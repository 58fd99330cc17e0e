"""covariance against extended precision: no digit lost that the data have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml


def reference(x, weights=None, ddof=0):
    x = x.astype(np.longdouble)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, np.longdouble)
    centred = x - (w @ x) / w.sum()
    return (centred.T * w) @ centred / (w.sum() - ddof)


def assert_close(result, expected, tolerance):
    deviation = np.sqrt(np.maximum(expected.diagonal(), np.finfo(float).tiny))
    assert (np.abs(result - expected) <= tolerance * np.outer(deviation, deviation) + 1e-300).all()


@pytest.mark.parametrize("n", [1, 2, 3, 63, 64, 65, 1000, 5001])
@pytest.mark.parametrize("d", [1, 2, 7, 33, 97, 131])
def test_sizes(n, d, dtype, rng):
    x = (rng.standard_normal((n, d)) * np.geomspace(1, 1e-3, d) + 2).astype(dtype)
    c = mml.covariance(x)
    assert c.dtype == dtype
    np.testing.assert_array_equal(c, c.T)
    assert_close(c, reference(x), 3e-6 if dtype == np.float32 else 1e-13)


@pytest.mark.parametrize("d", [3, 120])
def test_memory_orders(d, layout, dtype, rng):
    x = rng.standard_normal((300, d)).astype(dtype)
    np.testing.assert_allclose(
        mml.covariance(layout(x)), mml.covariance(x), atol=1e-6 if dtype == np.float32 else 1e-14
    )


@pytest.mark.parametrize("d", [4, 110])
@pytest.mark.parametrize(
    ("dtype", "mean", "tolerance"),
    [
        (np.float64, 1e8, 1e-12),
        (np.float32, 1e4, 1e-5),
        (np.float32, 1e6, 1e-5),
    ],
)
def test_no_cancellation(d, dtype, mean, tolerance, rng):
    x = (rng.standard_normal((4000, d)) + mean).astype(dtype)
    assert_close(mml.covariance(x), reference(x), tolerance)


@pytest.mark.parametrize("d", [2, 100])
def test_a_sample_that_misleads(d, rng):
    """The rows that the provisional mean sees lie far from all others."""
    x = rng.standard_normal((25_600, d))
    x[::100] += 1e9
    x[25_000:] = x[:600][::-1]
    hidden = rng.standard_normal((25_600, d)) + 1e6
    hidden[np.arange(256) * 100] = 0
    some = slice(None, None, 1 + d // 12)  # sums in long double take their time
    for data in (x, hidden):
        assert_close(mml.covariance(data)[some, some], reference(data[:, some]), 1e-9)


def test_repeated_values_in_float32(rng):
    pixels = np.round(np.clip(rng.standard_normal((30_000, 100)) * 80 + 60, 0, 255)).astype(
        np.float32
    )
    assert_close(mml.covariance(pixels)[::9, ::9], reference(pixels[:, ::9]), 1e-6)


def test_constant_columns_have_exactly_no_variance(dtype, rng):
    x = rng.standard_normal((500, 3)).astype(dtype)
    x[:, 1] = dtype(0.1)
    assert mml.covariance(x)[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_that_sum_to_ddof_but_for_rounding_are_refused(dtype, rng):
    x, tried = rng.random((50, 2)), 0
    while tried < 5:
        w = rng.random(50).astype(dtype)
        w /= w.sum(dtype=dtype)
        if w.sum(dtype=np.float64) <= 1:
            continue
        tried += 1
        moments = mml.Moments(2)
        moments.update(x, weights=w)
        for call in (
            lambda w=w: mml.covariance(x, weights=w, ddof=1),
            lambda w=w: mml.variance(x, weights=w, ddof=1),
            lambda w=w: mml.standardize(x, weights=w, ddof=1),
            lambda moments=moments: moments.covariance(1),
        ):
            with pytest.raises(ValueError, match="ddof: got 1, needed less than"):
                call()


@pytest.mark.parametrize("d", [3, 100])
def test_weights_and_ddof(d, rng):
    x, w = rng.standard_normal((400, d)) + 10, rng.integers(0, 4, 400)
    repeated = np.repeat(x, w, axis=0)
    assert_close(mml.covariance(x, weights=w, ddof=1), reference(repeated, ddof=1), 1e-12)
    assert_close(mml.covariance(x, ddof=1), reference(x, ddof=1), 1e-13)


def test_cross_covariance(rng):
    x, y = rng.standard_normal((200, 3)) + 1e6, rng.standard_normal((200, 2)) - 1e6
    both = reference(np.hstack([x, y]))
    np.testing.assert_allclose(mml.covariance(x, y), both[:3, 3:].astype(float), atol=1e-12)


@pytest.mark.parametrize("d", [3, 100])
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_not_finite(d, bad):
    x = np.zeros((1000, d))
    x[777, d - 1] = bad
    with pytest.raises(ValueError, match=f"X: contains NaN or infinity.* in column {d - 1}"):
        mml.covariance(x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": [1.0, 2.0]}, r"X: got shape \(2,\), needed 2 axes"),
        ({"X": np.empty((0, 3))}, r"X: got shape \(0, 3\), needed at least one point"),
        ({"X": [[1.0]], "ddof": 1}, "ddof: got 1, needed less than the number of points"),
        ({"X": [[1.0], [2.0]], "weights": [1, -1]}, "weights: contains a negative"),
        ({"X": [[1.0], [2.0]], "weights": [0, 0]}, "weights: the sum is zero"),
        ({"X": [[1.0], [2.0]], "weights": [1]}, r"weights: got shape \(1,\), needed \(2,\)"),
        ({"X": [[1.0], [2.0]], "Y": [[1.0]]}, r"Y: got shape \(1, 1\), needed \(2, e\)"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        mml.covariance(**arguments)


@pytest.mark.parametrize("d", [5, 110])
def test_same_bits_for_every_number_of_threads(d, dtype, rng):
    x = rng.standard_normal((3001, d)).astype(dtype)
    results = []
    for n in (1, 2, 3, 7):
        with mml.threads(n):
            results.append(mml.covariance(x))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(1, 6), st.floats(-1e6, 1e6), st.integers(0, 2**32 - 1))
def test_shifting_changes_nothing_and_scaling_squares(n, d, shift, seed):
    x = np.random.default_rng(seed).integers(-1000, 1000, (n, d)).astype(float)
    c = mml.covariance(x)
    np.testing.assert_allclose(mml.covariance(x + round(shift)), c, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(mml.covariance(4 * x), 16 * c, rtol=1e-12, atol=1e-9)
    assert np.linalg.eigvalsh(c).min() > -1e-9 * max(np.trace(c), 1)


@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (5, 97), (2049, 8), (5000, 130), (70_000, 5)])
@pytest.mark.parametrize(
    "layout",
    [np.asarray, np.asfortranarray, lambda x: np.repeat(x, 2, axis=1)[::-1, ::2][::-1]],
    ids=["C", "Fortran", "strided"],
)
def test_bytes_are_exact(shape, layout, rng):
    """Against integers of Python, the largest values among them."""
    x = rng.integers(0, 256, shape).astype(np.uint8)
    x[: shape[0] // 2, ::3] = 255
    n, exact = shape[0], x.astype(object if shape[1] < 9 else np.int64)
    sums = exact.sum(axis=0)
    expected = ((n * (exact.T @ exact) - np.outer(sums, sums)) / n).astype(float) / n
    seen = mml.covariance(layout(x))
    assert seen.dtype == np.float64
    np.testing.assert_array_equal(seen, expected)
    moments = mml.Moments(shape[1]).update(x)
    np.testing.assert_array_equal(moments.mean, (sums / n).astype(float))
    np.testing.assert_allclose(
        mml.covariance(x, weights=np.full(n, 2.0)), expected, rtol=1e-12, atol=1e-9
    )


@pytest.mark.parametrize("n", [2, 7, 9, 31, 511, 513, 1030])
def test_few_columns_of_bytes_are_exact(n, rng):
    """Every number of columns up to those of the tiles, and rows that end anywhere in a vector."""
    for d in range(1, 41):
        wide = rng.integers(0, 256, (n, d + 3)).astype(np.uint8)
        wide[: n // 2, ::3] = 255
        for x in (
            wide[:, :d].copy(),
            wide[:, :d],
            wide[::-1, 1 : d + 1],
            wide[:, :d].copy("F"),
            wide[:, d::-1],
        ):
            whole = x.astype(np.int64)
            sums = whole.sum(axis=0)
            expected = (n * (whole.T @ whole) - np.outer(sums, sums)) / n / n
            np.testing.assert_array_equal(mml.covariance(x), expected)


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.float64])
def test_masks_are_not_dropped(dtype):
    x = np.ma.masked_array(np.ones((3, 2), dtype), np.eye(3, 2))
    for call in (mml.covariance, mml.Moments(2).update, mml.PCA(1).fit):
        with pytest.raises(TypeError, match="masked arrays are not taken"):
            call(x)
    with pytest.raises(TypeError, match="masked arrays are not taken"):
        mml.Moments(2).update(x[0])


def test_bool_and_other_whole_numbers(rng):
    x = rng.integers(0, 2, (300, 4))
    for dtype in (bool, np.uint8, np.int8, np.uint16, np.int64):
        np.testing.assert_allclose(mml.covariance(x.astype(dtype)), np.cov(x.T, ddof=0), rtol=1e-13)
        np.testing.assert_allclose(mml.correlation(x.astype(dtype)), np.corrcoef(x.T), rtol=1e-13)


@pytest.mark.parametrize("d", [2, 40, 150])
@pytest.mark.parametrize("power", [-1070, -500, -160, 100, 400, 1013])
def test_correlations_have_no_units(d, power, rng):
    """Each column in its own unit: a power of two changes no digit, whatever becomes of the squares."""
    x = rng.integers(-1000, 1000, (70, d)) * 1.0
    units = np.where(np.arange(d) % 2, power, 0)
    np.testing.assert_array_equal(mml.correlation(np.ldexp(x, units)), mml.correlation(x))


@pytest.mark.parametrize("d", [3, 40, 150])
@pytest.mark.parametrize("power", [-70, -60, 40, 60])
def test_small_and_large_float32(d, power, rng):
    """Squares of float32 numbers leave its range long before the covariance of other columns does."""
    x = rng.integers(-9, 10, (200, d)).astype(np.float32)
    expected = mml.covariance(x.astype(np.float64))
    scaled = np.ldexp(x, power)
    np.testing.assert_allclose(
        mml.correlation(scaled), mml.correlation(x.astype(np.float64)), atol=1e-6
    )
    if power <= 50:
        found = mml.covariance(scaled).astype(np.float64)
        least = float(np.finfo(np.float32).smallest_subnormal)
        wanted = np.ldexp(expected, 2 * power)
        least = max(least, 2e-6 * float(wanted.max()))
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=least)


@pytest.mark.parametrize("d", [1, 40])
def test_a_covariance_that_the_type_does_not_hold(d):
    x = np.zeros((10, d), np.float32)
    x[:5, d - 1] = 1e30
    with pytest.raises(ValueError, match=f"squares overflow in float32, in column {d - 1}"):
        mml.covariance(x)
    assert mml.covariance(x.astype(np.float64))[-1, -1] == pytest.approx(2.5e59, rel=1e-6)

"""mean, variance, correlation and affine maps against extended precision and the course's cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml


def test_reference(reference_case):
    inputs, expected = reference_case["inputs"], reference_case["expected"]
    operation, tolerance = reference_case["operation"], reference_case["tolerance"]
    if operation == "mean":
        result = mml.mean(inputs["X"])
    elif operation == "variance":
        result = mml.variance(inputs["x"], ddof=inputs["ddof"])
    elif operation == "covariance":
        result = mml.covariance(inputs["X"], ddof=inputs.get("ddof", 0))
    elif operation == "affine_mean":
        result = mml.affine_mean(inputs["m"], inputs["A"], inputs["b"])
    elif operation == "affine_cov":
        result = mml.affine_covariance(inputs["S"], inputs["A"])
    elif operation == "online_mean_var":
        # Seven points of that mean and variance, and one more.
        before = np.array([1, -1, 1, -1, 1, -1, 0]) * np.sqrt(inputs["var"] * 7 / 6)
        moments = mml.Moments(1).update((before + inputs["mean"])[:, None]).update([inputs["x"]])
        result, expected = (
            [moments.mean[0], moments.variance()[0]],
            [expected["mean"], expected["var"]],
        )
    else:
        assert operation == "affine_dataset"
        random = np.random.RandomState(42)
        A, b, X = random.randn(4, 4), random.randn(4), random.randn(100, 4)
        mapped = mml.affine_mean(mml.mean(X), A, b)
        np.testing.assert_allclose(mapped, expected["mean"], **tolerance)
        result, expected = mml.affine_covariance(mml.covariance(X), A, b), expected["cov"]
    np.testing.assert_allclose(result, expected, **tolerance)


def exact(x, axis, w=None, ddof=0):
    x = np.asarray(x, np.longdouble)
    if axis is None:
        x, axis = x.ravel(), 0
    w = np.ones(x.shape[axis]) if w is None else np.asarray(w, np.longdouble)
    mean = np.average(x, axis=axis, weights=w)
    apart = x - (mean if axis == 0 else mean[:, None])
    squares = (apart**2 * (w[:, None] if axis == 0 and x.ndim == 2 else w)).sum(axis=axis)
    return mean, squares / (w.sum() - ddof)


@pytest.mark.parametrize("shape", [(1, 4), (9, 1), (301, 33), (40, 1300), (70_001, 2)])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_axes_and_layouts(shape, axis, dtype, layout, rng):
    x = layout((rng.standard_normal(shape) + 5).astype(dtype))
    mean, variance = exact(x, axis)
    tolerance = 4e-7 if dtype == np.float32 else 1e-14
    np.testing.assert_allclose(mml.mean(x, axis), mean, rtol=tolerance)
    np.testing.assert_allclose(mml.variance(x, axis), variance, rtol=tolerance, atol=1e-30)
    for result in (mml.mean(x, axis), mml.variance(x, axis)):
        assert np.asarray(result).dtype == dtype
        assert np.shape(result) == np.shape(mean)


@pytest.mark.parametrize("n", [1, 5, 70_001])
@pytest.mark.parametrize("step", [1, -1, 3])
def test_one_axis(n, step, dtype, rng):
    x = (rng.standard_normal(3 * n) + 5).astype(dtype)[::step][:n]
    mean, variance = exact(x, 0)
    tolerance = 4e-7 if dtype == np.float32 else 1e-14
    assert mml.mean(x) == pytest.approx(float(mean), rel=tolerance)
    assert mml.variance(x) == pytest.approx(float(variance), rel=tolerance, abs=1e-30)
    assert np.asarray(mml.mean(x)).dtype == dtype
    assert isinstance(mml.mean(x), float if dtype == np.float64 else np.float32)


@pytest.mark.parametrize(
    ("dtype", "mean", "tolerance"),
    [(np.float64, 1e8, 1e-12), (np.float32, 1e4, 1e-5), (np.float32, 1e6, 1e-5)],
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_no_cancellation(dtype, mean, tolerance, order, rng):
    x = np.asarray(rng.standard_normal((20_000, 7)) + mean, dtype, order=order)
    center, variance = exact(x, 0)
    np.testing.assert_allclose(mml.variance(x), variance, rtol=tolerance)
    u = np.finfo(dtype).eps
    assert (np.abs(mml.mean(x) - center) <= u * mean).all()


def test_a_sample_that_misleads(rng):
    x = rng.standard_normal((25_600, 2)) + 1e6
    x[np.arange(256) * 100] = 0
    np.testing.assert_allclose(mml.variance(x), exact(x, 0)[1], rtol=1e-12)


def test_constant_columns_have_exactly_no_variance(dtype):
    for value in (0.1, 1e30 if dtype == np.float64 else 1e15, -7.3):
        assert mml.variance(np.full((1234, 3), value, dtype)).tolist() == [0, 0, 0]
        assert mml.mean(np.full(1234, value, dtype)) == dtype(value)


@pytest.mark.parametrize("axis", [0, 1])
def test_weights(axis, rng):
    x = rng.standard_normal((40, 30)) + 100
    w = rng.integers(0, 4, x.shape[axis])
    repeated = np.repeat(x, w, axis=axis)
    np.testing.assert_allclose(mml.mean(x, axis, weights=w), repeated.mean(axis), rtol=1e-14)
    np.testing.assert_allclose(
        mml.variance(x, axis, 1, weights=w), repeated.var(axis, ddof=1), rtol=1e-11
    )


def test_same_bits_for_every_number_of_threads(dtype, rng):
    x = rng.standard_normal((30_001, 700)).astype(dtype)
    results = []
    for n in (1, 2, 3, 7):
        with mml.threads(n):
            results.append(np.array([mml.variance(x), mml.mean(x)]))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mml.mean([]), r"X: got shape \(0,\), needed at least one number"),
        (lambda: mml.mean(np.zeros((0, 3))), "needed at least one number"),
        (lambda: mml.mean(np.zeros((2, 2, 2))), "needed 1 or 2 axes"),
        (lambda: mml.variance([1e200, -1e200]), "squares overflow"),
        (lambda: mml.variance([1.0], ddof=1), "ddof: got 1, needed less than"),
        (lambda: mml.mean([1.0, 2.0], weights=[1]), r"weights: got shape \(1,\), needed \(2,\)"),
        (lambda: mml.mean([1.0], axis=1), "axis: got 1, needed an integer between -1 and 0"),
        (lambda: mml.correlation([[1.0, 2.0], [1.0, 3.0]]), "X: column 0 does not vary"),
        (lambda: mml.affine_mean([1, 2], [[1]], [1]), r"mean: got shape \(2,\), needed \(1,\)"),
        (lambda: mml.affine_mean([1], [[1]], [1, 2]), r"b: got shape \(2,\), needed \(1,\)"),
        (lambda: mml.affine_covariance([[1, 2], [0, 1]], np.eye(2)), "S: is not symmetric"),
        (lambda: mml.affine_covariance(np.eye(2), np.eye(3)), r"S: got shape \(2, 2\), needed \(3"),
        (lambda: mml.affine_covariance(np.eye(2), np.eye(2), [1]), "b: got shape"),
        (lambda: mml.affine_mean([np.nan], [[1]], [0]), "mean: contains NaN"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_correlation(rng, dtype):
    x = (rng.standard_normal((500, 6)) @ rng.standard_normal((6, 6)) + 1e3).astype(dtype)
    r = mml.correlation(x)
    assert r.dtype == dtype
    expected = np.corrcoef(x.astype(np.longdouble), rowvar=False).astype(float)
    np.testing.assert_allclose(r, expected, atol=2e-6 if dtype == np.float32 else 1e-13)
    np.testing.assert_array_equal(r, r.T)
    np.testing.assert_array_equal(r.diagonal(), 1)
    twice = np.column_stack([x, -3 * x[:, :1]])
    assert mml.correlation(twice)[0, 6] >= -1
    weights = rng.integers(0, 3, 500)
    np.testing.assert_allclose(
        mml.correlation(x, weights=weights),
        mml.correlation(np.repeat(x, weights, axis=0)),
        atol=1e-5 if dtype == np.float32 else 1e-12,
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 50), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_agrees_with_the_covariance(n, d, seed):
    x = np.random.default_rng(seed).integers(-1000, 1000, (n, d)).astype(float)
    np.testing.assert_allclose(
        mml.variance(x), mml.covariance(x).diagonal(), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(mml.variance(x, 1), mml.variance(x.T), rtol=1e-13)


@pytest.mark.parametrize(
    ("points", "mean", "deviation", "scaled"),
    [
        ([[0, 0], [1, 1], [2, 2]], [1, 1], None, [[-1, -1], [0, 0], [1, 1]]),
        (
            [[0, 0], [1, 0], [2, 0]],
            [1, 0],
            [0.816496580927726, 0],
            [[-1.224744871391589, 0], [0, 0], [1.224744871391589, 0]],
        ),
    ],
)
def test_the_courses_standardization(points, mean, deviation, scaled):
    """Programming assignment on PCA: a feature that does not vary keeps its scale."""
    x = np.asarray(points)
    np.testing.assert_array_equal(mml.mean(x), mean)
    scale = np.ones(2)
    if deviation is not None:
        scale = np.sqrt(mml.variance(x))
        np.testing.assert_allclose(scale, deviation, rtol=1e-14)
        scale[scale == 0] = 1
    np.testing.assert_allclose((x - mml.mean(x)) / scale, scaled, rtol=1e-12)


def test_not_finite_stays_in_its_column(dtype):
    """Plain arithmetic: what numpy gives, column by column, also where a sample misled the shift of another."""
    x = np.array([[np.nan, 1, np.inf, -np.inf, 1e4], [2, 3, 1, np.inf, 1e4]], dtype)
    x = np.concatenate([x, np.zeros((1000, 5), dtype)])
    with np.errstate(invalid="ignore"):
        deviation = x.std(axis=0, dtype=np.float64)
        expected = x.mean(axis=0, dtype=np.float64)
        unit = np.finfo(dtype).eps / 2
        for data, axis in ((x, 0), (x.T.copy(), 1)):
            found = mml.mean(data, axis)
            np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
            np.testing.assert_array_equal(found[:1], expected[:1])
            np.testing.assert_array_equal(found[2:4], expected[2:4])
            bound = 8 * unit * (deviation + np.abs(expected))
            assert (np.abs(found - expected) <= bound)[[1, 4]].all()
            np.testing.assert_allclose(
                mml.variance(data, axis), deviation * deviation, rtol=1e-6, equal_nan=True
            )
    assert np.isnan(mml.mean([1.0, np.nan]))
    assert np.isnan(mml.variance([1.0, np.inf]))


@pytest.mark.parametrize("power", [-1070, -1000, -540, -200, 300, 1019])
def test_units_change_no_digit(power, rng):
    """Powers of two scale means exactly, and variances as far as they lie within the range.

    Where a sum overflows it is taken once more, column by column: in another order.
    """
    x = rng.integers(-8, 9, (50, 3)) * 1.0
    scaled = np.ldexp(x, power)
    last_place = np.finfo(np.float64).eps if power > 1000 else 0
    np.testing.assert_allclose(mml.mean(scaled), np.ldexp(mml.mean(x), power), rtol=last_place)
    assert mml.mean(scaled.ravel()) == np.ldexp(mml.mean(x.ravel()), power)
    if power > 500:
        with pytest.raises(ValueError, match="squares overflow in float64, in column 0"):
            mml.variance(scaled)
    else:
        np.testing.assert_array_equal(mml.variance(scaled), np.ldexp(mml.variance(x), 2 * power))


def test_the_mean_of_finite_numbers_is_finite():
    assert mml.mean([1e308, 1.2e308]) == pytest.approx(1.1e308, rel=1e-15)
    assert mml.mean([1.7e308, -1.7e308, 1.0e308]) == pytest.approx(1e308 / 3, rel=1e-15)
    np.testing.assert_array_equal(mml.mean(np.full((5, 2), 1.7e308)), [1.7e308, 1.7e308])


@pytest.mark.parametrize("unit", [1e-320, 1e-200, 1.0, 1e200, 1.7e308])
def test_equal_weights_cancel(unit, rng):
    x = rng.standard_normal((40, 3))
    w = np.full(40, unit)
    np.testing.assert_allclose(mml.mean(x, weights=w), mml.mean(x), rtol=1e-14)
    np.testing.assert_allclose(mml.variance(x, weights=w), mml.variance(x), rtol=1e-14)
    np.testing.assert_allclose(mml.covariance(x, weights=w), mml.covariance(x), rtol=1e-13)
    np.testing.assert_allclose(mml.correlation(x, weights=w), mml.correlation(x), rtol=1e-13)
    wide = rng.standard_normal((60, 40)).astype(np.float32)
    np.testing.assert_allclose(
        mml.covariance(wide, weights=np.full(60, unit)), mml.covariance(wide), rtol=1e-4, atol=1e-6
    )

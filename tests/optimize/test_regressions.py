"""Many regressions at once: each as alone, over types, orders, sizes and weights; labels of any type; windows; every error."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import Status


def same(found, one, i, tolerance=1e-9):
    for a, b in zip(found[:6], one, strict=True):
        np.testing.assert_allclose(np.asarray(a)[i], b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("d", [1, 2, 3, 5, 6, 16, 17])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_as_one_by_one(d, intercept, weighted, dtype, rng):
    k, n = 19, 30
    x = (rng.standard_normal((k, n, d)) + 100).astype(dtype)
    y = (x.sum(axis=-1) + rng.standard_normal((k, n))).astype(dtype)
    sigma = rng.uniform(0.5, 2, (k, n)) if weighted else None
    fit = mml.linear_regression(x, y, sigma=sigma, intercept=intercept)
    assert fit.standard_errors.shape == fit.t_values.shape == (k, d + intercept)
    ones = [
        mml.linear_regression(
            x[i], y[i], sigma=None if sigma is None else sigma[i], intercept=intercept
        )
        for i in range(k)
    ]
    for i, one in enumerate(ones):
        same(fit, one, i, 1e-7)
    # The same rows as groups in any order.
    order = rng.permutation(k * n)
    rows = x.reshape(-1, d)[order], y.ravel()[order]
    label = np.repeat(np.arange(k), n)[order] * 7 - 50
    deviations = None if sigma is None else sigma.ravel()[order]
    by = mml.linear_regression_by(*rows, label, sigma=deviations, intercept=intercept)
    np.testing.assert_array_equal(by.groups, np.arange(k) * 7 - 50)
    assert (by.status == Status.CONVERGED).all()
    assert by.success.all()
    for i, one in enumerate(ones):
        same(by, one, i, 1e-7)
    # Windows of one series.
    window = d + 5
    rolling = mml.linear_regression_rolling(
        x[0], y[0], window, sigma=None if sigma is None else sigma[0], intercept=intercept
    )
    for i in range(n - window + 1):
        part = slice(i, i + window)
        s = None if sigma is None else sigma[0, part]
        same(
            rolling, mml.linear_regression(x[0, part], y[0, part], sigma=s, intercept=intercept), i
        )


@pytest.mark.parametrize("shape", [(), (1,), (3, 2), (2, 1, 9)])
def test_leading_axes_and_orders(shape, rng):
    x, y = rng.standard_normal((*shape, 12, 3)), rng.standard_normal((*shape, 12))
    fit = mml.linear_regression(x, y)
    assert np.shape(fit.intercept) == np.shape(fit.r2) == np.shape(fit.dof) == shape
    assert fit.covariance.shape == (*shape, 4, 4)
    turned = np.ascontiguousarray(np.moveaxis(x, -1, 0))
    for a, b in zip(
        mml.linear_regression(np.moveaxis(turned, 0, -1)[..., ::-1, :], y[..., ::-1]),
        fit,
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_broadcast(rng):
    x, y = rng.standard_normal((12, 3)), rng.standard_normal((5, 12))
    fit = mml.linear_regression(x, y)
    for i in range(5):
        same(fit, mml.linear_regression(x, y[i]), i)
    line = mml.linear_regression(x[:, 0], y)
    assert line.coefficients.shape == (5, 1)
    ridged = mml.linear_regression(x, y, ridge=2.0)
    same(ridged, mml.linear_regression(x, y[2], ridge=2.0), 2)


def test_sizes(rng):
    """No items, many rows of few items, groups of many sizes, windows of every length."""
    assert mml.linear_regression(np.ones((0, 9, 2)), np.ones((0, 9))).coefficients.shape == (0, 2)
    x, y = rng.standard_normal((2, 3000, 2)), rng.standard_normal((2, 3000))
    fit = mml.linear_regression(x, y)
    same(fit, mml.linear_regression(x[1], y[1]), 1)
    for window in (4, 5, 17, 128, 129, 1000, 2999, 3000):
        found = mml.linear_regression_rolling(x[0], y[0], window)
        assert len(found.r2) == 3001 - window
        for i in (0, len(found.r2) // 2, len(found.r2) - 1):
            same(found, mml.linear_regression(x[0, i : i + window], y[0, i : i + window]), i)
    for groups, d in ((1, 2), (600, 3), (5000, 9), (70_000, 6)):  # by streams, and by sorting
        n = max(3000, 15 * groups)
        label, points = rng.integers(0, groups, n), rng.standard_normal((n, d))
        target = points.sum(axis=1) + rng.standard_normal(n)
        by = mml.linear_regression_by(points, target, label)
        for g in np.unique(label)[:: max(1, groups // 5)]:
            i = int(np.searchsorted(by.groups, g))
            if by.dof[i] > 0:
                own = label == g
                same(by, mml.linear_regression(points[own], target[own]), i, 1e-7)


@pytest.mark.parametrize(
    "labels",
    [
        ["b", "a", "c"],
        [3, -(2**62), 2**62],
        [2.5, -1.0, np.inf],
        [True, False, True],
        [dt.date(2026, 1, 3), dt.date(2025, 1, 3), dt.date(2027, 1, 3)],
        np.array(["2026-01-01", "2020-01-01", "2027-02-02"], "M8[D]"),
        np.array([200, 5, 7], np.uint8),
        np.array([2**64 - 1, 5, 7], np.uint64),
        [("x", 2), ("x", 1), ("a", 9)],
        [b"q", b"a", b"z"],
    ],
    ids=str,
)
def test_labels(labels, rng):
    if isinstance(labels, list) and not isinstance(labels[0], (str, int, float, bytes)):
        known = np.empty(3, object)
        known[:] = labels
    else:
        known = np.asarray(labels)
    code = rng.permutation(np.arange(60) % 3)
    x, y = rng.standard_normal(60), rng.standard_normal(60)
    fits = mml.linear_regression_by(x, y, known[code])
    assert list(fits.groups) == sorted(set(known.tolist() if known.dtype.kind == "O" else known))
    for i, label in enumerate(fits.groups):
        own = np.array([known[c] == label for c in code])
        same(fits, mml.linear_regression(x[own], y[own]), i)


def test_each_group_says_how_it_ended(rng):
    x, y = rng.standard_normal((40, 2)), rng.standard_normal(40)
    label = np.repeat(["few", "exact", "flat", "gap", "fine"], [2, 3, 10, 10, 15])
    x[5:15, 1] = x[5:15, 0]
    x[17, 0] = np.nan
    fits = mml.linear_regression_by(x, y, label)
    found = dict(zip(fits.groups, fits.status, strict=True))
    assert found == {"few": -2, "exact": 3, "flat": 5, "gap": -1, "fine": 1}
    assert [list(fits.groups[~fits.success])] == [["few", "gap"]]
    assert np.isnan(fits.coefficients[~fits.success]).all()
    assert np.isnan(fits.r2[~fits.success]).all()
    assert np.isinf(fits.covariance[fits.status != 1]).all()
    assert "Fewer rows than unknowns." in fits.message
    same(fits, mml.linear_regression(x[25:], y[25:]), list(fits.groups).index("fine"))


def test_digits_of_groups(rng):
    """Offsets, outliers as the first row, data that are nearly met, columns that nearly depend: as from the rows."""
    n = 400
    code = np.arange(n) % 4
    x = rng.standard_normal((n, 2)) + 1e7
    y = x @ [1.0, 2.0] + rng.standard_normal(n)
    y[0] += 1e9  # of group 0
    x[code == 1, 1] = x[code == 1, 0] + 1e-4 * rng.standard_normal(100)
    y[code == 2] = x[code == 2] @ [3.0, 4.0]
    x[code == 3] *= 1e-160
    fits = mml.linear_regression_by(x, y, code)
    for g in range(4):
        one = mml.linear_regression(x[code == g], y[code == g])
        np.testing.assert_allclose(fits.coefficients[g], one.coefficients, rtol=1e-7)
        np.testing.assert_allclose(fits.r2[g], one.r2, rtol=1e-9)


@pytest.mark.parametrize("intercept", [True, False])
def test_digits_of_stacks(intercept, rng):
    """Neighbours in lanes: plain ones, and those whose sums of products would lose digits."""
    x = rng.standard_normal((64, 30, 2))
    y = x @ [1.0, 2.0] + rng.standard_normal((64, 30))
    x[5] += 1e7
    y[5] += 1e9
    y[6, 0] += 1e9
    x[11, :, 1] = x[11, :, 0] + 1e-5 * rng.standard_normal(30)
    y[20] = x[20] @ [3.0, 4.0] + 1e-9 * rng.standard_normal(30)
    x[30] *= 1e-130
    x[38] *= 1e120
    fits = mml.linear_regression(x, y, intercept=intercept)
    for i in range(64):
        one = mml.linear_regression(x[i], y[i], intercept=intercept)
        np.testing.assert_allclose(fits.coefficients[i], one.coefficients, rtol=1e-9)
        np.testing.assert_allclose(fits.chi2[i], one.chi2, rtol=1e-6)
        np.testing.assert_allclose(fits.covariance[i], one.covariance, rtol=1e-6)


def test_an_outlier_leaves_the_window(rng):
    x, y = rng.standard_normal((500, 2)), rng.standard_normal(500)
    y[100] = x[101, 0] = 1e12
    fits = mml.linear_regression_rolling(x, y, 50)
    clean = mml.linear_regression_rolling(x[102:], y[102:], 50)
    np.testing.assert_allclose(fits.coefficients[102:], clean.coefficients, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(fits.chi2[102:], clean.chi2, rtol=1e-11)


def test_windows_with_gaps(rng):
    x, y = np.arange(50.0), rng.standard_normal(50)
    y[20] = np.nan
    x[30] = np.inf
    fits = mml.linear_regression_rolling(x, y, 5)
    bad = np.zeros(46, bool)
    bad[16:21] = bad[26:31] = True
    np.testing.assert_array_equal(fits.status, np.where(bad, Status.NOT_FINITE, Status.CONVERGED))
    assert np.isnan(fits.coefficients[bad]).all()
    ones = mml.linear_regression_rolling(x[:10], y[:10], 1)
    assert (ones.status == Status.TOO_FEW_POINTS).all()
    assert (mml.linear_regression_rolling(x[:10], y[:10], 2).status == Status.EXACT).all()


def test_threads_give_the_same_fits(rng):
    label, x, y = (
        rng.integers(0, 50, 200_000),
        rng.standard_normal((200_000, 3)),
        rng.standard_normal(200_000),
    )
    with mml.threads(1):
        one = mml.linear_regression_by(x, y, label)
    with mml.threads(3):
        three = mml.linear_regression_by(x, y, label)
    for a, b in zip(one, three, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def test_errors(rng):
    x, y = rng.standard_normal((4, 9, 2)), rng.standard_normal((4, 9))
    bad = y.copy()
    bad[2, 3] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity in item 2"):
        mml.linear_regression(x, bad)
    with pytest.raises(ValueError, match=r"y: got shape \(4, 8\)"):
        mml.linear_regression(x, y[:, :8])
    with pytest.raises(ValueError, match="leading axes"):
        mml.linear_regression(x, y[:3])
    with pytest.raises(ValueError, match="sigma: needed positive"):
        mml.linear_regression(x, y, sigma=np.zeros(9))
    with pytest.raises(ValueError, match=r"sigma: got shape \(3,\)"):
        mml.linear_regression(x, y, sigma=np.ones(3))
    x[1, :, 1] = x[1, :, 0]
    with pytest.warns(RuntimeWarning, match="linearly dependent"):
        fit = mml.linear_regression(x, y)
    assert np.isinf(fit.covariance[1]).all()
    assert np.isfinite(fit.covariance[[0, 2, 3]]).all()
    points, target = x[0], y[0]
    with pytest.raises(ValueError, match=r"groups: got shape \(3,\)"):
        mml.linear_regression_by(points, target, [1, 2, 3])
    with pytest.raises(ValueError, match="label of row 1 is NaN"):
        mml.linear_regression_by(points, target, [1, np.nan, *range(7)])
    with pytest.raises(ValueError, match="label of row 0 is NaT"):
        mml.linear_regression_by(points, target, np.full(9, "NaT", "M8[s]"))
    with pytest.raises(TypeError, match="hashable and to sort"):
        mml.linear_regression_by(points, target, np.array([1, "a"] * 4 + ["b"], object))
    with pytest.raises(ValueError, match="at most 9"):
        mml.linear_regression_rolling(points, target, 10)
    with pytest.raises(ValueError, match="window"):
        mml.linear_regression_rolling(points, target, 0)
    with pytest.raises(ValueError, match="sigma: needed positive"):
        mml.linear_regression_by(points, target, np.ones(9), sigma=-np.ones(9))
    with pytest.raises(ValueError, match="y: got shape"):
        mml.linear_regression_rolling(points, target[:4], 3)
    with pytest.raises(ValueError, match="X: got shape"):
        mml.linear_regression_rolling(np.ones((0, 2)), np.ones(0), 1)


@pytest.mark.parametrize("intercept", [True, False])
def test_dependent_columns(intercept, rng):
    """What rounding leaves of a dependent column may be negative, which seemed to be a small sum of variances."""
    k, n = 64, 20
    x = rng.standard_normal((k, n, 3))
    x[..., 2] = x[..., 0] / 3 - 7 * x[..., 1] + 1e-8 * x[..., 2]
    y = rng.standard_normal((k, n))
    label = np.repeat(np.arange(k), n)
    ones = [mml.linear_regression(x[i], y[i], intercept=intercept) for i in range(k)]
    stack = mml.linear_regression(x, y, intercept=intercept)
    groups = mml.linear_regression_by(x.reshape(-1, 3), y.ravel(), label, intercept=intercept)
    rolling = mml.linear_regression_rolling(
        x.reshape(-1, 3), y.ravel(), n, intercept=intercept
    ).chi2[::n]
    for i, one in enumerate(ones):
        for chi2 in (stack.chi2[i], groups.chi2[i], rolling[i]):
            assert chi2 == pytest.approx(one.chi2, rel=1e-5)

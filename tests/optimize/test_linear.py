"""linear_regression: certified digits, statistics by their definitions, and what cannot be fitted."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.conftest import DATA

import mmlcore as mml
from mmlcore.core import sources
from mmlcore.optimize import _linear

NIST = json.loads((DATA / "nist" / "linear.json").read_text(encoding="utf-8"))

# NIST StRD, Longley (1967): y, then six predictors a row.
LONGLEY = np.array(
    [
        "60323",
        "83",
        "234289",
        "2356",
        "1590",
        "107608",
        "1947",
        "61122",
        "88.5",
        "259426",
        "2325",
        "1456",
        "108632",
        "1948",
        "60171",
        "88.2",
        "258054",
        "3682",
        "1616",
        "109773",
        "1949",
        "61187",
        "89.5",
        "284599",
        "3351",
        "1650",
        "110929",
        "1950",
        "63221",
        "96.2",
        "328975",
        "2099",
        "3099",
        "112075",
        "1951",
        "63639",
        "98.1",
        "346999",
        "1932",
        "3594",
        "113270",
        "1952",
        "64989",
        "99",
        "365385",
        "1870",
        "3547",
        "115094",
        "1953",
        "63761",
        "100",
        "363112",
        "3578",
        "3350",
        "116219",
        "1954",
        "66019",
        "101.2",
        "397469",
        "2904",
        "3048",
        "117388",
        "1955",
        "67857",
        "104.6",
        "419180",
        "2822",
        "2857",
        "118734",
        "1956",
        "68169",
        "108.4",
        "442769",
        "2936",
        "2798",
        "120445",
        "1957",
        "66513",
        "110.8",
        "444546",
        "4681",
        "2637",
        "121950",
        "1958",
        "68655",
        "112.6",
        "482704",
        "3813",
        "2552",
        "123366",
        "1959",
        "69564",
        "114.2",
        "502601",
        "3931",
        "2514",
        "125368",
        "1960",
        "69331",
        "115.7",
        "518173",
        "4806",
        "2572",
        "127852",
        "1961",
        "70551",
        "116.9",
        "554894",
        "4007",
        "2827",
        "130081",
        "1962",
    ],
    dtype=float,
).reshape(16, 7)
LONGLEY_SLOPES = [
    15.0618722713733,
    -0.358191792925910e-01,
    -2.02022980381683,
    -1.03322686717359,
    -0.511041056535807e-01,
    1829.15146461355,
]
LONGLEY_ERRORS = [
    84.9149257747669,
    0.334910077722432e-01,
    0.488399681651699,
    0.214274163161675,
    0.226073200069370,
    455.478499142212,
    890420.383607373,
]


def test_longley():
    fit = mml.linear_regression(LONGLEY[:, 1:], LONGLEY[:, 0])
    np.testing.assert_allclose(fit.coefficients, LONGLEY_SLOPES, rtol=1e-11)
    assert fit.intercept == pytest.approx(-3482258.63459582, rel=1e-11)
    np.testing.assert_allclose(fit.standard_errors, LONGLEY_ERRORS, rtol=1e-10)
    assert np.sqrt(fit.chi2 / fit.dof) == pytest.approx(304.854073561965, rel=1e-11)
    assert fit.r2 == pytest.approx(0.995479004577296, rel=1e-12)
    np.testing.assert_allclose(fit.t_values[5], 1829.15146461355 / 455.478499142212, rtol=1e-10)
    moments = mml.Moments(7).update(np.roll(LONGLEY, -1, axis=1))
    np.testing.assert_allclose(
        mml.linear_regression(moments).coefficients, LONGLEY_SLOPES, rtol=1e-6
    )


@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_wampler(scale):
    """NIST StRD, Wampler 1 and 2: a polynomial of degree 5 met exactly."""
    x = np.arange(21.0)
    exact = scale ** np.arange(6)
    powers = x[:, None] ** np.arange(1, 6)
    fit = mml.linear_regression(powers, powers @ exact[1:] + exact[0])
    np.testing.assert_allclose(fit.coefficients, exact[1:], rtol=1e-8)
    assert fit.intercept == pytest.approx(exact[0], rel=1e-7)
    assert fit.r2 == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_by_the_definitions(small, intercept, weighted, dtype, rng, monkeypatch):
    if not small:
        monkeypatch.setattr(_linear, "_SMALL", 0)
    n, d = 500, 4
    x = (rng.standard_normal((n, d)) + np.array([0, 1, 2, 50])).astype(dtype)
    sigma = rng.random(n) + 0.5 if weighted else None
    y = (x @ [1, -2, 3, 0.5] + 7 + rng.standard_normal(n)).astype(dtype)
    fit = mml.linear_regression(x, y, sigma=sigma, intercept=intercept)
    design = np.column_stack([x, np.ones(n)] if intercept else [x]).astype(np.float64)
    w = np.ones(n) if sigma is None else 1 / sigma**2
    inner = np.linalg.inv((design.T * w) @ design)
    b = inner @ (design.T * w) @ y
    rest = y - design @ b
    chi2 = float((w * rest**2).sum())
    tolerance = 1e-3 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(
        np.append(fit.coefficients, fit.intercept)[: len(b)], b, rtol=tolerance, atol=tolerance
    )
    assert (fit.intercept != 0) == intercept
    assert fit.chi2 == pytest.approx(chi2, rel=tolerance)
    assert fit.dof == n - d - intercept
    np.testing.assert_allclose(
        fit.covariance,
        inner * chi2 / fit.dof,
        rtol=10 * tolerance,
        atol=tolerance * np.abs(inner).max(),
    )
    about = y - (np.average(y, weights=w) if intercept else 0)
    assert fit.r2 == pytest.approx(1 - chi2 / (w * about**2).sum(), rel=tolerance)


def test_routes_agree(rng, monkeypatch):
    x = rng.standard_normal((1000, 3)) + 1e6
    y = x @ [1.0, 2, 3] + rng.standard_normal(1000)
    by_qr = mml.linear_regression(x, y)
    monkeypatch.setattr(_linear, "_SMALL", 0)
    for a, b in zip(mml.linear_regression(x, y), by_qr, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    # Columns that nearly depend on each other leave the normal equations.
    close = np.column_stack([x[:, 0], x[:, 0] + 1e-6 * rng.standard_normal(1000)])
    exact = close @ [1.0, 2.0]
    np.testing.assert_allclose(mml.linear_regression(close, exact).coefficients, [1, 2], rtol=1e-3)


def test_moments_of_parts(rng):
    x = rng.standard_normal((900, 3))
    y = x @ [1.0, 2, 3] + 4 + rng.standard_normal(900)
    both = np.column_stack([x, y])
    moments = sum(mml.Moments(4).update(part) for part in np.split(both, 9))
    for a, b in zip(mml.linear_regression(moments), mml.linear_regression(x, y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


def test_dependent_columns_and_no_freedom(rng):
    x = rng.standard_normal((50, 2))
    twice = np.column_stack([x, x[:, 0]])
    y = x @ [1.0, 2.0] + rng.standard_normal(50)
    with pytest.warns(RuntimeWarning, match="linearly dependent"):
        fit = mml.linear_regression(twice, y)
    assert np.isinf(fit.covariance).all()
    alone = mml.linear_regression(x, y)
    np.testing.assert_allclose(fit.coefficients[0], fit.coefficients[2])
    np.testing.assert_allclose(
        twice @ fit.coefficients + fit.intercept, x @ alone.coefficients + alone.intercept
    )
    with pytest.warns(RuntimeWarning, match="no degrees of freedom"):
        exact = mml.linear_regression(x[:3], y[:3])
    np.testing.assert_allclose(x[:3] @ exact.coefficients + exact.intercept, y[:3])
    with pytest.warns(RuntimeWarning, match="linearly dependent"):
        few = mml.linear_regression(rng.standard_normal((3, 5)), [1.0, 2.0, 3.0])
    assert np.isfinite(few.coefficients).all()
    with pytest.warns(RuntimeWarning, match="linearly dependent"):
        flat = mml.linear_regression(np.ones((5, 1)), np.ones(5))
    assert (flat.coefficients[0], flat.intercept, flat.r2) == (0, 1, 1)


def test_one_feature(rng):
    x = rng.random(40)
    fit = mml.linear_regression(x, 3 * x + 1)
    np.testing.assert_allclose([*fit.coefficients, fit.intercept], [3, 1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"X": [[1.0], [2.0]]}, TypeError, "y: got None"),
        ({"X": [[1.0], [2.0]], "y": [1.0]}, ValueError, r"y: got shape \(1,\), needed \(2,\)"),
        ({"X": [[1.0], [np.nan]], "y": [1.0, 2]}, ValueError, "X, y: contains NaN"),
        ({"X": [[1.0], [2.0]], "y": [1, 2], "sigma": [1, 0]}, ValueError, "sigma: .* positive"),
        ({"X": np.empty((0, 1)), "y": []}, ValueError, "at least one point"),
        ({"X": mml.Moments(2), "y": [1]}, ValueError, "Moments hold them already"),
        ({"X": mml.Moments(1)}, ValueError, "at least 2"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        mml.linear_regression(**arguments)


@pytest.mark.parametrize("problem", NIST, ids=lambda p: p["name"])
def test_nist(problem):
    """NIST StRD linear problems to the digits that QR gives: Filip has a condition of 1e15, Wampler5 noise of 1e4."""
    x, y = np.array(problem["x"], float), np.array(problem["y"], float)
    powers = x[:, None] ** np.arange(1, problem["degree"] + 1)
    fit = mml.linear_regression(powers, y, intercept=problem["intercept"])
    first = 1 if problem["intercept"] else 0
    b, errors = fit.coefficients, fit.standard_errors
    if first:
        b, errors = np.append(fit.intercept, b), np.roll(errors, 1)
    digits = {"Filip": 6.5, "Wampler5": 5.5, "Wampler4": 7.5, "Wampler3": 8.5, "Wampler1": 8.5}
    tolerance = 10.0 ** -digits.get(problem["name"], 11)
    np.testing.assert_allclose(b, problem["b"], rtol=tolerance)
    np.testing.assert_allclose(errors, problem["errors"], rtol=10 * tolerance, atol=10 * tolerance)
    # The same rows as blocks that are read once.
    blocks = ((powers[i : i + 7], y[i : i + 7]) for i in range(0, len(y), 7))
    again = mml.linear_regression(blocks, intercept=problem["intercept"])
    np.testing.assert_allclose(again.coefficients, problem["b"][first:], rtol=10 * tolerance)


@pytest.mark.parametrize("rows", [60, 5000])
@pytest.mark.parametrize("intercept", [True, False])
def test_ridge(rows, intercept, rng):
    """The minimum of chi2 + ridge |b|^2, and the spread of it over noise that is drawn again."""
    x = rng.standard_normal((rows, 4)) @ np.diag([1.0, 10, 0.1, 1]) + 2
    truth = np.array([1.0, -1, 2, 0.5])
    y = x @ truth + 3 * intercept + rng.standard_normal(rows)
    fit = mml.linear_regression(x, y, intercept=intercept, ridge=7.0)
    centred = x - x.mean(axis=0) if intercept else x
    inner = centred.T @ centred
    around = np.linalg.inv(inner + 7 * np.eye(4))
    np.testing.assert_allclose(fit.coefficients, around @ centred.T @ y, rtol=1e-10)
    rest = y - x @ fit.coefficients - fit.intercept
    assert fit.chi2 == pytest.approx(rest @ rest, rel=1e-10)
    assert fit.dof == pytest.approx(rows - intercept - np.trace(around @ inner), rel=1e-10)
    np.testing.assert_allclose(
        fit.covariance[:4, :4], around @ inner @ around * fit.chi2 / fit.dof, rtol=1e-9
    )
    plain = mml.linear_regression(x, y, intercept=intercept)
    none = mml.linear_regression(x, y, intercept=intercept, ridge=0.0)
    np.testing.assert_array_equal(plain.coefficients, none.coefficients)
    with pytest.raises(ValueError, match="ridge: got -1"):
        mml.linear_regression(x, y, ridge=-1)


def test_ridge_of_dependent_columns(rng):
    x = rng.standard_normal((30, 2))
    twice = np.column_stack([x, x[:, 0]])
    fit = mml.linear_regression(twice, x @ [2.0, 1.0], ridge=1e-6)
    np.testing.assert_allclose(fit.coefficients, [1, 1, 1], rtol=1e-5)
    assert np.isfinite(fit.covariance).all()


@pytest.mark.parametrize("weighted", [True, False])
def test_mapped_files_and_blocks(weighted, tmp_path, rng, monkeypatch):
    n = 40_000
    x = rng.standard_normal((n, 3)) + 10
    y = x @ [1.0, 2, 3] + 4 + rng.standard_normal(n)
    sigma = rng.random(n) + 0.5 if weighted else None
    whole = mml.linear_regression(x, y, sigma=sigma)
    np.save(tmp_path / "x.npy", x)
    monkeypatch.setattr(sources, "_SMALL", 1)
    monkeypatch.setattr(sources, "_CHUNK", 1 << 17)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert sources.is_source(mapped)
    blocks = (
        (x[i : i + 999], y[i : i + 999], *([] if sigma is None else [sigma[i : i + 999]]))
        for i in range(0, n, 999)
    )
    for fit in (
        mml.linear_regression(mapped, y, sigma=sigma),
        mml.linear_regression(blocks),
    ):
        for found, expected in zip(fit, whole, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9)
    # Where the normal equations would lose digits the file is read again, by QR.
    near = np.column_stack([x[:, :1], x[:, :1] + 1e-7 * x[:, 1:2]])
    np.save(tmp_path / "near.npy", near)
    fit = mml.linear_regression(np.load(tmp_path / "near.npy", mmap_mode="r"), near @ [1.0, 2.0])
    np.testing.assert_allclose(fit.coefficients, [1, 2], rtol=1e-5)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9, 15, 16, 23, 24])
def test_few_columns_in_registers(n, dtype, rng):
    """Scatter matrices of every width, by every memory order and weights, against sums in exact rows."""
    x = (rng.standard_normal((1237, n)) * rng.uniform(0.1, 10, n) + 5).astype(dtype)
    weights = rng.random(1237)
    for data in (x, np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x[::-1], x[3:11]):
        for w in (None, weights[: len(data)], np.repeat(weights, 3)[: 3 * len(data) : 3]):
            mean = np.average(data.astype(float), axis=0, weights=w)
            apart = data.astype(float) - mean
            counts = np.ones(len(data)) if w is None else w
            expected = (apart.T * counts) @ apart / counts.sum()
            found = mml.covariance(data, weights=w)
            scale = np.sqrt(np.outer(expected.diagonal(), expected.diagonal()))
            error = np.abs(found - expected) / scale
            assert error.max() < (2e-7 if dtype == np.float32 else 1e-13)


def test_weights_that_are_none(rng):
    x, y = rng.standard_normal((2000, 3)), rng.standard_normal(2000)
    for bad in (0.0, -1.0, np.nan, np.inf):
        sigma = np.ones(2000)
        sigma[77] = bad
        with pytest.raises(ValueError, match="sigma: needed positive finite numbers"):
            mml.linear_regression(x, y, sigma=sigma)
        with pytest.raises(ValueError, match="sigma: needed positive finite numbers"):
            mml.linear_regression(x[:100], y[:100], sigma=sigma[:100])


@pytest.mark.parametrize(
    ("blocks", "error", "message"),
    [
        ([], ValueError, "X: got no points"),
        ([(np.ones((2, 1)),)], TypeError, "tuples"),
        (
            [(np.ones((2, 1)), [1.0, 2]), (np.ones((2, 2)), [1.0, 2])],
            ValueError,
            r"needed \(n, 1\)",
        ),
        ([(np.ones((2, 1)), [1.0])], ValueError, r"y: got shape \(1,\), needed \(2,\)"),
        ([(np.ones((2, 1)), [1.0, np.nan])], ValueError, "X, y: contains NaN"),
    ],
)
def test_refused_blocks(blocks, error, message):
    with pytest.raises(error, match=message):
        mml.linear_regression(iter(blocks))
    with pytest.raises(ValueError, match="belongs into the blocks"):
        mml.linear_regression(iter(blocks), sigma=[1.0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize(("n", "d"), [(5, 1), (50, 3), (300, 4), (5000, 4), (300, 40), (2000, 110)])
def test_one_call_gives_what_all_steps_do(n, d, weighted, intercept, dtype, monkeypatch):
    from mmlcore.optimize import _linear  # noqa: PLC0415

    rng = np.random.default_rng(n + d)
    x = (rng.standard_normal((n, d)) * rng.uniform(0.1, 9, d) + 5).astype(dtype)
    y = (x @ np.ones(d) + 3 + rng.standard_normal(n)).astype(dtype)
    sigma = rng.uniform(0.5, 2, n) if weighted else None
    fit = mml.linear_regression(x, y, sigma=sigma, intercept=intercept)
    monkeypatch.setattr(_linear, "_of_plain", lambda *_: NotImplemented)
    slowly = mml.linear_regression(x, y, sigma=sigma, intercept=intercept)
    close = 1e-9 if dtype == np.float64 or d < 24 else 1e-4
    for name, ours, theirs in zip(fit._fields, fit, slowly, strict=True):
        assert type(ours) is type(theirs)
        scale = np.abs(theirs).max() if np.ndim(theirs) else 1
        np.testing.assert_allclose(ours, theirs, rtol=close, atol=close * scale, err_msg=name)


@pytest.mark.parametrize("noise", [0.0, 1e-12, 1e-8, 1e-4])
def test_data_that_are_met_almost_exactly_keep_their_digits(noise):
    rng = np.random.default_rng(0)
    x, b = rng.standard_normal((4000, 6)) + 10, rng.standard_normal(6)
    e = rng.standard_normal(4000)
    y = x @ b + 2 + noise * e
    fit = mml.linear_regression(x, y)
    exact, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(4000)]), e, rcond=None)
    left = e - np.column_stack([x, np.ones(4000)]) @ exact
    np.testing.assert_allclose(fit.coefficients, b + noise * exact[:-1], rtol=1e-12)
    if noise > 1e-10:
        np.testing.assert_allclose(fit.chi2, noise**2 * (left @ left), rtol=1e-5)
    assert fit.chi2 <= 2 * noise**2 * (left @ left) + 4000 * (1e-14 * np.abs(y).max()) ** 2


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(("n", "d"), [(2, 5), (20, 40), (150, 151), (90, 400)])
def test_fewer_points_than_columns_have_the_shortest_coefficients(n, d, intercept):
    rng = np.random.default_rng(n)
    x = rng.standard_normal((n, d)) * rng.uniform(0.3, 3, d) + 2
    y = rng.standard_normal(n)
    with pytest.warns(RuntimeWarning, match="linearly dependent"):
        fit = mml.linear_regression(x, y, intercept=intercept)
    apart, right = (x - x.mean(axis=0), y - y.mean()) if intercept else (x, y)
    np.testing.assert_allclose(
        fit.coefficients, np.linalg.pinv(apart, rcond=1e-12) @ right, atol=1e-10
    )
    assert fit.chi2 < 1e-20
    assert np.isinf(fit.covariance).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_blocks_without_rows_count_nothing(rng, weighted):
    x, y, sigma = rng.standard_normal((20, 2)), rng.standard_normal(20), rng.uniform(1, 2, 20)
    rows = [slice(0, 0), slice(0, 9), slice(9, 9), slice(9, 20)]
    blocks = [(x[r], y[r], sigma[r]) if weighted else (x[r], y[r]) for r in rows]
    found = mml.linear_regression(iter(blocks))
    expected = mml.linear_regression(x, y, sigma=sigma if weighted else None)
    np.testing.assert_allclose(found.estimates, expected.estimates, rtol=1e-12)
    assert found.dof == expected.dof
    with pytest.raises(ValueError, match="got no points"):
        mml.linear_regression(iter(blocks[:1]))

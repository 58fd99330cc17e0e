"""What results tell: bands, intervals and tests by closed forms and simulation, tables, names; polynomials; least squares."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.stats import student

stats = pytest.importorskip("scipy.stats")


def wave(x, amplitude, rate, level):
    return amplitude * np.sin(rate * x) + level


@pytest.fixture
def line(rng):
    x = rng.standard_normal((40, 2))
    y = x @ [1.0, -2.0] + 3 + rng.standard_normal(40)
    return x, y, mml.linear_regression(x, y)


@pytest.mark.parametrize("dof", [1, 2, 3.5, 10, 100, 5000, 2e6, np.inf])
def test_student(dof):
    law = stats.norm if np.isinf(dof) else stats.t(dof)
    t = np.array([0, 1e-3, 0.1, 1, 2.5, 10, 40])
    np.testing.assert_allclose(student.two_sided(t, dof), 2 * law.sf(t), rtol=1e-8)
    for level in (0.0, 0.5, 0.95, 0.9999):
        assert student.quantile(level, dof) == pytest.approx(law.ppf(0.5 + level / 2), rel=1e-8)
    assert student.two_sided(np.inf, dof) == 0
    assert np.isnan(student.two_sided(np.nan, dof))


def test_line_by_closed_forms(line):
    x, _y, fit = line
    a = np.column_stack([x, np.ones(40)])
    inverse, t = np.linalg.inv(a.T @ a), stats.t(37)
    s2 = fit.chi2 / 37
    np.testing.assert_allclose(fit.p_values, 2 * t.sf(np.abs(fit.t_values)), rtol=1e-8)
    half = t.ppf(0.95) * np.sqrt(s2 * np.diag(inverse))
    np.testing.assert_allclose(fit.confidence_intervals(0.9)[:, 1] - fit.estimates, half)
    new = np.array([[0.5, 1.0], [2.0, -3.0]])
    rows = np.column_stack([new, np.ones(2)])
    about = np.einsum("ij,jk,ik->i", rows, inverse, rows)
    for name, variance in (("confidence", s2 * about), ("prediction", s2 * (1 + about))):
        band = fit.predict(new, **{name: 0.95})
        np.testing.assert_allclose(band.value, rows @ fit.estimates)
        np.testing.assert_allclose(band.upper - band.value, t.ppf(0.975) * np.sqrt(variance))
        np.testing.assert_allclose(band.value - band.lower, band.upper - band.value)
    errors = fit.standard_errors
    np.testing.assert_allclose(fit.correlation, fit.covariance / np.outer(errors, errors))


def test_bands_cover():
    """95 % bands hold the curve, and new points, in 95 % of 600 samples, within four deviations of that count."""
    rng, x, held = np.random.default_rng(3), np.linspace(0, 3, 12), np.zeros(3)
    at = np.array([1.3])
    for _ in range(600):
        y = wave(x, 2.0, 1.5, 0.5) + 0.2 * rng.standard_normal(12)
        new = wave(at, 2.0, 1.5, 0.5) + 0.2 * rng.standard_normal(1)
        fit = mml.curve_fit(wave, x, y, [2.0, 1.5, 0.5])
        low, high = fit.confidence_intervals()[0]
        curve, points = fit.predict(at, confidence=0.95), fit.predict(at, prediction=0.95)
        held += [
            low < 2 < high,
            (curve.lower < wave(at, 2.0, 1.5, 0.5) < curve.upper)[0],
            (points.lower < new < points.upper)[0],
        ]
    assert (np.abs(held - 570) < 4 * np.sqrt(600 * 0.95 * 0.05)).all(), held


def test_curve(rng):
    x = np.linspace(0, 3, 30)
    y = wave(x, 2.0, 1.5, 0.5) + 0.1 * rng.standard_normal(30)
    fit = mml.curve_fit(wave, x, y, [2.0, 1.5, 0.5])
    assert fit.names == ["amplitude", "rate", "level"]
    band = fit.predict(x, confidence=0.9)
    slopes = np.column_stack(
        [
            np.sin(fit.parameters[1] * x),
            fit.parameters[0] * x * np.cos(fit.parameters[1] * x),
            np.ones(30),
        ]
    )
    half = stats.t(27).ppf(0.95) * np.sqrt(np.einsum("ij,jk,ik->i", slopes, fit.covariance, slopes))
    np.testing.assert_allclose(band.upper - band.value, half)
    text = fit.summary()
    assert all(word in text for word in ("amplitude", "chi2", "97.5 %", "strongest correlation"))
    assert "<td>rate</td>" in fit._repr_html_()
    assert fit.to_dict()["dof"] == 27
    frame = pytest.importorskip("pandas") and fit.to_frame("pandas")
    np.testing.assert_allclose(frame["value"], fit.parameters)


def test_names(line):
    pd = pytest.importorskip("pandas")
    x, y, plain = line
    fit = mml.linear_regression(pd.DataFrame(x, columns=["height", "<age>"]), y)
    assert fit.names == ["height", "<age>", "intercept"]
    assert "&lt;age&gt;" in fit._repr_html_()
    assert plain.names == ["x1", "x2", "intercept"]
    assert mml.linear_regression(pd.Series(y, name="time"), y + x[:, 0]).names[0] == "time"
    again = pickle.loads(pickle.dumps(fit))
    assert again.names == fit.names
    np.testing.assert_array_equal(again.covariance, fit.covariance)
    b, c, *_ = fit
    assert (b == fit.coefficients).all()
    assert c == fit.intercept
    pl = pytest.importorskip("polars")
    assert mml.linear_regression(pl.DataFrame(x, schema=["u", "v"]), y).names[0] == "u"
    assert fit.to_frame("polars").shape == (3, 7)


def test_stacks(rng):
    fit = mml.linear_regression(rng.standard_normal((4, 20, 2)), rng.standard_normal((4, 20)))
    assert fit.confidence_intervals().shape == (4, 3, 2)
    assert fit.p_values.shape == (4, 3)
    assert fit.correlation.shape == (4, 3, 3)
    assert "dof" in fit.summary()
    with pytest.raises(ValueError, match="no table"):
        fit.to_frame()


def test_other_results():
    root = mml.newton(lambda x: x**2 - 2, 1.0)
    assert "1.41421" in root.summary()
    roots = mml.newton(lambda x: x**2 - 2, [1.0, 2.0])
    assert "starts" in roots.summary()
    least = mml.minimize(lambda v: np.sum((v - 1) ** 2), [0.0, 0.0])
    assert "x2" in least._repr_html_()
    assert set(least.to_dict()) == set(least._fields)
    ranks = mml.pagerank(mml.Graph.from_edges([0, 1, 2], [1, 2, 0]))
    assert "node" in ranks.summary()
    assert "fitted" in mml.PCA(2).summary()
    pca = mml.PCA(2).fit(np.random.default_rng(0).standard_normal((30, 4)))
    assert "cumulative" in pca.summary()
    assert "components_" in pca.to_dict()


def test_pictures(line, rng):
    pytest.importorskip("matplotlib").use("Agg")
    x, y, fit = line
    one = mml.linear_regression(x[:, 0], y)
    assert one.plot(x[:, 0], y)[1].get_ylabel() == "residual"
    with pytest.raises(ValueError, match="one feature"):
        fit.plot(x, y)
    t = np.linspace(0, 3, 30)
    curve = mml.curve_fit(
        wave, t, wave(t, 2.0, 1.5, 0.5) + 0.1 * rng.standard_normal(30), [2, 1.5, 0.5]
    )
    assert len(curve.plot()) == 2
    assert len(mml.polynomial_fit(t, np.sin(t), 3).plot()) == 2
    label = y > 0
    label[:6] = ~label[:6]
    assert mml.logistic_regression(x, label).plot(x, label).get_ylabel() == "chance"
    path = mml.minimize(lambda v: np.sum((v - 1) ** 2 * (1 + v**2)), [0.0, 0.5], trajectory=True)
    path.plot(lambda v: np.sum((v - 1) ** 2 * (1 + v**2)))
    mml.pagerank(mml.Graph.from_edges([0, 1, 2], [1, 2, 0])).plot()


def test_what_results_refuse(line):
    x, _, fit = line
    with pytest.raises(ValueError, match="got both"):
        fit.predict(x, confidence=0.9, prediction=0.9)
    with pytest.raises(ValueError, match="confidence"):
        fit.predict(x, confidence=1.5)
    with pytest.raises(ValueError, match="no finite interval is certain"):
        fit.confidence_intervals(1.0)
    with pytest.raises(ValueError, match=r"X: got shape \(40, 1\)"):
        fit.predict(x[:, :1])
    with pytest.raises(ValueError, match="library"):
        fit.to_frame("excel")
    with pytest.raises(ValueError, match="trajectory=True"):
        mml.minimize(lambda v: v**2, 1.0).plot(None)


@pytest.mark.parametrize("degree", [0, 1, 2, 7, 30])
def test_polynomials(degree, rng):
    x = 1.6e9 + 1e5 * np.sort(rng.random(2000))
    t = (x - 1.6e9) / 5e4 - 1
    c = rng.standard_normal(degree + 1)
    y = np.polynomial.chebyshev.chebval(t, c) + 0.1 * rng.standard_normal(2000)
    fit = mml.polynomial_fit(x, y, degree)
    basis = np.polynomial.chebyshev.chebvander(t, degree)
    best = np.linalg.lstsq(basis, y, rcond=None)[0]
    np.testing.assert_allclose(fit(x), basis @ best, rtol=1e-7, atol=1e-8)
    assert fit.dof == 2000 - degree - 1
    band = fit.predict(x[:50], confidence=0.95)
    covariance = np.linalg.inv(basis.T @ basis) * fit.chi2 / fit.dof
    half = stats.t(fit.dof).ppf(0.975) * np.sqrt(
        np.einsum("ij,jk,ik->i", basis[:50], covariance, basis[:50])
    )
    np.testing.assert_allclose(band.upper - band.value, half, rtol=1e-6)


def test_polynomials_of_times_and_weights(rng):
    days = np.datetime64("2026-01-01") + np.arange(60)
    y = np.arange(60.0) ** 2
    fit = mml.polynomial_fit(days, y, 2, sigma=rng.uniform(0.5, 2, 60))
    assert fit(np.datetime64("2026-03-02")) == pytest.approx(3600)
    np.testing.assert_allclose(
        mml.polynomial_fit(np.arange(60.0), y, 3).power_coefficients(), [0, 0, 1, 0], atol=1e-9
    )
    exact = mml.polynomial_fit([0.0, 1.0, 2.0], [1.0, 2.0, 5.0], 2)
    np.testing.assert_allclose(exact.power_coefficients(), [1, 0, 1], atol=1e-12)
    assert np.isinf(exact.covariance).all()
    with pytest.raises(ValueError, match="needed less than 3, the number of different x"):
        mml.polynomial_fit([0.0, 1.0, 2.0, 2.0], [1.0, 2.0, 5.0, 5.0], 3)
    with pytest.raises(ValueError, match="y: got shape"):
        mml.polynomial_fit([0.0, 1.0], [1.0], 1)
    with pytest.raises(ValueError, match="x: contains NaN"):
        mml.polynomial_fit([0.0, np.nan], [1.0, 2.0], 1)
    with pytest.raises(ValueError, match="x: got shape"):
        mml.polynomial_fit([], [], 0)


def test_least_squares(rng):
    x = np.linspace(0, 3, 30)
    y = wave(x, 2.0, 1.5, 0.5) + 0.1 * rng.standard_normal(30)
    both = (
        mml.least_squares(lambda p: wave(x, p[0], p[1], p[2]) - y, [2.0, 1.5, 0.5]),
        mml.curve_fit(wave, x, y, [2.0, 1.5, 0.5]),
    )
    np.testing.assert_allclose(both[0].parameters, both[1].parameters, rtol=1e-7)
    np.testing.assert_allclose(both[0].covariance, both[1].covariance, rtol=1e-5)
    np.testing.assert_allclose(both[0].residual, both[1].residual, atol=1e-6)
    assert both[0].names == ["p1", "p2", "p3"]
    y[4] += 50
    options = {"loss": "soft_l1", "f_scale": 0.1}
    robust = mml.least_squares(lambda p: wave(x, p[0], p[1], p[2]) - y, [2.0, 1.5, 0.5], **options)
    optimize = pytest.importorskip("scipy.optimize")
    theirs = optimize.least_squares(
        lambda p: wave(x, *p) - y, [2.0, 1.5, 0.5], xtol=1e-12, ftol=1e-12, gtol=1e-12, **options
    )
    np.testing.assert_allclose(robust.parameters, theirs.x, rtol=1e-5)
    aims = np.array([1.0, 2.0, 3.0, 1.0])
    held = mml.least_squares(
        lambda p: np.stack([p[0], p[1], p[2], p[0]]) - aims, np.zeros(3), bounds=(-1, 2)
    )
    np.testing.assert_allclose(held.parameters, [1, 2, 2], atol=1e-8)
    one = mml.least_squares(lambda a: np.stack([a - 1.0, a - 3.0]), 0.0)
    np.testing.assert_allclose(one.parameters, [2.0])
    for bad, error, words in (
        (lambda: mml.least_squares(lambda p: p[:1], [1.0, 2.0]), TypeError, "at least as many"),
        (lambda: mml.least_squares(lambda p: p, [np.nan]), ValueError, "x0: contains NaN"),
        (
            lambda: mml.least_squares(lambda p: p, [3.0], bounds=(0, 1)),
            ValueError,
            "within the bounds",
        ),
        (lambda: mml.least_squares(lambda p: p, [[3.0]]), ValueError, "x0: got shape"),
        (
            lambda: mml.least_squares(np.log, [-1.0]),
            mml.ConvergenceError,
            "not finite",
        ),
        (lambda: one.predict([1.0]), TypeError, "no curve"),
        (one.plot, TypeError, "no curve"),
    ):
        with pytest.raises(error, match=words):
            bad()


def _bent(x, a, b):
    return a * (1 - np.exp(-b * x))


BOD_X = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 7.0])
BOD_Y = np.array([8.3, 10.3, 19.0, 16.0, 15.6, 19.8])


def test_profiles_rise_by_what_they_should():
    """Bates and Watts' oxygen demand: ends that are not symmetric; each is where the rise is t^2 s^2."""
    fit = mml.curve_fit(_bent, BOD_X, BOD_Y, [20.0, 0.5], profile=True)
    ends = fit.confidence_intervals(0.8)
    t = student.quantile(0.8, fit.dof)
    for k, name in enumerate(fit.names):
        for end in ends[k]:
            held = {"a": (-np.inf, np.inf), "b": (-np.inf, np.inf), name: (end, end)}
            start = {**dict(zip(fit.names, fit.parameters, strict=True)), name: end}
            other = mml.curve_fit(_bent, BOD_X, BOD_Y, start, bounds=held)
            assert other.chi2 - fit.chi2 == pytest.approx(t * t * fit.chi2 / fit.dof, rel=1e-4)
    plain = fit.confidence_intervals(0.8, profile=False)
    assert (ends[:, 1] - fit.parameters > fit.parameters - ends[:, 0]).all()
    assert not np.allclose(ends, plain, rtol=0.01)
    assert fit.confidence_intervals(0.99)[1, 1] == np.inf  # a rate without end is a constant
    assert f"{fit.confidence_intervals()[1, 1]:.4g}" in str(fit.summary())


def test_profiles_of_straight_lines_are_the_intervals_by_errors():
    x = np.arange(12.0)
    y = 3 * x - 1 + np.sin(5 * x)
    for options in (
        {},
        {"sigma": np.full(12, 0.7), "absolute_sigma": True},
        {"sigma": 0.7 * np.eye(12)},
    ):
        fit = mml.curve_fit(lambda x, a, b: a * x + b, x, y, **options)
        ends = fit.confidence_intervals(profile=True)
        np.testing.assert_allclose(ends, fit.confidence_intervals(), rtol=1e-5)
    bounded = mml.curve_fit(
        lambda x, a, b: a * x + b, x, y, [3.0, -1.0], bounds=([0, -2], [3.01, -1])
    )
    ends = bounded.confidence_intervals(profile=True)
    assert ends[0, 1] == 3.01
    assert ends[1, 1] == -1
    assert (ends[:, 0] < bounded.parameters).all()


def test_profiles_are_for_curves():
    fit = mml.least_squares(lambda v: v[0] - np.array([1.0, 2.0]), [0.0])
    with pytest.raises(ValueError, match="profile"):
        fit.confidence_intervals(profile=True)
    with pytest.raises(ValueError, match="level"):
        mml.curve_fit(_bent, BOD_X, BOD_Y, [20.0, 0.5]).confidence_intervals(1.5, profile=True)

"""logistic_regression: the equations of the maximum, errors by simulation, scikit-learn, data that can be separated."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import mmlcore as mml


def draw(rng, n=400, d=3):
    x = rng.standard_normal((n, d))
    z = x @ np.linspace(1, -1, d) + 0.4
    return x, (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)


def by_numpy(x, y, ridge=0.0, intercept=True):
    """Newton's method as the textbooks have it."""
    a = np.column_stack([x, np.ones(len(x))]) if intercept else np.asarray(x, float)
    penalty = np.full(a.shape[1], ridge)
    if intercept:
        penalty[-1] = 0
    w = np.zeros(a.shape[1])
    for _ in range(12):
        p = 1 / (1 + np.exp(-a @ w))
        information = (a.T * (p * (1 - p))) @ a
        w += np.linalg.solve(information + np.diag(penalty), a.T @ (y - p) - penalty * w)
    inverse = np.linalg.inv(information + np.diag(penalty))
    likelihood = np.sum(np.log(np.where(y == 1, p, 1 - p)))
    return w, inverse @ information @ inverse, likelihood


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("ridge", [0.0, 2.5])
@pytest.mark.parametrize("shape", [(400, 3), (257, 1), (3000, 20)])
def test_the_maximum(shape, ridge, intercept, dtype, rng):
    x, y = draw(rng, *shape)
    x = x.astype(dtype)
    fit = mml.logistic_regression(x, y, ridge=ridge, intercept=intercept)
    w, covariance, likelihood = by_numpy(x.astype(float), y, ridge, intercept)
    np.testing.assert_allclose(fit.estimates, w, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(fit.standard_errors, np.sqrt(np.diag(covariance)), rtol=1e-6)
    assert fit.log_likelihood == pytest.approx(likelihood, rel=1e-10)
    assert fit.converged
    np.testing.assert_allclose(
        mml.logistic_regression(
            np.asfortranarray(x)[::-1], y[::-1], ridge=ridge, intercept=intercept
        ).estimates,
        w,
        rtol=1e-8,
        atol=1e-9,
    )


def test_long_data(rng):
    """The way by a start from some of the rows."""
    x, y = draw(rng, 40_000, 20)
    fit = mml.logistic_regression(x, y)
    p = fit.predict(x)
    slope = np.append(x.T @ (y - p), (y - p).sum())
    assert np.abs(slope * fit.standard_errors).max() < 1e-6
    some = by_numpy(x, y)
    np.testing.assert_allclose(fit.covariance, some[1], rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize(
    "case", ["periodic", "rare column", "outlier", "offsets", "fortran", "float32", "ridge"]
)
def test_long_data_of_which_some_say_little(case, rng):
    """Rows that a sample does not stand for: it is a start, never the answer."""
    x, y = draw(rng, 60_000, 12)
    ridge = 0.0
    if case == "periodic":
        x[:: 60_000 // 4096] += rng.standard_normal(12) * 3
    elif case == "rare column":
        x[:, 3] = 0
        x[rng.integers(0, 60_000, 50), 3] = 1
    elif case == "outlier":
        x[17, 2] = 1e6
    elif case == "offsets":
        x = x * 10.0 ** np.arange(-6, 6) + 10.0 ** np.arange(-4, 8)
    elif case == "fortran":
        x = np.asfortranarray(x)
    elif case == "float32":
        x = x.astype(np.float32)
    else:
        ridge = 50.0
    fit = mml.logistic_regression(x, y, ridge=ridge)
    p = fit.predict(x)
    wide = x.astype(float)
    slope = np.append(wide.T @ (y - p) - ridge * fit.coefficients, (y - p).sum())
    assert np.abs(slope * fit.standard_errors).max() < 1e-5
    a = np.column_stack([wide / wide.std(0), np.ones(len(x))])
    information = (a.T * (p * (1 - p))) @ a + np.diag(np.append(ridge / wide.std(0) ** 2, 0))
    if ridge == 0:
        expected = np.sqrt(np.diag(np.linalg.inv(information)))[:12] / wide.std(0)
        np.testing.assert_allclose(fit.standard_errors[:12], expected, rtol=2e-6)


def test_errors_of_long_data_are_made_when_asked_for(rng):
    x, y = draw(rng, 60_000, 12)
    fit = mml.logistic_regression(x, y)
    assert "covariance=<made when asked for>" in repr(fit)
    assert fit.names[-1] == "intercept"
    assert fit.estimates.shape == (13,)
    fit.predict(x[:5])
    assert "covariance=<made when asked for>" in repr(fit)
    copies = [pickle.loads(pickle.dumps(fit)), copy.copy(fit), copy.deepcopy(fit)]
    assert "covariance=array" in repr(fit)
    expected = by_numpy(x, y)[1]
    for other in (fit, *copies):
        np.testing.assert_allclose(other.covariance, expected, rtol=1e-7, atol=1e-12)
    assert fit.covariance is fit.covariance
    np.testing.assert_allclose(fit.to_dict()["covariance"], expected, rtol=1e-7, atol=1e-12)


def test_many_columns(rng):
    """The start has a start of its own."""
    x, y = draw(rng, 30_000, 150)
    fit = mml.logistic_regression(x, y)
    p = fit.predict(x)
    slope = np.append(x.T @ (y - p), (y - p).sum())
    assert np.abs(slope * fit.standard_errors).max() < 1e-6


@pytest.mark.parametrize(
    "change",
    ["one number", "units", "offset", "sign", "rows", "columns", "zero", "not a number"],
)
@pytest.mark.parametrize("order", "CF")
def test_data_that_change_before_errors_are_made(change, order, rng):
    x, y = draw(rng, 60_000, 12)
    x = np.array(x, order=order)
    fit, kept = mml.logistic_regression(x, y), x.copy(order)
    expected = mml.logistic_regression(kept, y).standard_errors
    y[:] = 0  # classes are copied
    np.testing.assert_allclose(fit.standard_errors, expected, rtol=1e-12)
    fit = mml.logistic_regression(x, fit.predict(x) > rng.random(60_000))
    if change == "one number":
        x[31_415, 7] += 1e-4
    elif change == "units":
        x[:, 4] *= 1 + 1e-9
    elif change == "offset":
        x[:, 2] -= 1e-9
    elif change == "sign":
        x *= -1
    elif change == "rows":
        x[[5, 6]] = x[[6, 5]]
        x[:100] = x[:100][::-1].copy()
    elif change == "columns":
        x[:, [1, 2]] = x[:, [2, 1]]
    elif change == "zero":
        x[:] = 0
    else:
        x[0, 0] = np.nan
    for _ in range(2):
        with pytest.raises(ValueError, match="has changed since the fit"):
            fit.standard_errors  # noqa: B018
    with pytest.raises(ValueError, match="has changed since the fit"):
        fit.summary()
    assert "made when asked for" in repr(fit)
    x[:] = kept
    assert np.isfinite(fit.standard_errors).all()


def test_long_data_without_an_answer(rng):
    x, y = draw(rng, 60_000, 12)
    far = x.copy()
    far[3, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        mml.logistic_regression(far, y)
    far[3, 4] = np.inf
    with pytest.raises(ValueError, match="inf"):
        mml.logistic_regression(far, y)
    with pytest.raises(mml.ConvergenceError, match="separated without error"):
        mml.logistic_regression(x, x[:, 2] > 0.1)
    far = x.copy()
    far[:, 5] = far[:, 1] + 2
    with pytest.raises(ValueError, match="linearly dependent"):
        mml.logistic_regression(far, y)
    one = x.copy()
    one[:, 0] = 0.0
    one[7, 0] = 1.0
    with pytest.raises(mml.ConvergenceError, match="plane separates the classes"):
        mml.logistic_regression(one, y)


def test_units_and_offsets(rng):
    x, y = draw(rng)
    plain = mml.logistic_regression(x, y)
    units, offset = np.array([1e9, 1e-9, 1e100]), np.array([1e4, 0, -1e3])
    other = mml.logistic_regression((x + offset) * units, y)
    np.testing.assert_allclose(other.coefficients * units, plain.coefficients, rtol=1e-8)
    np.testing.assert_allclose(other.t_values[:3], plain.t_values[:3], rtol=1e-8)
    assert other.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-9)


def test_errors_cover_the_truth():
    """95 % intervals hold the truth in 95 % of 400 samples, within four deviations of that count."""
    rng, inside = np.random.default_rng(5), 0
    for _ in range(400):
        x, y = draw(rng, 300, 1)
        low, high = mml.logistic_regression(x, y).confidence_intervals(0.95)[0]
        inside += low < 1 < high
    assert abs(inside - 380) < 4 * np.sqrt(400 * 0.95 * 0.05)


def test_labels_and_bands(rng):
    x, y = draw(rng)
    fit = mml.logistic_regression(x, np.where(y == 1, "yes", "no"))
    assert list(fit.classes) == ["no", "yes"]
    np.testing.assert_allclose(fit.estimates, mml.logistic_regression(x, y == 1).estimates)
    band = fit.predict(x, confidence=0.9)
    assert ((band.lower < band.value) & (band.value < band.upper)).all()
    a = np.column_stack([x, np.ones(len(x))])
    z = a @ fit.estimates
    half = 1.6448536269514722 * np.sqrt(np.einsum("ij,jk,ik->i", a, fit.covariance, a))
    np.testing.assert_allclose(band.upper, 1 / (1 + np.exp(-z - half)))
    assert set(fit.classify(x)) == {"yes", "no"}
    assert "x3" in fit.summary()


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_separable(rng, scale):
    x = rng.standard_normal((60, 2)) * scale
    y = x[:, 0] > 0
    with pytest.raises(mml.ConvergenceError, match="separated without error") as error:
        mml.logistic_regression(x, y)
    assert not error.value.result.converged
    fit = mml.logistic_regression(x, y, ridge=1.0 * scale**2)
    assert fit.converged
    x[:30, 0] = 0  # both classes on the border
    y[:30] = rng.random(30) < 0.5
    with pytest.raises(mml.ConvergenceError, match="quasi-complete"):
        mml.logistic_regression(x, y)
    assert not mml.logistic_regression(x, y, raise_on_failure=False).converged
    # One point on the wrong side, and there is a maximum.
    x[0], y[0] = [scale, 0], False
    assert mml.logistic_regression(x, y).converged


def test_a_dummy_that_tells_the_class(rng):
    x, y = draw(rng, 200, 2)
    dummy = (rng.random(200) < 0.1) & (y == 1)
    with pytest.raises(mml.ConvergenceError, match="quasi-complete"):
        mml.logistic_regression(np.column_stack([x, dummy]), y)


def test_errors(rng):
    x, y = draw(rng, 50, 2)
    bad = x.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="X: contains NaN"):
        mml.logistic_regression(bad, y)
    with pytest.raises(ValueError, match="got 1 different labels"):
        mml.logistic_regression(x, np.ones(50))
    with pytest.raises(ValueError, match="got 50 different labels"):
        mml.logistic_regression(x, np.arange(50))
    with pytest.raises(ValueError, match=r"y: got shape \(3,\)"):
        mml.logistic_regression(x, y[:3])
    with pytest.raises(ValueError, match="at least one point"):
        mml.logistic_regression(x[:, :0], y)
    with pytest.raises(ValueError, match="linearly dependent"):
        mml.logistic_regression(np.column_stack([x, x[:, 0]]), y)
    with pytest.raises(ValueError, match="linearly dependent"):
        mml.logistic_regression(np.column_stack([x, np.ones(50)]), y)
    with pytest.raises(ValueError, match="ridge"):
        mml.logistic_regression(x, y, ridge=-1)
    with pytest.raises(mml.ConvergenceError, match="max_iter"):
        mml.logistic_regression(x, y, max_iter=1)
    with pytest.raises(ValueError, match="two classes, which no band holds"):
        mml.logistic_regression(x, y).predict(x, prediction=0.9)

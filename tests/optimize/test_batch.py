"""Many curves: as one by one, whatever else is in the batch; bad rows, masks, bounds, memory maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.optimize.strd import PROBLEMS, Problem
from tests.optimize.test_curve_fit import START, digits, gaussian

import mmlcore as mml
from mmlcore.optimize import _batch, models

X = np.linspace(-5, 5, 50)


def curves(n: int, seed: int = 0, noise: float = 0.3) -> np.ndarray:
    """Peaks of many heights, places and widths."""
    rng = np.random.default_rng(seed)
    a, b, s, c = (
        rng.uniform(low, high, (n, 1)) for low, high in ((5, 10), (-1, 1), (0.7, 1.5), (0, 2))
    )
    return np.asarray(gaussian(X, a, b, s, c) + noise * rng.standard_normal((n, X.size)))


def same_covariance(got: np.ndarray, expected: np.ndarray) -> bool:
    """Tell whether covariances agree to 2e-5 of the variances: a batch has that of the point before the last step."""
    deviations = np.sqrt(expected.diagonal())
    return bool((np.abs(got - expected) <= 2e-5 * np.outer(deviations, deviations)).all())


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_certified_values(problem: Problem) -> None:
    """Both starts in one batch: six digits."""
    starts = np.stack(
        [*problem.starts, problem.starts[0]]
    )  # three: two rows of x are two predictors
    fits = mml.curve_fit_batch(
        problem.model, problem.x, np.stack([problem.y] * 3), starts, max_iter=1000
    )
    for i in range(3):
        assert fits.status[i] > 0, fits.message[i]
        assert digits(fits.parameters[i], problem.certified) >= 6
    exact = problem.name == "Lanczos1"
    assert digits(fits.standard_errors[1], problem.deviations) >= (2.5 if exact else 4.5)


def test_no_worse_than_scipy() -> None:
    """A sample of noisy fits, one by one: chi2, parameters and covariance."""
    optimize = pytest.importorskip("scipy.optimize")
    y = curves(2000)
    fits = mml.curve_fit_batch(gaussian, X, y, START)
    assert fits.success.all()
    for i in range(0, 2000, 20):
        popt, pcov = optimize.curve_fit(gaussian, X, y[i], START)
        assert fits.chi2[i] <= np.sum((gaussian(X, *popt) - y[i]) ** 2) * (1 + 1e-9)
        np.testing.assert_allclose(fits.parameters[i], popt, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(fits.covariance[i], pcov, rtol=0.05, atol=1e-4)


def test_as_one_by_one() -> None:
    """Lanes and the single fit end at the same minimum, to a millionth of the uncertainties."""
    y = curves(200, 1)
    fits = mml.curve_fit_batch(gaussian, X, y, START)
    for i in range(200):
        one = mml.curve_fit(gaussian, X, y[i], START)
        assert np.all(np.abs(fits.parameters[i] - one.parameters) < 2e-6 * one.standard_errors)
        assert same_covariance(fits.covariance[i], one.covariance)
        assert fits.chi2[i] == pytest.approx(one.chi2, rel=1e-10)
        assert fits.dof[i] == one.dof


def test_neighbours_and_threads_do_not_matter() -> None:
    """The same bits alone, in any order, beside hopeless rows, on any number of threads."""
    y = curves(3000, 2)
    whole = mml.curve_fit_batch(gaussian, X, y, START)
    order = np.random.default_rng(0).permutation(3000)
    with mml.threads(1):
        shuffled = mml.curve_fit_batch(gaussian, X, y[order], START)
    assert shuffled.parameters.tobytes() == whole.parameters[order].tobytes()
    assert shuffled.covariance.tobytes() == whole.covariance[order].tobytes()
    spoilt = y.copy()
    spoilt[::3] = np.nan
    spoilt[1::3] = np.inf
    bad = mml.curve_fit_batch(gaussian, X, spoilt, START)
    assert bad.parameters[2::3].tobytes() == whole.parameters[2::3].tobytes()
    assert set(bad.status[::3]) == {-2}
    assert set(bad.status[1::3]) == {-1}
    assert not bad.success[::3].any()
    assert np.isinf(bad.covariance[::3]).all()
    assert "fewer points" in bad.message[0]


def test_points_left_out() -> None:
    """NaN in y, x or sigma, and infinite sigma: as if the point were not there."""
    y, rng = curves(40, 3), np.random.default_rng(1)
    sigma = rng.uniform(0.2, 0.4, y.shape)
    x = np.tile(X, (40, 1))
    out = rng.random(y.shape) < 0.1
    kinds = rng.integers(0, 4, y.shape)
    keep = ~out
    y[out & (kinds == 0)] = np.nan
    x[out & (kinds == 1)] = np.nan
    sigma[out & (kinds == 2)] = np.nan
    sigma[out & (kinds == 3)] = np.inf
    fits = mml.curve_fit_batch(gaussian, x, y, START, sigma=sigma)
    for i in range(40):
        k = keep[i]
        one = mml.curve_fit(gaussian, X[k], y[i, k], START, sigma=sigma[i, k])
        assert np.all(np.abs(fits.parameters[i] - one.parameters) < 2e-6 * one.standard_errors)
        assert fits.dof[i] == k.sum() - 4
        assert same_covariance(fits.covariance[i], one.covariance)


def test_bounds_and_fixed_parameters() -> None:
    """Bounds of each fit, parameters that stay."""
    y = curves(60, 4)
    start = np.tile([6.0, 0.0, 1.0, 1.0], (60, 1))
    upper = np.full((60, 4), np.inf)
    upper[:, 0] = np.linspace(6, 12, 60)
    fits = mml.curve_fit_batch(gaussian, X, y, start, bounds=(-np.inf, upper), fixed=[0, 0, 0, 1])
    assert (fits.parameters[:, 3] == 1).all()
    assert (fits.parameters <= upper).all()
    assert (fits.parameters[:, 0] == upper[:, 0]).any()
    assert (fits.covariance[:, 3] == 0).all()
    for i in range(0, 60, 5):
        box = ([-np.inf] * 3 + [1], [upper[i, 0], np.inf, np.inf, 1])
        one = mml.curve_fit(gaussian, X, y[i], start[i], bounds=box)
        np.testing.assert_allclose(fits.parameters[i], one.parameters, rtol=1e-6, atol=1e-7)
        assert fits.dof[i] == one.dof == 47


def test_losses() -> None:
    """Outliers count less, as in single fits."""
    y = curves(24, 5)
    y[:, ::11] += 5
    fits = mml.curve_fit_batch(gaussian, X, y, START, loss="soft_l1", f_scale=0.3)
    for i in range(24):
        one = mml.curve_fit(gaussian, X, y[i], START, loss="soft_l1", f_scale=0.3)
        assert fits.chi2[i] == pytest.approx(one.chi2, rel=1e-9)
        np.testing.assert_allclose(fits.parameters[i], one.parameters, rtol=1e-5, atol=1e-6)


def test_several_predictors_and_many_parameters() -> None:
    """Surfaces; and more parameters than the lanes take."""
    rng = np.random.default_rng(6)
    points = rng.uniform(-2, 2, (2, 80))

    def surface(x: Any, a: Any, b: Any, c: Any) -> Any:
        return a * np.exp(-b * x[0] ** 2) * np.cos(c * x[1])

    y = np.stack([surface(points, a, 0.5, 1.2) for a in (1.0, 2.0, 3.0)])
    fits = mml.curve_fit_batch(surface, points, y, (1, 1, 1))
    np.testing.assert_allclose(fits.parameters, [[a, 0.5, 1.2] for a in (1, 2, 3)], rtol=1e-7)

    def polynomial(x: Any, *c: Any) -> Any:
        return sum(k * x**i for i, k in enumerate(c))

    x, c = np.linspace(-1, 1, 60), np.arange(1.0, 13)
    fits = mml.curve_fit_batch(polynomial, x, polynomial(x, *c)[None], np.zeros(12))
    np.testing.assert_allclose(fits.parameters[0], c, rtol=1e-7)


def test_memory_map_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows from a file of float32, some at a time, with progress; residuals when asked for."""
    monkeypatch.setattr("mmlcore.optimize._batch._AT_ONCE", 100 * X.size)
    y = curves(450, 7).astype(np.float32)
    np.save(tmp_path / "y.npy", y)
    told: list[tuple[int, int]] = []
    mapped = np.load(tmp_path / "y.npy", mmap_mode="r")
    fits = mml.curve_fit_batch(
        gaussian, X, mapped, START, progress=lambda done, n: told.append((done, n))
    )
    assert told == [(100, 450), (200, 450), (300, 450), (400, 450), (450, 450)]
    whole = mml.curve_fit_batch(gaussian, X, y.astype(float), START)
    assert fits.parameters.tobytes() == whole.parameters.tobytes()
    np.testing.assert_allclose((fits.residual**2).sum(axis=1), fits.chi2, rtol=1e-9)


def test_undetermined_parameters_are_flagged() -> None:
    """Two parameters of which only the product counts."""
    x = np.linspace(0, 1, 20)
    y = np.stack([2 * x, 3 * x + 0.01 * np.sin(9 * x)])
    fits = mml.curve_fit_batch(lambda x, a, b: a * b * x, x, y, (1, 1))
    assert not fits.success.any()
    assert np.isinf(fits.covariance).all()
    np.testing.assert_allclose(fits.parameters.prod(axis=1)[0], 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"Y": np.zeros(5)}, ValueError, "Y"),
        ({"x": np.zeros(4)}, ValueError, "x"),
        ({"p0": [1.0, np.nan]}, ValueError, "p0"),
        ({"p0": np.ones((3, 2))}, ValueError, "p0"),
        ({"sigma": -1.0}, ValueError, "sigma"),
        ({"sigma": np.ones(3)}, ValueError, "sigma"),
        ({"bounds": (2, 5)}, ValueError, "p0"),
        ({"fixed": [True]}, ValueError, "fixed"),
        ({"f": lambda x, a, b: a * x / np.sum(x) + b}, mml.TraceError, "single points"),
        ({"f": lambda x, a, b: complex(a).real * x + b}, mml.TraceError, "float"),
    ],
)
def test_bad_input(arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    """The message names the argument."""
    given: dict[str, Any] = {
        "f": lambda x, a, b: a * x + b,
        "x": np.arange(5.0),
        "Y": np.ones((2, 5)),
        "p0": [1.0, 1.0],
    }
    with pytest.raises(error, match=words):
        mml.curve_fit_batch(**{**given, **arguments})


def test_guesses_in_pieces(tmp_path, monkeypatch):
    """A ready model looks at a mapped file piece by piece: no piece is larger than what is fitted at once."""
    rng = np.random.default_rng(5)
    x = np.linspace(-4, 4, 40)
    true = rng.uniform([2, -1, 0.5, 0], [9, 1, 1.5, 1], (500, 4))
    y = np.stack([models.gaussian(x, *row) for row in true])
    np.save(tmp_path / "y.npy", y)
    monkeypatch.setattr(_batch, "_AT_ONCE", 100 * 40)
    seen = []
    plain = models.gaussian.start
    monkeypatch.setattr(
        models.gaussian, "start", lambda x, rows: seen.append(len(rows)) or plain(x, rows)
    )
    fits = mml.curve_fit_batch(models.gaussian, x, np.load(tmp_path / "y.npy", mmap_mode="r"))
    np.testing.assert_allclose(fits.parameters, true, rtol=1e-6, atol=1e-9)
    assert max(seen) == 100
    assert sum(seen) == 500


@pytest.mark.parametrize(
    "bad", [np.ones((2, 3), complex), np.ones((2, 3), object), np.full((2, 3), "a")]
)
def test_data_that_are_no_numbers(bad):
    with pytest.raises(TypeError, match="Y: got dtype"):
        mml.curve_fit_batch(lambda t, a: a * t, [1.0, 2.0, 3.0], bad, [1.0])

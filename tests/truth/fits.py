"""Regressions and curves: exact least squares, and data that a curve meets exactly in any unit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from scipy import optimize
from tests.truth import exact as ex
from tests.truth.families import placed
from tests.truth.registry import Draw, Wrong, explores

import mmlcore as mml


@explores("linear_regression")
def linear_regression(d: Draw) -> None:
    """Coefficients against the exact ones of the normal equations; units of columns and targets do not matter."""
    n, k = d.size(20, 6), d.size(3)
    x = (
        d.rng.standard_normal((n, k)) * 10.0 ** d.rng.uniform(-120, 120, k)
        if d.chance(0.4)
        else d.rng.standard_normal((n, k))
    )
    offset = 10.0 ** d.rng.uniform(0, 6) if d.chance(0.3) else 0.0
    x = x + offset * np.abs(x).max(axis=0)
    y = d.rng.standard_normal(n) * 10.0 ** d.rng.uniform(-150, 120)
    fit = mml.linear_regression(placed(d, x), placed(d, y))
    rows = [[Fraction(1), *row] for row in ex.exact(x)]
    columns = ex.transposed(rows)
    sides = ex.exact(y)
    normal = [[ex.dot(a, b) for b in columns] for a in columns]
    right = ex.solved(normal, [[ex.dot(a, sides)] for a in columns])
    assert right is not None
    scale = ex.root(ex.dot(sides, sides) / n)
    for j in range(k):
        column = columns[j + 1]
        mean = sum(column, Fraction(0)) / n
        deviation = ex.root(sum(((v - mean) ** 2 for v in column), Fraction(0)) / n)
        bound = Fraction(1, 10**9) * scale / deviation
        if offset:
            bound *= Fraction(offset)
        ex.near(
            fit.coefficients[j], right[j + 1][0], bound, np.float64, f"coefficient {j} of {n} x {k}"
        )


def _as_one_by_one(found: tuple[np.ndarray, ...], parts: list[tuple[Any, Any]]) -> None:
    """Fits of many are those of each alone, in units of its errors and sizes."""
    for i, (x, y) in enumerate(parts):
        one = mml.linear_regression(x, y)
        scale = np.abs(one.coefficients) + one.standard_errors[:-1]
        off = np.abs(found[0][i] - one.coefficients) / scale
        if not (off <= 1e-8).all() or not abs(found[5][i] - one.r2) <= 1e-9:
            raise Wrong(f"fit {i} of {len(parts)}: {found[0][i]} for {one.coefficients}")


def _rows(d: Draw, n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    x = d.rng.standard_normal((n, k)) * 10.0 ** d.rng.uniform(-20, 20, k)
    if d.chance(0.3):
        x += np.abs(x).max(axis=0) * 10.0 ** d.rng.uniform(0, 3)
    y = d.rng.standard_normal(n) * 10.0 ** d.rng.uniform(-20, 20)
    if d.chance(0.2):  # met but for a little
        y = (x / np.abs(x).max(axis=0)).sum(axis=1) + 10.0 ** d.rng.uniform(-7, -3) * y / np.abs(
            y
        ).max()
    if d.chance(0.3):
        y[d.rng.integers(n)] *= 1e8
    return x, y


@explores("linear_regression_by")
def linear_regression_by(d: Draw) -> None:
    """Fits of groups are those of their rows: offsets, outliers, data that are nearly met."""
    k, groups = d.size(5), d.size(20)
    code = d.rng.permutation(np.repeat(np.arange(groups), d.size(20, 4) + k))
    x, y = _rows(d, code.size, k)
    found = mml.linear_regression_by(placed(d, x), placed(d, y), code * 3 - 5)
    _as_one_by_one(found[:6], [(x[code == g], y[code == g]) for g in range(groups)])


@explores("linear_regression_rolling")
def linear_regression_rolling(d: Draw) -> None:
    """Fits of windows are those of their rows; an outlier that has left the window is gone."""
    k, n = d.size(4), d.size(60, 12)
    x, y = _rows(d, n, k)
    window = k + 2 + d.size(n - k - 2)
    found = mml.linear_regression_rolling(placed(d, x), placed(d, y), window)
    parts = [slice(i, i + window) for i in range(n - window + 1)]
    _as_one_by_one(found[:6], [(x[part], y[part]) for part in parts])


CURVES = {
    "exponential": (lambda x, a, b: a * np.exp(-b * x), (1.7, 0.8), (1.0, 1.0)),
    "line": (lambda x, a, b: a * x + b, (2.5, -1.25), (1.0, 1.0)),
    "gaussian": (
        lambda x, a, m, s: a * np.exp(-((x - m) ** 2) / (2 * s**2)),
        (2.0, 1.2, 0.7),
        (1.5, 1.0, 1.0),
    ),
}


@explores("polynomial_fit")
def polynomial_fit(d: Draw) -> None:
    """A polynomial comes back in its values, wherever and however wide the points lie."""
    degree, unit = d.size(12), 10.0 ** d.rng.uniform(-30, 30)
    n = degree + 2 + d.size(60)
    t = np.cos(np.pi * (np.arange(n) + 0.5) / n)
    x = (t + 10.0 ** d.rng.uniform(-3, 4)) * unit
    right = d.rng.standard_normal(degree + 1)
    y_unit = 10.0 ** d.rng.uniform(-60, 60)
    t = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    y = np.polynomial.chebyshev.chebval(t, right) * y_unit
    fit = mml.polynomial_fit(placed(d, x), placed(d, y), degree)
    off = np.abs(fit(x) - y).max() / y_unit
    if not off <= 1e-9 * np.abs(right).sum():
        raise Wrong(f"polynomial_fit: {off} off, degree {degree}, {n} points")


@explores("logistic_regression")
def logistic_regression(d: Draw) -> None:
    """The slope of the likelihood is zero, in units of the errors; or a plane separates the classes."""
    n, k = d.size(80, 8), d.size(3)
    x = d.rng.standard_normal((n, k)) * 10.0 ** d.rng.uniform(-60, 60, k)
    if d.chance(0.3):
        x += np.abs(x).max(axis=0) * 10.0 ** d.rng.uniform(0, 4)
    if d.chance(0.3):
        x[:, 0] = np.sign(x[:, 0] - np.median(x[:, 0]))
    y = d.rng.random(n) < 0.5
    y[:2] = [True, False]
    try:
        fit = mml.logistic_regression(placed(d, x), y)
    except ValueError:
        if np.linalg.matrix_rank((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-300), tol=1e-5) == k:
            raise
        return
    except mml.ConvergenceError as error:
        if "separat" not in str(error):
            raise
        _separable((x - x.mean(axis=0)) / np.abs(x - x.mean(axis=0)).max(axis=0), y)
        return
    chance = fit.predict(x)
    centre = x - x.mean(axis=0)
    slope = (centre * (y - chance)[:, None]).sum(axis=0) * fit.standard_errors[:k]
    if not (np.abs(slope) <= 1e-5).all():
        raise Wrong(f"logistic_regression: the slope is {slope} of {n} x {k}")


def _separable(x: np.ndarray, y: np.ndarray) -> None:
    """Look for the plane by linear programming."""
    sign = np.where(y, 1.0, -1.0)[:, None] * np.column_stack([x, np.ones(len(x))])
    found = optimize.linprog(
        -sign.sum(axis=0), A_ub=-sign, b_ub=np.full(len(x), 1e-9), bounds=(-1, 1)
    )
    if not -found.fun > 1e-4:
        raise Wrong(f"logistic_regression: no plane separates the classes: {found.fun}")


@explores("least_squares")
def least_squares(d: Draw) -> None:
    """Linear residuals in any units: the solution of the normal equations."""
    n, k = d.size(12, 4), d.size(3)
    a = d.rng.standard_normal((n, k))
    units = 10.0 ** d.rng.uniform(-20, 20, k)
    b = d.rng.standard_normal(n)
    found = mml.least_squares(lambda v: (a * units) @ v - b, np.zeros(k))
    right = np.linalg.lstsq(a, b, rcond=None)[0]
    if not (np.abs(found.parameters * units - right) <= 1e-7 * np.abs(right).max()).all():
        raise Wrong(f"least_squares: {found.parameters * units} for {right}")


@explores("curve_fit")
def curve_fit(d: Draw) -> None:
    """Data that the curve meets exactly, in any unit of x and y: the parameters come back."""
    name = str(d.pick(*CURVES))
    f, right, start = CURVES[name]
    x_unit, y_unit = (10.0 ** d.rng.uniform(-30, 30) if d.chance(0.5) else 1.0 for _ in "xy")
    x = np.linspace(0, 4, d.size(40, 8))
    y = f(x, *right) * y_unit
    units = {
        "exponential": (y_unit, 1 / x_unit),
        "line": (y_unit / x_unit, y_unit),
        "gaussian": (y_unit, x_unit, x_unit),
    }[name]
    fit = mml.curve_fit(f, x * x_unit, y, np.array(start) * units)
    off = np.abs(fit.parameters / units - right)
    if not (off <= 1e-6 * np.abs(right)).all():
        raise Wrong(
            f"curve_fit {name}: {(fit.parameters / units).tolist()} for {right}, units {x_unit}, {y_unit}"
        )


@explores("curve_fit_batch")
def curve_fit_batch(d: Draw) -> None:
    """The same for many at once; NaN leaves out its point and no other."""
    name = str(d.pick(*CURVES))
    f, right, start = CURVES[name]
    rows = d.size(9)
    y_unit = 10.0 ** d.rng.uniform(-30, 30) if d.chance(0.5) else 1.0
    x = np.linspace(0, 4, d.size(40, 8))
    y = np.repeat((f(x, *right) * y_unit)[None], rows, axis=0)
    units = np.array(
        {"exponential": (y_unit, 1.0), "line": (y_unit, y_unit), "gaussian": (y_unit, 1.0, 1.0)}[
            name
        ]
    )
    bad = int(d.rng.integers(rows)) if d.chance(0.3) else None
    if bad is not None:
        y[bad, 0] = np.nan
    fit = mml.curve_fit_batch(f, x, y, np.array(start) * units)
    for i in range(rows):
        if not (np.abs(fit.parameters[i] / units - right) <= 1e-6 * np.abs(right)).all():
            raise Wrong(
                f"curve_fit_batch {name}: {(fit.parameters[i] / units).tolist()} for {right}, unit {y_unit}"
            )

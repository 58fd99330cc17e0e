"""Regressions and curves: exact least squares, and data that a curve meets exactly in any unit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
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


CURVES = {
    "exponential": (lambda x, a, b: a * np.exp(-b * x), (1.7, 0.8), (1.0, 1.0)),
    "line": (lambda x, a, b: a * x + b, (2.5, -1.25), (1.0, 1.0)),
    "gaussian": (
        lambda x, a, m, s: a * np.exp(-((x - m) ** 2) / (2 * s**2)),
        (2.0, 1.2, 0.7),
        (1.5, 1.0, 1.0),
    ),
}


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

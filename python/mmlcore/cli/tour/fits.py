"""Station: a peak in noise, ten thousand of them, and a plane through half a million points."""

from __future__ import annotations

import time

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.station import Curves, Grid, Station, relative_difference
from mmlcore.core.arrays import Array
from mmlcore.optimize import models

PEAKS, ROWS = 10_000, 500_000


def visit(seconds: float) -> Station:
    """Fit one curve with its uncertainties, many at once, and a linear model beside numpy."""
    station = Station("Curves through data: least squares")
    rng, x = np.random.default_rng(0), np.linspace(-5, 5, 50)
    true = {"height": 7.0, "center": 0.4, "width": 1.2, "background": 1.0}
    y = models.gaussian(x, *true.values()) + 0.3 * rng.standard_normal(50)
    fit = mml.curve_fit(models.gaussian, x, y)
    rows = [
        [name, f"{true[name]:g}", f"{value:.4f}", f"{error:.4f}"]
        for name, value, error in zip(
            models.gaussian.names, fit.parameters, fit.standard_errors, strict=True
        )
    ]
    station.items.append(
        "A peak over a background, in noise. The model guesses its own start; every parameter comes with its standard error."
    )
    station.items.append(Grid("", ["parameter", "true", "fitted", "standard error"], rows))
    smooth = models.gaussian(x, *fit.parameters)
    station.items.append(
        Curves(
            "One of them",
            "x",
            "y",
            x.tolist(),
            {"data": y.tolist(), "fit": smooth.tolist()},
            dots=["data"],
        )
    )
    heights = rng.uniform(3, 9, (PEAKS, 1))
    many = models.gaussian(x, heights, 0.4, 1.2, 1.0) + 0.3 * rng.standard_normal((PEAKS, 50))
    start = time.perf_counter()
    fits = mml.curve_fit_batch(models.gaussian, x, many)
    took = time.perf_counter() - start
    pulls = (fits.parameters[:, 0] - heights[:, 0]) / np.sqrt(fits.covariance[:, 0, 0])
    station.items.append(
        f"{PEAKS:,} such peaks in {1000 * took:.0f} ms, {int(fits.success.sum()):,} of them converged. Their heights scatter "
        f"around the true ones with {np.std(pulls):.2f} of the standard errors that each fit states: these are honest."
    )
    points = rng.standard_normal((ROWS, 10))
    target = points @ np.arange(10.0) + 3 + rng.standard_normal(ROWS)
    sides = (
        lambda: _by_numpy(points, target),
        lambda: _with_intercept(mml.linear_regression(points, target)),
    )
    what = f"linear regression, {ROWS:,} points of 10 features"
    station.beside(what, sides, relative_difference, 1e-9, seconds=seconds)
    return station


def _by_numpy(x: Array, y: Array) -> Array:
    design = np.column_stack([x, np.ones(len(x))])
    return np.asarray(np.linalg.lstsq(design, y, rcond=None)[0])


def _with_intercept(fit: mml.LinearFit) -> Array:
    return np.append(fit.coefficients, fit.intercept)

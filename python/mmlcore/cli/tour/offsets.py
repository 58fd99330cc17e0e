"""Station: means and variances of data that lie far from the origin."""

from __future__ import annotations

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.station import Grid, Station, relative_difference
from mmlcore.core.arrays import Array

POINTS, FEATURES = 200_000, 16


def textbook(x: Array) -> Array:
    """The mean of the squares less the square of the mean: one pass, as it is often written."""
    return np.asarray((x * x).mean(axis=0) - x.mean(axis=0) ** 2)


def visit(seconds: float) -> Station:
    """Take variances at growing distances from the origin, and a covariance beside numpy."""
    station = Station("Far from the origin: means and covariances")
    noise = np.random.default_rng(0).standard_normal((POINTS, FEATURES))
    rows = []
    for offset in (0.0, 1e3, 1e6, 1e9):
        x = noise + offset
        exact = (x - offset).var(axis=0)  # the offset is subtracted without an error
        far = [np.abs(found / exact - 1).max() for found in (textbook(x), mml.variance(x))]
        rows.append([f"{offset:.0e}", *(f"{error:.0e}" for error in far)])
    station.items.append(
        "Times in seconds since 1970, places in metres, prices: the mean is far larger than what varies. The textbook's one pass takes "
        "the difference of two large numbers, and no digit is left. mmlcore takes one pass too, around a provisional mean."
    )
    header = ["offset", "error, textbook", "error, mmlcore"]
    station.items.append(Grid("Variances of unit noise", header, rows))
    x = noise + 1e6
    sides = (lambda: np.cov(x, rowvar=False, bias=True), lambda: mml.covariance(x))
    what = f"covariance of {POINTS:,} points of {FEATURES} features"
    station.beside(what, sides, relative_difference, 1e-9, seconds=seconds)
    return station

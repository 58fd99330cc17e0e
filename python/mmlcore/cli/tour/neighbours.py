"""Station: which digits look alike, and why distances should not be computed by a matrix product alone."""

from __future__ import annotations

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour import digits
from mmlcore.cli.tour.peers import numpy_neighbors
from mmlcore.cli.tour.station import Grid, Images, Station
from mmlcore.core.arrays import Array

NEAREST = 5


def visit(seconds: float) -> Station:
    """Find the nearest images of some digits; measure close points far from the origin."""
    name, points, labels = digits.load()
    side = round(points.shape[1] ** 0.5)
    station = Station("What looks alike: distances and neighbours")
    queries = [int(np.flatnonzero(labels == digit)[-1]) for digit in (0, 2, 4, 7)]
    _, found = mml.nearest_neighbors(points, points[queries], NEAREST + 1)
    station.items.append(
        f"{name}: the distance of two images is the length of their difference. A digit and the images nearest to it:"
    )
    pixels = np.clip(points[found], 0, 1).reshape(len(queries), NEAREST + 1, side, side)
    station.items.append(
        Images("A digit, then its neighbours", [str(labels[i]) for i in queries], pixels)
    )
    votes = labels[found[:, 1:]]
    rows = [
        [str(labels[i]), "  ".join(map(str, row)), f"{100 * np.mean(row == labels[i]):.0f} %"]
        for i, row in zip(queries, votes, strict=True)
    ]
    station.items.append(Grid("", ["digit", "its neighbours", "the same digit"], rows))
    station.items.append(_close_points())
    sides = (
        lambda: numpy_neighbors(points, points[:500], NEAREST),
        lambda: mml.nearest_neighbors(points, points[:500], NEAREST)[0],
    )
    station.beside(f"{NEAREST} neighbours of 500 images", sides, _difference, 1e-6, seconds=seconds)
    return station


def _close_points() -> Grid:
    """Distances of 1e-6 between points at distance 10 from the origin."""
    x = np.random.default_rng(0).standard_normal((200, 50)) * 1.4
    y = x + 1e-6 / np.sqrt(50)
    squares = (x**2).sum(axis=1) + (y**2).sum(axis=1) - 2 * (x * y).sum(axis=1)
    by_product = np.sqrt(np.maximum(squares, 0))
    ours = mml.distance(x, y)
    rows = [
        [name, f"{np.abs(d / 1e-6 - 1).max():.0e}"]
        for name, d in (("|x|^2 + |y|^2 - 2 x'y", by_product), ("mmlcore", ours))
    ]
    return Grid("Points 1e-6 apart", ["distances by", "largest relative error"], rows)


def _difference(expected: Array, got: Array) -> float:
    return float(np.abs(expected - got).max() / expected.max())

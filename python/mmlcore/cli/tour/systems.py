"""Station: 100,000 small systems at once."""

from __future__ import annotations

import statistics

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.station import Grid, Station, relative_difference
from mmlcore.core.arrays import Array

COUNT = 100_000


def systems(n: int) -> tuple[Array, Array]:
    """Random systems, none of them near singular."""
    random = np.random.default_rng(n)
    return random.standard_normal((COUNT, n, n)) + 2 * n * np.eye(n), random.standard_normal(
        (COUNT, n, 1)
    )


def visit(seconds: float) -> Station:
    """Solve batches of systems of 2 to 8 unknowns."""
    station = Station(f"{COUNT:,} small systems at once: Gaussian elimination")
    rows = []
    for n in (2, 3, 4, 8):
        a, b = systems(n)
        sides = (lambda a=a, b=b: np.linalg.solve(a, b), lambda a=a, b=b: mml.solve(a, b))
        made = station.beside(
            f"{COUNT:,} systems of {n} x {n}", sides, relative_difference, 1e-12, seconds=seconds
        )
        ours = statistics.median(made.comparison.our_times)
        residual = float(np.max(np.abs(a @ mml.solve(a, b) - b)))
        rows.append([f"{n} unknowns", f"{COUNT / ours / 1e6:.0f} million", f"{residual:.0e}"])
    station.items.append(
        "numpy hands each small matrix to LAPACK, one after the other. mmlcore puts one system into each lane of the vector "
        "registers and eliminates in all of them together, each with its own pivots."
    )
    station.items.append(Grid("", ["system", "solved in a second", "largest residual"], rows))
    return station

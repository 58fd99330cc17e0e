"""Station: derivatives of an ordinary function at 200,000 points, and the way down that they show."""

from __future__ import annotations

from typing import Any

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.station import Curves, Grid, Landscape, Station, relative_difference
from mmlcore.core.arrays import Array
from mmlcore.optimize import landscapes

POINTS = 200_000
START = (1.0, 2.8)
METHODS: dict[str, dict[str, Any]] = {
    "Newton": {"method": "newton"},
    "BFGS": {"method": "bfgs"},
    "accelerated descent": {"method": "momentum"},
    "steepest descent, step chosen": {"method": "gradient_descent"},
    "steepest descent, fixed step": {"method": "gradient_descent", "learning_rate": 0.05},
}


def sandpit(p: Any) -> Any:
    """The landscape before its depths are scaled, as one differentiates it on paper."""
    hole = np.exp(-((p[0] - 1.5) ** 2 + (p[1] - 3.7) ** 2) / 2.8)
    return -((p[0] - 4.1) ** 2) - (p[1] - 0.9) ** 2 - 30 * hole


def visit(seconds: float) -> Station:
    """Walk down the sandpit, approximate a function by polynomials, and differentiate at many points."""
    station = Station("Slopes of what is written in numpy: derivatives")
    station.items.append(
        "mmlcore traces a Python function once and compiles its derivatives, exact to rounding. With them Newton's steps "
        "find the lowest point of a sandpit in a few steps, where steepest descent with a fixed step needs a hundred."
    )
    pit = landscapes.sandpit()
    rows, paths = [], {}
    for name, how in METHODS.items():
        found = mml.minimize(pit, START, trajectory=True, **how)
        place = ", ".join(f"{x:.6f}" for x in found.x)
        rows.append([name, place, f"{found.value:.6f}", str(found.iterations)])
        paths[name] = np.asarray(found.path)
    station.items.append(Grid("", ["method", "lowest point", "depth", "steps"], rows, left=2))
    at = np.linspace(0, landscapes.SIDE, 100)
    shown = {name: paths[name] for name in ("steepest descent, fixed step", "Newton")}
    square = ((0.0, landscapes.SIDE), (0.0, landscapes.SIDE))
    depths = np.asarray(pit(np.stack(np.meshgrid(at, at))))
    station.items.append(Landscape("Two ways down", square, depths, shown))
    x = np.linspace(-4.0, 4.0, 81)
    curves = {f"order {n}": mml.taylor(np.sin, 0.0, n)(x).tolist() for n in (1, 3, 5, 7)}
    station.items.append(
        Curves(
            "Taylor polynomials of the sine",
            "x",
            "",
            x.tolist(),
            {"sin": np.sin(x).tolist(), **curves},
            limits=(-3, 3),
        )
    )
    points = np.random.default_rng(0).uniform(0, 6, (POINTS, 2))
    gradient = mml.Function(sandpit, 2).gradient
    sides = (lambda: by_hand(points), lambda: gradient(points))
    station.beside(
        f"gradient at {POINTS:,} points", sides, relative_difference, 1e-12, seconds=seconds
    )
    return station


def by_hand(p: Array) -> Array:
    """The gradient as one derives it on paper."""
    x, y = p[:, 0], p[:, 1]
    hole = 30 / 1.4 * np.exp(-((x - 1.5) ** 2 + (y - 3.7) ** 2) / 2.8)
    return np.stack([-2 * (x - 4.1) + (x - 1.5) * hole, -2 * (y - 0.9) + (y - 3.7) * hole], axis=1)

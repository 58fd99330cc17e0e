"""Station: a basis so ill-conditioned that textbook Gram-Schmidt fails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.peers import classical_gram_schmidt, loss, modified_gram_schmidt
from mmlcore.cli.tour.station import Curves, Grid, Station
from mmlcore.core.arrays import Array

METHODS: dict[str, Callable[[Array], Array]] = {
    "textbook": classical_gram_schmidt,
    "modified": modified_gram_schmidt,
    "numpy QR": lambda a: np.linalg.qr(a)[0],
    "mmlcore": mml.gram_schmidt,
}
LIMIT = 2e-14  # mmlcore promises 5e-15; measuring it with a BLAS adds rounding of its own


def hilbert(n: int) -> Array:
    """1 / (i + j + 1): the monomials' inner products, the classic of ill-conditioning."""
    index = np.arange(n)
    return 1.0 / (index[:, None] + index + 1)


def lauchli(n: int, small: float) -> Array:
    """n columns that differ in one small entry each."""
    return np.vstack([np.ones((1, n)), small * np.eye(n)])


def monomials(points: int, degree: int) -> Array:
    """1, t, t^2, ... on [0, 1]: what a polynomial fit starts from."""
    return np.vander(np.linspace(0, 1, points), degree + 1, increasing=True)


def visit(seconds: float) -> Station:
    """Orthogonalize with the textbook, with numpy and with mmlcore; show how far from orthogonal each result is."""
    station = Station("A basis that breaks the textbook: Gram-Schmidt")
    cases = {
        "Hilbert 9 x 9": hilbert(9),
        "Läuchli 6, 1e-8": lauchli(6, 1e-8),
        "1, t, ..., t^12": monomials(100_000, 12),
    }
    rows = []
    for name, a in cases.items():
        losses = {method: loss(function(a)) for method, function in METHODS.items()}
        if losses["mmlcore"] > LIMIT:
            raise ArithmeticError(
                f"{name}: mmlcore's columns are orthonormal to {losses['mmlcore']:.1e} only."
            )
        rows.append(
            [name, f"{np.linalg.cond(a):.0e}", *(f"{value:.0e}" for value in losses.values())]
        )
    station.items.append(
        "Columns that are nearly dependent lose their right angles: what is left after subtracting the "
        "projections is mostly rounding error. The table shows ||Q'Q - I||, 0 for a perfect basis and 1 or "
        "more when the angles are gone; the monomials stand at 100,000 points of [0, 1]."
    )
    station.items.append(Grid("", ["columns", "condition", *METHODS], rows))
    sizes = range(2, 11)
    curves = {
        method: [loss(function(hilbert(n))) for n in sizes] for method, function in METHODS.items()
    }
    floor = {method: [max(value, 1e-17) for value in values] for method, values in curves.items()}
    station.items.append(
        Curves(
            "Hilbert matrices: ||Q'Q - I||",
            "columns",
            "loss of orthogonality",
            list(sizes),
            floor,
            log=True,
        )
    )
    a = monomials(100_000, 12)
    f = np.asfortranarray(a)
    sides = (lambda: np.linalg.qr(f)[0], lambda: mml.gram_schmidt(a))
    station.beside("basis of 100,000 x 13, vs QR", sides, _spans_differ, 1e-7, seconds=seconds)
    return station


def _spans_differ(expected: Array, got: Array) -> float:
    """Distance of the two spans: what of our basis is not in numpy's."""
    return float(np.linalg.norm(got - expected @ (expected.T @ got), 2))

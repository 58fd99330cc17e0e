"""Station: eigenvalues of 200,000 small symmetric matrices, and of some that are not so kind."""

from __future__ import annotations

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.station import Grid, Station, relative_difference

COUNT = 200_000

MATRICES = {
    "stretch [[3, 1], [1, 3]]": [[3.0, 1.0], [1.0, 3.0]],
    "rotation [[0, -1], [1, 0]]": [[0.0, -1.0], [1.0, 0.0]],
    "shear [[1, 1], [0, 1]]": [[1.0, 1.0], [0.0, 1.0]],
    "Fibonacci [[1, 1], [1, 0]]": [[1.0, 1.0], [1.0, 0.0]],
}


def visit(seconds: float) -> Station:
    """Show four matrices and their eigenvalues; decompose many of 3 x 3, as strains and inertias are."""
    station = Station("Directions that stay: eigenvalues")
    station.items.append(
        "An eigenvector is only stretched, by its eigenvalue. A rotation of the plane has no real one; a shear has too "
        "few, which mmlcore says instead of returning a basis that is none."
    )
    rows = []
    for name, matrix in MATRICES.items():
        values = ", ".join(f"{value:.4g}" for value in mml.eigvals(matrix))
        try:
            mml.diagonalize(matrix)
            basis = "yes"
        except mml.DefectiveMatrixError:
            basis = "no: defective"
        rows.append([name, values, basis])
    station.items.append(Grid("", ["matrix", "eigenvalues", "basis of eigenvectors"], rows, left=3))
    fibonacci = mml.matrix_power([[1, 1], [1, 0]], 70)
    station.items.append(f"The 70th Fibonacci number, by a matrix power: {fibonacci[0, 1]:.0f}.")
    tensors = np.random.default_rng(0).standard_normal((COUNT, 3, 3))
    tensors = tensors + np.swapaxes(tensors, -1, -2)
    sides = (lambda: np.linalg.eigh(tensors)[0], lambda: mml.eigh(tensors).values)
    station.beside(
        f"{COUNT:,} symmetric matrices of 3 x 3", sides, relative_difference, 1e-13, seconds=seconds
    )
    return station

"""Results that the courses print."""

from __future__ import annotations

import numpy as np

import mmlcore as mml


def is_eigenvector(A, v):
    return not mml.is_independent(np.stack([np.matmul(A, v), v]))


OPERATIONS = {
    "char_poly": mml.characteristic_polynomial,
    "eigenvalues": lambda A: np.sort(mml.eigvals(A)),
    "matrix_power": mml.matrix_power,
    "diagonalise_with": mml.change_basis,
    "is_eigenvector": is_eigenvector,
}


def test_reference(reference_case):
    got = OPERATIONS[reference_case["operation"]](*reference_case["inputs"].values())
    expected = reference_case["expected"]
    if reference_case["operation"] == "eigenvalues":
        expected = np.sort(expected)
    np.testing.assert_allclose(got, expected, **reference_case["tolerance"])

"""Results that the courses print."""

from __future__ import annotations

import numpy as np

import mmlcore as mml


def loss(A):
    q = mml.gram_schmidt(A)
    return np.abs(q.T @ q - np.eye(q.shape[1])).max()


def affine(B, offset, x):
    return mml.project(np.subtract(x, offset), B).points + offset


def reflection(basis):
    """Mirror along the first vector of the basis: E diag(1, -1) E'."""
    frame = mml.gram_schmidt(basis)
    return mml.compose(frame, mml.scaling(1, -1), frame.T)


OPERATIONS = {
    "gram_schmidt": mml.gram_schmidt,
    "gs_orthogonality_bound": loss,
    "span_dimension": mml.span_dimension,
    "reflection_matrix": reflection,
    "projection_matrix": mml.projection_matrix,
    "project": lambda B, x: mml.project(x, B).points,
    "affine_project": affine,
}


def test_reference(reference_case):
    got = OPERATIONS[reference_case["operation"]](*reference_case["inputs"].values())
    expected = reference_case["expected"]
    if reference_case["operation"] == "gs_orthogonality_bound":
        assert got < expected["max_abs_QtQ_minus_I_reorthogonalised_below"] / 10
    else:
        np.testing.assert_allclose(got, expected, **reference_case["tolerance"])

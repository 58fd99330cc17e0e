"""Complex matrices where a course has real ones: diagonalization, characteristic polynomials, the dominant pair."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

KINDS = [np.complex64, np.complex128]


def drawn(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 2), (7, 7), (40, 40), (130, 130), (5, 3, 3), (2, 3, 12, 12)]
)
def test_diagonalize(shape, kind, layout, rng):
    a = drawn(rng, *shape).astype(kind)
    parts = mml.diagonalize(layout(a))
    p, d, inverse = parts
    n, room = shape[-1], 1e4 * float(np.finfo(kind).eps)
    assert all(part.dtype == kind and part.shape == shape for part in parts)
    np.testing.assert_allclose(p @ d @ inverse, a, atol=n * room)
    np.testing.assert_allclose(p @ inverse, np.broadcast_to(np.eye(n), shape), atol=n * room)
    np.testing.assert_array_equal(d, d * np.eye(n))
    np.testing.assert_allclose(np.linalg.norm(p, axis=-2), 1, rtol=room)
    expected = np.linalg.eigvals(a.astype(complex)).reshape(-1, n)
    for found, wanted in zip(
        np.diagonal(d, axis1=-2, axis2=-1).reshape(-1, n), expected, strict=True
    ):
        assert np.abs(found[:, None] - wanted).min(axis=0).max() <= n * room


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(4, 4), (3, 20, 20)])
def test_of_hermitian_matrices_the_vectors_are_unitary(shape, kind, rng):
    a = drawn(rng, *shape)
    a = (a + np.conj(np.swapaxes(a, -1, -2))).astype(kind)
    p, d, inverse = mml.diagonalize(a)
    np.testing.assert_array_equal(inverse, np.conj(np.swapaxes(p, -1, -2)))
    assert d.dtype == kind
    assert not d.imag.any()
    np.testing.assert_allclose(p @ d @ inverse, a, atol=1e3 * np.finfo(kind).eps)


def test_stacks_of_any_kind():
    a = np.array(
        [[[1, 2j], [-2j, 3]], [[0, 1], [-1j, 0]], [[0, 1e-8j], [1e8, 0]], [[2j, 1], [0, 3]]]
    )
    p, d, inverse = mml.diagonalize(a)
    for i in range(4):
        for found, expected in zip((p, d, inverse), mml.diagonalize(a[i]), strict=True):
            np.testing.assert_allclose(found[i], expected, rtol=1e-12, atol=1e-300)
    assert mml.diagonalize(np.ones((0, 2, 2), complex)).P.shape == (0, 2, 2)
    assert mml.diagonalize(np.ones((2, 0, 0), complex)).D.dtype == complex


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e8])
def test_defective(scale):
    jordan = [[2j, scale], [0, 2j]]
    with pytest.raises(mml.DefectiveMatrixError, match="no basis of eigenvectors"):
        mml.diagonalize(jordan)
    with pytest.raises(mml.DefectiveMatrixError, match=r"\(matrix 1 of the batch\)"):
        mml.diagonalize([np.eye(2), jordan])
    p, d, inverse = mml.diagonalize([[1j, scale], [0, 2j]])
    np.testing.assert_allclose(p @ d @ inverse, [[1j, scale], [0, 2j]], rtol=1e-12, atol=1e-14)

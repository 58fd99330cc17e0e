"""Complex matrices where a course has real ones: diagonalization, characteristic polynomials, the dominant pair."""

from __future__ import annotations

from fractions import Fraction

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


def exact(a):
    """Newton's identities in fractions, both parts."""
    n = len(a)

    def times(x, y):
        return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]

    def total(terms):
        terms = list(terms)
        return sum((t[0] for t in terms), Fraction(0)), sum((t[1] for t in terms), Fraction(0))

    a = [[(Fraction(float(x.real)), Fraction(float(x.imag))) for x in row] for row in a]
    power, traces, found = a, [], [(Fraction(1), Fraction(0))]
    for k in range(1, n + 1):
        if k > 1:
            power = [
                [total(times(power[i][l], a[l][j]) for l in range(n)) for j in range(n)]
                for i in range(n)
            ]
        traces.append(total(power[i][i] for i in range(n)))
        c = total(times(found[i], traces[k - 1 - i]) for i in range(k))
        found.append((-c[0] / k, -c[1] / k))
    return np.array([complex(float(x), float(y)) for x, y in found])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 7, 8])
def test_coefficients_are_rounded_once(n, kind, rng):
    for a in (
        drawn(rng, n, n),
        drawn(rng, n, n) * 10.0 ** rng.integers(-9, 9, n),
        rng.integers(-9, 9, (n, n)) + 1j * rng.integers(-9, 9, (n, n)),
        np.triu(np.ones((n, n))) * 1j,
    ):
        given = a.astype(kind)
        with np.errstate(over="ignore"):
            expected = exact(given).astype(kind)
        if np.isfinite(expected).all():
            found = mml.characteristic_polynomial(given)
            assert found.dtype == kind
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("n", [2, 6, 8, 9, 13, 25])
@pytest.mark.parametrize("kind", KINDS)
def test_coefficients_of_stacks_are_those_of_numpy(n, kind, layout, rng):
    a = (drawn(rng, 2, 3, n, n) / np.sqrt(n)).astype(kind)
    found = mml.characteristic_polynomial(layout(a))
    assert found.shape == (2, 3, n + 1)
    assert found.dtype == kind
    for i in range(2):
        for j in range(3):
            expected = np.poly(a[i, j].astype(complex))
            room = 1e4 * np.finfo(kind).eps * np.abs(expected).max()
            np.testing.assert_allclose(found[i, j], expected, atol=room)
    real = mml.characteristic_polynomial(a.real)
    np.testing.assert_allclose(mml.characteristic_polynomial(a.real.astype(kind)), real, atol=room)


def test_coefficients_of_hermitian_matrices_are_real(rng):
    a = drawn(rng, 6, 6)
    found = mml.characteristic_polynomial(a + a.conj().T)
    assert not found.imag.any()
    assert mml.characteristic_polynomial(np.ones((3, 0, 0), complex)).tolist() == [[1]] * 3
    for n in (2, 20):
        with pytest.raises(ValueError, match="A: a coefficient leaves the range of float64"):
            mml.characteristic_polynomial(1e200j * np.eye(n))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 2), (5, 5), (33, 33), (300, 300), (7, 4, 4), (2, 3, 20, 20)]
)
def test_dominant_pair(shape, kind, layout, rng):
    n = shape[-1]
    top = 3 * np.exp(1j * rng.uniform(-3, 3, shape[:-2]))[..., None, None]
    a = (0.5 * drawn(rng, *shape) / np.sqrt(n) + top * np.ones((n, n)) / n).astype(kind)
    tol = 1e-5 if kind == np.complex64 else 1e-10
    found = mml.power_iteration(layout(a), tol=tol)
    assert found.success if len(shape) == 2 else found.success.all()
    assert found.vector.dtype == kind
    assert type(found.value) is complex if len(shape) == 2 else found.value.dtype == kind
    gap = (a @ found.vector[..., None])[..., 0] - np.asarray(found.value)[..., None] * found.vector
    assert (np.linalg.norm(gap, axis=-1) <= 2 * tol * np.abs(found.value)).all()
    np.testing.assert_allclose(np.linalg.norm(found.vector, axis=-1), 1, rtol=1e-5)
    values = np.linalg.eigvals(a.astype(complex))
    largest = np.take_along_axis(values, np.abs(values).argmax(-1)[..., None], -1)[..., 0]
    np.testing.assert_allclose(found.value, largest, rtol=40 * tol)
    lead = np.take_along_axis(found.vector, np.abs(found.vector).argmax(-1)[..., None], -1)
    np.testing.assert_allclose(lead.imag, 0, atol=1e-6)
    assert (lead.real > 0).all()
    again = mml.power_iteration(a, tol=tol, v0=np.exp(1j * np.arange(n)))
    np.testing.assert_allclose(again.value, found.value, rtol=40 * tol)


def test_dominant_pairs_at_the_ends_of_the_range_and_without_one():
    assert mml.power_iteration(np.diag([1e300j, 1e299])).value == pytest.approx(1e300j)
    assert mml.power_iteration(np.diag([1e-300j, 1e-301])).value == pytest.approx(1e-300j)
    assert mml.power_iteration([[1j]]).value == 1j
    zeros = mml.power_iteration(np.zeros((2, 3, 3), complex))
    assert not zeros.value.any()
    with pytest.raises(mml.ConvergenceError, match="no eigenvalue is larger") as caught:
        mml.power_iteration(np.diag([1j, 1.0]))
    assert caught.value.result.residual > 1e-3
    some = mml.power_iteration([np.diag([1j, 1.0]), np.diag([2j, 1.0])], raise_on_failure=False)
    assert some.success.tolist() == [False, True]
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        mml.power_iteration([[1j, np.inf], [0, 1]])
    with pytest.raises(TypeError, match="v0: "):
        mml.power_iteration(np.eye(2), v0=[1j, 1])
    with pytest.raises(ValueError, match="v0: is zero"):
        mml.power_iteration(1j * np.eye(2), v0=[0j, 0])

"""Eigenvalues of every kind: against numpy and the definition, on hard matrices, on bad input."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

sparse = pytest.importorskip("scipy.sparse")


def symmetric(rng, n, batch=()):
    a = rng.standard_normal((*batch, n, n))
    return a + np.swapaxes(a, -1, -2)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 40])
@pytest.mark.parametrize("batch", [(), (3,), (2, 2)])
def test_eigh(n, batch, dtype, rng):
    a = symmetric(rng, n, batch).astype(dtype)
    values, vectors = mml.eigh(a)
    assert values.dtype == dtype
    np.testing.assert_allclose(
        values, np.linalg.eigvalsh(a), atol=1e-4 if dtype == np.float32 else 1e-12
    )
    np.testing.assert_allclose(
        a @ vectors, vectors * values[..., None, :], atol=1e-3 if dtype == np.float32 else 1e-11
    )


def test_general_eigenvalues(rng):
    a = rng.standard_normal((3, 6, 6))
    values, vectors = mml.eig(a)
    np.testing.assert_allclose(a @ vectors, vectors * values[..., None, :], atol=1e-12)
    for found, expected in zip(mml.eigvals(a), values, strict=True):
        np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(expected), atol=1e-10)
    for result in (mml.eigvals(np.diag([1.0, 2.0])), mml.eig([[1.0, 2.0], [0.0, 3.0]]).vectors):
        assert result.dtype == np.float64
    turn = mml.eigvals([[0.0, -1.0], [1.0, 0.0]])
    np.testing.assert_allclose(np.sort_complex(turn), [-1j, 1j])


@pytest.mark.parametrize("n", [1, 3, 30, 200])
@pytest.mark.parametrize("k", [1, 2, "half", "all"])
def test_top_of_dense(n, k, dtype, rng):
    a = symmetric(rng, n).astype(dtype)
    k = min(n, {"half": max(1, n // 2), "all": n}.get(k, k))
    values, vectors = mml.top_eigh(a, k)
    assert values.dtype == vectors.dtype == dtype
    expected = np.linalg.eigvalsh(a.astype("f8"))[::-1][:k]
    atol = 1e-3 if dtype == np.float32 else 1e-11
    np.testing.assert_allclose(values, expected, atol=atol)
    np.testing.assert_allclose(
        vectors.T @ vectors, np.eye(k), atol=1e-5 if dtype == np.float32 else 1e-12
    )
    np.testing.assert_allclose(a @ vectors, vectors * values, atol=atol)


@pytest.mark.parametrize(("n", "k"), [(1, 1), (5, 5), (30, 4), (400, 3), (400, 20)])
@pytest.mark.parametrize("form", ["csr", "coo", "callable"])
def test_top_of_sparse_and_callable(n, k, form, rng):
    dense = symmetric(rng, n) * (rng.random((n, n)) < 0.1)
    dense = np.triu(dense) + np.triu(dense, 1).T + np.diag(np.arange(n) / 3)
    if form == "callable":
        found = mml.top_eigh(lambda v: dense @ v, k, shape=(n, n))
    else:
        found = mml.top_eigh(getattr(sparse, f"{form}_array")(dense), k)
    size = np.abs(np.linalg.eigvalsh(dense)).max()
    np.testing.assert_allclose(
        found.values, np.linalg.eigvalsh(dense)[::-1][:k], atol=1e-9 * max(size, 1)
    )
    np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(k), atol=1e-10)
    residual = dense @ found.vectors - found.vectors * found.values
    assert np.linalg.norm(residual, axis=0).max() <= 1e-10 * max(size, 1)


def test_top_of_what_lanczos_finds_hard():
    path = sparse.diags_array([np.ones(499), np.ones(499)], offsets=[-1, 1])
    expected = 2 * np.cos(np.arange(1, 4) * np.pi / 501)
    np.testing.assert_allclose(mml.top_eigh(path, 3, tol=1e-8).values, expected, atol=1e-10)
    np.testing.assert_allclose(mml.top_eigh(sparse.eye_array(50), 2).values, [1, 1])
    np.testing.assert_allclose(
        mml.top_eigh(sparse.csr_array((30, 30)), 2).values, [0, 0], atol=1e-300
    )


def test_power_iteration(rng):
    a = symmetric(rng, 20) + 40 * np.eye(20)
    value, vector, _, residual = mml.power_iteration(a, max_iter=5000)
    assert value == pytest.approx(np.linalg.eigvalsh(a)[-1], rel=1e-12)
    assert np.linalg.norm(a @ vector - value * vector) / value == pytest.approx(residual, abs=1e-12)
    assert residual <= 1e-10
    assert mml.power_iteration(np.diag([1e300, 1e299])).value == pytest.approx(1e300)
    assert mml.power_iteration(np.diag([-3.0, 1.0]), v0=[1, 1]).value == pytest.approx(-3)
    for endless in ([[0.0, -1.0], [1.0, 0.0]], np.diag([1.0, -1.0])):
        with pytest.raises(mml.ConvergenceError, match="no eigenvalue is larger") as caught:
            mml.power_iteration(endless, v0=[1.0, 0.5])
        assert caught.value.result.residual > 1e-3


@pytest.mark.parametrize("n", [0, 1, 2, 5, 8, 9, 15])
def test_characteristic_polynomial(n, rng):
    a = rng.standard_normal((n, n))
    coefficients = mml.characteristic_polynomial(a)
    assert coefficients.shape == (n + 1,)
    for x in (-1.3, 0.2, 2.0):
        expected = np.linalg.det(x * np.eye(n) - a)
        assert np.polyval(coefficients, x) == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_diagonalize(rng):
    for a in (
        rng.standard_normal((6, 6)),
        symmetric(rng, 6),
        np.eye(3),
        np.zeros((2, 2)),
        np.empty((0, 0)),
    ):
        if a.size == 0:
            continue
        P, D, inverse = mml.diagonalize(a)
        np.testing.assert_allclose(P @ D @ inverse, a, atol=1e-11)
        np.testing.assert_allclose(D, np.diag(np.diagonal(D)))
    for defective in (
        [[2.0, 1.0], [0.0, 2.0]],
        [[5.0, 4.0], [-4.0, -3.0]],
        [[0, 1, 0], [0, 0, 1], [0, 0, 0]],
    ):
        with pytest.raises(mml.DefectiveMatrixError, match="no basis of eigenvectors"):
            mml.diagonalize(defective)


@pytest.mark.parametrize("shape", [(2, 2), (40, 40), (100, 100), (160, 160), (20, 60, 60)])
def test_float32_is_defective_no_sooner_than_float64(shape, rng):
    """Ordinary random matrices have eigenvectors with condition numbers of hundreds and thousands."""
    a = rng.standard_normal(shape).astype(np.float32)
    for part, wide in zip(mml.diagonalize(a), mml.diagonalize(a.astype(float)), strict=True):
        assert part.dtype in (np.float32, np.complex64)
        np.testing.assert_allclose(part, wide, rtol=0, atol=1e-3 * np.abs(wide).max())
    with pytest.raises(mml.DefectiveMatrixError, match="no basis of eigenvectors"):
        mml.diagonalize(np.array([[2, 1], [0, 2]], np.float32))
    with pytest.raises(ValueError, match="leaves the range of float32"):
        mml.diagonalize(np.array([[1, 3e38], [0, 0.5]], np.float32))


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 3, 7, 64])
@pytest.mark.parametrize("batch", [(), (4,)])
def test_matrix_power(n, batch, rng):
    a = np.linalg.qr(rng.standard_normal((*batch, 3, 3)))[0]
    np.testing.assert_allclose(mml.matrix_power(a, n), np.linalg.matrix_power(a, n), atol=1e-12)


def test_matrix_power_of_a_singular_matrix():
    with pytest.raises(mml.SingularMatrixError):
        mml.matrix_power(np.ones((2, 2)), -1)
    with pytest.raises(TypeError, match="n: "):
        mml.matrix_power(np.eye(2), 0.5)


def test_matrix_power_refuses_to_overflow():
    with pytest.raises(OverflowError, match="the power 2000 of A"):
        mml.matrix_power([[2.0, 1], [0, 2]], 2000)
    np.testing.assert_array_equal(mml.matrix_power([[0, 1], [1, 0]], 2**100 + 1), [[0, 1], [1, 0]])


@pytest.mark.parametrize(
    "call",
    [
        mml.eigh,
        mml.eig,
        mml.eigvals,
        mml.characteristic_polynomial,
        mml.diagonalize,
        mml.power_iteration,
        lambda a: mml.top_eigh(a, 1),
        lambda a: mml.matrix_power(a, 2),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError, match="square"):
        call(np.ones((2, 3)))
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        call([[np.nan, 0.0], [0.0, 1.0]])
    with pytest.raises(TypeError, match="A: "):
        call([["a", "b"], ["c", "d"]])


def test_more_bad_input():
    with pytest.raises(ValueError, match="k: got 3"):
        mml.top_eigh(np.eye(2), 3)
    with pytest.raises(ValueError, match="A: is not symmetric"):
        mml.top_eigh([[1.0, 2.0], [0.0, 1.0]], 1)
    with pytest.raises(ValueError, match="A: is not symmetric"):
        mml.top_eigh(sparse.csr_array(np.triu(np.ones((3, 3)))), 1)
    with pytest.raises(ValueError, match="shape: a callable A needs"):
        mml.top_eigh(lambda v: v, 1)
    with pytest.raises(ValueError, match="a callable that returns"):
        mml.top_eigh(lambda v: v[:1], 1, shape=(3, 3))
    with pytest.raises(ValueError, match="a product contains NaN"):
        mml.top_eigh(lambda v: v * np.nan, 1, shape=(3, 3))
    with pytest.raises(ValueError, match="v0: is zero"):
        mml.power_iteration(np.eye(2), v0=[0.0, 0.0])

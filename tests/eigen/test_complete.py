"""top_eigh of matrices known by their products: copies of repeated values, and what only looks symmetric."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mmlcore as mml

sparse = pytest.importorskip("scipy.sparse")
operators = pytest.importorskip("scipy.sparse.linalg")


def ring(n):
    """I + A / 2 for a ring of n nodes: eigenvalues 1 + cos(2 pi j / n), all but two of them twice."""
    i = np.arange(n)
    ones = np.full(n, 0.5)
    turn = sparse.csr_array((ones, (i, (i + 1) % n)), shape=(n, n))
    values = np.sort(1 + np.cos(2 * np.pi * i / n))[::-1]
    return sparse.csr_array(sparse.eye_array(n) + turn + turn.T), values


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("form", ["sparse", "callable", "operator"])
def test_copies_of_a_ring(k, form):
    a, expected = ring(200)
    if form == "sparse":
        found = mml.top_eigh(a, k)
    elif form == "callable":
        found = mml.top_eigh(lambda v: a @ v, k, shape=a.shape)
    else:
        found = mml.top_eigh(operators.aslinearoperator(a), k)
    np.testing.assert_allclose(found.values, expected[:k], atol=1e-12)
    np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(k), atol=1e-12)
    np.testing.assert_allclose(a @ found.vectors, found.vectors * found.values, atol=1e-9)


@pytest.mark.parametrize("copies", [1, 3, 30])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_many_copies(copies, scale, rng):
    values = np.concatenate([np.full(copies, 3.0), np.full(copies, 2.0), rng.uniform(-1, 1, 120)])
    q = np.linalg.qr(rng.standard_normal((len(values),) * 2))[0]
    a = (q * values) @ q.T * scale
    for seed in (0, 1):
        found = mml.top_eigh(lambda v: a @ v, copies + 2, shape=a.shape, random_state=seed)
        expected = np.sort(values)[::-1][: copies + 2] * scale
        np.testing.assert_allclose(found.values, expected, rtol=1e-10, atol=1e-10 * scale)


def test_every_pair_of_a_multiple_of_the_identity():
    found = mml.top_eigh(sparse.eye_array(30).tocsr(), 30).values
    np.testing.assert_allclose(found, np.ones(30), rtol=1e-15)
    assert mml.top_eigh(sparse.csr_array((30, 30)), 4).values.tolist() == [0.0] * 4


def test_a_callable_may_work_in_place():
    def times(v):
        v *= np.arange(1, 201)
        return v

    found = mml.top_eigh(times, 3, shape=(200, 200))
    np.testing.assert_allclose(found.values, [200, 199, 198], rtol=1e-12)


def test_the_last_pairs_of_an_iteration_that_fails(monkeypatch):
    """Products of seven digits reach no residual of eleven."""
    rounded = np.diag(np.arange(1.0, 51)).astype(np.float32) / 3

    def times(v):
        return (rounded @ v.astype("f4")) * 3

    with pytest.raises(mml.ConvergenceError, match="its products are not") as error:
        mml.top_eigh(times, 2, shape=(50, 50), random_state=0)
    found = mml.top_eigh(times, 2, shape=(50, 50), random_state=0, raise_on_failure=False)
    assert isinstance(found, mml.EigenResult)
    for result in (found, pickle.loads(pickle.dumps(found))):
        assert not result.success
        assert result.status == mml.Status.MAX_ITER
        assert result.message == str(error.value)
        values, vectors = result
        np.testing.assert_allclose(values, [50, 49], rtol=1e-5)
        np.testing.assert_array_equal(np.abs(vectors), np.abs(error.value.result.vectors))
    monkeypatch.setattr("mmlcore.eigen.top._RESTARTS", 1)
    found = mml.top_eigh(ring(2000)[0], 3, raise_on_failure=False)
    assert not found.success
    assert "in 1 restarts" in found.message
    assert found.values.shape == (3,)
    monkeypatch.undo()
    found = mml.top_eigh(lambda v: np.arange(1, 51) * v, 2, shape=(50, 50), raise_on_failure=False)
    assert found.success
    assert found.status == mml.Status.CONVERGED
    assert "accurate" in found.message
    assert mml.eigh(np.eye(2)).success


def test_what_is_not_real_or_not_symmetric(rng):
    triangle = np.triu(rng.standard_normal((50, 50)))
    with pytest.raises(ValueError, match="A: is not symmetric"):
        mml.top_eigh(lambda v: triangle @ v, 2, shape=(50, 50))
    rounded = np.diag(np.arange(1.0, 51)).astype(np.float32) / 3
    with pytest.raises(mml.ConvergenceError, match="its products are not") as error:
        mml.top_eigh(lambda v: (rounded @ v.astype("f4")) * 3, 2, shape=(50, 50))
    np.testing.assert_allclose(error.value.result.values, [50, 49], rtol=1e-5)
    with pytest.raises(TypeError, match="A: a product has dtype complex128"):
        mml.top_eigh(lambda v: 1j * v, 2, shape=(5, 5))
    with pytest.raises(ValueError, match="A: is not Hermitian"):
        mml.top_eigh(sparse.csr_array(np.eye(3) * 1j), 2)
    with pytest.raises(ValueError, match="A: is not symmetric"):
        mml.top_eigh(operators.aslinearoperator(np.eye(3) * 1j), 2)
    with pytest.raises(ValueError, match=r"shape: got 5, needed the shape \(n, n\)"):
        mml.top_eigh(lambda v: v, 2, shape=5)
    with pytest.raises(ValueError, match=r"shape: got shape \(5, 4\)"):
        mml.top_eigh(lambda v: v, 2, shape=(5, 4))


def test_stacks(rng):
    a = rng.standard_normal((2, 3, 6, 6))
    a = a + np.swapaxes(a, -1, -2)
    found = mml.top_eigh(a, 2)
    assert found.vectors.shape == (2, 3, 6, 2)
    for i in np.ndindex(2, 3):
        one = mml.top_eigh(a[i], 2)
        np.testing.assert_allclose(found.values[i], one.values, rtol=1e-12)
        np.testing.assert_allclose(found.vectors[i], one.vectors, atol=1e-9)
    with pytest.raises(ValueError, match="A: is not symmetric"):
        mml.top_eigh(np.triu(a), 2)
    squares = a @ np.swapaxes(a, -1, -2)
    powers = mml.power_iteration(squares, tol=1e-5)
    np.testing.assert_allclose(powers.value, mml.top_eigh(squares, 1).values[..., 0], rtol=1e-5)
    assert (powers.residual <= 1e-5).all()
    assert powers.iterations.shape == (2, 3)
    with pytest.raises(mml.ConvergenceError, match="matrix 1 of the batch") as error:
        mml.power_iteration([np.eye(2), np.diag([1.0, -1.0])], max_iter=20)
    assert error.value.result.value[0] == pytest.approx(1)


def test_the_item_of_a_stack_is_named():
    fine, wrong = np.eye(3), np.array([[1.0, 1, 0], [0, 1, 0], [0, 0, 1]])
    with pytest.raises(ValueError, match=r"A: is not symmetric \(matrix 2 of the batch\)"):
        mml.top_eigh(np.stack([fine, fine, wrong]), 1)
    with pytest.raises(ValueError, match=r"A: is not Hermitian \(matrix 1 of the batch\)"):
        mml.top_eigh(np.stack([fine, wrong]) + 0j, 1)
    with pytest.raises(mml.DefectiveMatrixError, match=r"is defective \(matrix 1 of the batch\)"):
        mml.diagonalize(np.stack([np.diag([1.0, 2, 3]), wrong]))
    with pytest.raises(mml.DefectiveMatrixError, match="is defective, it has no basis"):
        mml.diagonalize(wrong)

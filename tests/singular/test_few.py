"""A few of the largest singular values: sparse matrices, operators, dense ones; copies, clusters, low rank, the ends of the range."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

import mmlcore as mml


def draw(rng, shape, dtype=np.float64):
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def with_values(rng, m, n, values, dtype=np.float64):
    """A matrix with these singular values, and zeros behind them."""
    k = len(values)
    u, v = (np.linalg.qr(draw(rng, (side, k), dtype))[0] for side in (m, n))
    return (u * values) @ v.conj().T


def check(a, found, k, room=1e-9):
    u, s, vh = found
    assert (u.shape, s.shape, vh.shape) == ((a.shape[0], k), (k,), (k, a.shape[1]))
    right = np.linalg.svd(a, compute_uv=False)
    unit = right[0] or 1.0
    np.testing.assert_allclose(s / unit, right[:k] / unit, atol=room)
    for q in (u, vh.conj().T):
        np.testing.assert_allclose(q.conj().T @ q, np.eye(k), atol=max(1e-10, room))
    np.testing.assert_allclose(a @ (vh.conj().T / unit), u * (s / unit), atol=room)
    np.testing.assert_allclose((a.conj().T / unit) @ u, vh.conj().T * (s / unit), atol=room)
    lead = np.take_along_axis(vh, np.abs(vh).argmax(1)[:, None], 1)
    assert (lead.real > 0).all()


class Operator:
    """What has products alone."""

    def __init__(self, a):
        self.matvec, self.rmatvec = a.dot, a.conj().T.dot
        self.shape, self.dtype = a.shape, a.dtype


KINDS = {
    "plain": lambda rng, t: draw(rng, (70, 50), t),
    "wide": lambda rng, t: draw(rng, (40, 90), t),
    "tall": lambda rng, t: draw(rng, (300, 9), t),
    "copies": lambda rng, t: with_values(
        rng, 80, 60, np.r_[[3.0] * 5, [2.0] * 7, np.linspace(1, 0.1, 20)], t
    ),
    "all alike": lambda rng, t: np.linalg.qr(draw(rng, (60, 60), t))[0],
    "cluster": lambda rng, t: with_values(
        rng, 90, 70, np.r_[5 + 1e-10 * np.arange(6), np.linspace(4, 0, 50)], t
    ),
    "low rank": lambda rng, t: with_values(rng, 60, 40, [4.0, 2.0, 1.0], t),
    "graded": lambda rng, t: with_values(rng, 60, 40, np.geomspace(1, 1e-9, 25), t),
    "zero": lambda _, t: np.zeros((30, 20), t),
    "one": lambda _, t: np.ones((1, 1), t),
    "row": lambda rng, t: draw(rng, (1, 30), t),
    "column": lambda rng, t: draw(rng, (30, 1), t),
    "blocks": lambda rng, t: np.kron(np.eye(12), draw(rng, (5, 4), t)),
    "shift": lambda _, t: np.eye(50, k=1).astype(t),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_kinds(kind, dtype, rng):
    a = KINDS[kind](rng, dtype)
    for k in (1, 4, 13, min(a.shape)):
        if k > min(a.shape):
            continue
        for given in (scipy.sparse.coo_array(a), Operator(a)):
            check(a, mml.svd(given, k=k, random_state=0), k)


def test_random_starts_find_all_copies(rng):
    a = KINDS["copies"](rng, np.float64)
    for seed in range(8):
        check(a, mml.svd(scipy.sparse.csr_matrix(a), k=7, random_state=seed), 7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_dense_ones_and_stacks(dtype, rng):
    room = 1e4 * np.finfo(dtype).eps
    a = draw(rng, (3, 12, 9), dtype)
    found = mml.svd(a, k=4)
    whole = mml.svd(a)
    np.testing.assert_allclose(found.s, whole.s[:, :4], rtol=room)
    np.testing.assert_allclose(found.U, whole.U[..., :4], atol=room)
    large = draw(rng, (450, 420), dtype)
    few = mml.svd(large, k=2, random_state=1)
    assert few.U.dtype == few.Vh.dtype == dtype
    assert few.s.dtype == large.real.dtype
    check(large, few, 2, room * 10)
    sparse = mml.svd(scipy.sparse.csr_matrix(large), k=1, random_state=1)
    assert sparse.U.dtype == dtype


def test_scipy_agrees():
    a = scipy.sparse.random(400, 300, 0.02, random_state=3, format="csr")
    right = scipy.sparse.linalg.svds(a, 6, random_state=0)[1][::-1]
    np.testing.assert_allclose(mml.svd(a, k=6).s, right, rtol=1e-9)
    operator = scipy.sparse.linalg.aslinearoperator(a)
    np.testing.assert_allclose(mml.svd(operator, k=6).s, right, rtol=1e-9)
    whole = mml.svd(scipy.sparse.csr_matrix(np.arange(12).reshape(4, 3)), k=2)
    assert whole.U.dtype == np.float64


@pytest.mark.parametrize("scale", [1e-300, 1e-180, 1e180, 1e300])
def test_the_ends_of_the_range(scale, rng):
    a = draw(rng, (40, 30))
    found = mml.svd(scipy.sparse.csr_matrix(a * scale), k=3, random_state=0)
    np.testing.assert_allclose(found.s / scale, np.linalg.svd(a)[1][:3], rtol=1e-9)


def test_the_same_bits(rng):
    a = scipy.sparse.csr_matrix(draw(rng, (60, 50)))
    one, other = (mml.svd(a, k=3, random_state=7) for _ in range(2))
    for x, y in zip(one, other, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (mml.svd, TypeError, "A: got a sparse matrix"),
        (lambda a: mml.svd(a, k=0), ValueError, "k: got 0, needed an integer between 1 and 4"),
        (lambda a: mml.svd(a, k=5), ValueError, "k: got 5, needed an integer between 1 and 4"),
        (lambda a: mml.svd(a.toarray(), k=5), ValueError, "k: got 5, needed"),
        (lambda a: mml.svd(a, k=1.5), TypeError, "k: got 1.5 of type float"),
        (lambda a: mml.svd(a, k=1, full=True), ValueError, "full: there is no square factor"),
        (lambda a: mml.svd(a * np.nan, k=1), ValueError, "A: contains NaN or infinity"),
        (lambda a: mml.svd(a.toarray() * np.nan, k=1), ValueError, "A: contains NaN or infinity"),
        (lambda _: mml.svd(scipy.sparse.csr_matrix((0, 3)), k=1), ValueError, "A: got shape"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(scipy.sparse.csr_matrix(np.arange(1.0, 21).reshape(5, 4)))


def test_products_are_checked():
    bad = Operator(np.eye(4))
    bad.matvec = lambda v: v[:2]
    with pytest.raises(ValueError, match=r"A: got shape \(2,\), needed an operator whose products"):
        mml.svd(bad, k=1)
    bad.matvec = lambda v: v * np.nan
    with pytest.raises(ValueError, match="A: a product contains NaN"):
        mml.svd(bad, k=1)
    bad.matvec = lambda v: v * 1j
    with pytest.raises(TypeError, match="A: a product has dtype complex128, needed real numbers"):
        mml.svd(bad, k=1)

"""top_eigh at either end of the spectrum, or both; real and Hermitian, dense, sparse, by products, stacks."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

import mmlcore as mml
from mmlcore.eigen._ends import hermitian_pairs

sparse = pytest.importorskip("scipy.sparse")
operators = pytest.importorskip("scipy.sparse.linalg")
ENDS = ("largest", "smallest", "magnitude")


def in_order(values, k, which):
    key = {"largest": -values, "smallest": values, "magnitude": -np.abs(values)}[which]
    return values[np.argsort(key, kind="stable")][:k]


def hermitian(values, rng, kind):
    """A matrix with the given eigenvalues."""
    g = rng.standard_normal((len(values),) * 2)
    if kind == "c":
        g = g + 1j * rng.standard_normal(g.shape)
    q = np.linalg.qr(g)[0]
    a = (q * values) @ q.conj().T
    return (a + a.conj().T) / 2


def given(a, form):
    if form == "sparse":
        return sparse.csr_array(a), {}
    if form == "operator":
        return operators.aslinearoperator(a), {}
    if form == "callable":
        return (lambda v: a @ v), {"shape": a.shape}
    return a, {}


SPECTRA = {
    "apart": np.linspace(-3, 5, 40) ** 3,
    "copies at both ends": np.repeat([-4.0, 1.0, 0.5, 3.0], [4, 3, 30, 4]),
    "equal in size": np.concatenate([[2.0, -2.0, 2.0, -2.0], np.linspace(-1, 1, 40)]),
    "all the same": np.full(30, 2.5),
    "none": np.zeros(20),
    "negative": -np.arange(1.0, 31),
}


@pytest.mark.parametrize("which", ENDS)
@pytest.mark.parametrize(
    ("form", "kind"),
    [(form, kind) for form in ("dense", "sparse", "operator") for kind in "fc"]
    + [("callable", "f")],
)
@pytest.mark.parametrize("name", list(SPECTRA))
def test_pairs(which, form, kind, name, rng):
    values = SPECTRA[name]
    a = hermitian(values, rng, kind)
    size = np.abs(values).max() or 1.0
    for k in (1, 3, 5):
        operator, more = given(a, form)
        found = mml.top_eigh(operator, k, which=which, random_state=1, **more)
        assert found.vectors.dtype == a.dtype
        got, wanted = found.values, in_order(values, k, which)
        if which == "magnitude":  # of equal size, either sign
            got, wanted = np.abs(got), np.abs(wanted)
        np.testing.assert_allclose(got, wanted, atol=1e-9 * size)
        v = found.vectors
        np.testing.assert_allclose(v.conj().T @ v, np.eye(k), atol=1e-9)
        np.testing.assert_allclose(a @ v, v * found.values, atol=1e-8 * size)
        assert found.success


def test_real_vectors_of_two_directions():
    """The two real vectors for one complex pair may belong to two copies: both directions are as large as the bound."""
    values = np.array([2.0, 2.0, 1.0, 0.5])
    x = np.eye(8)[:, [0, 1]]  # of the real form of order 8, for copies in directions 0 and 1
    for turned in (x, x * np.nextafter(1, 0)):
        found, vectors = hermitian_pairs(lambda z: np.tile(values, 2) * z, turned, 1, "magnitude")
        np.testing.assert_allclose(found, [2])
        assert vectors.shape == (4, 1)


@pytest.mark.parametrize("which", ENDS)
@pytest.mark.parametrize("kind", ["f4", "f8", "c8", "c16"])
def test_types_and_stacks(which, kind, rng):
    values = np.linspace(-2, 3, 9)
    a = np.stack([hermitian(values * (i + 1), rng, kind[0]) for i in range(4)]).astype(kind)
    a = a.reshape(2, 2, 9, 9)
    room = 1e-4 if kind in ("f4", "c8") else 1e-12
    found = mml.top_eigh(a, 3, which=which)
    assert (found.values.shape, found.vectors.shape) == ((2, 2, 3), (2, 2, 9, 3))
    assert found.values.dtype == a.real.dtype
    assert found.vectors.dtype == a.dtype
    for i, j in np.ndindex(2, 2):
        one = mml.top_eigh(a[i, j], 3, which=which)
        np.testing.assert_allclose(
            found.values[i, j], in_order(values, 3, which) * (2 * i + j + 1), atol=10 * room
        )
        np.testing.assert_allclose(one.values, found.values[i, j], atol=10 * room)
        assert one.values.dtype == a.real.dtype


@pytest.mark.parametrize("which", ENDS)
def test_a_large_dense_matrix(which, rng):
    """Beyond what is decomposed at once: Lanczos at one end or both, and equal values all through the middle."""
    for values in (np.linspace(-4, 5, 420) ** 3, np.repeat([-1.0, 2.0, 7.0], [1, 417, 2])):
        a = hermitian(values, rng, "f")
        found = mml.top_eigh(a, 5, which=which)
        size = np.abs(values).max()
        np.testing.assert_allclose(found.values, in_order(values, 5, which), atol=1e-10 * size)
        np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(5), atol=1e-10)
        np.testing.assert_allclose(
            a @ found.vectors, found.vectors * found.values, atol=1e-9 * size
        )


def test_every_pair(rng):
    values = np.linspace(-1, 2, 12)
    for kind in "fc":
        a = hermitian(values, rng, kind)
        for which in ENDS:
            for form in ("dense", "sparse"):
                found = mml.top_eigh(given(a, form)[0], 12, which=which)
                np.testing.assert_allclose(np.sort(found.values), values, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_units_do_not_matter(scale, rng):
    values = np.linspace(-2, 3, 60)
    a = hermitian(values, rng, "f") * scale
    for which in ENDS:
        found = mml.top_eigh(sparse.csr_array(a), 2, which=which)
        np.testing.assert_allclose(found.values / scale, in_order(values, 2, which), rtol=1e-10)


def test_the_last_pairs_at_the_lower_end(monkeypatch):
    monkeypatch.setattr("mmlcore.eigen.top._RESTARTS", 1)
    values = np.linspace(0, 1, 3000)
    a = sparse.diags_array(values).tocsr()
    for matrix in (a, a.astype(complex)):
        for which in ENDS:
            found = mml.top_eigh(matrix, 3, which=which, raise_on_failure=False)
            assert not found.success
            assert np.isfinite(found.values).all()
            assert ((found.values > -0.1) & (found.values < 1.1)).all()
            with pytest.raises(mml.ConvergenceError, match="in 1 restarts"):
                mml.top_eigh(matrix, 3, which=which)


def test_errors(rng):
    a = hermitian(np.arange(5.0), rng, "f")
    for which in ("LA", None, 3, ["largest"]):
        with pytest.raises(
            ValueError, match=r"which: got .*, needed 'largest', 'smallest' or 'magnitude'"
        ):
            mml.top_eigh(a, 2, which=which)
    with pytest.raises(ValueError, match="A: is not Hermitian"):
        mml.top_eigh(a * 1j, 2)

    class Short:
        shape, dtype = (5, 5), np.dtype(complex)

        def matvec(self, v):
            return v[:3]

    with pytest.raises(ValueError, match=r"A: got shape \(3,\)"):
        mml.top_eigh(Short(), 2)


def test_what_lies_far_below_the_largest_is_no_noise():
    """Beside 1e69 all else is rounding: a direction that is not orthogonal to its vector must not bring it back."""
    values = np.array([1e69, 1e29, -1e28, 1.0, -1e-20, *np.zeros(10)])
    found = mml.top_eigh(sparse.diags_array(values).tocsr(), 4, which="magnitude")
    np.testing.assert_allclose(found.values[0], 1e69)
    assert (np.abs(found.values[1:]) < 1e60).all()


@pytest.mark.parametrize("which", ["largest", "smallest", "magnitude"])
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_few_pairs_of_a_large_hermitian_matrix(which, dtype, rng):
    """By products instead of the whole decomposition; copies of repeated values among them."""
    n, k = 420, 4
    q = np.linalg.qr(rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n)))[0]
    values = np.r_[[3.0, 3.0, 2.9, 2.5, -3.0, -3.0, -2.8, -2.0], np.linspace(-1, 1, n - 8)]
    for scale in (1.0, 1e-200, 1e200) if dtype == np.complex128 else (1.0,):
        a = (q * (values * scale)) @ q.conj().T
        a = ((a + a.conj().T) / 2).astype(dtype)
        found = mml.top_eigh(a, k, which=which, random_state=0)
        order = {"largest": -values, "smallest": values, "magnitude": -np.abs(values)}[which]
        right = values[np.argsort(order, kind="stable")[:k]]
        room = 1e3 * np.finfo(dtype).eps
        assert found.vectors.dtype == dtype
        assert found.values.dtype == a.real.dtype
        got = found.values / scale
        np.testing.assert_allclose(
            np.abs(got) if which == "magnitude" else got,
            np.abs(right) if which == "magnitude" else right,
            atol=room,
        )
        np.testing.assert_allclose(found.vectors.conj().T @ found.vectors, np.eye(k), atol=room)
        np.testing.assert_allclose((a / scale) @ found.vectors, found.vectors * got, atol=10 * room)


def grid(n, m):
    sides = [
        sparse.diags([-np.ones(k - 1), 2 * np.ones(k), -np.ones(k - 1)], [-1, 0, 1]) for k in (n, m)
    ]
    return sparse.kronsum(*sides).tocsr()


def spread(rng, values):
    q = np.linalg.qr(rng.standard_normal((len(values), len(values))))[0]
    a = (q * values) @ q.T
    return sparse.csr_matrix((a + a.T) / 2)


HARD = {
    "identity and a few": lambda _: sparse.diags(np.r_[3.0, 2.0, 2.0, np.ones(297)]).tocsr(),
    "square grid": lambda _: grid(15, 15),
    "long grid": lambda _: grid(8, 30),
    "copies of a block": lambda rng: sparse.block_diag(
        [rng.standard_normal((20, 20)) * 0 + np.diag(np.arange(20.0)) + 1] * 9
    ).tocsr(),
    "clusters": lambda rng: spread(rng, np.r_[5 + 1e-10 * np.arange(8), np.linspace(-4, 4, 192)]),
    "zero": lambda _: sparse.csr_matrix((150, 150)),
    "projection": lambda rng: spread(rng, np.r_[np.ones(7), np.zeros(150)]),
    "cycle": lambda _: sparse.diags(
        [np.ones(119), np.ones(119), [1.0], [1.0]], [1, -1, 119, -119]
    ).tocsr(),
}


@pytest.mark.parametrize("kind", HARD)
@pytest.mark.parametrize("which", ["largest", "smallest", "magnitude"])
def test_no_copy_is_missing(kind, which, rng):
    """Repeated and clustered eigenvalues of sparse matrices: as many of each as the whole spectrum has in front."""
    a = HARD[kind](rng)
    values = np.linalg.eigvalsh(a.toarray())
    key = {"largest": -values, "smallest": values, "magnitude": -np.abs(values)}[which]
    size = np.abs(values).max() or 1.0
    for k in (1, 3, 8, 20):
        right = np.sort(key)[:k]
        for seed in (k,):
            found = mml.top_eigh(a, k, which=which, random_state=seed)
            got = {
                "largest": -found.values,
                "smallest": found.values,
                "magnitude": -np.abs(found.values),
            }[which]
            np.testing.assert_allclose(got / size, right / size, atol=1e-9)
            np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(k), atol=1e-8)


def test_both_ends_of_an_identity_and_a_few_start_in_directions_of_their_own():
    """The numbers that made the vectors of one end are none to start from at the other."""
    a = scipy.sparse.diags([np.r_[3.0, 2, 2, np.ones(297)]], [0]).tocsr()
    for seed in range(6):
        found = mml.top_eigh(a, 20, which="magnitude", random_state=seed)
        np.testing.assert_allclose(found.values, np.r_[3.0, 2, 2, np.ones(17)], atol=1e-12)
        np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(20), atol=1e-12)


def test_couplings_that_all_but_vanish():
    """Inverse iteration does not divide by them: an arrow whose couplings go from 1 to 1e-300."""
    a = np.diag(np.linspace(6.0, 4.0, 64))
    a[40, :40] = a[:40, 40] = np.geomspace(1e-300, 1.0, 40)
    values = np.linalg.eigvalsh(a)[::-1]
    for k in (1, 5, 16, 40):
        found = mml.top_eigh(a, k)
        np.testing.assert_allclose(found.values, values[:k], atol=1e-12)

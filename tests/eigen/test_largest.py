"""The largest eigenpairs of symmetric matrices: the tridiagonal form, Lanczos with its certificate, and the choice."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

import mmlcore as mml
from mmlcore import _core
from mmlcore.eigen import largest as eigen


def spectrum(values, rng):
    """A dense symmetric matrix with the given eigenvalues."""
    q, _ = np.linalg.qr(rng.standard_normal((len(values),) * 2))
    a = (q * values) @ q.T
    return (a + a.T) / 2


def matrices(n, rng):
    g = rng.standard_normal((n, n))
    return {
        "random": g + g.T,
        "low rank": g[:, : n // 5 + 1] @ g[:, : n // 5 + 1].T,
        "identity": np.eye(n),
        "diagonal": np.diag(rng.random(n)),
        "two clusters": spectrum(np.where(np.arange(n) < n // 3, 2.0, 1.0), rng),
        "graded": spectrum(np.geomspace(1, 1e-12, n), rng),
        "tiny": (g + g.T) * 1e-300,
        "huge": g * 1e300 + g.T * 1e300,
        "zero": np.zeros((n, n)),
        "ones": np.ones((n, n)),
        "wilkinson": np.diag(np.abs(np.arange(n) - n // 2).astype(float))
        + np.diag(np.ones(n - 1), 1)
        + np.diag(np.ones(n - 1), -1),
    }


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 33, 64, 130, 401])
@pytest.mark.parametrize("kind", list(matrices(2, np.random.default_rng(0))))
def test_largest_eigenpairs(n, kind, rng):
    a = matrices(n, rng)[kind]
    k = max(1, n // 4)
    values, vectors = np.empty(k), np.empty((n, k))
    residual = _core.largest_eigenpairs(a, values, vectors)
    expected = np.linalg.eigvalsh(a)[::-1]
    size = np.abs(expected).max() or 1.0
    np.testing.assert_allclose(values / size, expected[:k] / size, atol=1e-14 * max(n, 10))
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(k), atol=1e-13)
    assert residual < 2e-12
    scale = 1 / size
    found = np.linalg.norm((a * scale) @ vectors - vectors * (values * scale), axis=0).max()
    assert found <= residual * 1.01 + 1e-13


@pytest.mark.parametrize("order", ["C", "F", "reversed"])
def test_layouts_and_threads(order, rng):
    a = matrices(300, rng)["random"]
    laid = {"C": a, "F": np.asfortranarray(a), "reversed": a[::-1, ::-1].copy()[::-1, ::-1]}[order]
    seen = []
    for threads in (1, 2, 5):
        values, vectors = np.empty(20), np.empty((300, 20))
        with mml.threads(threads):
            _core.largest_eigenpairs(laid, values, vectors)
        seen.append((values, vectors))
    for values, vectors in seen:
        np.testing.assert_array_equal(values, seen[0][0])
        np.testing.assert_array_equal(vectors, seen[0][1])
    np.testing.assert_allclose(seen[0][0], np.linalg.eigvalsh(a)[::-1][:20], atol=1e-11)


def test_bad_numbers_are_refused(rng):
    a = matrices(40, rng)["random"]
    a[3, 30] = a[30, 3] = np.nan
    with pytest.raises(ValueError, match="a: contains NaN or infinity"):
        _core.largest_eigenpairs(a, np.empty(2), np.empty((40, 2)))


@pytest.mark.parametrize(("n", "k"), [(100, 3), (100, 60), (500, 2), (500, 100), (800, 6)])
@pytest.mark.parametrize("kind", ["graded", "two clusters", "low rank", "identity", "zero"])
def test_every_route_gives_the_same(n, k, kind, rng):
    a = matrices(n, rng)[kind]
    values, vectors = eigen.largest_of_psd(a, k, 1e-11)
    expected = np.linalg.eigvalsh(a)[::-1]
    size = max(np.abs(expected).max(), 1e-300)
    np.testing.assert_allclose(values, expected[:k], atol=1e-12 * size)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(k), atol=1e-12)
    assert np.linalg.norm(a @ vectors - vectors * values, axis=0).max() <= 1e-10 * size


def test_few_vectors_come_from_lanczos(rng, monkeypatch):
    a = spectrum(np.geomspace(1, 1e-6, 600), rng)
    monkeypatch.setattr(_core, "largest_eigenpairs", only_small(_core.largest_eigenpairs, 100))
    monkeypatch.setattr(np.linalg, "eigh", only_small(np.linalg.eigh, 0))
    values, vectors = eigen.largest_of_psd(a, 2, 1e-10)
    np.testing.assert_allclose(values, np.geomspace(1, 1e-6, 600)[:2], rtol=1e-10)
    assert np.linalg.norm(a @ vectors - vectors * values) < 1e-9


def only_small(function, most):
    def guarded(a, *rest):
        assert len(a) < most
        return function(a, *rest)

    return guarded


@pytest.mark.parametrize("n", [1, 3, 4, 5, 63, 95, 96, 97, 131, 400, 403])
def test_symmetric_product_reads_the_lower_triangle(n, rng):
    a = rng.standard_normal((n, n))
    x = rng.standard_normal(n)
    lower = np.tril(a)
    expected = (lower + np.tril(a, -1).T) @ x
    seen = []
    for threads in (1, 2, 5):
        y = np.empty(n)
        with mml.threads(threads):
            _core.symmetric_product(np.where(lower != 0, a, np.nan), x, y)
        seen.append(y)
    np.testing.assert_allclose(seen[0], expected, atol=1e-13 * n)
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], seen[2])
    with pytest.raises(ValueError, match="internal call"):
        _core.symmetric_product(np.asfortranarray(np.ones((3, 3))), np.ones(3), np.empty(3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 1, 2, 31, 32, 33, 100])
def test_symmetry(n, dtype, rng):
    a = rng.standard_normal((n, n)).astype(dtype)
    for laid in (a, np.asfortranarray(a), a[::-1, ::-1]):
        assert _core.symmetry(laid) == (
            np.abs(laid).max(initial=0),
            np.abs(laid - laid.T).max(initial=0),
        )


@pytest.mark.parametrize(
    "values",
    [
        np.geomspace(1, 1e-3, 640),
        np.linspace(-5, 3, 640),
        -np.linspace(1, 2, 640),
        np.r_[np.full(7, 4.0), np.linspace(0, 3, 633)],
        np.r_[np.full(3, 4.0), np.full(637, 1.0)],
        np.ones(640),
        np.r_[1e-12 * np.arange(5.0), np.ones(10), np.zeros(625)],
    ],
    ids=["decay", "indefinite", "negative", "repeated", "two values", "identity", "low rank"],
)
def test_few_of_many(values, rng):
    """Lanczos with its certificate: repeated eigenvalues come as often as they are there."""
    a = spectrum(values, rng)
    got, vectors = mml.top_eigh(a, 10)
    size = np.abs(values).max()
    np.testing.assert_allclose(got, np.sort(values)[::-1][:10], atol=1e-10 * size)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(10), atol=1e-10)
    assert np.abs(a @ vectors - vectors * got).max() <= 1e-10 * size


@pytest.mark.parametrize("n", [20, 64, 65, 130, 250, 411])
def test_certificate_sees_what_is_missing(n, rng):
    a = spectrum(np.r_[5.0, 4, 4, 3, np.linspace(-9, 2, n - 4)], rng)
    values, vectors = np.linalg.eigh(a)
    values, vectors = values[::-1], vectors[:, ::-1]

    def complete(*pairs):
        which = list(pairs)
        return eigen._complete(a, values[which], np.ascontiguousarray(vectors[:, which]), 1e-11)

    assert complete(0, 1, 2, 3)
    assert complete(0, 1, 2)
    assert complete(0)
    assert not complete(0, 1, 3)  # a copy of 4 is missing
    assert not complete(1)
    # The lower triangle alone is read, and a NaN is no certificate.
    least = values[3] + 1e-9
    found = (values[:4].copy(), np.ascontiguousarray(vectors[:, :4]))
    lower = np.where(np.tri(n, dtype=bool), a, np.nan)
    assert _core.certify_spectrum_above(least, lower, *found, 9.0)
    assert not _core.certify_spectrum_above(np.nan, a, *found, 9.0)


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
def test_scales_of_dense_matrices(scale, rng):
    a = spectrum(np.geomspace(1, 1e-3, 640), rng)
    near, far = mml.top_eigh(a, 5), mml.top_eigh(a * scale, 5)
    np.testing.assert_allclose(far.values, near.values * scale, rtol=1e-10)
    values = eigen.largest_of_psd(a * scale, 5, 1e-11)[0]
    np.testing.assert_allclose(values, near.values * scale, rtol=1e-10)
    small = mml.top_eigh(a[:60, :60] * scale, 5).values
    np.testing.assert_allclose(small, mml.top_eigh(a[:60, :60], 5).values * scale, rtol=1e-10)


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e160, 1e300])
def test_scales_of_products(scale, rng):
    """Squares that leave the range made tiny values wrong and huge ones an error."""
    a = spectrum(np.geomspace(1, 1e-3, 200), rng)
    near, far = mml.top_eigh(sparse.csr_array(a), 3), mml.top_eigh(sparse.csr_array(a * scale), 3)
    np.testing.assert_allclose(far.values, near.values * scale, rtol=1e-12)
    np.testing.assert_allclose(np.abs((far.vectors * near.vectors).sum(axis=0)), 1, rtol=1e-9)
    called = mml.top_eigh(lambda v: (a * scale) @ v, 3, shape=a.shape)
    np.testing.assert_allclose(called.values, near.values * scale, rtol=1e-12)

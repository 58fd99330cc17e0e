"""Symmetric matrices up to 300 rows by divide and conquer: LAPACK's ratios on its hard matrices; values alone; arguments."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def hard_matrices(n, dtype, rng):
    g = rng.standard_normal((n, n))
    full = g + g.T
    q = np.linalg.qr(g)[0]
    grades = 10.0 ** -np.linspace(0, 12, n)
    last = np.ones(n)
    last[-1] = 2
    path = np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    glued = np.diag(np.abs(np.arange(n) % 21 - 10.0)) + path
    for i in range(21, n, 21):
        glued[i, i - 1] = glued[i - 1, i] = 1e-8
    thin = rng.standard_normal((n, 3))
    yield "random", full
    yield "graded down", full * grades * grades[:, np.newaxis]
    yield "graded up", (full * grades * grades[:, np.newaxis])[::-1, ::-1]
    yield "all equal but one", (q * last) @ q.T
    yield "identity and noise", np.eye(n) + 1e-10 * full
    yield "Wilkinson", np.diag(np.abs(np.arange(n) - (n - 1) / 2)) + path
    yield "glued Wilkinson", glued
    yield "rank three", thin @ thin.T
    yield "ones", np.ones((n, n))
    yield "integers", np.round(full)
    yield "zero", np.zeros((n, n))
    yield "diagonal", np.diag(rng.standard_normal(n))
    far = (1e300, 1e-300, 1e-310) if dtype == np.float64 else (1e36, 1e-36, 1e-42)
    for name, scale in zip(("huge", "tiny", "subnormal"), far, strict=True):
        yield name, full / np.abs(full).max() * scale


@pytest.mark.parametrize("n", [9, 10, 16, 17, 31, 65, 130, 300])
def test_ratios(n, dtype, rng):
    """|A V - V D| / (n |A| eps), |V'V - I| / (n eps), and the values: LAPACK's tests accept 30 half units."""
    eps = float(np.finfo(dtype).eps)
    for name, matrix in hard_matrices(n, dtype, rng):
        a = matrix.astype(dtype)
        a = np.tril(a) + np.tril(a, -1).T
        spoilt = np.where(np.tri(n, dtype=bool), a, np.array(np.nan, dtype))
        values, vectors = mml.eigh(spoilt)
        alone = mml.eigvalsh(spoilt)
        assert values.dtype == vectors.dtype == alone.dtype == dtype
        assert (np.diff(values) >= 0).all()
        assert (np.diff(alone) >= 0).all()
        unit = float(np.abs(a).max()) or 1.0
        exact, w, v = a.astype(float) / unit, values.astype(float) / unit, vectors.astype(float)
        coarse = (
            float(np.finfo(dtype).smallest_subnormal) / unit
        )  # the spacing of subnormal results
        right = np.linalg.eigvalsh(exact)
        bound = 3 * n * (eps * max(np.abs(right).max(), 1) + coarse)
        assert np.abs(exact @ v - v * w).max() <= bound, name
        # The rule of signs gives an entry that leads up to 64 units the size of the largest.
        assert np.abs(v.T @ v - np.eye(n)).max() <= (4 * n + 64) * eps, name
        assert np.abs(w - right).max() <= bound, name
        assert np.abs(alone.astype(float) / unit - right).max() <= bound, name


@pytest.mark.parametrize(
    ("n", "batch"), [(1, ()), (2, (3,)), (8, ()), (12, (2, 2)), (40, (3,)), (310, ())]
)
def test_values_alone(n, batch, dtype, layout, rng):
    a = rng.standard_normal((*batch, n, n)).astype(dtype)
    a = layout(a + np.swapaxes(a, -1, -2))
    values = mml.eigvalsh(a)
    assert (values.shape, values.dtype) == ((*batch, n), dtype)
    atol = 4 * n * float(np.finfo(dtype).eps) * float(np.abs(a).max())
    np.testing.assert_allclose(values, mml.eigh(a).values, atol=atol)
    out = np.empty(values.shape, dtype)
    assert mml.eigvalsh(a, out=out) is out
    np.testing.assert_array_equal(out, values)


@pytest.mark.parametrize("n", [3, 20])
@pytest.mark.parametrize("kind", [np.float64, np.complex128])
def test_the_upper_triangle(n, kind, rng):
    a = rng.standard_normal((2, n, n)).astype(kind)
    if kind is np.complex128:
        a += 1j * rng.standard_normal((2, n, n))
    a = a + np.swapaxes(a, -1, -2).conj()
    upper = np.where(np.tri(n, k=-1, dtype=bool), np.nan, a)
    right, found = mml.eigh(a), mml.eigh(upper, UPLO="U")
    np.testing.assert_allclose(found.values, right.values, atol=1e-12)
    np.testing.assert_allclose(found.vectors, right.vectors, atol=1e-10)
    np.testing.assert_allclose(mml.eigvalsh(upper, UPLO="u"), right.values, atol=1e-12)
    np.testing.assert_allclose(mml.eigvalsh(a, UPLO="L"), right.values, atol=1e-12)


@pytest.mark.parametrize("n", [4, 30])
def test_the_order_of_values(n, rng):
    a = rng.standard_normal((3, n, n))
    a = a + np.swapaxes(a, -1, -2)
    up = mml.eigh(a)
    down, size = mml.eigh(a, order="descending"), mml.eigh(a, order="size")
    np.testing.assert_array_equal(down.values, up.values[..., ::-1])
    np.testing.assert_array_equal(down.vectors, up.vectors[..., ::-1])
    assert (np.diff(np.abs(size.values)) <= 0).all()
    np.testing.assert_allclose(
        a @ size.vectors, size.vectors * size.values[:, np.newaxis], atol=1e-11
    )
    np.testing.assert_allclose(mml.eigvalsh(a, order="size"), size.values, atol=1e-12)
    np.testing.assert_allclose(mml.eigvalsh(a, order="descending"), down.values, atol=1e-12)


@pytest.mark.parametrize("n", [1, 4, 25])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("scales", [(1, 1), (1e-12, 1e12)])
def test_two_matrices(n, kind, scales, rng):
    a, root = rng.standard_normal((2, 3, n, n)).astype(kind)
    if kind is np.complex128:
        a += 1j * rng.standard_normal((3, n, n))
        root += 1j * rng.standard_normal((3, n, n))
    a = (a + np.swapaxes(a, -1, -2).conj()) * kind(scales[0])
    b = (root @ np.swapaxes(root, -1, -2).conj() + n * np.eye(n)).astype(kind) * kind(scales[1])
    values, vectors = mml.eigh(a, b)
    assert vectors.dtype == kind
    tol = 1e-4 if kind is np.float32 else 1e-11
    size = np.abs(a).max()
    turned = np.swapaxes(vectors, -1, -2).conj()
    np.testing.assert_allclose(turned @ b @ vectors, np.broadcast_to(np.eye(n), a.shape), atol=tol)
    left, right = a @ vectors, b @ vectors * values[:, np.newaxis]
    np.testing.assert_allclose(left, right, atol=tol * size * np.abs(vectors).max() * n)
    np.testing.assert_allclose(
        mml.eigh(np.tril(a), np.tril(b), order="descending").values, values[:, ::-1], rtol=tol
    )
    alone = mml.eigvalsh(np.triu(a), np.triu(b), UPLO="U", order="descending")
    assert alone.dtype == values.dtype
    np.testing.assert_allclose(alone, values[:, ::-1], rtol=tol)
    top = np.abs(vectors).argmax(axis=-2)[:, np.newaxis]
    assert (np.take_along_axis(vectors, top, axis=-2).real > 0).all()


def test_what_is_wrong():
    a = np.eye(20)
    for call in (mml.eigh, mml.eigvalsh):
        with pytest.raises(ValueError, match="UPLO: got 'X', needed 'L' or 'U'"):
            call(a, UPLO="X")
        with pytest.raises(ValueError, match="order: got 'up', needed 'ascending'"):
            call(a, order="up")
        with pytest.raises(ValueError, match="A: contains NaN or infinity"):
            call(a * np.nan)
        with pytest.raises(ValueError, match="an eigenvalue leaves the range"):
            call(np.full((20, 20), 1e308))
        with pytest.raises(ValueError, match="square"):
            call(np.ones((2, 3)))
    with pytest.raises(np.linalg.LinAlgError, match="B: is not positive definite"):
        mml.eigh(a, -a)
    for call in (mml.eigh, mml.eigvalsh):
        with pytest.raises(ValueError, match="B: got shape"):
            call(a, np.eye(3))
        with pytest.raises(ValueError, match="B: contains NaN"):
            call(a, a * np.nan)
        with pytest.raises(np.linalg.LinAlgError, match=r"B: is not .* definite \(matrix 1 of"):
            call(a, np.stack([a, -a, a]))


def test_threads_and_stacks_change_no_bit(dtype, rng):
    a = rng.standard_normal((5, 230, 230)).astype(dtype)
    a = a + np.swapaxes(a, -1, -2)
    whole = mml.eigh(a)
    with mml.threads(1):
        alone = [mml.eigh(x) for x in a]
    for i, one in enumerate(alone):
        np.testing.assert_array_equal(mml.eigh(a[i]).vectors, one.vectors)
        np.testing.assert_array_equal(whole.vectors[i], one.vectors)
        np.testing.assert_array_equal(whole.values[i], one.values)

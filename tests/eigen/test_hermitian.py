"""Hermitian matrices, one and stacks: by residuals, beside LAPACK's values, at the ends of the range."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

KINDS = [np.complex64, np.complex128]


def adjoint(a):
    return np.conj(np.swapaxes(a, -1, -2))


def drawn(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def matrices(n, rng):
    g = drawn(rng, n, n)
    full = g + adjoint(g)
    q = np.linalg.qr(g)[0]
    fives = np.repeat(rng.standard_normal((n + 4) // 5), 5)[:n]
    graded = 10.0 ** -np.arange(n)
    yield "full", full
    yield "identity", np.eye(n)
    yield "zero", np.zeros((n, n))
    yield "repeated", (q * fives) @ adjoint(q)
    yield "close", np.eye(n) + 1e-9 * full
    yield "graded down", full * graded * graded[:, np.newaxis]
    yield "graded up", (full * graded * graded[:, np.newaxis])[::-1, ::-1]
    yield "tridiagonal", 1j * np.diag(np.ones(n - 1), 1) - 1j * np.diag(np.ones(n - 1), -1)
    yield "in two blocks", np.where(np.add.outer(np.arange(n), np.arange(n)) % 2 == 0, full, 0)
    yield "of rank one", np.outer(g[0], g[0].conj())
    yield "real", full.real
    yield "imaginary", 1j * full.imag


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [*range(1, 19), 24, 33, 64, 100, 227])
def test_residuals(n, kind, rng):
    eps = float(np.finfo(kind).eps)
    stack = []
    for name, matrix in matrices(n, rng):
        a = np.tril(matrix.astype(kind))
        a = a + adjoint(np.tril(a, -1))
        a[range(n), range(n)] = a.diagonal().real
        stack.append(a)
        seen = np.tril(a) + np.triu(np.full((n, n), np.nan), 1).astype(kind)
        values, vectors = mml.eigh(seen)
        exact, room = a.astype(complex), 6 * eps * float(np.abs(a).max()) * n
        assert values.dtype == np.finfo(kind).dtype
        assert vectors.dtype == kind
        assert (np.diff(values) >= 0).all()
        assert np.abs(exact @ vectors - vectors * values).max() <= room, name
        assert np.abs(adjoint(vectors) @ vectors - np.eye(n)).max() <= 4 * eps * n, name
        expected = np.linalg.eigvalsh(exact)
        assert np.abs(values - expected).max() <= room, name
        alone = mml.eigvalsh(seen)
        assert alone.dtype == values.dtype
        assert np.abs(alone - expected).max() <= room, name
        size = np.abs(vectors)
        first = (size >= size.max(axis=0) * (1 - max(2**-26, 64 * eps))).argmax(axis=0)
        lead = vectors[first, range(n)]
        assert not lead.imag.any(), name
        assert (lead.real > 0).all(), name
    whole = mml.eigh(np.stack(stack))
    alone = mml.eigvalsh(np.stack(stack))
    for a, values, again in zip(stack, whole.values, alone, strict=True):
        room = 4 * eps * n * float(np.abs(a).max())
        np.testing.assert_allclose(values, mml.eigh(a).values, atol=room)
        np.testing.assert_allclose(again, values, atol=room)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (20, 20), (5, 3, 3), (2, 3, 8, 8), (3, 17, 17)])
def test_orders_triangles_and_results(shape, kind, layout, rng):
    g = drawn(rng, *shape)
    a = (g + adjoint(g)).astype(kind)
    plain = mml.eigh(a)
    room = 1e3 * float(np.finfo(kind).eps)
    for found in (
        mml.eigh(layout(a)),
        mml.eigh(layout(np.triu(a)), UPLO="U"),
        mml.eigh(
            layout(a) + 1j * np.eye(shape[-1], dtype=kind)
        ),  # imaginary parts that do not count
    ):
        np.testing.assert_allclose(found.values, plain.values, atol=room)
        np.testing.assert_allclose(found.vectors, plain.vectors, atol=room)
    down = mml.eigh(a, order="descending")
    np.testing.assert_allclose(down.values, plain.values[..., ::-1], atol=room)
    out = (
        np.empty(shape[:-1], plain.values.dtype),
        np.zeros((*shape[:-1], 2 * shape[-1]), kind)[..., ::2],
    )
    filled = mml.eigh(a, out=out)
    assert all(part is given for part, given in zip(filled, out, strict=True))
    np.testing.assert_array_equal(out[0], plain.values)
    np.testing.assert_array_equal(out[1], plain.vectors)
    np.testing.assert_allclose(mml.eigvalsh(layout(a)), plain.values, atol=room)
    broadcast = np.broadcast_to(a, (2, *shape))
    np.testing.assert_allclose(mml.eigh(broadcast).values[1], plain.values, atol=room)


@pytest.mark.parametrize("n", [2, 5, 30])
@pytest.mark.parametrize("kind", KINDS)
def test_the_ends_of_the_range(n, kind, rng):
    g = drawn(rng, n, n)
    a = (g + adjoint(g)).astype(kind)
    plain = mml.eigh(a)
    limits = np.finfo(kind)
    eps = float(limits.eps)
    for power in (limits.minexp - 12, limits.minexp // 2, limits.maxexp // 2, limits.maxexp - 9):
        scaled = np.ldexp(a.real, power) + 1j * np.ldexp(a.imag, power)
        assert scaled.dtype == kind
        found = mml.eigh(scaled)
        room = (1e-2 if power < limits.minexp else 100 * n * eps) * np.abs(plain.values).max()
        np.testing.assert_allclose(np.ldexp(found.values, -power), plain.values, atol=room)
        np.testing.assert_allclose(np.ldexp(mml.eigvalsh(scaled), -power), plain.values, atol=room)
    huge = np.full((n, n), limits.max / 1.1, kind)
    for matrix in (huge, np.stack([a, huge])):
        for function in (mml.eigh, mml.eigvalsh):
            with pytest.raises(ValueError, match="A: an eigenvalue leaves the range"):
                function(matrix)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1j * np.nan, complex(0, -np.inf)])
@pytest.mark.parametrize("n", [1, 3, 20])
def test_what_is_not_finite(n, bad, rng):
    g = drawn(rng, n, n)
    a = g + adjoint(g)
    a[n - 1, 0] = bad
    for function in (mml.eigh, mml.eigvalsh):
        with pytest.raises(ValueError, match=r"A: contains NaN or infinity"):
            function(a)
        with pytest.raises(ValueError, match=r"A: contains NaN or infinity \(matrix 1 of"):
            function(np.stack([np.eye(n), a]))
    if n > 1:
        seen = np.conj(a.T)  # above the diagonal nothing is read
        np.testing.assert_allclose(mml.eigh(seen).values, mml.eigvalsh(np.tril(seen)), atol=1e-12)


def test_threads_give_the_same(rng):
    a = drawn(rng, 240, 240)
    a = a + adjoint(a)
    found = []
    for threads in (1, 2):
        mml.set_num_threads(threads)
        found.append(mml.eigh(a))
    np.testing.assert_array_equal(found[0].values, found[1].values)
    np.testing.assert_array_equal(found[0].vectors, found[1].vectors)

"""Eigenvalues and vectors of general complex matrices, one and stacks: by residuals, beside LAPACK's values."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

KINDS = [np.complex64, np.complex128]


def drawn(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def matrices(n, rng):
    """Matrices with their eigenvalues where they are known beforehand, and well conditioned or exact."""
    g = drawn(rng, n, n)
    q = np.linalg.qr(g)[0]
    fives = np.repeat(drawn(rng, (n + 4) // 5), 5)[:n]
    graded = 10.0 ** (-12 * np.arange(n) / n)
    yield "full", g, None
    yield "zero", np.zeros((n, n)), np.zeros(n)
    yield "identity", 1j * np.eye(n), np.full(n, 1j)
    yield "diagonal", np.diag(g[0]), g[0]
    yield "triangular", np.triu(g / n + np.diag(np.arange(n))), None
    yield "lower triangular", np.tril(g / n + np.diag(np.arange(n))), None
    yield "normal, repeated", (q * fives) @ q.conj().T, fives
    yield "unitary", q, None
    yield "cyclic", np.roll(np.eye(n), 1, axis=0), np.exp(2j * np.pi * np.arange(n) / n)
    yield "a cycle with a phase", np.roll(np.diag(np.exp(1j * np.arange(n))), 1, axis=0), None
    yield "Hermitian", g + g.conj().T, np.linalg.eigvalsh(g + g.conj().T)
    yield "skew", g - g.conj().T, None
    yield "two blocks", np.where(np.add.outer(np.arange(n), np.arange(n)) % 2 == 0, g, 0), None
    yield "other units", g * graded / graded[:, np.newaxis], None
    yield "graded", g * graded * graded[:, np.newaxis], None
    yield "of rank one", np.outer(g[0], g[-1]), None
    yield "Jordan", np.eye(n, k=1) + 2j * np.eye(n), None
    yield "real", g.real, None
    yield "imaginary", 1j * g.imag, None


def apart(found, expected):
    """The largest distance of values that are assigned to each other one by one, nearest first."""
    rest = list(found)
    worst = 0.0
    for value in expected:
        nearest = int(np.argmin(np.abs(np.array(rest) - value)))
        worst = max(worst, abs(rest.pop(nearest) - value))
    return worst


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [*range(1, 19), 24, 33, 64, 101])
def test_residuals(n, kind, rng):
    eps = float(np.finfo(kind).eps)
    for name, matrix, expected in matrices(n, rng):
        a = matrix.astype(kind)
        exact, size = a.astype(complex), float(np.abs(a).max())
        values, vectors = mml.eig(a)
        assert values.dtype == vectors.dtype == kind
        room = 40 * n * eps * size
        gap = exact @ vectors - vectors * values
        assert np.abs(gap).max() <= room, name
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), 1, rtol=40 * eps, err_msg=name)
        share = np.abs(vectors)
        near = share >= share.max(axis=0) * (1 - 2 * max(2**-26, 64 * eps))
        assert (near & (vectors.imag == 0) & (vectors.real > 0)).any(axis=0).all(), name
        alone = mml.eigvals(a)
        assert alone.dtype == kind
        if expected is not None:
            assert apart(values, expected) <= room * (1 + (kind is np.complex64)), name
            assert apart(alone, expected) <= room * (1 + (kind is np.complex64)), name
        trace = exact.trace()
        assert abs(values.astype(complex).sum() - trace) <= n * room, name
        assert abs(alone.astype(complex).sum() - trace) <= n * room, name
        if n < 34:  # each is the value of a matrix nearby
            for value in (*values, *alone):
                shifted = exact - value * np.eye(n)
                assert np.linalg.svd(shifted, compute_uv=False)[-1] <= room, name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (9, 9), (5, 3, 3), (2, 3, 8, 8), (3, 20, 20)])
def test_orders_and_stacks(shape, kind, layout, rng):
    a = drawn(rng, *shape).astype(kind)
    plain = mml.eig(a)
    room = 1e4 * float(np.finfo(kind).eps)
    found = mml.eig(layout(a))
    np.testing.assert_allclose(found.values, plain.values, atol=room)
    np.testing.assert_allclose(found.vectors, plain.vectors, atol=room)
    np.testing.assert_allclose(
        a @ found.vectors, found.vectors * found.values[..., None, :], atol=room
    )
    values = mml.eigvals(layout(a), order="size")
    assert (np.diff(np.abs(values), axis=-1) <= room).all()
    for one, other in zip(
        values.reshape(-1, shape[-1]), plain.values.reshape(-1, shape[-1]), strict=True
    ):
        assert apart(one, other) <= room
    down = mml.eig(a, order="descending")
    assert (np.diff(down.values.real, axis=-1) <= 0).all()
    assert mml.eigvals(np.ones((0, 3, 3), kind)).shape == (0, 3)
    assert mml.eig(np.ones((2, 0, 0), kind)).vectors.shape == (2, 0, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [2, 5, 30])
def test_the_ends_of_the_range(n, kind, rng):
    a = drawn(rng, n, n).astype(kind)
    plain = mml.eigvals(a)
    limits = np.finfo(kind)
    for power in (limits.minexp + 20, limits.minexp // 2, limits.maxexp // 2, limits.maxexp - 9):
        scaled = (np.ldexp(a.real, power) + 1j * np.ldexp(a.imag, power)).astype(kind)
        for values in (mml.eigvals(scaled), mml.eig(scaled).values):
            back = np.ldexp(values.real, -power) + 1j * np.ldexp(values.imag, -power)
            assert apart(back, plain) <= 1e3 * n * float(limits.eps)
    huge = np.full((n, n), float(limits.max) / 1.1, kind)
    for matrix in (huge, np.stack([a, huge])):
        for function in (mml.eig, mml.eigvals):
            with pytest.raises(ValueError, match="A: an eigenvalue leaves the range"):
                function(matrix)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1j * np.nan, complex(0, -np.inf)])
@pytest.mark.parametrize("n", [1, 3, 20])
def test_what_is_not_finite(n, bad, rng):
    a = drawn(rng, n, n)
    a[0, n - 1] = bad
    for function in (mml.eig, mml.eigvals):
        with pytest.raises(ValueError, match=r"A: contains NaN or infinity"):
            function(a)
        with pytest.raises(ValueError, match=r"A: contains NaN or infinity \(matrix 1 of"):
            function(np.stack([np.eye(n), a]))


def test_large_ones_are_those_of_lapack(rng):
    a = drawn(rng, 310, 310)
    values, vectors = mml.eig(a)
    np.testing.assert_allclose(a @ vectors, vectors * values, atol=1e-10)
    assert apart(mml.eigvals(a), values) <= 1e-10


def test_vectors_whose_units_differ_are_found_again():
    a = np.array([[1e-26j, 1e-26], [1e34, 1e34 + 0j]])
    among = np.stack([np.diag([1.0, 2j]), a])
    for values, vectors in (mml.eig(a), (part[1] for part in mml.eig(among))):
        gap = np.abs(a @ vectors - vectors * values).max()
        assert gap <= 1e-12 * np.abs(a).max()


def test_vectors_that_inverse_iteration_does_not_find():
    t = 1e-139
    a = np.array(
        [
            [0, 4 * t + 1j, -2 * t - 1j, -1j, 1j],
            [0, -2 * t + 1j, -1j, -6 * t - 1j, -1j],
            [5 * t, -1j, t + 1j, -1j, -7 * t - 1j],
            [-4 * t, 1j, -3 * t + 1j, -1j, 1j],
            [-5 * t, 4 * t, 0, 6 * t, 6 * t],
        ]
    )
    values, vectors = mml.eig(a)
    assert np.abs(a @ vectors - vectors * values).max() <= 1e-12
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), 1, rtol=1e-12)

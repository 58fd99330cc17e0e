"""Complex matrices of many columns, whose bidiagonal form goes by rows: beside numpy, by residuals."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

KINDS = [np.complex64, np.complex128]
SHAPES = [(16, 16), (17, 17), (40, 17), (33, 64), (100, 100), (161, 161), (700, 20), (18, 600)]


def drawn(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def matrices(m, n, rng):
    g = drawn(rng, m, n)
    yield "full", g
    yield "zero", np.zeros((m, n))
    yield "real", g.real
    yield "imaginary", 1j * g.imag
    yield "of rank two", drawn(rng, m, 2) @ drawn(rng, 2, n)
    yield "diagonal", np.eye(m, n) * g
    yield "lower bidiagonal", (np.eye(m, n) + np.eye(m, n, k=-1)) * g
    yield "graded", g * 10.0 ** -np.linspace(0, 14, n)
    yield "a zero column", np.where(np.arange(n) == n - 1, 0, g)
    yield "a zero row", np.where(np.arange(m)[:, np.newaxis] == m - 1, 0, g)
    yield "tiny", g * 1e-30
    yield "huge", g * 1e30


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_vectors(shape, kind, rng):
    eps = float(np.finfo(kind).eps)
    p = min(shape)
    for name, matrix in matrices(*shape, rng):
        a = matrix.astype(kind)
        expected = np.linalg.svd(a.astype(complex), compute_uv=False)
        room = 10 * sum(shape) ** 0.5 * p**0.5 * eps * max(expected[0], 1e-300)
        s = mml.svdvals(a)
        assert s.dtype == np.finfo(kind).dtype
        assert np.abs(s - expected).max() <= room, name
        for full in (False, True):
            if full and max(shape) > 200:
                continue
            u, s, vh = mml.svd(a, full=full)
            assert np.abs(s - expected).max() <= room, name
            assert np.abs((u[:, :p] * s) @ vh[:p] - a).max() <= room, name
            for q in (u, vh.conj().T):
                gram = q.conj().T @ q
                assert np.abs(gram - np.eye(len(gram))).max() <= 40 * p**0.5 * eps, name
    assert mml.rank(drawn(rng, shape[0], 3) @ drawn(rng, 3, shape[1])) == 3


@pytest.mark.parametrize("shape", [(3, 20, 20), (2, 2, 30, 18), (70, 16, 17)])
@pytest.mark.parametrize("kind", KINDS)
def test_stacks_and_orders(shape, kind, layout, rng):
    a = drawn(rng, *shape).astype(kind)
    room = 1e3 * float(np.finfo(kind).eps)
    u, s, vh = mml.svd(layout(a))
    np.testing.assert_allclose((u * s[..., np.newaxis, :]) @ vh, a, atol=room)
    np.testing.assert_allclose(s, np.linalg.svd(a, compute_uv=False), atol=room)
    np.testing.assert_allclose(mml.svdvals(layout(a)), s, atol=room)


@pytest.mark.parametrize("n", [16, 45])
def test_the_ends_of_the_range(n, rng):
    a = drawn(rng, n, n)
    plain = mml.svdvals(a)
    for power in (-1040, -700, 700, 1015):
        scaled = np.ldexp(a.real, power) + 1j * np.ldexp(a.imag, power)
        room = 1e-3 if power < -1000 else 1e-12
        np.testing.assert_allclose(
            np.ldexp(mml.svdvals(scaled), -power), plain, rtol=room, atol=room
        )
    with pytest.raises(ValueError, match="leaves the range"):
        mml.svdvals(np.full((n, n), 1e308 + 0j))
    a[n - 1, 2] = complex(0, np.nan)
    for function in (mml.svd, mml.svdvals, mml.rank):
        with pytest.raises(ValueError, match="A: contains NaN or infinity"):
            function(a)

"""Matrices of many columns, by reflections and divide and conquer on the bidiagonal form: kinds that are hard for it."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

TYPES = [np.float32, np.float64, np.complex64, np.complex128]
SHAPES = [(17, 17), (64, 64), (90, 66), (66, 130), (210, 203)]


def drawn(rng, shape, dtype):
    a = rng.standard_normal(shape)
    return a + 1j * rng.standard_normal(shape) if np.dtype(dtype).kind == "c" else a


def kinds(m, n, dtype, rng):
    """Values that are repeated, clustered, graded, or vanish, in random directions and in those of the coordinates."""
    p = min(m, n)
    q, r = (np.linalg.qr(drawn(rng, (side, p), dtype))[0] for side in (m, n))

    def of(values):
        return (q * values) @ r.conj().T

    first = np.arange(p)
    yield "random", drawn(rng, (m, n), dtype)
    yield "unitary", of(np.ones(p))
    yield "low rank", of(first < p // 3)
    yield "rank one", of(first < 1)
    yield "one small", of(np.where(first < p - 1, 1, 1e-15))
    yield "one tiny, others alike", of(np.where(first < p - 1, 1, 1e-5))
    yield "clusters", of(np.where(first < p // 2, 1, 1e-5))
    yield "near clusters", of(np.where(first < p // 2, 1, 9e-3))
    yield "graded", of(np.geomspace(1, 1e-14, p))
    yield "slowly graded", of(np.geomspace(1, 1e-3, p))
    yield "graded beyond rounding", of(np.geomspace(1, 1e-40, p))
    yield "graded at random", of(np.sort(10.0 ** rng.uniform(-16, 0, p))[::-1])
    yield (
        "graded, some alike",
        of(np.geomspace(1, 1e-12, p)[first // 2 * 2] * (1 + first % 2 * 1e-6)),
    )
    yield "half even, half vanishing", of(np.where(first < p // 2, 1 - first / p, 0))
    yield "ones", np.ones((m, n))
    yield "identity", np.eye(m, n)
    yield "of integers", rng.integers(-2, 3, (m, n))
    yield "rows repeated", drawn(rng, (m, n), dtype)[first[: p // 2].repeat(m)[:m] % m]
    yield "tiny", drawn(rng, (m, n), dtype) * 1e-36
    yield "huge", drawn(rng, (m, n), dtype) * 1e36


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_kinds(shape, dtype, rng):
    m, n = shape
    p, eps = min(shape), float(np.finfo(dtype).eps)
    for name, matrix in kinds(m, n, dtype, rng):
        a = matrix.astype(dtype)
        exact = a.astype(np.result_type(dtype, np.float64))
        expected = np.linalg.svd(exact, compute_uv=False)
        for full in (False, True):
            u, s, vh = (np.asarray(x).astype(exact.dtype) for x in mml.svd(a, full=full))
            s = s.real
            assert np.abs(s - expected).max() <= 2 * p * eps * expected[0], name
            assert (np.diff(s) <= 0).all(), name
            assert (s >= 0).all(), name
            room = 2 * max(m, n) * eps
            assert np.abs((u[:, :p] * s) @ vh[:p] - exact).max() <= room * expected[0], name
            for q in (u, vh.conj().T):
                assert np.abs(q.conj().T @ q - np.eye(q.shape[1])).max() <= room, name


@pytest.mark.parametrize("dtype", TYPES)
def test_orders_strides_and_the_ends_of_the_range(dtype, layout, rng):
    a = drawn(rng, (70, 70), dtype).astype(dtype)
    plain = mml.svd(a)
    room = 1e4 * float(np.finfo(dtype).eps)
    for got, right in zip(mml.svd(layout(a)), plain, strict=True):
        np.testing.assert_allclose(got, right, atol=room)
    limits = np.finfo(dtype)
    for power in (limits.minexp + 30, limits.maxexp - 12):
        u, s, vh = mml.svd(a * a.real.dtype.type(2.0**power))
        np.testing.assert_allclose(np.ldexp(s, -power), plain.s, rtol=room)
        np.testing.assert_allclose((u * np.ldexp(s, -power)) @ vh, a, atol=room)
    a[69, 3] = np.nan
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        mml.svd(a)

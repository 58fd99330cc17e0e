"""gram_schmidt: orthogonal for every input, in order, with the span of the columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml


def textbook(a):
    """Column by column with reorthogonalization, in extended precision: the readable reference."""
    a = a.astype(np.longdouble)
    q = np.zeros_like(a)
    for j in range(a.shape[1]):
        v = a[:, j].copy()
        for _ in range(3):
            v -= q[:, :j] @ (q[:, :j].T @ v)
        length, whole = np.sqrt(v @ v), np.sqrt(a[:, j] @ a[:, j])
        if length > 1e-15 * whole:
            q[:, j] = v / length
    return q


def loss_of_orthogonality(q):
    q = q[:, np.abs(q).max(axis=0, initial=0) > 0].astype(np.longdouble)
    return float(np.abs(q.T @ q - np.eye(q.shape[1])).max(initial=0))


def outside_the_span(q, a):
    """How far the columns of A, each scaled to largest entry 1, lie from the span of Q."""
    top = np.abs(a).max(axis=0, initial=0)
    scaled = (a / np.where(top > 0, top, 1)).astype(np.longdouble)
    return float(np.abs(scaled - q @ (q.T @ scaled)).max(initial=0))


def hilbert(n):
    return 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0)


@pytest.mark.parametrize("m", [1, 2, 3, 7, 40, 500, 5003])
@pytest.mark.parametrize("n", [1, 2, 5, 16, 33])
def test_random(m, n, dtype, rng):
    a = rng.standard_normal((m, n)).astype(dtype)
    q = mml.gram_schmidt(a)
    eps = np.finfo(dtype).eps
    assert q.dtype == dtype
    assert q.shape == a.shape
    assert loss_of_orthogonality(q) < 22 * eps
    assert outside_the_span(q, a) < 2000 * eps
    assert (np.abs(q).max(axis=0) > 0).sum() == min(m, n)
    if m >= n:
        np.testing.assert_allclose(q, textbook(a), atol=3e3 * eps)


@pytest.mark.parametrize(("m", "n"), [(5, 5), (400, 7), (20000, 4)])
def test_memory_orders(m, n, layout, dtype, rng):
    a = rng.standard_normal((m, n)).astype(dtype)
    np.testing.assert_allclose(
        mml.gram_schmidt(layout(a)), mml.gram_schmidt(a), atol=300 * np.finfo(dtype).eps
    )


HARD = {
    "hilbert 10": (hilbert(10), 10),
    "hilbert 20": (hilbert(20), None),
    "laeuchli": (np.vstack([np.ones(3), 1e-8 * np.eye(3)]), 3),
    "laeuchli below rounding": (np.vstack([np.ones(3), 1e-20 * np.eye(3)]), 1),
    "duplicates": (np.hstack([hilbert(6), hilbert(6)]), 6),
    "zero columns": (np.hstack([np.zeros((4, 1)), hilbert(4), np.zeros((4, 2))]), 4),
    "all zero": (np.zeros((5, 3)), 0),
    "magic square": (
        np.array([[16, 2, 3, 13], [5, 11, 10, 8], [9, 7, 6, 12], [4, 14, 15, 1.0]]),
        3,
    ),
    "nearly dependent": (np.array([[1, 1], [1, 1 + 1e-13]]), 2),
    "wide": (np.random.default_rng(1).standard_normal((4, 9)), 4),
    "vandermonde": (np.vander(np.linspace(0, 1, 3000), 12), 12),
    "graded": (
        np.random.default_rng(2).standard_normal((2000, 8))
        @ np.triu(10.0 ** -np.arange(8)[:, None]),
        None,
    ),
    "dependent in the middle": (
        np.random.default_rng(3).standard_normal((3000, 4))[:, [0, 1, 0, 2, 1, 3, 3]],
        4,
    ),
}


@pytest.mark.parametrize("name", list(HARD))
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_hard_inputs(name, scale):
    a, rank = HARD[name]
    a = a * (scale / max(np.abs(a).max(), 1))
    q = mml.gram_schmidt(a)
    assert loss_of_orthogonality(q) < 5e-15
    assert outside_the_span(q, a) < 1e-12
    if rank is not None:
        assert (np.abs(q).max(axis=0) > 0).sum() == rank
        assert mml.gram_schmidt(a, drop=True).shape == (a.shape[0], rank)


def test_columns_of_very_different_scales(rng):
    a = rng.standard_normal((3000, 6))
    scaled = a * 10.0 ** np.array([-300, -150, 0, 100, 200, 300])
    np.testing.assert_allclose(mml.gram_schmidt(scaled), mml.gram_schmidt(a), atol=1e-13)


@pytest.mark.parametrize("condition", [1e1, 1e2, 1e3, 1e5, 1e8, 1e12])
@pytest.mark.parametrize("shape", [(60, 8), (10000, 8)])
def test_every_condition(condition, shape, dtype, rng):
    """Both routes, and the step from one to the other."""
    u = np.linalg.qr(rng.standard_normal(shape))[0]
    v = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    a = (u * np.geomspace(1, 1 / condition, 8)) @ v.T
    q = mml.gram_schmidt(a.astype(dtype))
    assert loss_of_orthogonality(q) < 22 * np.finfo(dtype).eps
    assert outside_the_span(q, a.astype(dtype)) < 300 * np.finfo(dtype).eps


def test_normalize_false(rng):
    for a in (rng.standard_normal((6, 4)), rng.standard_normal((2000, 4)), hilbert(5)):
        v = mml.gram_schmidt(a, normalize=False)
        np.testing.assert_allclose(v[:, 0], a[:, 0], rtol=1e-12)
        np.testing.assert_allclose(
            np.linalg.qr(a)[1].diagonal() ** 2, (v**2).sum(axis=0), rtol=1e-6
        )


def test_metric(rng):
    root = rng.standard_normal((6, 6))
    metric = root @ root.T + np.eye(6)
    a = rng.standard_normal((3, 6, 4))
    a[1, :, 2] = a[1, :, 0] - a[1, :, 1]
    q = mml.gram_schmidt(a, metric=metric)
    for i, kept in enumerate((np.eye(4), np.diag([1.0, 1, 0, 1]), np.eye(4))):
        np.testing.assert_allclose(q[i].T @ metric @ q[i], kept, atol=1e-14)
    np.testing.assert_allclose(
        mml.gram_schmidt(a[0], metric=np.eye(6)), mml.gram_schmidt(a[0]), atol=1e-13
    )


def test_bad_metric():
    a = np.eye(2)
    with pytest.raises(ValueError, match="metric: is not symmetric"):
        mml.gram_schmidt(a, metric=[[1, 1], [0, 1]])
    with pytest.raises(ValueError, match=r"metric: is not positive definite.*x' M x = -1"):
        mml.gram_schmidt(a, metric=[[1, 2], [2, 1]])
    with pytest.raises(ValueError, match=r"metric: got shape \(3, 3\), needed \(2, 2\)"):
        mml.gram_schmidt(a, metric=np.eye(3))
    with pytest.raises(ValueError, match="metric: contains NaN"):
        mml.gram_schmidt(a, metric=[[1, np.nan], [np.nan, 1]])


def test_stacks(layout, dtype, rng):
    a = rng.standard_normal((4, 3, 6, 5)).astype(dtype)
    q = mml.gram_schmidt(layout(a))
    for i in np.ndindex(4, 3):
        np.testing.assert_allclose(q[i], textbook(a[i]), atol=300 * np.finfo(dtype).eps)
    assert mml.gram_schmidt(a, drop=True).shape == a.shape
    a[0, 0, :, 1] = a[0, 0, :, 0]
    with pytest.raises(ValueError, match="same rank; got ranks from 4 to 5"):
        mml.gram_schmidt(a, drop=True)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (0, 4, 2), (2, 0, 2)])
def test_empty(shape):
    assert mml.gram_schmidt(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("m", [3, 5000])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(m, bad, dtype, rng):
    a = rng.standard_normal((m, 2)).astype(dtype)
    a[m // 2, 1] = bad
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        mml.gram_schmidt(a)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"A: got shape \(3,\)"):
        mml.gram_schmidt(np.ones(3))
    with pytest.raises(ValueError, match=r"rtol: got -1.0, needed a number between 0 and 1"):
        mml.gram_schmidt(np.eye(2), rtol=-1)
    with pytest.raises(TypeError, match="A: got dtype complex128 with a metric"):
        mml.gram_schmidt(np.eye(2) * 1j, metric=np.eye(2))


def test_rtol_decides(rng):
    a = rng.standard_normal((3000, 3))
    a[:, 2] = a[:, 0] + 1e-3 * a[:, 1]
    a[:, 1] = rng.standard_normal(3000) * 1e-9 + a[:, 0]
    for rtol, rank in ((1e-12, 3), (1e-5, 2), (0.1, 1)):
        assert mml.gram_schmidt(a, drop=True, rtol=rtol).shape[1] == rank


@pytest.mark.parametrize("condition", [1, 1e6])
def test_same_bits_for_every_number_of_threads(condition, dtype, rng):
    a = (rng.standard_normal((20011, 5)) * np.array([1, 1, 1, 1, 1 / condition])).astype(dtype)
    a[:, 4] += a[:, 0]
    results = []
    for n in (1, 2, 3, 7):
        with mml.threads(n):
            results.append(mml.gram_schmidt(a))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1), st.integers(-200, 200))
def test_scaling_columns_changes_nothing_but_signs(m, n, seed, exponent):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((m, n))
    scale = 2.0 ** rng.integers(-abs(exponent) - 1, abs(exponent) + 1, n) * rng.choice([-1, 1], n)
    q, p = mml.gram_schmidt(a), mml.gram_schmidt(a * scale)
    np.testing.assert_allclose(p, q * np.sign(scale), atol=1e-9)
    assert loss_of_orthogonality(q) < 5e-15

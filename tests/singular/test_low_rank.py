"""Matrices of low rank: decompositions that end with the rank, and proofs that there is none to lose."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


@pytest.mark.parametrize(
    ("m", "n", "r"),
    [
        (137, 134, 3),
        (43, 42, 7),
        (40, 90, 1),
        (60, 60, 59),
        (50, 50, 0),
        (30, 18, 17),
        (200, 17, 16),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 1e-20, 1e20])
def test_svd(m, n, r, scale, dtype, rng):
    product = rng.standard_normal((m, r)) @ rng.standard_normal((r, n))
    a = (product * scale).astype(dtype)
    wide, eps = a.astype(float), float(np.finfo(dtype).eps)
    size, k = np.linalg.norm(wide) or 1.0, min(m, n)
    for full in (False, True):
        u, s, v = (x.astype(float) for x in mml.svd(a, full=full))
        assert np.linalg.norm((u[:, :k] * s) @ v[:k] - wide) <= 60 * np.sqrt(max(m, n)) * eps * size
        for q in (u, v.T):
            np.testing.assert_allclose(
                q.T @ q, np.eye(q.shape[1]), atol=60 * np.sqrt(max(m, n)) * eps
            )
        assert (np.diff(s) <= 0).all()
        exact = np.linalg.svd(wide, compute_uv=False)
        np.testing.assert_allclose(s, exact, atol=4 * max(m, n) * eps * size)
    assert mml.rank(a) == (r if dtype == np.float64 or r < k - 1 else np.linalg.matrix_rank(a))
    assert mml.null_space(a).shape[1] == n - mml.rank(a)


@pytest.mark.parametrize(("m", "n"), [(5, 5), (20, 20), (60, 45), (30, 80), (150, 150)])
def test_full_rank_is_proved_and_only_that(m, n, dtype, order, rng):
    """Just above the threshold of a zero, and just below it: the answer is that of the singular values."""
    k, eps = min(m, n), float(np.finfo(dtype).eps)
    u, v = (np.linalg.qr(rng.standard_normal((size, k)))[0] for size in (m, n))
    for least in (1.0, 1e-3, 40 * max(m, n) * eps, 0.02 * max(m, n) * eps, 0.0):
        values = np.ones(k)
        values[-1] = least
        a = order(((u * values) @ v.T).astype(dtype))
        exact = np.linalg.matrix_rank(a.astype(float), tol=max(m, n) * eps)
        assert mml.rank(a) == exact
        if m == n:
            assert mml.is_singular(a) == (exact < n)


def test_stack_with_singular_ones(rng, dtype):
    a = rng.standard_normal((30, 12, 12)).astype(dtype)
    a[[3, 17]] = 0
    a[5, :, 0] = a[5, :, 1]
    expected = np.full(30, 12)
    expected[[3, 17]] = 0
    expected[5] = 11
    np.testing.assert_array_equal(mml.rank(a), expected)
    np.testing.assert_array_equal(mml.is_singular(a), expected < 12)
    np.testing.assert_array_equal(mml.is_independent(a), expected == 12)
    many = np.concatenate([a[[3, 5, 17]]] * 10)
    np.testing.assert_array_equal(mml.rank(many), [0, 11, 0] * 10)


def test_what_is_not_finite():
    a = np.eye(30)
    a[4, 4] = np.nan
    for f in (mml.rank, mml.is_singular):
        with pytest.raises(ValueError, match="NaN"):
            f(a)


@pytest.mark.parametrize("n", [3, 4, 9, 16, 31, 41, 81, 200])
@pytest.mark.parametrize("more", [0, 1, 40])
def test_values_by_the_bidiagonal_form(n, more, dtype, rng):
    """Kinds that have no digits to lose, and some that have nothing else."""
    a = rng.standard_normal((n + more, n))
    kinds = [a, a.T, a * 1e-30, a * 1e30, np.zeros_like(a), np.ones_like(a), np.eye(n + more, n, 1)]
    kinds += [a[:, :3] @ a[:3], a * 10.0 ** -np.linspace(0, 12, n), np.linalg.qr(a)[0], np.triu(a)]
    for kind in kinds:
        x = kind.astype(dtype)
        wanted = np.linalg.svd(x.astype(float), compute_uv=False)
        bound = 60 * np.finfo(dtype).eps * wanted[0]
        assert np.abs(mml.svdvals(x) - wanted).max() <= bound
    assert mml.condition(a[:n]) == pytest.approx(np.linalg.cond(a[:n]), rel=1e-8)


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_low_rank_of_float32_is_told_of_its_rounding(rank, rng):
    a = (rng.standard_normal((60, rank)) @ rng.standard_normal((rank, 40))).astype(np.float32)
    u, s, vh = mml.svd(a)
    exact = np.linalg.svd(a.astype(float), compute_uv=False)
    assert np.abs(s - exact).max() <= 4 * np.finfo(np.float32).eps * s[0]
    assert np.abs((u * s) @ vh - a).max() <= 8 * np.finfo(np.float32).eps * s[0]
    for side in (u.T @ u, vh @ vh.T):
        assert np.abs(side - np.eye(40)).max() <= 1e-5
    assert (s > 1e-5 * s[0]).sum() == rank

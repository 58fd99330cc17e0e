"""Symmetric matrices of medium size, one and stacks: divide and conquer beside LAPACK, by residuals."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def matrices(n, rng):
    g = rng.standard_normal((n, n))
    full = g + g.T
    q = np.linalg.qr(g)[0]
    fives = np.repeat(rng.standard_normal((n + 4) // 5), 5)[:n]
    graded = 10.0 ** -np.arange(n)
    yield "full", full
    yield "identity", np.eye(n)
    yield "repeated", (q * fives) @ q.T
    yield "graded down", full * graded * graded[:, np.newaxis]
    yield "graded up", (full * graded * graded[:, np.newaxis])[::-1, ::-1]
    yield "tridiagonal", np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    yield "in two blocks", np.where(np.add.outer(np.arange(n), np.arange(n)) % 2 == 0, full, 0)
    yield "of rank one", np.outer(g[0], g[0])


@pytest.mark.parametrize("n", [9, 16, 17, 24, 33, 64, 100, 403])
def test_residuals(n, dtype, rng):
    eps = float(np.finfo(dtype).eps)
    stack = []
    for name, matrix in matrices(n, rng):
        a = matrix.astype(dtype)
        a = np.tril(a) + np.tril(a, -1).T
        stack.append(a)
        values, vectors = mml.eigh(np.tril(a) + np.triu(np.full((n, n), np.nan, dtype), 1))
        exact, size = a.astype(np.float64), float(np.abs(a).max()) * n
        assert values.dtype == vectors.dtype == dtype
        assert (np.diff(values) >= 0).all()
        assert np.abs(exact @ vectors - vectors * values).max() <= 6 * eps * size, name
        assert np.abs(vectors.T @ vectors - np.eye(n)).max() <= 4 * eps * n, name
        assert np.abs(values - np.linalg.eigvalsh(exact)).max() <= 6 * eps * size, name
    whole = mml.eigh(np.stack(stack))
    for a, values in zip(stack, whole.values, strict=True):
        np.testing.assert_allclose(values, mml.eigh(a).values, atol=2 * eps * n * np.abs(a).max())


def test_the_ends_of_the_range(rng):
    g = rng.standard_normal((30, 30))
    a = g + g.T
    plain = mml.eigh(a)
    for power in (-1060, -700, 700, 1015):
        found = mml.eigh(np.ldexp(a, power))
        np.testing.assert_allclose(
            np.ldexp(found.values, -power), plain.values, rtol=1e-3 if power < -1000 else 1e-12
        )
    with pytest.raises(ValueError, match="an eigenvalue leaves the range"):
        mml.eigh(np.full((30, 30), 1e308))
    bad = a.copy()
    bad[20, 3] = np.nan
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        mml.eigh(bad)
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        mml.eigh(np.stack([a, bad]))


def test_the_last_pair_of_a_power_iteration_that_does_not_settle():
    turn = [[0.0, -1.0], [1.0, 0.0]]
    with pytest.raises(mml.ConvergenceError) as caught:
        mml.power_iteration(turn, max_iter=20)
    for matrix in (turn, [turn, turn]):
        found = mml.power_iteration(matrix, max_iter=20, raise_on_failure=False)
        assert np.all(np.asarray(found.residual) > 1e-3)
        assert np.all(np.asarray(found.iterations) == caught.value.result.iterations)
        assert not np.any(found.success)
        assert np.shape(found.status) == np.shape(found.value)
    one = mml.power_iteration(turn, max_iter=20, raise_on_failure=False)
    assert "no eigenvalue is larger" in one.message
    both = mml.power_iteration([np.diag([2.0, 0]), turn], max_iter=90, raise_on_failure=False)
    assert both.success.tolist() == [True, False]
    assert both.message[0].endswith("below the tolerance.")
    assert mml.power_iteration(np.diag([2.0, 0])).success

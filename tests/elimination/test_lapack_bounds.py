"""The bounds and the types of matrices of LAPACK's own test program (dchkge, dlatb4): ratios below 30."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

LIMIT = 30.0
SIZES = (1, 2, 3, 5, 8, 16, 17, 50, 130)
TYPES = (
    "diagonal",
    "upper",
    "lower",
    "cond 2",
    "cond sqrt",
    "cond worst",
    "tiny",
    "huge",
    "graded",
    "clustered",
)


def matrix(kind, n, dtype, rng):
    """One matrix of a type, made in float64."""
    u = float(np.finfo(dtype).eps)
    limits = np.finfo(dtype)
    worst = 0.1 / u
    cond = {"cond sqrt": worst**0.5, "cond worst": worst}.get(kind, 2.0)
    left, right = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    values = np.geomspace(1, 1 / cond, n)
    if kind == "clustered":
        values = np.r_[np.ones(n - 1), 1 / worst**0.5][-n:]
    a = left * values @ right
    if kind == "diagonal":
        a = np.diag(values * rng.choice([-1, 1], n))
    elif kind == "upper":
        a = np.triu(a) + np.eye(n)
    elif kind == "lower":
        a = np.tril(a) + np.eye(n)
    elif kind == "tiny":
        a *= float(limits.tiny) / u
    elif kind == "huge":
        a *= float(limits.max) * u
    elif kind == "graded":
        a = np.geomspace(1, u, n)[:, None] * a
    return a.astype(dtype)


def one_norm(a):
    return np.abs(a).sum(axis=-2).max(axis=-1)


def exact(a):
    return a.astype(np.longdouble)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", TYPES)
def test_lu(kind, n, dtype, rng):
    a = matrix(kind, n, dtype, rng)
    perm, lower, upper = mml.lu(a)
    gap = one_norm(exact(lower) @ exact(upper) - exact(a[perm]))
    assert gap <= LIMIT * n * one_norm(exact(a)) * np.finfo(dtype).eps
    assert np.abs(lower).max() <= 1


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("count", [0, 9])
def test_solve(count, kind, n, dtype, rng):
    """dget02: |b - A x| / (|A| |x| u)."""
    a = matrix(kind, n, dtype, rng)
    x = rng.standard_normal((n, 3)).astype(dtype)
    b = (exact(a) @ exact(x)).astype(dtype)
    found = mml.solve(np.stack([a] * count) if count else a, np.stack([b] * count) if count else b)
    found = found.reshape(-1, n, 3)
    for one in (found[0], found[-1]):
        ratio = one_norm(exact(b) - exact(a) @ exact(one)) / (
            one_norm(exact(a)) * one_norm(exact(one))
        )
        assert ratio <= LIMIT * np.finfo(dtype).eps


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("count", [0, 9])
def test_inverse(count, kind, n, dtype, rng):
    """dget03: |I - X A| / (n |A| |X| u)."""
    a = matrix(kind, n, dtype, rng)
    x = mml.inverse(np.stack([a] * count) if count else a).reshape(-1, n, n)[-1]
    if kind in ("tiny", "huge") and not np.isfinite(one_norm(x)):
        return  # the inverse itself leaves the range
    gap = one_norm(np.eye(n) - exact(x) @ exact(a))
    assert gap <= LIMIT * n * one_norm(exact(a)) * one_norm(exact(x)) * np.finfo(dtype).eps


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", TYPES)
def test_determinant(kind, n, dtype, rng):
    """Against LU in extended precision: relative error below n cond u."""
    a = matrix(kind, n, dtype, rng)
    sign, logarithm = mml.slogdet(a)
    theirs = np.linalg.slogdet(a.astype(float))
    bound = LIMIT * n * np.linalg.cond(a.astype(float)) * np.finfo(dtype).eps
    rounding = 8 * np.finfo(dtype).eps * abs(theirs.logabsdet)
    if bound < 1:
        assert sign == theirs.sign
        assert abs(float(logarithm) - theirs.logabsdet) <= bound + rounding


@pytest.mark.parametrize("n", [2, 5, 17, 50])
@pytest.mark.parametrize("zero", ["first", "last", "half"])
@pytest.mark.parametrize("count", [0, 9])
def test_singular(count, zero, n, dtype, rng):
    """LAPACK's types 5 to 7: columns of zeros."""
    a = rng.standard_normal((n, n)).astype(dtype)
    a[:, {"first": slice(0, 1), "last": slice(n - 1, n), "half": slice(n // 2, n)}[zero]] = 0
    stack = np.stack([np.eye(n, dtype=dtype)] * 8 + [a]) if count else a
    with pytest.raises(mml.SingularMatrixError):
        mml.solve(stack, np.ones((n, 1), dtype))
    with pytest.raises(mml.SingularMatrixError):
        mml.inverse(stack)
    assert np.ravel(mml.determinant(stack))[-1] == 0

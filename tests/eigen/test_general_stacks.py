"""Stacks of general matrices in lanes: backward errors over many kinds, one rule of signs, lengths of stacks, types."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

ORDERS = [2, 3, 4, 5, 6, 8, 9, 12, 16]


def kinds(n, rng):
    """LAPACK's test types and worse: defective, clustered, graded, badly scaled, structured."""
    x = rng.standard_normal((n, n))
    q = np.linalg.qr(x)[0]
    yield "zero", np.zeros((n, n))
    yield "identity", np.eye(n)
    yield "ones", np.ones((n, n))
    yield "Jordan", np.eye(n) + np.eye(n, k=1)
    yield "Jordan turned", q @ (np.eye(n) + np.eye(n, k=1)) @ q.T
    yield "nilpotent", np.eye(n, k=-1)
    yield "cycle", np.roll(np.eye(n), 1, 0)
    yield "orthogonal", q
    yield "skew", x - x.T
    yield "symmetric", x + x.T
    yield "triangular", np.triu(x)
    yield "lower", np.tril(x)
    yield "diagonal", np.diag(rng.integers(-2, 3, n).astype(float))
    yield "integers", rng.integers(-2, 3, (n, n)).astype(float)
    yield "clustered", q @ np.diag(1 + 1e-9 * rng.standard_normal(n)) @ q.T
    yield "companion", np.vstack([np.ones(n), np.eye(n - 1, n)])
    yield "graded", x * np.geomspace(1, 1e-12, n)
    yield "graded rows", np.geomspace(1, 1e-12, n)[:, None] * x
    yield "scaled", np.geomspace(1e-8, 1e8, n)[:, None] * x / np.geomspace(1e-8, 1e8, n)
    yield "rotations", np.kron(np.eye((n + 1) // 2), [[0.6, -0.8], [0.8, 0.6]])[:n, :n]
    yield "low rank", np.outer(x[0], x[1])
    yield "random", x
    yield "positive", np.abs(x)


def backward(a, values):
    """How far the nearest matrices are that have these eigenvalues, over |A|."""
    size = np.linalg.norm(a) or 1.0
    values = values[:: max(1, len(a) // 16)]
    shifted = a - values[:, None, None] * np.eye(len(a))
    return np.linalg.svd(shifted / size, compute_uv=False)[:, -1].max()


def check(a, values, vectors, eps):
    n = len(a)
    assert backward(a, values) <= 40 * n * eps
    assert abs(values.sum() - np.trace(a)) <= 40 * n * eps * (np.abs(a).max() * n)
    gap = a @ vectors - vectors * values
    assert np.abs(gap).max() <= 40 * n * eps * np.abs(a).max()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), 1, atol=20 * n * eps)
    sizes = np.abs(vectors)
    lead = vectors[(sizes >= (1 - 2.0**-24) * sizes.max(0)).argmax(0), np.arange(n)]
    assert (lead.real > 0).all()
    assert np.abs(lead.imag).max(initial=0) <= 4 * eps


@pytest.mark.parametrize("n", ORDERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_kinds_side_by_side(n, dtype, rng):
    """All kinds in one stack, so that the lanes of a group fall apart at different times, and each alone."""
    a = np.stack([kind for _, kind in kinds(n, rng)]).astype(dtype)
    eps = float(np.finfo(dtype).eps)
    found, values = mml.eig(a), mml.eigvals(a)
    assert found.values.dtype == (np.complex64 if dtype == np.float32 else np.complex128)
    assert found.vectors.dtype == values.dtype == found.values.dtype
    for item, (name, _) in enumerate(kinds(n, rng)):
        wide = a[item].astype(np.float64)
        wide_vectors = found.vectors[item].astype(np.complex128)
        check(wide, found.values[item].astype(np.complex128), wide_vectors, eps)
        assert backward(wide, values[item].astype(np.complex128)) <= 40 * n * eps, name
        pair = np.sort(found.values[item].imag)
        np.testing.assert_allclose(pair, -pair[::-1], atol=4 * eps * np.abs(pair).max())
        alone = mml.eig(np.stack([a[item]] * 3))
        check(
            wide, alone.values[1].astype(np.complex128), alone.vectors[1].astype(np.complex128), eps
        )


@pytest.mark.parametrize("n", [2, 3, 5, 10, 17, 40, 100])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_kinds_alone(n, dtype, rng):
    """The same steps with one lane."""
    eps = float(np.finfo(dtype).eps)
    for name, kind in kinds(n, rng):
        a = kind.astype(dtype)
        wide, found, values = a.astype(np.float64), mml.eig(a), mml.eigvals(a)
        check(wide, found.values.astype(np.complex128), found.vectors.astype(np.complex128), eps)
        assert backward(wide, values.astype(np.complex128)) <= 40 * n * eps, name


@pytest.mark.parametrize("n", ORDERS)
@pytest.mark.parametrize("scale", [1e-250, 1e-30, 1.0, 1e30, 1e250])
def test_units_by_powers_of_two_change_no_digit(n, scale, rng):
    a = rng.standard_normal((21, n, n))
    unit = 2.0 ** np.round(np.log2(scale))
    one, other = mml.eig(a), mml.eig(a * unit)
    np.testing.assert_array_equal(other.values, one.values * unit)
    np.testing.assert_array_equal(other.vectors, one.vectors)
    np.testing.assert_array_equal(mml.eigvals(a * unit), mml.eigvals(a) * unit)


@pytest.mark.parametrize("n", [2, 3, 5, 9, 16])
def test_every_length_of_a_stack_and_any_strides(n, rng):
    a = rng.standard_normal((35, n, n))
    values, whole = mml.eigvals(a), mml.eig(a)
    wide = np.full((35, 2 * n, 3 * n), np.nan)
    wide[:, ::2, ::3] = a
    for given in (np.asfortranarray(a), wide[:, ::2, ::3], a.astype(">f8"), a[::-1][::-1]):
        np.testing.assert_array_equal(mml.eigvals(given), values)
    for count in (2, 3, 7, 8, 9, 15, 16, 17, 31, 33):
        np.testing.assert_array_equal(mml.eig(a[:count]).vectors, whole.vectors[:count])
        np.testing.assert_array_equal(mml.eigvals(a[:count]), values[:count])
    stacked = mml.eig(a.reshape(5, 7, n, n))
    np.testing.assert_array_equal(stacked.values.reshape(35, n), whole.values)
    with mml.threads(1):
        np.testing.assert_array_equal(mml.eig(a).vectors, whole.vectors)


@pytest.mark.parametrize("n", ORDERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_real_where_all_values_of_the_stack_are(n, dtype, rng):
    x = rng.standard_normal((19, n, n))
    a = (x + np.swapaxes(x, -1, -2)).astype(dtype)
    found = mml.eig(a)
    assert found.values.dtype == found.vectors.dtype == mml.eigvals(a).dtype == dtype
    np.testing.assert_allclose(
        np.sort(found.values), np.linalg.eigvalsh(a), rtol=0, atol=1e3 * np.finfo(dtype).eps
    )
    a[11, :2, :2] = [[0, 100], [-100, 0]]
    assert mml.eigvals(a).dtype.kind == "c"
    turned = mml.eig(a)
    assert turned.values.dtype.kind == turned.vectors.dtype.kind == "c"
    assert not turned.values[:11].imag.any()
    assert turned.values[11].imag.any()


@pytest.mark.parametrize("n", [2, 3, 7, 16])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(n, bad, rng):
    a = rng.standard_normal((20, n, n))
    a[13, 1, 0] = bad
    for call in (mml.eig, mml.eigvals):
        with pytest.raises(ValueError, match="A: contains NaN or infinity"):
            call(a)


def test_two_rows_have_exact_roots():
    """Without cancellation, and with products that vanish beside the largest entry."""
    a = np.array(
        [
            [[1.0, 1.0], [1e-12, 1.0]],
            [[0.0, 1e150], [1e-160, 0.0]],
            [[1e8, 1.0], [1.0, 1e-8]],
            [[2.0, 0], [0, 2.0]],
        ]
    )
    values = np.sort(mml.eigvals(a).real)
    np.testing.assert_allclose(values[0], [1 - 1e-6, 1 + 1e-6], rtol=1e-15)
    np.testing.assert_allclose(values[1], [-1e-5, 1e-5], rtol=1e-14)
    np.testing.assert_allclose(values[2], [0.0, 1e8 + 1e-8], rtol=1e-15, atol=1e-8)
    np.testing.assert_array_equal(values[3], [2, 2])


@pytest.mark.parametrize("shape", [(3, 3), (40, 5, 5), (2, 7, 30, 30)])
def test_order(shape, rng):
    a = rng.standard_normal(shape)
    plain = mml.eig(a)
    for order, key in (
        ("ascending", lambda v: v.real),
        ("descending", lambda v: -v.real),
        ("size", lambda v: -np.abs(v)),
    ):
        values, vectors = mml.eig(a, order=order)
        assert (np.diff(key(values), axis=-1) >= 0).all()
        assert np.abs(a @ vectors - vectors * values[..., None, :]).max() < 1e-11
        np.testing.assert_array_equal(np.sort(values), np.sort(plain.values))
        alone = mml.eigvals(a, order=order)
        np.testing.assert_allclose(key(alone), key(values), atol=1e-11)
        first = values.imag > 0  # a pair stays together
        np.testing.assert_array_equal(
            values[..., :-1][first[..., :-1]].conj(), values[..., 1:][first[..., :-1]]
        )
    for call in (mml.eig, mml.eigvals):
        with pytest.raises(ValueError, match="order: got 'up', needed 'ascending'"):
            call(a, order="up")


@pytest.mark.parametrize("call", [mml.eig, mml.eigvals, mml.diagonalize])
def test_one_matrix_of_far_units_leaves_the_others_as_they_are(call, rng):
    a = rng.standard_normal((40, 2, 2))
    alone = call(a[:32])
    a[35] = [[1e-26, 1e-26], [1e34, 1e34]]
    found = call(a)
    if call is mml.eigvals:
        return np.testing.assert_array_equal(found[:32], alone)
    for got, right in zip(found, alone, strict=True):
        np.testing.assert_array_equal(got[:32], right)
    if call is mml.eig:
        gap = a[35] @ found.vectors[35] - found.vectors[35] * found.values[35]
        assert np.abs(gap).max() <= 1e20
        assert np.abs(found.vectors[35][0]).max() > 0.7
    return None

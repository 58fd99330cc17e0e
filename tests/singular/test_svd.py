"""Singular value decompositions: residuals, orthogonality, accuracy of graded matrices, signs, the ends of the range."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

SHAPES = [(1, 1), (2, 2), (3, 3), (5, 3), (3, 5), (8, 8), (16, 16), (40, 7), (7, 40), (21, 21)]
SHAPES += [(33, 50), (64, 64), (100, 90), (120, 110), (512, 16), (600, 3)]


def check(a, u, s, vh, *, full=False):
    *stack, m, n = a.shape
    p = min(m, n)
    assert u.shape == (*stack, m, m if full else p)
    assert vh.shape == (*stack, n if full else p, n)
    assert s.shape == (*stack, p)
    assert u.dtype == vh.dtype == a.dtype
    assert s.dtype == a.real.dtype
    assert (np.diff(s, axis=-1) <= 0).all()
    assert (s >= 0).all()
    room = 30 * max(m, n) * float(np.finfo(a.dtype).eps)
    wide = np.complex128 if a.dtype.kind == "c" else np.float64
    a, u, s, vh = a.astype(wide), u.astype(wide), s.astype(np.float64), vh.astype(wide)
    unit = np.abs(a).max() or 1.0
    a, s = a / unit, s / unit
    size = np.linalg.norm(a, axis=(-2, -1))
    apart = np.linalg.norm((u[..., :p] * s[..., None, :]) @ vh[..., :p, :] - a, axis=(-2, -1))
    assert (apart <= room * size).all()
    for q in (u, np.swapaxes(vh, -1, -2).conj()):
        error = np.swapaxes(q, -1, -2).conj() @ q - np.eye(q.shape[-1])
        assert np.abs(error).max() <= room
    lead = np.take_along_axis(vh, np.abs(vh).argmax(-1)[..., None], -1)[..., 0]
    ties = np.sort(np.abs(vh), axis=-1)
    clear = ties[..., -1] > 1.001 * ties[..., -2] if n > 1 else np.full(lead.shape, True)
    assert (lead.real[clear] > 0).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_one_and_a_stack(shape, dtype, rng):
    a = rng.standard_normal((7, *shape)).astype(dtype)
    if np.dtype(dtype).kind == "c":
        a = a + 1j * rng.standard_normal(a.shape)
    check(a, *mml.svd(a))
    check(a[3, ::-1].copy(), *mml.svd(a[3, ::-1]))
    check(a[0], *mml.svd(a[0], full=True), full=True)
    check(a[1:6], *mml.svd(a[1:6], full=True), full=True)
    values = mml.svdvals(a)
    wide = np.linalg.svd(a.astype(np.complex128 if a.dtype.kind == "c" else np.float64))[1]
    np.testing.assert_allclose(
        values, wide, rtol=0, atol=100 * max(shape) * float(np.finfo(dtype).eps) * wide.max()
    )
    np.testing.assert_array_equal(mml.svdvals(a[2:3])[0], mml.svdvals(a[2]))


def kinds(n, rng):
    """LAPACK's test types: graded, repeated, clustered, of low rank, diagonal, triangular, of integers."""
    q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    r = np.linalg.qr(rng.standard_normal((n, n)))[0]
    yield "zero", np.zeros((n, n))
    yield "identity", np.eye(n)
    yield "ones", np.ones((n, n))
    yield "orthogonal", q
    yield "low rank", q[:, : n // 3] @ r[: n // 3]
    yield "graded", (q * np.geomspace(1, 1e-14, n)) @ r
    yield "one small", (q * np.where(np.arange(n) < n - 1, 1, 1e-15)) @ r
    yield "one large", (q * np.where(np.arange(n) == 0, 1, 1e-15)) @ r
    yield "clusters", (q * np.where(np.arange(n) < n // 2, 1, 1e-5)) @ r
    yield "near the identity", np.eye(n) + 1e-10 * rng.standard_normal((n, n))
    yield "triangular", np.triu(rng.standard_normal((n, n)))
    yield "diagonal", np.diag(rng.standard_normal(n))
    yield "shift", np.eye(n, k=1)
    yield "integers", rng.integers(-2, 3, (n, n)).astype(float)
    yield "rows graded", np.geomspace(1, 1e-30, n)[:, None] * rng.standard_normal((n, n))
    yield "columns graded", np.geomspace(1e-30, 1, n) * rng.standard_normal((n, n))


@pytest.mark.parametrize("n", [3, 6, 8, 12, 16, 19, 40, 77])
def test_kinds(n, rng):
    for _, a in kinds(n, rng):
        for scale in (1.0, 1e-300, 1e290):
            check(a * scale, *mml.svd(a * scale))
            check(np.stack([a * scale] * 3), *mml.svd(np.stack([a * scale] * 3)))


@pytest.mark.parametrize("n", [3, 6, 8, 9, 12, 16])
def test_kinds_side_by_side(n, rng):
    """One group of lanes, which end at different times."""
    a = np.stack([kind for _, kind in kinds(n, rng)] + [rng.standard_normal((n, n))] * 5)
    even = np.abs(a).min((1, 2)) > 0  # no zeros that make a group go by rotations
    for stack in (a, a[even], a[even].astype(np.float32), np.repeat(a, 17, 0)):
        found = mml.svd(stack)
        check(stack, *found)
        np.testing.assert_allclose(
            mml.svdvals(stack),
            found.s,
            rtol=0,
            atol=1e3 * np.finfo(stack.dtype).eps * found.s.max(),
        )


@pytest.mark.parametrize("count", [1, 3])
def test_graded_matrices_keep_all_digits(count, rng):
    """D X with X well-conditioned: values to some units each, however small (Demmel and Veselic)."""
    n = 12
    x = np.linalg.qr(rng.standard_normal((n, n)))[0]
    d = np.geomspace(1, 1e-60, n)
    a = np.stack([d[:, None] * x] * count)
    for values in (mml.svd(a).s, mml.svdvals(a), mml.svdvals(np.swapaxes(a, -1, -2))):
        np.testing.assert_allclose(values, np.stack([d] * count), rtol=1e-13)


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (4, 4), (4, 6), (6, 4), (9, 9), (1, 5), (16, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_length_of_a_stack(shape, dtype, rng):
    """Groups of lanes that are not full, Fortran order, gaps between items, ends of the range within one group."""
    a = rng.standard_normal((35, *shape)).astype(dtype)
    a[3] *= 1e-30
    a[5] *= 1e30
    a[11] = 0
    whole = mml.svd(a)
    check(a[12:], *(part[12:] for part in whole))
    for count in (2, 3, 8, 15, 16, 17, 31, 32, 33):
        for given in (a[:count], np.asfortranarray(a[:count]), np.repeat(a, 2, 0)[: 2 * count : 2]):
            for got, right in zip(mml.svd(given), whole, strict=True):
                np.testing.assert_array_equal(got, right[:count])
    values = mml.svdvals(a)
    np.testing.assert_allclose(values, whole.s, rtol=2e-5 if dtype == np.float32 else 1e-11)
    assert (values[11] == 0).all()


@pytest.mark.parametrize(
    "shape", [(513, 4), (1200, 30), (3000, 90), (700, 200), (25, 4000), (2, 700, 9)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_of_long_matrices(shape, dtype, rng):
    """R alone in blocks of rows: every order, scales at the ends of the range, columns that depend on others."""
    a = rng.standard_normal(shape).astype(dtype)
    a[..., 1, :] *= 1e-3
    a[..., 2] = a[..., 0]
    right = np.linalg.svd(a.astype(np.float64), compute_uv=False)
    eps = float(np.finfo(dtype).eps)
    for given in (a, np.asfortranarray(a), a[..., ::-1], np.swapaxes(a, -1, -2)):
        got = mml.svdvals(given)
        assert got.dtype == dtype
        np.testing.assert_allclose(got, right, rtol=4 * eps, atol=200 * eps * right.max())
    top = 1e25 if dtype == np.float32 else 1e290
    for scale in (top, 1 / top):
        np.testing.assert_allclose(
            mml.svdvals(a * dtype(scale)).astype(np.float64) / scale,
            right,
            rtol=10 * eps,
            atol=200 * eps * right.max(),
        )
    a[..., 3, 1] = np.nan
    with pytest.raises(ValueError, match="A: contains NaN"):
        mml.svdvals(a)


@pytest.mark.parametrize("n", [2, 3, 5, 8, 12, 16])
def test_short_columns_beside_long_ones_become_orthogonal_too(n, rng):
    """Columns of length 1e-100 beside 1, whose squares vanish in products of products."""
    x = rng.standard_normal((20, n, n))
    d = np.where(np.arange(n) < n // 2, 1.0, 1e-100)
    for a in (x * d, np.swapaxes(x * d, -1, -2).copy(), (x * d)[:, ::-1, ::-1]):
        u, s, vh = mml.svd(a)
        check(a, u, s, vh)
        one = mml.svd(a[4])
        np.testing.assert_allclose(s[4], one.s, rtol=1e-11)
        np.testing.assert_allclose(mml.svdvals(a), s, rtol=1e-11)


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-200, 1e200, 1e307])
@pytest.mark.parametrize("count", [1, 5])
def test_the_ends_of_the_range(scale, count):
    a = np.stack([np.array([[2.0, 1.0], [1.0, 2.0]]) * scale] * count)
    np.testing.assert_allclose(mml.svd(a).s, np.array([[3.0, 1.0]] * count) * scale, rtol=1e-14)
    np.testing.assert_allclose(mml.svdvals(a), np.array([[3.0, 1.0]] * count) * scale, rtol=1e-14)
    over = np.full((count, 4, 4), 1e308)
    for call in (mml.svd, mml.svdvals):
        with pytest.raises(ValueError, match="leaves the range"):
            call(over)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(bad):
    for a in (np.eye(3), np.array([np.eye(3)] * 9), np.eye(30)):
        a[..., 1, 2] = bad
        for call in (mml.svd, mml.svdvals):
            with pytest.raises(ValueError, match="NaN or infinity"):
                call(a)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (0, 2, 2), (2, 0, 3)])
def test_nothing(shape):
    for full in (False, True):
        found, right = mml.svd(np.zeros(shape), full=full), np.linalg.svd(np.zeros(shape), full)
        assert [x.shape for x in found] == [x.shape for x in right]
    assert mml.svdvals(np.zeros(shape)).shape == right[1].shape


@pytest.mark.parametrize("kind", [float, complex])
def test_a_long_matrix_takes_no_memory_for_square_factors(kind, rng):
    a = rng.standard_normal((300_000, 2)).astype(kind)
    u, s, vh = mml.svd(a)
    assert u.shape == a.shape
    np.testing.assert_allclose((u * s) @ vh, a, atol=1e-10)

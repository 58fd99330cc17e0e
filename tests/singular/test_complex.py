"""Singular values of complex matrices and what they decide: against numpy, over shapes, types, orders, hard kinds."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

SHAPES = [(1, 1), (2, 2), (3, 3), (5, 3), (3, 5), (8, 8), (16, 16), (40, 7), (7, 40), (41, 41)]
SHAPES += [(60, 45), (110, 104), (300, 5), (1, 6), (6, 1)]


def draw(rng, shape, dtype=np.complex128):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


def unitary(rng, n):
    return np.linalg.qr(draw(rng, (n, n)))[0]


def check(a, found, *, full=False):
    """LAPACK's ratios: |A - U S V*| / (|A| max(m, n) u), |I - U*U| / (m u), below 30."""
    u, s, vh = (np.asarray(x, np.complex128) for x in found)
    m, n = a.shape[-2:]
    p = min(m, n)
    assert u.shape[-2:] == (m, m if full else p)
    assert vh.shape[-2:] == (n if full else p, n)
    assert found.U.dtype == found.Vh.dtype == a.dtype
    assert found.s.dtype == a.real.dtype
    room = 30 * max(m, n) * np.finfo(a.dtype).eps
    power = -int(np.frexp(np.maximum(np.abs(a.real), np.abs(a.imag)).max())[1])
    wide = np.ldexp(a.real.astype(float), power) + 1j * np.ldexp(a.imag.astype(float), power)
    s = np.ldexp(s.real, power)
    apart = np.linalg.norm(wide - (u[..., :p] * s[..., None, :]) @ vh[..., :p, :], axis=(-2, -1))
    assert (apart <= room * np.linalg.norm(wide, axis=(-2, -1))).all()
    for q in (u, np.swapaxes(vh, -1, -2).conj()):
        assert np.abs(np.swapaxes(q, -1, -2).conj() @ q - np.eye(q.shape[-1])).max() <= room
    assert (np.diff(s, axis=-1) <= 0).all()
    lead = np.take_along_axis(vh, np.abs(vh).argmax(-1)[..., None], -1)[..., 0]
    ties = np.sort(np.abs(vh), axis=-1)
    clear = ties[..., -1] > 1.001 * ties[..., -2] if n > 1 else np.full(lead.shape, True)
    assert (lead.real[clear] > 0).all()
    assert (np.abs(lead.imag[clear]) <= room).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_one_and_a_stack(shape, dtype, rng):
    a = draw(rng, (7, *shape), dtype)
    check(a, mml.svd(a))
    check(a[3, ::-1], mml.svd(a[3, ::-1]))
    check(a[0], mml.svd(a[0], full=True), full=True)
    check(a[1:3], mml.svd(a[1:3], full=True), full=True)
    right = np.linalg.svd(a.astype(np.complex128), compute_uv=False)
    room = 100 * max(shape) * float(np.finfo(dtype).eps)
    for values in (mml.svdvals(a), np.stack([mml.svdvals(x) for x in a]), mml.svd(a).s):
        assert values.dtype == a.real.dtype
        np.testing.assert_allclose(values, right, rtol=0, atol=room * right.max())
    condition = mml.condition(a)
    assert condition.dtype == a.real.dtype
    np.testing.assert_allclose(condition, right[:, 0] / right[:, -1], rtol=1e3 * room)
    np.testing.assert_array_equal(mml.rank(a), min(shape))


def test_every_length_of_a_stack_and_order(rng):
    a = draw(rng, (140, 4, 3))
    whole = mml.svd(a)
    for count in (1, 2, 63, 64, 65, 129):
        gaps = np.full((count, 4, 7), np.nan + 0j)
        gaps[..., 1::2] = a[:count]
        for given in (a[:count], np.asfortranarray(a[:count]), gaps[..., 1::2]):
            for got, right in zip(mml.svd(given), whole, strict=True):
                np.testing.assert_allclose(got, right[:count], atol=1e-13)


def kinds(n, rng):
    """LAPACK's test types: graded, repeated, clustered, of low rank, diagonal, triangular, of integers."""
    q, r = unitary(rng, n), unitary(rng, n)
    yield "zero", np.zeros((n, n), complex)
    yield "identity", np.eye(n) * (1 + 1j)
    yield "unitary", q
    yield "real", rng.standard_normal((n, n)) + 0j
    yield "imaginary", 1j * rng.standard_normal((n, n))
    yield "low rank", q[:, : n // 3] @ r[: n // 3]
    yield "graded", (q * np.geomspace(1, 1e-14, n)) @ r
    yield "one small", (q * np.where(np.arange(n) < n - 1, 1, 1e-15)) @ r
    yield "one large", (q * np.where(np.arange(n) == 0, 1, 1e-15)) @ r
    yield "clusters", (q * np.where(np.arange(n) < n // 2, 1, 1e-5)) @ r
    yield "near the identity", np.eye(n) + 1e-10 * draw(rng, (n, n))
    yield "triangular", np.triu(draw(rng, (n, n)))
    yield "diagonal", np.diag(draw(rng, (n,)))
    yield "shift", 1j * np.eye(n, k=1)
    yield "defective", np.eye(n) + np.eye(n, k=1) * 1j
    yield "rows graded", np.geomspace(1, 1e-200, n)[:, None] * draw(rng, (n, n))
    yield "zero row and column", np.pad(draw(rng, (n - 1, n - 1)), ((1, 0), (0, 1)))


@pytest.mark.parametrize("n", [3, 6, 9, 16, 21, 45])
def test_kinds(n, rng):
    for _, a in kinds(n, rng):
        for scale in (1.0, 1e-300, 1e290):
            check(a * scale, mml.svd(a * scale))
            check(np.stack([a * scale] * 3), mml.svd(np.stack([a * scale] * 3)))
            check(a * scale, mml.svd(a * scale, full=True), full=True)


@pytest.mark.parametrize("shape", [(6, 6), (9, 5), (5, 9), (60, 60), (120, 110)])
def test_rank_and_null_space(shape, rng):
    m, n = shape
    r = min(m, n) - 2
    a = draw(rng, (m, r)) @ draw(rng, (r, n))
    assert mml.rank(a) == r
    basis = mml.null_space(a)
    assert (basis.shape, basis.dtype) == ((n, n - r), a.dtype)
    np.testing.assert_allclose(a @ basis, 0, atol=1e-12 * np.linalg.norm(a))
    np.testing.assert_allclose(basis.conj().T @ basis, np.eye(n - r), atol=1e-13)
    lead = np.take_along_axis(basis, np.abs(basis).argmax(0)[None], 0)
    assert (lead.real > 0).all()
    stack = mml.null_space(np.stack([a, a * 1j, a]))
    np.testing.assert_allclose(stack[2] @ stack[2].conj().T, basis @ basis.conj().T, atol=1e-11)
    if m == n:
        assert mml.is_singular(a)
        np.testing.assert_array_equal(mml.is_singular(np.stack([a, np.eye(n)])), [True, False])


def test_phases_decide_independence():
    v = np.array([[1, 1j], [1j, -1.0]])  # the second is i times the first
    assert not mml.is_independent(v)
    assert mml.is_independent(v.conj() * [[1, 1], [1, -1]])
    np.testing.assert_array_equal(mml.is_independent(np.stack([v, np.eye(2)])), [False, True])
    assert mml.is_independent(np.array([[1e-300j, 0], [0, 1e300]]))


def test_a_real_matrix_as_a_complex_one(rng):
    a = rng.standard_normal((6, 6))
    np.testing.assert_allclose(mml.svdvals(a + 0j), mml.svdvals(a), rtol=1e-12)
    found, real = mml.svd(a + 0j), mml.svd(a)
    np.testing.assert_allclose(found.U, real.U, atol=1e-13)
    assert mml.condition(a * 1j) == pytest.approx(mml.condition(a))


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-160, 1e160, 1e300])
def test_the_ends_of_the_range(scale):
    a = np.array([[2, 1j], [-1j, 2]]) * scale
    assert mml.condition(a) == pytest.approx(3)
    assert mml.rank(a) == 2
    assert not mml.is_singular(a)
    np.testing.assert_allclose(mml.svdvals(a) / scale, [3, 1], rtol=1e-13)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 0), (0, 4, 4)])
def test_nothing(shape):
    a = np.zeros(shape, np.complex64)
    assert mml.svdvals(a).shape == (*shape[:-2], min(shape[-2:]))
    assert mml.svd(a, full=True).U.shape == (*shape[:-2], shape[-2], shape[-2])
    np.testing.assert_array_equal(mml.rank(a), 0)
    np.testing.assert_array_equal(mml.condition(a), 1)


@pytest.mark.parametrize(
    "call",
    [
        mml.svd,
        mml.svdvals,
        mml.pinv,
        mml.rank,
        mml.condition,
        mml.is_singular,
        mml.null_space,
        lambda a: mml.lstsq(a, a),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_a_stack_names_the_item(call, dtype):
    a = np.stack([np.eye(3)] * 4).astype(dtype)
    a[2, 1, 0] = np.nan
    with pytest.raises(
        ValueError, match=r"^A: contains NaN or infinity \(matrix 2 of the batch\)\.$"
    ):
        call(a)
    with pytest.raises(ValueError, match=r"^A: contains NaN or infinity\.$"):
        call(a[2])


def test_an_overflow_is_told():
    with pytest.raises(ValueError, match="a singular value leaves the range"):
        mml.svdvals(np.full((3, 3), 1.7e308 + 1e308j))


def test_subnormal_parts_of_a_bidiagonal_form_keep_vectors_orthonormal():
    rng = np.random.default_rng(66)
    for _ in range(200):
        shape = rng.integers(4, 8, 2)
        a = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
        a = np.where(rng.random(shape) < 0.5, a * 1e307, a * 1e-308)
        u, _, vh = mml.svd(a)
        for q in (u, vh.conj().T):
            np.testing.assert_allclose(q.conj().T @ q, np.eye(q.shape[1]), atol=1e-13)

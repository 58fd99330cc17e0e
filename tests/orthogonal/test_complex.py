"""Orthogonality of complex vectors, <x, y> = x* y: factors, spans, projections."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

SHAPES = [
    (1, 1),
    (2, 2),
    (5, 3),
    (3, 5),
    (16, 16),
    (33, 40),
    (64, 64),
    (200, 30),
    (300, 150),
    (7, 4, 4),
]
SHAPES += [(2, 3, 5, 2), (2, 40, 40), (1, 4), (4, 1)]
TYPES = [np.complex64, np.complex128]


def draw(rng, shape, dtype=np.complex128):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


def adjoint(a):
    return np.swapaxes(a, -1, -2).conj()


def check(a, found, bound=30):
    """LAPACK's ratios |A - Q R| / (m |A| u) and |I - Q*Q| / (m u); R a triangle with a real diagonal, not negative."""
    q, r = found[:2]
    assert q.dtype == r.dtype == a.dtype
    room = bound * max(a.shape[-2], 1) * np.finfo(a.dtype).eps
    diagonal = np.diagonal(r, axis1=-2, axis2=-1)
    assert (diagonal.imag == 0).all()
    assert (diagonal.real >= 0).all()
    np.testing.assert_array_equal(np.tril(r, -1), 0)
    power = -int(np.frexp(np.maximum(np.abs(a.real), np.abs(a.imag)).max())[1])
    a, r = (
        np.ldexp(x.real.astype(float), power) + 1j * np.ldexp(x.imag.astype(float), power)
        for x in (a, r)
    )
    q = q.astype(np.complex128)
    assert np.abs(a - q @ r).max() <= room * max(1, np.sqrt(a.shape[-1]))
    assert np.abs(adjoint(q) @ q - np.eye(q.shape[-1])).max() <= room


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", TYPES)
def test_qr(shape, dtype, rng):
    a = draw(rng, shape, dtype)
    for given in (a, np.asfortranarray(a), a[..., ::-1].copy()[..., ::-1]):
        found = mml.qr(given)
        assert found.Q.shape == (*shape[:-1], min(shape[-2:]))
        check(a, found)
    full = mml.qr(a, mode="complete")
    assert (full.Q.shape[-2:], full.R.shape) == ((shape[-2],) * 2, a.shape)
    check(a, full)


def hard(n, rng):
    a = draw(rng, (n, n))
    yield np.zeros((n, n), complex)
    yield np.eye(n) * 1j
    yield a * np.where(np.arange(n) == n // 2, 0, 1)
    yield a * np.where(np.arange(n) == 0, 0, 1)
    yield np.outer(a[0], a[1])
    yield a * np.geomspace(1e-12, 1e12, n)
    yield a * np.geomspace(1e-300, 1e300, n)
    yield np.triu(a)
    yield np.where(np.arange(n) < 2, a[:, :1], a)
    yield a * 1e300
    yield a * 1e-310


@pytest.mark.parametrize("n", [2, 5, 40, 190])
def test_hard_columns(n, rng):
    for a in hard(n, rng):
        for found in (mml.qr(a), mml.qr(a, mode="complete")):
            check(a, found)
        q = mml.gram_schmidt(a)
        kept = q.any(axis=0)
        np.testing.assert_allclose(adjoint(q) @ q, np.diag(kept), atol=1e-13 * n)
        assert mml.span_dimension(a) == kept.sum()


@pytest.mark.parametrize("dtype", TYPES)
def test_gram_schmidt(dtype, rng):
    a = draw(rng, (9, 5, 4), dtype)
    a[:, :, 2] = a[:, :, 0] * (1 + 2j)
    q = mml.gram_schmidt(a)
    assert q.dtype == dtype
    np.testing.assert_array_equal(q[:, :, 2], 0)
    np.testing.assert_array_equal(mml.span_dimension(a), 3)
    np.testing.assert_allclose(q[3], mml.gram_schmidt(a[3]), atol=50 * np.finfo(dtype).eps)
    short = mml.gram_schmidt(a, drop=True)
    np.testing.assert_array_equal(short, q[..., [0, 1, 3]])
    # The first column keeps its direction, phase and all.
    unit = a[:, :, 0] / np.linalg.norm(a[:, :, 0], axis=-1, keepdims=True)
    np.testing.assert_allclose(q[:, :, 0], unit, atol=50 * np.finfo(dtype).eps)
    long = mml.gram_schmidt(a[0], normalize=False)
    np.testing.assert_allclose(np.linalg.norm(long[:, 0]), np.linalg.norm(a[0, :, 0]), rtol=1e-5)


@pytest.mark.parametrize("dtype", TYPES)
def test_projections(dtype, rng):
    b, x = draw(rng, (6, 3), dtype), draw(rng, (8, 6), dtype)
    room = 200 * np.finfo(dtype).eps
    p = mml.projection_matrix(b)
    assert p.dtype == dtype
    np.testing.assert_allclose(p, p.conj().T, atol=room)
    np.testing.assert_allclose(p @ b, b, atol=room)
    found = mml.project(x, b)
    assert found.residual.dtype == np.zeros(0, dtype).real.dtype
    np.testing.assert_allclose(found.points, x @ p.T, atol=room)
    np.testing.assert_allclose(found.coordinates @ b.T, found.points, atol=10 * room)
    np.testing.assert_allclose(
        found.residual, np.linalg.norm(x - found.points, axis=1), rtol=1e-3, atol=room
    )
    np.testing.assert_allclose((x - found.points) @ b.conj(), 0, atol=10 * room)
    one = mml.project(x[0], b[:, 0])
    np.testing.assert_allclose(one.points, mml.project(x, b[:, :1]).points[0], atol=room)
    # A real subspace, complex points.
    mixed = mml.project(x, b.real)
    np.testing.assert_allclose(mixed.points.real, mml.project(x.real, b.real).points, atol=room)


def test_complement(rng):
    b = draw(rng, (6, 2))
    rest = mml.orthogonal_complement(b)
    assert rest.shape == (6, 4)
    np.testing.assert_allclose(rest.conj().T @ b, 0, atol=1e-14)
    assert mml.is_orthogonal(np.hstack([mml.qr(b).Q, rest]))
    stack = mml.orthogonal_complement(np.stack([b, 1j * b]))
    np.testing.assert_allclose(adjoint(stack) @ b, 0, atol=1e-14)
    assert mml.orthogonal_complement(b[:, 0]).shape == (6, 5)


def test_is_orthogonal(rng):
    q = np.linalg.qr(draw(rng, (5, 5)))[0]
    assert mml.is_orthogonal(q)
    assert mml.is_orthogonal(q.astype(np.complex64))
    assert not mml.is_orthogonal(q * (1 + 1e-10))
    assert mml.is_orthogonal(q * (1 + 1e-10), rtol=1e-8)
    assert not mml.is_orthogonal(
        np.array([[1, 1j], [1j, -1]]) / np.sqrt(2)
    )  # Q'Q counts for nothing
    np.testing.assert_array_equal(mml.is_orthogonal(np.stack([q, 2 * q])), [True, False])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, *TYPES])
@pytest.mark.parametrize(
    "shape", [(1, 1), (4, 4), (9, 4), (4, 9), (3, 40, 7), (70, 70), (17, 17, 5)]
)
def test_pivoting(shape, dtype, rng):
    a = rng.standard_normal(shape)
    a = (a + 1j * rng.standard_normal(shape) if np.dtype(dtype).kind == "c" else a).astype(dtype)
    for mode in ("reduced", "complete"):
        found = mml.qr(a, mode=mode, pivoting=True)
        assert type(found).__name__ == "PivotedQR"
        columns = np.take_along_axis(a, found.perm[..., np.newaxis, :], -1)
        p = a.shape[-2] if mode == "complete" else min(a.shape[-2:])
        assert found.Q.shape == (*a.shape[:-1], p)
        np.testing.assert_array_equal(
            np.sort(found.perm, -1), np.broadcast_to(np.arange(shape[-1]), found.perm.shape)
        )
        diagonal = np.diagonal(found.R, axis1=-2, axis2=-1).real
        assert (np.diff(diagonal, axis=-1) <= 1e-4 * diagonal[..., :1]).all()
        check(columns, found)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_pivoting_tells_the_rank(dtype, rng):
    parts = rng.standard_normal((2, 12, 4)) + (
        1j * rng.standard_normal((2, 12, 4)) if dtype == complex else 0
    )
    a = parts[0] @ parts[1].T
    q, r, perm = mml.qr(a, pivoting=True)
    assert np.count_nonzero(np.abs(np.diag(r)) > 1e-12 * abs(r[0, 0])) == 4
    np.testing.assert_allclose(q[:, :4] @ r[:4], a[:, perm], atol=1e-13)
    for scale in (1e-300, 1e300):
        found = mml.qr(a * scale, pivoting=True)
        check((a * scale)[:, found.perm], found)
    for zero in (np.zeros((3, 2), dtype), np.zeros((0, 2), dtype), np.zeros((2, 0), dtype)):
        found = mml.qr(zero, pivoting=True)
        np.testing.assert_array_equal(found.perm, np.arange(zero.shape[1]))
        np.testing.assert_array_equal(found.R, 0)


def test_scipy_agrees_about_the_order(rng):
    linalg = pytest.importorskip("scipy.linalg")
    a = rng.standard_normal((20, 9)) * np.geomspace(1, 100, 9)
    for given in (a, a + 1j * rng.standard_normal(a.shape)):
        found = mml.qr(given, pivoting=True)
        r, perm = linalg.qr(given, mode="r", pivoting=True)
        np.testing.assert_array_equal(found.perm, perm)
        np.testing.assert_allclose(np.abs(found.R), np.abs(r[:9]), atol=1e-10)


def test_full_factors_of_real_matrices(rng):
    for shape in [
        (1, 1),
        (5, 3),
        (3, 5),
        (40, 7),
        (7, 40),
        (300, 4),
        (4, 6, 2),
        (20, 8, 3),
        (100, 100),
    ]:
        for dtype in (np.float32, np.float64):
            a = rng.standard_normal(shape).astype(dtype)
            full = mml.qr(a, mode="complete")
            assert (full.Q.shape[-1], full.R.shape) == (shape[-2], a.shape)
            check(a, full)
            thin = mml.qr(a)
            np.testing.assert_allclose(
                full.R[..., : thin.R.shape[-2], :],
                thin.R,
                atol=1e-4 if dtype == np.float32 else 1e-11,
            )
    assert mml.qr(np.zeros((3, 0)), mode="complete").Q.shape == (3, 3)


def test_errors(rng):
    a = draw(rng, (3, 4, 4))
    with pytest.raises(ValueError, match=r"^mode: got 'full', needed 'reduced' or 'complete'\.$"):
        mml.qr(a, mode="full")
    with pytest.raises(TypeError, match=r"^A: got dtype complex128 with a metric, needed real"):
        mml.gram_schmidt(a, metric=np.eye(4))
    with pytest.raises(TypeError, match=r"^B: got dtype complex128 with a metric, needed real"):
        mml.projection_matrix(a, metric=np.eye(4))
    with pytest.raises(TypeError, match=r"^X, B: got dtype complex128 with a metric, needed real"):
        mml.project(a[0], a[0].real, metric=np.eye(4))
    with pytest.raises(ValueError, match=r"^A: .*leaves the range"):
        mml.qr(np.full((4, 4), 1.7e308 + 1.7e308j))


@pytest.mark.parametrize(
    "call",
    [
        mml.qr,
        mml.gram_schmidt,
        mml.span_dimension,
        lambda a: mml.qr(a, pivoting=True),
        lambda a: mml.qr(a, mode="complete"),
        mml.orthogonal_complement,
        mml.projection_matrix,
        mml.is_orthogonal,
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, *TYPES])
@pytest.mark.parametrize("n", [3, 40])
def test_a_stack_names_the_item(call, dtype, n):
    a = np.stack([np.eye(n)] * 19).astype(dtype)
    a[17, 1, 0] = np.nan
    with pytest.raises(
        ValueError, match=r"^[ABQ]: contains NaN or infinity \(matrix 17 of the batch\)\.$"
    ):
        call(a)
    a[5, 0, 0] = np.inf
    with pytest.raises(ValueError, match=r"\(matrix 5 of the batch\)"):
        call(a)
    with pytest.raises(ValueError, match=r"^[ABQ]: contains NaN or infinity\.$"):
        call(a[17])

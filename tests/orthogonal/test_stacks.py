"""Stacks of small matrices, one in each lane of a vector, against each matrix by itself."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


@pytest.mark.parametrize(
    ("items", "m", "n"),
    [(33, 12, 11), (200, 5, 2), (9, 8, 8), (20, 32, 5), (12, 33, 4), (10, 3, 5)],
)
def test_in_order(items, m, n, dtype, order, rng):
    a = rng.standard_normal((items, m, n)).astype(dtype)
    a[3, :, -1] = 2 * a[3, :, 0]
    a[4] = 0
    a[5] *= dtype(1e-30)
    a = order(a)
    atol = 200 * float(np.finfo(dtype).eps)
    for f in (mml.gram_schmidt, mml.projection_matrix):
        np.testing.assert_allclose(f(a), np.stack([f(x) for x in a]), atol=atol)
    np.testing.assert_array_equal(mml.span_dimension(a), [mml.span_dimension(x) for x in a])
    assert mml.span_dimension(a[3]) == min(m, n) - (n <= m)


def test_nearly_dependent(rng):
    """Orthogonal to rounding where a column adds next to nothing."""
    a = rng.standard_normal((16, 6, 3))
    a[..., 2] = a[..., 0] + 1e-12 * a[..., 2]
    q = mml.gram_schmidt(a)
    np.testing.assert_allclose(
        np.swapaxes(q, -1, -2) @ q, np.broadcast_to(np.eye(3), (16, 3, 3)), atol=1e-14
    )


def test_not_finite(rng):
    a = rng.standard_normal((20, 4, 3))
    a[7, 1, 1] = np.inf
    for f in (mml.gram_schmidt, mml.projection_matrix, mml.span_dimension):
        with pytest.raises(ValueError, match="infinity"):
            f(a)


@pytest.mark.parametrize(("n", "d", "k"), [(650, 95, 8), (100, 2, 1), (97, 40, 40), (1, 5, 2)])
def test_projections(n, d, k, dtype, order, rng):
    x, b = (
        order(rng.standard_normal((n, d)).astype(dtype)),
        order(rng.standard_normal((d, k)).astype(dtype)),
    )
    found = mml.project(x, b)
    eps = float(np.finfo(dtype).eps)
    exact = np.linalg.lstsq(b.astype(float), x.T.astype(float), rcond=None)[0].T
    size = np.linalg.norm(x.astype(float), axis=1)
    assert (np.abs(found.points - exact @ b.T.astype(float)).max(1) <= 100 * k * eps * size).all()
    rest = np.linalg.norm(x - exact @ b.T.astype(float), axis=1)
    assert (np.abs(found.residual - rest) <= 100 * k * eps * size).all()
    assert (
        np.abs(found.points.astype(float) - found.coordinates.astype(float) @ b.T)
        <= 1e4 * k * eps * size[:, None]
    ).all()


@pytest.mark.parametrize("n", [10, 40, 120])
def test_orthonormal_columns(n, dtype, order, rng):
    q = np.linalg.qr(rng.standard_normal((3, n + 20, n)))[0].astype(dtype)
    assert mml.is_orthogonal(order(q)).all()
    q[1, :, n // 2] = q[1, :, 0]
    q[2, 3, 4] += dtype(0.1)
    assert mml.is_orthogonal(order(q)).tolist() == [True, False, False]
    q[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        mml.is_orthogonal(q)

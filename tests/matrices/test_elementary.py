"""Elementary row operations as matrices, traces, vector products."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def test_row_operations(rng):
    a = rng.standard_normal((4, 3))
    np.testing.assert_array_equal(mml.row_swap(4, 0, 2) @ a, a[[2, 1, 0, 3]])
    right = a.copy()
    right[1] *= -2.5
    np.testing.assert_array_equal(mml.row_scale(4, 1, -2.5) @ a, right)
    right = a.copy()
    right[3] += 2 * a[0]
    np.testing.assert_allclose(mml.row_add(4, 3, 0, 2) @ a, right, rtol=1e-15)
    np.testing.assert_array_equal(mml.row_swap(4, 1, 1), np.eye(4))


def test_they_make_an_echelon_form():
    a = np.array([[0.0, 2.0], [4.0, 8.0]])
    steps = mml.row_scale(2, 0, 0.25) @ mml.row_swap(2, 0, 1)
    steps = mml.row_add(2, 0, 1, -2) @ mml.row_scale(2, 1, 0.5) @ steps
    np.testing.assert_allclose(steps @ a, np.eye(2))
    np.testing.assert_allclose(steps, mml.inverse(a))


def test_rows_that_do_not_exist():
    with pytest.raises(ValueError, match="i: got 3"):
        mml.row_swap(3, 3, 0)
    with pytest.raises(ValueError, match="factor: got 0"):
        mml.row_scale(3, 0, 0)
    with pytest.raises(ValueError, match="j: got 1, the row that changes"):
        mml.row_add(3, 1, 1, 2)
    with pytest.raises(TypeError, match="n: got 'a'"):
        mml.row_swap("a", 0, 0)


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2), (0, 0), (4, 3, 3), (2, 0, 3, 2)])
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.complex128, np.int64])
def test_trace_as_numpy(shape, kind, rng):
    a = (10 * rng.standard_normal(shape)).astype(kind)
    right = np.trace(a, axis1=-2, axis2=-1)
    got = mml.trace(a)
    assert np.shape(got) == np.shape(right)
    np.testing.assert_allclose(got, right, rtol=1e-5 if kind == np.float32 else 1e-12)
    np.testing.assert_allclose(mml.trace(np.swapaxes(a, -1, -2)), right, rtol=1e-5)


def test_trace_wants_a_matrix():
    with pytest.raises(ValueError, match="A: got shape"):
        mml.trace([1.0, 2.0])


def test_cross_as_numpy(rng):
    x, y = rng.standard_normal((5, 1, 3)), rng.standard_normal((4, 3))
    np.testing.assert_allclose(mml.cross(x, y), np.cross(x, y), rtol=1e-12)
    np.testing.assert_array_equal(mml.cross([1, 0, 0], [0, 1, 0]), [0, 0, 1])
    with pytest.raises(ValueError, match=r"y: got shape \(2,\), needed \(\.\.\., 3\)"):
        mml.cross([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="do not broadcast"):
        mml.cross(np.ones((2, 3)), np.ones((3, 3)))


def test_points_that_are_columns(rng):
    a, points = rng.standard_normal((2, 3)), rng.standard_normal((3, 7))
    np.testing.assert_allclose(mml.transform_points(a, points, axis=0), a @ points, rtol=1e-12)
    np.testing.assert_allclose(mml.transform_points(a, points.T, axis=-1), (a @ points).T)
    with pytest.raises(ValueError, match="axis: got 2"):
        mml.transform_points(a, points, axis=2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_projections_in_the_kernel_and_behind_it(dtype, rng):
    """One subspace goes to the kernel, stacks of subspaces and a metric do not: they agree."""
    tol = 1e-10 if dtype == np.float64 else 1e-4
    for n, d, k in ((1, 3, 2), (7, 5, 5), (300, 4, 1), (250, 120, 3), (0, 3, 2)):
        x, b = rng.standard_normal((n, d)).astype(dtype), rng.standard_normal((d, k)).astype(dtype)
        found, behind = mml.project(x, b), mml.project(x[:, None], b[None])
        for got, right in zip(found, behind, strict=True):
            np.testing.assert_allclose(got, right[:, 0], atol=tol * d)
        with_metric = mml.project(x, b, metric=np.eye(d))
        np.testing.assert_allclose(found.points, with_metric.points, atol=tol * d)
        if n:
            scaled = mml.project(x * dtype(1e-20), b * dtype(1e15))
            np.testing.assert_allclose(scaled.points * dtype(1e20), found.points, atol=tol * d)
    one = mml.project(x[:0].sum(0) + 1, b[:, 0])
    assert one.coordinates.shape == (1,)
    assert np.ndim(one.residual) == 0
    with pytest.raises(ValueError, match="NaN"):
        mml.project([[1.0, np.nan]], [[1.0], [0.0]])

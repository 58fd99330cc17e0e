"""Projections, complements and spans: by their properties, and against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def metric_of(d, rng):
    root = rng.standard_normal((d, d)) + 3 * np.eye(d)
    return root @ root.T


@pytest.mark.parametrize(("d", "k"), [(1, 1), (3, 1), (5, 2), (5, 5), (40, 7), (4, 9)])
@pytest.mark.parametrize("inner", ["dot", "metric"])
def test_projection_matrix(d, k, inner, dtype, rng):
    b = rng.standard_normal((d, k)).astype(dtype)
    metric = None if inner == "dot" else metric_of(d, rng).astype(dtype)
    p = mml.projection_matrix(b, metric=metric).astype(float)
    rough = 3e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(p @ p, p, atol=rough)
    np.testing.assert_allclose(p @ b, b, atol=rough * 10)
    weighted = p if metric is None else metric @ p
    np.testing.assert_allclose(weighted, weighted.T, atol=rough * 100)
    np.testing.assert_allclose(np.trace(p), min(d, k), atol=rough * 10)


@pytest.mark.parametrize("inner", ["dot", "metric"])
@pytest.mark.parametrize("k", [1, 3, 6])
def test_project(k, inner, dtype, layout, rng):
    d = 6
    b, x = rng.standard_normal((d, k)).astype(dtype), rng.standard_normal((50, d)).astype(dtype)
    metric = None if inner == "dot" else metric_of(d, rng).astype(dtype)
    points, coordinates, residual = mml.project(layout(x), layout(b), metric=metric)
    assert points.dtype == coordinates.dtype == residual.dtype == dtype
    rough = 2e-3 if dtype == np.float32 else 1e-11
    p = mml.projection_matrix(b.astype(float), metric=metric)
    np.testing.assert_allclose(points, x @ p.T, atol=rough)
    np.testing.assert_allclose(coordinates @ b.T, points, atol=rough)
    np.testing.assert_allclose(residual, mml.distance(x, points, metric=metric), atol=rough)
    one = mml.project(x[3], b, metric=metric)
    np.testing.assert_allclose(one.points, points[3], atol=rough)
    assert (one.coordinates.shape, np.ndim(one.residual)) == ((k,), 0)
    assert mml.project(x.reshape(5, 10, d), b).coordinates.shape == (5, 10, k)


def test_residual_is_orthogonal_to_machine_precision(rng):
    """Nearly in the span: what is left is small, and still orthogonal to it relative to its own size."""
    b = rng.standard_normal((30, 4))
    x = b @ rng.standard_normal(4) + 1e-9 * rng.standard_normal(30)
    points, _, residual = mml.project(x, b)
    q = mml.gram_schmidt(b)
    assert np.abs(q.T @ (x - points)).max() < 1e-6 * residual


def test_ill_conditioned_basis_beats_the_normal_equations():
    n = 9
    b = 1 / (np.arange(12)[:, None] + np.arange(n) + 1.0)
    exact = mml.project(b @ np.ones(n), b)
    np.testing.assert_allclose(exact.points, b @ np.ones(n), atol=1e-15)
    np.testing.assert_allclose(exact.coordinates, 1, atol=1e-3)


def test_dependent_columns(rng):
    """Course edge: inv(B'B) does not exist; the projection does."""
    np.testing.assert_allclose(mml.projection_matrix([[1, 2]] * 3), np.full((3, 3), 1 / 3))
    b = rng.standard_normal((5, 2)) @ rng.standard_normal((2, 4))
    x = rng.standard_normal((7, 5))
    onto = mml.project(x, b)
    np.testing.assert_allclose(onto.coordinates @ b.T, onto.points, atol=1e-12)
    np.testing.assert_allclose(onto.points, x @ mml.projection_matrix(b[:, :2]).T, atol=1e-12)
    nothing = mml.project(x, np.zeros((5, 2)))
    np.testing.assert_array_equal(nothing.points, 0)
    np.testing.assert_array_equal(nothing.coordinates, 0)


def test_affine_subspace():
    """Course: project on the line x0 + span b."""
    offset = np.array([0.0, 3])
    np.testing.assert_allclose(mml.project([4, 7] - offset, [1, 0]).points + offset, [4, 3])


@pytest.mark.parametrize(("d", "k"), [(1, 1), (3, 1), (5, 2), (5, 5), (6, 9), (4, 0)])
def test_complement(d, k, dtype, rng):
    b = rng.standard_normal((d, k)).astype(dtype)
    perpendicular = mml.orthogonal_complement(b)
    rough = 50 * np.finfo(dtype).eps
    assert perpendicular.shape == (d, max(d - k, 0))
    assert perpendicular.dtype == dtype
    assert mml.is_orthogonal(perpendicular)
    np.testing.assert_allclose(b.T @ perpendicular, np.zeros((k, max(d - k, 0))), atol=rough)
    whole = mml.projection_matrix(b) + mml.projection_matrix(perpendicular)
    np.testing.assert_allclose(whole, np.eye(d), atol=rough)


def test_complement_of_dependent_columns(rng):
    b = np.outer(rng.standard_normal(5), [1.0, 2, 3])
    assert mml.orthogonal_complement(b).shape == (5, 4)
    assert mml.orthogonal_complement(np.zeros(4)).shape == (4, 4)


def test_span_dimension():
    assert mml.span_dimension(np.diag([1e-300, 1.0, 1e300])) == 3
    assert mml.span_dimension(1e-15 * np.eye(4)) == 4  # the course's absolute tolerance says 0
    assert mml.span_dimension([[1, 1], [1, 1.0000000000001]]) == 2
    assert mml.span_dimension(np.zeros((3, 2))) == 0
    stack = np.stack([np.eye(3), np.ones((3, 3)), np.zeros((3, 3))])
    np.testing.assert_array_equal(mml.span_dimension(stack), [3, 1, 0])
    assert mml.span_dimension([[1.0, 1.0], [0.0, 0.1]], rtol=0.2) == 1


def test_is_orthogonal(dtype, rng):
    q = np.linalg.qr(rng.standard_normal((200, 200)))[0].astype(dtype)
    assert mml.is_orthogonal(q)
    assert mml.is_orthogonal(q[:, :7])
    assert not mml.is_orthogonal(q[:7])
    assert not mml.is_orthogonal(q * dtype(1.001))
    assert mml.is_orthogonal(q * dtype(1.001), rtol=0.01)
    assert not mml.is_orthogonal(np.full((2, 2), np.finfo(dtype).max))
    np.testing.assert_array_equal(
        mml.is_orthogonal(np.stack([np.eye(2), np.ones((2, 2))])), [True, False]
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mml.projection_matrix([[np.nan]]), "B: contains"),
        (lambda: mml.projection_matrix(1.0), "B: got shape"),
        (lambda: mml.projection_matrix(np.eye(2), metric=-np.eye(2)), "metric: is not positive"),
        (lambda: mml.project(np.ones(3), np.eye(2)), "X: got shape"),
        (lambda: mml.project([np.inf, 1], np.eye(2)), "X: contains"),
        (lambda: mml.project(np.ones((3, 1, 2)), np.ones((2, 2, 2))), "X and B: the leading axes"),
        (lambda: mml.project(np.ones((3, 3)), np.ones((2, 2, 2))), "X: got shape"),
        (lambda: mml.project([np.nan, 1], np.ones((2, 2, 2))), "X: contains"),
        (lambda: mml.project(np.ones((3, 4, 2)), np.ones((2, 2, 2))), "X and B: the leading axes"),
        (lambda: mml.orthogonal_complement(2.0), "B: got shape"),
        (lambda: mml.orthogonal_complement([np.nan]), "B: contains"),
        (lambda: mml.is_orthogonal(np.ones(3)), "Q: got shape"),
        (lambda: mml.is_orthogonal(np.eye(2), rtol=-1), "rtol: got"),
        (lambda: mml.span_dimension(np.ones(3)), "A: got shape"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_subspace_for_each_point(dtype, rng):
    x, b = rng.standard_normal((4, 5)).astype(dtype), rng.standard_normal((4, 5, 2)).astype(dtype)
    b[2, :, 1] = 2 * b[2, :, 0]
    metric = np.diag(np.arange(1.0, 6)).astype(dtype)
    for m in (None, metric):
        found = mml.project(x[:, None], b, metric=m)
        for i in range(4):
            one = mml.project(x[i], b[i], metric=m)
            for some, expected in zip(found, one, strict=True):
                np.testing.assert_allclose(some[i, 0], expected, atol=30 * np.finfo(dtype).eps)
    assert mml.project(x[0], b).coordinates.shape == (4, 2)


@pytest.mark.parametrize(
    ("of_x", "of_b"),
    [
        ((5,), (3, 5, 2)),
        ((5, 5), (3, 5, 2)),  # five rows, onto each of three subspaces
        ((3, 5), (3, 5, 2)),  # three rows, onto each of three
        ((1, 5), (3, 5, 2)),
        ((2, 5), (4, 3, 5, 2)),
        ((3, 2, 5), (4, 3, 5, 2)),
        ((4, 1, 2, 5), (3, 5, 2)),
        ((3, 2, 5), (5, 2)),
        ((0, 5), (3, 5, 2)),
        ((4, 5), (0, 5, 2)),
    ],
)
@pytest.mark.parametrize("inner", [None, "metric"])
def test_axes_broadcast_as_those_of_a_product(of_x, of_b, inner, dtype, layout, rng):
    x, b = (rng.standard_normal(shape).astype(dtype) for shape in (of_x, of_b))
    x, b = layout(x) if x.ndim > 1 else x, layout(b)
    metric = None if inner is None else np.diag(np.arange(1.0, 6)).astype(dtype)
    points, coordinates, residual = mml.project(x, b, metric=metric)
    shape = (x @ b).shape
    assert coordinates.shape == shape
    assert points.shape == (*shape[:-1], 5)
    assert residual.shape == shape[:-1]
    weights = np.eye(5) if metric is None else metric
    dual = np.swapaxes(b, -1, -2).astype(float) @ weights
    onto = b @ np.linalg.solve(dual @ b, dual)
    each = x.astype(float)[..., np.newaxis] if x.ndim == 1 else np.swapaxes(x, -1, -2).astype(float)
    right = np.swapaxes(onto @ each, -1, -2)
    right = right[..., 0, :] if x.ndim == 1 else right
    np.testing.assert_allclose(points, right, atol=1e4 * np.finfo(dtype).eps)
    rest = np.sqrt((((x - right) @ weights) * (x - right)).sum(-1))
    np.testing.assert_allclose(residual, rest, atol=1e4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3), (2, 0, 3)])
@pytest.mark.parametrize("k", [0, 2])
def test_nothing_to_project(shape, k):
    found = mml.project(np.ones(shape), np.ones((shape[-1], k)))
    assert found.points.shape == shape
    assert found.coordinates.shape == (*shape[:-1], k)
    assert np.shape(found.residual) == shape[:-1]
    assert not np.any(found.residual > 1e-15) or k == 0
    assert mml.orthogonal_complement(np.ones((0, k))).shape == (0, 0)
    np.testing.assert_array_equal(mml.orthogonal_complement(np.zeros((3, k))), np.eye(3))


def test_projections_at_the_ends_of_the_range():
    found = mml.project([1.7e308, 1.7e308], [1, 1])
    np.testing.assert_allclose(found.points, [1.7e308, 1.7e308], rtol=1e-14)
    np.testing.assert_allclose(found.coordinates, [1.7e308], rtol=1e-14)
    with pytest.raises(ValueError, match="X, B: a coordinate leaves the range of float64"):
        mml.project([1.7e308, 0], [[1e-300], [1e-300]])
    found = mml.project([2.0**-1060, 0], [[1e300], [1e300]])
    np.testing.assert_allclose(found.points, [2.0**-1061, 2.0**-1061])
    lengths = mml.gram_schmidt([[1.7e308, 0], [1.7e308, 1.0]], normalize=False)
    np.testing.assert_allclose(lengths, [[1.7e308, -0.5], [1.7e308, 0.5]], rtol=1e-13)


@pytest.mark.parametrize(("m", "d", "k"), [(1, 1, 1), (4, 3, 2), (7, 5, 5), (40, 20, 6), (3, 2, 4)])
def test_rows_for_each_of_many_subspaces(m, d, k, dtype, layout, rng):
    """X (..., m, d) beside B (..., d, k): the rows of each item onto its own subspace, in one call."""
    x = rng.standard_normal((6, m, d)).astype(dtype)
    b = rng.standard_normal((6, d, k)).astype(dtype)
    room = 300 * d * np.finfo(dtype).eps
    found = mml.project(layout(x), layout(b))
    assert [part.shape for part in found] == [(6, m, d), (6, m, k), (6, m)]
    for i in range(6):
        one = mml.project(x[i], b[i])
        np.testing.assert_allclose(found.points[i], one.points, atol=room)
        np.testing.assert_allclose(found.residual[i], one.residual, atol=room)
    many = mml.project(x[None], b[:, None])
    assert many.points.shape == (6, 6, m, d)
    np.testing.assert_allclose(many.points[2, 3], mml.project(x[3], b[2]).points, atol=room)
    np.testing.assert_allclose(
        mml.project(x, b[:1]).points[4], mml.project(x[4], b[0]).points, atol=room
    )
    weights = np.diag(np.arange(1.0, d + 1)).astype(dtype)
    measured = mml.project(x, b, metric=weights)
    right = mml.project(x[5], b[5], metric=weights)
    np.testing.assert_allclose(measured.points[5], right.points, atol=10 * room)

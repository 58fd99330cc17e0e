"""Lengths, distances, angles, projections: against plain numpy, on hard vectors, on bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import mmlcore as mml


def metric_of(d, rng):
    g = rng.standard_normal((d, d))
    return g @ g.T + np.eye(d)


@pytest.mark.parametrize("d", [0, 1, 2, 3, 7, 8, 31, 32, 33, 1000])
@pytest.mark.parametrize(
    "shapes", [((), ()), ((5,), ()), ((4, 1), (3,)), ((0,), ()), ((2000,), (2000,))]
)
def test_against_numpy(d, shapes, dtype, rng):
    x, y = (rng.standard_normal((*s, d)).astype(dtype) for s in shapes)
    tol = 40 * np.finfo(dtype).eps * max(d, 1) ** 0.5
    inner = mml.inner(x, y)
    assert inner.dtype == dtype
    np.testing.assert_allclose(inner, (x * y).sum(-1), atol=tol * max(d, 1) ** 0.5)
    np.testing.assert_allclose(mml.length(x), np.sqrt((x * x).sum(-1)), rtol=tol)
    np.testing.assert_allclose(mml.distance(x, y), np.sqrt(((x - y) ** 2).sum(-1)), rtol=tol)
    if d > 0:
        cosine = (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))
        np.testing.assert_allclose(mml.cosine(x, y), cosine, atol=tol)
        np.testing.assert_allclose(np.cos(mml.angle(x, y)), cosine, atol=tol)
        along = mml.scalar_projection(x, y)
        np.testing.assert_allclose(along, (x * y).sum(-1) / mml.length(y), atol=tol * max(d, 1))
        part = mml.vector_projection(x, y)
        np.testing.assert_allclose(mml.inner(x - part, y), 0, atol=tol * d)


def test_layouts(layout, dtype, rng):
    x, y = (
        layout(rng.standard_normal((6, 5, 9)).astype(dtype)),
        rng.standard_normal((5, 9)).astype(dtype),
    )
    np.testing.assert_allclose(mml.inner(x, y), np.einsum("ijk,jk->ij", x, y), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(mml.length(x), np.linalg.norm(x, axis=-1), rtol=1e-5)
    flat = layout(rng.standard_normal((40, 9)).astype(dtype))
    expected = np.sqrt(((flat[:, None] - y[None]) ** 2).sum(-1))
    np.testing.assert_allclose(mml.pairwise_distances(flat, y), expected, rtol=1e-5)


def test_metric(rng):
    m, x, y = metric_of(4, rng), rng.standard_normal((6, 4)), rng.standard_normal((6, 4))
    inner = np.einsum("ij,jk,ik->i", x, m, y)
    size = lambda v: np.sqrt(np.einsum("ij,jk,ik->i", v, m, v))
    np.testing.assert_allclose(mml.inner(x, y, metric=m), inner)
    np.testing.assert_allclose(mml.length(x, metric=m), size(x))
    np.testing.assert_allclose(mml.distance(x, y, metric=m), size(x - y))
    np.testing.assert_allclose(mml.cosine(x, y, metric=m), inner / size(x) / size(y))
    np.testing.assert_allclose(mml.angle(x, y, metric=m), np.arccos(inner / size(x) / size(y)))
    np.testing.assert_allclose(mml.scalar_projection(x, y, metric=m), inner / size(y))
    np.testing.assert_allclose(
        mml.vector_projection(x, y, metric=m), (inner / size(y) ** 2)[:, None] * y
    )
    far = mml.pairwise_distances(x, y, metric=m)
    np.testing.assert_allclose(far, [[size((a - b)[None])[0] for b in y] for a in x])
    np.testing.assert_allclose(mml.pairwise_distances(x, metric=m).diagonal(), 0)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ([[1, 2], [0, 1]], r"is not symmetric.*entry \(0, 1\) is 2, entry \(1, 0\) is 0"),
        ([[1, 2], [2, 1]], r"not positive definite.*x' M x = -1 for the unit vector"),
        ([[1, 1], [1, 1]], "not positive definite"),
        (np.eye(3), r"metric: got shape \(3, 3\), needed \(2, 2\)"),
        ([[np.nan, 0], [0, 1]], "metric: contains NaN"),
    ],
)
@pytest.mark.parametrize("call", [mml.inner, mml.distance, mml.angle, mml.vector_projection])
def test_a_matrix_that_is_no_metric(metric, message, call):
    with pytest.raises(ValueError, match=message):
        call([1.0, 2.0], [3.0, 4.0], metric=metric)


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_lengths_of_any_size(scale):
    x = np.array([3.0, 4.0]) * scale
    assert mml.length(x) == pytest.approx(5 * scale, rel=1e-2 if scale < 1e-308 else 1e-14)
    assert mml.angle(x, [4.0, -3.0]) == pytest.approx(
        math.pi / 2, abs=1e-2 if scale < 1e-308 else 1e-15
    )
    far = mml.pairwise_distances([x], [[0.0, 0.0]])
    assert far[0, 0] == pytest.approx(5 * scale, rel=1e-2 if scale < 1e-308 else 1e-14)


def test_lengths_of_what_is_no_number():
    np.testing.assert_array_equal(
        mml.length([[0.0, 0.0], [np.inf, 1.0], [np.nan, 1.0]]), [0, np.inf, np.nan]
    )


@pytest.mark.parametrize("tilt", [1e-15, 1e-12, 1e-8, 1e-3])
def test_angles_near_the_ends(tilt):
    assert mml.angle([1.0, 0.0], [1.0, tilt]) == pytest.approx(tilt, rel=1e-6)
    assert math.pi - mml.angle([1.0, 0.0], [-1.0, tilt]) == pytest.approx(tilt, rel=1e-3, abs=4e-16)
    assert mml.angle([0.1, 0.2, 0.3], [0.3, 0.6, 0.9]) < 1e-15


def test_points_that_are_close(rng):
    x = rng.standard_normal((50, 20)) + 1e3
    y = x + 1e-7 * rng.standard_normal((50, 20))
    expected = np.sqrt(((x[:, None] - y[None]) ** 2).sum(-1))
    np.testing.assert_allclose(mml.pairwise_distances(x, y), expected, rtol=1e-12)
    own = mml.pairwise_distances(x)
    np.testing.assert_array_equal(own, own.T)
    np.testing.assert_array_equal(own.diagonal(), 0)


@pytest.mark.parametrize(
    ("n", "m", "d"),
    [(0, 3, 2), (3, 0, 2), (3, 4, 0), (1, 1, 1), (9, 50, 3), (70, 7000, 5), (65, 100, 300)],
)
def test_pairwise_against_the_definition(n, m, d, dtype, rng):
    x, y = rng.standard_normal((n, d)).astype(dtype), rng.standard_normal((m, d)).astype(dtype)
    exact = ((x[:, None].astype("f8") - y[None]) ** 2).sum(-1)
    rtol = 1e-5 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(mml.pairwise_distances(x, y, squared=True), exact, rtol=rtol)
    np.testing.assert_allclose(mml.pairwise_distances(x, y), np.sqrt(exact), rtol=rtol)


@pytest.mark.parametrize(("n", "d"), [(1, 3), (63, 2), (64, 5), (65, 16), (200, 300), (3300, 17)])
def test_distances_of_one_set_are_computed_once(n, d, dtype, rng):
    x = rng.standard_normal((n, d)).astype(dtype)
    for laid in (x, np.asfortranarray(x), x[::-1]):
        for threads in (1, 3):
            with mml.threads(threads):
                own = mml.pairwise_distances(laid)
            np.testing.assert_array_equal(own, mml.pairwise_distances(laid, laid.copy()))
    huge = mml.pairwise_distances(x * dtype(2.0**100))
    np.testing.assert_allclose(huge, own[::-1, ::-1] * dtype(2.0**100), rtol=1e-6)


@pytest.mark.parametrize(
    ("n", "q", "d", "k"),
    [(1, 1, 1, 1), (5, 3, 2, 5), (300, 20, 4, 7), (14_000, 9, 3, 100), (500, 40, 130, 3)],
)
def test_neighbors_against_sorting(n, q, d, k, dtype, rng):
    x, queries = rng.integers(0, 5, (n, d)).astype(dtype), rng.integers(0, 5, (q, d)).astype(dtype)
    squares = ((queries[:, None] - x[None]) ** 2).sum(-1)
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]  # many ties: the lower index wins
    seen = []
    for threads in (1, 2, 5):
        with mml.threads(threads):
            distances, indices = mml.nearest_neighbors(x, queries, k)
        np.testing.assert_array_equal(indices, order)
        np.testing.assert_allclose(
            distances, np.sqrt(np.take_along_axis(squares, order, 1)), rtol=1e-6
        )
        seen.append(distances)
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], seen[2])


def test_neighbors_in_a_metric(rng):
    m, x = metric_of(3, rng), rng.standard_normal((100, 3))
    far = mml.pairwise_distances(x, metric=m)
    distances, indices = mml.nearest_neighbors(x, x, 4, metric=m)
    np.testing.assert_array_equal(indices, np.argsort(far, axis=1, kind="stable")[:, :4])
    np.testing.assert_allclose(distances[:, 0], 0)


def test_independence(rng):
    assert mml.is_independent(np.eye(3))
    assert mml.is_independent(np.diag([1e-200, 1.0, 1e200]))
    assert not mml.is_independent([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    assert not mml.is_independent([[0.0, 0.0]])
    assert not mml.is_independent(rng.standard_normal((4, 3)))
    assert mml.is_independent(np.empty((0, 3)))
    stack = np.stack([np.eye(2), np.ones((2, 2))])
    np.testing.assert_array_equal(mml.is_independent(stack), [True, False])


def test_coordinates(rng):
    basis, x = rng.standard_normal((4, 4)), rng.standard_normal((2, 5, 4))
    np.testing.assert_allclose(mml.coordinates(x, basis) @ basis.T, x, atol=1e-12)
    plane = basis[:, :2]
    np.testing.assert_allclose(mml.coordinates(plane @ [2.0, -3.0], plane), [2, -3], atol=1e-12)
    with pytest.raises(ValueError, match="x: vector 0 does not lie in the span"):
        mml.coordinates(x[0], plane)
    with pytest.raises(mml.SingularMatrixError, match="the 2 columns are linearly dependent"):
        mml.coordinates([1.0, 1.0], np.ones((2, 2)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mml.inner(1.0, [1.0]), ValueError, r"x: got shape \(\), needed at least 1 axis"),
        (
            lambda: mml.inner([1.0, 2.0], [1.0]),
            ValueError,
            r"y: got shape \(1,\), needed \(..., 2\)",
        ),
        (lambda: mml.inner([1j], [1.0]), TypeError, "x: "),
        (
            lambda: mml.inner(np.ones((2, 3)), np.ones((4, 3))),
            ValueError,
            "do not broadcast|broadcast",
        ),
        (lambda: mml.angle([0.0, 0.0], [1.0, 0.0]), ValueError, "x: contains a zero vector"),
        (lambda: mml.cosine([1.0, 0.0], [0.0, 0.0]), ValueError, "y: contains a zero vector"),
        (lambda: mml.angle([np.nan, 0.0], [1.0, 0.0]), ValueError, "x: contains NaN"),
        (lambda: mml.vector_projection([1.0], [0.0]), ValueError, "onto: contains a zero vector"),
        (lambda: mml.pairwise_distances([1.0, 2.0]), ValueError, "X: got shape"),
        (
            lambda: mml.pairwise_distances([[1.0]], [[1.0, 2.0]]),
            ValueError,
            r"Y: got shape \(1, 2\)",
        ),
        (lambda: mml.nearest_neighbors([[1.0]], [[1.0]], 2), ValueError, "k: got 2"),
        (lambda: mml.nearest_neighbors([[1.0]], [[1.0]], 0), ValueError, "k: got 0"),
        (lambda: mml.nearest_neighbors([[np.inf]], [[1.0]], 1), ValueError, "X: contains NaN"),
        (
            lambda: mml.nearest_neighbors([[1.0]], [[np.nan]], 1),
            ValueError,
            "queries: contains NaN",
        ),
        (lambda: mml.is_independent([1.0]), ValueError, "vectors: got shape"),
        (lambda: mml.coordinates([1.0, 2.0], np.eye(3)), ValueError, "basis: got shape"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


finite = st.floats(-1e100, 1e100, allow_subnormal=False)


@settings(max_examples=60, deadline=None)
@given(arrays(float, 4, elements=finite), arrays(float, 4, elements=finite))
def test_inequalities(x, y):
    a, b, c = (float(mml.length(v)) for v in (x, y, x + y))
    assert c <= (a + b) * (1 + 1e-14)
    assert abs(float(mml.inner(x, y))) <= a * b * (1 + 1e-14) + 1e-300
    assert float(mml.distance(x, y)) == float(mml.distance(y, x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_vectors_have_no_angle_between_them(dtype, rng):
    x = rng.standard_normal((200, 37)).astype(dtype)
    assert (mml.angle(x, x) == 0).all()
    assert mml.angle(x[0], 4 * x[0]) == 0
    np.testing.assert_allclose(mml.angle(x, -x), np.pi, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_stacks_that_threads_share_out_within_a_vector_of_lanes(dtype, rng):
    for n in (176, 352, 400, 1024):  # whole vectors, their shares are not
        x = np.asfortranarray(rng.standard_normal((n, 310)).astype(dtype))
        for threads in (1, 2, 3):
            with mml.threads(threads):
                np.testing.assert_allclose(mml.inner(x, x), (x * x).sum(axis=1), rtol=1e-4)

"""Distances in a metric of many dimensions, and pairs of vectors that are measured several at once."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def a_metric(d, rng, dtype):
    a = rng.standard_normal((d, d))
    m = a @ a.T / d + np.eye(d)
    return ((m + m.T) / 2).astype(dtype)


def by_definition(x, y, m):
    gaps = x[:, None].astype(np.longdouble) - y[None]
    return np.sqrt(np.maximum(np.einsum("ijk,kl,ijl->ij", gaps, m.astype(np.longdouble), gaps), 0))


@pytest.mark.parametrize("d", [3, 10, 11, 31, 60])
def test_distances(d, dtype, order, rng):
    x, y = (order((rng.standard_normal((n, d)) + 50).astype(dtype)) for n in (40, 23))
    m, eps = a_metric(d, rng, dtype), float(np.finfo(dtype).eps)
    for sets in ((x, y), (x,)):
        exact = by_definition(sets[0], sets[-1], m)
        np.testing.assert_allclose(mml.pairwise_distances(*sets, metric=m), exact, rtol=16 * eps)
        squares = mml.pairwise_distances(*sets, metric=m, squared=True)
        np.testing.assert_allclose(squares, exact**2, rtol=32 * eps)


@pytest.mark.parametrize("d", [11, 40])
def test_near_points_keep_their_digits(d, dtype, rng):
    """Far from the origin, and far from each other but for two of them: images would lose what lies between these."""
    x = (1000 * rng.standard_normal((30, d))).astype(dtype)
    x[7] = x[3]
    x[9] = x[3]
    x[9, 0] = np.nextafter(x[3, 0], dtype(np.inf))
    m = a_metric(d, rng, dtype)
    found = mml.pairwise_distances(x, metric=m)
    assert found[3, 7] == found[7, 3] == 0
    exact = by_definition(x, x, m)
    rtol = 16 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found, exact, rtol=rtol)
    np.testing.assert_allclose(found[3, 9], exact[3, 9], rtol=rtol)


def test_axes_of_different_units(rng):
    """A bound on the rounding of images by coordinate: metrics that bring units together lose nothing by them."""
    scales = np.geomspace(1e-6, 1e6, 12)
    x = rng.standard_normal((50, 12)) * scales
    m = np.diag(1 / scales**2)
    exact = by_definition(x, x, m)
    np.testing.assert_allclose(mml.pairwise_distances(x, metric=m), exact, rtol=1e-14)


def test_one_outlier_and_nan(rng):
    x = rng.standard_normal((30, 20))
    x[4] *= 1e9
    m = a_metric(20, rng, float)
    np.testing.assert_allclose(
        mml.pairwise_distances(x, metric=m), by_definition(x, x, m), rtol=1e-13
    )
    x[4, 3] = np.nan
    found = mml.pairwise_distances(x, metric=m)
    assert np.isnan(found[4, :4]).all()
    assert np.isfinite(found[:4, :4]).all()


@pytest.mark.parametrize("n", [16, 33, 300])
@pytest.mark.parametrize("d", [8, 17, 31, 64, 100])
def test_pairs_of_rows(n, d, dtype, order, rng):
    """As many pairs at once as a vector has lanes, against one pair after the other in long double."""
    x, y = (order(rng.standard_normal((n, d)).astype(dtype)) for _ in range(2))
    rtol = 40 * float(np.finfo(dtype).eps)
    for other in (y, y[0]):
        a, b = x.astype(np.longdouble), np.asarray(other).astype(np.longdouble)
        xy, xx, yy = (a * b).sum(-1), (a * a).sum(-1), (b * b).sum(-1)
        size = np.sqrt(xx * yy)
        assert (np.abs(mml.inner(x, other) - xy) <= rtol * size).all()
        np.testing.assert_allclose(mml.cosine(x, other), xy / size, atol=rtol)
        np.testing.assert_allclose(mml.angle(x, other), np.arccos(xy / size), rtol=rtol)
        np.testing.assert_allclose(
            mml.distance(x, other), np.sqrt(((a - b) ** 2).sum(-1)), rtol=rtol
        )
        found = mml.scalar_projection(x, other)
        assert (np.abs(found - xy / np.sqrt(yy)) <= rtol * np.sqrt(xx)).all()
        wanted = (xy / yy)[:, None] * b
        assert (
            np.abs(mml.vector_projection(x, other) - wanted).max(-1) <= rtol * np.sqrt(xx)
        ).all()


def test_rows_that_leave_the_range(rng):
    """One pair of a group whose squares overflow, and one that is zero, cost the others nothing."""
    x, y = rng.standard_normal((2, 40, 30))
    x[5] *= 1e200
    x[9] = 0
    np.testing.assert_allclose(mml.distance(x, y)[5], np.linalg.norm(x[5] / 1e200) * 1e200)
    with pytest.raises(ValueError, match="zero"):
        mml.cosine(x, y)
    x[9] = 1
    found = mml.cosine(x, y)
    scaled = x.copy()
    scaled[5] /= 1e200
    np.testing.assert_allclose(found, mml.cosine(scaled, y), rtol=1e-14)


@pytest.mark.parametrize("queries", [1, 4, 5])
@pytest.mark.parametrize("d", [1, 20, 90, 300])
def test_few_queries(queries, d, dtype, order, rng):
    """Without packing the points; ties go to the lower index."""
    x = rng.standard_normal((700, d)).astype(dtype)
    x[650] = x[20]
    q = rng.standard_normal((queries, d)).astype(dtype)
    q[0] = x[20]
    found = mml.nearest_neighbors(order(x), order(q), 5)
    squares = ((q[:, None].astype(float) - x) ** 2).sum(-1)
    exact = np.sort(np.sqrt(squares), axis=1)[:, :5]
    np.testing.assert_allclose(found.distances, exact, rtol=30 * float(np.finfo(dtype).eps))
    assert found.indices[0, :2].tolist() == [20, 650]


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 7, 8, 12, 13, 30, 100])
@pytest.mark.parametrize("shape", [(1,), (2,), (15,), (16,), (33,), (700,), (3, 21)])
def test_stacks_in_a_metric(d, shape, dtype, rng):
    """Few entries in lanes, more as images in blocks; one vector for all; orders and stacks that do not run evenly."""
    m = a_metric(d, rng, dtype)
    whole = rng.standard_normal((*shape, d)).astype(dtype)
    tall = np.asfortranarray(rng.standard_normal((*shape, d)).astype(dtype))
    wide = rng.standard_normal((*shape[:-1], 2 * shape[-1], 2 * d)).astype(dtype)[..., ::2, ::2]
    tolerance = (
        {"rtol": 2e-5, "atol": 2e-5} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-12}
    )

    def product(x, y):
        wide_m = m.astype(np.longdouble)
        return np.einsum(
            "...i,ij,...j->...", x.astype(np.longdouble), wide_m, y.astype(np.longdouble)
        )

    for x, y in ((whole, tall), (wide, whole), (tall, wide), (whole, whole[(0,) * len(shape)])):
        xy, xx, yy = product(x, y), product(x, x), product(y, y)
        cosine = xy / np.sqrt(xx * yy)
        size = np.sqrt(xx * yy)
        np.testing.assert_array_less(
            abs(mml.inner(x, y, metric=m) - xy), tolerance["rtol"] * size + 1e-30
        )
        np.testing.assert_allclose(mml.length(x, metric=m), np.sqrt(xx), **tolerance)
        gaps = np.sqrt(np.maximum(product(x - y, x - y), 0))
        np.testing.assert_allclose(mml.distance(x, y, metric=m), gaps, **tolerance)
        if d > 1:
            np.testing.assert_allclose(mml.cosine(x, y, metric=m), cosine, **tolerance)
            wrong = abs(np.cos(mml.angle(x, y, metric=m).astype(float)) - np.clip(cosine, -1, 1))
            assert wrong.max() < 10 * tolerance["rtol"]
            onto = mml.vector_projection(x, y, metric=m)
            np.testing.assert_allclose(onto, (xy / yy)[..., None] * y, **tolerance)


@pytest.mark.parametrize("d", [2, 12, 40])
def test_one_vector_for_many_in_a_metric_that_is_nearly_none(d, rng):
    """Along a short axis of the metric, where y'My would lose all of its digits."""
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    m = (turn * np.geomspace(1, 1e-10, d)) @ turn.T
    m = (m + m.T) / 2
    x, y, wide = rng.standard_normal((50, d)), turn[:, -1].copy(), m.astype(np.longdouble)
    length = np.sqrt(y @ wide @ y)
    exact = x @ wide @ y / length
    bound = 8 * d * np.finfo(float).eps * np.linalg.norm(x, axis=1) / length
    assert (abs(mml.scalar_projection(x, y, metric=m) - exact) <= bound).all()
    shares = mml.vector_projection(x, y, metric=m) @ y
    assert (abs(shares * length - exact) <= bound).all()


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_one_vector_for_many_at_the_ends_of_the_range(scale, rng):
    m, x, y = a_metric(5, rng, float), rng.standard_normal((40, 5)), rng.standard_normal(5)
    x[3] = 0
    x[4] -= mml.vector_projection(x[4], y, metric=m)
    expected = mml.scalar_projection(x, y, metric=m)
    sizes = abs(x).max(axis=1) * 1e-13
    assert (abs(mml.scalar_projection(x * scale, y, metric=m) / scale - expected) <= sizes).all()
    assert (abs(mml.scalar_projection(x, y * scale, metric=m) - expected) <= sizes).all()
    whole = mml.vector_projection(x, y, metric=m)
    assert (abs(mml.vector_projection(x, y * scale, metric=m) - whole) <= sizes[:, None]).all()

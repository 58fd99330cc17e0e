"""Distances and sums that no other number disturbs: outliers, far offsets, tiny and huge coordinates, long vectors."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def exact(x, y, lower=None):
    """Distances in long double, in which neither these squares nor these differences lose anything that counts."""
    gap = x.astype(np.longdouble)[:, None] - y.astype(np.longdouble)
    if lower is not None:
        gap = gap @ lower.astype(np.longdouble)
    return np.sqrt((gap**2).sum(-1)).astype(float)


def spoil(x, q, how):
    big = 1e20 if x.dtype == np.float32 else 1e200
    tiny = 1e-25 if x.dtype == np.float32 else 1e-200
    if how == "one fill value":
        x[7] = big
    elif how == "fill values on both sides":
        x[3], x[5], q[2], q[4] = big, -big, big, tiny
    elif how == "all tiny":
        x *= tiny
        q *= tiny
    elif how == "half tiny":
        x[::2] *= tiny
        q[::2] *= tiny
    elif how == "all huge":
        x *= big
        q *= big
    elif how == "far offset":
        x += 1e4
        q += 1e4
    elif how == "copies":
        x[:] = x[0]


KINDS = [
    "plain",
    "one fill value",
    "fill values on both sides",
    "all tiny",
    "half tiny",
    "all huge",
    "far offset",
    "copies",
]


@pytest.mark.parametrize("how", KINDS)
@pytest.mark.parametrize("d", [1, 2, 17, 60, 300])
def test_others_cost_no_digits(how, d, dtype, rng):
    x, q = (rng.standard_normal((n, d)).astype(dtype) for n in (50, 20))
    spoil(x, q, how)
    close = {"rtol": 60 * np.finfo(dtype).eps, "atol": np.finfo(dtype).tiny}
    expected = exact(q, x)
    np.testing.assert_allclose(mml.pairwise_distances(q, x), expected, **close)
    own = mml.pairwise_distances(x)
    np.testing.assert_allclose(own, exact(x, x), **close)
    np.testing.assert_array_equal(own, own.T)
    for k in (1, 5, 50):
        distances, indices = mml.nearest_neighbors(x, q, k)
        np.testing.assert_allclose(distances, np.sort(expected, axis=1)[:, :k], **close)
        np.testing.assert_allclose(distances, np.take_along_axis(expected, indices, 1), **close)
        assert all(len(set(row)) == k for row in indices.tolist())


def test_a_fill_value_among_many(dtype, rng):
    """The filter and the products meet it too."""
    x = (rng.standard_normal((5000, 20)) @ rng.standard_normal((20, 160))).astype(dtype)
    x[17] = 1e20
    distances, indices = mml.nearest_neighbors(x, x[:100], 3)
    order = np.sort(exact(x[:8], x), axis=1)[:, :3]
    np.testing.assert_allclose(distances[:8], order, rtol=200 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(indices[:, 0], np.arange(100))


def test_squared_distances_at_the_ends():
    far = mml.pairwise_distances([[0.0], [1e160], [1e-170]], squared=True)
    np.testing.assert_array_equal(far, [[0, np.inf, 0], [np.inf, 0, np.inf], [0, np.inf, 0]])
    np.testing.assert_array_equal(
        mml.pairwise_distances([[np.nan], [np.inf], [1.0]])[2], [np.nan, np.inf, 0]
    )


def test_a_metric_leaves_nan_where_it_is():
    far = mml.pairwise_distances([[np.nan, 1], [1, 2], [4, 6]], metric=np.eye(2))
    np.testing.assert_allclose(far, [[np.nan] * 3, [np.nan, 0, 5], [np.nan, 5, 0]])


@pytest.mark.parametrize("how", ["plain", "far offset", "two clusters", "outlier", "stretched"])
def test_the_difference_comes_before_the_metric(how, rng):
    x, lower = rng.standard_normal((40, 4)), np.tril(rng.standard_normal((4, 4))) + 2 * np.eye(4)
    if how == "far offset":
        x = 1e8 + 1e-7 * x
    elif how == "two clusters":
        x = 1e-7 * x
        x[20:] += 1e8
    elif how == "outlier":
        x[3] = 1e20
    elif how == "stretched":
        lower[:, 0] *= 1e6
    metric = lower @ lower.T
    expected = exact(x, x, np.linalg.cholesky(metric))
    # Of a stretched metric any factor is uncertain by some u (longest over shortest distance)^2.
    close = {"rtol": 1e-12 if how != "stretched" else 2e-8, "atol": 0}
    found = mml.pairwise_distances(x, metric=metric)
    np.testing.assert_allclose(found, expected, **close)
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_allclose(
        mml.pairwise_distances(x, metric=metric, squared=True), expected**2, **close
    )
    np.testing.assert_allclose(mml.distance(x[:1], x, metric=metric), expected[0], **close)
    distances, indices = mml.nearest_neighbors(x, x, 4, metric=metric)
    np.testing.assert_allclose(distances, np.sort(expected, axis=1)[:, :4], **close)
    np.testing.assert_array_equal(indices[:, 0], np.arange(40))


def test_metrics_that_are_inverses(rng):
    """Symmetric to the accuracy of an inverse, in units that differ by many decades."""
    data = rng.standard_normal((200, 6)) @ rng.standard_normal((6, 6)) * 10.0 ** np.arange(-3, 3)
    covariance = np.cov(data.T)
    for metric in (mml.inverse(covariance), np.linalg.inv(covariance), np.linalg.pinv(covariance)):
        found = mml.pairwise_distances(data[:5], metric=metric)
        white = np.linalg.solve(np.linalg.cholesky(covariance), data[:5].T).T
        np.testing.assert_allclose(found, exact(white, white), rtol=1e-7)
    with pytest.raises(ValueError, match=r"\(0, 1\) is 0\.1000001\d*, entry \(1, 0\) is 0\.1\."):
        mml.length([1.0, 2.0], metric=[[1, 0.1 + 1e-7], [0.1, 1]])


@pytest.mark.parametrize("stride", [1, -1, 2])
def test_long_float32_sums(stride, rng):
    n = 10_000_000
    whole = rng.random(n * abs(stride), dtype=np.float32) + np.float32(0.5)
    x = whole[::stride]
    assert x.shape == (n,)
    squares = float(np.dot(x.astype(float), x.astype(float)))
    assert mml.inner(x, x) == pytest.approx(squares, rel=1e-6)
    assert mml.length(x) == pytest.approx(squares**0.5, rel=1e-6)
    assert mml.cosine(x, x) == pytest.approx(1, rel=1e-6)
    assert mml.scalar_projection(x, x) == pytest.approx(squares**0.5, rel=1e-6)
    assert mml.distance(x, -x) == pytest.approx(2 * squares**0.5, rel=1e-6)


def test_distances_of_long_float32_vectors(rng):
    x = rng.random((3, 1_000_000), dtype=np.float32)
    expected = exact(x, x)
    np.testing.assert_allclose(mml.pairwise_distances(x), expected, rtol=1e-6)
    found = mml.nearest_neighbors(x, x, 3).distances
    np.testing.assert_allclose(found, np.sort(expected, axis=1), rtol=1e-6)


def test_a_tiny_neighbour_beside_huge_ones():
    """A unit for what is of the usual size must not make the nearest point vanish."""
    x = np.array([[1e-149, 0.0], [1e95, 1.0], [3e230, 1e95], [1e245, 0.0]])
    q = np.array([[1.2e-149, 0.0], [2e95, 0.0], [5e-219, 0.0]])
    distances, indices = mml.nearest_neighbors(x, q, 2)
    np.testing.assert_array_equal(indices[:, 0], [0, 1, 0])
    np.testing.assert_allclose(distances[:, 0], [2e-150, 1e95, 1e-149], rtol=1e-12)
    np.testing.assert_array_equal(indices[:, 1], [1, 0, 1])

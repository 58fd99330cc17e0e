"""An index finds what computing every distance finds, whatever route it takes; ties go to the lower index."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core

KINDS = ("normal", "grid", "equal", "line", "doubled", "outlier", "far", "sorted")


def points(kind, n, d, rng):
    x = rng.standard_normal((n, d))
    if kind == "grid":
        x = rng.integers(0, 5, (n, d)).astype(float)
    elif kind == "equal":
        x = np.full((n, d), 0.3)
    elif kind == "line":
        x = np.outer(rng.integers(0, 60, n), np.arange(1.0, d + 1))
    elif kind == "doubled":
        x[n // 2 :] = x[: n - n // 2]
    elif kind == "outlier":
        x[n // 3] = 1e6
    elif kind == "far":
        x = x * 1e-2 + 1e4
    elif kind == "sorted":
        x = x[np.lexsort(x.T)]
    return x


def every_distance(x, q, k, dtype):
    """The nearest of all distances of differences, in the type of the search."""
    squares = np.zeros((len(q), len(x)), dtype)
    for c in range(x.shape[1]):
        gap = (x[:, c] - q[:, c, np.newaxis]).astype(np.float64)
        squares = (squares + gap * gap).astype(dtype)  # one rounding, as a multiply-add
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return np.sqrt(np.take_along_axis(squares, order, 1)), order


def check(got, x, q, k):
    """Distances to rounding; each that of its index; no index twice; ties in order."""
    distances, indices = got
    expected, _ = every_distance(x, q, k, np.float64)
    near = 1e-5 if x.dtype == np.float32 else 1e-13
    scale = np.abs(x).max() * near * 1e-3
    np.testing.assert_allclose(distances, expected, rtol=near, atol=scale)
    own = np.sqrt(((q[:, np.newaxis] - x[indices]).astype(np.float64) ** 2).sum(-1))
    np.testing.assert_allclose(distances, own, rtol=near, atol=scale)
    assert (np.diff(np.sort(indices, axis=1), axis=1) > 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 2, 3, 5, 8])
def test_trees(kind, d, dtype, rng):
    n = 20_000 if d == 2 else 3000
    x = points(kind, n, d, rng).astype(dtype)
    q = np.vstack([x[:: n // 20], x[:20] + rng.standard_normal((20, d))]).astype(dtype)
    tree = _core.PointTree(x)
    for k in (1, 7, 60, 200):
        distances, indices = np.empty((len(q), k), dtype), np.empty((len(q), k), np.int64)
        tree.nearest(q, distances, indices)
        check((np.sqrt(distances), indices), x, q, k)
    given_back = np.empty_like(x)
    tree.points(given_back)
    np.testing.assert_array_equal(given_back, x)
    assert d > 2 or mml.NeighborIndex(x).route == "tree"


@pytest.mark.parametrize("kind", ["grid", "equal", "line"])
def test_ties_go_to_the_lower_index(kind, rng):
    for n, d in ((20_000, 2), (1500, 4)):
        x = points(kind, n, d, rng)
        q = x[:: n // 60]
        for k in (1, 5, 70):
            distances, indices = mml.NeighborIndex(x).query(q, k)
            expected, order = every_distance(x, q, k, np.float64)
            np.testing.assert_array_equal(distances, expected)
            np.testing.assert_array_equal(indices, order)


@pytest.mark.parametrize(
    ("n", "d"), [(1, 2), (31, 2), (33, 3), (513, 1), (4096, 2), (600, 60), (5000, 160)]
)
def test_same_as_nearest_neighbors(n, d, dtype, rng):
    x, q = rng.standard_normal((n, d)).astype(dtype), rng.standard_normal((70, d)).astype(dtype)
    index = mml.NeighborIndex(x)
    for k in {1, min(n, 6)}:
        got, expected = index.query(q, k), mml.nearest_neighbors(x, q, k)
        np.testing.assert_array_equal(got.indices, expected.indices)
        np.testing.assert_allclose(got.distances, expected.distances, rtol=1e-6)
        assert got.distances.dtype == dtype


@pytest.mark.parametrize("kind", ["normal", "grid", "equal", "doubled"])
@pytest.mark.parametrize(("n", "d"), [(900, 2), (300, 3), (200, 30)])
def test_own_neighbours(kind, n, d, rng):
    x = points(kind, n, d, rng)
    found = mml.NeighborIndex(x).query_self(6)
    assert (found.indices != np.arange(n)[:, np.newaxis]).all()
    squares = mml.pairwise_distances(x, x)
    np.fill_diagonal(squares, np.inf)
    order = np.argsort(squares, axis=1, kind="stable")[:, :6]
    np.testing.assert_allclose(found.distances, np.take_along_axis(squares, order, 1), rtol=1e-12)
    if kind != "normal":
        np.testing.assert_array_equal(found.indices, order)


@pytest.mark.parametrize("metric", [None, "given"])
@pytest.mark.parametrize(
    ("n", "d", "radius"), [(5000, 2, 0.2), (3000, 3, 0.5), (200, 40, 8.0), (900, 2, 0.0)]
)
def test_within(n, d, radius, metric, rng):
    x = rng.integers(-40, 40, (n, d)) / 16.0
    q = np.vstack([x[:30], rng.standard_normal((30, d))])
    given = None if metric is None else np.eye(d) + 0.25
    distances, indices, offsets = mml.NeighborIndex(x, metric=given).within(q, radius)
    expected = mml.pairwise_distances(q, x, metric=given)
    assert offsets[0] == 0
    assert offsets[-1] == len(indices) == len(distances)
    for i, row in enumerate(expected):
        here = slice(offsets[i], offsets[i + 1])
        right = np.flatnonzero(row <= radius)
        certain = np.flatnonzero(row <= radius * (1 - 1e-14))
        assert (
            set(certain) <= set(indices[here]) <= set(np.flatnonzero(row <= radius * (1 + 1e-14)))
        )
        assert metric is not None or set(indices[here]) == set(right)
        np.testing.assert_allclose(distances[here], row[indices[here]], rtol=1e-12, atol=1e-300)
        assert (np.diff(distances[here]) >= 0).all()


@pytest.mark.parametrize("kind", ["normal", "grid", "equal", "doubled"])
@pytest.mark.parametrize(
    ("n", "d"), [(1, 1), (5, 3), (47, 2), (63, 47), (64, 3), (300, 1), (70, 50), (9, 0)]
)
def test_within_of_plain_queries_is_within_of_all_distances(kind, n, d, dtype, rng):
    x = points(kind, n, d, rng).astype(dtype)
    index, queries = mml.NeighborIndex(x), points(kind, 130, d, rng).astype(dtype)
    for count in (1, 4, 5, 130):
        for q in (queries[:count], np.asfortranarray(queries[:count]), queries[::-1][:count]):
            expected = mml.pairwise_distances(q, x)
            for radius in (0, 0.0, 1, float(np.median(expected)), np.float64(3.5), 1e290, np.inf):
                distances, indices, offsets = index.within(q, radius)
                assert (distances.dtype, indices.dtype, offsets.dtype) == (dtype, "i8", "i8")
                right = expected <= min(float(radius), float(np.finfo(dtype).max))
                exact = kind in ("grid", "equal")  # others may lie at the radius but for rounding
                near = np.abs(np.diff(offsets) - right.sum(axis=1)) <= (0 if exact else 2)
                assert near.all()
                row = np.repeat(np.arange(count), np.diff(offsets))
                np.testing.assert_allclose(distances, expected[row, indices], rtol=1e-6)
                order = np.lexsort((indices, distances, row))
                np.testing.assert_array_equal(order, np.arange(len(row)))  # ties by index


def test_within_of_points_that_squares_do_not_tell_apart():
    index = mml.NeighborIndex([[0.0, 0.0], [1e-200, 0.0], [3e-200, 0.0], [1.0, 0.0]])
    assert index.within([[0.0, 0.0]], 2e-200).indices.tolist() == [0, 1]
    assert index.within([[0.0, 0.0]], 0.0).indices.tolist() == [0]
    found = index.within([[0.0, 0.0]], 1.0)
    np.testing.assert_allclose(found.distances, [0, 1e-200, 3e-200, 1], rtol=1e-15)
    empty = index.within(np.empty((0, 2)), 1.0)
    assert (len(empty.indices), empty.offsets.tolist()) == (0, [0])
    far = mml.NeighborIndex([[1e200], [2e200]]).within([[0.0]], 1.5e200)
    assert far.indices.tolist() == [0]


def test_in_a_metric(rng):
    x = rng.standard_normal((2000, 3)) + 1e6
    a = rng.standard_normal((3, 3))
    metric = a @ a.T + np.eye(3)
    index = mml.NeighborIndex(x, metric=metric)
    got, expected = index.query(x[:50], 4), mml.nearest_neighbors(x, x[:50], 4, metric=metric)
    np.testing.assert_array_equal(got.indices, expected.indices)
    own = index.query_self(3)
    np.testing.assert_allclose(own.distances[:50], got.distances[:, 1:], rtol=1e-12)


@pytest.mark.parametrize("unit", [1e-200, 1e-160, 1e200])
def test_ends_of_the_range(unit, rng):
    x = rng.standard_normal((800, 2))
    index = mml.NeighborIndex(x * unit)
    np.testing.assert_array_equal(
        index.query(x[:40] * unit, 3).indices, mml.nearest_neighbors(x, x[:40], 3).indices
    )
    np.testing.assert_array_equal(
        index.query_self(2).indices, mml.NeighborIndex(x).query_self(2).indices
    )
    got, expected = index.within(x[:9] * unit, 0.5 * unit), mml.NeighborIndex(x).within(x[:9], 0.5)
    np.testing.assert_array_equal(got.indices, expected.indices)
    np.testing.assert_allclose(got.distances, expected.distances * unit, rtol=1e-13)


def test_kept_copied_and_shared(rng):
    x = rng.standard_normal((6000, 3))
    index = mml.NeighborIndex(x)
    q = rng.standard_normal((500, 3))
    before = index.query(q, 5)
    x[:] = 0
    again = [pickle.loads(pickle.dumps(index)), copy.deepcopy(index)]
    with ThreadPoolExecutor(4) as threads:
        again_in_threads = list(threads.map(lambda one: one.query(q, 5), [index] * 4 + again))
    for found in again_in_threads:
        np.testing.assert_array_equal(found.indices, before.indices)
    for count in (1, 2):
        with mml.threads(count):
            np.testing.assert_array_equal(
                mml.NeighborIndex(index._x).query(q, 5).distances, before.distances
            )


def test_queries_of_more_digits(rng):
    x = rng.standard_normal((1000, 2)).astype(np.float32)
    q = rng.standard_normal((5, 2))
    got = mml.NeighborIndex(x).query(q, 2)
    assert got.distances.dtype == np.float64
    check(got, x.astype(np.float64), q, 2)


def test_says_what_it_is():
    index = mml.NeighborIndex(np.zeros((3, 2)))
    assert repr(index) == "NeighborIndex(3 points of 2 coordinates, float64, by differences)"
    assert len(index) == 3
    assert index.shape == (3, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mml.NeighborIndex(np.zeros((0, 2))), r"X: got shape \(0, 2\)"),
        (lambda: mml.NeighborIndex([[np.nan]]), "X: contains NaN"),
        (lambda: mml.NeighborIndex([[1.0]]).query([[1.0, 2.0]], 1), r"Q: got shape \(1, 2\)"),
        (lambda: mml.NeighborIndex([[1.0]]).query([[np.inf]], 1), "Q: contains NaN"),
        (lambda: mml.NeighborIndex([[1.0]]).query([[1.0]], 2), "k: got 2"),
        (lambda: mml.NeighborIndex([[1.0]]).query_self(1), "k: got 1"),
        (lambda: mml.NeighborIndex([[1.0]]).within([[1.0]], -1.0), "radius: got -1"),
        (lambda: mml.NeighborIndex([[1.0]]).within([[1.0]], np.nan), "radius: got nan"),
        (lambda: mml.NeighborIndex([[1.0]]).within([[np.nan]], 1.0), "Q: contains NaN"),
        (lambda: mml.NeighborIndex([[1.0]]).within([[1.0, 2.0]], 1.0), r"Q: got shape \(1, 2\)"),
        (lambda: mml.NeighborIndex([[1.0, 2.0]], metric=-np.eye(2)), "metric"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()

"""Queries that share a way through the tree, and those that go alone: the same neighbours, in the same order."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def by_definition(x, q, k, own=False):
    """All squares in the tree's order of operations; of equal ones the lower index first."""
    gaps = q[:, None].astype(np.longdouble) - x[None].astype(np.longdouble)
    squares = (gaps**2).sum(-1)
    if own:
        np.fill_diagonal(squares, np.inf)
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return np.sqrt(np.take_along_axis(squares, order, 1)), order


def draw(kind, n, d, rng):
    if kind == "normal":
        return rng.standard_normal((n, d))
    if kind == "grid":
        return rng.integers(0, 7, (n, d)).astype(float)
    if kind == "equal":
        return np.where(rng.random((n, 1)) < 0.5, 0.25, rng.standard_normal((n, d)))
    if kind == "line":
        return np.repeat(rng.standard_normal((n, 1)), d, 1)
    return 16.0 * rng.integers(0, 3, (n, 1)) + rng.integers(-8, 8, (n, d)) / 8  # clusters


@pytest.mark.parametrize("kind", ["normal", "grid", "equal", "line", "clusters"])
@pytest.mark.parametrize("d", [1, 2, 3, 5])
@pytest.mark.parametrize("n", [14, 33, 400])
def test_many_queries(n, d, kind, dtype, rng):
    x = draw(kind, n, d, rng).astype(dtype)
    q = np.vstack([draw(kind, 300, d, rng), x[: n // 2], 1e3 * rng.standard_normal((5, d))]).astype(
        dtype
    )
    index = mml.NeighborIndex(x)
    for k in (1, 12, 13):
        expected, order = by_definition(x, q, k)
        found = index.query(q, k)
        np.testing.assert_allclose(found.distances, expected, rtol=30 * np.finfo(dtype).eps)
        if kind in ("grid", "clusters"):  # squares without rounding: the order is exact
            near = slice(None, -5)
            np.testing.assert_array_equal(found.indices[near], order[near])
        alone = [index.query(q[i : i + 1], k) for i in range(0, len(q), 97)]
        np.testing.assert_array_equal(
            found.indices[::97], np.vstack([one.indices for one in alone])
        )
        np.testing.assert_array_equal(
            found.distances[::97], np.vstack([one.distances for one in alone])
        )


@pytest.mark.parametrize("kind", ["normal", "grid", "equal", "line", "clusters"])
@pytest.mark.parametrize("d", [1, 2, 3, 5])
@pytest.mark.parametrize("n", [26, 33, 400])
def test_own_neighbours(n, d, kind, dtype, rng):
    x = draw(kind, n, d, rng).astype(dtype)
    for k in (1, 24, 25):
        expected, order = by_definition(x, x, k, own=True)
        found = mml.NeighborIndex(x).query_self(k)
        np.testing.assert_allclose(found.distances, expected, rtol=30 * np.finfo(dtype).eps)
        if kind in ("grid", "clusters"):
            np.testing.assert_array_equal(found.indices, order)


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_many_queries_at_the_ends_of_the_range(scale, rng):
    x, q = rng.standard_normal((300, 2)), rng.standard_normal((900, 2))
    expected = mml.NeighborIndex(x).query(q, 4)
    found = mml.NeighborIndex(x * scale).query(q * scale, 4)
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_allclose(found.distances / scale, expected.distances, rtol=1e-13)

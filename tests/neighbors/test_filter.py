"""The filter of nearest neighbours finds what computing every distance finds."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core
from mmlcore.neighbors import _filter


def structured(n, d, rng, rank=20, noise=0.02):
    """Points near a subspace, with groups, as images are."""
    centres = rng.standard_normal((10, rank)) * 3
    low = centres[rng.integers(0, 10, n)] + rng.standard_normal((n, rank)) * np.geomspace(
        1, 0.1, rank
    )
    return low @ rng.standard_normal((rank, d)) / d**0.5 + noise * rng.standard_normal((n, d))


def every_distance(x, q, k):
    distances, indices = np.empty((len(q), k), x.dtype), np.empty((len(q), k), np.int64)
    assert _core.nearest_neighbors(x, q, distances, indices)
    return np.sqrt(distances), indices


def filtered(x, q, k):
    distances, indices = np.empty((len(q), k), x.dtype), np.empty((len(q), k), np.int64)
    taken = _filter.Filter(x).search(q, distances, indices)
    return taken, np.sqrt(distances) if taken else distances, indices


@pytest.mark.parametrize("shift", [0, 30, 1e4])
@pytest.mark.parametrize("k", [1, 5, 40])
def test_same_as_every_distance(k, shift, dtype, rng):
    both = (structured(5100, 160, rng) + shift).astype(dtype)
    x, q = both[:5000], both[5000:]
    taken, distances, indices = filtered(x, q, k)
    assert (
        taken or shift == 1e4
    )  # float32 keeps three digits of such data: their rounding has no structure
    expected, expected_indices = every_distance(x, q, k)
    if not taken:
        distances, indices = mml.nearest_neighbors(x, q, k)
    u = np.finfo(dtype).eps
    np.testing.assert_allclose(distances, expected, rtol=200 * u)
    same = indices == expected_indices  # else: distances that are equal up to rounding
    gap = np.abs(
        distances - np.linalg.norm(x[expected_indices].astype(float) - q[:, None], axis=-1)
    )
    assert (same | (gap <= 200 * u * expected)).all()


def test_ties_by_the_lower_index(rng):
    """Every point is there four times: distances are equal to the bit."""
    x = np.tile(structured(1500, 160, rng), (4, 1))
    q = x[:100] + 0.01
    taken, distances, indices = filtered(x, q, 6)
    assert taken
    np.testing.assert_array_equal(indices[:, :4], indices[:, :1] + 1500 * np.arange(4))
    np.testing.assert_array_equal(distances[:, :4], np.repeat(distances[:, :1], 4, axis=1))


def test_queries_among_the_points(rng):
    x = structured(5000, 160, rng).astype(np.float32)
    taken, distances, indices = filtered(x, x[:200], 3)
    assert taken
    np.testing.assert_array_equal(indices[:, 0], np.arange(200))
    np.testing.assert_array_equal(distances[:, 0], 0)


def test_gives_up_without_structure(rng):
    x = rng.standard_normal((5000, 200))
    taken, _, _ = filtered(x, x[:100], 3)
    assert not taken
    distances, indices = mml.nearest_neighbors(x, x[:100], 3)
    np.testing.assert_array_equal(indices, every_distance(x, x[:100], 3)[1])
    np.testing.assert_array_equal(distances[:, 0], 0)


def test_bounds_are_bounds(dtype, rng):
    """No reduced distance exceeds the true one by more than the margin."""
    x = (structured(400, 200, rng) + 5).astype(dtype)
    centre = x.mean(axis=0)
    basis = _filter._leading(x - centre, 32)
    reduced = np.empty((400, 33), dtype)
    radius = _core.reduce_points(x, centre, basis, reduced)
    margin = _filter._margin(radius, 200, 32, reduced[:, 32])
    low = mml.pairwise_distances(reduced, squared=True)
    exact = mml.pairwise_distances(x.astype(float), squared=True)
    assert (low - exact).max() <= margin
    assert margin < 0.02 * radius**2


def test_layouts_and_threads(layout, rng):
    x = structured(5000, 160, rng)
    expected = mml.nearest_neighbors(x, x[:100], 4)
    got = mml.nearest_neighbors(layout(x), layout(x[:100]), 4)
    np.testing.assert_array_equal(got[1], expected[1])
    with mml.threads(1):
        one = mml.nearest_neighbors(x, x[:100], 4)
    np.testing.assert_array_equal(one[0], expected[0])

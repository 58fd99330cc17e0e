"""Ordinary calls of neighbors."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from sklearn.neighbors import NearestNeighbors

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.table import Calls, entry, near
from mmlcore.core.arrays import Array


@entry("neighbors", "nearest_neighbors", 3)
def nearest_neighbors(draw: Draw) -> Calls:
    n, d = draw.size(3, 20_000), draw.size(2, 100)
    n = min(n, 500_000 // d)
    q = draw.size(1, max(1, min(2_000, 4_000_000 // n)))
    x, queries = draw.array(n, d), draw.array(q, d)
    k = draw.size(1, min(n - 1, 20))
    draw.say(f"k={k}")

    def by_product() -> Array:
        u, v = queries, x
        s = (u * u).sum(1)[:, None] + (v * v).sum(1) - 2 * (u @ v.T)
        s.partition(k - 1, axis=1)
        return np.sqrt(np.maximum(np.sort(s[:, :k], axis=1), 0))

    def scikit(algorithm: str) -> Array:
        return NearestNeighbors(n_neighbors=k, algorithm=algorithm).fit(x).kneighbors(queries)[0]

    peers: dict[str, Any] = {
        "scikit-learn brute": partial(scikit, "brute"),
        "numpy by product": by_product,
    }
    if d <= 20:
        peers["scipy tree"] = lambda: cKDTree(x).query(queries, k)[0].reshape(q, k)
        peers["scikit-learn tree"] = partial(scikit, "kd_tree")

    def check(expected: Any, got: Any) -> None:
        near("float32" if draw.dtype == "float32" else "float64", 1e3)(
            expected, getattr(got, "distances", got)
        )

    return Calls(partial(mml.nearest_neighbors, x, queries, k), peers, check)


@entry("neighbors", "NeighborIndex.query", 2)
def query(draw: Draw) -> Calls:
    """An index that is kept: low dimensions, where trees are for."""
    n, d = draw.size(30, 100_000), draw.size(1, 8)
    q = draw.size(1, 5_000)
    x, queries = draw.array(n, d), draw.array(q, d)
    k = draw.size(1, min(n - 1, 20))
    draw.say(f"k={k}")
    index, tree = mml.NeighborIndex(x), cKDTree(x)
    peers: dict[str, Any] = {
        "scipy tree": lambda: tree.query(queries, k, workers=2)[0].reshape(q, k)
    }

    def check(expected: Any, got: Any) -> None:
        near("float32" if draw.dtype == "float32" else "float64", 1e3)(
            expected, getattr(got, "distances", got)
        )

    return Calls(partial(index.query, queries, k), peers, check)


@entry("neighbors", "NeighborIndex.within", 1)
def within(draw: Draw) -> Calls:
    n, d = draw.size(100, 50_000), draw.size(1, 4)
    q = draw.size(1, 1_000)
    x, queries = draw.array(n, d), draw.array(q, d)
    radius = float((draw.size(1, 30) / n) ** (1 / d))
    draw.say(f"radius={radius:.2g}")
    index, tree = mml.NeighborIndex(x), cKDTree(x)

    def ours() -> Array:
        return index.within(queries, radius).offsets[1:]

    def theirs() -> Array:
        found = tree.query_ball_point(queries, radius)
        return np.cumsum([len(one) for one in found])

    def check(expected: Array, got: Array) -> None:
        assert np.abs(expected - got).max(initial=0) <= 2  # a point at the radius, in float32

    return Calls(ours, {"scipy tree": theirs}, check)

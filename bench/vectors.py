"""Distances and neighbours against SciPy and scikit-learn, lengths against numpy."""

from typing import Any

import numpy as np
import scipy.spatial.distance
from sklearn.metrics import euclidean_distances
from sklearn.neighbors import NearestNeighbors

import mmlcore as mml
from bench.decomposition import images
from bench.harness import as_test
from bench.peers import with_torch
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case


def lengths(n: int, d: int, target: float = 1.0) -> Case:
    """Norms of the rows."""

    def setup() -> tuple[Call, Call]:
        x = data((n, d), "float64")
        return lambda: np.linalg.norm(x, axis=-1), lambda: mml.length(x)

    return Case(f"length {n:,} x {d} float64", "vectors", setup, agree(1e-14), target, "numpy")


def distances(n: int, d: int, dtype: str, target: float = 1.0) -> Case:
    """All distances between two sets; SciPy squares differences as we do."""

    def setup() -> tuple[Call, Call]:
        x, y = data((n, d), dtype), data((n, d), dtype, 1)
        return (
            lambda: scipy.spatial.distance.cdist(x, y).astype(dtype, copy=False),
            lambda: mml.pairwise_distances(x, y),
        )

    name = f"pairwise_distances {n:,} x {d} {dtype}"
    return Case(name, "vectors", setup, agree(1e-5), target, "scipy")


def own_distances(n: int, d: int, dtype: str, target: float = 1.0) -> Case:
    """All distances of one set; scikit-learn takes a product and sees that it is one set."""

    def setup() -> tuple[Call, Call]:
        x = data((n, d), dtype)
        return lambda: euclidean_distances(x), lambda: mml.pairwise_distances(x)

    name = f"pairwise_distances {n:,} x {d} {dtype} of one set"
    return Case(name, "vectors", setup, agree(1e-4), target, "scikit-learn")


def torch_cases(torch: Any) -> list[Case]:
    """All distances, by differences (torch's exact mode) and by torch's product."""

    def case(mode: str, name: str) -> Case:
        def setup() -> tuple[Call, Call]:
            x, y = data((2_000, 784), "float32"), data((2_000, 784), "float32", 1)
            a, b = torch.from_numpy(x), torch.from_numpy(y)
            return (
                lambda: torch.cdist(a, b, compute_mode=mode).numpy(),
                lambda: mml.pairwise_distances(x, y),
            )

        title = "pairwise_distances 2,000 x 784 float32"
        return Case(title, "vectors", setup, agree(1e-4), 1.0, name)

    return [
        case("donot_use_mm_for_euclid_dist", "torch"),
        case("use_mm_for_euclid_dist", "torch by product"),
    ]


def neighbors(kind: str, target: float) -> Case:
    """5 neighbours of 5000 queries among 60,000 points of 784 coordinates, preparation included."""

    def setup() -> tuple[Call, Call]:
        both = (
            images(65_000, 784, "float32") if kind == "images" else data((65_000, 784), "float32")
        )
        x, q = both[:60_000], both[60_000:]
        theirs = NearestNeighbors(n_neighbors=5, algorithm="brute")
        return (
            lambda: theirs.fit(x).kneighbors(q)[0].astype(np.float32),
            lambda: mml.nearest_neighbors(x, q, 5)[0],
        )

    name = f"nearest_neighbors {kind} 60,000 x 784 float32"
    return Case(name, "vectors", setup, agree(1e-4), target, "scikit-learn")


CASES = [
    lengths(1_000_000, 3),
    lengths(100_000, 100),
    distances(2_000, 100, "float64", 2),
    distances(2_000, 784, "float32", 2),
    own_distances(2_000, 784, "float32"),
    own_distances(2_000, 784, "float64"),
    neighbors("images", 5),
    neighbors("noise", 2.3),
    *with_torch(torch_cases),
]
test_cases = as_test(CASES)

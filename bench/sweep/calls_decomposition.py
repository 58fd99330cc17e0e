"""Principal components and neighbours: scikit-learn, SciPy and numpy."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.table import Calls, entry, near
from mmlcore.core.arrays import Array


def clouds(draw: Draw) -> tuple[Array, int]:
    """Points whose variances fall, floats or bytes, and how many components are wanted."""
    n, d = draw.points(100, least=5)
    scale = np.geomspace(1, 0.05, d)
    x = draw.rng.standard_normal((n, d)) * scale + draw.choice(0, 1)
    if draw.chance(0.15):
        x = draw.lay(np.clip(x * 40 + 128, 0, 255).astype(np.uint8))
    else:
        x = draw.lay(x.astype(draw.dtype))
    k = draw.size(1, max(1, min(n, d) // 2))
    draw.say(f"k={k}")
    return x, k


def type_of(x: Array) -> str:
    """The type of results."""
    return "float32" if x.dtype == np.float32 else "float64"


def solvers(x: Array) -> list[str]:
    """scikit-learn's ways that fit the shape and are exact: from 500 rows on "auto" may draw random vectors."""
    exact = ["full", "covariance_eigh"] if len(x) >= x.shape[1] else ["full"]
    return exact if max(x.shape) > 500 else ["auto", *exact]


@entry("decomposition", "PCA", 2)
def fit(draw: Draw) -> Calls:
    x, k = clouds(draw)
    peers: dict[str, Any] = {
        f"scikit-learn {s}": lambda s=s: PCA(k, svd_solver=s).fit(x).explained_variance_
        for s in solvers(x)
    }

    def by_numpy() -> Array:
        c = x - x.mean(axis=0)
        return np.linalg.svd(c, full_matrices=False)[1][:k] ** 2 / (len(x) - 1)

    def by_covariance() -> Array:
        c = x - x.mean(axis=0)
        return np.linalg.eigh(c.T @ c / (len(x) - 1))[0][: -k - 1 : -1]

    peers["numpy svd"] = by_numpy
    if len(x) >= x.shape[1]:
        peers["numpy covariance"] = by_covariance
    ours = lambda: mml.PCA(k).fit(x).explained_variance_
    return Calls(ours, peers, near(type_of(x), 10))


@entry("decomposition", "PCA.fit_transform")
def fit_transform(draw: Draw) -> Calls:
    x, k = clouds(draw)
    peers = {
        f"scikit-learn {s}": lambda s=s: PCA(k, svd_solver=s).fit_transform(x) for s in solvers(x)
    }

    def verify(expected: Any, got: Any) -> None:
        # Signs and, of nearly equal variances, directions are free: lengths along each are not.
        one, two = (np.linalg.norm(np.asarray(s, float), axis=0) for s in (expected, got))
        near(type_of(x), 100)(one, two)

    return Calls(lambda: mml.PCA(k).fit_transform(x), peers, verify)


def fitted(draw: Draw) -> tuple[Array, mml.PCA, PCA, Any]:
    """Data, ours fitted, and scikit-learn's with the same components."""
    x, k = clouds(draw)
    ours = mml.PCA(k).fit(x)
    theirs = PCA(k, svd_solver="full").fit(x)
    theirs.components_, theirs.mean_ = ours.components_, ours.mean_
    return x, ours, theirs, ours.components_.T.copy()


@entry("decomposition", "PCA.transform")
def transform(draw: Draw) -> Calls:
    x, ours, theirs, directions = fitted(draw)
    offset = ours.mean_ @ directions
    peers = {
        "scikit-learn": partial(theirs.transform, x),
        "numpy": lambda: x @ directions - offset,
        "numpy centred": lambda: (x - ours.mean_) @ directions,
    }
    return Calls(partial(ours.transform, x), peers, near(type_of(x), 10))


@entry("decomposition", "PCA.inverse_transform", 0.5)
def inverse_transform(draw: Draw) -> Calls:
    x, ours, theirs, _ = fitted(draw)
    scores = ours.transform(x)
    peers = {
        "scikit-learn": partial(theirs.inverse_transform, scores),
        "numpy": lambda: scores @ ours.components_ + ours.mean_,
    }
    return Calls(partial(ours.inverse_transform, scores), peers, near(type_of(x), 10))


@entry("decomposition", "PPCA", 0.3)
def ppca(draw: Draw) -> Calls:
    n, d = draw.points(40, least=60)
    x = draw.lay((draw.rng.standard_normal((n, d)) * np.geomspace(1, 0.1, d)).astype(draw.dtype))
    k = draw.size(1, d - 1)
    draw.say(f"k={k}")

    def by_numpy() -> Any:
        c = x - x.mean(axis=0)
        return np.linalg.eigvalsh(c.T @ c / len(x))[: -k - 1 : -1]

    def by_scikit() -> Any:
        return PCA(k).fit(x).explained_variance_ * ((len(x) - 1) / len(x))

    def ours() -> Any:
        return mml.PPCA(k).fit(x).explained_variance_

    return Calls(ours, {"numpy": by_numpy, "scikit-learn": by_scikit}, near(draw.dtype, 10))

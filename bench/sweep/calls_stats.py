"""Means and covariances of data: numpy's own functions and the formulas that people write for speed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.table import Calls, Verify, entry, near
from mmlcore.core.arrays import Array


def data(draw: Draw, most: int = 100) -> Array:
    """Points in rows: floats somewhat away from zero, or bytes."""
    n, d = draw.points(most)
    if draw.chance(0.2):
        return draw.array(n, d, dtype="uint8")
    shift = draw.choice(0, 1, 10)
    return draw.lay((draw.rng.standard_normal((n, d)) + shift).astype(draw.dtype))


def check_of(x: Array, factor: float = 10.0) -> Verify:
    """The tolerance of the data's type."""
    return near("float32" if x.dtype == np.float32 else "float64", factor)


def axis_of(draw: Draw) -> int | None:
    """Along the points, mostly."""
    axis = draw.choice(0, 0, 0, 1, None)
    draw.say(f"axis {axis}")
    return axis


@entry("stats", "mean", 2)
def mean(draw: Draw) -> Calls:
    x, axis = data(draw), axis_of(draw)
    peers: dict[str, Any] = {
        "numpy float64": partial(np.mean, x, axis=axis, dtype=np.float64),
        "numpy": partial(np.mean, x, axis=axis),
        "numpy method": lambda: x.mean(axis),
    }
    if axis == 0 and x.dtype != np.uint8:
        ones = np.full(len(x), 1 / len(x), x.dtype)
        peers["numpy product"] = lambda: ones @ x
    return Calls(partial(mml.mean, x, axis), peers, check_of(x))


@entry("stats", "median", 2)
def median(draw: Draw) -> Calls:
    x, axis = data(draw), axis_of(draw)
    peers = {"numpy": partial(np.median, x, axis=axis)}
    return Calls(partial(mml.median, x, axis), peers, check_of(x))


@entry("stats", "quantile", 2)
def quantile(draw: Draw) -> Calls:
    x, axis = data(draw), axis_of(draw)
    q = draw.choice(0.1, 0.25, 0.9, [0.25, 0.75], [0.05, 0.25, 0.5, 0.75, 0.95])
    draw.say(f"q {q}")
    peers = {"numpy": partial(np.quantile, x, q, axis=axis)}
    return Calls(partial(mml.quantile, x, q, axis), peers, check_of(x))


@entry("stats", "standardize", 2)
def standardize(draw: Draw) -> Calls:
    x = data(draw)
    axis = draw.choice(0, 0, 1)
    draw.say(f"axis {axis}")

    def by_numpy() -> Array:
        spread = x.std(axis, keepdims=True)
        spread[spread == 0] = 1
        return (x - x.mean(axis, keepdims=True)) / spread

    peers: dict[str, Any] = {"numpy": by_numpy}
    return Calls(partial(mml.standardize, x, axis), peers, check_of(x, 1e3))


@entry("stats", "variance", 2)
def variance(draw: Draw) -> Calls:
    x, axis = data(draw), axis_of(draw)
    ddof = draw.choice(0, 1)
    peers = {
        "numpy float64": partial(np.var, x, axis=axis, ddof=ddof, dtype=np.float64),
        "numpy": partial(np.var, x, axis=axis, ddof=ddof),
    }
    return Calls(partial(mml.variance, x, axis, ddof), peers, check_of(x))


def centred(x: Array, ddof: int) -> Array:
    """The product of centred data with itself; bytes as float64."""
    c = x - x.mean(axis=0)
    return c.T @ c / (len(x) - ddof)


@entry("stats", "covariance", 2)
def covariance(draw: Draw) -> Calls:
    x = data(draw)
    ddof = draw.choice(0, 1)
    kind = draw.choice("", "", "", "weights", "two sets")
    if kind == "weights" and x.dtype != np.uint8:
        w = draw.lay(draw.rng.uniform(0.5, 2, len(x)).astype(draw.dtype))

        def weighted() -> Array:
            c = x - w @ x / w.sum()
            return (w[:, None] * c).T @ c / w.sum()

        peers: dict[str, Any] = {
            "numpy": partial(np.cov, x, rowvar=False, ddof=0, aweights=w),
            "numpy by hand": weighted,
        }
        return Calls(partial(mml.covariance, x, weights=w), peers, check_of(x))
    if kind == "two sets" and x.dtype != np.uint8:
        y = draw.array(len(x), draw.size(1, 50))

        def cross() -> Array:
            return (x - x.mean(0)).T @ (y - y.mean(0)) / len(x)

        # Their product is small beside the data: no two are correlated.
        limit = check_of(x)

        def verify(expected: Any, got: Any) -> None:
            one = float(np.sqrt(x.var() * y.var()))
            limit(np.append(expected, one), np.append(got, one))

        return Calls(partial(mml.covariance, x, y), {"numpy by hand": cross}, verify)
    peers = {
        "numpy float64": partial(np.cov, x, rowvar=False, ddof=ddof),
        "numpy by hand": partial(centred, x, ddof),
    }
    return Calls(partial(mml.covariance, x, ddof=ddof), peers, check_of(x))


@entry("stats", "correlation")
def correlation(draw: Draw) -> Calls:
    x = data(draw)

    def by_hand() -> Array:
        s = centred(x, 0)
        scale = 1 / np.sqrt(np.diag(s))
        return s * scale[:, None] * scale

    peers = {"numpy": partial(np.corrcoef, x, rowvar=False), "numpy by hand": by_hand}
    return Calls(partial(mml.correlation, x), peers, check_of(x))


@entry("stats", "affine_mean", 0.5)
def affine_mean(draw: Draw) -> Calls:
    d = draw.size(2, 200)
    m = draw.size(2, 200)
    mu, a, b = draw.array(d), draw.array(m, d), draw.array(m)
    return Calls(
        partial(mml.affine_mean, mu, a, b), {"numpy": lambda: a @ mu + b}, near(draw.dtype, 10)
    )


@entry("stats", "affine_covariance", 0.5)
def affine_covariance(draw: Draw) -> Calls:
    d = draw.size(2, 200)
    a, s = draw.array(draw.size(2, 200), d), draw.definite(d)
    return Calls(
        partial(mml.affine_covariance, s, a), {"numpy": lambda: a @ s @ a.T}, near(draw.dtype, 10)
    )


@entry("stats", "Moments")
def moments(draw: Draw) -> Calls:
    x = data(draw)
    d = x.shape[1]

    def ours() -> Any:
        kept = mml.Moments(d).update(x)
        return kept.mean, kept.covariance()

    peers = {
        "numpy": lambda: (x.mean(0, dtype=float), np.cov(x, rowvar=False, ddof=0)),
        "numpy by hand": lambda: (x.mean(0), centred(x, 0)),
    }
    return Calls(ours, peers, check_of(x))

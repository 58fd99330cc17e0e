"""The steps of EM for x = mean + W z + noise where values of x are missing.

For a point whose values o are there, W_o their rows of W, r = x_o - mean_o and M = W_o'W_o + s I,

    z given x:  mean M^-1 W_o' r,  covariance s M^-1;
    log p(x_o) = -1/2 (|o| log 2 pi + (|o| - k) log s + log det M + (r'r - r'W_o M^-1 W_o'r) / s).

The M-step is a regression of each feature on (z, 1) over the points where it is there, in expectation.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mmlcore.core.arrays import Array
from mmlcore.core.signs import signed
from mmlcore.decomposition.components import completed
from mmlcore.elimination import inverse, slogdet, solve

LEAST_NOISE = (
    1e-10  # of the variance: a point with fewer values than components would else leave z open
)


class Loadings(NamedTuple):
    """The model: W (d, k), mean (d,), variance of the noise."""

    loadings: Array
    mean: Array
    noise: float


class Latent(NamedTuple):
    """What is known of z: its mean (n, k) and covariance (n, k, k), and M (n, k, k) itself."""

    mean: Array
    covariance: Array
    inner: Array


def expectation(x: Array, seen: Array | None, model: Loadings) -> Latent:
    """Find z from the values that are there; `x` is 0 where none is. None: all are there."""
    w, mean, noise = model
    n, k = len(x), w.shape[1]
    if seen is None:
        one = w.T @ w + noise * np.eye(k)
        inner = np.broadcast_to(one, (n, k, k))
        spread = np.broadcast_to(noise * inverse(one), (n, k, k))
        return Latent(solve(one, ((x - mean) @ w).T).T, spread, inner)
    there = seen.astype(np.float64)
    pairs = (w[:, :, None] * w[:, None, :]).reshape(-1, k * k)
    inner = (there @ pairs).reshape(n, k, k) + noise * np.eye(k)
    towards = (x - there * mean) @ w
    inverses = inverse(inner)
    return Latent(np.einsum("nij,nj->ni", inverses, towards), noise * inverses, inner)


def log_likelihood(x: Array, seen: Array | None, model: Loadings, latent: Latent) -> Array:
    """Return the log-likelihood (n,) of the values that are there."""
    w, mean, noise = model
    there = np.ones(x.shape) if seen is None else seen.astype(np.float64)
    apart = x - there * mean
    # r'r - r'W z, as |r - W z|^2 + s |z|^2: no difference of large numbers.
    left = apart - there * (latent.mean @ w.T)
    squares = np.einsum("nd,nd->n", left, left) / noise
    squares += np.einsum("nk,nk->n", latent.mean, latent.mean)
    count = there.sum(axis=1)
    _, determinant = slogdet(latent.inner if seen is not None else latent.inner[0])
    logarithms = (count - w.shape[1]) * math.log(noise) + determinant
    return np.asarray(-0.5 * (count * math.log(2 * math.pi) + logarithms + squares))


def step(x: Array, seen: Array, latent: Latent) -> Loadings:
    """Return the model that makes the expected log-likelihood largest, its latent space rescaled."""
    n, k = latent.mean.shape
    there = seen.astype(np.float64)
    z = np.concatenate([latent.mean, np.ones((n, 1))], axis=1)
    second = z[:, :, None] * z[:, None, :]
    second[:, :k, :k] += latent.covariance
    sums = (there.T @ second.reshape(n, -1)).reshape(-1, k + 1, k + 1)
    # A feature that is there in few points may leave directions of z open: they keep to zero.
    sums[:, np.arange(k), np.arange(k)] += 1e-12 * np.trace(sums, axis1=1, axis2=2)[:, None]
    both = solve(sums, (x.T @ z)[..., None])[..., 0]
    w, mean = both[:, :k], both[:, k]
    left = x - there * (latent.mean @ w.T + mean)
    spread = (there.T @ latent.covariance.reshape(n, -1)).reshape(-1, k, k)
    total = np.einsum("nd,nd->", left, left) + np.einsum("di,dij,dj->", w, spread, w)
    noise = float(total / there.sum())
    # Parameter expansion: z as found has mean m and covariance C; W z stays what it is with m in the mean, C in W.
    center = latent.mean.mean(axis=0)
    about = latent.mean - center
    covariance = (about.T @ about + latent.covariance.sum(axis=0)) / n
    scaled = w @ np.linalg.cholesky(covariance)
    return Loadings(scaled, mean + w @ center, max(noise, LEAST_NOISE * float((scaled**2).sum())))


def complete(vectors: Array) -> Array:
    """Return orthonormal rows with signs as everywhere; rows of zeros are replaced by further ones."""
    return signed(completed(vectors))

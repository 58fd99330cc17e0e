"""What a careful numpy user would write: the other side of the tour's comparisons."""

from __future__ import annotations

import numpy as np

from mmlcore.core.arrays import Array


def numpy_pagerank(source: Array, target: Array, n: int, damping: float, tol: float) -> Array:
    """Power iteration on edge arrays; the L1 error is below `tol`."""
    degree = np.bincount(source, minlength=n)
    dangling = degree == 0
    share = np.where(dangling, 0.0, damping / np.maximum(degree, 1))[source]
    ranks = np.full(n, 1.0 / n)
    while True:
        constant = (damping * ranks[dangling].sum() + 1 - damping) / n
        after = np.bincount(target, weights=ranks[source] * share, minlength=n) + constant
        if np.abs(after - ranks).sum() * damping <= tol * (1 - damping):
            return np.asarray(after)
        ranks = after


def numpy_pca(points: Array, k: int) -> tuple[Array, Array]:
    """Return scores and variances of the k leading components, by the covariance matrix."""
    centred = points - points.mean(axis=0)
    covariance = centred.T @ centred / (len(points) - 1)
    values, vectors = np.linalg.eigh(covariance)
    return centred @ vectors[:, : -k - 1 : -1], values[: -k - 1 : -1]


def numpy_neighbors(points: Array, queries: Array, k: int) -> Array:
    """Distances of the k nearest points, by one matrix product; the centre is taken off, so that little cancels."""
    centre = points.mean(axis=0)
    x, q = points - centre, queries - centre
    squares = (q**2).sum(axis=1)[:, None] + (x**2).sum(axis=1) - 2 * (q @ x.T)
    nearest = np.sort(np.partition(squares, k - 1, axis=1)[:, :k], axis=1)
    return np.asarray(np.sqrt(np.maximum(nearest, 0)))


def classical_gram_schmidt(a: Array) -> Array:
    """The textbook: from each column, subtract its projections on the earlier ones, all taken from the column itself."""
    q = np.array(a)
    for j in range(a.shape[1]):
        q[:, j] -= q[:, :j] @ (q[:, :j].T @ a[:, j])
        q[:, j] /= np.linalg.norm(q[:, j])
    return q


def modified_gram_schmidt(a: Array) -> Array:
    """The better textbook: subtract the projections one after the other."""
    q = np.array(a)
    for j in range(a.shape[1]):
        for i in range(j):
            q[:, j] -= (q[:, i] @ q[:, j]) * q[:, i]
        q[:, j] /= np.linalg.norm(q[:, j])
    return q


def loss(q: Array) -> float:
    """How far columns are from orthonormal: the 2-norm of Q'Q - I."""
    return float(np.linalg.norm(q.T @ q - np.eye(q.shape[1]), 2))

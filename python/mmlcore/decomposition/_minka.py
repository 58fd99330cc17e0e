"""How many components the data have: Minka's estimate.

The logarithm of the evidence for k components of variances l_1 >= ... >= l_d, n points, with v the mean of the others:

    log p = log p(U) - n/2 sum_(i<=k) log l_i - n (d - k)/2 log v + (m + k)/2 log 2 pi - 1/2 log |A| - k/2 log n,
    log |A| = sum_(i<=k) sum_(j>i) log((l_i - l_j)(1/s_j - 1/s_i) n),   s_j = l_j for j <= k, else v,

m = d k - k (k + 1)/2. Scaling the data adds the same to all k, so the variances are divided by the largest. Where two variances
are equal, the data say nothing of the direction between their components: the Laplace approximation of that integral does not
hold, and its factor is left out, as if the direction were as certain as one point makes it.

T. Minka, "Automatic choice of dimensionality for PCA", NIPS (2000), equations 77 to 80. Cost: d^2 operations.
"""

from __future__ import annotations

import math

import numpy as np

from mmlcore.core.arrays import Array

_TIE = 1e-9  # relative difference below which two variances are equal but for rounding
_TINY = 1e-15  # of the largest: variances below are rounding errors


def minka(variances: Array, n: int) -> int:
    """Return Minka's estimate of the dimension."""
    d = len(variances)
    if d < 2 or not variances[0] > 0:
        return min(d, 1)
    shares = variances.astype(np.float64) / float(variances[0])
    scores = _log_evidence(np.maximum(shares, 0), n)
    return int(np.argmax(scores)) + 1


def _log_evidence(shares: Array, n: int) -> Array:
    """Return the logarithms for 1 ... d - 1 components."""
    d = len(shares)
    ranks = np.arange(1, d)
    lgamma = np.array([math.lgamma(i / 2) for i in range(d, 0, -1)])
    uniform = np.cumsum(lgamma - math.log(math.pi) * np.arange(d, 0, -1) / 2 - math.log(2.0))
    held = np.maximum(shares, _TINY)
    logs = np.cumsum(np.log(held))
    left = np.cumsum(shares[::-1])[::-1]  # of the variances from each on
    noise = np.maximum(left[1:] / (d - ranks), _TINY)
    # Pairs of components i < j < k, and of a component with one that is left out.
    apart = held[:, None] - held
    tied = apart <= _TIE * held[:, None]
    safe = np.where(tied, 1.0, apart)
    within = np.triu(np.where(tied, 0.0, np.log(safe**2 / (held[:, None] * held)) + math.log(n)), 1)
    inside = np.cumsum(within.sum(axis=0))
    # By row, over the columns from each on: so that a number of components costs d operations.
    gaps = np.cumsum(np.triu(np.log(safe), 1)[:, ::-1], axis=1)[:, ::-1]
    pairs = np.cumsum(np.triu(~tied, 1)[:, ::-1], axis=1)[:, ::-1]
    across = np.empty(d - 1)
    for k in ranks:
        inverse = 1 / noise[k - 1] - 1 / held[:k]
        flat = inverse <= _TIE / noise[k - 1]
        known = np.log(np.where(flat, 1.0, inverse)) + math.log(n)
        across[k - 1] = float(np.where(flat, 0.0, gaps[:k, k] + pairs[:k, k] * known).sum())
    free = d * ranks - ranks * (ranks + 1) / 2
    scores = uniform[: d - 1] - logs[:-1] * n / 2 - np.log(noise) * n * (d - ranks) / 2
    scores += math.log(2 * math.pi) * (free + ranks) / 2 - (inside[:-1] + across) / 2
    scores -= ranks * math.log(n) / 2
    scores[shares[: d - 1] < _TINY] = -math.inf
    return np.asarray(scores)

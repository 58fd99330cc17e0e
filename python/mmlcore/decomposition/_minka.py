"""How many components the data have: Minka's estimate."""

from __future__ import annotations

import math

import numpy as np

from mmlcore.core.arrays import Array


def minka(variances: Array, n: int) -> int:
    """Return Minka's estimate of the dimension (T. Minka, "Automatic choice of dimensionality for PCA", NIPS 2000)."""
    d = len(variances)
    scores = [_log_evidence(variances, rank, n) for rank in range(1, d)]
    return int(np.argmax(scores)) + 1 if scores else d


def _log_evidence(variances: Array, rank: int, n: int) -> float:
    d = len(variances)
    tiny = 1e-15
    if variances[rank - 1] < tiny:
        return -math.inf
    uniform = -rank * math.log(2.0)
    for i in range(1, rank + 1):
        uniform += math.lgamma((d - i + 1) / 2) - math.log(math.pi) * (d - i + 1) / 2
    likelihood = -np.log(variances[:rank]).sum() * n / 2
    rest = max(float(variances[rank:].sum()) / (d - rank), tiny)
    noise = -math.log(rest) * n * (d - rank) / 2
    free = d * rank - rank * (rank + 1) / 2
    volume = math.log(2 * math.pi) * (free + rank) / 2
    spread = variances.copy()
    spread[rank:] = rest
    curvature = 0.0
    for i in range(rank):
        for j in range(i + 1, d):
            curvature += math.log(
                (variances[i] - variances[j]) * (1 / spread[j] - 1 / spread[i])
            ) + math.log(n)
    return float(uniform + likelihood + noise + volume - curvature / 2 - rank * math.log(n) / 2)

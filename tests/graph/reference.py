"""What the tests of graphs compare with: readable, and slow."""

from __future__ import annotations

import numpy as np


def matrix_of(graph):
    """Dense weights, [source, target], from the rows of in-edges."""
    start, source, weight, _ = graph._edges.rows()
    dense = np.zeros((graph.num_nodes,) * 2)
    targets = np.repeat(np.arange(graph.num_nodes), np.diff(start))
    np.add.at(dense, (source, targets), weight if graph.is_weighted else 1.0)
    return dense


def power_iteration(s, t, n, d=0.85, w=None, jump=None, dangling=None):
    """The readable reference: the definition, iterated until nothing changes."""
    w = np.ones(len(s)) if w is None else w
    jump = np.full(n, 1 / n) if jump is None else jump / jump.sum()
    dangling = jump if dangling is None else dangling / dangling.sum()
    out = np.bincount(s, weights=w, minlength=n)
    x = np.full(n, 1 / n)
    for _ in range(2000):
        share = np.divide(x, out, out=np.zeros(n), where=out > 0)
        y = (
            d * (np.bincount(t, weights=w * share[s], minlength=n) + dangling * x[out == 0].sum())
            + (1 - d) * jump
        )
        if np.abs(y - x).sum() < 1e-17:
            break
        x = y
    return y

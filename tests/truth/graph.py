"""Ranks of small graphs: a linear system of fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from tests.truth import exact as ex
from tests.truth.registry import Draw, Wrong, explores

import mmlcore as mml


def drawn(d: Draw) -> tuple[int, np.ndarray, np.ndarray, np.ndarray | None]:
    """A small graph with loops, repeated edges, dangling and isolated nodes, and weights of any unit."""
    n, m = d.size(7), int(d.rng.integers(0, 20))
    source, target = d.rng.integers(0, n, (2, m))
    if not d.chance(0.5):
        return n, source, target, None
    weight = d.rng.random(m) + 0.1
    kind = d.pick("plain", "scaled", "subnormal", "mixed")
    if kind == "scaled":
        weight = weight * 10.0 ** d.rng.uniform(-290, 290)
    elif kind == "subnormal":
        weight = np.round(weight * 10) * 1e-320
    elif kind == "mixed":
        weight = weight * 10.0 ** d.rng.uniform(-100, 100, n)[source]
    return n, source, target, weight


def ranks_of(
    n: int,
    source: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray | None,
    damping: Fraction,
    jump: list[Fraction],
) -> list[Fraction]:
    """Solve x = damping (P x + dangling mass jump) + (1 - damping) jump exactly."""
    out = [[Fraction(0)] * n for _ in range(n)]
    for k in range(len(source)):
        out[source[k]][target[k]] += Fraction(1) if weight is None else Fraction(float(weight[k]))
    a = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    for i in range(n):
        total = sum(out[i], Fraction(0))
        for j in range(n):
            a[j][i] -= damping * (out[i][j] / total if total else jump[j])
    x = ex.solved(a, [[(1 - damping) * v] for v in jump])
    assert x is not None
    return [row[0] for row in x]


@explores("pagerank")
def pagerank(d: Draw) -> None:
    """The L1 distance to the true ranks is at most tol, which `error` bounds."""
    n, source, target, weight = drawn(d)
    damping = float(d.pick(0.85, 0.5, 0.99, 0.0))
    personalization, jump = None, [Fraction(1, n)] * n
    if d.chance(0.3):
        personalization = (
            d.rng.random(n) * (d.rng.random(n) < 0.6) * 10.0 ** d.rng.uniform(-200, 200)
        )
        if not personalization.any():
            return
        exactly = ex.exact(personalization)
        jump = [v / sum(exactly) for v in exactly]
    graph = mml.Graph.from_edges(source, target, weight=weight, num_nodes=n)
    tol = 1e-10
    result = mml.pagerank(
        graph, damping=damping, personalization=personalization, tol=tol, max_iter=100_000
    )
    right = ranks_of(n, source, target, weight, Fraction(damping), jump)
    off = sum(abs(Fraction(float(g)) - r) for g, r in zip(result.ranks, right, strict=True))
    if (
        off > Fraction(tol) + Fraction(1, 10**14) * n
        or off > Fraction(float(result.error)) + Fraction(1, 10**14) * n
    ):
        raise Wrong(
            f"pagerank: off by {ex.short(off)}, told {result.error}, n = {n}, edges {source.tolist()} {target.tolist()}"
        )


@explores("link_matrix")
def link_matrix(d: Draw) -> None:
    """Columns of shares of the weights."""
    n, source, target, weight = drawn(d)
    got = mml.link_matrix(mml.Graph.from_edges(source, target, weight=weight, num_nodes=n))
    shares = [[Fraction(0)] * n for _ in range(n)]
    for k in range(len(source)):
        shares[source[k]][target[k]] += (
            Fraction(1) if weight is None else Fraction(float(weight[k]))
        )
    for i in range(n):
        total = sum(shares[i], Fraction(0))
        for j in range(n):
            if total:
                ex.near(
                    got[j, i],
                    shares[i][j] / total,
                    30 * ex.ulp(np.float64),
                    np.float64,
                    f"link_matrix [{j}, {i}]",
                )

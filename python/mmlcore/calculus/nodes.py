"""Nodes of a graph one by one: which ones a node is made of, and how they are stored and put into another graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmlcore.calculus.operations import OPS


def needed(graph: Any, output: int) -> list[int]:
    """Return the nodes that a node is made of, and itself, in the order in which they can be computed."""
    seen, waiting = {output}, [output]
    while waiting:
        fresh = [x for x in graph.describe(waiting.pop())[2] if x not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return sorted(seen)


def stored(graph: Any, node: int) -> tuple[Any, ...]:
    """Return a node as `restore` takes it."""
    op, aux, operands, dims, size = graph.describe(node)
    extra = None
    if op == OPS["constant"]:
        extra = graph.values(node)
    elif op in (OPS["gather"], OPS["scatter"]):
        extra = graph.index(node)
    return op, aux, operands, dims, size, extra


def restore(graph: Any, ids: dict[int, int], nodes: Sequence[tuple[Any, ...]]) -> None:
    """Add stored nodes to a graph, but for those that `ids` knows; it learns the numbers of the others."""
    for node, op, aux, operands, *rest in nodes:
        if node not in ids:
            ids[node] = graph.restore(op, aux, [ids[i] for i in operands], *rest)

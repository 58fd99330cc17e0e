"""Nodes of a graph one by one: which ones a node is made of, and how they are stored and put into another graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmlcore import _core
from mmlcore.calculus.operations import OPS


def needed(graph: Any, *outputs: int) -> list[int]:
    """Return the nodes that some nodes are made of, and themselves, in the order in which they can be computed."""
    seen, waiting = set(outputs), list(outputs)
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
    elif op == OPS["loop"]:
        body, *groups, outputs = graph.body(node)
        inner = [(x, *stored(body, x)) for x in needed(body, *outputs)]
        extra = inner, [[(x, body.size(x)) for x in group] for group in groups], outputs
    return op, aux, operands, dims, size, extra


def restore(graph: Any, ids: dict[int, int], nodes: Sequence[tuple[Any, ...]]) -> None:
    """Add stored nodes to a graph, but for those that `ids` knows; it learns the numbers of the others."""
    for node, op, aux, operands, *rest in nodes:
        if node not in ids:
            given = [ids[i] for i in operands]
            if op == OPS["loop"]:
                ids[node] = _restored_loop(graph, given, *rest)
            else:
                ids[node] = graph.restore(op, aux, given, *rest)


def _restored_loop(graph: Any, operands: list[int], dims: Any, size: int, extra: Any) -> int:
    nodes, groups, outputs = extra
    body = _core.FunctionGraph()
    inside: dict[int, int] = {}
    for group in groups:
        for node, length in group:
            inside[node] = body.input(length)
    restore(body, inside, nodes)
    ids = [[inside[node] for node, _ in group] for group in groups]
    count, _, every = dims
    made: int = graph.loop(body, [*ids, [inside[x] for x in outputs]], operands, count, bool(every))
    if graph.size(made) != size:
        msg = "an operation does not fit its operands"
        raise ValueError(msg)
    return made

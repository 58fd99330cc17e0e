"""Single entries of an array of a graph, read where they come from.

The compressed derivatives of a sparse Jacobian are sums of arrays times seeds of zeros and ones, of which an entry mostly has one
term that is not zero: x[1:] * x[:-1] has the entries x[1], x[0], x[2], x[1], ..., of which nothing needs to be computed. An entry
is followed downwards: through moves of numbers to where they were, through sums and products to the operand that is alone,
as far as zeros absorb what stands beside them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.calculus.operations import OPS
from mmlcore.core.arrays import Array

_NAMES = {number: name for name, number in OPS.items()}
_ABSORBING = 4  # a bit of `aux`: zero times anything is zero


class Entries:
    """Entries of nodes of a graph, and where they come from."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self._zeros: dict[int, Array | None] = {}

    def node(self, node: int, index: Array) -> int:
        """Return a node of the entries `index` of a node, from fewer operations than theirs if there are any."""
        graph = self.graph
        bases, where, place = self._followed(node, index)
        if self._numbers(bases) >= self._numbers([node]):
            return int(graph.gather(node, index.astype(np.int32)))
        starts = np.cumsum([0, *(graph.size(x) for x in bases)])
        parts = list(bases)
        if np.any(where < 0):
            parts.append(graph.number(0.0))
        at = np.where(where < 0, starts[-1], starts[where] + place).astype(np.int32)
        return int(graph.gather(graph.concat(parts) if len(parts) > 1 else parts[0], at))

    def _followed(self, node: int, index: Array) -> tuple[list[int], Array, Array]:
        """Return the nodes in which the entries are found, the number of its node for each (-1: zero), and its place."""
        open_: dict[int, list[tuple[Array, Array]]] = {
            node: [(np.arange(len(index)), index.astype(np.intp))]
        }
        where, place = np.full(len(index), -1), np.zeros(len(index), np.intp)
        bases: list[int] = []
        while open_:
            top = max(open_)  # operands have smaller numbers
            pieces = open_.pop(top)
            entries, at = (np.concatenate(x) for x in zip(*pieces, strict=True))
            stays = np.ones(len(at), bool)
            for operand, which, below in self._moves(top, at):
                stays[which] = False
                if operand >= 0 and len(which):
                    open_.setdefault(operand, []).append((entries[which], below))
            if stays.any():
                where[entries[stays]], place[entries[stays]] = len(bases), at[stays]
                bases.append(top)
        return bases, where, place

    def _moves(self, node: int, at: Array) -> list[tuple[int, Array, Array]]:
        """Return (operand, which of the entries come from there, their places in it); operand -1: they are zero."""
        op, aux, operands, dims, _ = self.graph.describe(node)
        name, size = _NAMES[op], self.graph.size
        every = np.arange(len(at))
        if name == "gather":
            index = self.graph.index(node)
            return [(operands[0], every, at // len(index) * dims[1] + index[at % len(index)])]
        if name == "concat":
            starts = np.cumsum([0, *(size(x) for x in operands)])
            part = np.searchsorted(starts, at, "right") - 1
            found = [(x, np.flatnonzero(part == i)) for i, x in enumerate(operands)]
            return [(x, which, at[which] - starts[part[which]]) for x, which in found]
        if name == "tile":
            return [(operands[0], every, at // (dims[1] * dims[2]) * dims[2] + at % dims[2])]
        if name == "scatter":
            return self._scattered(node, operands[0], dims[1], at)
        if name in ("add", "subtract", "multiply"):
            return self._alone(name, operands, at, absorbing=bool(aux & _ABSORBING))
        return []

    def _scattered(
        self, node: int, operand: int, length: int, at: Array
    ) -> list[tuple[int, Array, Array]]:
        index = self.graph.index(node)
        origin = np.full(length, -1, np.intp)
        origin[index] = np.arange(len(index))
        if np.count_nonzero(origin >= 0) < len(index):  # sums of several
            return []
        come = origin[at % length]
        there, zero = np.flatnonzero(come >= 0), np.flatnonzero(come < 0)
        return [
            (operand, there, at[there] // length * len(index) + come[there]),
            (-1, zero, at[zero]),
        ]

    def _alone(
        self, name: str, operands: tuple[int, ...], at: Array, *, absorbing: bool
    ) -> list[tuple[int, Array, Array]]:
        """Return which entries have one term alone, or a factor of one or zero."""
        a, b = operands
        size = self.graph.size
        sides = [(a, b), (b, a)]
        found = []
        left = np.ones(len(at), bool)
        for this, other in sides[:1] if name == "subtract" else sides:
            if name == "multiply":
                values = (
                    self.graph.values(other)
                    if self.graph.is_constant(other)
                    else np.full(1, np.nan)
                )
                good = values[at % len(values)] == 1
            else:
                zero = self._zero(other)
                good = np.zeros(len(at), bool) if zero is None else zero[at % len(zero)]
            which = np.flatnonzero(good & left)
            left[which] = False
            found.append((this, which, at[which] % size(this)))
        if name == "multiply" and absorbing:
            for zero in (self._zero(a), self._zero(b)):
                if zero is not None:
                    which = np.flatnonzero(zero[at % len(zero)] & left)
                    left[which] = False
                    found.append((-1, which, at[which]))
        return found

    def _zero(self, node: int) -> Array | None:
        """Tell which numbers of a node are zero whatever the arguments are; None: none of them."""
        if node not in self._zeros:
            self._zeros[node] = self._find_zeros(node)
        return self._zeros[node]

    def _find_zeros(self, node: int) -> Array | None:
        op, aux, operands, _, size = self.graph.describe(node)
        name = _NAMES[op]
        zeros: Array | None = None
        if name == "constant":
            zeros = np.resize(self.graph.values(node) == 0, size)
        elif name == "negative":
            zeros = self._zero(operands[0])
        elif name == "multiply" and aux & _ABSORBING:
            known = [np.resize(z, size) for z in map(self._zero, operands) if z is not None]
            zeros = np.logical_or.reduce(known) if known else None
        elif name in ("add", "subtract"):
            first, second = map(self._zero, operands)
            zeros = (
                None
                if first is None or second is None
                else np.resize(first, size) & np.resize(second, size)
            )
        return None if zeros is None or not zeros.any() else zeros

    def _numbers(self, nodes: list[int]) -> int:
        """Return how many numbers are computed on the way to these nodes."""
        needed, left, total = set(nodes), list(nodes), 0
        while left:
            _, _, operands, _, size = self.graph.describe(left.pop())
            total += size if operands else 0
            new = set(operands) - needed
            needed |= new
            left.extend(new)
        return total

"""Graphs as readable mathematics."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from mmlcore.calculus.nodes import needed
from mmlcore.calculus.operations import OPERATIONS
from mmlcore.calculus.symbol import Shape, Symbol

_LEAF = 9
_LONG = 60  # an expression read twice gets a name of its own from this length on, and any other from four times that
_LINES = 40  # of named expressions that are shown: the last ones
_ITEMS = 12  # of a list that are shown


def render(graph: Any, output: Symbol, name: str, shapes: tuple[Shape, ...]) -> str:
    """Return ``f(x) = ...``, after lines for parts that occur several times."""
    writer = _Writer(graph, output.id, len(shapes))
    body = writer.text(output.id)[0]
    arguments = ", ".join(writer.arguments)
    lines = [f"  {label} = {_cut(text)}" for label, text in writer.lines[-_LINES:]]
    if (hidden := len(writer.lines) - len(lines)) > 0:
        lines.insert(0, f"  ... ({hidden:,} lines before these)")
    head = f"{name}({arguments}) = {_cut(body)}"
    return "\n".join([head, "where", *lines]) if lines else head


class _Writer:
    def __init__(self, graph: Any, output: int, arguments: int) -> None:
        self.graph, self.lines = graph, []  # type: ignore[var-annotated]
        self.arguments = ["x"] if arguments == 1 else [f"x{i}" for i in range(arguments)]
        self.known: dict[int, tuple[str, int]] = {}
        self.nodes = {node: graph.describe(node) for node in needed(graph, output)}
        self.readers = Counter(x for _, _, operands, *_ in self.nodes.values() for x in operands)

    def text(self, output: int) -> tuple[str, int]:
        """Return the text of a node and how tightly it binds."""
        for node in self.nodes:
            if node > output:
                break
            text, level = self._compose(node)
            shared = self.readers[node] > 1 and len(text) > _LONG // 3 and level != _LEAF
            if shared or len(text) > 4 * _LONG:
                label = f"t{len(self.lines) + 1}"
                self.lines.append((label, text))
                text, level = label, _LEAF
            self.known[node] = (text, level)
        return self.known[output]

    def _compose(self, node: int) -> tuple[str, int]:
        op, aux, operands, dims, _ = self.nodes[node]
        row = OPERATIONS[op]
        if row.name == "input":
            return self.arguments[aux], _LEAF
        if row.name == "constant":
            return number_text(self.graph.values(node))
        parts = [_Part(*self.known[x]) for x in operands[:_ITEMS]]
        if len(operands) > _ITEMS:
            parts += [_Part("...", _LEAF), _Part(*self.known[operands[-1]])]
        joined = ", ".join(part.text for part in parts)
        if not row.pattern:
            return f"{row.name}({joined})", _LEAF
        text = row.pattern.format(
            *parts,
            all=joined,
            aux=aux,
            axis="" if dims[0] * dims[2] == 1 else f", axis=1 of {tuple(dims)}",
            index=places_text(self.graph.index(node)) if "{index}" in row.pattern else "",
        )
        return text, row.level if row.level >= 0 else parts[0].level


class _Part(NamedTuple):
    """An operand; in a pattern, {0:4} puts it in brackets if it binds less tightly than 4."""

    text: str
    level: int

    def __format__(self, level: str) -> str:
        return self.text if self.level >= int(level or 0) else f"({self.text})"


def _cut(text: str) -> str:
    most = 40 * _LONG
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"


def number_text(values: Any) -> tuple[str, int]:
    """Return constants as a text, and how tightly it binds."""
    if values.size != 1:
        with np.printoptions(threshold=6, precision=6):
            return np.array2string(values, separator=", ").replace("\n", ""), _LEAF
    value = float(values[0])
    text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return text, _LEAF if value >= 0 else 1


def places_text(index: Any) -> str:
    """Return what is within the brackets of an index."""
    if len(index) == 1:
        return str(int(index[0]))
    steps = np.diff(index)
    if len(index) > 2 and (steps == steps[0]).all() and steps[0] > 0:
        end = int(index[-1]) + 1
        return f"{int(index[0])}:{end}" + (f":{int(steps[0])}" if steps[0] > 1 else "")
    return np.array2string(index, separator=", ", threshold=6).strip("[]").replace("\n", "")

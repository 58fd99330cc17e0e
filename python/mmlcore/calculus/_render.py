"""Graphs as readable mathematics."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from mmlcore.calculus._nodes import needed
from mmlcore.calculus._symbol import OPS, Shape, Symbol

_NAMES = {number: name for name, number in OPS.items()}
_INFIX = {
    "add": (" + ", 1),
    "subtract": (" - ", 1),
    "multiply": (" * ", 2),
    "divide": (" / ", 2),
    "power": ("^", 4),
    "less": (" < ", 0),
    "less_equal": (" <= ", 0),
    "equal": (" == ", 0),
    "logical_and": (" & ", 0),
    "logical_or": (" | ", 0),
}
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
        name = _NAMES[op]
        if name == "input":
            return self.arguments[aux], _LEAF
        if name == "constant":
            return _number(self.graph.values(node))
        parts = [self.known[x] for x in operands[:_ITEMS]]
        if len(operands) > _ITEMS:
            parts += [("...", _LEAF), self.known[operands[-1]]]
        if name in _INFIX:
            sign, level = _INFIX[name]
            left, right = (
                _wrapped(part, level + (i > 0 and name in ("subtract", "divide", "power")))
                for i, part in enumerate(parts)
            )
            return f"{left}{sign}{right}", level
        inner = ", ".join(text for text, _ in parts)
        if name == "negative":
            return f"-{_wrapped(parts[0], 3)}", 1
        if name in ("square", "integer_power", "reciprocal"):
            exponent = {"square": 2, "reciprocal": -1}.get(name, aux)
            return f"{_wrapped(parts[0], 5)}^{exponent}", 4
        if name == "gather":
            return f"{_wrapped(parts[0], 5)}[{_places(self.graph.index(node))}]", _LEAF
        if name == "scatter":
            return f"place({inner}, at {_places(self.graph.index(node))})", _LEAF
        if name == "sum":
            return f"sum({inner})" if dims[0] * dims[
                2
            ] == 1 else f"sum({inner}, axis=1 of {tuple(dims)})", _LEAF
        if name == "tile":
            return inner, parts[0][1]
        if name == "concat":
            return f"[{inner}]", _LEAF
        return f"{'where' if name == 'select' else name}({inner})", _LEAF


def _cut(text: str) -> str:
    most = 40 * _LONG
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"


def _wrapped(part: tuple[str, int], level: int) -> str:
    text, own = part
    return text if own >= level else f"({text})"


def _number(values: Any) -> tuple[str, int]:
    if values.size != 1:
        with np.printoptions(threshold=6, precision=6):
            return np.array2string(values, separator=", ").replace("\n", ""), _LEAF
    value = float(values[0])
    text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return text, _LEAF if value >= 0 else 1


def _places(index: Any) -> str:
    if len(index) == 1:
        return str(int(index[0]))
    steps = np.diff(index)
    if len(index) > 2 and (steps == steps[0]).all() and steps[0] > 0:
        end = int(index[-1]) + 1
        return f"{int(index[0])}:{end}" + (f":{int(steps[0])}" if steps[0] > 1 else "")
    return np.array2string(index, separator=", ", threshold=6).strip("[]").replace("\n", "")

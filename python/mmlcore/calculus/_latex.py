r"""Graphs as LaTeX, for notebooks: what `print` shows, with fractions, powers and roots as they are set.

The patterns say how tightly a result binds, as those of `_render`: {0:3} puts operand 0 in brackets if it binds less tightly.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from mmlcore.calculus._render import number_text, places_text
from mmlcore.calculus.nodes import needed
from mmlcore.calculus.operations import OPERATIONS

_LEAF, _LONG, _MOST = 9, 160, 6000
_PATTERNS = {
    "add": ("{0:1} + {1:1}", 1),
    "subtract": ("{0:1} - {1:2}", 1),
    "multiply": (r"{0:2} \, {1:2}", 2),
    "divide": (r"\frac{{{0:0}}}{{{1:0}}}", 3),
    "reciprocal": (r"\frac{{1}}{{{0:0}}}", 3),
    "negative": ("-{0:3}", 1),
    "square": ("{0:5}^{{2}}", 4),
    "integer_power": ("{0:5}^{{{aux}}}", 4),
    "power": ("{0:5}^{{{1:0}}}", 4),
    "sqrt": (r"\sqrt{{{0:0}}}", _LEAF),
    "exp": ("e^{{{0:0}}}", 4),
    "absolute": (r"\left|{0:0}\right|", _LEAF),
    "floor": (r"\left\lfloor {0:0} \right\rfloor", _LEAF),
    "ceil": (r"\left\lceil {0:0} \right\rceil", _LEAF),
    "less": ("{0:1} < {1:1}", 0),
    "less_equal": (r"{0:1} \le {1:1}", 0),
    "equal": ("{0:1} = {1:1}", 0),
    "logical_and": (r"{0:1} \wedge {1:1}", 0),
    "logical_or": (r"{0:1} \vee {1:1}", 0),
    "logical_not": (r"\neg {0:4}", 3),
    "select": (r"\begin{{cases}} {1:0} & {0:0} \\ {2:0} & \text{{else}} \end{{cases}}", 1),
    "sum": (r"\textstyle\sum {0:2}", 1),
    "tile": ("{0:0}", -1),
    "gather": ("{0:5}_{{{index}}}", 5),
    "concat": (r"\left[{all}\right]", _LEAF),
    "matmul": (r"{0:2} {1:2}", 2),
    "inverse": ("{0:5}^{{-1}}", 4),
    "solve": ("{0:5}^{{-1}} {1:2}", 2),
    "gammaln": (r"\ln \Gamma\left({0:0}\right)", 3),
    "gamma": (r"\Gamma\left({0:0}\right)", _LEAF),
}
_NAMES = {"log": r"\ln", "arcsin": r"\arcsin", "arccos": r"\arccos", "arctan": r"\arctan"} | {
    name: rf"\{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")
}


class _Part:
    def __init__(self, text: str, level: int) -> None:
        self.text, self.level = text, level

    def __format__(self, level: str) -> str:
        return self.text if self.level >= int(level or 0) else rf"\left({self.text}\right)"


def latex(graph: Any, output: int, name: str, arguments: int) -> str:
    """Return ``$$f(x) = ...$$``, with lines for parts that occur several times."""
    names = ["x"] if arguments == 1 else [f"x_{{{i}}}" for i in range(arguments)]
    nodes = {node: graph.describe(node) for node in needed(graph, output)}
    readers = Counter(x for _, _, operands, *_ in nodes.values() for x in operands)
    known: dict[int, _Part] = {}
    lines: list[str] = []
    for node, (op, aux, operands, *_) in nodes.items():
        row = OPERATIONS[op].name
        if row == "input":
            known[node] = _Part(names[aux], _LEAF)
            continue
        if row == "constant":
            known[node] = _Part(*number_text(graph.values(node)))
            continue
        parts = [known[x] for x in operands]
        listed = ", ".join(p.text for p in parts[:12]) + (r", \ldots" if len(parts) > 12 else "")
        if row in _PATTERNS:
            pattern, level = _PATTERNS[row]
            index = places_text(graph.index(node)) if "{index}" in pattern else ""
            text = pattern.format(*parts, all=listed, aux=aux, index=index)
            level = parts[0].level if level < 0 else level
        else:
            word = _NAMES.get(row, rf"\operatorname{{{row.replace('_', chr(92) + '_')}}}")
            text, level = rf"{word}\left({listed}\right)", _LEAF
        if node != output and ((readers[node] > 1 and len(text) > 40) or len(text) > _LONG):
            lines.append(rf"t_{{{len(lines) + 1}}} &= {text}")
            text, level = f"t_{{{len(lines)}}}", _LEAF
        known[node] = _Part(text, level)
    word = rf"\operatorname{{{name}}}" if len(name) > 1 else name
    head = rf"{word.replace('_', chr(92) + '_')}({', '.join(names)}) &= {known[output].text}"
    body = r" \\ ".join([head, *reversed(lines)])
    if len(body) > _MOST:
        return ""
    return rf"$$\begin{{aligned}} {body} \end{{aligned}}$$"

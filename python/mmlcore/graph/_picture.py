"""A small graph as a picture for notebooks: nodes on a circle, edges as arrows, without another package."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

MOST_NODES, MOST_EDGES = 24, 160
_NODE = 15.0  # radius of a node
_LABEL = 8  # characters of a name

_HEAD = (
    '<defs><marker id="mml-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0.5 L8 4 L0 7.5 Z" fill="currentColor"/></marker></defs>'
)


def svg(names: Sequence[str], edges: Iterable[tuple[int, int]]) -> str:
    """Return an SVG element; the edges that lead both ways between two nodes bend apart."""
    n = len(names)
    ring = max(55.0, n * 2.6 * _NODE / (2 * math.pi))
    middle = ring + 2.6 * _NODE
    places = [
        (
            middle + ring * math.sin(2 * math.pi * i / n),
            middle - ring * math.cos(2 * math.pi * i / n),
        )
        for i in range(n)
    ]
    if n == 1:
        places = [(middle, middle)]
    lines = [_edge(places[s], places[t], (middle, middle)) for s, t in sorted(set(edges))]
    circles = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_NODE}" fill="#4c78a8" fill-opacity="0.25" stroke="currentColor"/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" font-size="11" fill="currentColor">'
        f"{html.escape(name if len(name) <= _LABEL else name[: _LABEL - 1] + '…')}</text>"
        for name, (x, y) in zip(names, places, strict=True)
    ]
    size = f"{2 * middle:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {size} {size}" role="img" '
        f'aria-label="graph of {n} nodes">{_HEAD}{"".join(lines)}{"".join(circles)}</svg>'
    )


def _edge(a: tuple[float, float], b: tuple[float, float], middle: tuple[float, float]) -> str:
    """Return an arrow from the rim of one node to the rim of another, or a loop on the outer side of one."""
    style = 'fill="none" stroke="currentColor" stroke-opacity="0.6" marker-end="url(#mml-head)"'
    (ax, ay), (bx, by) = a, b
    if a == b:
        out = math.atan2(ay - middle[1], ax - middle[0]) if a != middle else 0.0
        first, last = out - 0.6, out + 0.6
        x0, y0 = ax + _NODE * math.cos(first), ay + _NODE * math.sin(first)
        x1, y1 = ax + _NODE * math.cos(last), ay + _NODE * math.sin(last)
        return f'<path d="M{x0:.1f} {y0:.1f} A10 10 0 1 1 {x1:.1f} {y1:.1f}" {style}/>'
    length = math.hypot(bx - ax, by - ay)
    ux, uy = (bx - ax) / length, (by - ay) / length
    bend = 0.09 * length
    cx, cy = (ax + bx) / 2 - uy * bend, (ay + by) / 2 + ux * bend
    start, end = _rim(a, (cx, cy)), _rim(b, (cx, cy))
    return f'<path d="M{start[0]:.1f} {start[1]:.1f} Q{cx:.1f} {cy:.1f} {end[0]:.1f} {end[1]:.1f}" {style}/>'


def _rim(node: tuple[float, float], towards: tuple[float, float]) -> tuple[float, float]:
    dx, dy = towards[0] - node[0], towards[1] - node[1]
    length = math.hypot(dx, dy)
    return node[0] + _NODE * dx / length, node[1] + _NODE * dy / length

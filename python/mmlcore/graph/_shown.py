"""What a graph shows of itself: edges, degrees, neighbours, and the same graph for other libraries."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, as_index
from mmlcore.core.notebook import fields_html
from mmlcore.core.report import Report, Reported, pictures
from mmlcore.graph._picture import MOST_EDGES, MOST_NODES, svg

_SHOWN = 10  # nodes of a summary


class EdgeList(NamedTuple):
    """The edges of a graph, by target, and those of a target in the order in which they were given."""

    source: Array
    """(m,) of int64."""
    target: Array
    """(m,) of int64."""
    weight: Array | None
    """(m,) of float64; None where every edge counts 1."""

    def _repr_html_(self) -> str:
        return fields_html(self)


class Degrees(NamedTuple):
    """How many edges come to each node and leave it, repeated ones counted as often as they were kept."""

    incoming: Array
    """(n,) of int64."""
    outgoing: Array
    """(n,) of int64."""

    def _repr_html_(self) -> str:
        return fields_html(self)


class ShownGraph(Reported):
    """What is read off the edges of a graph."""

    labels: list[Any] | None

    @property
    def _edges(self) -> _core.InEdges:
        raise NotImplementedError

    @property
    def num_nodes(self) -> int:
        """Number of nodes."""
        return int(self._edges.nodes)

    @property
    def num_edges(self) -> int:
        """Number of edges, repeated ones counted as often as they were kept."""
        return int(self._edges.edges)

    @property
    def is_weighted(self) -> bool:
        """Whether edges carry weights."""
        return bool(self._edges.weighted)

    def edges(self) -> EdgeList:
        """Return the ends of all edges, and their weights.

        Where the weights of the edges that leave a node sum to less than 2^-60 or more than 2^60, the graph keeps them divided by a
        power of two: their ratios, on which ranks depend.
        """
        start, source, weight, _ = self._edges.rows()
        target = np.repeat(np.arange(self.num_nodes), np.diff(start))
        return EdgeList(source.astype(np.int64), target, weight if self.is_weighted else None)

    def degrees(self) -> Degrees:
        """Return the number of edges that come to each node, and that leave it."""
        start, source, _, _ = self._edges.rows()
        return Degrees(
            np.diff(start).astype(np.int64),
            np.bincount(source.astype(np.int64), minlength=self.num_nodes),
        )

    def neighbors(self, node: Any, direction: str = "out") -> list[Any]:
        """Return the nodes that edges lead to from a node, by their labels if there are any.

        Parameters
        ----------
        node : label, or int
            A label where the graph has them, else a number.
        direction : {'out', 'in', 'both'}
            Nodes that `node` links to, that link to it, or all of these.

        Returns
        -------
        list
            Each once, in the order of the nodes.

        Raises
        ------
        ValueError
            No such node; another direction.
        """
        if direction not in ("out", "in", "both"):
            msg = f"direction: got {direction!r}, needed 'out', 'in' or 'both'."
            raise ValueError(msg)
        at = self._place(node)
        start, source, _, _ = self._edges.rows()
        found = np.zeros(self.num_nodes, bool)
        if direction != "out":
            found[source[start[at] : start[at + 1]].astype(np.int64)] = True
        if direction != "in":
            places = np.flatnonzero(source == at)
            found[np.searchsorted(start, places, side="right") - 1] = True
        near = np.flatnonzero(found).tolist()
        return near if self.labels is None else [self.labels[i] for i in near]

    def to_scipy(self) -> Any:
        """Return the graph as a scipy.sparse CSR array: entry (i, j) is the weight of the edges from i to j together."""
        source, target, weight = self.edges()
        values = np.ones(len(source)) if weight is None else weight
        shape = (self.num_nodes, self.num_nodes)
        return importlib.import_module("scipy.sparse").csr_array((values, (source, target)), shape)

    def to_networkx(self) -> Any:
        """Return the graph as a networkx DiGraph, or MultiDiGraph where edges are repeated, with labels as its nodes."""
        networkx = importlib.import_module("networkx")
        source, target, weight = self.edges()
        pairs = source * np.int64(self.num_nodes) + target
        repeated = len(np.unique(pairs)) < len(pairs)
        made = networkx.MultiDiGraph() if repeated else networkx.DiGraph()
        names = range(self.num_nodes) if self.labels is None else self.labels
        made.add_nodes_from(names)
        ends = [(names[s], names[t]) for s, t in zip(source.tolist(), target.tolist(), strict=True)]
        if weight is None:
            made.add_edges_from(ends)
        else:
            made.add_weighted_edges_from(
                (s, t, w) for (s, t), w in zip(ends, weight.tolist(), strict=True)
            )
        return made

    def plot(self, *, ax: Any = None) -> Any:
        """Draw a small graph as circles and arrows; needs matplotlib."""
        names = None if self.labels is None else list(map(str, self.labels))
        return pictures().network(self, names=names, ax=ax)

    def __eq__(self, other: object) -> bool:
        """Tell whether two graphs have the same nodes, labels and edges, in whatever order they were given."""
        if not isinstance(other, ShownGraph):
            return NotImplemented
        if (self.num_nodes, self.num_edges) != (other.num_nodes, other.num_edges):
            return False
        return self.labels == other.labels and all(
            np.array_equal(a, b) for a, b in zip(self._sorted(), other._sorted(), strict=True)
        )

    def __hash__(self) -> int:
        """Equal graphs have equal numbers of nodes and edges."""
        return hash((self.num_nodes, self.num_edges))

    def _sorted(self) -> tuple[Array, ...]:
        source, target, weight = self.edges()
        values = np.ones(len(source)) if weight is None else weight
        order = np.lexsort((values, source, target))
        return source[order], target[order], values[order]

    def _place(self, node: Any) -> int:
        if self.labels is None:
            return as_index(node, "node", 0, self.num_nodes - 1)
        try:
            return self.labels.index(node)
        except ValueError:
            msg = f"node: got {node!r}, which is no label of this graph."
            raise ValueError(msg) from None

    def _repr_html_(self) -> str:
        """Return the summary for notebooks, beside a picture of a small graph."""
        table = super()._repr_html_()
        if not 0 < self.num_nodes <= MOST_NODES or self.num_edges > MOST_EDGES:
            return table
        source, target, _ = self.edges()
        names = list(map(str, range(self.num_nodes) if self.labels is None else self.labels))
        picture = svg(names, zip(source.tolist(), target.tolist(), strict=True))
        style = "display:flex;flex-wrap:wrap;gap:2em;align-items:center"
        return f'<div style="{style}">{picture}<div>{table}</div></div>'

    def _report(self) -> Report:
        """The size, and the nodes that most edges come to."""
        degrees = self.degrees()
        best = np.argsort(-degrees.incoming, kind="stable")[:_SHOWN]
        rows = [
            [
                str(i if self.labels is None else self.labels[i]),
                int(degrees.incoming[i]),
                int(degrees.outgoing[i]),
            ]
            for i in best
        ]
        facts = [("nodes", self.num_nodes), ("edges", self.num_edges)]
        facts += [("weighted", self.is_weighted), ("labels", self.labels is not None)]
        return Report("Graph", facts, ["node", "edges in", "edges out"], rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the edges by their names, and the labels."""
        return {**self.edges()._asdict(), "num_nodes": self.num_nodes, "labels": self.labels}

"""The networkx backend `mmlcore`: ``nx.pagerank(G, backend="mmlcore")``.

networkx finds it by the entry point `networkx.backends`. A graph is converted once (in C++, straight from networkx's
dicts) and networkx keeps the converted graph in its cache, until the graph changes.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import networkx as nx
import numpy as np

from mmlcore.core.arrays import Array
from mmlcore.core.errors import ConvergenceError
from mmlcore.graph import Graph
from mmlcore.graph import pagerank as solve

__all__ = ["Backend", "ConvertedGraph"]

Node = Hashable


class ConvertedGraph:
    """A networkx graph in the form of this backend.

    Attributes
    ----------
    graph : Graph
    weight : str or None
        The edge attribute that was read.
    """

    __networkx_backend__ = "mmlcore"

    def __init__(self, source: nx.Graph, weight: str | None) -> None:
        self.graph = Graph.from_networkx(source, weight)
        self.weight = weight
        self._unweighted: Graph | None = None
        self._directed, self._multi = source.is_directed(), source.is_multigraph()

    def with_weight(self, weight: str | None) -> Graph:
        """Return the graph with the weights that a call asks for.

        networkx hands out what was converted for another call as long as nothing is missing: for None a graph with weights,
        which are then left out.
        """
        if weight == self.weight:
            return self.graph
        if weight is not None:
            msg = f"weight: got {weight!r}, but this graph was converted with {self.weight!r}; convert the networkx graph again."
            raise ValueError(msg)
        if self._unweighted is None:
            start, source, *_ = self.graph._edges.rows()
            target = np.repeat(np.arange(len(self)), np.diff(start))
            plain = Graph.from_edges(source, target, num_nodes=len(self))
            plain.labels = self.graph.labels
            self._unweighted = plain
        return self._unweighted

    def is_directed(self) -> bool:
        """Tell whether the networkx graph was directed."""
        return bool(self._directed)

    def is_multigraph(self) -> bool:
        """Tell whether the networkx graph could hold parallel edges."""
        return bool(self._multi)

    def __len__(self) -> int:
        """Count the nodes."""
        return self.graph.num_nodes


class Backend:
    """What networkx calls.

    Attributes
    ----------
    calls : int
        How often a function of this backend has run, for those who want to see that it did.

    Examples
    --------
    >>> import networkx as nx
    >>> G = nx.DiGraph([("a", "b"), ("b", "a"), ("c", "a")])
    >>> {node: round(rank, 4) for node, rank in nx.pagerank(G, backend="mmlcore").items()}
    {'a': 0.4865, 'b': 0.4635, 'c': 0.05}
    """

    calls = 0

    @staticmethod
    def convert_from_nx(
        graph: nx.Graph, *, edge_attrs: Mapping[str, Any] | None = None, **_: Any
    ) -> ConvertedGraph:
        """Convert a networkx graph; of its attributes only the weight of the edges is read."""
        if len(edge_attrs or {}) > 1:
            raise NotImplementedError("one edge attribute, the weight, is read")
        return ConvertedGraph(graph, next(iter(edge_attrs or {}), None))

    @staticmethod
    def convert_to_nx(result: Any, **_: Any) -> Any:
        """Give results back as they are: they are plain dicts."""
        if isinstance(result, ConvertedGraph):
            raise NotImplementedError("a converted graph has no way back: keep the networkx graph")
        return result

    @staticmethod
    def can_run(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool | str:
        """Tell networkx which calls to leave to itself: those outside of what PageRank is defined for."""
        if name != "pagerank":
            return f"mmlcore has no {name}"
        alpha = kwargs.get("alpha", args[1] if len(args) > 1 else 0.85)
        return 0 <= alpha <= 1 or f"alpha = {alpha} is not a probability"

    @classmethod
    def pagerank(
        cls,
        G: ConvertedGraph,
        alpha: float = 0.85,
        personalization: Mapping[Node, float] | None = None,
        max_iter: int = 100,
        tol: float = 1e-6,
        nstart: Mapping[Node, float] | None = None,
        weight: str | None = "weight",
        dangling: Mapping[Node, float] | None = None,
    ) -> dict[Node, float]:
        """Rank the nodes, with the meaning that networkx gives each argument."""
        cls.calls += 1
        graph = G.with_weight(weight)
        labels = graph.labels or []
        n = len(labels)
        if n == 0:
            return {}
        if max_iter < 1:
            raise nx.PowerIterationFailedConvergence(max_iter)
        try:
            ranks = solve(
                graph,
                damping=alpha,
                personalization=_vector(personalization, labels),
                dangling=_vector(dangling, labels),
                start=_vector(nstart, labels),
                tol=min(tol, 2.0),
                max_iter=max_iter,
            ).ranks
        except ConvergenceError as error:
            result = error.result
            # networkx is content when a step changes the vector by less than n * tol.
            step = result.error * (1 - alpha) / alpha if 0 < alpha < 1 else result.error
            if not step < n * tol:
                raise nx.PowerIterationFailedConvergence(max_iter) from None
            ranks = result.ranks
        return dict(zip(labels, ranks.tolist(), strict=True))


def _vector(values: Mapping[Node, float] | None, labels: list[Node]) -> Array | None:
    """Return the values of the nodes; those that are not named have 0. All zero is networkx's ZeroDivisionError."""
    if values is None:
        return None
    vector = np.fromiter((values.get(node, 0) for node in labels), np.float64, len(labels))
    if vector.sum() == 0:
        raise ZeroDivisionError("the values of a vector over the nodes add up to zero")
    return vector

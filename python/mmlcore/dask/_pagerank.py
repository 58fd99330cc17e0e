"""PageRank on a Dask cluster: `mmlcore.dask.pagerank`.

The rows of the transposed matrix are cut into blocks that stay on the workers, and the vectors are cut at the same nodes. A
block keeps the list of the nodes from which its links come, so that in a step each block is sent those entries of the others'
parts and nothing else; the caller sees sums over ranges, which it adds in one order: the same bits however many blocks and
workers there are. A part that is lost with its worker is made again from what it was made of.
"""

from __future__ import annotations

from importlib import import_module
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_index, as_real, shape_error
from mmlcore.core.report import Report
from mmlcore.dask import _rank_parts as on_worker
from mmlcore.dask._tree import array_of, with_lengths
from mmlcore.graph import PageRank
from mmlcore.graph.ranking import check_range, not_converged

_FAN = 8  # summaries that are added at a time
_UNIT = float(np.finfo(np.float64).eps) / 2


class SpreadRanks(PageRank):
    """A PageRank whose `ranks` are a Dask array."""

    def _report(self) -> Report:
        facts = [("nodes", self.ranks.shape[0]), ("iterations", self.iterations)]
        return Report("PageRank", [*facts, ("error", self.error), ("converged", self.converged)])


class Plan(NamedTuple):
    """Who computes what: the cluster, the places of its workers, and where the nodes are cut."""

    client: Any
    places: list[str]
    nodes: int
    bounds: list[int]

    @property
    def cuts(self) -> list[tuple[int, int]]:
        """First node of each block, and the one after its last."""
        return list(pairwise(self.bounds))

    def submit(self, block: int, f: Any, *arguments: Any) -> Any:
        """Run a function where a block is, or elsewhere if that worker went away."""
        at = [self.places[block % len(self.places)]]
        return self.client.submit(f, *arguments, pure=False, workers=at, allow_other_workers=True)


def pagerank(
    source: Any,
    target: Any,
    *,
    weight: Any = None,
    num_nodes: int | None = None,
    damping: float = 0.85,
    personalization: ArrayLike | None = None,
    dangling: ArrayLike | None = None,
    start: ArrayLike | None = None,
    tol: float = 1e-8,
    max_iter: int = 1000,
    blocks: int | None = None,
    client: Any = None,
) -> PageRank:
    """Rank the nodes of a graph whose edges are spread over a Dask cluster.

    Parameters
    ----------
    source, target : dask.array of int, shape (m,)
        Edge i goes from source[i] to target[i]; numpy arrays are cut into chunks first.
    weight : dask.array of shape (m,), optional
        Non-negative, finite. Default: every edge counts 1.
    num_nodes : int, optional
        Default: one more than the largest index, for which the edges are read once more.
    damping : float, default 0.85
        As for `mmlcore.pagerank`.
    personalization, dangling, start : array_like or dask.array of shape (n,), optional
        As for `mmlcore.pagerank`; a Dask array is cut like the vectors and never whole in one place.
    tol, max_iter : float, int
        As for `mmlcore.pagerank`.
    blocks : int, optional
        How many blocks of rows, each of which is multiplied by its share of the cluster's threads. Default: one for each worker.
    client : distributed.Client, optional
        Default: the current one.

    Returns
    -------
    PageRank
        (ranks, iterations, error, converged), `ranks` a Dask array of shape (n,), float64, whose blocks lie on the workers:
        `ranks.compute()` brings them here, as long as the client is open.

    Raises
    ------
    ConvergenceError
        `max_iter` steps, or the accuracy of float64, did not suffice. Its `.result` is the last PageRank.
    ValueError, TypeError
        Arguments out of range, indices that are negative or too large, bad weights; no client.

    Notes
    -----
    Power iteration; `error` bounds the L1 distance to the true vector as `mmlcore.pagerank` explains. The vectors are cut like
    the links: no process holds one, and what the caller holds does not depend on the number of nodes. In a step a block is sent
    8 bytes for each node of another block from which a link leads into it, once, however many such links there are.
    Memory on the workers: 4 bytes a link (12 with weights; 8 and 16 from 2^31 nodes on), 40 a node, and 12 for each node that a
    block needs; while the blocks are made three times that for the links, and 5 a node in each block.
    Blocks lost with a worker are made again, from the first step on.

    Examples
    --------
    >>> import dask.array as da
    >>> import mmlcore.dask
    >>> from distributed import Client
    >>> with Client(n_workers=1, processes=False, dashboard_address=None) as client:
    ...     result = mmlcore.dask.pagerank(da.from_array([0, 1, 2, 2]), da.from_array([1, 2, 0, 1]))
    ...     ranks = result.ranks.compute()
    >>> ranks.round(3).tolist()
    [0.215, 0.397, 0.388]
    """
    client = _client(client)
    damping = as_real(damping, "damping", 0, 1)
    tol = as_real(tol, "tol", 0, 2)
    max_iter = as_index(max_iter, "max_iter", 1, 2**40)
    if blocks is not None:
        blocks = as_index(blocks, "blocks", 1)
    columns = _columns(source, target, weight)
    dask: Any = import_module("dask")
    if num_nodes is None:
        read = [dask.delayed(on_worker.top_id)(s, t) for s, t, _ in columns]
        num_nodes = 1 + max(client.gather(client.compute(read)), default=-1)
    n = as_index(num_nodes, "num_nodes", 0)
    if n == 0:
        return SpreadRanks(import_module("dask.array").empty(0), 0, 0.0, True)
    chunks = client.compute([dask.delayed(on_worker.pack)(*one, n) for one in columns])
    places = list(client.nthreads())
    shape = _sum(client, client.map(on_worker.counts, chunks, pure=False))
    plan = Plan(client, places, n, _cut(shape, n, blocks or max(1, len(places))))
    rows = _distribute(plan, chunks)
    del chunks
    given = (personalization, dangling, start)
    v, u, x = (
        _spread(plan, values, name)
        for values, name in zip(given, ("personalization", "dangling", "start"), strict=True)
    )
    rows, wanted, parts = _own(plan, rows, v, v if dangling is None else u, weight is not None)
    begun = v if start is None else x
    states = [plan.submit(k, on_worker.begin, part, begun[k], n) for k, part in enumerate(parts)]
    return _iterate(plan, (rows, wanted, parts), states, damping, tol, max_iter)


def _iterate(
    plan: Plan, graph: Any, states: list[Any], damping: float, tol: float, max_iter: int
) -> PageRank:
    """Follow x = T x until the certificate holds."""
    client, (rows, wanted, parts) = plan.client, graph
    cores = max(1, sum(client.nthreads().values()) // len(rows))
    best = np.inf
    _, total, dead, *_ = _sums(plan, states)
    for count in range(1, max_iter + 1):
        scale = 1 / total
        pieces = [
            [plan.submit(j, on_worker.piece, states[j], ids) for j, ids in enumerate(lists)]
            for lists in wanted
        ]
        states = [
            plan.submit(
                k,
                on_worker.step,
                rows[k],
                parts[k],
                states[k],
                pieces[k],
                scale,
                dead * scale,
                damping,
                plan.nodes,
                cores,
            )
            for k in range(len(rows))
        ]
        reached, total, dead, change, roundings = _sums(plan, states)
        rounding = _UNIT * (roundings + 24)
        grow = damping / (1 - damping) if damping < 1 else 1.0
        error = (grow * (change + rounding) + rounding + abs(1 - reached)) * (1 + 1e-9)
        stuck = change < 16 * _UNIT and error >= best
        if error <= tol or stuck or count == max_iter:
            break
        best = min(best, error)
    result = SpreadRanks(_ranks(plan, states, 1 / reached), count, error, error <= tol)
    if not result.converged:
        raise not_converged(result, tol, max_iter)
    return result


def _sums(plan: Plan, states: list[Any]) -> list[float]:
    some = [plan.submit(k, on_worker.sums, state) for k, state in enumerate(states)]
    return [float(x) for x in np.concatenate(plan.client.gather(some), axis=1).sum(axis=1)]


def _ranks(plan: Plan, states: list[Any], scale: float) -> Any:
    """Return the ranks as a Dask array whose blocks lie where they were computed."""
    name = f"ranks-{states[0].key}"
    found = [plan.submit(k, on_worker.ranks, state, scale) for k, state in enumerate(states)]
    import_module("distributed").wait(found)
    graph = {(name, k): block for k, block in enumerate(found)}
    sizes = (tuple(last - first for first, last in plan.cuts),)
    return import_module("dask.array").Array(graph, name, sizes, np.float64)


def _client(client: Any) -> Any:
    distributed: Any = import_module("distributed")
    if client is not None and not hasattr(client, "submit"):
        msg = f"client: got {type(client).__name__}, needed a Client of distributed."
        raise TypeError(msg)
    try:
        return distributed.get_client() if client is None else client
    except ValueError:
        msg = "client: there is none; make one first: `client = distributed.Client(...)`."
        raise ValueError(msg) from None


def _columns(source: Any, target: Any, weight: Any) -> list[tuple[Any, Any, Any]]:
    """Return the chunks of the columns, cut in the same places, which are not read yet."""
    s = with_lengths(array_of(source))
    if s.ndim != 1:
        raise shape_error("source", s.shape, "1 axis: an index for each edge")
    columns = [s]
    for name, column in (("target", target), ("weight", weight)):
        if column is None:
            continue
        array = with_lengths(array_of(column))
        if array.shape != s.shape:
            raise shape_error(name, array.shape, f"{s.shape}, as many as source")
        columns.append(array.rechunk(s.chunks))
    chunks = [column.to_delayed().ravel().tolist() for column in columns]
    if weight is None:
        chunks.append([None] * len(chunks[0]))
    return list(zip(*chunks, strict=True))


def _sum(client: Any, summaries: list[Any]) -> Array:
    """Add summaries in a tree of fixed form."""
    while len(summaries) > 1:
        groups = [summaries[i : i + _FAN] for i in range(0, len(summaries), _FAN)]
        summaries = [client.submit(on_worker.add, *group, pure=False) for group in groups]
    return summaries[0].result()  # type: ignore[no-any-return]


def _cut(shape: Array, nodes: int, parts: int) -> list[int]:
    """Bounds of blocks with about as many links each, at multiples of the counted ranges."""
    width = on_worker.width(nodes)
    done = np.concatenate(([0], np.cumsum(shape + width)))
    cuts = np.searchsorted(done, np.linspace(0, done[-1], parts + 1)[1:-1])
    bounds = [0, *(int(a) * width for a in cuts), nodes]
    return sorted({min(bound, nodes) for bound in bounds})


def _distribute(plan: Plan, chunks: list[Any]) -> list[Any]:
    """Send each block's links to one worker, and sort them there; the blocks stay."""
    width, blocks = on_worker.width(plan.nodes), []
    for k, (first, last) in enumerate(plan.cuts):
        ranges = first // width, -(-last // width)
        parts = [plan.client.submit(on_worker.pick, one, *ranges, pure=False) for one in chunks]
        blocks.append(plan.submit(k, on_worker.assemble, parts, first, last, plan.nodes))
    return blocks


def _spread(plan: Plan, values: Any, name: str) -> list[Any]:
    """Cut a distribution over the nodes like them, and scale it to sum 1."""
    if values is None:
        return [None] * len(plan.cuts)
    array = with_lengths(array_of(values))
    if array.shape != (plan.nodes,):
        raise shape_error(name, array.shape, f"({plan.nodes},), one for each node")
    cut = array.rechunk((tuple(last - first for first, last in plan.cuts),))
    parts = plan.client.compute(cut.to_delayed().ravel().tolist())
    seen = plan.client.gather(
        [plan.submit(k, on_worker.extremes, part, name) for k, part in enumerate(parts)]
    )
    least, top = np.min([low for low, _ in seen]), np.max([high for _, high in seen])
    check_range(least, top, name)
    weights = [
        plan.submit(k, on_worker.weigh, part, top, plan.nodes) for k, part in enumerate(parts)
    ]
    total = np.concatenate(plan.client.gather(weights)).sum()
    return [plan.submit(k, on_worker.share, part, top, total) for k, part in enumerate(parts)]


def _own(
    plan: Plan, rows: list[Any], v: list[Any], u: list[Any], weighted: bool
) -> tuple[Any, Any, Any]:
    """Tell the blocks who needs what of them, and sum what leaves their nodes."""
    cuts = list(enumerate(plan.cuts))
    wanted = [
        [plan.submit(k, on_worker.wants, row, *cut) for _, cut in cuts]
        for k, row in enumerate(rows)
    ]

    def collected(f: Any) -> list[list[Any]]:
        """For each block, what all say about its nodes."""
        values = [plan.submit(k, f, row) for k, row in enumerate(rows)]
        return [
            [plan.submit(k, on_worker.section, row, values[k], *cut) for k, row in enumerate(rows)]
            for _, cut in cuts
        ]

    about = list(zip(*wanted, strict=True))  # who needs what of block j
    sizes = [last - first for first, last in plan.cuts]
    if weighted:
        tops = collected(on_worker.greatest)
        units = [plan.submit(j, on_worker.unit, list(about[j]), tops[j], sizes[j]) for j, _ in cuts]
        rows = [
            plan.submit(
                k,
                on_worker.scaled,
                row,
                [plan.submit(j, on_worker.at, units[j], wanted[k][j]) for j, _ in cuts],
            )
            for k, row in enumerate(rows)
        ]
    given = collected(on_worker.leaving)
    parts = [
        plan.submit(j, on_worker.own, list(about[j]), given[j], sizes[j], v[j], u[j])
        for j, _ in cuts
    ]
    return rows, wanted, parts

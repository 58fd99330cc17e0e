"""PageRank on a Dask cluster: `mmlcore.dask.pagerank`.

The rows of the transposed matrix are cut into blocks that stay on the workers. In a step each worker is sent one vector and
returns its part of the next; the sums that belong to all are taken by the caller, in one order, so that the result has the
same bits however many blocks and workers there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from importlib import import_module
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_index, as_real, in_order, shape_error
from mmlcore.core.threads import threads
from mmlcore.dask._tree import array_of, with_lengths
from mmlcore.graph import PageRank
from mmlcore.graph.columns import check_columns
from mmlcore.graph.ranking import distribution, not_converged

_FAN = 8  # summaries that are added at a time
_UNIT = float(np.finfo(np.float64).eps) / 2


class Rows(NamedTuple):
    """A block of rows on a worker."""

    start: Array
    source: Array
    weight: Array | None


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
    damping, personalization, dangling, start, tol, max_iter : float, array_like, array_like, array_like, float, int
        As for `mmlcore.pagerank`; one personalization of shape (n,).
    blocks : int, optional
        How many blocks of rows. Default: one for each thread of the cluster.
    client : distributed.Client, optional
        Default: the current one.

    Returns
    -------
    PageRank
        (ranks, iterations, error, converged), `ranks` of shape (n,), float64.

    Raises
    ------
    ConvergenceError
        `max_iter` steps, or the accuracy of float64, did not suffice. Its `.result` is the last PageRank.
    ValueError, TypeError
        Arguments out of range, indices that are negative or too large, bad weights; no client.

    Notes
    -----
    Power iteration; `error` bounds the L1 distance to the true vector as `mmlcore.pagerank` explains. A task uses one thread:
    Dask runs as many tasks as a worker has threads. Memory: 8 bytes a link (16 with weights) on the workers, about 60 bytes a
    node on the caller, 16 on each worker. Each step sends 8 bytes a node to each worker and as much back in all.

    Examples
    --------
    >>> import dask.array as da
    >>> import mmlcore.dask
    >>> from distributed import Client
    >>> with Client(n_workers=1, processes=False, dashboard_address=None) as client:
    ...     result = mmlcore.dask.pagerank(da.from_array([0, 1, 2, 2]), da.from_array([1, 2, 0, 1]))
    >>> result.ranks.round(3).tolist()
    [0.215, 0.397, 0.388]
    """
    client = _client(client)
    damping = as_real(damping, "damping", 0, 1)
    tol = as_real(tol, "tol", 0, 2)
    max_iter = as_index(max_iter, "max_iter", 1, 2**40)
    parts = as_index(blocks, "blocks", 1) if blocks is not None else _slots(client)
    chunks = _chunks(client, source, target, weight)
    if num_nodes is None:
        tops = client.gather(client.map(_top, *_columns(chunks), pure=False))
        num_nodes = 1 + max(tops, default=-1)
    n = as_index(num_nodes, "num_nodes", 0)
    out, shape = _sum(client, client.map(_count, *_columns(chunks), nodes=n, pure=False))
    if n == 0:
        return PageRank(np.empty(0), 0, 0.0, True)
    bounds = _cut(shape, n, parts)
    factors = _factors(out)
    if factors is not None:  # weights in any unit: their shares alone count
        sent = client.scatter(factors, broadcast=True, hash=False)
        chunks = [(s, t, client.submit(_times, s, w, sent, pure=False)) for s, t, w in chunks]
        out, _ = _sum(client, client.map(_count, *_columns(chunks), nodes=n, pure=False))
    rows = _distribute(client, chunks, bounds)
    return _iterate(client, rows, out, damping, personalization, dangling, start, tol, max_iter)


def _factors(out: Array) -> Array | None:
    """Return powers of two that bring the weights out of each node near 1, where some are far from it; None where none is."""
    if not ((out > 0) & ~((out > 2.0**-60) & (out < 2.0**60))).any():
        return None
    powers = np.where(np.isfinite(out), np.clip(np.frexp(out)[1], -1000, 1000), 1000)
    return np.asarray(np.ldexp(1.0, -powers))


def _iterate(
    client: Any,
    rows: list[Any],
    out: Array,
    damping: float,
    personalization: ArrayLike | None,
    dangling: ArrayLike | None,
    start: ArrayLike | None,
    tol: float,
    max_iter: int,
) -> PageRank:
    """Follow x = T x until the certificate holds."""
    n = len(out)
    uniform = np.full(n, 1 / n)
    v = uniform if personalization is None else distribution(personalization, "personalization", n)
    u = v if dangling is None else distribution(dangling, "dangling", n)
    x = v if start is None else distribution(start, "start", n)
    live = out > 0
    best = np.inf
    for step in range(1, max_iter + 1):
        z = np.divide(x, out, out=np.zeros(n), where=live)
        sent = client.scatter(z, broadcast=True, hash=False)
        done = client.gather([client.submit(_multiply, block, sent, pure=False) for block in rows])
        y = damping * (np.concatenate([part for part, _ in done]) + x[~live].sum() * u)
        y += (1 - damping) * v
        y /= y.sum()
        change = float(np.abs(y - x).sum())
        rounding = _UNIT * (sum(longest for _, longest in done) + 16)
        grow = damping / (1 - damping) if damping < 1 else 1.0
        error = (grow * (change + rounding) + rounding) * (1 + 1e-9)
        result = PageRank(y, step, error, error <= tol)
        if result.converged:
            return result
        if change < 16 * _UNIT and error >= best:
            break
        best = min(best, error)
        # With damping 1 the lazy walk, which has a limit on periodic graphs too.
        x = y if damping < 1 else (x + y) / 2
    raise not_converged(result, tol, max_iter)


# What runs on a worker: functions of numpy arrays and of Rows.


def _top(s: Array, t: Array, _w: Array | None) -> int:
    return max((int(column.max()) for column in (s, t) if column.size), default=-1)


def _count(s: Array, t: Array, w: Array | None, *, nodes: int) -> tuple[Array, Array]:
    """Sum the weights out of each node, and count the targets in a few thousand ranges of rows."""
    s, t, w, _ = check_columns(s, t, w, nodes, "keep")
    _check(s, "source", nodes)
    _check(t, "target", nodes)
    if w is not None and not (np.isfinite(w).all() and (w >= 0).all()):
        bad = w[~(np.isfinite(w) & (w >= 0))][0]
        msg = f"weight: got {bad}, needed finite and non-negative weights."
        raise ValueError(msg)
    out = np.bincount(s, weights=w, minlength=nodes).astype(np.float64)
    return out, np.bincount(t // _width(nodes), minlength=-(-nodes // _width(nodes)))


def _times(s: Array, w: Array, factors: Array) -> Array:
    """Multiply the weights of a chunk by the factors of their sources."""
    return np.asarray(np.asarray(w, np.float64) * factors[np.asarray(s)])


def _check(ids: Array, name: str, nodes: int) -> None:
    bad = ids[(ids < 0) | (ids >= nodes)]
    if bad.size:
        msg = f"{name}: got node {bad[0]}, needed 0 to {nodes - 1}."
        raise ValueError(msg)


def _width(nodes: int) -> int:
    return max(1, nodes // 4096)


def _add(*summaries: tuple[Array, Array]) -> tuple[Array, Array]:
    return reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]), summaries)


def _split(s: Array, t: Array, w: Array | None, *, bounds: list[int]) -> list[tuple[Any, ...]]:
    """Part the edges of a chunk by the block of their target."""
    block = np.searchsorted(bounds, t, side="right") - 1
    order = np.argsort(block, kind="stable")
    ends = np.searchsorted(block[order], np.arange(len(bounds)))
    return [
        (s[some], t[some], None if w is None else w[some])
        for some in (order[a:b] for a, b in pairwise(ends))
    ]


def _pick(parts: list[Any], k: int) -> Any:
    return parts[k]


def _assemble(parts: list[tuple[Any, ...]], first: int, rows: int) -> Rows:
    """Make a block of rows of what the chunks hold of it, in their order."""
    s = np.concatenate([np.asarray(part[0], np.int64) for part in parts])
    t = np.concatenate([np.asarray(part[1], np.int64) for part in parts]) - first
    weighted = parts[0][2] is not None
    w = np.concatenate([np.asarray(part[2], np.float64) for part in parts]) if weighted else None
    return Rows(*_core.sort_rows(s, t, w, rows))


def _multiply(block: Rows, z: Array) -> tuple[Array, float]:
    """Return the block's part of A x, and how many roundings its terms pass, weighted with the sums."""
    with threads(1):
        start, source, z = in_order(block.start), in_order(block.source), in_order(z)
        weight = None if block.weight is None else in_order(block.weight)
        y = _core.multiply_rows(start, source, weight, z)
    return y, float(((np.diff(block.start) // 4 + 12) * y).sum())


# What the caller does with them.


def _client(client: Any) -> Any:
    distributed: Any = import_module("distributed")
    try:
        return distributed.get_client() if client is None else client
    except ValueError:
        msg = "client: there is none; make one first: `client = distributed.Client(...)`."
        raise ValueError(msg) from None


def _slots(client: Any) -> int:
    return max(1, int(sum(client.nthreads().values())))


def _chunks(client: Any, source: Any, target: Any, weight: Any) -> list[tuple[Any, Any, Any]]:
    """Return the chunks of the columns as futures, cut in the same places."""
    s = with_lengths(array_of(source))
    columns = [s]
    for name, column in (("target", target), ("weight", weight)):
        if column is None:
            continue
        array = with_lengths(array_of(column))
        if array.shape != s.shape or s.ndim != 1:
            raise shape_error(name, array.shape, f"{s.shape}, as many as source, 1 axis")
        columns.append(array.rechunk(s.chunks))
    futures: list[list[Any]] = [
        client.compute(column.to_delayed().ravel().tolist()) for column in columns
    ]
    if weight is None:
        futures.append([None] * len(futures[0]))
    return list(zip(*futures, strict=True))


def _columns(chunks: Iterable[tuple[Any, Any, Any]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*chunks, strict=True))


def _sum(client: Any, summaries: list[Any]) -> tuple[Array, Array]:
    """Add summaries in a tree of fixed form."""
    while len(summaries) > 1:
        groups = [summaries[i : i + _FAN] for i in range(0, len(summaries), _FAN)]
        summaries = [client.submit(_add, *group, pure=False) for group in groups]
    return summaries[0].result()  # type: ignore[no-any-return]


def _cut(shape: Array, nodes: int, parts: int) -> list[int]:
    """Bounds of blocks with about as many links each, at multiples of the counted ranges."""
    done = np.concatenate(([0], np.cumsum(shape + _width(nodes))))
    at = np.searchsorted(done, np.linspace(0, done[-1], parts + 1)[1:-1])
    bounds = [0, *(int(a) * _width(nodes) for a in at), nodes]
    return sorted({min(bound, nodes) for bound in bounds})


def _distribute(client: Any, chunks: list[Any], bounds: list[int]) -> list[Any]:
    """Send each block's links to one worker, and sort them there; the blocks stay."""
    split = client.map(_split, *_columns(chunks), bounds=bounds, pure=False)
    blocks = []
    for k, (first, last) in enumerate(pairwise(bounds)):
        parts = [client.submit(_pick, one, k, pure=False) for one in split]
        blocks.append(client.submit(_assemble, parts, first, last - first, pure=False))
    return blocks

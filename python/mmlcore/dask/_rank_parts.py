"""What runs on a worker for `mmlcore.dask.pagerank`: functions of numpy arrays and of the small tuples that hold them.

Nodes are cut at multiples of a width that depends on their number alone, and every sum that belongs to all nodes is made of
sums over the ranges of this width, in one order: the same bits however many blocks and workers there are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, in_order
from mmlcore.core.threads import threads
from mmlcore.graph.columns import check_columns

_RANGES = 4096
_LIMB = 2.0**26  # sums of a chain of such digits are exact, so that no order changes them


class Chunk(NamedTuple):
    """Links of a chunk in the order of their targets' ranges, of which `ends` tells the places."""

    source: Array
    target: Array
    weight: Array | None
    ends: Array


class Block(NamedTuple):
    """Rows of the transposed matrix; `source` counts in `needed`, the nodes that a link into these rows leaves."""

    start: Array
    source: Array
    weight: Array | None
    needed: Array
    passes: Array  # how many roundings a term of each row goes through


class Part(NamedTuple):
    """What stays the same of the nodes of a block; None where the distribution is uniform."""

    share: Array  # what each link gets of its node, 0 where none leaves
    dead: Array  # which those are
    v: Array | None
    u: Array | None


class State(NamedTuple):
    """The vector of a step, up to a factor that the caller knows: where the next step starts, and that by weights out."""

    x: Array
    z: Array
    y: Array | None  # what was reached, where the next step does not start there
    sums: Array  # (5, ranges): of y, of x, of x where no link leaves, of the change, of roundings


def width(nodes: int) -> int:
    """Return how many nodes a range has."""
    return max(1, nodes // _RANGES)


def range_sums(x: Array, nodes: int) -> Array:
    """Sum a part of a vector of so many nodes by ranges."""
    step = width(nodes)
    whole = len(x) // step * step
    sums = x[:whole].reshape(-1, step).sum(axis=1)
    return sums if whole == len(x) else np.append(sums, x[whole:].sum())


def top_id(s: Array, t: Array) -> int:
    """Return the largest index, -1 of none."""
    return max((int(column.max()) for column in map(np.asarray, (s, t)) if column.size), default=-1)


def pack(s: Array, t: Array, w: Array | None, nodes: int) -> Chunk:
    """Check a chunk of links and sort it by ranges of targets, with short indices where they suffice."""
    s, t, w, _ = check_columns(s, t, w, 0, "keep")
    for ids, name in ((s, "source"), (t, "target")):
        bad = ids[(ids < 0) | (ids >= nodes)]
        if bad.size:
            msg = f"{name}: got node {bad[0]}, needed 0 to {nodes - 1}."
            raise ValueError(msg)
    if w is not None and not (np.isfinite(w).all() and (w >= 0).all()):
        bad = w[~(np.isfinite(w) & (w >= 0))][0]
        msg = f"weight: got {bad}, needed finite and non-negative weights."
        raise ValueError(msg)
    ranges = (t // width(nodes)).astype(np.uint16)
    order = np.argsort(ranges, kind="stable")
    ends = np.concatenate(
        ([0], np.cumsum(np.bincount(ranges, minlength=-(-nodes // width(nodes)))))
    )
    short = np.int32 if nodes < 2**31 else np.int64
    kept = None if w is None else w[order].astype(np.float64, copy=False)
    return Chunk(s[order].astype(short), t[order].astype(short), kept, ends)


def counts(chunk: Chunk) -> Array:
    """Return the number of links into each range."""
    return np.diff(chunk.ends)


def add(*summaries: Array) -> Array:
    """Add arrays in their order."""
    return np.sum(summaries, axis=0)  # type: ignore[no-any-return]


def pick(chunk: Chunk, first: int, last: int) -> tuple[Array, Array, Array | None]:
    """Return the links into some ranges."""
    some = slice(int(chunk.ends[first]), int(chunk.ends[last]))
    weight = None if chunk.weight is None else chunk.weight[some].copy()
    return chunk.source[some].copy(), chunk.target[some].copy(), weight


def assemble(
    parts: list[tuple[Array, Array, Array | None]], first: int, last: int, nodes: int
) -> Block:
    """Make a block of rows of what the chunks hold of it, in their order."""
    parts = [(in_order(s), in_order(t), None if w is None else in_order(w)) for s, t, w in parts]
    seen = np.zeros(nodes, bool)
    for source, _, _ in parts:
        seen[source] = True
    needed = np.flatnonzero(seen).astype(parts[0][0].dtype)
    number = np.cumsum(seen, dtype=needed.dtype)
    number -= 1
    start, source, weight = _core.sort_rows(parts, number, first, last - first)
    passes = np.diff(start)
    passes //= 4
    passes += 12
    return Block(start, source, weight, needed, passes.astype(np.float32))


def wants(block: Block, first: int, last: int) -> Array:
    """Return which of the nodes of another block this one needs, counted from its first."""
    a, b = np.searchsorted(block.needed, (first, last))
    return block.needed[a:b] - block.needed.dtype.type(first)  # type: ignore[no-any-return]


def greatest(block: Block) -> Array:
    """Return the greatest weight out of each needed node into this block."""
    assert block.weight is not None
    top = np.zeros(len(block.needed))
    np.maximum.at(top, block.source, block.weight)
    return top


def unit(wanted: list[Array], tops: list[Array], size: int) -> Array:
    """Return powers of two that bring the greatest weight out of each node into [0.5, 1)."""
    top = np.zeros(size)
    for ids, values in zip(wanted, tops, strict=True):
        top[ids] = np.maximum(top[ids], values)
    return -np.frexp(top)[1]


def scaled(block: Block, powers: list[Array]) -> Block:
    """Multiply the weights by the powers of two of their sources: shares alone count, so weights may have any unit."""
    assert block.weight is not None
    return block._replace(weight=np.ldexp(block.weight, np.concatenate(powers)[block.source]))


def leaving(block: Block) -> Array:
    """Sum what leaves each needed node into this block: links, or three digits of weights up to 1, each sum exact."""
    size = len(block.needed)
    if block.weight is None:
        return np.bincount(block.source, minlength=size)[None].astype(np.float64)
    digits, rest = [], block.weight
    for _ in range(3):
        rest = rest * _LIMB
        whole = np.floor(rest)
        digits.append(np.bincount(block.source, weights=whole, minlength=size))
        rest -= whole
    return np.array(digits)


def section(block: Block, values: Array, first: int, last: int) -> Array:
    """Return those of values at the needed nodes that belong to another block."""
    a, b = np.searchsorted(block.needed, (first, last))
    return np.ascontiguousarray(values[..., a:b])


def at(values: Array, ids: Array) -> Array:
    """Return some of the values."""
    return values[ids]


def own(wanted: list[Array], given: list[Array], size: int, v: Any, u: Any) -> Part:
    """Sum what leaves the nodes of a block into all others."""
    digits = np.zeros((len(given[0]), size))
    for ids, values in zip(wanted, given, strict=True):
        digits[:, ids] += values
    out = digits[0]
    if len(digits) > 1:
        out = ((digits[2] / _LIMB + digits[1]) / _LIMB + digits[0]) / _LIMB
    dead = out == 0
    return Part(np.divide(1.0, out, out=np.zeros(size), where=~dead), dead, v, u)


def extremes(values: Any, name: str) -> tuple[float, float]:
    """Return least and greatest of a part of a distribution."""
    p = as_array(values, name)
    return (float(p.min()), float(p.max())) if p.size else (np.inf, -np.inf)


def weigh(values: Any, top: float, nodes: int) -> Array:
    """Sum a part of a distribution by ranges, in units of its greatest number."""
    return range_sums(np.asarray(values, np.float64) / top, nodes)


def share(values: Any, top: float, total: float) -> Array:
    """Scale a part of a distribution to sum 1 over all."""
    return np.asarray(values, np.float64) / top / total


def begin(part: Part, start: Array | None, nodes: int) -> State:
    """Return the state before the first step."""
    return _state(part, np.full(len(part.dead), 1 / nodes) if start is None else start, nodes)


def _state(part: Part, x: Array, nodes: int, y: Array | None = None, *more: Array) -> State:
    total, dead = range_sums(x, nodes), range_sums(x * part.dead, nodes)
    reached = total if y is None else range_sums(y, nodes)
    sums = np.array([reached, total, dead, *(more or (total, total))])
    return State(x, x * part.share, y, sums)


def piece(state: State, ids: Array) -> Array:
    """Return what another block needs of the vector."""
    return state.z[ids]


def sums(state: State) -> Array:
    """Return the sums over ranges."""
    return state.sums


def step(
    block: Block,
    part: Part,
    before: State,
    pieces: list[Array],
    scale: float,
    lost: float,
    damping: float,
    nodes: int,
    cores: int,
) -> State:
    """Take a step: `scale` brings the vector to sum 1, `lost` is then the sum where no link leaves."""
    with threads(cores):
        start, source = in_order(block.start), in_order(block.source)
        weight = None if block.weight is None else in_order(block.weight)
        y = _core.multiply_rows(start, source, weight, np.concatenate(pieces))
    roundings = range_sums(block.passes * y, nodes) * scale
    y *= damping * scale
    everywhere = 0.0
    for much, where in ((damping * lost, part.u), (1 - damping, part.v)):
        if where is None:
            everywhere += much / nodes
        else:
            y += much * where
    y += everywhere
    x = before.x * scale
    change = np.subtract(y, x)
    change = range_sums(np.abs(change, out=change), nodes)
    if damping < 1:
        return _state(part, y, nodes, None, change, roundings)
    # With damping 1 the lazy walk, which has a limit on periodic graphs too.
    x += y
    x /= 2
    return _state(part, x, nodes, y, change, roundings)


def ranks(state: State, scale: float) -> Array:
    """Return the ranks that a step reached."""
    return (state.x if state.y is None else state.y) * scale

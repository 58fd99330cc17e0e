"""Views and assignment of traced arrays: elements that are assigned to come from other nodes, and views follow their base."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array


class View:
    """What a symbol is that shares its elements with another one, as numpy's slices and transposes do."""

    __slots__ = ("_places", "base", "seen")

    def __init__(self, base: Any, places: Array | tuple[int, ...]) -> None:
        self.base, self._places = base, places
        self.seen = changes_of(base)

    @property
    def places(self) -> Array:
        """The numbers of the elements in the base; made when they are asked for, of a view of all in another shape."""
        if type(self._places) is tuple:
            self._places = np.arange(self.base.size, dtype=np.int32).reshape(self._places)
        return self._places  # type: ignore[return-value]


class Own:
    """What was assigned to a symbol: element i is number order[i] of all sources, one after the other."""

    __slots__ = ("changes", "frozen", "order", "sources", "starts")

    def __init__(self, frozen: bool = False) -> None:
        self.frozen = frozen  # an argument: never assigned to
        self.changes = 0
        self.order: Any = None
        self.sources: list[int] = []
        self.starts: list[int] = []


def reshaped(x: Any, shape: Any) -> Any:
    """Return all of a symbol in another shape, which is a view; None where numpy has to see to it."""
    if type(x.state) is View or any(type(n) is not int for n in shape):
        return None
    rest = math.prod(n for n in shape if n != -1)
    whole = tuple(x.size // rest if n == -1 and rest else n for n in shape)
    if list(shape).count(-1) > 1 or math.prod(whole) != x.size or min(whole, default=0) < 0:
        return None
    result = type(x)(x.tape, x.id, whole)
    result.state = View(x, whole)
    return result


def changes_of(x: Any) -> int:
    """Return how often a symbol was assigned to."""
    return x.state.changes if type(x.state) is Own else 0


def places_of(x: Any) -> tuple[Any, Array]:
    """Return the symbol whose elements x has, and where they are."""
    if type(x.state) is View:
        return x.state.base, x.state.places
    return x, np.arange(x.size, dtype=np.int32).reshape(x.shape)


def current(x: Any) -> int:
    """Return the node of a symbol that is a view, or was assigned to."""
    state = x.state
    if type(state) is View:
        if state.seen != (changes := changes_of(state.base)):
            x.node = picked(state.base, np.ravel(state.places))
            state.seen = changes
    elif state.order is not None:
        x.node = picked(x, state.order, direct=True)
        state.order = None
    return x.node  # type: ignore[no-any-return]


def picked(x: Any, index: Array, direct: bool = False) -> int:
    """Return the node of elements of a symbol that is no view; `direct`: of its sources."""
    graph, state = x.tape.graph, x.state
    if type(state) is not Own or state.order is None:
        return graph.gather(x.node, index)  # type: ignore[no-any-return]
    places = index if direct else state.order[index]
    # The sources that are needed, and where they are then.
    which = np.searchsorted(state.starts, places, side="right") - 1
    used = np.unique(which)
    sizes = [graph.size(state.sources[i]) for i in used.tolist()]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    moved = places - np.asarray(state.starts)[which] + starts[np.searchsorted(used, which)]
    whole = graph.concat([state.sources[i] for i in used.tolist()])
    return graph.gather(whole, moved.astype(np.int32))  # type: ignore[no-any-return]


def element(x: Any, i: int) -> int:
    """Return the node of one element."""
    state = x.state
    if type(state) is Own and state.order is not None:
        place = int(state.order[i])
        k = bisect_right(state.starts, place) - 1
        return x.tape.graph.element(state.sources[k], place - state.starts[k])  # type: ignore[no-any-return]
    node = x.id if type(state) is View else x.node
    return x.tape.graph.element(node, i)  # type: ignore[no-any-return]


def put(x: Any, where: Array, value: Any) -> None:
    """Put values, which are broadcast, at these places of a symbol that is no view."""
    shape = value.shape
    while len(shape) > where.ndim and shape[0] == 1:  # as numpy drops axes of length 1 in front
        shape = shape[1:]
    index = np.broadcast_to(np.arange(value.size, dtype=np.int64).reshape(shape), where.shape)
    node = value.id
    if x.state is None:
        x.state = Own()
    state = x.state
    if state.order is None:
        state.order = np.arange(x.size, dtype=np.int64)
        state.sources, state.starts = [x.node], [0]
    last = state.starts[-1] + x.tape.graph.size(state.sources[-1])
    state.sources.append(node)
    state.starts.append(last)
    state.order[where] = index + last
    state.changes += 1


def update(x: Any, result: Any) -> Any:
    """Put the result of ``x += y`` and its like into x; numbers, which cannot change, are replaced."""
    if not x.shape:
        return result
    if result.shape != x.shape:
        msg = (
            f"non-broadcastable output operand with shape {x.shape} doesn't match the broadcast "
            f"shape {result.shape}"
        )
        raise ValueError(msg)
    put(*places_of(x), result)
    return x

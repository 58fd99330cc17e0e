"""Blocks of rows of a Dask array, and summaries of them merged in a tree whose form depends on their number alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from mmlcore.core.arrays import shape_error
from mmlcore.core.threads import threads

_FAN = 8  # summaries that are merged at a time


def array_of(x: Any) -> Any:
    """Return a Dask array of a Dask frame or column, whose partitions may be of unknown lengths, or of what Dask takes for one."""
    da: Any = import_module("dask.array")
    given = x.to_dask_array() if hasattr(x, "to_dask_array") else x
    if isinstance(given, da.Array):
        return given
    values = np.asarray(given)
    return da.from_array(values, chunks=-1 if values.dtype.kind == "O" else "auto")


def has_lengths(x: Any) -> bool:
    """Tell whether it is known how many rows each block has."""
    return not x.ndim or not any(math.isnan(size) for size in x.chunks[0])


def with_lengths(x: Any) -> Any:
    """Return an array whose blocks have known lengths: where they are not, they are counted, which reads the data once."""
    return x if has_lengths(x) else x.copy().compute_chunk_sizes()


def blocks_of(x: Any, name: str) -> list[Any]:
    """Return the blocks of rows (m_i, d) of a Dask array as delayed arrays; numpy arrays are cut by Dask's own rule."""
    array = array_of(x)
    if array.ndim != 2:
        raise shape_error(name, array.shape, "2 axes, (points, features)")
    whole = array if len(array.chunks[1]) == 1 else array.rechunk({1: -1})
    return list(whole.to_delayed().ravel())


def merged(leaf: Callable[..., Any], merge: Callable[..., Any], blocks: list[Any]) -> Any:
    """Return the delayed merger of the leaves of all blocks, each leaf on one thread."""
    delayed: Any = import_module("dask").delayed
    level = [delayed(on_one_thread)(leaf, block) for block in blocks]
    while len(level) > 1:
        level = [
            delayed(on_one_thread)(merge, *level[i : i + _FAN]) for i in range(0, len(level), _FAN)
        ]
    return level[0]


def on_one_thread(f: Callable[..., Any], *arguments: Any) -> Any:
    """Dask runs as many tasks as a worker has threads: each keeps to its own."""
    with threads(1):
        return f(*arguments)

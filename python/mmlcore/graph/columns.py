"""Columns of edges as `Graph.from_edges` takes them: checked, and read in place wherever a kernel can."""

from __future__ import annotations

import contextlib
import os

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_index, shape_error, to_ndarray
from mmlcore.graph._store import is_mapped

_BYTES_PER_NODE = 48  # the graph and the vectors of a PageRank


def check_columns(
    source: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None,
    num_nodes: int | None = None,
    combine: str = "keep",
) -> tuple[Array, Array, Array | None, int]:
    """Check what `Graph.from_edges` takes; the ids and the weights themselves are checked by the kernel."""
    s, t = _indices(source, "source"), _indices(target, "target")
    if s.shape != t.shape:
        raise shape_error("target", t.shape, f"{s.shape}, as many as source")
    w = None if weight is None else check_weights(weight, len(s))
    nodes = _count(s, t) if num_nodes is None else as_index(num_nodes, "num_nodes", 0)
    check_size(nodes)
    if combine not in ("keep", "sum", "first"):
        msg = f"combine: got {combine!r}, needed 'keep', 'sum' or 'first'."
        raise ValueError(msg)
    return s, t, w, nodes


def _indices(values: ArrayLike, name: str) -> Array:
    a = values if isinstance(values, np.memmap) else to_ndarray(values, name)
    # Integers of pandas that could be missing.
    if a.dtype.kind == "O" and hasattr(values, "to_numpy"):
        with contextlib.suppress(TypeError, ValueError):
            a = values.to_numpy(dtype=np.int64)
    if a.size == 0 and a.dtype.kind == "f":
        a = a.astype(np.int64)
    if a.dtype.kind not in "iu":
        msg = f"{name}: got dtype {a.dtype}, needed integers: the indices of nodes."
        raise TypeError(msg)
    if a.ndim != 1:
        raise shape_error(name, a.shape, "1 axis: an index for each edge")
    if a.dtype.isnative and a.flags.aligned:
        return a
    return np.require(a, a.dtype.newbyteorder("="), "A")


def _count(s: Array, t: Array) -> int:
    """Return one more than the largest index; a negative one is left for the kernel to name."""
    return 1 + max(int(_core.id_range(a, is_mapped(a))[1]) if a.size else -1 for a in (s, t))


def check_weights(values: ArrayLike, m: int) -> Array:
    """Return one float64 for each edge; whether they are weights is seen by the kernel."""
    # A mapped file is kept as one, so that the kernel may give its pages back.
    w: Array
    if isinstance(values, np.memmap) and values.dtype == np.float64 and values.flags.aligned:
        w = values
    else:
        w = as_array(values, "weight").astype(np.float64, copy=False)
    if w.shape != (m,):
        raise shape_error("weight", w.shape, f"({m},), one for each edge")
    return w


def check_size(nodes: int) -> None:
    """Refuse a number of nodes whose vectors do not fit into this machine."""
    memory = _physical_memory()
    if nodes * _BYTES_PER_NODE > memory:
        msg = (
            f"num_nodes: a graph of {nodes} nodes needs {nodes * _BYTES_PER_NODE / 2**30:.3g} GiB; this "
            f"machine has {memory / 2**30:.3g} GiB. Where only few of the numbers are used, Graph.from_labels numbers them anew."
        )
        raise ValueError(msg)


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 2**40

"""Data that need not be in memory: what gives rows by slices, read chunk by chunk."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_data, is_sparse, shape_error
from mmlcore.core.sparse import as_csr

_CHUNK = 1 << 25  # bytes of a chunk
_SMALL = 1 << 28  # a mapped file of fewer bytes is read in place, as any array


def is_source(x: object) -> bool:
    """Tell data that are read by slices: large memory maps, and what is no numpy array but has shape, dtype and rows.

    A column of pandas or polars has them too, with one axis: it is read as an array is.
    """
    if isinstance(x, np.ndarray):
        return isinstance(x, np.memmap) and x.nbytes > _SMALL
    if any(hasattr(x, name) for name in ("tocsr", "to_numpy")):
        return False
    return all(hasattr(x, name) for name in ("shape", "dtype", "__getitem__"))


def dense_chunks(x: Any, width: int, name: str = "X", *, bytes_ok: bool = False) -> Iterator[Array]:
    """Give checked rows (m, width) of an array (at once), a source or a sparse matrix (by chunks)."""
    if is_sparse(x) or is_source(x) or _would_grow(x):
        if len(x.shape) != 2:
            raise shape_error(name, x.shape, "2 axes, (points, features)")
        check_width(name, x.shape, width)
        yield from _chunks(as_csr(x, name) if is_sparse(x) else x, name, bytes_ok)
        return
    array = as_data(x, name, bytes_ok=bytes_ok)
    check_width(name, array.shape, width)
    yield array


def _would_grow(x: Any) -> bool:
    """Tell large arrays of whole numbers, which as float64 may take eight times their memory."""
    return isinstance(x, np.ndarray) and x.dtype.kind in "biu" and 8 * x.size > _SMALL


def check_width(name: str, shape: Any, width: int) -> None:
    """Refuse points (n, d) of another number of features than was fitted."""
    if tuple(shape[1:]) != (width,):
        raise shape_error(name, shape, f"(n, {width}), as many columns as were fitted")


def _chunks(x: Any, name: str, bytes_ok: bool) -> Iterator[Array]:
    """Chunks of about 32 MiB; mapped pages are given back once they were read."""
    n, width = x.shape
    rows = max(1, _CHUNK // max(1, width * (getattr(x.dtype, "itemsize", 8) if bytes_ok else 8)))
    for first in range(0, n, rows):
        chunk = x[first : first + rows]
        chunk = as_data(chunk.toarray() if is_sparse(chunk) else chunk, name, bytes_ok=bytes_ok)
        yield chunk
        if isinstance(x, np.memmap):
            _release(x, first, first + len(chunk))


def _release(x: np.memmap[Any, Any], first: int, last: int) -> None:
    """Give back the pages of rows of a mapped file in C order that nobody writes to."""
    base = getattr(x, "_mmap", None)
    if base is None or not hasattr(mmap, "MADV_DONTNEED") or not x.flags.c_contiguous:
        return
    start = x.__array_interface__["data"][0] - np.frombuffer(base, np.uint8).ctypes.data
    page = mmap.PAGESIZE
    begin = (start + first * x.strides[0]) // page * page
    end = start + last * x.strides[0]
    # A private mapping that was written to would lose what was written.
    if x.mode != "c":
        with contextlib.suppress(ValueError, OSError):
            base.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def columns_of_batch(chunk: Any) -> Any:
    """Turn a batch of Arrow columns into an array; anything else as it is."""
    if hasattr(chunk, "to_pydict") and hasattr(chunk, "columns"):
        return np.column_stack([np.asarray(column) for column in chunk.columns])
    return chunk

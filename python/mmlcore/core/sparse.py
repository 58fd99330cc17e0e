"""Matrices of scipy.sparse, looked at before anybody's compiled code reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, shape_error


def check_indices(x: Any, name: str) -> Any:
    """Return a scipy.sparse matrix; ValueError where an index lies outside of it.

    SciPy looks at indices when a matrix is made, and not at all of them; a file or an assignment brings in others, and
    its conversions and products then read and write outside of the arrays.
    """
    if x.format in ("csr", "csc"):
        if own_starts(x) is not None:
            return x
        across, along = x.shape if x.format == "csr" else x.shape[::-1]
        start, entries = x.indptr, min(len(x.indices), len(x.data))
        fine = _whole(start, x.indices) and len(start) == across + 1
        fine = fine and start[0] == 0 and start[-1] <= entries
        fine = fine and bool((start[1:] >= start[:-1]).all())
        fine = fine and _within(x.indices[: start[-1]], along)
    elif x.format == "coo":
        row, column = (x.row, x.col) if len(x.shape) == 2 else (x.col, x.col)
        fine = _whole(row, column) and len(row) == len(column) == len(x.data)
        fine = fine and _within(row, x.shape[0]) and _within(column, x.shape[-1])
    elif x.format == "bsr":
        tall, wide = x.data.shape[1:] if x.data.ndim == 3 else (0, 0)
        fine = min(tall, wide) > 0 and x.shape[0] % tall == 0 and x.shape[1] % wide == 0
        start = x.indptr
        fine = fine and _whole(start, x.indices) and len(start) == x.shape[0] // tall + 1
        fine = fine and start[0] == 0 and start[-1] <= min(len(x.indices), len(x.data))
        fine = fine and bool((start[1:] >= start[:-1]).all())
        fine = fine and _within(x.indices[: start[-1]], x.shape[1] // wide)
    else:
        return x
    if not fine:
        msg = f"{name}: is damaged: an index of the sparse matrix lies outside its shape."
        raise ValueError(msg)
    return x


def own_starts(x: Any) -> Array | None:
    """Return a copy of the starts of a compressed matrix, int64, with which its indices are sound; None where they are not.

    None as well for arrays of unusual types, which `check_indices` looks at.
    """
    start, index = x.indptr, x.indices
    if type(start) is not np.ndarray or type(index) is not np.ndarray or len(x.shape) != 2:
        return None
    slices, size = x.shape if x.format == "csr" else x.shape[::-1]
    found: Array | None = _core.own_starts(start, index, len(x.data), slices, size)
    return found


def as_csr(x: Any, name: str) -> Any:
    """Return a scipy.sparse matrix in compressed rows (CSR) that has its indices to itself; its numbers stay in place.

    Products read the indices again and again: another thread that writes to them meanwhile must not lead them astray, so
    that it is the copy that is looked at, and used.
    """
    if len(x.shape) != 2:
        raise shape_error(name, x.shape, "2 axes")
    if x.format != "csr":
        return check_indices(check_indices(x, name).copy(), name).tocsr()
    own = type(x)(x.shape, dtype=x.dtype)
    own.indptr, own.indices, own.data = np.array(x.indptr), np.array(x.indices), x.data
    own = check_indices(own, name)
    # What SciPy knows of the order of the indices is of those that there were.
    entries = int(own.indptr[-1])
    own.indices, own.data = own.indices[:entries], own.data[:entries]
    return own


def real(x: Any, name: str) -> Any:
    """Return a sparse matrix whose numbers are float32 or float64; TypeError for complex and what is no number."""
    kind, size = x.dtype.kind, x.dtype.itemsize
    if kind == "f" and size in (4, 8) and x.dtype.isnative:
        return x
    if kind in "biu" or (kind == "f" and size <= 8):
        return with_values(x, x.data.astype(np.float64))
    needed = (
        "real numbers" if kind == "c" else "float32 or float64 (integers and bool become float64)"
    )
    msg = f"{name}: got a sparse matrix of dtype {x.dtype}, needed {needed}."
    raise TypeError(msg)


def with_values(x: Any, values: Array) -> Any:
    """Return a matrix in compressed rows with the indices of `x` and other numbers."""
    return type(x)((values, x.indices, x.indptr), shape=x.shape)


def _whole(*indices: Array) -> bool:
    return all(index.ndim == 1 and index.dtype.kind in "iu" for index in indices)


def _within(index: Array, size: int) -> bool:
    return not len(index) or bool(index.min() >= 0 and index.max() < np.int64(size))

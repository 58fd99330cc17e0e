"""Matrices of scipy.sparse, looked at before anybody's compiled code reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.core.arrays import Array


def sound(x: Any, name: str) -> Any:
    """Return a scipy.sparse matrix; ValueError where an index lies outside of it.

    SciPy looks at indices when a matrix is made, and not at all of them; a file or an assignment brings in others, and
    its conversions and products then read and write outside of the arrays.
    """
    if x.format in ("csr", "csc"):
        across, along = x.shape if x.format == "csr" else x.shape[::-1]
        start, entries = x.indptr, min(len(x.indices), len(x.data))
        fine = len(start) == across + 1 and start[0] == 0 and start[-1] <= entries
        fine = fine and bool((start[1:] >= start[:-1]).all())
        fine = fine and _within(x.indices[: start[-1]], along)
    elif x.format == "coo":
        row, column = (x.row, x.col) if len(x.shape) == 2 else (x.col, x.col)
        fine = len(row) == len(column) == len(x.data)
        fine = fine and _within(row, x.shape[0]) and _within(column, x.shape[-1])
    else:
        return x
    if not fine:
        msg = f"{name}: is damaged: an index of the sparse matrix lies outside its shape."
        raise ValueError(msg)
    return x


def by_rows(x: Any, name: str) -> Any:
    """Return a scipy.sparse matrix in compressed rows (CSR), in place if it has them already."""
    return sound(x, name).tocsr()


def _within(index: Array, size: int) -> bool:
    return not len(index) or bool(index.min() >= 0 and index.max() < np.int64(size))

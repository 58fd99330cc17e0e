"""Sparse matrices of SciPy as an operator on vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, in_order
from mmlcore.core.sparse import as_csr


class SparseRows:
    """A matrix of scipy.sparse in compressed rows, read in place and checked once: many products with vectors follow."""

    def __init__(self, matrix: Any, name: str) -> None:
        csr = as_csr(matrix, name)
        self.shape: tuple[int, int] = csr.shape
        value = csr.data
        if value.dtype not in (np.float32, np.float64):
            value = value.astype(np.float64)
        narrow = csr.indices.dtype == np.int32 and csr.indptr.dtype == np.int32
        index = np.dtype(np.int32 if narrow else np.int64)
        start = in_order(csr.indptr, index).view(index)
        entries = int(start[-1])  # there may be room for more
        column = in_order(csr.indices[:entries], index).view(index)
        self._parts = (start, column, in_order(value[:entries]))

    def dot(self, x: Array) -> Array:
        """Return the product with a vector, in float64."""
        out = np.empty(self.shape[0])
        _core.sparse_product(*self._parts, np.ascontiguousarray(x, dtype=np.float64), out)
        return out

    def gram(self, left: Array, right: Array, v: Array) -> Array:
        """Return B'B v for B = A - left right', in float64; vectors are contiguous float64."""
        out = np.empty(self.shape[1])
        _core.sparse_gram(*self._parts, left, right, np.ascontiguousarray(v), out)
        return out

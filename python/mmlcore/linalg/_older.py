"""What numpy.linalg has from numpy 2.0 on: its own functions, or, in an older numpy, what they do."""

from __future__ import annotations

from typing import Any

import numpy as np


def _vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    x1, x2 = (np.moveaxis(np.asanyarray(x), axis, -1) for x in (x1, x2))
    if x1.shape[-1] != x2.shape[-1]:
        msg = f"vecdot: vectors of {x1.shape[-1]} and {x2.shape[-1]} numbers."
        raise ValueError(msg)
    return np.einsum("...i,...i->...", np.conj(x1), x2)


def _cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    x1, x2 = np.asanyarray(x1), np.asanyarray(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        msg = f"cross: vectors of {x1.shape[axis]} and {x2.shape[axis]} numbers, needed 3."
        raise ValueError(msg)
    return np.cross(x1, x2, axis=axis)


def _outer(x1: Any, x2: Any, /) -> Any:
    x1, x2 = np.asanyarray(x1), np.asanyarray(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        msg = f"outer: arrays of {x1.ndim} and {x2.ndim} axes, needed 1."
        raise ValueError(msg)
    return np.outer(x1, x2)


def _matrix_transpose(x: Any, /) -> Any:
    x = np.asanyarray(x)
    if x.ndim < 2:
        msg = f"matrix_transpose: an array of {x.ndim} axes, needed at least 2."
        raise ValueError(msg)
    return np.swapaxes(x, -1, -2)


def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    x = np.asanyarray(x)
    given = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [a % x.ndim for a in given]
    rest = [a for a in range(x.ndim) if a not in axes]
    flat = x.transpose(*axes, *rest).reshape(-1, *(x.shape[a] for a in rest))
    found = np.linalg.norm(flat, axis=0, ord=ord)
    if not keepdims:
        return found
    return np.reshape(found, [1 if a in axes else n for a, n in enumerate(x.shape)])


def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return np.linalg.norm(np.asanyarray(x), axis=(-2, -1), keepdims=keepdims, ord=ord)


vecdot = getattr(np.linalg, "vecdot", _vecdot)
cross = getattr(np.linalg, "cross", _cross)
outer = getattr(np.linalg, "outer", _outer)
matrix_transpose = getattr(np.linalg, "matrix_transpose", _matrix_transpose)
vector_norm = getattr(np.linalg, "vector_norm", _vector_norm)
matrix_norm = getattr(np.linalg, "matrix_norm", _matrix_norm)

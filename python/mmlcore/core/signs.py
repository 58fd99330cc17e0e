"""The sign of vectors that are defined up to one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import F32, F64, Array

_TIE = 1e-3  # entries that differ by less, relatively, are of one size: rounding, of float32 data too, may order them either way


def signed(vectors: Array) -> Array:
    """Make the largest entry of each row positive, the first of those that tie, so that a sign is not left to chance."""
    sizes = np.abs(vectors)
    top = (sizes >= (1 - _TIE) * sizes.max(axis=1, keepdims=True, initial=0)).argmax(axis=1)
    signs = np.where(vectors[np.arange(len(vectors)), top] < 0, -1, 1).astype(vectors.dtype)
    return np.asarray(vectors * signs[:, np.newaxis])


def pointed(vectors: Array) -> Array:
    """Make the leading entry of each column of a stack of matrices positive, real if they are complex; in place.

    The leading entry is the first whose size is the largest up to rounding (signs.hpp): closer than for components of data, as
    eigenvectors of a given matrix are known to more digits.
    """
    if vectors.size == 0:
        return vectors
    if vectors.dtype in (F32, F64):
        _core.point_columns(vectors)
        return vectors
    size = np.abs(vectors)
    lead = (size >= _share(vectors.dtype) * size.max(axis=-2, keepdims=True)).argmax(axis=-2)
    if vectors.ndim == 2:  # the usual case, in few steps
        place: Any = (lead, np.arange(vectors.shape[1]))
        vectors *= _turn(vectors[place], size[place])
        vectors[place] = size[place]
        return vectors
    lead = lead[..., np.newaxis, :]
    length = np.take_along_axis(size, lead, axis=-2)
    vectors *= _turn(np.take_along_axis(vectors, lead, axis=-2), length)
    np.put_along_axis(vectors, lead, length.astype(vectors.dtype), axis=-2)
    return vectors


def _turn(entry: Array, length: Array) -> Array:
    """Return the factors of size 1 that make entries real and positive; 1 for zero."""
    if length.all():
        return np.asarray(entry.conj() / length)
    return np.where(length > 0, entry.conj() / np.where(length > 0, length, 1), 1)


@lru_cache
def _share(dtype: np.dtype[Any]) -> float:
    """Return from which share of the largest size on an entry may lead."""
    eps = float(np.finfo(dtype).eps)
    return 1 - 2.0**-26 if eps < 1e-10 else 1 - 64 * eps

"""The sign of vectors that are defined up to one."""

from __future__ import annotations

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array

_TIE = 1e-3  # entries that differ by less, relatively, are of one size: rounding, of float32 data too, may order them either way


def signed(vectors: Array) -> Array:
    """Make the largest entry of each row positive, the first of those that tie, so that a sign is not left to chance."""
    if not vectors.size:
        return np.array(vectors)
    sizes = np.abs(vectors)
    top = (sizes >= (1 - _TIE) * sizes.max(axis=1, keepdims=True)).argmax(axis=1)
    leading = vectors[np.arange(len(vectors)), top]
    return np.asarray(vectors * np.copysign(vectors.dtype.type(1), leading)[:, np.newaxis])


def pointed(vectors: Array) -> Array:
    """Make the leading entry of each column of a stack of matrices positive, real if they are complex; in place.

    The leading entry is the first whose size is the largest up to rounding (signs.hpp): closer than for components of data, as
    eigenvectors of a given matrix are known to more digits.
    """
    if vectors.size:
        _core.point_columns(vectors)
    return vectors

"""The sign of vectors that are defined up to one."""

from __future__ import annotations

import numpy as np

from mmlcore.core.arrays import Array

_TIE = 1e-3  # entries that differ by less, relatively, are of one size: rounding, of float32 data too, may order them either way


def signed(vectors: Array) -> Array:
    """Make the largest entry of each row positive, the first of those that tie, so that a sign is not left to chance."""
    sizes = np.abs(vectors)
    top = (sizes >= (1 - _TIE) * sizes.max(axis=1, keepdims=True, initial=0)).argmax(axis=1)
    signs = np.where(vectors[np.arange(len(vectors)), top] < 0, -1, 1).astype(vectors.dtype)
    return np.asarray(vectors * signs[:, np.newaxis])

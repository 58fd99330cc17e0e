"""The sign of vectors that are defined up to one."""

from __future__ import annotations

import numpy as np

from mmlcore.core.arrays import Array


def signed(vectors: Array) -> Array:
    """Make the largest entry of each row positive, so that a sign is not left to chance."""
    top = np.abs(vectors).argmax(axis=1)
    signs = np.where(vectors[np.arange(len(vectors)), top] < 0, -1, 1).astype(vectors.dtype)
    return np.asarray(vectors * signs[:, np.newaxis])

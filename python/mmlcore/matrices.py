"""Products and transformations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, same_dtype, shape_error


def matmul(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    a_, b_ = as_array(a, "a"), as_array(b, "b")
    out = np.empty((a_.shape[0], b_.shape[1]), a_.dtype)
    _core.matmul(a_, b_, out)
    return out

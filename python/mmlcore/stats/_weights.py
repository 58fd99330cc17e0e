"""How often points count, and what sums over them are divided by."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, as_real, shape_error


def check_weights(weights: ArrayLike, n: int) -> Array:
    """Return n weights in float64: finite, non-negative, not all zero."""
    w = as_array(weights, "weights").astype(np.float64)
    if w.shape != (n,):
        raise shape_error("weights", w.shape, f"({n},): one for each point")
    if not (np.isfinite(w).all() and (w >= 0).all()):
        msg = "weights: contains a negative or non-finite number."
        raise ValueError(msg)
    if not w.sum() > 0:
        msg = "weights: the sum is zero, needed at least one positive weight."
        raise ValueError(msg)
    return w


def divisor(total: float, ddof: float) -> float:
    """Return total - ddof, which has to be positive."""
    ddof = as_real(ddof, "ddof", -math.inf, math.inf)
    if not ddof < total:
        msg = f"ddof: got {ddof:g}, needed less than the number of points (or sum of weights) {total:g}."
        raise ValueError(msg)
    return total - ddof


def refuse_column(name: str, values: Array) -> None:
    """ValueError that names the first column whose sum is not finite."""
    if not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        msg = (
            f"{name}: contains NaN or infinity, or numbers whose squares overflow, in column {bad}."
        )
        raise ValueError(msg)

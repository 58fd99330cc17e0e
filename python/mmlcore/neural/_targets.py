"""What is wanted of a network: numbers, or 1 for the class of each point."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_array, require_finite, shape_error


def of_numbers(y: Any, shape: tuple[int, int], dtype: np.dtype[Any], *, shares: bool) -> Array:
    """Return wanted outputs (n, k), with `shares` between 0 and 1."""
    values = require_finite(as_array(y, "y"), "y")
    whole = values[:, None] if values.ndim == 1 else values
    if whole.shape != shape:
        raise shape_error("y", values.shape, f"{shape}, wanted outputs of each point")
    if shares and not (whole.min() >= 0 and whole.max() <= 1):
        msg = (
            f"y: got numbers from {whole.min():g} to {whole.max():g}, "
            "needed probabilities for 'cross_entropy'."
        )
        raise ValueError(msg)
    return whole.astype(dtype, copy=False)


def classes_of(y: Array, k: int) -> Array:
    """Return the classes that k outputs stand for: whole numbers below k for themselves, also where one has no points."""
    found = np.unique(y)
    if len(found) > k:
        msg = (
            f"y: got {len(found)} classes, needed at most {k}, as many as the network has outputs."
        )
        raise ValueError(msg)
    numbers = found.dtype.kind in "iu" and found.size > 0 and found[0] >= 0 and found[-1] < k
    return np.arange(k) if numbers else found


def of_classes(y: Array, classes: Array, shape: tuple[int, int], dtype: np.dtype[Any]) -> Array:
    """Return 1 in the column of each point's class."""
    if len(y) != shape[0]:
        raise shape_error("y", y.shape, f"({shape[0]},), a class for each point")
    code = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    if not (classes[code] == y).all():
        strange = y[classes[code] != y][0]
        msg = f"y: got class {strange!r}, needed those of the first fit, {classes.tolist()}."
        raise ValueError(msg)
    wanted = np.zeros(shape, dtype)
    wanted[np.arange(shape[0]), code] = 1
    return wanted

"""Labels of rows as numbers 0 ... g - 1, in the order of the labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, shape_error


def codes_of(groups: Any, n: int) -> tuple[Array, Array]:
    """Return the number of each row's label, int32, and the labels that occur, sorted."""
    labels = np.asarray(groups)
    if labels.shape != (n,):
        raise shape_error("groups", labels.shape, f"({n},), a label for each row of X")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        msg = f"groups: the label of row {int(np.flatnonzero(np.isnan(labels))[0])} is NaN."
        raise ValueError(msg)
    if labels.dtype.kind in "Mm" and np.isnat(labels).any():
        msg = f"groups: the label of row {int(np.flatnonzero(np.isnat(labels))[0])} is NaT."
        raise ValueError(msg)
    if labels.dtype.kind in "iub" and labels.dtype != np.uint64:
        counted = _core.integer_codes(np.ascontiguousarray(labels, np.int64))
        if counted is not None:
            return counted[0], counted[1].astype(labels.dtype)
    if labels.dtype.kind == "O":
        return _of_objects(labels)
    found, code = np.unique(labels, return_inverse=True)
    return code.astype(np.int32), found


def _of_objects(labels: Array) -> tuple[Array, Array]:
    numbers: dict[Any, int] = {}
    try:
        first = np.fromiter(
            (numbers.setdefault(label, len(numbers)) for label in labels), np.int32, len(labels)
        )
        order = sorted(numbers)
    except TypeError as error:
        msg = f"groups: labels have to be hashable and to sort: {error}."
        raise TypeError(msg) from None
    place = np.empty(len(order), np.int32)
    for i, label in enumerate(order):
        place[numbers[label]] = i
    found = np.empty(len(order), object)
    found[:] = order
    return place[first], found

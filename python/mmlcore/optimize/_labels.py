"""Labels of rows as numbers 0 ... g - 1, in the order of the labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, is_masked, shape_error


def labels_of(given: Any, n: int, name: str, what: str) -> Array:
    """Return labels of n rows as an array of one axis; an error for gaps, which are in no class: masks, None, NaN, NaT."""
    if is_masked(given):
        msg = f"{name}: masked arrays are not taken; leave the rows with gaps out first."
        raise TypeError(msg)
    labels = np.asarray(given)
    if labels.shape != (n,):
        raise shape_error(name, labels.shape, f"({n},), {what} for each row of X")
    if labels.dtype.kind in "fcMmO":
        of_any = labels.dtype.kind == "O"
        gaps = np.array([*map(_is_gap, labels)], bool) if of_any else labels != labels
        if gaps.any():
            row = int(np.flatnonzero(gaps)[0])
            gap = "NaN" if labels.dtype.kind in "fc" else str(labels[row])
            msg = f"{name}: the label of row {row} is {gap}."
            raise ValueError(msg)
    return labels


def _is_gap(label: Any) -> bool:
    return label is None or type(label).__name__ == "NAType" or bool(label != label)


def codes_of(groups: Any, n: int) -> tuple[Array, Array]:
    """Return the number of each row's label, int32, and the labels that occur, sorted."""
    labels = labels_of(groups, n, "groups", "a label")
    if labels.dtype.kind in "iub" and labels.dtype != np.uint64:
        counted = _core.integer_codes(np.ascontiguousarray(labels, np.int64))
        if counted is not None:
            return counted[0], counted[1].astype(labels.dtype)
    if labels.dtype.kind == "O":
        return of_objects(labels)
    found, code = np.unique(labels, return_inverse=True)
    return code.astype(np.int32), found


def of_objects(labels: Array, name: str = "groups") -> tuple[Array, Array]:
    numbers: dict[Any, int] = {}
    try:
        first = np.fromiter(
            (numbers.setdefault(label, len(numbers)) for label in labels), np.int32, len(labels)
        )
        order = sorted(numbers)
    except TypeError as error:
        msg = f"{name}: labels have to be hashable and to sort: {error}."
        raise TypeError(msg) from None
    place = np.empty(len(order), np.int32)
    for i, label in enumerate(order):
        place[numbers[label]] = i
    found = np.empty(len(order), object)
    found[:] = order
    return place[first], found

"""Stacks of matrices: numpy's broadcasting rules for arguments and results, without a copy."""

from __future__ import annotations

import numpy as np

from mmlcore.core.arrays import Array


def broadcast_batch(shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Broadcast the leading axes of several arguments, or say which do not fit together."""
    first, *others = shapes.values()
    if all(shape == first for shape in others):
        return first
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        msg = f"{' and '.join(shapes)}: the leading axes do not broadcast together: {listed}."
        raise ValueError(msg) from None


def broadcast_to_batch(a: Array, batch: tuple[int, ...]) -> Array:
    """Repeat a stack over the leading axes `batch` as a view."""
    return a if a.shape[:-2] == batch else np.broadcast_to(a, batch + a.shape[-2:])


def common(numbers: Array, name: str, what: str) -> int | None:
    """Return the number that all items of a stack have, None of no items; ValueError where they differ."""
    if not numbers.size:
        return None
    first = int(numbers.flat[0])
    if (numbers != first).any():
        item = int((numbers != first).argmax())
        msg = (
            f"{name}: {what} {first} of matrix 0 and {int(numbers.flat[item])} of matrix {item} of the batch: results have one "
            f"shape, needed one {what}."
        )
        raise ValueError(msg)
    return first

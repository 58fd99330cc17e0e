"""Data that a result goes back to, after the caller may have written other numbers into the same arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.core.arrays import Array

_SMALL = (
    1 << 12
)  # numbers up to which a copy costs little beside a fit; longer ones wait for pages of memory


def kept(values: Any) -> Any:
    """Return a copy of a small array; other values as they are, for `mark` to tell whether they change."""
    return values.copy() if isinstance(values, np.ndarray) and values.size <= _SMALL else values


def mark(*values: Any) -> tuple[int, ...]:
    """Return sums of the bits of large arrays, all and each 17th: the same for the same numbers, on any machine.

    One read of memory, up to a tenth of the time of a fit. Files that are mapped are not read once more.
    """
    sums: list[int] = []
    for array in values:
        if type(array) is np.ndarray and array.size > _SMALL and array.dtype.kind in "fiu":
            bits: Array = array.view(f"u{array.itemsize}") if array.itemsize <= 8 else array
            sums += [int(bits[..., ::k].sum(dtype=np.uint64)) for k in (1, 17)]
    return tuple(sums)


def check_mark(seen: tuple[int, ...] | None, what: str, *values: Any) -> None:
    """Refuse data that are no longer those of the fit: what is made of them would be that of other data."""
    if seen and seen != mark(*values):
        msg = (
            f"{what}: the data have changed since the fit, and are kept by reference where they are long; needed the numbers of "
            "then. Ask before they change, or fit a copy."
        )
        raise ValueError(msg)

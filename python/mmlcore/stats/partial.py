"""Parts of the rows of a data set, summarized where they lie: Moments or triangular factors, and their sum."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any

from mmlcore.core.arrays import Array, as_data
from mmlcore.stats._moments import Moments


def moments_of_chunks(chunks: Iterable[Array]) -> Moments | None:
    """Return the Moments of chunks of rows; None without rows."""
    found: Moments | None = None
    for chunk in chunks:
        x = as_data(chunk, "X", bytes_ok=True)
        if len(x):
            found = (Moments(x.shape[1]) if found is None else found).update(x)
    return found


def summed(*parts: Any) -> Any:
    """Add summaries in their order, but for those that are None; None of none."""
    some = [part for part in parts if part is not None]
    return reduce(add, some) if some else None

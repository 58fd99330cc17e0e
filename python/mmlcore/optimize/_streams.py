"""Fits of curves that come in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmlcore.core.arrays import Array, shape_error
from mmlcore.core.stream import rows_of
from mmlcore.optimize.curve_result import joined


def fits_of_stream(
    fit: Callable[[Array], Any], Y: Any, progress: Callable[[int, int], object] | None
) -> Any:
    """Fit the rows of each batch; the results lie one below the other, the data are not kept."""
    found, done = [], 0
    for y in rows_of(Y, "Y", gaps=True):
        if len(y):
            found.append(fit(y))
            done += len(y)
        if progress is not None:
            progress(done, 0)
    if not found:
        raise shape_error("Y", (0, 0), "(n, m): a fit in each row, at least one point")
    return joined(found)

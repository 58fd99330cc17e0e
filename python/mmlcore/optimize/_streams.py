"""Fits of curves that come in batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, shape_error
from mmlcore.core.stream import rows_of

_FIELDS = ("parameters", "covariance", "chi2", "dof", "iterations", "status")


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
    joined = {name: np.concatenate([getattr(one, name) for one in found]) for name in _FIELDS}
    return replace(found[0], **joined, data=(found[0].data[0], None))

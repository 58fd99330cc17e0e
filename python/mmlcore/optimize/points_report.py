"""What roots and minima report of themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.core.report import Report


def points_report(found: Any, name: str, columns: tuple[str, ...] = ()) -> Report:
    """Report one point with its unknowns in a table; of many, how they ended."""
    facts: list[tuple[str, Any]] = [(name, getattr(found, name))]
    title = type(found).__name__
    if np.ndim(found.iterations):
        some = np.asarray(found.converged)
        facts = [("starts", some.size), ("converged", int(some.sum()))]
        facts.append(("iterations, most", int(np.max(found.iterations, initial=0))))
        return Report(title, facts)
    facts += [("iterations", found.iterations), ("converged", found.converged)]
    facts.append(("message", found.message))
    numbers = [np.ravel(getattr(found, column)) for column in ("x", *columns)]
    rows = [[f"x{i + 1}", *map(float, row)] for i, row in enumerate(zip(*numbers, strict=True))]
    return Report(title, facts, ["unknown", "value", *columns], rows)

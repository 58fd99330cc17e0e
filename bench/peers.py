"""Peers that need not be installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

from mmlcore._bench.compare import Case

TORCH = importlib.util.find_spec("torch") is not None


def with_torch(cases: Callable[[Any], list[Case]]) -> list[Case]:
    """Return `cases(torch)`, or nothing where there is no torch."""
    if not TORCH:
        return []
    import torch  # noqa: PLC0415  (a second of import, only for these cases)

    return cases(torch)

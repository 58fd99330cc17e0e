"""What a station of the tour tells: paragraphs, tables, images, curves, and comparisons with numpy.

A station is data alone; `screen` prints it on a terminal and `report` writes it as HTML.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmlcore._bench import Case, Comparison, compare
from mmlcore._bench.compare import LOST, Call
from mmlcore.core.arrays import Array


@dataclass(frozen=True)
class Grid:
    """A table; `bars`, one number between 0 and 1 for each row, is drawn beside it. `left` columns are text."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    bars: Sequence[float] = ()
    left: int = 1


@dataclass(frozen=True)
class Images:
    """Rows of grey images: pixels of shape (rows, columns, height, width) between 0 and 1; names of rows, and of columns."""

    title: str
    names: Sequence[str]
    pixels: Array
    columns: Sequence[str] = ()


@dataclass(frozen=True)
class Curves:
    """Curves over one axis, for the report; those named in `dots` are drawn as points, `limits` are those of y."""

    title: str
    x_label: str
    y_label: str
    x: Sequence[float]
    y: Mapping[str, Sequence[float]]
    log: bool = False
    dots: Sequence[str] = ()
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class Landscape:
    """Depths (rows, columns) over a rectangle ((x0, x1), (y0, y1)), and paths (steps, 2) over it, for the report."""

    title: str
    limits: tuple[tuple[float, float], tuple[float, float]]
    depths: Array
    paths: Mapping[str, Array]


@dataclass(frozen=True)
class Beside:
    """One comparison with numpy: how far the results differ, and the times."""

    what: str
    peer: str
    difference: float
    comparison: Comparison


Item = str | Grid | Images | Curves | Landscape


@dataclass
class Station:
    """One stop of the tour."""

    title: str
    items: list[Item] = field(default_factory=list)
    besides: list[Beside] = field(default_factory=list)

    def beside(
        self,
        what: str,
        sides: tuple[Call, Call],
        difference: Callable[[Any, Any], float],
        limit: float,
        *,
        seconds: float,
        peer: str = "numpy",
    ) -> Beside:
        """Compare numpy (first of `sides`) with mmlcore and keep the outcome.

        Results further apart than `limit` are an error.
        """
        seen: list[float] = []

        def verify(expected: Any, got: Any) -> None:
            seen.append(float(difference(expected, got)))
            assert seen[0] <= limit, f"They differ by {seen[0]:.2g}, allowed is {limit:.2g}."

        comparison = compare(Case(what, "tour", lambda: sides, verify, peer=peer), seconds=seconds)
        self.besides.append(Beside(what, peer, seen[0], comparison))
        return self.besides[-1]


def summary(stations: Sequence[Station]) -> str:
    """Say in a sentence how the comparisons ended."""
    ratios = [beside.comparison.ratio for station in stations for beside in station.besides]
    lost = sum(ratio < LOST for ratio in ratios)
    return (
        f"{len(ratios)} comparisons with numpy, every result checked before it was timed: {_short(min(ratios))} to "
        f"{_short(max(ratios))} times numpy's speed, {_short(statistics.median(ratios))} in the median; {lost or 'none'} lost."
    )


def _short(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 99.5 else f"{ratio:.0f}"


def relative_difference(expected: Array, got: Array) -> float:
    """Largest difference relative to the largest number."""
    return float(np.abs(expected - got).max() / np.abs(expected).max())

"""The price of one small call of every public function, beside its best peer.

Vectors of three numbers, matrices of three rows, ten points: the arithmetic is nothing, what is left is the way in and out.
The price of an empty call is subtracted on both sides; the least of several blocks counts.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

import mmlcore as mml
from bench.sweep.measure import check
from bench.sweep.table import Entry, entries, small
from mmlcore._bench.compare import interleave

SECONDS, BLOCK = 0.03, 5e-4


@dataclass(frozen=True)
class Price:
    """Seconds of a small call; None where there is no peer, or where something was wrong."""

    name: str
    ours: float | None
    peer: str
    theirs: float | None
    wrong: str = ""

    @property
    def ratio(self) -> float | None:
        """Their time over ours."""
        return None if self.ours is None or self.theirs is None else self.theirs / self.ours

    def as_dict(self) -> dict[str, Any]:
        """Return what is written to JSON."""
        return {**dataclasses.asdict(self), "ratio": self.ratio}


def is_result(thing: Any) -> bool:
    """Tell classes that users do not call, results and errors and choices, from those that they do."""
    return inspect.isclass(thing) and (
        issubclass(thing, (tuple, BaseException, enum.Enum))
        or dataclasses.is_dataclass(thing)
        or thing in RETURNED
    )


RETURNED = {mml.CurveFit, mml.CurveFitBatch, mml.Linearization, mml.TaylorSeries}


def public() -> list[str]:
    """Return the public names that are called."""
    return [
        name
        for name in mml.__all__
        if callable(thing := getattr(mml, name)) and not is_result(thing)
    ]


def uncovered() -> list[str]:
    """Return the public functions that have no entry."""
    there = {name.partition(".")[0] for name in entries()}
    return [name for name in public() if name not in there]


def price(e: Entry) -> Price:
    """Time the small call of an entry, at once: nothing spins after so little work."""
    calls = small(e)
    right, _, wrong = check(calls)
    if wrong:
        return Price(e.name, None, "", None, wrong)
    sides = [lambda: None, calls.ours, *right.values()]
    with np.errstate(all="ignore"):
        taken = interleave(sides, SECONDS, block=BLOCK, least=3, before=lambda: None)
    empty, ours, *theirs = (min(t) for t in taken)
    names = list(right)
    if not theirs:
        return Price(e.name, max(ours - empty, 1e-9), "", None)
    best = min(range(len(theirs)), key=theirs.__getitem__)
    return Price(e.name, max(ours - empty, 1e-9), names[best], max(theirs[best] - empty, 1e-9))


def prices(chapters: list[str] | None = None) -> list[Price]:
    """Price all entries, of some chapters or of all, the slowest ratio first and those without a peer last."""
    found = [price(e) for e in entries().values() if not chapters or e.chapter in chapters]
    return sorted(found, key=lambda p: float("inf") if p.ratio is None else p.ratio)


def text(found: list[Price]) -> str:
    """The list, in nanoseconds."""
    rows = [f"{'ratio':>7}{'ours, ns':>12}{'peer, ns':>12}  call"]
    for p in found:
        ratio = "-" if p.ratio is None else f"{p.ratio:.2f}"
        ours = "wrong" if p.ours is None else f"{p.ours * 1e9:,.0f}"
        theirs = "-" if p.theirs is None else f"{p.theirs * 1e9:,.0f}"
        rows.append(f"{ratio:>7}{ours:>12}{theirs:>12}  {p.name} {p.peer or p.wrong}")
    return "\n".join(rows)

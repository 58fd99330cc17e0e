"""A row verified and timed: all that are near the best peer against ours, in blocks that alternate.

The peers are tried first; those that take half as long again as the best are out. A row that seems to lose is measured
again, longer, before it is said to lose; only the second measurement counts then.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from bench.sweep.table import Calls, Row
from mmlcore._bench.compare import LOST, Call, at_rest, interleave

BLOCK = 1e-3  # seconds
TRIAL, SECONDS, AGAIN = 0.02, 0.12, 0.6
NEAR_BEST = 1.5
ROUNDS, ROUNDS_AGAIN = 5, 15


@dataclass(frozen=True)
class Result:
    """What came of a row: its ratio, best peer time over ours, or what was wrong."""

    seed: int
    number: int
    chapter: str
    name: str
    title: str
    peer: str = ""
    ratio: float | None = None
    peer_seconds: float | None = None
    our_seconds: float | None = None
    again: bool = False
    wrong: str = ""
    left_out: dict[str, str] = field(default_factory=dict)
    beside: dict[str, float] = field(default_factory=dict)

    @property
    def loses(self) -> bool:
        """Slower than the best peer beyond noise."""
        return self.ratio is not None and self.ratio < LOST

    def as_dict(self) -> dict[str, Any]:
        """Return what is written to JSON."""
        return asdict(self)


def check(calls: Calls) -> tuple[dict[str, Call], dict[str, str], str]:
    """Run all sides once: the peers that are right, those that are not and why, and what is wrong with ours ('': nothing)."""
    right: dict[str, Call] = {}
    left_out: dict[str, str] = {}
    truth = calls.truth or next(iter(calls.peers.values()), calls.ours)
    with np.errstate(all="ignore"):
        expected = truth()
        for name, peer in calls.peers.items():
            try:
                calls.verify(expected, peer())
            except Exception as error:  # noqa: BLE001  (an older SciPy takes no stacks, for one)
                left_out[name] = f"{type(error).__name__}: {error}"
            else:
                right[name] = peer
    try:
        calls.verify(expected, calls.ours())
    except Exception as error:  # noqa: BLE001  (whatever it is, the row is wrong and the others go on)
        return right, left_out, f"{type(error).__name__}: {error}"
    return right, left_out, ""


def measure(row: Row, before: Call = at_rest) -> Result:
    """Verify a row, then time it."""
    right, left_out, wrong = check(row.calls)
    about = (row.seed, row.number, row.entry.chapter, row.entry.name, row.title)
    if wrong or not right:
        return Result(*about, wrong=wrong, left_out=left_out)
    with np.errstate(all="ignore"):
        best = nearest(right, before)
        names, sides = list(best), [row.calls.ours, *best.values()]
        result = _timed(sides, names, SECONDS, ROUNDS, before)
        if again := result[0] < LOST:
            result = _timed(sides, names, AGAIN, ROUNDS_AGAIN, before)
    ratio, peer, theirs, ours = result
    return Result(*about, peer, ratio, theirs, ours, again, "", left_out)


def nearest(peers: dict[str, Call], before: Call = at_rest) -> dict[str, Call]:
    """Return the peers that take at most half as long again as the fastest."""
    if len(peers) < 2:
        return peers
    tried = interleave(list(peers.values()), TRIAL, block=BLOCK, least=2, before=before)
    times = {name: min(taken) for name, taken in zip(peers, tried, strict=True)}
    limit = NEAR_BEST * min(times.values())
    return {name: peer for name, peer in peers.items() if times[name] <= limit}


def _timed(
    sides: list[Call], names: list[str], seconds: float, least: int, before: Call
) -> tuple[float, str, float, float]:
    """Ratio of medians against the fastest peer, which peer, its seconds and ours."""
    taken = interleave(sides, seconds, block=BLOCK, least=least, before=before)
    ours, *theirs = (statistics.median(t) for t in taken)
    best = min(range(len(names)), key=theirs.__getitem__)
    return theirs[best] / ours, names[best], theirs[best], ours


def after_products(order: int = 256) -> Call:
    """Return what `--no-rest` does before a block: a product of numpy's, whose threads then go on spinning."""
    a = np.random.default_rng(0).standard_normal((order, order))
    out = np.empty_like(a)
    return lambda: np.matmul(a, a, out=out)


def beside(row: Row, measured: Callable[..., Result] = measure) -> Result:
    """Measure a row without rest between numpy products, and how much longer both sides take so than rested."""
    rested = measured(row)
    if rested.wrong or rested.our_seconds is None:
        return rested
    busy = measured(row, after_products())
    return replace(
        busy,
        beside={
            "ours": (busy.our_seconds or 0.0) / rested.our_seconds,
            "peer": (busy.peer_seconds or 0.0) / (rested.peer_seconds or 1.0),
        },
    )

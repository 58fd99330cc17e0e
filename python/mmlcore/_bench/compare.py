"""The method of every published ratio.

1. Both sides run once on the same arrays and the results are checked; a wrong result is never timed.
2. Blocks of calls alternate, peer, ours, peer, ours ..., in one process, so that whatever else the machine does falls
   on both. A block of a fast function holds many calls, so that the clock's own cost vanishes.
3. Before each block the process comes to rest. OpenBLAS's threads spin for about 0.1 s after a product, and on a
   machine of few processors they would take a third of it from whoever runs next.
4. The ratio is the quotient of the medians, peer time / our time: above 1, mmlcore is faster.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Call = Callable[[], Any]
BLOCK = 2e-3  # seconds that a timed block lasts at least
REST = 0.5  # seconds to wait at most until the other side's threads sleep
LOST = 0.97  # a smaller ratio is a loss, not noise
LEAST, MOST = 7, 1000  # rounds


class WrongResultError(AssertionError):
    """The two sides disagree: there is nothing to time."""


@dataclass(frozen=True)
class Case:
    """One comparison.

    Parameters
    ----------
    name : str
        What is done, at which size: ``solve 1024 float64``.
    chapter : str
        The chapter of mmlcore that it measures.
    setup : callable
        ``setup() -> (peer, ours)``: two functions without arguments on the same arrays, which are made here, once.
    verify : callable
        ``verify(peer_result, our_result)`` raises AssertionError, with a sentence, when they disagree.
    target : float
        The ratio that a release must reach.
    peer : str
        Name of the peer.
    seconds : float
        How long the timing lasts (at least seven rounds are run).
    share : float
        Part of the work that the peer does, where all of it would take minutes; its times are divided by it.
    """

    name: str
    chapter: str
    setup: Callable[[], tuple[Call, Call]]
    verify: Callable[[Any, Any], None]
    target: float = 1.0
    peer: str = "numpy"
    seconds: float = 1.5
    share: float = 1.0

    def __str__(self) -> str:
        return f"{self.chapter}: {self.name} vs {self.peer}"


@dataclass(frozen=True)
class Comparison:
    """The times of one case, in seconds per call, in the order in which they were taken."""

    case: Case
    peer_times: tuple[float, ...]
    our_times: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median peer time over our median time."""
        return statistics.median(self.peer_times) / statistics.median(self.our_times)

    @property
    def best_ratio(self) -> float:
        """Least peer time over our least time: far from `ratio` when the machine was busy."""
        return min(self.peer_times) / min(self.our_times)

    @property
    def verdict(self) -> str:
        """``ok``, ``below target``, or ``loses``: slower than the peer beyond 3 % of noise."""
        if self.ratio >= self.case.target:
            return "ok"
        return "below target" if self.ratio >= LOST else "loses"

    def as_dict(self) -> dict[str, Any]:
        """Return what is written to JSON."""
        return {
            "chapter": self.case.chapter,
            "name": self.case.name,
            "peer": self.case.peer,
            "target": self.case.target,
            "ratio": self.ratio,
            "best_ratio": self.best_ratio,
            "verdict": self.verdict,
            "peer_seconds": _summary(self.peer_times),
            "mmlcore_seconds": _summary(self.our_times),
        }


def verify(case: Case) -> tuple[Call, Call]:
    """Set a case up, run both sides once and check the results; return the two sides, ready to be timed."""
    peer, ours = case.setup()
    expected, got = peer(), ours()
    try:
        case.verify(expected, got)
    except AssertionError as error:
        msg = f"{case}: the results disagree, nothing was timed. {error}"
        raise WrongResultError(msg) from error
    return peer, ours


def compare(case: Case, *, seconds: float | None = None) -> Comparison:
    """Verify a case, then time it.

    Parameters
    ----------
    case : Case
        What to compare.
    seconds : float, optional
        How long the timing lasts; `case.seconds` by default.

    Returns
    -------
    Comparison

    Raises
    ------
    WrongResultError
        When the results disagree.
    """
    budget = case.seconds if seconds is None else seconds
    peer_times, our_times = interleave(verify(case), budget)
    return Comparison(case, tuple(t / case.share for t in peer_times), tuple(our_times))


def at_rest() -> None:
    """Wait, half a second at most, until no thread of this process spins."""
    end = time.perf_counter() + REST
    spinning = True
    while spinning and time.perf_counter() < end:
        start, used = time.perf_counter(), time.process_time()
        time.sleep(6e-3)  # the process clock may tick in steps of 4 ms
        spinning = time.process_time() - used > 0.4 * (time.perf_counter() - start)


def interleave(
    calls: Sequence[Call],
    seconds: float,
    *,
    block: float = BLOCK,
    least: int = LEAST,
    before: Call = at_rest,
) -> list[list[float]]:
    """Time calls by blocks that alternate: a list for each, in seconds per call.

    Parameters
    ----------
    calls : sequence of callable
        Without arguments.
    seconds : float
        How long it lasts, unless `least` rounds take longer.
    block : float
        Seconds that a block lasts at least.
    least : int
        Rounds at least.
    before : callable
        What is done before each block: wait until no thread spins.

    Returns
    -------
    list of list of float
        The times of each call, in the order in which they were taken.
    """
    loops = [_loops(call, block) for call in calls]
    times: list[list[float]] = [[] for _ in calls]
    collecting = gc.isenabled()
    gc.disable()
    try:
        end = time.perf_counter() + seconds
        while len(times[0]) < MOST and (len(times[0]) < least or time.perf_counter() < end):
            for call, turns, taken in zip(calls, loops, times, strict=True):
                before()
                taken.append(_block(call, turns))
    finally:
        if collecting:
            gc.enable()
    return times


def _block(call: Call, loops: int) -> float:
    """Seconds per call of a block of calls."""
    turns = range(loops)
    start = time.perf_counter()
    for _ in turns:
        call()
    return (time.perf_counter() - start) / loops


def _loops(call: Call, block: float) -> int:
    """Calls that fill a block; the first timings are the warm-up."""
    loops = 1
    while loops < 1 << 20 and (spent := _block(call, loops) * loops) < block:
        loops = max(2 * loops, math.ceil(loops * block / max(spent, 1e-7)))
    return loops


def _summary(times: tuple[float, ...]) -> dict[str, float]:
    return {"median": statistics.median(times), "minimum": min(times), "rounds": len(times)}

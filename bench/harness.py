"""Runs cases: as pytest-benchmark tests, and as a table and a JSON file.

A file of this folder lists its cases and ends with `test_cases = as_test(CASES)`. Then `pytest bench/` runs all,
`pytest bench/matrices.py -k 1024` some, and `python -m bench matrices` prints the table and writes the JSON.
"""

from __future__ import annotations

import functools
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmlcore._bench import (
    Case,
    Comparison,
    WrongResultError,
    cautions,
    compare,
    machine,
    verify,
)

__all__ = ["Case", "as_test", "compare", "report", "verify", "write"]


class Replay:
    """A clock for pytest-benchmark that tells times already taken.

    pytest-benchmark times one function at a time, and an honest comparison alternates. So `compare` takes the times,
    and this clock hands them over: round i starts at 0 and ends at times[i].
    """

    __name__ = "interleaved"

    def __init__(self) -> None:
        self.ticks: Iterable[float] = itertools.repeat(0.0)

    def load(self, times: Sequence[float]) -> None:
        """Set what the next rounds will have lasted."""
        self.ticks = itertools.chain.from_iterable((0.0, t) for t in times)

    def __call__(self) -> float:
        return next(iter(self.ticks))


CLOCK = Replay()
measured = functools.cache(compare)


def as_test(cases: Sequence[Case]) -> Callable[..., None]:
    """Return the test that runs `cases`: two benchmarks, peer and mmlcore, in a group for each."""

    @pytest.mark.benchmark(timer=CLOCK)
    @pytest.mark.parametrize("side", ["peer", "mmlcore"])
    @pytest.mark.parametrize("case", cases, ids=lambda case: f"{case.name} vs {case.peer}")
    def test(case: Case, side: str, benchmark: Any) -> None:
        benchmark.group = str(case)
        if benchmark.disabled:
            verify(case)
            benchmark.pedantic(bool)
            return
        result = measured(case)
        benchmark.extra_info.update(result.as_dict())
        times = result.peer_times if side == "peer" else result.our_times
        CLOCK.load(times)
        benchmark.pedantic(bool, rounds=len(times))

    return test


def run(cases: Iterable[Case], show: Callable[..., None] = print) -> list[dict[str, Any]]:
    """Compare each case, say the result as it comes, and return all as dictionaries, wrong ones included.

    A peer that is not installed is left out.
    """
    results = []
    for case in cases:
        try:
            result = compare(case)
        except ModuleNotFoundError as error:
            show(f"{case!s:<56} left out: {error}", flush=True)
            continue
        except WrongResultError as error:
            show(str(error), flush=True)
            results.append(
                {"chapter": case.chapter, "name": case.name, "peer": case.peer, "verdict": "wrong"}
            )
            continue
        show(line(result), flush=True)
        results.append(result.as_dict())
    return results


def line(result: Comparison) -> str:
    """One row of the table."""
    peer, ours = statistics.median(result.peer_times), statistics.median(result.our_times)
    return (
        f"{result.case!s:<56} {result.ratio:6.2f}x (minima {result.best_ratio:.2f}x, "
        f"target {result.case.target:g}x) {peer * 1e3:.4g} -> {ours * 1e3:.4g} ms  {result.verdict}"
    )


def report(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the JSON document of a run: when, where, with what, and every result."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "cautions": cautions(),
        "results": results,
    }


def write(path: Path, results: list[dict[str, Any]]) -> None:
    """Merge `results` into the JSON file at `path`, replacing the rows that were measured again."""

    def key(row: dict[str, Any]) -> tuple[str, str, str]:
        return row["chapter"], row["name"], row["peer"]

    before = json.loads(path.read_text(encoding="utf-8"))["results"] if path.exists() else []
    rows = {key(row): row for row in [*before, *results]}
    document = report(list(rows.values()))
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")

"""What a run says: losing rows first, then shares and geometric means by chapter."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.sweep.measure import Result


@dataclass(frozen=True)
class Summary:
    """Counts and ratios of some rows; rows without a peer count in `rows` alone."""

    name: str
    rows: int
    compared: int
    wrong: int
    losing: int
    worst: float | None
    mean: float | None

    @property
    def share(self) -> float:
        """Part of the compared rows that lose."""
        return self.losing / self.compared if self.compared else 0.0

    def line(self) -> str:
        """One line of the table."""
        worst = "-" if self.worst is None else f"{self.worst:.2f}"
        mean = "-" if self.mean is None else f"{self.mean:.2f}"
        return f"{self.name:<16}{self.rows:>6}{self.wrong:>7}{self.losing:>8}{self.share:>9.1%}{worst:>8}{mean:>8}"


# Bounds of the ratchet. Busy machines of two cores gave means of 2.2 to 2.7 over 400 rows, with 5 to 8 % below 0.4.
LEAST_MEAN, FAR, MOST_FAR = 1.6, 0.4, 0.12

HEAD = f"{'chapter':<16}{'rows':>6}{'wrong':>7}{'losing':>8}{'share':>9}{'worst':>8}{'mean':>8}"


def summarize(name: str, results: Sequence[Result]) -> Summary:
    """Sum rows up; the mean is the geometric one."""
    ratios = [r.ratio for r in results if r.ratio is not None]
    return Summary(
        name,
        len(results),
        len(ratios),
        sum(bool(r.wrong) for r in results),
        sum(r.loses for r in results),
        min(ratios, default=None),
        statistics.geometric_mean(ratios) if ratios else None,
    )


def summaries(results: Sequence[Result]) -> list[Summary]:
    """One for each chapter, and the total last."""
    names = sorted({r.chapter for r in results})
    parts = [summarize(n, [r for r in results if r.chapter == n]) for n in names]
    return [*parts, summarize("total", results)]


def fallen(results: Sequence[Result]) -> str:
    """Say what lies below the bounds of the ratchet: nothing where all is as it was."""
    ratios = [r.ratio for r in results if r.ratio is not None]
    mean = statistics.geometric_mean(ratios) if ratios else LEAST_MEAN
    far = sum(ratio < FAR for ratio in ratios) / max(len(ratios), 1)
    said = []
    if mean < LEAST_MEAN:
        said.append(f"the geometric mean is {mean:.2f}, below {LEAST_MEAN}")
    if far > MOST_FAR:
        said.append(f"{far:.0%} of the rows are below {FAR}, more than {MOST_FAR:.0%}")
    return "; ".join(said)


def reproduce(result: Result) -> str:
    """Return the command that measures a row again."""
    return f"python -m bench.sweep --seed {result.seed} --row {result.number}"


def line(result: Result) -> str:
    """What is said of one row, and how to see it again."""
    if result.wrong:
        return f" wrong  {result.title}: {result.wrong}\n        {reproduce(result)}"
    if result.ratio is None or result.our_seconds is None or result.peer_seconds is None:
        return f"     -  {result.title}: no peer\n        {reproduce(result)}"
    return (
        f"{result.ratio:6.2f}  {result.title}: {result.peer} {seconds(result.peer_seconds)}, "
        f"mmlcore {seconds(result.our_seconds)}\n        {reproduce(result)}"
    )


def seconds(t: float) -> str:
    """A time with three digits and its unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if t >= scale:
            return f"{t / scale:.3g} {unit}"
    return f"{t * 1e9:.3g} ns"


def text(results: Sequence[Result]) -> str:
    """Wrong rows, losing rows, the worst first, and the table."""
    wrong = [r for r in results if r.wrong]
    losing = sorted((r for r in results if r.loses), key=lambda r: r.ratio or 0.0)
    parts = [line(r) for r in (*wrong, *losing)]
    parts += ["", HEAD, *(s.line() for s in summaries(results))]
    parts += slower(results)
    return "\n".join(parts)


def slower(results: Iterable[Result]) -> list[str]:
    """Say, of a run without rest, what both sides take then over their rested times, by the geometric mean."""
    found = [r.beside for r in results if r.beside]
    if not found:
        return []
    ours, peers = (statistics.geometric_mean([b[side] for b in found]) for side in ("ours", "peer"))
    said = (
        f"without rest, beside products of numpy: mmlcore takes {ours:.2f} times its rested times, "
        f"the best peers {peers:.2f} times theirs."
    )
    return ["", said]

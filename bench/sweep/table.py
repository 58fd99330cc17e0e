"""The table of calls: what an entry is, which entry the row of a number has, and how results are compared.

Which entry a row has is drawn by hashing seed, number and name of each entry, the highest wins (rendezvous hashing). So a
row keeps its arguments when entries are added: only those that a new one wins are other rows.
"""

from __future__ import annotations

import importlib
import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from bench.sweep.draw import Draw
from mmlcore._bench.compare import Call

Verify = Callable[[Any, Any], None]
Peers = Mapping[str, Call]


@dataclass(frozen=True)
class Calls:
    """One call on drawn arguments, and what others do on the same ones.

    Parameters
    ----------
    ours : callable
        Without arguments.
    peers : mapping of str to callable
        Each at its best; the fastest counts. Empty where nobody does the same.
    verify : callable
        ``verify(expected, got)`` raises AssertionError when they disagree.
    truth : callable, optional
        What gives `expected`; the first peer by default. A peer that disagrees with it is left out.
    """

    ours: Call
    peers: Peers
    verify: Verify
    truth: Call | None = None


@dataclass(frozen=True)
class Entry:
    """A public function, and how its calls are drawn; `weight` 0: no random rows, in the list of small calls alone."""

    chapter: str
    name: str
    make: Callable[[Draw], Calls]
    weight: float = 1.0


@dataclass(frozen=True)
class Row:
    """A drawn call with its title."""

    seed: int
    number: int
    entry: Entry
    title: str
    calls: Calls


ENTRIES: dict[str, Entry] = {}


def entry(chapter: str, name: str, weight: float = 1.0) -> Callable[[Any], Any]:
    """Enter a function that makes `Calls` from a `Draw` into the table."""

    def enter(make: Callable[[Draw], Calls]) -> Callable[[Draw], Calls]:
        assert name not in ENTRIES, f"{name} stands in the table twice."
        ENTRIES[name] = Entry(chapter, name, make, weight)
        return make

    return enter


def entries() -> dict[str, Entry]:
    """Return the whole table; the files of the chapters are imported on the first call."""
    for path in sorted(Path(__file__).parent.glob("calls_*.py")):
        importlib.import_module(f"bench.sweep.{path.stem}")
    return ENTRIES


def chapters() -> list[str]:
    """Return the chapters that have random rows."""
    return sorted({e.chapter for e in entries().values() if e.weight})


def chosen(seed: int, number: int, among: Sequence[Entry] | None = None) -> Entry:
    """Return the entry that a row has; each wins in proportion to its weight."""

    def place(e: Entry) -> float:
        digest = blake2b(f"{seed} {number} {e.name}".encode(), digest_size=7).digest()
        u = (int.from_bytes(digest, "big") + 0.5) / 2**56
        return -math.log(u) / e.weight

    table = entries().values() if among is None else among
    return min((e for e in table if e.weight), key=place)


def draw(seed: int, number: int, which: Entry | None = None) -> Row:
    """Draw a row; it depends on the seed and the number alone."""
    e = which or chosen(seed, number)
    source = Draw((seed, number, zlib.crc32(e.name.encode())))
    calls = e.make(source)
    return Row(seed, number, e, " ".join((e.name, ", ".join(source.said))), calls)


def small(e: Entry) -> Calls:
    """Make the small call of an entry."""
    return e.make(Draw((0, zlib.crc32(e.name.encode())), small=True))


TOLERANCE = {"float64": 1e-9, "float32": 3e-4}


def near(dtype: str, factor: float = 1.0) -> Verify:
    """Return a check that no number differs by more than a tolerance of its type times the largest one."""
    rtol = factor * TOLERANCE[dtype]

    def check(expected: Any, got: Any) -> None:
        if isinstance(expected, tuple):
            assert len(expected) == len(got), f"{len(expected)} results, {len(got)} from us."
            for e, g in zip(expected, got, strict=True):
                check(e, g)
            return
        e, g = np.asarray(expected), np.asarray(got)
        assert g.shape == e.shape, f"The shapes are {e.shape} and {g.shape}."
        error = float(np.max(np.abs(np.subtract(g, e, dtype=_wide(e, g))), initial=0.0))
        scale = float(np.max(np.abs(e), initial=0.0))
        assert error <= rtol * scale, f"The largest difference is {error:.2g} of {scale:.2g}."

    return check


def _wide(*arrays: np.ndarray) -> type:
    return complex if any(np.iscomplexobj(a) for a in arrays) else float


def same(expected: Any, got: Any) -> None:
    """Check for equal results: truth values, whole numbers, sets."""
    assert np.all(np.asarray(expected == got)), f"{expected!r} expected, {got!r} found."

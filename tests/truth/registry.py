"""Explorers: for each public function, a way to draw one hard input and to hold the answer against exact arithmetic.

An explorer is a function of a `Draw`, the source of everything random. It returns nothing, or raises `Wrong`. A draw is made from
one number, so that the number is all it takes to see a finding again.
"""

from __future__ import annotations

import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import mmlcore as mml


class Wrong(AssertionError):
    """An answer that is not within the bound that the docstring states."""


# What a call may raise for an input that it refuses. Explorers that know an answer to exist catch none of these.
REFUSALS = (ValueError, mml.ConvergenceError, OverflowError)


@dataclass(frozen=True)
class Draw:
    """One number, and the generator that it starts."""

    number: int
    rng: np.random.Generator

    def pick(self, *options: object) -> object:
        """Return one of the options, all equally likely."""
        return options[int(self.rng.integers(len(options)))]

    def size(self, most: int, least: int = 1) -> int:
        """Return a size from `least` to `most`, small ones more often."""
        return int(least + (most - least + 1) * self.rng.random() ** 2)

    def chance(self, p: float) -> bool:
        """Return True with probability p."""
        return bool(self.rng.random() < p)


Explorer = Callable[[Draw], None]
EXPLORERS: dict[str, Explorer] = {}


def explores(name: str) -> Callable[[Explorer], Explorer]:
    """Register an explorer under the name of the public function that it is about."""

    def register(explorer: Explorer) -> Explorer:
        assert name not in EXPLORERS, name
        EXPLORERS[name] = explorer
        return explorer

    return register


def draw(name: str, number: int) -> Draw:
    """Make the draw of that number for one function."""
    return Draw(number, np.random.default_rng([zlib.crc32(name.encode()), number]))


def try_one(name: str, number: int) -> str | None:
    """Try one draw; what is wrong with the answer in a line, or None."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            EXPLORERS[name](draw(name, number))
    except Wrong as wrong:
        return " ".join(str(wrong).split())[:400]
    except Exception as error:  # an error where there is an answer is a finding too
        return " ".join(f"{type(error).__name__}: {error}".split())[:400]
    return None


def explore(name: str, seconds: float, first: int = 0) -> Iterator[tuple[int, str | None]]:
    """Try draws first, first + 1 ... for some seconds, four at least: the number of each and what is wrong, if something is."""
    end = time.perf_counter() + seconds
    number = first
    while number < first + 4 or time.perf_counter() < end:
        yield number, try_one(name, number)
        number += 1

"""What `random_state` means, the same for every function that draws: a seed for the counters of `core/random.hpp`."""

from __future__ import annotations

import secrets
from typing import Any, TypeAlias

import numpy as np

from mmlcore.core.arrays import as_index

RandomState: TypeAlias = int | np.random.Generator | np.random.RandomState | None

_SEEDS = 1 << 62


def as_seed(random_state: RandomState | Any) -> int:
    """Return a seed: a fresh one for None, an integer itself, else a number drawn from the generator that is given.

    An integer gives the same result every time; a `numpy.random.Generator` (or `RandomState`, `BitGenerator`,
    `SeedSequence`) goes on, so that a second call with it gives another.
    """
    if random_state is None:
        return secrets.randbelow(_SEEDS)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, _SEEDS, dtype=np.int64))
    if isinstance(
        random_state, (np.random.Generator, np.random.BitGenerator, np.random.SeedSequence)
    ):
        return int(np.random.default_rng(random_state).integers(_SEEDS))
    try:
        return as_index(random_state, "random_state", 0, (1 << 64) - 1)
    except TypeError:
        msg = (
            f"random_state: got {random_state!r} of type {type(random_state).__name__}, needed None, an integer, or a "
            "generator of numpy.random."
        )
        raise TypeError(msg) from None

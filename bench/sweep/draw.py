"""Random arguments: sizes uniform in the logarithm, types, memory orders, stacks.

Everything comes from one generator seeded by a row's number, so that a row can be drawn again. `Draw.small` draws the
least of everything: the calls whose price is that of the call.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array

MOST_NUMBERS = 2_000_000  # of a stack
MOST_ITEMS = 20_000
MOST_DATA = 5_000_000  # numbers of a data set


class Draw:
    """A source of arguments that writes down what it gave.

    Parameters
    ----------
    seed : sequence of int
        The same numbers give the same arguments.
    small : bool
        Draw the first option, the least size up to 3, no stacks, and C order.
    """

    def __init__(self, seed: Sequence[int], *, small: bool = False) -> None:
        self.rng = np.random.default_rng(list(seed))
        self.is_small = small
        self.said: list[str] = []
        self.dtype = self.choice("float64", "float64", "float32")

    def say(self, text: str) -> None:
        """Add to the row's title."""
        self.said.append(text)

    def size(self, low: int, high: int) -> int:
        """A whole number from low to high, uniform in its logarithm."""
        if self.is_small:
            return max(low, min(3, high))
        if high <= low:
            return low
        return min(high, int(math.exp(self.rng.uniform(math.log(low), math.log(high + 1)))))

    def chance(self, p: float) -> bool:
        """True with probability p; never for small calls."""
        return not self.is_small and bool(self.rng.random() < p)

    def choice(self, *options: Any) -> Any:
        """One of the options, the first for small calls."""
        return options[0] if self.is_small else options[int(self.rng.integers(len(options)))]

    def stack(self, numbers: int, most: int = MOST_NUMBERS, p: float = 0.5) -> tuple[int, ...]:
        """Leading axes of a stack of items of so many numbers: none, one, or now and then two."""
        if not self.chance(p):
            return ()
        items = self.size(1, max(1, min(MOST_ITEMS, most // numbers)))
        if items >= 4 and self.chance(0.15):
            few = self.size(2, math.isqrt(items))
            return few, items // few
        return (items,)

    def points(self, most_features: int = 100, least: int = 2) -> tuple[int, int]:
        """Shape of a data set: half of them small, half of a thousand to a hundred thousand rows."""
        d = self.size(2, most_features)
        if self.is_small:
            return max(10, least), d
        if self.chance(0.5):
            return self.size(least, 1_000), d
        return min(self.size(1_000, 100_000), MOST_DATA // d), d

    def array(self, *shape: int, dtype: str | None = None) -> Array:
        """Standard normal numbers, or bytes, in a drawn memory order."""
        kind = dtype or self.dtype
        if kind == "uint8":
            return self.lay(self.rng.integers(0, 256, shape, dtype=np.uint8))
        return self.lay(self.rng.standard_normal(shape).astype(kind))

    def matrix(self, *shape: int, shift: float = 2.0) -> Array:
        """Square matrices that are far from singular, so that results can be compared."""
        n = shape[-1]
        a = self.rng.standard_normal(shape) + shift * math.sqrt(n) * np.eye(n)
        return self.lay(a.astype(self.dtype))

    def symmetric(self, *shape: int) -> Array:
        """Symmetric matrices."""
        a = self.rng.standard_normal(shape)
        return self.lay((a + np.swapaxes(a, -1, -2)).astype(self.dtype))

    def definite(self, n: int, dtype: str | None = None) -> Array:
        """One well-conditioned symmetric positive definite matrix, in C order."""
        a = self.rng.standard_normal((n, n))
        self.say(f"metric {n}x{n}")
        return np.asarray(a @ a.T / n + np.eye(n), dtype or self.dtype)

    def lay(self, a: Array) -> Array:
        """Put values into a drawn memory order: C, F (each matrix by columns), or strided."""
        order = self.choice("C", "C", "C", "F", "strided")
        if order == "F" and a.ndim > 1:
            a = np.swapaxes(np.ascontiguousarray(np.swapaxes(a, -1, -2)), -1, -2)
        elif order == "strided" and a.ndim:
            a, order = _strided(a, self.choice("steps", "padded", "every second"))
        else:
            a, order = np.ascontiguousarray(a), ""
        shape = "x".join(str(n) for n in a.shape) or "number"
        self.say(f"{shape} {a.dtype}{' ' if order else ''}{order}")
        return a


def _strided(a: Array, how: str) -> tuple[Array, str]:
    """Copy `a` into a part of a larger array: every second number, padded rows, or every second first index."""
    if how == "padded" and a.ndim > 1:
        host = np.zeros((*a.shape[:-1], a.shape[-1] + 3), a.dtype)
        view = host[..., : a.shape[-1]]
    elif how == "every second" and a.ndim > 1:
        host = np.zeros((2 * a.shape[0], *a.shape[1:]), a.dtype)
        view = host[::2]
    else:
        how = "steps"
        host = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
        view = host[..., ::2]
    view[...] = a
    return view, how

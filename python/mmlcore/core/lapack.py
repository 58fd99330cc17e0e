"""LAPACK through numpy: matrices near the ends of the range, and Ctrl-C."""

from __future__ import annotations

import _thread
import contextvars
import math
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, largest_size, not_finite
from mmlcore.core.scaling import times_power

_LONG = 2e7  # elements times the shorter side: from here on a call may take a tenth of a second
_LOOK = 0.05  # seconds between two looks at what came for the main thread


def patiently(function: Callable[..., Any], a: Array, *more: Array, **options: Any) -> Any:
    """Return ``function(a, *more, **options)``, a call into LAPACK during which Ctrl-C works.

    Nothing can stop LAPACK, but nobody has to wait for it. A long call runs in a thread of its own, which holds what it reads
    and writes; the main thread, the one that signals come to, waits for it, and leaves it alone when it is interrupted.
    Calls from other threads, which no signal comes to, and short ones run as they are.
    """
    long = a.size * min(a.shape[-2:]) >= _LONG
    if not long or threading.current_thread() is not threading.main_thread():
        return function(a, *more, **options)
    results: list[Any] = []
    errors: list[BaseException] = []
    done = threading.Event()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            results.append(context.run(function, a, *more, **options))
        except BaseException as error:  # noqa: BLE001  (raised again where the caller waits)
            errors.append(error)
        finally:
            done.set()

    # Not by threading.Thread, whose own records a handler of signals that raises would leave in disorder.
    _thread.start_new_thread(run, ())
    while not done.wait(_LOOK):
        pass
    if errors:
        raise errors[0]
    return results[0]


def level(a: Array, name: str, *, squares: bool = False) -> tuple[Array, Array | None]:
    """Return matrices (..., m, n) whose largest entries lie near 1 where they lay near the ends of the range.

    With them come the exponents (...) of the powers of two that were taken out, None where none was. ValueError for NaN and
    infinity: one pass over `a` sees to both. LAPACK takes care of squares by itself; where others form some, say `squares`.
    """
    if _plainly_comfortable(a, squares):
        return a, None
    tops = _tops(a)
    if not np.isfinite(tops).all():
        raise not_finite(name, ~np.isfinite(tops))
    if _comfortable(tops, a.dtype, squares):
        return a, None
    powers = np.frexp(tops)[1]
    return times_power(a, -powers[..., np.newaxis, np.newaxis]), powers


def level_lower(a: Array, name: str) -> tuple[Array, Array | None]:
    """`level` for matrices of which only the lower triangle counts."""
    if _plainly_comfortable(a, False):
        return a, None
    tops = _tops(a)
    if np.isfinite(tops).all() and _comfortable(tops, a.dtype):
        return a, None
    return level(np.tril(a), name)


def restored(values: Array, powers: Array | None, name: str, what: str) -> Array:
    """Return values (..., k) of levelled matrices at the scale of the matrices; ValueError where they leave the range."""
    if powers is None:
        return values
    values = times_power(values, powers[..., np.newaxis])
    if not np.isfinite(values).all():
        msg = (
            f"{name}: {what} leaves the range of {values.real.dtype}; divide {name} by a constant."
        )
        raise ValueError(msg)
    return values


def _tops(a: Array) -> Array:
    """The largest size of an entry (of a real or imaginary part) of each matrix; NaN stays."""
    if a.dtype.kind == "c":
        return np.asarray(np.maximum(_tops(a.real), _tops(a.imag)))
    if a.ndim == 2:
        return np.asarray(largest_size(a), a.dtype)
    return np.asarray(np.abs(a).max(axis=(-2, -1), initial=0))


def _plainly_comfortable(a: Array, squares: bool) -> bool:
    """Tell one matrix with nothing to scale, without the overhead of arrays."""
    if a.ndim != 2 or a.dtype.kind not in "fc":
        return False
    if a.dtype.kind == "c":  # parts beside each other
        if not a.flags.forc:
            return False
        a = (a if a.flags.c_contiguous else a.T).view(a.real.dtype)
    top = largest_size(a)
    low, high = _limits(a.dtype, squares)
    return low < top < high or top == 0


def _comfortable(tops: Array, dtype: np.dtype[Any], squares: bool = False) -> bool:
    low, high = _limits(dtype, squares)
    return bool((((tops > low) & (tops < high)) | (tops == 0)).all())


@lru_cache
def _limits(dtype: np.dtype[Any], squares: bool) -> tuple[float, float]:
    limits = np.finfo(dtype)
    low, high = float(limits.tiny) / float(limits.eps) ** 2, float(limits.max) * float(limits.eps)
    return (math.sqrt(low), math.sqrt(high)) if squares else (low, high)

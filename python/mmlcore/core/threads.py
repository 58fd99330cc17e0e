"""How many threads the kernels use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmlcore import _core

_MOST = 1024


def _check(n: int) -> int:
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        msg = f"n: the number of threads is an integer, not {type(n).__name__}."
        raise TypeError(msg)
    count = n.__index__()
    if not 1 <= count <= _MOST:
        msg = f"n: the number of threads is between 1 and {_MOST}, not {count}."
        raise ValueError(msg)
    return count


def set_num_threads(n: int) -> None:
    """Set how many threads the kernels of this process use.

    Parameters
    ----------
    n : int
        Between 1 and 1024. The start value is ``OMP_NUM_THREADS`` when that is set, else the number of CPUs
        that this process may use.

    Examples
    --------
    >>> import mmlcore as mml
    >>> before = mml.get_num_threads()
    >>> mml.set_num_threads(1)
    >>> mml.get_num_threads()
    1
    >>> mml.set_num_threads(before)
    """
    _core.set_num_threads(_check(n))


def get_num_threads() -> int:
    """Return how many threads a kernel called now would use.

    Returns
    -------
    int
        The number set by `threads` in this Python thread, else that of the process.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.get_num_threads() >= 1
    True
    """
    return _core.num_threads()


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Use `n` threads in the body of a ``with`` statement.

    It holds for kernels called from the same Python thread, so that several Python threads can each keep to a
    share of the machine.

    Parameters
    ----------
    n : int
        Between 1 and 1024.

    Yields
    ------
    None
        After the body the number is what it was before.

    Examples
    --------
    >>> import mmlcore as mml
    >>> with mml.threads(1):
    ...     mml.get_num_threads()
    1
    """
    before = _core.set_thread_override(_check(n))
    try:
        yield
    finally:
        _core.set_thread_override(before)


def _quota() -> float:
    """CPUs granted by the control group (version 2), infinite without a limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return math.inf if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return math.inf


def start_value(environ: str | None) -> int:
    """Return the first number in ``OMP_NUM_THREADS``, else the CPUs that this process may use."""
    first = (environ or "").split(",")[0].strip()
    if first.isdecimal() and int(first) > 0:
        return min(int(first), _MOST)
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(able, math.ceil(min(_quota(), _MOST))))


_core.set_num_threads(start_value(os.environ.get("OMP_NUM_THREADS")))

"""How many threads the kernels use."""

from __future__ import annotations

import math
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from mmlcore import _core

_MOST = 1024


class _Body:
    """An open body of `threads`, in whatever context."""

    __slots__ = ("count", "inner")

    def __init__(self, count: int) -> None:
        self.count = count
        self.inner = 0  # bodies that are open within this one, which count in its place


# The bodies of `threads` that are open in this context: generators and coroutines may leave them in another order than they
# entered. The last one counts.
_open: ContextVar[tuple[tuple[_Body, int], ...]] = ContextVar("mmlcore.threads", default=())
_followed: list[bool] = []
# Those of all contexts, for libraries whose number of threads is one for the process (mmlcore.core.shared), and who is told.
_bodies: set[_Body] = set()
_lock = threading.Lock()
_listeners: list[Callable[[int | None], None]] = []


def smallest_open() -> int | None:
    """Return the least number of all open bodies of `threads`, None without any."""
    with _lock:
        return min((body.count for body in _bodies if not body.inner), default=None)


def tell_of_changes(listener: Callable[[int | None], None] | None) -> None:
    """Call it with a number that was set for the process, and with None where a body of `threads` has begun or ended."""
    _listeners[:] = [] if listener is None else [listener]


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
    count = _check(n)
    _core.set_num_threads(count)
    for tell in _listeners:
        tell(count)


def get_num_threads() -> int:
    """Return how many threads a kernel called now would use.

    Returns
    -------
    int
        The number set by `threads` in this context, else that of the process.

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

    It holds for kernels called from the same context (`contextvars`): each Python thread and each task of asyncio has its
    own, so that each can keep to a share of the machine, and no task meets the number of another.

    Parameters
    ----------
    n : int
        Between 1 and 1024.

    Yields
    ------
    None
        After the body its number no longer counts, in whatever order interleaved bodies end.

    Examples
    --------
    >>> import mmlcore as mml
    >>> with mml.threads(1):
    ...     mml.get_num_threads()
    1
    """
    body = _Body(_check(n))
    if not _followed:  # kernels of programs without a single `with threads(...)` need not look
        _core.follow_context(_open)
        _followed.append(True)
    entries = _open.get()
    outer = entries[-1][0] if entries else None
    with _lock:
        _bodies.add(body)
        if outer:
            outer.inner += 1
    _open.set((*entries, (body, body.count)))
    for tell in _listeners:
        tell(None)
    try:
        yield
    finally:
        _open.set(tuple(entry for entry in _open.get() if entry[0] is not body))
        with _lock:
            _bodies.discard(body)
            if outer:
                outer.inner -= 1
        for tell in _listeners:
            tell(None)


def limit(n: int) -> None:
    """Change the number that counts now: that of the innermost body of `threads`, else the process's."""
    count = max(1, min(int(n), _MOST))
    if entries := _open.get():
        _open.set((*entries[:-1], (entries[-1][0], count)))
    else:
        _core.set_num_threads(count)


def _in_child() -> None:
    """After a fork there is one thread, with the bodies of its context."""
    global _lock  # noqa: PLW0603  (another thread may have held it)
    _lock = threading.Lock()
    _bodies.clear()
    _bodies.update(body for body, _ in _open.get())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


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
    if first.isdecimal() and first.isascii():
        digits = first.lstrip("0")
        if len(digits) > 4:  # more than the most; int() refuses thousands of digits
            shown = first if len(first) <= 20 else first[:20] + "..."
            msg = f"OMP_NUM_THREADS={shown} is more than {_MOST} threads and is ignored."
            warnings.warn(msg, RuntimeWarning, stacklevel=2)
        elif digits:
            return min(int(digits), _MOST)
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(able, math.ceil(min(_quota(), _MOST))))


_core.set_num_threads(start_value(os.environ.get("OMP_NUM_THREADS")))

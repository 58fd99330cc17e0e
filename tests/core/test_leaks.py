"""Nothing is kept by a call: neither memory, nor objects, nor references to its inputs.

MMLCORE_LEAKS=1 makes ten thousand calls of each function, however long that takes.
"""

from __future__ import annotations

import gc
import inspect
import os
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.core import support_calls
from tests.core.support_calls import CALLS
from tests.core.support_sanitizers import not_sanitized

import mmlcore as mml

STATM = Path("/proc/self/statm")
MANY = 10_000
SECONDS = 300.0 if os.environ.get("MMLCORE_LEAKS") else 0.06
# Bytes that wait for their turn: without its lock Python frees much of it later.
LATER = 4096 if getattr(sys, "_is_gil_enabled", lambda: True)() else 32_768
INPUTS = [x for x in vars(support_calls).values() if isinstance(x, np.ndarray)]


def resident() -> int:
    return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def settled(call: Any, times: int) -> None:
    for _ in range(times):
        call()
    gc.collect()


def traced_growth(call: Any, times: int) -> int:
    """Bytes that Python's and numpy's allocators keep after some calls."""
    tracemalloc.start()
    try:
        settled(call, 5)
        before = tracemalloc.get_traced_memory()[0]
        settled(call, times)
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def grows(call: Any, times: int) -> bool:
    """Tell whether some calls leave blocks of Python's allocator, or pages."""
    blocks, memory = sys.getallocatedblocks(), resident()
    settled(call, times)
    # Caches of the interpreter take some blocks; a leak takes one a call.
    few = sys.getallocatedblocks() - blocks < times / 4 + 100
    return not (few and resident() - memory < 3 * 2**20 + 16 * times)


def test_every_public_function_is_called() -> None:
    settings = {
        "get_num_threads",
        "release_memory",
        "set_num_threads",
        "share_threads",
        "show_config",
        "threads",
    }
    public = {name for name in mml.__all__ if inspect.isroutine(getattr(mml, name))}
    assert public - settings <= set(CALLS)
    assert isinstance(support_calls.TRACED, mml.Function)


@not_sanitized
@pytest.mark.skipif(not STATM.exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("name", sorted(CALLS))
def test_nothing_is_kept(name: str) -> None:
    call = CALLS[name]
    gc.collect()
    gc.freeze()  # what other tests left need not be looked through at each round
    settled(call, 20)
    begin = time.perf_counter()
    settled(call, 5)
    each = (time.perf_counter() - begin) / 5
    times = int(min(MANY, max(50, SECONDS / each)))
    references = [sys.getrefcount(x) for x in INPUTS]
    # Pools and lists may still grow once: a second round tells that from a leak.
    assert not (grows(call, times) and grows(call, times))
    assert [sys.getrefcount(x) for x in INPUTS] == references, "a reference to an input was kept"
    times = int(max(30, min(300, 0.04 / each)))
    assert min(traced_growth(call, times) for _ in range(3)) < 32 * times + LATER
    gc.unfreeze()

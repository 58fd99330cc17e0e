"""Every allocation of the compiled code fails once: MemoryError each time, no block is lost, the next call is right."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.core.support_sanitizers import not_sanitized

SHIM = Path(__file__).with_name("failing_alloc.cpp")
ROOT = Path(__file__).parents[2]
COMPILER = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")
PROGRAM = """
import ctypes, threading
import numpy as np
from tests.core.support_calls import CALLS
from tests.core.test_concurrency import numbers_of

shim = ctypes.CDLL(None)
shim.mmlcore_test_held.restype = ctypes.c_long
shim.mmlcore_test_watch(1)

def attempt(call, n):
    # In a thread of its own, which begins without the blocks that earlier calls left: (result, was the end reached).
    box = [None, False]
    def work():
        shim.mmlcore_test_fail_after(n)
        try:
            box[0] = list(numbers_of(call()))
        except MemoryError:
            pass
        except BaseException as error:
            box[0] = error
        finally:
            box[1] = bool(shim.mmlcore_test_armed())
            shim.mmlcore_test_fail_after(-1)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return box

def kept(call, n):
    before = shim.mmlcore_test_held()
    attempt(call, n)
    return shim.mmlcore_test_held() - before

failures = 0
for name, call in CALLS.items():
    expected = list(numbers_of(call()))
    for n in range(10_000):
        result, through = attempt(call, n)
        assert not isinstance(result, BaseException), (name, n, result)
        if result is None:
            failures += 1
            # What is kept on purpose is kept once; what leaks does so every time.
            growth = [kept(call, n) for _ in range(4)]
            assert min(growth) <= 0, (name, n, growth)
            result = numbers_of(call())  # and afterwards all is well
        for a, b in zip(result, expected, strict=True):
            assert np.array_equal(a, b), (name, n)
        if through:
            break
    assert through, name
print(failures)
"""


@pytest.mark.skipif(sys.platform != "linux" or not COMPILER, reason="needs ld.so and a compiler")
@not_sanitized
def test_every_allocation_may_fail(tmp_path: Path) -> None:
    library = tmp_path / "failing_alloc.so"
    build = [str(COMPILER), "-shared", "-fPIC", "-O1", "-std=c++17", str(SHIM), "-o", str(library)]
    subprocess.run(build, check=True)
    env = {**os.environ, "LD_PRELOAD": str(library), "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", PROGRAM],
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert int(told.stdout) > 1000


def test_every_allocation_of_python_may_fail_on_the_short_paths() -> None:
    """What numpy and the interpreter allocate for a small call: MemoryError each time, and the next call is right."""
    code = """
import numpy as np, mmlcore as mml
import _testcapi
a = np.random.default_rng(0).standard_normal((30, 30)); b = a[0].copy(); c = a[:3, :3].copy()
f = mml.Function(lambda x: np.sum(x * x), 30)
calls = [
    lambda: mml.solve(a, b), lambda: mml.solve(c, c[0]), lambda: mml.inverse(c), lambda: mml.determinant(c),
    lambda: mml.determinant(a), lambda: mml.matmul(a, a), lambda: mml.matmul(c, c), lambda: f(b), lambda: f.gradient(b),
]
failures = 0
for call in calls:
    expected = call()
    for n in range(60):
        told = None
        _testcapi.set_nomemory(n, n + 1)
        try:
            told = call()
        except MemoryError:
            failures += 1
        finally:
            _testcapi.remove_mem_hooks()
        assert told is None or np.array_equal(told, expected), n
        assert np.array_equal(call(), expected), n
assert failures >= 8, failures
"""
    pytest.importorskip("_testcapi")
    told = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")


@not_sanitized
@pytest.mark.skipif(sys.platform != "linux", reason="limits its own memory")
def test_results_that_do_not_fit() -> None:
    """The memory of results is numpy's: where there is none, MemoryError says so."""
    code = """
import resource
import numpy as np, mmlcore as mml
x = np.ones((60_000, 3))
mml.pairwise_distances(x[:9])
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**29, used + 2**29))
for call in (lambda: mml.pairwise_distances(x), lambda: mml.matmul(x, x.T), lambda: mml.projection_matrix(x)):
    try:
        call()
        print("done")
    except MemoryError:
        pass
assert np.allclose(mml.covariance(x), 0)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, ""), told.stderr

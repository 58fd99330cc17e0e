"""Signals while kernels run: what a handler raises comes out, wherever it strikes, and the next call is right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.core.support_large_calls import LARGE

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")

# MMLCORE_SIGNALS=100 strikes a hundred times for each call. How late a call may end is told by test_threads.py.
TIMES = int(os.environ.get("MMLCORE_SIGNALS", "2"))


def run(code: str, threads: int) -> str:
    told = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        cwd=ROOT,
        timeout=900,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    return told.stdout


STRIKES = """
import signal, sys, time
import numpy as np
from tests.core.support_large_calls import LARGE

class Struck(Exception):
    pass

def strike(number, frame):
    if {nested}:
        import mmlcore as mml
        a = np.random.default_rng(0).standard_normal((300, 300)) + 20 * np.eye(300)
        assert np.allclose(a @ mml.solve(a, a), a)
        assert np.allclose(mml.matmul(a, a), a @ a)
    raise {error}

signal.signal(signal.{signal}, strike)
rng = np.random.default_rng(1)
struck = missed = 0
for name, call in LARGE.items():
    if name not in {names}:
        continue
    begin = time.perf_counter()
    call()
    full = time.perf_counter() - begin
    for _ in range({times}):
        try:
            delay = min(full, 0.3) * rng.uniform(0.02, 0.9) + 1e-4
            due = time.perf_counter() + delay
            signal.setitimer(signal.ITIMER_REAL, delay)
            while time.perf_counter() < due + 5:
                call()
            missed += 1
        except (Struck, KeyboardInterrupt):
            struck += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
print(struck, missed)
"""


@pytest.mark.parametrize(
    ("threads", "nested"), [(1, False), (2, True)], ids=["raises", "calls kernels, then raises"]
)
def test_what_a_handler_raises_comes_out_of_every_function(threads: int, nested: bool) -> None:
    """SIGALRM by a timer, at a random moment of a call: never an abort, an error of another kind, or a swallowed one."""
    code = STRIKES.format(
        nested=nested, signal="SIGALRM", error="Struck", times=TIMES, names=sorted(LARGE)
    )
    struck, missed = run(code, threads).split()
    assert (int(struck), int(missed)) == (TIMES * len(LARGE), 0)


@pytest.mark.parametrize("threads", [1, 2])
def test_control_c_twice(threads: int) -> None:
    """The second one strikes while the first unwinds: KeyboardInterrupt both times, and all is well afterwards."""
    code = """
import os, signal, threading, time
import numpy as np
import mmlcore as mml

rng = np.random.default_rng(0)
a = rng.standard_normal((900, 900)) + 30 * np.eye(900)
stack = rng.standard_normal((60_000, 5, 5))
calls = [lambda: mml.matmul(a[:, ::-1], a), lambda: mml.solve(a, a), lambda: mml.solve(stack, stack),
         lambda: mml.gradient(lambda x: np.sum(np.sin(x)), a)]
before = mml.solve(a, a[0])

def send():
    time.sleep(rng.uniform(0.005, 0.05))
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(rng.uniform(0, 0.004))
    os.kill(os.getpid(), signal.SIGINT)

told = 0
for turn in range(24):
    sender = threading.Thread(target=send)
    try:
        try:
            sender.start()
            while sender.is_alive():
                calls[turn % 4]()
        except KeyboardInterrupt:
            told += 1
        sender.join()
        time.sleep(0.001)
    except KeyboardInterrupt:  # the second one, wherever it came
        told += 1
    sender.join()
    assert np.array_equal(mml.solve(a, a[0]), before)
print(told)
"""
    assert (
        int(run(code, threads)) >= 20
    )  # two that come together count as one, and counting may be struck

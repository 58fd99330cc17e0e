"""Ctrl-C in the compiled loops: each stops soon, and what is called next is right."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.core.test_threads import SLOWER

CODE = """
import os, signal, threading, time
import numpy as np
import mmlcore as mml

rng = np.random.default_rng(0)
valley = lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
slow = mml.Function(lambda x: mml.calculus.loop(lambda i, y: y + 1e-9 * np.sin(y * x[0]), x[1], 3_000_000), 2)
many = mml.Function(lambda x: mml.calculus.loop(lambda i, y: y + 1e-3 * np.cos(y), np.sum(x * x), 3000), 2)
pair = mml.Function(lambda v: np.stack([many(v) - 9.0, v[0] - v[1] ** 3]), 2)
starts = rng.normal(size=(50_000, 2))
calls = {
    "loop": lambda: [slow(np.ones(2)) for _ in range(9)],
    "loop of points": lambda: many(rng.normal(size=(300_000, 2))),
    "descent": lambda: mml.minimize(valley, [-1.2, 1.0], method="gradient_descent", learning_rate=1e-13, max_iter=10**12),
    "minimize": lambda: mml.minimize(many, starts, method="bfgs"),
    "newton": lambda: mml.newton(pair, starts),
    "globally": lambda: mml.minimize_globally(many, [(-1, 1)] * 2, tol=0.0, generations=10**9),
}
for name, call in calls.items():
    sent = []

    def send():
        time.sleep(0.3)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        call()
        sender.join()
        print(name, "ended", 1e9)
    except KeyboardInterrupt:
        late = time.perf_counter() - sent[0]
        print(name, "stopped", late)
    sender.join()
assert np.allclose(mml.minimize(valley, [-1.2, 1.0]).x, 1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_control_c_stops_every_loop() -> None:
    told = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=False
    )
    assert (told.returncode, told.stderr) == (0, "")
    for line in told.stdout.splitlines():
        assert float(line.split()[-1]) < SLOWER, line
    assert len(told.stdout.splitlines()) == 6

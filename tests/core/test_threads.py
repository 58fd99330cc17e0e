"""The thread pool: numbers, many Python threads, fork, Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.core.support_sanitizers import SLOWER

import mmlcore as mml
from mmlcore.core.threads import start_value


def run_python(code, **variables):
    environment = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )


def test_set_and_get():
    mml.set_num_threads(3)
    assert mml.get_num_threads() == 3
    with mml.threads(5):
        assert mml.get_num_threads() == 5
        with mml.threads(1):
            assert mml.get_num_threads() == 1
        assert mml.get_num_threads() == 5
    assert mml.get_num_threads() == 3


def test_the_context_belongs_to_one_python_thread():
    mml.set_num_threads(2)
    with mml.threads(7), ThreadPoolExecutor(1) as other:
        assert other.submit(mml.get_num_threads).result() == 2


def test_the_context_ends_with_an_error():
    before = mml.get_num_threads()
    with pytest.raises(RuntimeError, match="inside"), mml.threads(before + 1):
        raise RuntimeError("inside")
    assert mml.get_num_threads() == before


@pytest.mark.parametrize("n", [0, -1, 1025])
def test_out_of_range(n):
    with pytest.raises(ValueError, match=f"between 1 and 1024, not {n}"):
        mml.set_num_threads(n)


@pytest.mark.parametrize("n", [1.0, "2", None, True])
def test_not_an_integer(n):
    with pytest.raises(TypeError, match="is an integer"):
        mml.set_num_threads(n)


def test_start_value():
    able = start_value(None)
    assert able >= 1
    assert start_value("3") == 3
    assert start_value("4,2") == 4
    for nonsense in ("", "0", "-2", "many"):
        assert start_value(nonsense) == able
    told = run_python("import mmlcore; print(mmlcore.get_num_threads())", OMP_NUM_THREADS="5")
    assert told.stdout.strip() == "5"


def test_many_python_threads_at_once(rng):
    a, b = rng.standard_normal((400, 8, 8)), rng.standard_normal((400, 8, 1))
    large = rng.standard_normal((150, 150))
    expected = mml.solve(a, b), mml.solve(large, large)
    mml.set_num_threads(3)

    def work(_):
        for _ in range(20):
            np.testing.assert_array_equal(mml.solve(a, b), expected[0])
            np.testing.assert_array_equal(mml.solve(large, large), expected[1])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))


def test_the_gil_is_released(rng):
    """A Python thread goes on counting while a kernel runs."""
    a = rng.standard_normal((1500, 1500))
    stop, ticks = threading.Event(), []

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.perf_counter()
    mml.solve(a, a[:, :200])
    end = time.perf_counter()
    stop.set()
    thread.join()
    during = [t for t in ticks if begin < t < end]
    assert len(during) >= 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork():
    """A child of a process with a running pool works, in parallel, and so does its own child."""
    code = """
import os, numpy as np, mmlcore as mml
mml.set_num_threads(4)
a = np.random.default_rng(0).standard_normal((3000, 8, 8)); b = np.ones((3000, 8, 1))
x = mml.solve(a, b)
def child(depth):
    pid = os.fork()
    if pid == 0:
        ok = all(np.array_equal(mml.solve(a, b), x) for _ in range(20))
        if ok and depth:
            ok = child(depth - 1)
        os._exit(0 if ok else 1)
    return os.waitpid(pid, 0)[1] == 0
print(all(child(1) for _ in range(5)) and np.array_equal(mml.solve(a, b), x))
"""
    told = run_python(f"import warnings; warnings.simplefilter('ignore')\n{code}")
    assert told.stdout.strip() == "True", told.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize(
    "call",
    [
        "mml.solve(a, a)",
        "mml.matmul(a, a)",
        "mml.matmul(a[:, ::-1], a)",
        "mml.gram_schmidt(tall)",
        "mml.covariance(a)",
        "mml.PCA(20).fit(a).transform(a)",
        "mml.Graph.from_edges(*ends)",
        "mml.pagerank(graph, damping=0.99)",
        "mml.pagerank(graph, personalization=jumps)",
    ],
)
@pytest.mark.parametrize("threads", ["1", "2"])
def test_control_c(call, threads):
    code = f"""
import os, signal, threading, time, numpy as np, mmlcore as mml
a = np.random.default_rng(0).standard_normal((2600, 2600)); tall = a.reshape(-1, 40)
ends = np.random.default_rng(0).integers(0, 200_000, (2, 3_000_000)); graph = mml.Graph.from_edges(*ends)
jumps = np.random.default_rng(0).random((9, 200_000)); jumps = jumps[:, :graph.num_nodes]
mml.solve(a[:64, :64], a[:64, 0])
sent = []
def send():
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
try:
    threading.Timer(0.15, send).start()
    end = time.perf_counter() + 20
    while time.perf_counter() < end:
        {call}
except KeyboardInterrupt:
    late = time.perf_counter() - sent[0]
    x = mml.solve(a[:200, :200], a[:200, 0])
    print(late, np.allclose(a[:200, :200] @ x, a[:200, 0]))
"""
    told = run_python(code, OMP_NUM_THREADS=threads)
    late, fine = told.stdout.split()
    assert fine == "True"
    assert told.returncode == 0, told.stderr
    assert float(late) < 0.5 * SLOWER, "the polls are 50 ms apart; the rest is for a loaded machine"


def test_threadpoolctl_lists_and_limits():
    code = """
import threadpoolctl, mmlcore as mml
mml.set_num_threads(3)
ours = [x for x in threadpoolctl.threadpool_info() if x["user_api"] == "mmlcore"]
assert [(x["num_threads"], x["version"]) for x in ours] == [(3, mml.__version__)], ours
with threadpoolctl.threadpool_limits(1):
    assert mml.get_num_threads() == 1
assert mml.get_num_threads() == 3
with threadpoolctl.threadpool_limits(2, user_api="mmlcore"), mml.threads(5):
    assert mml.get_num_threads() == 5
    with threadpoolctl.threadpool_limits(1):
        assert mml.get_num_threads() == 1
    assert mml.get_num_threads() == 5
assert mml.get_num_threads() == 3
"""
    pytest.importorskip("threadpoolctl")
    told = run_python(code)
    assert told.returncode == 0, told.stderr


def test_kernels_poll_on_threads_of_the_pool_too() -> None:
    """Many fits: a task polls within itself, on a thread that Python does not know; it neither asks Python nor stops."""
    x = np.linspace(-3, 3, 50)
    many = 3 * np.exp(-(x**2) / 2) + 0.1 * np.random.default_rng(0).standard_normal((20_000, 50))
    with mml.threads(3):
        fits = mml.curve_fit_batch(
            lambda x, a, s: a * np.exp(-(x**2) / (2 * s**2)), x, many, [1.0, 1.0]
        )
    assert fits.success.all()

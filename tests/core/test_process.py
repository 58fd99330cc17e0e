"""The process around the kernels: its exit, its other interpreters, how it rounds, what it exports, what it inherits."""

from __future__ import annotations

import asyncio
import ctypes
import ctypes.util
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from tests.core.support_sanitizers import not_sanitized

import mmlcore as mml
from mmlcore.core.threads import start_value


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "call",
    [
        "mml.matmul(a[:, ::-1], a)",
        "mml.solve(stack, stack)",
        "mml.solve(a[:40, :40], a[0, :40])",
        "mml.gradient(lambda x: np.sum(np.sin(x)), a)",
        "mml.PCA(5).fit(a[:, :50])",
        "mml.MLP([6, 4, 1], epochs=100, random_state=0).fit(a[:, :6], a[:, 0])",
        "mml.pagerank(graph, progress=lambda *told: None)",
    ],
)
def test_the_interpreter_exits_while_threads_compute(call: str) -> None:
    """A thread that asks for the interpreter's lock then is parked; before, unwinding its stack ended in an abort."""
    code = f"""
import threading, time, numpy as np, mmlcore as mml
rng = np.random.default_rng(0)
a = rng.standard_normal((700, 700)); stack = rng.standard_normal((50_000, 5, 5))
graph = mml.Graph.from_edges(*rng.integers(0, 20_000, (2, 100_000)))
def work():
    while True:
        {call}
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
"""
    for _ in range(2):
        told = run(code)
        assert (told.returncode, told.stderr) == (0, "")


def test_a_sub_interpreter_is_told() -> None:
    code = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import mmlcore  # the main interpreter goes on
other = interpreters.create()
text = "import warnings; warnings.simplefilter('ignore'); import mmlcore"
try:
    told = interpreters.run_string(other, text) if sys.version_info < (3, 13) else interpreters.exec(other, text)
except Exception as error:
    told = error
print(told)
assert mmlcore.solve([[2.0]], [4.0]) == 2
"""
    told = run(code)
    assert "ImportError" in told.stdout, (
        told.stdout + told.stderr
    )  # numpy's own, where it was loaded before
    assert told.returncode == 0


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the numbers of rounding modes are the system's"
)
@pytest.mark.parametrize("mode", ["upward", "downward"])
@pytest.mark.parametrize("when", ["before the pool is born", "after"])
def test_all_threads_round_as_the_caller_does(mode: str, when: str) -> None:
    """One thread and two give the same bits in every mode; and each mode gives its own."""
    code = f"""
import ctypes, ctypes.util, platform, numpy as np, mmlcore as mml
c = ctypes.CDLL(ctypes.util.find_library("m"))
up, down = (0x800, 0x400) if platform.machine() == "x86_64" else (0x400000, 0x800000)
rng = np.random.default_rng(0)
points = rng.standard_normal((200_000, 4))
f = lambda x: np.sum(np.exp(x) * x) / 3
stack = rng.standard_normal((50_000, 5, 5))
def bits():
    return [mml.gradient(f, points), mml.solve(stack, stack[..., :1]), mml.pairwise_distances(points[:800])]
mml.set_num_threads(2)
if {when == "after"}:
    nearest = bits()
c.fesetround({{"upward": up, "downward": down}}[{mode!r}])
two = bits()
with mml.threads(1):
    one = bits()
if {when != "after"}:
    c.fesetround(0)
    nearest = bits()
for a, b, other in zip(one, two, nearest):
    assert np.array_equal(a, b)
    assert not np.array_equal(a, other)
"""
    told = run(code)
    assert (told.returncode, told.stderr) == (0, "")


def test_interleaved_generators_leave_nothing_behind() -> None:
    before = mml.get_num_threads()

    def body(n: int):
        with mml.threads(n):
            yield mml.get_num_threads()

    first, second = body(3), body(5)
    assert (next(first), next(second)) == (3, 5)
    assert next(first, None) is None
    assert mml.get_num_threads() == 5, "the second is still open"
    assert next(second, None) is None
    assert mml.get_num_threads() == before
    mml.set_num_threads(before + 1)
    assert mml.get_num_threads() == before + 1
    mml.set_num_threads(before)


def test_each_task_has_its_own_number() -> None:
    async def task(n: int, gate: asyncio.Event) -> int:
        with mml.threads(n):
            gate.set()
            await asyncio.sleep(0.01)
            assert np.allclose(mml.matmul(np.eye(300), np.eye(300)), np.eye(300))
            return mml.get_num_threads()

    async def both() -> list[int]:
        one, two = asyncio.Event(), asyncio.Event()
        told = await asyncio.gather(task(3, one), task(7, two))
        return [*told, mml.get_num_threads()]

    assert asyncio.run(both()) == [3, 7, mml.get_num_threads()]


@pytest.mark.parametrize("digits", ["9" * 5000, "12345", "0" * 20 + "9" * 5])
def test_impossible_numbers_of_threads_in_the_environment(digits: str) -> None:
    able = start_value(None)
    with pytest.warns(RuntimeWarning, match="OMP_NUM_THREADS=.* is ignored"):
        assert start_value(digits) == able
    told = run("import mmlcore; print(mmlcore.get_num_threads())", OMP_NUM_THREADS=digits)
    assert told.stdout.strip() == str(able)
    assert "OMP_NUM_THREADS" in told.stderr


def test_numbers_of_threads_with_leading_zeros() -> None:
    assert start_value("0003") == 3
    assert start_value("1024") == start_value("5000") == 1024


@not_sanitized
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_scratch_memory_of_idle_threads_is_given_back() -> None:
    """Eight threads that computed and wait keep tens of MiB each until they are told."""
    code = """
import os, threading, numpy as np, mmlcore as mml
from pathlib import Path
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
a = np.random.default_rng(0).standard_normal((1400, 1400)) + 40 * np.eye(1400)
mml.set_num_threads(1)
done, leave = threading.Barrier(9), threading.Event()
def work():
    mml.solve(a, a[:, :1])
    done.wait()
    leave.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for t in threads: t.start()
done.wait()
before = resident()
told = mml.release_memory()
after = resident()
leave.set()
for t in threads: t.join()
assert told > 8 * 14e6, told
assert before - after > 8 * 14e6, (before, after)
assert mml.release_memory() == 0
assert np.allclose(a @ mml.solve(a, a[:, 0]), a[:, 0])
"""
    told = run(code)
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_waits_for_no_lock_of_its_parent() -> None:
    """Forked while other threads take and give memory at every moment."""
    code = """
import os, threading, warnings, numpy as np, mmlcore as mml
warnings.simplefilter("ignore")
big = np.random.default_rng(0).standard_normal((60_000, 5, 5)); small = big[:3000]
stop = threading.Event()
def work(x):
    while not stop.is_set():
        mml.solve(x, x); mml.release_memory()
threads = [threading.Thread(target=work, args=(x,)) for x in (big, small, small)]
for t in threads: t.start()
bad = 0
for _ in range(60):
    pid = os.fork()
    if pid == 0:
        import signal
        signal.alarm(20)
        mml.release_memory(); x = mml.solve(small, small[..., :1]); mml.release_memory()
        os._exit(0 if np.isfinite(x).all() else 1)
    bad += os.waitpid(pid, 0)[1] != 0
stop.set()
for t in threads: t.join()
print(bad)
"""
    told = run(code)
    assert (told.stdout.strip(), told.returncode) == ("0", 0), told.stderr


@not_sanitized
@pytest.mark.skipif(
    not (sys.platform == "linux" and shutil.which("nm") and shutil.which("readelf")),
    reason="binutils",
)
def test_modules_export_their_init_function_alone_and_are_hardened() -> None:
    for module in (mml._core, mml._isa._cpu):
        path = str(module.__file__)
        named = subprocess.run(
            ["nm", "-D", "--defined-only", path], capture_output=True, text=True, check=True
        ).stdout
        symbols = [line.split()[-1] for line in named.splitlines() if line.strip()]
        assert len(symbols) == 1, symbols
        assert symbols[0].startswith("PyInit_")
        dynamic = subprocess.run(
            ["readelf", "-d", path], capture_output=True, text=True, check=True
        ).stdout
        assert "BIND_NOW" in dynamic
        headers = subprocess.run(
            ["readelf", "-l", path], capture_output=True, text=True, check=True
        ).stdout
        assert "GNU_RELRO" in headers


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals need the main thread"
)
def test_the_mode_of_rounding_stays_the_callers() -> None:
    """A kernel leaves the caller's mode as it was."""
    name = ctypes.util.find_library("m")
    if not name:
        pytest.skip("no C library of mathematics to ask")
    c = ctypes.CDLL(name)
    before = c.fegetround()
    mml.gradient(lambda x: np.sum(np.exp(x)), np.ones((50_000, 3)))
    assert c.fegetround() == before


def test_first_calls_import_nothing() -> None:
    """Asking `numpy.ma` whether an array is masked imported it: 15 ms of the first traced call of a process."""
    code = """
import sys, numpy as np, mmlcore as mml
before = set(sys.modules)
x = np.array([1.0, 2.0])
mml.gradient(lambda x: np.sum(np.exp(-x * x)), [1.0, 2.0])
mml.jacobian(lambda x: np.array([x[0], x @ x]), x)
mml.newton(lambda x: [x[0] ** 2 - 2, x[1] - x[0]], x)
mml.minimize(lambda x: (x[0] - 1) ** 2 + (x[1] - x[0] ** 2) ** 2, x)
mml.curve_fit(lambda x, a, b: a * x + b, [1.0, 2.0, 4.0], [2.0, 3.0, 6.0])
print(sorted(name for name in set(sys.modules) - before if not name.startswith("mmlcore")))
"""
    told = run(code)
    assert told.stdout.strip() == "[]", told.stdout + told.stderr

"""numpy's and SciPy's OpenBLAS on our threads. What is shared is the process's, so that most tests have one of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from tests.core.support_sanitizers import not_sanitized

import mmlcore as mml
from mmlcore import _core
from mmlcore.core import shared

FOUND = _core.loaded_blas()
able = pytest.mark.skipif(
    not FOUND or any(shared.why_not(blas) is not None for blas in FOUND),
    reason="numpy's BLAS is no OpenBLAS that takes the threads of others",
)
START = """
import os, sys, threading, time, warnings
import numpy as np, scipy.linalg
import mmlcore as mml
from mmlcore import _core
mml.set_num_threads(2)
rng = np.random.default_rng(0)
a = rng.standard_normal((400, 400)); s = a @ a.T + 400 * np.eye(400); stack = rng.standard_normal((3000, 8, 8))
product, ours = a @ a, mml.matmul(stack, stack)
factor = scipy.linalg.cholesky(s, lower=True)
def numbers():
    return {blas["threads"] for blas in _core.loaded_blas()}
def are_shared():
    return {blas["shared"] for blas in _core.loaded_blas()}
def right():
    return np.allclose(a @ a, product) and np.allclose(scipy.linalg.cholesky(s, lower=True), factor) \\
        and np.allclose(a @ np.linalg.solve(a, a[:, :5]), a[:, :5]) and np.array_equal(mml.matmul(stack, stack), ours)
for blas in _core.loaded_blas():  # this machine's number is no part of the tests
    _core.share_blas(blas["path"], 64, 2); _core.set_blas_threads(blas["path"], 2); _core.unshare_blas(blas["path"])
"""


def run(code: str, **variables: str) -> None:
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", START + code],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert not told.stderr, told.stderr


@able
def test_results_are_right_and_come_from_our_pool() -> None:
    run("""
assert are_shared() == {False}
shared = mml.share_threads()
assert len(shared.libraries) == len(_core.loaded_blas()) == 2 and not shared.refused, shared
assert are_shared() == {True} and "openblas" in repr(shared)
before = _core.shared_blas_calls()
for _ in range(30):
    assert right()
    time.sleep(0.002)  # workers fall asleep
assert _core.shared_blas_calls() >= before + 60
mml.share_threads(); mml.share_threads()  # it stays
again = mml.share_threads(False)
assert again.libraries == () and are_shared() == {False}
before = _core.shared_blas_calls()
assert right() and _core.shared_blas_calls() == before
mml.share_threads(False)
""")


@able
def test_as_a_context_manager() -> None:
    run("""
with mml.share_threads() as shared:
    assert len(shared.libraries) == 2
    with mml.share_threads():
        assert are_shared() == {True}
    assert are_shared() == {True} and right()
assert are_shared() == {False}
mml.share_threads()
with mml.share_threads():
    pass
assert are_shared() == {True}, "it was so before the body"
with mml.share_threads():
    mml.share_threads(False)
    assert are_shared() == {False}
assert are_shared() == {False}
try:
    with mml.share_threads():
        raise KeyError
except KeyError:
    assert are_shared() == {False}
""")


@able
def test_threads_limits_both() -> None:
    run("""
calls = _core.shared_blas_calls
mml.share_threads()
with mml.threads(1):
    assert numbers() == {1}
    before = calls(); assert right() and calls() == before
    with mml.threads(3):
        assert numbers() == {3} and right()
    assert numbers() == {1}
assert numbers() == {2}
mml.set_num_threads(1)
assert numbers() == {1}
with mml.threads(2):
    assert numbers() == {2}
    mml.set_num_threads(3)
    assert numbers() == {2}
assert numbers() == {3} and right()
with mml.threads(1000):
    assert numbers() == {32}, "half of what the library was built for"
mml.share_threads(False)
assert numbers() == {2}
with mml.threads(1):
    assert numbers() == {2}
    with mml.share_threads():
        assert numbers() == {1}
    assert numbers() == {2}
""")


@able
def test_limits_of_others() -> None:
    """What threadpoolctl sets holds outside of `threads`, and is what comes back after it."""
    pytest.importorskip("threadpoolctl")
    run("""
from threadpoolctl import threadpool_limits
mml.share_threads()
with threadpool_limits(1, user_api="blas"):
    assert numbers() == {1}
    with mml.threads(2):
        assert numbers() == {2}
    assert numbers() == {1}
    mml.share_threads(False)
    assert numbers() == {1}, "not ours to change"
assert numbers() == {2}
""")


@able
def test_the_least_of_all_contexts_counts() -> None:
    run("""
mml.share_threads()
inside, go = threading.Event(), threading.Event()
def other():
    with mml.threads(1):
        inside.set(); go.wait()
thread = threading.Thread(target=other); thread.start(); inside.wait()
with mml.threads(2):
    assert numbers() == {1}
go.set(); thread.join()
assert numbers() == {2}
""")


@able
@not_sanitized
def test_many_python_threads() -> None:
    """Products, factorizations and kernels at once: numbers of threads, and memory, belong to one product each."""
    run("""
mml.share_threads()
wrong = []
def work(seed):
    rng = np.random.default_rng(seed)
    b = rng.standard_normal((150 + 10 * seed, 150 + 10 * seed)); c = (b.astype(np.longdouble) @ b).astype(float)
    for i in range(15):
        if not np.allclose(b @ b, c):
            wrong.append(seed)
        if i % 5 == 0 and not right():
            wrong.append("all")
all_threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
for t in all_threads: t.start()
for i in range(30):
    mml.share_threads(i % 2 == 0)  # beginning and ending beside products that run
    time.sleep(0.01)
mml.share_threads()
for t in all_threads: t.join()
assert not wrong, wrong
""")


@able
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork() -> None:
    run("""
warnings.simplefilter("ignore")
mml.share_threads()
assert right()
def child(depth):
    pid = os.fork()
    if pid == 0:
        before = _core.shared_blas_calls()
        fine = are_shared() == {True} and right() and _core.shared_blas_calls() > before
        with mml.threads(1):
            fine = fine and numbers() == {1}
        fine = fine and (not depth or child(depth - 1))
        mml.share_threads(False)
        os._exit(0 if fine and are_shared() == {False} and right() else 1)
    return os.waitpid(pid, 0)[1] == 0
fine = [child(1) for _ in range(5)]
assert all(fine) and right(), fine
with mml.threads(1):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if numbers() == {1} else 1)
    assert os.waitpid(pid, 0)[1] == 0
""")


@able
def test_a_handler_of_signals_may_multiply_within_a_kernel() -> None:
    run("""
import signal
mml.share_threads()
seen = []
def handler(*_):
    seen.append(np.allclose(a @ a, product))
signal.signal(signal.SIGALRM, handler)
large = rng.standard_normal((1200, 1200))
end = time.perf_counter() + 20
while not seen and time.perf_counter() < end:
    signal.setitimer(signal.ITIMER_REAL, 0.03)
    mml.matmul(large[:, ::-1], large)
assert seen and all(seen)
""")


@able
@pytest.mark.skipif(sys.platform != "linux", reason="limits of threads are Linux's here")
def test_without_more_threads() -> None:
    """Where the system gives none, OpenBLAS's own do the work."""
    run(
        """
import resource
mml.share_threads()
mml.set_num_threads(4)  # OpenBLAS starts more threads at once, our pool when they are needed
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)  # the limit does not hold for root
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
try:
    threading.Thread(target=int).start()
except RuntimeError:
    before = _core.shared_blas_calls()
    for _ in range(20):
        assert np.allclose(a @ a, product)
    assert _core.shared_blas_calls() > before
""",
        OPENBLAS_THREAD_TIMEOUT="20",
    )


@able
def test_a_library_that_would_be_unloaded() -> None:
    run("""
import _ctypes, ctypes, shutil, tempfile, pathlib
original = _core.loaded_blas()[0]["path"]
with tempfile.TemporaryDirectory() as folder:
    copy = shutil.copy(original, pathlib.Path(folder, "libopenblas_copy.so"))
    os.environ["LD_LIBRARY_PATH"] = os.path.dirname(original)
    library = ctypes.CDLL(str(copy))
    assert len(mml.share_threads().libraries) == 3
    _ctypes.dlclose(library._handle)
    assert len(_core.loaded_blas()) == 3, "held"
    assert right()
    mml.share_threads(False)
    assert right()
""")


@able
def test_what_the_environment_says_of_waiting_is_kept() -> None:
    run(
        """
mml.share_threads()
assert right() and os.environ["OPENBLAS_THREAD_TIMEOUT"] == "20"
mml.share_threads(False)
assert right() and os.environ["OPENBLAS_THREAD_TIMEOUT"] == "20"
""",
        OPENBLAS_THREAD_TIMEOUT="20",
    )
    run("mml.share_threads(); assert right(); assert 'OPENBLAS_THREAD_TIMEOUT' not in os.environ")


def _blas(**changes: object) -> dict[str, object]:
    config = "OpenBLAS 0.3.30 DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64"
    plain = {"path": "/x.so", "config": config, "layer": 1, "threads": 4, "own_threads": 4}
    return {**plain, "takes_function": True, "shared": False, **changes}


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shared.why_not(_blas()) is None
    old = "OpenBLAS 0.3.28  USE64BITINT DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64"
    cases = {
        "OpenBLAS 0.3.30 was built with OpenMP": _blas(layer=2),
        "OpenBLAS 0.3.28 is older than 0.3.29": _blas(config=old),
        "without the functions by which": _blas(takes_function=False),
        "has started 33 threads of the 64.*OPENBLAS_NUM_THREADS=32 or less": _blas(own_threads=33),
    }
    for reason, blas in cases.items():
        monkeypatch.setattr(_core, "loaded_blas", lambda blas=blas: [blas])
        with pytest.raises(RuntimeError, match=f"no library here.*/x.so: .*{reason}"):
            mml.share_threads()
    monkeypatch.setattr(_core, "loaded_blas", list)
    monkeypatch.setattr(_core, "loaded_libraries", lambda: ["/opt/libmkl_rt.so.2"])
    with pytest.raises(RuntimeError, match="Intel's MKL has no function"):
        mml.share_threads()
    monkeypatch.setattr(_core, "loaded_libraries", list)
    with pytest.raises(RuntimeError, match="No OpenBLAS is loaded"):
        mml.share_threads()
    assert not any(blas["shared"] for blas in FOUND)


def test_a_library_without_threads_has_nothing_to_share(monkeypatch: pytest.MonkeyPatch) -> None:
    one = _blas(layer=0, config="OpenBLAS 0.3.30 Haswell SINGLE_THREADED")
    monkeypatch.setattr(_core, "loaded_blas", lambda: [one])
    with mml.share_threads() as nothing:
        assert nothing.libraries == ()
        assert repr(nothing) == "SharedThreads(nothing)"


@able
def test_one_of_several_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [*_core.loaded_blas(), _blas(layer=2)]
    monkeypatch.setattr(_core, "loaded_blas", lambda: found)
    with pytest.warns(RuntimeWarning, match="/x.so keeps its own threads: .*OpenMP"):
        some = mml.share_threads()
    assert "OpenMP" in some.refused["/x.so"]
    assert some.libraries
    mml.share_threads(False)


@pytest.mark.parametrize("share", [None, 1, "yes"])
def test_not_a_bool(share: object) -> None:
    with pytest.raises(TypeError, match="share: expected True or False"):
        mml.share_threads(share)  # type: ignore[arg-type]


@able
def test_of_numpy_bools() -> None:
    assert mml.share_threads(np.False_).libraries == ()  # type: ignore[arg-type]

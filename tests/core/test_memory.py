"""Memory: given back after every call, and no more of it than is said."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.core.support_sanitizers import not_sanitized

import mmlcore as mml

STATM = Path("/proc/self/statm")
pytestmark = pytest.mark.skipif(not STATM.exists(), reason="reads Linux's /proc")


def resident():
    return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_it_is_given_back(rng):
    a, b = rng.standard_normal((300, 300)), rng.standard_normal((2000, 9, 9))
    tall = rng.standard_normal((20000, 9))
    tall[:, 3] = tall[:, 2]
    s, t = rng.integers(0, 5000, (2, 50_000))
    jumps = rng.random((5, 5000))

    def work():
        for _ in range(10):
            mml.solve(a, a)
            mml.solve(b, b)
            mml.matmul(b, b)
            mml.gram_schmidt(tall)
            mml.covariance(tall)
            mml.PCA(3).fit(tall).transform(tall)
            mml.PCA(20).fit(np.vstack([a, a]))
            graph = mml.Graph.from_edges(s, t, num_nodes=5000)
            mml.pagerank(graph, personalization=jumps)
            with pytest.raises(mml.SingularMatrixError):
                mml.solve(np.zeros((50, 50)), a[:50, :50])
            with pytest.raises(ValueError, match="names node"):
                mml.Graph.from_edges(s, t, num_nodes=100)

    work()
    work()
    before = resident()
    for _ in range(10):
        work()
    assert resident() - before < 16 * 2**20


def peak_of(code):
    """Bytes by which the peak of a fresh process grows while `work()` runs."""
    program = f"""
import numpy as np, mmlcore as mml
from pathlib import Path
def status(key):
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024
rng = np.random.default_rng(0)
{code}
Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak so far
before = status("VmRSS")
kept = work()
print(status("VmHWM") - before)
"""
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    return int(told.stdout)


@not_sanitized
def test_pca_reads_the_data_in_place():
    peak = peak_of("""
x = rng.random((60_000, 784), dtype=np.float32)
mml.PCA(5).fit(x[:900])
work = lambda: mml.PCA(50).fit(x)
""")
    assert peak < 40 * 2**20


@not_sanitized
def test_pagerank_needs_little_beside_the_edges():
    peak = peak_of("""
s, t = rng.integers(0, 250_000, (2, 4_000_000))
mml.pagerank((s[:10], t[:10]))
work = lambda: mml.pagerank(mml.Graph.from_edges(s, t))
""")
    assert peak < 2.5 * (4 * 4_000_000 + 24 * 250_000)


@not_sanitized
@pytest.mark.parametrize(("points", "features"), [(6000, 784), (4000, 2000)])
def test_pca_needs_two_matrices(points, features):
    """2 D^2 numbers and 64 MiB beside the data, where a part of the components is wanted."""
    peak = peak_of(f"""
x = rng.random(({points}, {features}))
mml.PCA(5).fit(x[:900])
work = lambda: mml.PCA(30).fit(x)
""")
    assert peak < 2 * 8 * features**2 + (64 << 20)


SCRATCH = {
    # What a call may take beside its result, and 16 MiB for threads and blocks that are kept.
    "solve": (
        "a, b = rng.standard_normal((1500, 1500)), rng.standard_normal((1500, 300))",
        "mml.solve(a, b)",
        8 * (1500 * 1500 + 1500 * 300) + (2 << 20),  # the blocks that Eigen packs, for each thread
    ),
    "gram_schmidt": (
        "a = rng.standard_normal((400_000, 20))",
        "mml.gram_schmidt(a)",
        8 * 2 * 400_000 * 20,
    ),
    "nearest_neighbors": (
        "x, q = rng.standard_normal((100_000, 60)), rng.standard_normal((1000, 60))",
        "mml.nearest_neighbors(x, q, 5)",
        8 * 50 * 100_000,
    ),
    "covariance": ("x = rng.standard_normal((1_000_000, 16))", "mml.covariance(x)", 0),
    "Moments": ("x = rng.standard_normal((500_000, 40))", "mml.Moments(40).update(x)", 8 * 40 * 40),
    "matmul": (
        "a = rng.standard_normal((1200, 1200))",
        "mml.matmul(a.T, a)",
        8 * 1200 * 1200,
    ),
    "gradient": (
        "x = rng.standard_normal((1_000_000, 4))",
        "mml.gradient(lambda v: np.sum(np.sin(v) * v), x)",
        8 * 4_000_000,
    ),
    "curve_fit_batch": (
        "t = np.linspace(0, 4, 40); y = 2 * np.exp(-1.3 * t) + 0.01 * rng.random((100_000, 40))",
        "mml.curve_fit_batch(lambda x, a, b: a * np.exp(-b * x), t, y, [1.0, 1.0])",
        8 * 100_000 * (2 + 4 + 2 + 3 + 10),
    ),
}


@not_sanitized
@pytest.mark.parametrize("name", sorted(SCRATCH))
def test_scratch_memory_is_what_is_said(name):
    data, call, most = SCRATCH[name]
    peak = peak_of(f"""
{data}
mml.solve(np.eye(3), np.ones(3))
work = lambda: {call}
""")
    assert peak < most + (16 << 20)


class TestResults:
    """Memory of large results is kept for the next ones, within a bound."""

    @not_sanitized
    def test_a_dropped_result_serves_the_next(self):
        mml.release_memory()
        a = np.ones((1024, 32, 32))
        first = mml.matmul(a, a)
        assert first.flags.owndata
        place = first.ctypes.data
        del first
        assert mml.matmul(a, a).ctypes.data == place
        assert a.nbytes <= mml.release_memory() < 1.2 * a.nbytes
        assert mml.release_memory() == 0

    def test_they_are_arrays_as_any(self):
        ones = np.ones((1000, 32, 32))
        x = mml.matmul(ones, np.eye(32))
        x.resize((2000, 32, 32), refcheck=False)
        assert (x[:1000] == 1).all()
        x.resize((3, 3), refcheck=False)
        assert (x == 1).all()
        view = mml.matmul(ones, np.eye(32))[500:]
        again = mml.matmul(0 * ones, np.eye(32))
        assert (view == 1).all()  # whoever is still looked at is not given away
        assert (again == 0).all()

    @pytest.mark.parametrize(("rows", "count", "most"), [(2000, 12, 128), (90, 60, 16)])
    def test_what_is_kept_is_bounded(self, rows, count, most):
        mml.release_memory()
        many = [mml.matmul(np.ones((rows, 32, 32)), np.eye(32)) for _ in range(count)]
        assert sum(x.nbytes for x in many) > most * 2**20
        del many
        scratch = 2**20  # of products, which threads keep beside the results
        assert most / 2 * 2**20 < mml.release_memory() <= most * 2**20 + scratch

    def test_all_threads_at_once(self):
        a = np.arange(600.0 * 32 * 32).reshape(600, 32, 32) / 1e5
        expected = mml.matmul(a, a)

        def work(_):
            return all(np.array_equal(mml.matmul(a, a), expected) for _ in range(20))

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(work, range(8)))

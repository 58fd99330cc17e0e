"""Graphs in files: the same graph comes back, larger than memory if need be, and no damage goes unseen."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.io import FileError


def random_graph(rng, n=3000, m=20_000, weighted=False, **options):
    s, t = rng.integers(0, n // 2, m), rng.integers(0, n, m)
    w = rng.random(m) if weighted else None
    return mml.Graph.from_edges(s, t, weight=w, num_nodes=n, **options)


def same(one, other):
    assert (one.num_nodes, one.num_edges) == (other.num_nodes, other.num_edges)
    for a, b in zip(one._edges.rows(), other._edges.rows(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(mml.pagerank(one).ranks, mml.pagerank(other).ranks)


@pytest.mark.parametrize("name", ["graph.npz", "folder"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "m"), [(1, 0), (3, 2), (3000, 20_000), (80_000, 700_000)])
def test_saved_and_read(name, weighted, n, m, rng, tmp_path):
    graph = random_graph(rng, n + 1, m, weighted)
    graph.save(tmp_path / name)
    back = mml.Graph.read(tmp_path / name)
    same(graph, back)
    assert back.nbytes == graph.nbytes
    graph.save(tmp_path / name)  # an older graph of that name is replaced
    same(graph, mml.Graph.read(tmp_path / name))
    same(graph, pickle.loads(pickle.dumps(back)))
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_labels(tmp_path):
    for labels in (["ä", "b", "c d"], [3, 1, 2]):
        graph = mml.Graph.from_labels(labels, labels[1:] + labels[:1])
        for name in ("g.npz", "g"):
            graph.save(tmp_path / name)
            assert mml.Graph.read(tmp_path / name).labels == graph.labels
        assert pickle.loads(pickle.dumps(graph)).labels == graph.labels
    with pytest.raises(TypeError, match=r"labels: \(1, 2\) of type tuple cannot be saved"):
        mml.Graph.from_labels([(1, 2)], [(1, 2)]).save(tmp_path / "tuples.npz")
    assert not (tmp_path / "tuples.npz").exists()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("combine", ["keep", "sum", "first"])
@pytest.mark.parametrize(("n", "m"), [(40, 0), (3000, 50_000), (5_000_000, 600_000)])
def test_built_in_a_folder(weighted, combine, n, m, rng, tmp_path):
    s, t = rng.integers(0, n // 2, m), rng.integers(0, max(1, n // 50), m)
    w = rng.integers(1, 9, m).astype(float) if weighted else None
    expected = mml.Graph.from_edges(s, t, weight=w, num_nodes=n, combine=combine)
    columns = []
    for name, column in (("s", s), ("t", t), ("w", w)):
        if column is None or m == 0:
            columns.append(column)
            continue
        np.save(tmp_path / f"{name}.npy", column)
        columns.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
    s, t, w = columns
    built = mml.Graph.from_edges(
        s, t, weight=w, num_nodes=n, combine=combine, folder=tmp_path / "graph"
    )
    same(expected, built)
    needed = built.nbytes + 104 * n
    everything = mml.pagerank(built, memory_limit=needed)
    streamed = mml.pagerank(built, memory_limit=max(needed - 1, 104 * n))
    np.testing.assert_array_equal(everything.ranks, streamed.ranks)


def test_memory_limit_that_is_too_small(rng, tmp_path):
    graph = random_graph(rng)
    with pytest.raises(ValueError, match=r"memory_limit: got 1000 bytes, needed .* is streamed"):
        mml.pagerank(graph, memory_limit=1000)
    graph.save(tmp_path / "graph")
    with pytest.raises(ValueError, match="memory_limit: got 1000 bytes, needed 312000 for 3000"):
        mml.pagerank(mml.Graph.read(tmp_path / "graph"), memory_limit=1000)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads Linux's /proc")
@pytest.mark.skipif(
    "san.so" in os.environ.get("LD_PRELOAD", ""), reason="a sanitizer's own memory is in the peak"
)
def test_a_graph_larger_than_the_allowed_memory(tmp_path):
    """Columns of 256 MB and a graph of 64 MB are built and ranked in a process that grows by 40 MB."""
    code = f"""
import numpy as np, mmlcore as mml
from pathlib import Path
folder = Path({str(tmp_path)!r})
n, m = 100_000, 16_000_000
rng = np.random.default_rng(0)
def peak():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) * 1024
def clear():
    Path("/proc/self/clear_refs").write_text("5")
for name in "st":
    column = np.lib.format.open_memmap(folder / f"{{name}}.npy", "w+", np.int64, (m,))
    for first in range(0, m, 1_000_000):
        column[first:first + 1_000_000] = rng.integers(0, n, 1_000_000)
    del column
s, t = (np.load(folder / f"{{name}}.npy", mmap_mode="r") for name in "st")
mml.pagerank(([0, 1], [1, 0]))
mml.set_num_threads(2)
import gc; gc.collect()
clear()
before = peak()
graph = mml.Graph.from_edges(s, t, num_nodes=n, folder=folder / "graph")
print("build", peak() - before)
clear()
before = peak()
graph = mml.Graph.read(folder / "graph")
limit = 40_000_000
result = mml.pagerank(graph, memory_limit=limit)
print("rank", peak() - before)
np.save(folder / "ranks.npy", result.ranks)
assert graph.nbytes > limit
print("error", result.error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()}
    assert seen["rank"] < 40_000_000, seen
    assert seen["build"] < 160_000_000, (
        seen
    )  # two chunks of links and what they wrote, before they are given back
    s, t = (np.load(tmp_path / f"{name}.npy") for name in "st")
    whole = mml.pagerank(mml.Graph.from_edges(s, t, num_nodes=100_000))
    np.testing.assert_array_equal(np.load(tmp_path / "ranks.npy"), whole.ranks)


@pytest.mark.parametrize("name", ["graph.npz", "folder"])
def test_refusals(name, rng, tmp_path):
    graph = random_graph(rng)
    with pytest.raises(FileError, match=r"there is no folder|no such file"):
        graph.save(tmp_path / "missing" / name)
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious.txt").write_text("x")
    with pytest.raises(FileError, match="exists and is no saved graph"):
        graph.save(other)
    assert (other / "precious.txt").exists()
    with pytest.raises(FileError, match="holds no graph"):
        mml.Graph.read(other)
    np.savez(tmp_path / "x.npz", a=1)
    with pytest.raises(FileError, match=r"holds the arrays a; needed a graph that Graph.save"):
        mml.Graph.read(tmp_path / "x.npz")
    (tmp_path / "y.npz").write_bytes(b"nonsense")
    with pytest.raises(FileError, match="truncated or damaged"):
        mml.Graph.read(tmp_path / "y.npz")


@pytest.mark.parametrize("weighted", [False, True])
def test_damage_is_seen(weighted, rng, tmp_path):
    random_graph(rng, 60_000, 100_000, weighted).save(tmp_path / "graph")
    parts = {p.stem: np.load(p) for p in (tmp_path / "graph").glob("*.npy")}
    assert {"place", "kept", "loop"} <= parts.keys()
    for name, part in parts.items():
        if part.size == 0:
            continue
        file = tmp_path / "graph" / f"{name}.npy"
        for damaged in (part[:-1] if part.ndim else part[None], _spoilt(part)):
            np.save(file, damaged)
            with pytest.raises(FileError, match=r"damaged|holds no graph"):
                mml.Graph.read(tmp_path / "graph")
        file.unlink()
        with pytest.raises(FileError, match=r"damaged|holds no graph"):
            mml.Graph.read(tmp_path / "graph")
        np.save(file, part)
    mml.Graph.read(tmp_path / "graph")


def _spoilt(part):
    bad = part.copy()
    if bad.dtype.kind == "f":
        bad.flat[bad.size // 2] = np.nan
    elif bad.dtype.kind == "U":
        bad = np.array("something else")
    else:
        bad.flat[bad.size // 2] = 2**31 + 5
    return bad

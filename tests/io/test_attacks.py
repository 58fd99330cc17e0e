"""Files that change, never end, or are written by two at once: an error or whole numbers, in bounded memory, and nothing left."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.io import FileError, read_matrix, replacing, write_arrays

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux")


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stdout + done.stderr


def small_graph():
    return mml.Graph.from_edges([0, 1, 2, 2], [1, 2, 0, 1])


@LINUX
def test_text_that_is_rewritten_and_cut_off_while_it_is_read(tmp_path):
    run(f"""
import threading, mmlcore as mml
path = {str(tmp_path / "edges.txt")!r}
lines = b"".join(b"%d %d\\n" % (i % 1000, i * 7 % 1000) for i in range(400_000))
open(path, "wb").write(lines)
stop = False
def write():
    k = 0
    while not stop:
        k += 1
        with open(path, "r+b") as file:
            file.truncate(1000 if k % 3 else len(lines) // 2)
            file.seek(0)
            file.write(b"9" * 3000 + b" \\n" * 5 if k % 2 else lines)
worker = threading.Thread(target=write)
worker.start()
for _ in range(40):
    try:
        mml.pagerank(mml.Graph.read(path), max_iter=2)
    except (ValueError, RuntimeError):
        pass
stop = True
worker.join()
print("fine")
""")


@LINUX
@pytest.mark.parametrize("change", ["write", "cut", "replace"])
def test_a_saved_graph_that_changes_after_it_was_read(change, tmp_path):
    folder = tmp_path / "graph"
    small_graph().save(folder)
    graph = mml.Graph.read(folder)
    expected = mml.pagerank(graph).ranks
    file = folder / "source.npy"
    if change == "replace":  # who reads it keeps it
        mml.Graph.from_edges([0], [1]).save(folder)
        np.testing.assert_array_equal(mml.pagerank(graph).ranks, expected)
        assert mml.Graph.read(folder).num_edges == 1
        return
    if change == "write":
        with file.open("r+b") as stream:
            stream.seek(128)
            stream.write(b"\xff" * 16)
    else:
        os.truncate(file, 130)
    for call in (mml.pagerank, mml.link_matrix, lambda g: g.save(tmp_path / "other")):
        with pytest.raises(FileError, match="was written to since it was read"):
            call(graph)


@LINUX
def test_pipes(tmp_path):
    """A FIFO, a file of size 0 that holds something, a FIFO among the files of a graph."""
    lines = b"0 1\n1 2\n2 0\n" * 5000

    def feed(content, path):
        path.write_bytes(content)

    for name, content in (
        ("a.txt", lines),
        ("b.gz", gzip.compress(lines)),
        ("c.csv", b"1,2\n3,4\n"),
    ):
        os.mkfifo(tmp_path / name)
        writer = threading.Thread(target=feed, args=(content, tmp_path / name))
        writer.start()
        if name.endswith("csv"):
            np.testing.assert_array_equal(read_matrix(tmp_path / name), [[1, 2], [3, 4]])
        else:
            assert mml.Graph.read(tmp_path / name).num_edges == 15_000
        writer.join()
    for name in ("x.npz", "x.mtx", "x.parquet"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(FileError, match="is a pipe or a device"):
            mml.Graph.read(tmp_path / name)
    small_graph().save(tmp_path / "graph")
    (tmp_path / "graph" / "source.npy").unlink()
    os.mkfifo(tmp_path / "graph" / "source.npy")
    with pytest.raises(FileError, match=r"source\.npy is no regular file"):
        mml.Graph.read(tmp_path / "graph")
    with pytest.raises(FileError, match="line 1: needed two node numbers"):
        mml.Graph.read("/proc/self/status")


@LINUX
def test_a_full_disk_while_a_graph_is_built(tmp_path):
    """Space is asked for first: here a limit of the size of files stands for the disk."""
    run(f"""
import resource, signal, os, numpy as np, mmlcore as mml
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
s = np.arange(100_000) % 1000
for folder, weight in (("a", None), ("b", np.ones(100_000))):
    try:
        mml.Graph.from_edges(s, s[::-1], weight=weight, folder=os.path.join({str(tmp_path)!r}, folder))
    except mml.FileError if hasattr(mml, "FileError") else ValueError as error:
        assert "cannot be written" in str(error), error
    else:
        raise AssertionError("built")
assert os.listdir({str(tmp_path)!r}) == []
print("fine")
""")


def write_many(path, number):
    for _ in range(30):
        if path.suffix == ".npz":
            write_arrays(path, {"x": np.full(20_000, number)})
        else:
            mml.Graph.from_edges(np.zeros(number, int), np.ones(number, int)).save(path)


@LINUX
@pytest.mark.parametrize("name", ["x.npz", "graph"])
def test_two_writers_of_one_name(name, tmp_path):
    """Readers see one of the two, whole, and nothing else is left."""
    path = tmp_path / name
    write_many(path, 3)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, number)) for number in (3, 5)]
    threads = [threading.Thread(target=write_many, args=(path, number)) for number in (7, 11)]
    for one in (*writers, *threads):
        one.start()
    seen = set()
    while any(one.is_alive() for one in (*writers, *threads)):
        if name == "graph":
            seen.add(mml.Graph.read(path).num_edges)
        else:
            seen |= set(read_matrix(path).tolist())
    for one in (*writers, *threads):
        one.join()
    assert [one.exitcode for one in writers] == [0, 0]
    assert seen <= {3, 5, 7, 11}
    assert [one.name for one in tmp_path.iterdir()] == [name]


@LINUX
def test_permissions_stay(tmp_path):
    path = tmp_path / "secret.npz"
    write_arrays(path, {"x": [1.0]})
    path.chmod(0o600)
    write_arrays(path, {"x": [2.0]})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    small_graph().save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_parts_of_others_are_left(tmp_path):
    """A part that another process left, under any name, blocks nobody and is not taken away."""
    other = tmp_path / f".x.csv.{os.getpid()}.part"
    other.write_text("theirs")
    with replacing(tmp_path / "x.csv", "w") as stream:
        stream.write("ours")
    folder = tmp_path / f".graph.{os.getpid()}.part"
    folder.mkdir()
    small_graph().save(tmp_path / "graph")
    assert other.read_text() == "theirs"
    assert folder.is_dir()
    assert mml.Graph.read(tmp_path / "graph").num_edges == 4


def test_a_folder_with_other_files(tmp_path):
    small_graph().save(tmp_path / "graph")
    (tmp_path / "graph" / "notes.txt").write_text("x")
    with pytest.raises(FileError, match=r"holds other files than a saved graph \(notes\.txt\)"):
        small_graph().save(tmp_path / "graph")
    assert (tmp_path / "graph" / "notes.txt").read_text() == "x"


@pytest.mark.parametrize(
    "name", ["a/b/c", "x" * 300, "x" * 300 + ".npz", "file/graph", "file/graph.npz"]
)
def test_places_where_nothing_can_be(name, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError):
        small_graph().save(tmp_path / name)
    with pytest.raises(FileError):
        mml.Graph.from_edges([0], [1], folder=tmp_path / name.removesuffix(".npz"))


@pytest.mark.parametrize(
    "text", [b"[1, 2", b"[" * 100_000, b"\xff\xfe", b'{"a": 1}', b"[[1], [2], [3]]", b"3"]
)
@pytest.mark.parametrize("name", ["graph", "graph.npz"])
def test_damaged_labels(text, name, tmp_path):
    mml.Graph.from_labels("abc", "bca").save(tmp_path / name)
    if name == "graph":
        np.save(tmp_path / "graph" / "labels.npy", np.frombuffer(text, np.uint8))
    else:
        with np.load(tmp_path / name) as archive:
            parts = {**archive, "labels": np.frombuffer(text, np.uint8)}
        np.savez(tmp_path / name, **parts)
    with pytest.raises(FileError, match="its labels are not the JSON"):
        mml.Graph.read(tmp_path / name)


def test_names_of_numpy(tmp_path):
    labels = [np.int64(5), np.int64(7), np.str_("x"), np.float64(0.5)]
    graph = mml.Graph.from_labels(labels, labels[1:] + labels[:1])
    graph.save(tmp_path / "graph.npz")
    assert mml.Graph.read(tmp_path / "graph.npz").labels == labels


def peak_of(code):
    """Megabytes that a process grows by."""
    text = f"""
import resource, mmlcore as mml, numpy as np, scipy.io, scipy.sparse
mml.pagerank(([0, 1], [1, 0]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    {code}
except ValueError as error:
    print("refused:", error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *said, size = done.stdout.splitlines()
    return said, int(size) / 1024


@LINUX
@pytest.mark.parametrize("kind", ["zst", "txt.gz", "mtx.gz", "npz"])
def test_bombs(kind, tmp_path):
    """Files of some KB that unpack to gigabytes take no memory before they are refused."""
    file = tmp_path / f"x.{kind}"
    if kind == "zst":
        zstandard = pytest.importorskip("zstandard")
        file.write_bytes(zstandard.ZstdCompressor().compress(bytes(1 << 30)))
    elif kind == "npz":
        np.savez_compressed(file, other=np.zeros(1 << 26), more=np.zeros(1 << 26))
    else:
        head = (
            b"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 "
            if kind == "mtx.gz"
            else b"1 "
        )
        with gzip.open(file, "wb", compresslevel=1) as stream:
            stream.write(head)
            for _ in range(200):
                stream.write(b"0" * (1 << 20))
    said, size = peak_of(f"mml.Graph.read({str(file)!r})")
    assert said
    assert said[0].startswith("refused:"), said
    assert size < 150, (said, size)


def test_growth_has_a_limit(monkeypatch, tmp_path):
    from mmlcore.core import files  # noqa: PLC0415  (for its limit)

    monkeypatch.setattr(files, "_GROWTH_FROM", 1 << 16)
    (tmp_path / "x.txt.gz").write_bytes(gzip.compress(b"1 2\n" * 100_000))
    with pytest.raises(FileError, match=r"unpacks to more than .* 256 times the packed size"):
        mml.Graph.read(tmp_path / "x.txt.gz")
    np.savez_compressed(
        tmp_path / "x.npz", source=np.zeros(100_000, int), target=np.zeros(100_000, int)
    )
    with pytest.raises(FileError, match=r"unpacks to more than .* 256 times the packed size"):
        mml.Graph.read(tmp_path / "x.npz")


def test_long_comments_of_packed_files(tmp_path):
    text = b"0 1\n#" + b" 5" * (9 << 20) + b"\n1 0\n"
    for name, content in (("x.txt", text), ("x.txt.gz", gzip.compress(text, 1))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FileError, match="line 2: is longer than"):
            mml.Graph.read(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("NA,NA\n1,2\n", [[np.nan, np.nan], [1, 2]]),
        ('"1","2"\n"3","4"\n', [[1, 2], [3, 4]]),
        ('"x","y"\n"1","2"\n', [[1, 2]]),
        ("x,y\n1,NA\nnull,2\n", [[1, np.nan], [np.nan, 2]]),
        ("nan,inf\n1,2\n", [[np.nan, np.inf], [1, 2]]),
        ("\ufeffx,y\n+1.5,-2e3\n", [[1.5, -2000]]),
    ],
)
def test_first_rows_of_tables(text, rows, tmp_path):
    Path(tmp_path / "x.csv").write_text(text, encoding="utf-8")
    np.testing.assert_array_equal(read_matrix(tmp_path / "x.csv"), rows)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\ufeff0 1\n1 0\n", 2),
        ("0 1 +1.5\n1 0 2\n", 2),
        ("+0 +1\n1 0\n", 2),
        ("source,target\n0,1\n", 1),
        ("alice bob\n", 1),
        ('"0","1"\n', 1),
        ("weight;to;from\n2.5;b;a\n1;a;b\n", 2),
        ("alice bob\nbob\n", "line 2: has 1 column, needed are a source and a target"),
        ("a,b,1\nb,a,x\n", "line 2: the weight is 'x', needed a number"),
        ("0 ++1\n", "line 1: needed two node numbers"),
        ("0 1 +-2\n", "line 1: the third column is not one number"),
        ("7 99999999999\n", r"num_nodes: .*Graph\.from_labels numbers them anew"),
    ],
)
def test_edge_lists_of_other_programs(text, found, tmp_path):
    (tmp_path / "x.txt").write_text(text, encoding="utf-8")
    if isinstance(found, int):
        assert mml.Graph.read(tmp_path / "x.txt").num_edges == found
        return
    with pytest.raises(FileError, match=found):
        mml.Graph.read(tmp_path / "x.txt")


def test_names_that_are_missing():
    pandas = pytest.importorskip("pandas")
    column = pandas.Series(["a", pandas.NA, "b"], dtype="string")
    with pytest.raises(ValueError, match=r"source: edge 1 has no name \(it is <NA>\)"):
        mml.Graph.from_labels(column, ["x", "y", "z"])


@pytest.mark.parametrize("line", ["3 3", "3", "a b c", "3 3 1.5", "-"])
def test_size_lines(line, tmp_path):
    (tmp_path / "x.mtx").write_text(
        f"%%MatrixMarket matrix coordinate real general\n{line}\n1 1 1\n"
    )
    with pytest.raises(FileError, match=r"x\.mtx"):
        mml.Graph.read(tmp_path / "x.mtx")

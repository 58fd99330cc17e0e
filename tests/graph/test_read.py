"""Graphs from files: every format, every bad line by its number, the same for any number of threads."""

from __future__ import annotations

import gzip
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from tests.graph.reference import matrix_of

import mmlcore as mml
from mmlcore import _core
from mmlcore.graph import _read
from mmlcore.io import FileError

sparse = pytest.importorskip("scipy.sparse")


DENSE = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 0.5], [1.0, 1.0, 0.0]])
ENDS = np.nonzero(DENSE)


def test_read(tmp_path):
    text = "# a comment\n0 1\n1\t2\n\n% another\n2, 0\r\n  2 1"
    for name, data in (
        ("plain.txt", text.encode()),
        ("packed.txt.gz", gzip.compress(text.encode())),
    ):
        (tmp_path / name).write_bytes(data)
        np.testing.assert_array_equal(
            matrix_of(mml.Graph.read(tmp_path / name)), [[0, 1, 0], [0, 0, 1], [1, 1, 0]]
        )
    (tmp_path / "weighted.csv").write_text("0,1,0.5\n1,0,2e3\n")
    np.testing.assert_array_equal(
        matrix_of(mml.Graph.read(tmp_path / "weighted.csv")), [[0, 0.5], [2000, 0]]
    )
    (tmp_path / "empty.txt").write_text("# nothing\n")
    assert mml.Graph.read(tmp_path / "empty.txt").num_nodes == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 1\n2\n", r"line 2: needed two node numbers.*\"2\""),
        ("0 1\nx y\n", "line 2: needed two node numbers"),
        ("0 1\n1 -2\n", "line 2: a negative node number"),
        ("99999999999999999999 1\n", "line 1: a node number beyond 64 bits"),
        ("0 1\n1 2 3\n", "line 2: a third column, which the lines before do not have"),
        ("0 1 2\n1 2\n", "line 2: no weight"),
        ("0 1 2 3\n", "line 1: the third column is not one number"),
        ("0 1.5\n", "line 1: the second node number is not an integer"),
        ("\x00\x01\x02", "line 1: needed two node numbers"),
        ("0 3000000000\n", "num_nodes: a graph of 3000000001 nodes needs"),
        ("0 1 -1\n", "weight: edge 0 has weight -1"),
    ],
)
def test_bad_files(text, message, tmp_path):
    path = tmp_path / "edges.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        mml.Graph.read(path)


def test_missing_and_truncated_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        mml.Graph.read(tmp_path / "no.txt")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"0 1\n" * 1000)[:-10])
    with pytest.raises(ValueError, match="is not a complete gzip file"):
        mml.Graph.read(tmp_path / "cut.gz")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_long_text_is_parsed_in_chunks(weighted, newline, rng, tmp_path):
    m = 150_000
    s, t, w = rng.integers(0, 10**6, m), rng.integers(0, 10**6, m), rng.integers(1, 99, m) / 8
    lines = [f"{a}\t{b}\t{c}" if weighted else f"{a} {b}" for a, b, c in zip(s, t, w, strict=True)]
    for at in range(0, m, 1000):
        lines[at] = f"# comment{newline}{newline}" + lines[at]
    file = tmp_path / "edges.txt"
    file.write_text(newline.join(lines), newline="")
    told = []
    for threads in (1, 3):
        with mml.threads(threads):
            graph = mml.Graph.read(file, progress=lambda *at: told.append(at))
        expected = mml.Graph.from_edges(s, t, weight=w if weighted else None)
        for a, b in zip(graph._edges.rows(), expected._edges.rows(), strict=True):
            np.testing.assert_array_equal(a, b)
    assert told[-1] == (file.stat().st_size,) * 2
    lines[123_456] = "7 x"
    lines[140_000] = "8 x"
    file.write_text("\n".join(lines))
    with pytest.raises(FileError, match=f"line {123_456 + 1 + 2 * 124}: needed two node numbers"):
        mml.Graph.read(file)


def test_long_text_comes_in_blocks(monkeypatch, rng, tmp_path):
    """Blocks that end anywhere, node numbers that need 64 bits late: packed or not, one reading."""
    m = 30_000
    s, t = rng.integers(0, 1000, (2, m))
    text = b"".join(b"%d %d\n" % pair for pair in zip(s.tolist(), t.tolist(), strict=True))
    (tmp_path / "e.txt").write_bytes(text)
    (tmp_path / "e.txt.gz").write_bytes(gzip.compress(text))
    monkeypatch.setattr(_read, "_BLOCK", 10_000)
    for name in ("e.txt", "e.txt.gz"):
        told = []
        graph = mml.Graph.read(tmp_path / name, progress=lambda *at: told.append(at))  # noqa: B023
        for a, b in zip(graph._edges.rows(), mml.Graph.from_edges(s, t)._edges.rows(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert told[-1] == ((tmp_path / name).stat().st_size,) * 2
        assert len(told) == len(set(told)) or name.endswith("gz")
    (tmp_path / "e.txt.gz").write_bytes(gzip.compress(text + b"1 x\n"))
    (tmp_path / "e.txt").write_bytes(text + b"1 x\n")
    for name in ("e.txt", "e.txt.gz"):
        with pytest.raises(FileError, match=f"line {m + 1}: needed two node numbers"):
            mml.Graph.read(tmp_path / name)
        (tmp_path / name).write_bytes(text + b"#" * 30_000)
    (tmp_path / "e.txt.gz").write_bytes(gzip.compress(text + b"#" * 30_000))
    for name in ("e.txt", "e.txt.gz"):
        with pytest.raises(FileError, match=f"line {m + 1}: is longer than 10000 bytes"):
            mml.Graph.read(tmp_path / name)
    edges = _core.EdgeText()
    edges.feed(b"1 2\n" * 5000)
    edges.feed(b"# none\n" + b"3 4\n" * 200_000 + b"5 4294967296\n6 7\n")
    source, target, weight = edges.columns()
    assert source.dtype == np.int64
    assert weight is None
    np.testing.assert_array_equal(source, [1] * 5000 + [3] * 200_000 + [5, 6])
    np.testing.assert_array_equal(target, [2] * 5000 + [4] * 200_000 + [2**32, 7])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system tells no peak")
@pytest.mark.skipif(
    "san.so" in os.environ.get("LD_PRELOAD", ""), reason="a sanitizer's own memory is in the peak"
)
@pytest.mark.parametrize("packed", [False, True])
def test_memory_of_reading(packed, tmp_path):
    """Reading takes little more than the columns, which go while the graph comes."""
    m = 20_000_000
    program = f"""
import gzip, re, pathlib, numpy as np, mmlcore as mml
lines = np.random.default_rng(0).integers(1000, 9999, (1000, 2))
text = "".join(f"{{a}} {{b}}\\n" for a, b in lines.tolist()).encode()
path = pathlib.Path({str(tmp_path)!r}) / "e.txt{".gz" if packed else ""}"
with (gzip.open(path, "wb", 1) if {packed} else path.open("wb")) as file:
    for _ in range({m} // 1000):
        file.write(text)
def of(name):
    return int(re.search(name + r":\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) << 10
mml.Graph.from_edges([0], [1])
before = of("VmRSS")
graph = mml.Graph.read(path)
print((of("VmHWM") - before) / graph.nbytes)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert float(ran.stdout) <= 2.5


def test_progress_may_stop_the_reading(tmp_path):
    (tmp_path / "e.txt").write_text("0 1\n" * 10)

    def stop(done, total):
        raise KeyboardInterrupt(done, total)

    with pytest.raises(KeyboardInterrupt):
        mml.Graph.read(tmp_path / "e.txt", progress=stop)


def test_zstandard(tmp_path, monkeypatch):
    zstandard = pytest.importorskip("zstandard")
    packed = zstandard.ZstdCompressor().compress(b"0 1\n1 2\n2 0\n2 1\n" * 1)
    file = tmp_path / "edges.txt.zst"
    file.write_bytes(packed + packed)  # two frames, as parallel packers write them
    assert mml.Graph.read(file).num_edges == 8
    file.write_bytes(packed[:-3])
    with pytest.raises(FileError, match="is not a complete Zstandard file"):
        mml.Graph.read(file)
    file.write_bytes(b"0 1\n")
    with pytest.raises(FileError, match="is not a Zstandard file"):
        mml.Graph.read(file)
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    pytest.importorskip("pyarrow")
    file.write_bytes(packed)
    assert mml.Graph.read(file).num_edges == 4


def test_matrix_market(tmp_path):
    mmwrite = pytest.importorskip("scipy.io").mmwrite
    mmwrite(tmp_path / "a.mtx", sparse.coo_array(DENSE))
    np.testing.assert_array_equal(matrix_of(mml.Graph.read(tmp_path / "a.mtx")), DENSE)
    (tmp_path / "a.mtx.gz").write_bytes(gzip.compress((tmp_path / "a.mtx").read_bytes()))
    np.testing.assert_array_equal(matrix_of(mml.Graph.read(tmp_path / "a.mtx.gz")), DENSE)
    symmetric = DENSE + DENSE.T
    mmwrite(tmp_path / "s.mtx", sparse.coo_array(symmetric), symmetry="symmetric")
    np.testing.assert_array_equal(matrix_of(mml.Graph.read(tmp_path / "s.mtx")), symmetric)
    (tmp_path / "bad.mtx").write_text(
        "%%MatrixMarket matrix coordinate real general\n2 2 1\n9 9 1\n"
    )
    with pytest.raises(FileError, match=r"bad.mtx: Line 3"):
        mml.Graph.read(tmp_path / "bad.mtx")
    with pytest.raises(FileNotFoundError):
        mml.Graph.read(tmp_path / "none.mtx")


def test_npz_of_others(tmp_path):
    sparse.save_npz(tmp_path / "scipy.npz", sparse.csr_array(DENSE))
    np.savez(tmp_path / "columns.npz", source=ENDS[0], target=ENDS[1], weight=DENSE[ENDS])
    for name in ("scipy.npz", "columns.npz"):
        np.testing.assert_array_equal(matrix_of(mml.Graph.read(tmp_path / name)), DENSE)


def test_parquet(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {"weight": DENSE[ENDS], "extra": ["x"] * 4, "source": ENDS[0], "target": ENDS[1]}
    for names in (["weight", "extra", "source", "target"], ["source", "target", "weight"]):
        parquet.write_table(arrow.table({n: columns[n] for n in names}), tmp_path / "e.parquet")
        np.testing.assert_array_equal(matrix_of(mml.Graph.read(tmp_path / "e.parquet")), DENSE)
    parquet.write_table(arrow.table({"a": ["x", "y"], "b": ["y", "z"]}), tmp_path / "n.parquet")
    assert mml.Graph.read(tmp_path / "n.parquet").labels == ["x", "y", "z"]
    for table, message in (
        ({"a": [1, 2]}, "holds the columns a; needed source and target"),
        ({"a": [1, None], "b": [1, 2]}, "column a has 1 missing values"),
    ):
        parquet.write_table(arrow.table(table), tmp_path / "bad.parquet")
        with pytest.raises(FileError, match=message):
            mml.Graph.read(tmp_path / "bad.parquet")
    (tmp_path / "bad.parquet").write_text("no")
    with pytest.raises(FileError, match=r"bad.parquet: "):
        mml.Graph.read(tmp_path / "bad.parquet")


def test_a_library_that_is_missing_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"x")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(
        FileError, match=r"reading .parquet needs pyarrow.parquet: `pip install pyarrow`"
    ):
        mml.Graph.read(tmp_path / "a.parquet")


def test_random_text_never_crashes(rng, tmp_path):
    alphabet = np.frombuffer(b"0123456789 \t,.-#%e\n\n", np.uint8)
    refused = []
    for size in itertools.chain(range(1, 60), [3000]):
        (tmp_path / "x.txt").write_bytes(rng.choice(alphabet, size).tobytes())
        try:
            graph = mml.Graph.read(tmp_path / "x.txt")
        except ValueError as error:
            refused.append(str(error))
        else:
            assert graph.num_edges <= size
    assert len(refused) > 10
    for message in refused:
        assert any(part in message for part in ("x.txt: line ", "num_nodes", "weight"))

"""Files with anything in them: read, or refused with a sentence, before memory is asked for that they do not need."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.support import called, tried

import mmlcore as mml
from mmlcore.io import FileError, read_matrix

# numpy says so of headers that are no longer what it wrote.
pytestmark = pytest.mark.filterwarnings("ignore:Reading .* required additional header parsing")

EDGES = "# a comment\n0\t1\n1\t2\n2 0\n3,1\n\n% another\n4 4 0.5\n"


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def written(name: str, write: Any) -> bytes:
    """Return what `write` puts into a file."""
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, name))
        return Path(folder, name).read_bytes()


def _sparse_npz(path: Path) -> None:
    from scipy import sparse  # noqa: PLC0415

    sparse.save_npz(path, sparse.csr_array(np.eye(5)))


def _parquet(path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table({"source": [0, 1, 2], "target": [1, 2, 0]}), path)


def _zst(path: Path) -> None:
    path.write_bytes(pytest.importorskip("zstandard").compress(EDGES.replace(" 0.5", "").encode()))


GRAPHS = {
    "edges.txt": lambda: EDGES.replace(" 0.5", "").encode(),
    "weighted.csv": lambda: b"0,1,2.5\n1,0,1e3\n",
    "edges.txt.gz": lambda: gzip.compress(EDGES.replace(" 0.5", "").encode(), mtime=0),
    "edges.txt.zst": lambda: written("a.zst", _zst),
    "ends.npz": lambda: npz(source=np.arange(4), target=np.arange(4)[::-1]),
    "sparse.npz": lambda: written("a.npz", _sparse_npz),
    "saved.npz": lambda: written("a.npz", mml.Graph.from_edges([0, 1, 2], [1, 2, 0]).save),
    "matrix.mtx": lambda: b"%%MatrixMarket matrix coordinate real general\n3 3 2\n1 2 0.5\n3 1 2\n",
    "table.parquet": lambda: written("a.parquet", _parquet),
}
MATRICES = {
    "a.npy": lambda: npy(np.arange(12.0).reshape(3, 4)),
    "a.npz": lambda: npz(X=np.arange(12.0).reshape(3, 4)),
    "a.csv": lambda: b"x,y\n1,2\n3,4.5e3\n# end\n",
    "a.tsv": lambda: b"1\t2\n3\t4\n",
    "a.txt": lambda: b"1 2\n-3 nan\n",
}
TOKENS = [
    b"0",
    b"-1",
    b"9" * 25,
    b"1e400",
    b"nan",
    b"\n",
    b"\r",
    b"\x00",
    b"\xff",
    b",,",
    b"\t",
    b"#",
    b"(",
    b"u8",
]


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Cut, overwrite, insert, repeat."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        how = draw(st.sampled_from(["cut", "flip", "token", "repeat", "tail"]))
        if how == "cut":
            del data[at:]
        elif how == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif how == "token":
            data[at:at] = draw(st.sampled_from(TOKENS))
        elif how == "repeat":
            data[at:at] = data[at : at + draw(st.integers(1, 64))]
        else:
            del data[: draw(st.integers(1, 32))]
    return bytes(data)


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_damaged_graphs(name: str, tmp_path: Path) -> None:
    content, path = GRAPHS[name](), tmp_path / name
    path.write_bytes(content)
    assert mml.Graph.read(path).num_edges > 0

    @tried(150)
    @given(damaged(content))
    def holds(mutant: bytes) -> None:
        path.write_bytes(mutant)
        graph = called(mml.Graph.read, path)
        if graph is not None and graph.num_edges:
            called(mml.pagerank, graph)

    holds()


@pytest.mark.parametrize("name", sorted(MATRICES))
def test_damaged_matrices(name: str, tmp_path: Path) -> None:
    content, path = MATRICES[name](), tmp_path / name
    path.write_bytes(content)
    assert read_matrix(path).size

    @tried(150)
    @given(damaged(content))
    def holds(mutant: bytes) -> None:
        path.write_bytes(mutant)
        try:
            read_matrix(path)
        except FileError as error:
            assert name in str(error)

    holds()


def test_damaged_folders(tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    mml.Graph.from_edges([0, 1, 2, 2], [1, 2, 0, 1], weight=[1, 2, 3, 4]).save(folder)
    parts = {part: part.read_bytes() for part in sorted(folder.glob("*.npy"))}

    @tried(200)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        part = data.draw(st.sampled_from(list(parts)))
        mutant = data.draw(damaged(parts[part]))
        for path, content in parts.items():
            path.unlink(missing_ok=True)  # what is still mapped keeps its bytes
            path.write_bytes(mutant if path == part else content)
        graph = called(mml.Graph.read, folder)
        if graph is not None and graph.num_edges:
            called(mml.pagerank, graph)

    holds()


HEADERS = {
    "far.npy": lambda: npy(np.zeros(1)).replace(b"(1,)", b"(%d,)" % 2**60),
    "far.npz": lambda: _zipped("X.npy", npy(np.zeros(1)).replace(b"(1,)", b"(%d,)" % 2**60)),
    "far.mtx": lambda: (
        b"%%%%MatrixMarket matrix coordinate real general\n3 3 %d\n1 2 0.5\n" % 2**60
    ),
    "wide.mtx": lambda: (
        b"%%%%MatrixMarket matrix coordinate real general\n%d %d 1\n1 2 1\n" % (2**60, 2**60)
    ),
    "dense.mtx": lambda: b"%%%%MatrixMarket matrix array real general\n%d 4\n1\n" % 2**58,
    "far.txt": lambda: b"0 %d\n" % 2**60,
    "far.zst": lambda: b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 2**60) + b"\x01\x00\x00",
    "far.parquet": lambda: b"PAR1" + b"\x15" * 40 + struct.pack("<I", 2**31 - 1) + b"PAR1",
}


def _zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="limits its own memory")
@pytest.mark.parametrize("name", sorted(HEADERS))
def test_headers_that_promise_too_much(name: str, tmp_path: Path) -> None:
    """A few bytes that speak of 2^60 rows: an error, within a gigabyte of address space."""
    (tmp_path / name).write_bytes(HEADERS[name]())
    code = f"""
import resource, mmlcore as mml
from mmlcore.io import read_matrix
if {name!r}.endswith((".mtx", ".parquet")):  # their libraries map much when they are loaded
    import scipy.io, scipy.sparse, pyarrow.parquet
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**30, used + 2**30))
for read in (mml.Graph.read, *([] if {name!r} == "far.txt" else [read_matrix])):
    try:
        read({str(tmp_path / name)!r})
        print("read")
    except ValueError as error:
        assert {name!r} in str(error) or "num_nodes" in str(error), str(error)
"""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout == ""


class Trap:
    """Tells when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.putenv, ("MMLCORE_TRAP", "sprung")


def test_no_pickle_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = np.empty(2, object)
    trap[:] = [Trap(), Trap()]
    np.save(tmp_path / "a.npy", trap, allow_pickle=True)
    np.savez(tmp_path / "a.npz", source=trap, target=trap)
    (tmp_path / "folder").mkdir()
    np.save(tmp_path / "folder" / "format.npy", trap, allow_pickle=True)
    (tmp_path / "bare.npy").write_bytes(pickle.dumps(Trap()))
    sprung: list[Any] = []
    monkeypatch.setattr(os, "putenv", lambda *args: sprung.append(args))
    for path in (tmp_path / "a.npy", tmp_path / "a.npz", tmp_path / "bare.npy"):
        with pytest.raises(FileError):
            read_matrix(path)
    for path in (tmp_path / "a.npz", tmp_path / "folder"):
        with pytest.raises(FileError):
            mml.Graph.read(path)
    assert sprung == []

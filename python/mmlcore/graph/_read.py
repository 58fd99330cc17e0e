"""Edges from files of any kind: text is parsed by our kernel, what has a good reader already is read by it."""

from __future__ import annotations

import gzip
import importlib
import inspect
import io
import math
import mmap
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.files import DAMAGED, FileError, check_growth, check_regular, open_npz
from mmlcore.graph._labelled import layout_of, named_edges
from mmlcore.graph._text import text_blocks

Progress = Callable[[int, int], object]  # is told the bytes that are done, and how many there are
Content = tuple[
    str, Any
]  # what it is: "edges", "own" (columns that nobody else reads) or "names", or "matrix"
_BLOCK = 1 << 23  # bytes of text that are parsed at a time


def read_edges(path: Path, progress: Progress | None, delimiter: str | None = None) -> Content:
    """Return ("edges", (source, target, weight)), ("own" or "names", the same) or ("matrix", scipy.sparse) of a file."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".npz"]:
        return _npz(path)
    if suffixes[-1:] == [".mtx"] or suffixes[-2:] == [".mtx", ".gz"]:
        return _matrix_market(path)
    if suffixes[-1:] == [".parquet"]:
        return _parquet(path)
    packed = suffixes[-1] if suffixes else ""
    if path.is_file():  # a pipe passes once: it holds numbers
        layout = layout_of(path, packed, delimiter)
        if layout is not None:
            return named_edges(path, packed, layout)
    return "own", _text(path, packed, progress)


def _text(path: Path, suffix: str, progress: Progress | None) -> tuple[Any, Any, Any]:
    edges = _core.EdgeText()
    try:
        with path.open("rb", buffering=0) as file:
            for block, done, total in text_blocks(file, suffix, _BLOCK):
                if block is None:
                    msg = f"line {edges.lines + 1}: is longer than {_BLOCK} bytes."
                    raise ValueError(msg)
                edges.feed(block)
                if progress is not None:
                    progress(done, total)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        msg = f"{path}: is not a complete gzip file ({error})."
        raise FileError(msg) from error
    except ValueError as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None
    return edges.columns()


def _npz(path: Path) -> Content:
    with open_npz(path) as archive:
        names = set(archive.files)  # before anything is unpacked
        if {"source", "target"} <= names:
            weight = archive["weight"] if "weight" in names else None
            return "own", (archive["source"], archive["target"], weight)
        if not {"shape", "format"} <= names:
            msg = (
                f"{path}: holds the arrays {', '.join(sorted(names))}; needed a graph that Graph.save wrote, a matrix of "
                "scipy.sparse.save_npz, or the arrays source and target."
            )
            raise FileError(msg)
    sparse = _library("scipy.sparse", path)
    try:
        return "matrix", sparse.load_npz(path)
    except DAMAGED as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None


def _matrix_market(path: Path) -> Content:
    check_regular(path)
    read = _library("scipy.io", path).mmread
    _check_size_line(path)
    # Arrays, not matrices, wherever SciPy (1.12) can tell them apart.
    kind = {"spmatrix": False} if "spmatrix" in inspect.signature(read).parameters else {}
    try:
        with _ended(path) as source:
            matrix = read(source, **kind)
    except FileNotFoundError:
        raise
    except (*DAMAGED, MemoryError) as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None
    if isinstance(matrix, np.ndarray):
        matrix = _library("scipy.sparse", path).csr_array(matrix)
    return "matrix", matrix


@contextmanager
def _ended(path: Path) -> Iterator[Any]:
    """Give a file whose last line ends and that has no zero byte: SciPy 1.17 reads beyond the end of all others."""
    packed = path.suffix.lower() == ".gz"
    with gzip.open(path) if packed else path.open("rb") as file:
        fine = False
        if not packed and os.fstat(file.fileno()).st_size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                fine = content[-1:] == b"\n" and content.find(b"\0") < 0
        yield path if fine else io.BufferedReader(_Ended(file, path.stat().st_size))


class _Ended(io.RawIOBase):
    """A stream with one line end more, and another sign for zero."""

    def __init__(self, file: Any, packed: int) -> None:
        self._file, self._rest, self._line = file, b"\n", 0
        self._packed, self._done = packed, 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the front of a buffer."""
        got: bytes = self._file.read(len(buffer))
        if not got and len(buffer):
            got, self._rest = self._rest, b""
        self._done += len(got)
        check_growth(self._packed, self._done)
        # SciPy keeps a line until it ends.
        self._line = self._line + len(got) if b"\n" not in got else len(got) - got.rfind(b"\n")
        if self._line > 2 * _BLOCK:
            msg = f"has a line of more than {2 * _BLOCK} bytes."
            raise ValueError(msg)
        buffer[: len(got)] = got.replace(b"\0", b"?")
        return len(got)


def _check_size_line(path: Path) -> None:
    """FileError where a file promises more entries than its bytes can hold: SciPy would ask for their memory first."""
    packed = path.suffix.lower() == ".gz"
    with gzip.open(path) if packed else path.open("rb") as file:
        try:
            lines = iter(lambda: file.readline(_BLOCK), b"")
            size = next((line.split() for line in lines if line.strip() and line[:1] != b"%"), [])
            entries = math.prod(map(int, size[:2])) // 2 if len(size) == 2 else int(size[2])
        except (IndexError, EOFError, OSError, zlib.error):
            return  # SciPy says what is wrong
        except ValueError:
            msg = (
                f"{path}: the line of sizes says {b' '.join(size)[:60].decode('ascii', 'replace')!r}; needed rows, columns and, "
                "of a sparse matrix, entries: whole numbers."
            )
            raise FileError(msg) from None
    # An entry takes two bytes at least, and gzip makes a thousand bytes of one at most.
    most = path.stat().st_size * (1100 if packed else 1) // 2
    if entries > most:
        msg = f"{path}: is truncated or damaged: promises {entries} entries in {path.stat().st_size} bytes."
        raise FileError(msg)


def _parquet(path: Path) -> Content:
    parquet = _library("pyarrow.parquet", path)
    if not path.exists():
        raise FileNotFoundError(path)
    check_regular(path)
    try:
        file = parquet.ParquetFile(path)
    except (*DAMAGED, OSError, MemoryError) as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None
    names = file.schema_arrow.names
    chosen = [n for n in ("source", "target", "weight") if n in names]
    if not {"source", "target"} <= set(chosen):
        chosen = names[:3]
    if len(chosen) < 2:
        msg = f"{path}: holds the columns {', '.join(names) or '(none)'}; needed source and target."
        raise FileError(msg)
    try:
        columns = [file.read(columns=[name]).column(0) for name in chosen]
    except (*DAMAGED, OSError, MemoryError) as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None
    for name, column in zip(chosen, columns, strict=True):
        if column.null_count:
            msg = f"{path}: column {name} has {column.null_count} missing values."
            raise FileError(msg)
    kind = "edges" if np.asarray(columns[0][:0]).dtype.kind in "iu" else "names"
    return kind, (*columns, None)[:3]


def _library(name: str, path: Path) -> Any:
    """Import a library, or say which one reading `path` needs."""
    try:
        return importlib.import_module(name)
    except ImportError:
        msg = f"{path}: reading {path.suffix} needs {name}: `pip install {name.partition('.')[0]}`."
        raise FileError(msg) from None

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
from typing import IO, Any

import numpy as np

from mmlcore import _core
from mmlcore.core.files import DAMAGED, FileError, open_npz

Progress = Callable[[int, int], object]  # is told the bytes that are done, and how many there are
Content = tuple[
    str, Any
]  # what it is: "edges", "own" (columns that nobody else reads) or "names", or "matrix"
_BLOCK = 1 << 23  # bytes of text that are parsed at a time


def read_edges(path: Path, progress: Progress | None) -> Content:
    """Return ("edges", (source, target, weight)), ("own" or "names", the same) or ("matrix", scipy.sparse) of a file."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".npz"]:
        return _npz(path)
    if suffixes[-1:] == [".mtx"] or suffixes[-2:] == [".mtx", ".gz"]:
        return _matrix_market(path)
    if suffixes[-1:] == [".parquet"]:
        return _parquet(path)
    return "own", _text(path, suffixes[-1] if suffixes else "", progress)


def _text(path: Path, suffix: str, progress: Progress | None) -> tuple[Any, Any, Any]:
    edges = _core.EdgeText()
    try:
        with path.open("rb") as file:
            total = os.fstat(file.fileno()).st_size
            unpack = _PACKED.get(suffix)
            blocks = _mapped(file) if unpack is None else _streamed(file, total, unpack(file))
            for block, done in blocks:
                if len(block) > 2 * _BLOCK and b"\n" not in bytes(block[:_BLOCK]):
                    msg = f"line {edges.lines + 1}: is longer than {_BLOCK} bytes."
                    raise ValueError(msg)
                edges.feed(block, unpack is None)
                if progress is not None:
                    progress(done, total)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        msg = f"{path}: is not a complete gzip file ({error})."
        raise FileError(msg) from error
    except ValueError as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None
    return edges.columns()


def _mapped(file: IO[bytes]) -> Iterator[tuple[Any, int]]:
    """Give blocks of whole lines of a file, in place, and where they end."""
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        return
    with (
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        memoryview(content) as view,
    ):
        at = 0
        while at < size:
            end = size if size - at <= _BLOCK else content.rfind(b"\n", at, at + _BLOCK) + 1
            end = end or min(at + 2 * _BLOCK + 1, size)
            with view[at:end] as block:
                yield block, end
            at = end


def _streamed(
    packed: IO[bytes], total: int, pieces: Iterator[bytes]
) -> Iterator[tuple[bytes, int]]:
    """Give blocks of whole lines of what is unpacked, and how much of the packed file they took."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        end = piece.rfind(b"\n") + 1 if size >= _BLOCK else 0
        if end or size > 2 * _BLOCK:
            yield b"".join((*waiting, piece[:end])), packed.tell()
            waiting, size = [], len(piece) - end
        waiting.append(piece[end:])
    yield b"".join(waiting), total


def _gzip(file: IO[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as unpacked:
        yield from _pieces(unpacked)


def _pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece


def _zstd(file: IO[bytes]) -> Iterator[bytes]:
    """Unpack by whichever library is there."""
    libraries: tuple[tuple[str, Callable[[Any], Iterator[bytes]]], ...] = (
        ("compression.zstd", lambda zstd: _pieces(zstd.ZstdFile(file))),
        ("zstandard", lambda zstd: _frames(zstd, file)),
        ("pyarrow", lambda arrow: _pieces(arrow.CompressedInputStream(file, "zstd"))),
    )
    for module, unpack in libraries:
        try:
            library = importlib.import_module(module)
        except ImportError:
            continue
        return unpack(library)
    msg = "reading .zst needs Python 3.14, or `pip install zstandard`."
    raise ValueError(msg)


def _frames(zstandard: Any, file: IO[bytes]) -> Iterator[bytes]:
    """Unpack every frame; zstandard's own stream says nothing of a file that was cut off."""
    frame = None
    while packed := file.read(1 << 18):
        while packed:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            try:
                yield frame.decompress(packed)
            except zstandard.ZstdError as error:
                msg = f"is not a Zstandard file ({error})."
                raise ValueError(msg) from None
            packed, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    if frame is not None:
        msg = "is not a complete Zstandard file."
        raise ValueError(msg)


_PACKED: dict[str, Callable[[IO[bytes]], Iterator[bytes]]] = {".gz": _gzip, ".zst": _zstd}


def _npz(path: Path) -> Content:
    with open_npz(path) as archive:
        names = set(archive.files)
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
        yield path if fine else io.BufferedReader(_Ended(file))


class _Ended(io.RawIOBase):
    """A stream with one line end more, and another sign for zero."""

    def __init__(self, file: Any) -> None:
        self._file, self._rest = file, b"\n"

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the front of a buffer."""
        got: bytes = self._file.read(len(buffer))
        if not got and len(buffer):
            got, self._rest = self._rest, b""
        buffer[: len(got)] = got.replace(b"\0", b"?")
        return len(got)


def _check_size_line(path: Path) -> None:
    """FileError where a file promises more entries than its bytes can hold: SciPy would ask for their memory first."""
    packed = path.suffix.lower() == ".gz"
    with gzip.open(path) if packed else path.open("rb") as file:
        try:
            lines = iter(file.readline, b"")
            size = next((line.split() for line in lines if line.strip() and line[:1] != b"%"), [])
            entries = math.prod(map(int, size[:2])) // 2 if len(size) == 2 else int(size[2])
        except (ValueError, IndexError, EOFError, OSError, zlib.error):
            return  # SciPy says what is wrong
    # An entry takes two bytes at least, and gzip makes a thousand bytes of one at most.
    most = path.stat().st_size * (1100 if packed else 1) // 2
    if entries > most:
        msg = f"{path}: is truncated or damaged: promises {entries} entries in {path.stat().st_size} bytes."
        raise FileError(msg)


def _parquet(path: Path) -> Content:
    parquet = _library("pyarrow.parquet", path)
    if not path.exists():
        raise FileNotFoundError(path)
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

"""Edges from files of any kind: text is parsed by our kernel, what has a good reader already is read by it."""

from __future__ import annotations

import gzip
import importlib
import io
import mmap
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from mmlcore import _core
from mmlcore.io import DAMAGED, FileError

Progress = Callable[[int, int], object]  # is told the bytes that are done, and how many there are
Content = tuple[str, Any]  # what it is: "edges" or "names" (columns), "matrix"


def read_edges(path: Path, progress: Progress | None) -> Content:
    """Return ("edges", (source, target, weight)), ("names", the same) or ("matrix", scipy.sparse) of a file."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".npz"]:
        return _npz(path)
    if suffixes[-1:] == [".mtx"] or suffixes[-2:] == [".mtx", ".gz"]:
        return _matrix_market(path)
    if suffixes[-1:] == [".parquet"]:
        return _parquet(path)
    return "edges", _text(path, suffixes[-1] if suffixes else "", progress)


def _text(path: Path, suffix: str, progress: Progress | None) -> tuple[Any, Any, Any]:
    try:
        if suffix in _PACKED:
            with _PACKED[suffix](path) as stream:
                return _core.parse_edges(stream.read(), False, progress)
        with path.open("rb") as stream:
            if stream.seek(0, 2) == 0:
                return _core.parse_edges(b"")
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _core.parse_edges(content, True, progress)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        msg = f"{path}: is not a complete gzip file ({error})."
        raise FileError(msg) from error
    except ValueError as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None


def _zstd(path: Path) -> IO[bytes]:
    """Open a file packed by Zstandard, by whichever library is there."""
    for module, open_with in (
        ("compression.zstd", lambda zstd: zstd.open(path, "rb")),
        ("zstandard", lambda zstd: _checked(zstd, path)),
        ("pyarrow", lambda arrow: arrow.CompressedInputStream(str(path), "zstd")),
    ):
        try:
            library = importlib.import_module(module)
        except ImportError:
            continue
        return open_with(library)
    msg = f"{path}: reading .zst needs Python 3.14, or `pip install zstandard`."
    raise FileError(msg)


def _checked(zstandard: Any, path: Path) -> IO[bytes]:
    """Unpack every frame; zstandard's own stream says nothing of a file that was cut off."""
    packed, out = path.read_bytes(), io.BytesIO()
    while packed:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            out.write(frame.decompress(packed))
        except zstandard.ZstdError as error:
            msg = f"is not a Zstandard file ({error})."
            raise ValueError(msg) from None
        if not frame.eof:
            msg = "is not a complete Zstandard file."
            raise ValueError(msg)
        packed = frame.unused_data
    out.seek(0)
    return out


def _gzip(path: Path) -> gzip.GzipFile:
    return gzip.open(path, "rb")


_PACKED: dict[str, Callable[[Path], Any]] = {".gz": _gzip, ".zst": _zstd}


def _npz(path: Path) -> Content:
    with np.load(path, allow_pickle=False) as archive:
        names = set(archive.files)
        if {"source", "target"} <= names:
            weight = archive["weight"] if "weight" in names else None
            return "edges", (archive["source"], archive["target"], weight)
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
    reader = _library("scipy.io", path)
    try:
        matrix = reader.mmread(path)
    except FileNotFoundError:
        raise
    except (*DAMAGED, OverflowError) as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None
    if isinstance(matrix, np.ndarray):
        matrix = _library("scipy.sparse", path).csr_array(matrix)
    return "matrix", matrix


def _parquet(path: Path) -> Content:
    parquet = _library("pyarrow.parquet", path)
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        file = parquet.ParquetFile(path)
    except (ValueError, OSError) as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None
    names = file.schema_arrow.names
    chosen = [n for n in ("source", "target", "weight") if n in names]
    if not {"source", "target"} <= set(chosen):
        chosen = names[:3]
    if len(chosen) < 2:
        msg = f"{path}: holds the columns {', '.join(names) or '(none)'}; needed source and target."
        raise FileError(msg)
    columns = [file.read(columns=[name]).column(0) for name in chosen]
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

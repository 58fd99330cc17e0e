"""Built graphs in files: an `.npz`, or a folder of `.npy` files that are mapped into memory.

A file holds the arrays that the kernels work on, so that reading is no rebuilding. A folder may be larger than memory: it
is built in place (`write_in_place`) and ranked piece after piece (`pagerank(..., memory_limit=...)`).
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array
from mmlcore.core.files import DAMAGED, FileError, check_header, open_npz
from mmlcore.io import replacing

FORMAT = "mmlcore graph 1"
_HEADER = 128  # bytes of a .npy header that is written after its data
_LINKS = ("source", "weight")


def save(path: Path, edges: _core.InEdges, labels: list[Any] | None) -> None:
    """Write a graph, whole or not at all: to one file if the name ends in .npz, else to a folder."""
    parts: dict[str, Any] = {**edges.parts(), **_label_parts(labels), "format": np.array(FORMAT)}
    if path.suffix.lower() == ".npz":
        with replacing(path) as stream:
            np.savez(stream, allow_pickle=False, **parts)
        return
    with _new_folder(path) as folder:
        for name, array in parts.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)


def is_graph_file(path: Path) -> bool:
    """Tell a folder or an .npz file that `save` may have written."""
    return path.is_dir() or path.suffix.lower() == ".npz"


def load(path: Path) -> tuple[_core.InEdges, list[Any] | None, bool] | None:
    """Return the edges, the labels, and whether the arrays are mapped files; None for an .npz of another kind."""
    folder = path.is_dir()
    parts = _read_folder(path) if folder else _read_npz(path)
    if str(parts.pop("format", "")) != FORMAT:
        if not folder:
            return None
        msg = f"{path}: holds no graph that Graph.save of this version wrote."
        raise FileError(msg)
    labels = _labels(parts)
    try:
        edges = _core.InEdges.from_parts(parts, folder)
    except (ValueError, TypeError) as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None
    if labels is not None and len(labels) != edges.nodes:
        msg = f"{path}: holds {len(labels)} labels for {edges.nodes} nodes."
        raise FileError(msg)
    return edges, labels, folder


def write_in_place(
    path: Path, s: Array, t: Array, w: Array | None, nodes: int, combine: str
) -> None:
    """Build a graph inside a new folder: what has an entry for each link never lies in memory."""
    m = len(s)
    weighted = w is not None or combine == "sum"
    wide = nodes >= 2**32 or m >= 2**32
    index = np.dtype(np.uint64 if wide else np.uint32)
    kinds: dict[str, np.dtype[Any]] = {"source": index} | (
        {"words": np.dtype(np.uint64)} if not wide else {}
    )
    if weighted:
        kinds |= {"weight": np.dtype(np.float64), "word_weight": np.dtype(np.float64)}
    with _new_folder(path) as folder:
        files = {
            name: np.memmap(folder / f"{name}.npy", kind, "w+", offset=_HEADER, shape=(max(m, 1),))
            for name, kind in kinds.items()
        }
        mapped = all(is_mapped(column) for column in (s, t, w) if column is not None)
        edges = _core.InEdges(s, t, w, nodes, combine, wide, files, "mapped" if mapped else "keep")
        parts = edges.parts()
        for name in files:
            if name not in _LINKS or (name == "weight" and not edges.weighted):
                (folder / f"{name}.npy").unlink()
            else:
                _finish(folder / f"{name}.npy", kinds[name], edges.edges)
        for name, array in parts.items():
            if name not in _LINKS:
                np.save(folder / f"{name}.npy", array, allow_pickle=False)
        np.save(folder / "format.npy", np.array(FORMAT), allow_pickle=False)


def is_mapped(array: Array) -> bool:
    """Tell an array over a file whose pages the system can always read again."""
    return (
        isinstance(array, np.memmap)
        and getattr(array, "_mmap", None) is not None
        and array.mode in ("r", "r+", "w+")
    )


def _finish(file: Path, kind: np.dtype[Any], size: int) -> None:
    """Give a file of numbers its header and its length."""
    header = io.BytesIO()
    facts = {"descr": kind.str, "fortran_order": False, "shape": (size,)}
    np.lib.format.write_array_header_1_0(header, facts)
    text = header.getvalue()
    if len(text) != _HEADER:
        msg = f"a .npy header of {len(text)} bytes came, {_HEADER} were expected"
        raise RuntimeError(msg)
    with file.open("r+b") as stream:
        stream.write(text)
        stream.truncate(_HEADER + size * kind.itemsize)


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """Give a folder that takes its name only when it is complete; an older graph of that name goes then."""
    path = path.resolve()
    if path.exists() and not (path / "format.npy").is_file():
        msg = f"{path}: exists and is no saved graph; it is left as it is."
        raise FileError(msg)
    if not path.parent.is_dir():
        msg = f"{path}: cannot be written: there is no folder {path.parent}."
        raise FileError(msg)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.mkdir()
    try:
        yield part
        old = part.with_suffix(".old")
        if path.exists():  # the name is free for no longer than between two renamings
            path.rename(old)
        part.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _read_folder(path: Path) -> dict[str, Any]:
    parts = {}
    try:
        for file in path.glob("*.npy"):
            with file.open("rb") as stream:
                check_header(stream, file.stat().st_size)
            parts[file.stem] = np.load(file, mmap_mode="r", allow_pickle=False)
        return parts
    except (*DAMAGED, OSError) as error:
        msg = f"{path}: is damaged ({error})."
        raise FileError(msg) from None


def _read_npz(path: Path) -> dict[str, Any]:
    with open_npz(path) as archive:
        return dict(archive)


def _label_parts(labels: list[Any] | None) -> dict[str, Array]:
    """Labels as JSON in bytes: text, whole numbers and what else JSON gives back as it was."""
    if labels is None:
        return {}
    text = json.dumps(labels, ensure_ascii=False, default=_refuse)
    if json.loads(text) != labels:
        _refuse(
            next(label for label in labels if json.loads(json.dumps(label, default=str)) != label)
        )
    return {"labels": np.frombuffer(text.encode(), np.uint8)}


def _refuse(label: Any) -> Any:
    msg = (
        f"labels: {label!r} of type {type(label).__name__} cannot be saved, needed text or numbers."
    )
    raise TypeError(msg)


def _labels(parts: dict[str, Any]) -> list[Any] | None:
    text = parts.pop("labels", None)
    return None if text is None else json.loads(bytes(text))

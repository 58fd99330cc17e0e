"""Built graphs in files: an `.npz`, or a folder of `.npy` files that are mapped into memory.

A file holds the arrays that the kernels work on, so that reading is no rebuilding. A folder may be larger than memory: it
is built in place (`write_in_place`) and ranked piece after piece (`pagerank(..., memory_limit=...)`).
"""

from __future__ import annotations

import errno
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array
from mmlcore.core.files import FileError, open_npz
from mmlcore.graph._folder import Mapped, new_folder, read_folder
from mmlcore.io import durable, replacing

FORMAT = "mmlcore graph 1"
_HEADER = 128  # bytes of a .npy header that is written after its data
_LINKS = ("source", "weight")
_NODES = ("in_degree", "row", "place", "out_degree", "strength", "kept", "loop")
PARTS = frozenset((*_LINKS, *_NODES, "pieces", "sizes", "labels", "format"))


def save(path: Path, edges: _core.InEdges, labels: list[Any] | None) -> None:
    """Write a graph, whole or not at all: to one file if the name ends in .npz, else to a folder."""
    parts: dict[str, Any] = {**edges.parts(), **_label_parts(labels), "format": np.array(FORMAT)}
    if path.suffix.lower() == ".npz":
        with replacing(path) as stream:
            np.savez(stream, allow_pickle=False, **parts)
        return
    with new_folder(path, PARTS) as folder:
        for name, array in parts.items():
            _write(folder / f"{name}.npy", array)


def _write(file: Path, array: Array) -> None:
    with file.open("wb") as stream:
        np.save(stream, array, allow_pickle=False)
        durable(stream)


def is_graph_file(path: Path) -> bool:
    """Tell a folder or an .npz file that `save` may have written."""
    return path.is_dir() or path.suffix.lower() == ".npz"


def load(path: Path) -> tuple[_core.InEdges, list[Any] | None, Mapped | None] | None:
    """Return the edges, the labels, and the files if the arrays are mapped; None for an .npz of another kind."""
    mapped = read_folder(path) if path.is_dir() else None
    parts = _read_npz(path) if mapped is None else mapped.arrays
    if str(parts.pop("format", "")) != FORMAT:
        if mapped is None:
            return None
        msg = f"{path}: holds no graph that Graph.save of this version wrote."
        raise FileError(msg)
    labels = _labels(path, parts)
    try:
        edges = _core.InEdges.from_parts(parts, mapped is not None)
    except (ValueError, TypeError) as error:
        msg = f"{path}: {error}"
        raise FileError(msg) from None
    if labels is not None and len(labels) != edges.nodes:
        msg = f"{path}: holds {len(labels)} labels for {edges.nodes} nodes."
        raise FileError(msg)
    return edges, labels, mapped


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
    with new_folder(path, PARTS) as folder:
        files = {
            name: _reserved(folder / f"{name}.npy", kind, max(m, 1)) for name, kind in kinds.items()
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
                _write(folder / f"{name}.npy", array)
        _write(folder / "format.npy", np.array(FORMAT))


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
        durable(stream)


def _reserved(file: Path, kind: np.dtype[Any], size: int) -> Array:
    """Map a new file whose space is there: a full disk is an error now, not a signal when a page is written."""
    length = _HEADER + size * kind.itemsize
    with file.open("xb") as stream:
        try:
            os.posix_fallocate(stream.fileno(), 0, length)
        except (AttributeError, OSError) as error:
            if getattr(error, "errno", errno.EINVAL) not in (errno.EINVAL, errno.EOPNOTSUPP):
                raise
            stream.truncate(length)  # a system that cannot tell
    return np.memmap(file, kind, "r+", offset=_HEADER, shape=(size,))


def _read_npz(path: Path) -> dict[str, Any]:
    with open_npz(path) as archive:
        if "format" not in archive.files:  # nothing of another file is unpacked here
            return {}
        return {name: archive[name] for name in archive.files if name in PARTS}


def _label_parts(labels: list[Any] | None) -> dict[str, Array]:
    """Labels as JSON in bytes: text, whole numbers and what else JSON gives back as it was; numpy's numbers as Python's."""
    if labels is None:
        return {}
    plain = [label.item() if isinstance(label, np.generic) else label for label in labels]
    text = json.dumps(plain, ensure_ascii=False, default=_refuse)
    if json.loads(text) != plain:
        _refuse(
            next(label for label in plain if json.loads(json.dumps(label, default=str)) != label)
        )
    return {"labels": np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)}


def _refuse(label: Any) -> Any:
    msg = (
        f"labels: {label!r} of type {type(label).__name__} cannot be saved, needed text or numbers."
    )
    raise TypeError(msg)


def _labels(path: Path, parts: dict[str, Any]) -> list[Any] | None:
    text = parts.pop("labels", None)
    if text is None:
        return None
    try:
        labels = json.loads(np.asarray(text, np.uint8).tobytes().decode("utf-8", "surrogatepass"))
    except (ValueError, TypeError, RecursionError):
        labels = None
    if not isinstance(labels, list) or any(isinstance(label, (list, dict)) for label in labels):
        msg = f"{path}: is damaged: its labels are not the JSON that Graph.save writes."
        raise FileError(msg)
    return labels

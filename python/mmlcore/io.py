"""Matrices from files and results to files.

Read: ``.npy`` and ``.npz`` (never pickled objects), ``.csv``, ``.tsv`` and ``.txt`` tables of numbers. Written: the
same, whole or not at all. Edge lists are read by `mmlcore.Graph.read`. Whatever is wrong with a file is one sentence
that names it, and the line where there is one.
"""

from __future__ import annotations

import csv
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from mmlcore.core.arrays import Array
from mmlcore.core.files import DAMAGED, FileError, check_header, open_npz, reason_of
from mmlcore.core.tables import NPY, ZIP, read_table

__all__ = ["FileError", "read_matrix", "replacing", "write_arrays"]

TABLES = {".csv": ",", ".tsv": "\t", ".txt": None}
KEY = "the argument key"  # for which the shell has another word


def read_matrix(path: str | os.PathLike[str], *, key: str | None = None) -> Array:
    """Read an array of numbers from a file.

    Parameters
    ----------
    path : path
        ``.npy`` (memory-mapped, so larger than memory is fine), ``.npz``, or a table: ``.csv``, ``.tsv``, or ``.txt`` with
        columns set apart by blanks. A first line of names, ``#`` comments and empty lines are skipped; numbers may be in
        quotes, and NA, N/A, null, none and missing are NaN. A pipe is read to its end first.
    key : str, optional
        Which array of an ``.npz`` file; needed when it holds several and none is named ``X``.

    Returns
    -------
    ndarray
        As stored; tables as float64 of shape (rows, columns).

    Raises
    ------
    FileError
        When the file is missing, truncated, not what its name says, or holds something else than numbers.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mmlcore.io import read_matrix
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "points.csv")
    ...     _ = file.write_text("x,y\\n1,2\\n3,4\\n")
    ...     read_matrix(file)
    array([[1., 2.],
           [3., 4.]])
    """
    file = Path(path)
    suffix = file.suffix.lower()
    with sentences(file, "read"):
        if suffix in (".npy", ".npz", *TABLES):
            regular = not file.exists() or file.is_file() or file.is_dir()
            return _read(file, suffix, key) if regular else _read_stream(file, suffix, key)
        if not file.exists() or file.is_dir() or file.is_file():
            _head(file)
    raise FileError(
        f"{file}: unknown kind of file {suffix!r}; read are .npy, .npz, {', '.join(TABLES)}."
    )


def _read(file: Path, suffix: str, key: str | None) -> Array:
    head = _head(file)
    if suffix == ".npy":
        return _numbers(file, _read_npy(file, head))
    if suffix == ".npz":
        return _numbers(file, _read_npz(file, head, key))
    return read_table(file, TABLES[suffix], head)


def _read_stream(file: Path, suffix: str, key: str | None) -> Array:
    """Read a pipe: it passes once, and goes into a file that is then read as any other."""
    with tempfile.NamedTemporaryFile(suffix=suffix) as copy:
        with file.open("rb") as stream:
            shutil.copyfileobj(stream, copy)
        copy.flush()
        try:
            return np.array(_read(Path(copy.name), suffix, key))
        except FileError as error:
            raise FileError(str(error).replace(copy.name, str(file))) from None


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> None:
    """Write results to a file, whole or not at all.

    Parameters
    ----------
    path : path
        ``.npz`` takes every array; ``.npy`` the first; ``.csv`` and ``.tsv`` those with as many rows as the first, side
        by side under a line of names.
    arrays : mapping of str to array_like
        The results, the main one first.

    Raises
    ------
    FileError
        When the kind of file is unknown or the file cannot be written; an older file of that name is then unharmed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mmlcore.io import write_arrays
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "ranks.csv")
    ...     write_arrays(file, {"node": ["a", "b"], "rank": [0.25, 0.75]})
    ...     print(file.read_text(), end="")
    node,rank
    a,0.25
    b,0.75
    """
    suffix = check_output(path)
    columns = {name: np.asarray(values) for name, values in arrays.items()}
    if suffix in TABLES:
        with replacing(path, "w") as stream:
            _write_table(stream, columns, TABLES[suffix] or " ")
        return
    with replacing(path, "wb") as stream:
        if suffix == ".npy":
            np.save(stream, next(iter(columns.values())), allow_pickle=False)
        else:
            np.savez(stream, allow_pickle=False, **columns)


def check_output(path: str | os.PathLike[str]) -> str:
    """Return the suffix of a file to be written, or say, before any work is done, why it cannot be."""
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in (".npy", ".npz", ".csv", ".tsv"):
        raise FileError(
            f"{file}: unknown kind of file {suffix!r}; written are .npy, .npz, .csv, .tsv."
        )
    check_writable(file)
    return suffix


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise FileError when a file of this name cannot be made."""
    file = Path(path)
    folder = file.absolute().parent
    if file.is_dir():
        raise FileError(f"{file}: cannot be written: it is a folder.")
    if not folder.is_dir():
        raise FileError(f"{file}: cannot be written: there is no folder {folder}.")
    if not os.access(file if file.exists() else folder, os.W_OK):
        raise FileError(f"{file}: cannot be written: permission denied.")


def say_of(file: Path, error: Exception) -> str:
    """Return the text of an error, with the name of the file that it is about in front."""
    text = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
    return text if text.startswith(str(file)) else f"{file}: {text}"


@contextmanager
def replacing(path: str | os.PathLike[str], mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file that takes its name only when it is complete; text is UTF-8.

    Links are followed, and what is no regular file (a pipe, a terminal) is written directly. A file that is there already
    keeps its permissions. What was written is on the disk before it takes the name (fsync), and the name before this returns.
    """
    shown = Path(path)
    file = Path(os.path.realpath(path))
    text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    with sentences(shown, "written"):
        if file.exists() and not file.is_file():
            with file.open(mode, **text) as stream:
                yield stream
            return
        allowed = stat.S_IMODE(file.stat().st_mode) if file.exists() else None
        # A name that nobody else has: what others left, or are writing, is theirs.
        part = file.with_name(f".mmlcore-{secrets.token_hex(8)}.part")

        def private(name: str, flags: int) -> int:
            return os.open(name, flags, 0o666 if allowed is None else 0o600)

        try:
            with open(part, mode.replace("w", "x"), opener=private, **text) as stream:
                if allowed is not None and hasattr(os, "fchmod"):
                    os.fchmod(stream.fileno(), allowed)
                yield stream
                durable(stream)
            part.replace(file)
            durable_folder(file.parent)
        finally:
            part.unlink(missing_ok=True)


def durable(stream: IO[Any]) -> None:
    """Bring what was written to the disk."""
    stream.flush()
    os.fsync(stream.fileno())


def durable_folder(folder: Path) -> None:
    """Bring the names of a folder to the disk, where the system can."""
    if os.name != "posix":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def sentences(file: Path, done: str) -> Iterator[None]:
    """Turn errors of the system into sentences about `file`."""
    try:
        yield
    except FileNotFoundError:
        raise FileError(f"{file}: no such file or folder.") from None
    except OSError as error:
        raise FileError(
            f"{file}: cannot be {done}: {(error.strerror or str(error)).lower()}."
        ) from error
    except MemoryError:
        raise FileError(f"{file}: cannot be {done}: not enough memory.") from None


def _head(file: Path) -> bytes:
    """First bytes, which tell the kind of file."""
    with file.open("rb") as stream:
        head = stream.read(512)
    if not head:
        raise FileError(f"{file}: the file is empty.")
    return head


def _read_npy(file: Path, head: bytes) -> Array:
    if not head.startswith(NPY):
        raise FileError(f"{file}: not a .npy file, whatever its name says.")
    try:
        with file.open("rb") as stream:
            check_header(stream, file.stat().st_size)
        return np.load(file, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
    except DAMAGED as error:
        raise FileError(f"{file}: {reason_of(error)}.") from error


def _read_npz(file: Path, head: bytes, key: str | None) -> Array:
    if not head.startswith(ZIP):
        raise FileError(f"{file}: not a .npz file, whatever its name says.")
    with open_npz(file) as archive:
        names = list(archive.files)
        chosen = key or (names[0] if len(names) == 1 else "X")
        if chosen not in names:
            wish = f"choose one with {KEY}" if key is None else f"there is no {key!r}"
            raise FileError(f"{file}: holds the arrays {', '.join(names) or '(none)'}; {wish}.")
        return archive[chosen]  # type: ignore[no-any-return]


def _numbers(file: Path, array: Array) -> Array:
    if array.dtype.kind not in "biufc":
        raise FileError(f"{file}: holds {array.dtype}, not numbers.")
    return array


def _write_table(stream: IO[str], columns: Mapping[str, Array], delimiter: str) -> None:
    rows = len(next(iter(columns.values())))
    names: list[str] = []
    parts: list[Array] = []
    for name, values in columns.items():
        if values.ndim not in (1, 2) or len(values) != rows:
            continue
        if values.ndim == 1:
            names.append(name)
            parts.append(values)
        else:
            names += [f"{name}{i + 1}" for i in range(values.shape[1])]
            parts += list(values.T)
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*(part.tolist() for part in parts), strict=True))

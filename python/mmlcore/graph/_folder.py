"""Folders of .npy files: written whole or not at all by any number of processes at once, and mapped into memory."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from mmlcore.core.files import DAMAGED, FileError, check_header
from mmlcore.io import durable_folder, sentences

_TRIES = 100  # to take or to read a name that others take at the same time
_HERE, _EXCHANGE = -100, 2  # of Linux's renameat2: paths as they are, swap two names


class Mapped:
    """Arrays over the files of a folder, which are kept open to see whether somebody has written to them since."""

    def __init__(self, path: Path) -> None:
        self.path, self.arrays = path, dict[str, Any]()
        self._files: list[int] = []
        self._seen: list[tuple[int, int]] = []

    def add(self, name: str, file: int) -> None:
        """Map an open .npy file, which is then ours to close."""
        self._files.append(file)
        self._seen.append(_state(file))
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode):
            msg = f"{name}.npy is no regular file"
            raise ValueError(msg)
        with os.fdopen(os.dup(file), "rb") as stream:
            shape, fortran, dtype = check_header(stream, facts.st_size)
            if dtype.hasobject:
                msg = "object arrays are not read"
                raise ValueError(msg)
            order: Any = "F" if fortran else "C"
            if 0 in shape:
                self.arrays[name] = np.empty(shape, dtype, order)
            else:
                self.arrays[name] = np.memmap(stream, dtype, "r", stream.tell(), shape, order)

    def check(self) -> None:
        """FileError where a file was written to or cut off since it was mapped."""
        if [_state(file) for file in self._files] != self._seen:
            msg = (
                f"{self.path}: was written to since it was read, which a folder that is in use must not be; "
                "Graph.save to the same name is fine."
            )
            raise FileError(msg)

    def __del__(self) -> None:
        """Close the files."""
        for file in self._files:
            with suppress(OSError):
                os.close(file)


def _state(file: int) -> tuple[int, int]:
    facts = os.fstat(file)
    return facts.st_size, facts.st_mtime_ns


def read_folder(path: Path) -> Mapped:
    """Map the .npy files of a folder, all of one moment: another process may put a new folder into its place meanwhile."""
    for _ in range(_TRIES):
        mapped = Mapped(path)
        try:
            _map_all(path, mapped)
        except FileNotFoundError:
            if not path.is_dir():
                raise
            continue
        except (*DAMAGED, OSError) as error:
            msg = f"{path}: is damaged ({error})."
            raise FileError(msg) from None
        return mapped
    msg = f"{path}: is replaced again and again while it is read."
    raise FileError(msg)


def _map_all(path: Path, mapped: Mapped) -> None:
    # Pipes are opened without waiting for somebody to write.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if os.open not in os.supports_dir_fd:
        for file in sorted(path.glob("*.npy")):
            mapped.add(file.stem, os.open(file, flags))
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        for name in sorted(os.listdir(folder)):  # noqa: PTH208  (of the open folder, not of its name)
            if name.endswith(".npy"):
                mapped.add(name[:-4], os.open(name, flags, dir_fd=folder))
        # A folder is emptied only after another took its name: under the same name nothing was missing from the list.
        if not os.path.samestat(os.fstat(folder), os.stat(path)):  # noqa: PTH116  (as fstat)
            raise FileNotFoundError(path)
    finally:
        os.close(folder)


@contextmanager
def new_folder(path: Path, parts: AbstractSet[str]) -> Iterator[Path]:
    """Give a folder that takes its name only when it is complete; an older one of that name, of such parts alone, goes then."""
    with sentences(path, "written"):
        target = path.resolve()
        _check_free(path, target, parts)
        part = target.with_name(f".mmlcore-{secrets.token_hex(8)}.part")
        part.mkdir()
        try:
            yield part
            durable_folder(part)
            _take_name(part, target)
            durable_folder(target.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _check_free(shown: Path, target: Path, parts: AbstractSet[str]) -> None:
    if target.exists():
        if not (target / "format.npy").is_file():
            msg = f"{shown}: exists and is no saved graph; it is left as it is."
            raise FileError(msg)
        others = sorted(
            one.name
            for one in target.iterdir()
            if one.name[:-4] not in parts or one.suffix != ".npy"
        )
        if others:
            msg = f"{shown}: holds other files than a saved graph ({', '.join(others[:3])}); it is left as it is."
            raise FileError(msg)
    if not target.parent.is_dir():
        msg = f"{shown}: cannot be written: there is no folder {target.parent}."
        raise FileError(msg)


def _take_name(part: Path, target: Path) -> None:
    """Put a folder into the place of another, or into none: others may do the same at the same time."""
    for attempt in range(_TRIES):
        try:
            if target.exists() and not _exchanged(part, target):
                old = target.with_name(f".mmlcore-{secrets.token_hex(8)}.part")
                target.rename(old)
                shutil.rmtree(old, ignore_errors=True)
                part.rename(target)
            elif not target.exists():
                part.rename(target)
        except OSError:
            if attempt + 1 == _TRIES:
                raise
            continue
        return


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two names at once, where the system can: there is then no moment without a folder of that name."""
    swap = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    if swap is None:
        return False
    return bool(swap(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)

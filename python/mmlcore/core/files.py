"""Files of arrays: opened only when they are as long as they say, and never unpickled."""

from __future__ import annotations

import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

# How much larger than packed, and bytes that are always allowed.
_GROWTH, _GROWTH_FROM = 256, 1 << 30

# What numpy and zipfile raise on bytes that are not what they should be.
DAMAGED = (
    ValueError,
    EOFError,
    SyntaxError,
    TypeError,
    KeyError,
    RuntimeError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    tokenize.TokenError,
)


class FileError(ValueError):
    """A file that cannot be read or written as asked; the message names it."""


def check_regular(file: Path) -> None:
    """FileError for a pipe, a device or a socket, where what is read has to have a beginning and an end."""
    if file.exists() and not (file.is_file() or file.is_dir()):
        msg = f"{file}: is a pipe or a device, needed a file: one of this kind is not read as a stream."
        raise FileError(msg)


def check_growth(packed: int, unpacked: int) -> None:
    """ValueError where a packed file has unpacked to more than a GiB and 256 times its size: what no data of use do."""
    if unpacked > max(_GROWTH_FROM, _GROWTH * packed):
        msg = (
            f"unpacks to more than {unpacked >> 20} MiB from {packed} bytes, against the limit of 1 GiB or {_GROWTH} times the "
            "packed size; if that is meant, unpack the file first."
        )
        raise ValueError(msg)


def check_header(stream: IO[bytes], size: int) -> tuple[Any, bool, Any]:
    """Return shape, order and type in the header of a ``.npy`` file, and leave the stream behind it.

    ValueError where a file of `size` bytes promises more: numpy would ask for that memory first.
    """
    major, _ = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0
    if major != 1:  # the headers of later versions are longer, their fields are the same
        read = np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize > size:
        msg = f"is truncated or damaged: promises an array of shape {shape} in {size} bytes"
        raise ValueError(msg)
    return shape, fortran, dtype


@contextmanager
def open_npz(file: Path) -> Iterator[Any]:
    """Open an ``.npz`` file whose arrays are as long as they say; FileError for what is damaged, now or when it is read."""
    check_regular(file)
    with file.open("rb") as stream:
        size = file.stat().st_size
        try:
            with np.load(stream, allow_pickle=False) as archive:
                for part in archive.zip.infolist():
                    with archive.zip.open(part) as head:
                        check_header(head, part.file_size)
                    if part.compress_type != zipfile.ZIP_STORED:
                        _check_part(file, size, part.file_size)
                yield archive
        except (*DAMAGED, OSError, AttributeError) as error:
            if isinstance(error, FileError):
                raise
            raise FileError(f"{file}: {reason_of(error)}.") from error


def _check_part(file: Path, packed: int, unpacked: int) -> None:
    try:
        check_growth(packed, unpacked)
    except ValueError as error:
        msg = f"{file}: {error}"
        raise FileError(msg) from None


def reason_of(error: Exception) -> str:
    """Say what is wrong with a file of arrays that numpy did not read."""
    text = str(error).lower()
    if "object arrays" in text or "python objects" in text:
        return "holds Python objects instead of numbers"
    return "truncated or damaged"

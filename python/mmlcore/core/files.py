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


def check_header(stream: IO[bytes], size: int) -> None:
    """ValueError where the header of a ``.npy`` file of `size` bytes promises more: numpy would ask for that memory first."""
    major, _ = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0
    if major != 1:  # the headers of later versions are longer, their fields are the same
        read = np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize > size:
        msg = f"is truncated or damaged: promises an array of shape {shape} in {size} bytes"
        raise ValueError(msg)


@contextmanager
def open_npz(file: Path) -> Iterator[Any]:
    """Open an ``.npz`` file whose arrays are as long as they say; FileError for what is damaged, now or when it is read."""
    with file.open("rb") as stream:
        try:
            with np.load(stream, allow_pickle=False) as archive:
                for part in archive.zip.infolist():
                    with archive.zip.open(part) as head:
                        check_header(head, part.file_size)
                yield archive
        except (*DAMAGED, OSError, AttributeError) as error:
            if isinstance(error, FileError):
                raise
            raise FileError(f"{file}: {reason_of(error)}.") from error


def reason_of(error: Exception) -> str:
    """Say what is wrong with a file of arrays that numpy did not read."""
    text = str(error).lower()
    if "object arrays" in text or "python objects" in text:
        return "holds Python objects instead of numbers"
    return "truncated or damaged"

"""Blocks of whole lines of a text file, packed or not, from a disk or a pipe.

What is parsed is a copy: the file may be rewritten, cut off or unlinked meanwhile, and what comes is an error or the lines of some
moment. Memory is bounded: two blocks of text, and what a packed file unpacks to by `check_growth`.
"""

from __future__ import annotations

import gzip
import importlib
import io
import os
from collections.abc import Callable, Iterator
from typing import IO, Any

from mmlcore.core.files import check_growth

_SLICE = 1 << 11  # bytes of a Zstandard file that are unpacked at a time: to 64 MiB at most


def text_blocks(file: Any, suffix: str, block: int) -> Iterator[tuple[memoryview | None, int, int]]:
    """Give blocks of up to twice `block` bytes that hold whole lines, the bytes of the file that are done, and all.

    None for a line that is longer. A block is valid until the next is asked for. Lines that end in carriage returns alone, as
    old programs write them, end in newlines here.
    """
    total = os.fstat(file.fileno()).st_size
    unpack = _PACKED.get(suffix)
    source = file if unpack is None else _Pieces(unpack(file))
    buffer = bytearray(2 * block)
    have = unpacked = 0
    returns: bool | None = None  # do lines end in them? told by the first block
    with memoryview(buffer) as view:
        while True:
            got = source.readinto(view[have:])
            unpacked += got or 0
            have += got or 0
            if unpack is not None:
                check_growth(total, unpacked)
            if got and have < len(buffer):
                continue
            if returns is None:
                returns = buffer.find(b"\n", 0, have) < 0 <= buffer.find(b"\r", 0, have)
            if returns:
                view[:have] = buffer[:have].replace(b"\r", b"\n")
            end = buffer.rfind(b"\n", 0, have) + 1 if got else have
            if not end:
                if got:
                    yield None, unpacked, total
                return
            done = (
                unpacked - (have - end) if unpack is None else _place(file, total) if got else total
            )
            yield view[:end], done, max(total, done)
            view[: have - end] = view[end:have]
            have -= end


def _place(file: Any, total: int) -> int:
    """Return how much of a packed file was read; a pipe does not say."""
    try:
        return int(file.tell())
    except OSError:
        return total


class _Pieces(io.RawIOBase):
    """A stream of the pieces that an iterator gives."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the front of a buffer."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _gzip(file: IO[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as unpacked:
        yield from _read_pieces(unpacked)


def _read_pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece


def _zstd(file: IO[bytes]) -> Iterator[bytes]:
    """Unpack by whichever library is there."""
    libraries: tuple[tuple[str, Callable[[Any], Iterator[bytes]]], ...] = (
        ("compression.zstd", lambda zstd: _read_pieces(zstd.ZstdFile(file))),
        ("zstandard", lambda zstd: _frames(zstd, file)),
        ("pyarrow", lambda arrow: _read_pieces(arrow.CompressedInputStream(file, "zstd"))),
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
        for first in range(0, len(packed), _SLICE):
            part = packed[first : first + _SLICE]
            while part:
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                try:
                    yield frame.decompress(part)
                except zstandard.ZstdError as error:
                    msg = f"is not a Zstandard file ({error})."
                    raise ValueError(msg) from None
                part, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    if frame is not None:
        msg = "is not a complete Zstandard file."
        raise ValueError(msg)


_PACKED: dict[str, Callable[[IO[bytes]], Iterator[bytes]]] = {".gz": _gzip, ".zst": _zstd}

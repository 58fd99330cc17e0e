"""Edge lists as people have them: names for nodes, a line of headings, quotes, any delimiter.

Lists of numbers alone are for the kernel (`_core.EdgeText`). The first lines tell which kind a file is; a file whose first edge is
two numbers stays one of numbers, so that a stray name in it is an error and no node.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mmlcore.core.files import FileError
from mmlcore.graph._text import text_blocks

_LOOK = 1 << 16  # bytes of a block
_HEADINGS = {
    "source": ("source", "src", "from", "from_node", "fromnodeid", "u"),
    "target": ("target", "dst", "to", "to_node", "tonodeid", "v", "destination"),
    "weight": ("weight", "w", "value", "count"),
}
Columns = tuple[list[Any], list[Any], list[float] | None]


class Layout(NamedTuple):
    """How a list of named edges is written."""

    delimiter: str | None
    headed: bool
    places: tuple[int, int, int | None]


def layout_of(path: Path, suffix: str, delimiter: str | None) -> Layout | None:
    """Tell how a list with names, headings, quotes or an unusual delimiter is written; None for numbers alone, or nothing known."""
    try:
        with path.open("rb", buffering=0) as file:
            first = next((block for block, _, _ in text_blocks(file, suffix, _LOOK)), None)
            head = b"" if first is None else bytes(first)
        lines = [line for line in _text(head, path).splitlines() if _says(line)][:20]
    except (EOFError, ValueError, OSError, zlib.error):
        return None  # said by who reads it
    if not lines or b"\0" in head:
        return None
    found = delimiter or _delimiter(lines)
    rows = [_fields(line, found) for line in lines]
    usual = delimiter is None and '"' not in lines[0] and found in (None, ",", "\t")
    if usual and _is_edge(rows[0]):
        return None
    headed = _headed(rows)
    places = _places(rows[0]) if headed else (0, 1, 2 if len(rows[0]) > 2 else None)
    edge = rows[1] if headed and len(rows) > 1 else rows[0]
    if len(edge) <= max(places[:2]):
        return None
    numbers = [_number(edge[place]) for place in places[:2]]
    if '"' not in "".join(lines) and numbers[0] != numbers[1]:
        return None  # a number beside what is none: more likely a slip, which the kernel tells
    return Layout(found, headed, places)


def named_edges(path: Path, suffix: str, layout: Layout) -> tuple[str, Columns]:
    """Return ("names" or "edges", columns): numbers where all ends are numbers."""
    at, to, heavy = layout.places
    source: list[Any] = []
    target: list[Any] = []
    weight: list[float] = []
    for number, fields in _rows(path, suffix, layout.delimiter, layout.headed):
        if len(fields) <= max(at, to):
            raise _wrong(
                path, number, f"has {len(fields)} column, needed are a source and a target"
            )
        if not (fields[at] and fields[to]):
            raise _wrong(path, number, "a node has no name")
        source.append(fields[at])
        target.append(fields[to])
        if heavy is not None:
            text = fields[heavy] if heavy < len(fields) else "1"
            try:
                weight.append(float(text))
            except ValueError:
                raise _wrong(
                    path, number, f"the weight is {text[:40]!r}, needed a number"
                ) from None
    weights = weight if heavy is not None else None
    try:
        numbers = [int(name) for name in source], [int(name) for name in target]
    except ValueError:
        return "names", (source, target, weights)
    return "edges", (*numbers, weights)


def _rows(
    path: Path, suffix: str, delimiter: str | None, headed: bool
) -> Iterator[tuple[int, list[str]]]:
    number = 0
    with path.open("rb", buffering=0) as file:
        for block, _, _ in text_blocks(file, suffix, 1 << 20):
            if block is None:
                raise _wrong(path, number + 1, "is too long")
            for line in io.StringIO(_text(bytes(block), path)):
                number += 1
                if "\r" in line.rstrip("\r\n"):
                    raise _wrong(path, number, "a carriage return stands within it")
                if not _says(line):
                    continue
                if headed:
                    headed = False
                    continue
                yield number, _fields(line, delimiter)


def _text(block: bytes, path: Path) -> str:
    try:
        return block.decode("utf-8-sig")
    except UnicodeDecodeError:
        msg = f"{path}: not a text file in UTF-8."
        raise FileError(msg) from None


def _says(line: str) -> bool:
    return bool(line.strip()) and line.lstrip()[:1] not in "#%"


def _fields(line: str, delimiter: str | None) -> list[str]:
    line = line.strip("\r\n")
    if delimiter is None and '"' not in line:
        return line.split()
    fields = next(csv.reader([line], delimiter=delimiter or " ", skipinitialspace=True), [])
    return [field.strip() for field in fields if field.strip() or delimiter is not None]


def _delimiter(lines: list[str]) -> str | None:
    """Return what divides every line into as many parts as the first, two at least; None for blanks."""
    for mark in ("\t", ",", ";", "|"):
        widths = {len(_fields(line, mark)) for line in lines}
        if len(widths) == 1 and min(widths) > 1:
            return mark
    return None


def _is_edge(fields: list[str]) -> bool:
    """Tell whether a row holds numbers, as far as the kernel wants to see them."""
    return len(fields) > 1 and all(_number(field) for field in fields[:2])


def _headed(rows: list[list[str]]) -> bool:
    """Tell whether the first row says what the columns are: by its names, or since numbers follow."""
    names = [name.lower() for name in rows[0]]
    known = any(name in _HEADINGS["source"] for name in names) and any(
        name in _HEADINGS["target"] for name in names
    )
    below = len(rows) > 1 and any(
        _number(b) and not _number(a) for a, b in zip(rows[0], rows[1], strict=False)
    )
    return known or below


def _places(names: list[str]) -> tuple[int, int, int | None]:
    low = [name.lower() for name in names]
    at = {
        what: next((low.index(name) for name in known if name in low), None)
        for what, known in _HEADINGS.items()
    }
    if at["source"] is None or at["target"] is None:
        return 0, 1, 2 if len(names) > 2 else None
    return at["source"], at["target"], at["weight"]


def _number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _wrong(path: Path, line: int, what: str) -> FileError:
    return FileError(f"{path}: line {line}: {what}.")

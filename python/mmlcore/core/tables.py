"""Tables of numbers in text: lines of fields, perhaps under a line of names, with gaps and quotes as spreadsheets write them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array
from mmlcore.core.files import FileError

NPY, ZIP = b"\x93NUMPY", b"PK"
_MISSING = frozenset(("na", "n/a", "null", "none", "missing"))


def read_table(file: Path, delimiter: str | None, head: bytes) -> Array:
    if b"\0" in head or head.startswith((NPY, ZIP, b"\x1f\x8b")):
        raise FileError(f"{file}: not a text file, whatever its name says.")
    try:
        start = _first_row(file, delimiter)
        try:
            return _numbers(file, delimiter, start)
        except ValueError:  # perhaps of a gap
            return _numbers(file, delimiter, start, converters=_number)
    except UnicodeDecodeError:
        raise FileError(f"{file}: not a text file in UTF-8.") from None
    except ValueError as error:
        raise FileError(f"{file}: {_bad_line(file, delimiter) or error}") from None


def _numbers(file: Path, delimiter: str | None, start: int, **options: Any) -> Array:
    return np.loadtxt(
        file,
        delimiter=delimiter,
        skiprows=start,
        ndmin=2,
        encoding="utf-8-sig",
        quotechar='"',
        **options,
    )


def _rows(file: Path, delimiter: str | None) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each line that holds something."""
    with file.open(encoding="utf-8-sig") as stream:
        for number, text in enumerate(stream, 1):
            bare = text.partition("#")[0]
            line = bare.rstrip("\r\n") if delimiter == "\t" else bare.strip()
            if line.strip():
                yield number, _fields(line, delimiter)


def _fields(line: str, delimiter: str | None) -> list[str]:
    if '"' not in line or delimiter is None:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [])


def _first_row(file: Path, delimiter: str | None) -> int:
    """How many lines stand before the first row of numbers: comments, and one line of names."""
    rows = _rows(file, delimiter)
    number, fields = next(rows, (0, []))
    if fields and not any(_is_number(field) for field in fields):
        number, fields = next(rows, (0, []))
    if not fields:
        raise FileError(f"{file}: holds no row of numbers.")
    return number - 1


def _bad_line(file: Path, delimiter: str | None) -> str:
    """Say which line of a table is not like the first one."""
    start, width = _first_row(file, delimiter), 0
    for number, fields in _rows(file, delimiter):
        if number <= start:
            continue
        width = width or len(fields)
        if len(fields) != width:
            return f"line {number} has {len(fields)} columns, the lines before have {width}."
        for column, field in enumerate(fields, 1):
            if not field.strip():
                return f"line {number}, column {column} is empty."
            if not _is_number(field):
                return f"line {number}, column {column}: {field.strip()[:40]!r} is not a number."
    return ""


def _is_number(field: str) -> bool:
    """Tell what a row of numbers may hold: a number, perhaps in quotes, or a word for one that is missing."""
    try:
        _number(field)
    except ValueError:
        return False
    return True


def _number(field: str) -> float:
    """Return the number of a field, NaN where it is missing."""
    text = field.strip().strip('"').strip()
    return float("nan") if text.lower() in _MISSING else float(text)

"""Tables with names, of which a command takes some columns: CSV with any delimiter, Parquet, Feather, standard input."""

from __future__ import annotations

import csv
import importlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer

from mmlcore.cli import show
from mmlcore.core.arrays import Array
from mmlcore.core.frames import table_to_array
from mmlcore.io import FileError

_ARROW = (".parquet", ".feather", ".arrow")
_MARKS = ",;\t|"
_MISSING = frozenset(("", "na", "n/a", "null", "none", "missing", "nan"))

CHOSEN = "By name or number from 1, with commas; all columns of numbers by default."
Delimiter = Annotated[
    str | None,
    typer.Option(help="What divides columns of text; found by itself.", show_default=False),
]


class Named(NamedTuple):
    """Columns of numbers by their names; of those of text the names alone."""

    names: list[str]
    values: list[Array]
    text: list[str]
    source: str

    def column(self, wanted: str, option: str) -> Array:
        """Return a column by its name, or its number from 1."""
        if wanted in self.names:
            return self.values[self.names.index(wanted)]
        if wanted in self.text:
            raise typer.BadParameter(f"{option}: column {wanted!r} holds text, needed numbers.")
        if wanted.isdigit() and 1 <= int(wanted) <= len(self.names):
            return self.values[int(wanted) - 1]
        known = ", ".join([*self.names, *self.text])
        raise typer.BadParameter(f"{option}: there is no column {wanted!r}; there are {known}.")

    def matrix(self, wanted: str | None, option: str = "--columns") -> tuple[Array, list[str]]:
        """Return the chosen columns side by side, and their names."""
        names = self.names if wanted is None else [name.strip() for name in wanted.split(",")]
        if wanted is None and self.text:
            print(f"left out, since they hold text: {', '.join(self.text)}", file=sys.stderr)
        columns = [self.column(name, option) for name in names]
        for name, column in zip(names, columns, strict=True):
            if column.dtype.kind == "f" and np.isnan(column).any():
                row = int(np.flatnonzero(np.isnan(column))[0]) + 1
                raise FileError(
                    f"{self.source}: column {name!r} contains NaN or no value, in row {row} of the data."
                )
        if not columns:
            raise typer.BadParameter(f"{option}: there is no column of numbers.")
        shown = [
            self.names[int(n) - 1] if n not in self.names and n.isdigit() else n for n in names
        ]
        return np.column_stack(columns), shown


def load(file: Path, key: str | None = None, delimiter: str | None = None) -> Named:
    """Read a table: `-` is standard input."""
    suffix = file.suffix.lower()
    if suffix in _ARROW:
        return _of_arrow(file, suffix)
    if str(file) == "-":
        return _of_text(sys.stdin.read(), "standard input", delimiter)
    if suffix in (".csv", ".tsv", ".txt") and file.is_file():
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (UnicodeDecodeError, OSError):
            text = ""
        if delimiter or _needs_care(text, suffix):
            return _of_text(text, str(file), delimiter)
    points = np.asarray(show.read(file, key))
    if points.ndim != 2:
        raise FileError(
            f"{file}: shape {points.shape}; needed are rows of points and columns of features."
        )
    names = _names_of(file, points.shape[1]) if suffix in (".csv", ".tsv", ".txt") else None
    names = names or [f"x{j + 1}" for j in range(points.shape[1])]
    return Named(names, list(points.T), [], str(file))


def _needs_care(text: str, suffix: str) -> bool:
    """Tell text whose first rows of data hold words, or divide their columns by something else than the name says."""
    lines = [line for line in text[:65536].splitlines() if line.strip() and line[0] != "#"][1:20]
    for line in lines:
        for field in line.replace(";", ",").replace("\t", ",").replace("|", ",").split(","):
            parts = field.strip().strip('"').split()
            if any(not _is_number(part) and part.lower() not in _MISSING for part in parts):
                return True
        if ";" in line or "|" in line or ("\t" in line and suffix == ".csv"):
            return True
    return False


def _names_of(file: Path, width: int) -> list[str] | None:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        line = next((text for text in stream if text.strip() and text[0] != "#"), "")
    fields = _row(line, _mark([line]))
    if len(fields) != width or all(_is_number(field) for field in fields):
        return None
    return fields


def _of_text(text: str, name: str, delimiter: str | None) -> Named:
    lines = [
        (number, line)
        for number, line in _lines(text.lstrip("\ufeff"))
        if line.strip() and line[0] != "#"
    ]
    if not lines:
        raise FileError(f"{name}: holds no row of numbers.")
    mark = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter) or _mark(
        [line for _, line in lines[:20]]
    )
    rows = [(number, _row(line, mark)) for number, line in lines]
    first = rows[0][1]
    headed = not any(_is_number(field) for field in first)
    names = first if headed else [f"x{j + 1}" for j in range(len(first))]
    rows = rows[1:] if headed else rows
    for number, fields in rows:
        if len(fields) != len(names):
            raise FileError(
                f"{name}: line {number} has {len(fields)} columns, the lines before have {len(names)}."
            )
    found = Named([], [], [], name)
    for j, label in enumerate(names):
        column = [fields[j] for _, fields in rows]
        bad = [i for i, f in enumerate(column) if not _is_number(f) and f.lower() not in _MISSING]
        if bad and 2 * len(bad) > len(column):
            found.text.append(label)
            continue
        if bad:
            line, word = rows[bad[0]][0], column[bad[0]][:40]
            raise FileError(f"{name}: line {line}, column {j + 1}: {word!r} is not a number.")
        values = [np.nan if f.lower() in _MISSING else float(f) for f in column]
        found.names.append(label)
        found.values.append(np.array(values))
    if not rows:
        raise FileError(f"{name}: holds no row of numbers.")
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Give lines with their numbers; a field in quotes may go on in the next ones."""
    lines = io.StringIO(text, newline=None).read().split("\n")
    at = 0
    while at < len(lines):
        first, line = at, lines[at]
        if _is_open(line):
            ends = (i for i in range(at + 1, len(lines)) if lines[i].count('"') % 2)
            at = next(ends, at)
            line = " ".join(part.strip() for part in lines[first : at + 1])
        yield first + 1, line
        at += 1


def _is_open(line: str) -> bool:
    """Tell whether a line ends within a field in quotes, which opened where a field begins."""
    if line.count('"') % 2 == 0:
        return False
    quoted, begins = False, True
    for character in line:
        if character == '"' and (quoted or begins):
            quoted = not quoted
            begins = not quoted  # a doubled one opens again
        else:
            begins = character in _MARKS or (begins and character == " ")
    return quoted


def _of_arrow(file: Path, suffix: str) -> Named:
    try:
        module = importlib.import_module(
            "pyarrow.parquet" if suffix == ".parquet" else "pyarrow.feather"
        )
    except ImportError:
        raise FileError(f"{file}: reading {suffix} needs pyarrow: pip install pyarrow.") from None
    if not file.exists():
        raise FileError(f"{file}: no such file or folder.")
    try:
        table = module.read_table(str(file))
    except (OSError, ValueError, RuntimeError) as error:
        raise FileError(f"{file}: {str(error).splitlines()[0]}") from None
    found = Named([], [], [], str(file))
    for label, column in zip(table.column_names, table.columns, strict=True):
        try:
            values = np.asarray(table_to_array(column, "values"), dtype=np.float64)
        except TypeError:
            found.text.append(label)
            continue
        except ValueError as error:
            raise FileError(f"{file}: column {label!r} {str(error).partition(': ')[2]}") from None
        found.names.append(label)
        found.values.append(values)
    return found


def _row(line: str, mark: str | None) -> list[str]:
    if mark is None:
        return line.split()
    fields = next(csv.reader(io.StringIO(line), delimiter=mark, skipinitialspace=True), [])
    return [field.strip() for field in fields]


def _mark(lines: list[str]) -> str | None:
    """Return what divides most lines into as many columns as the first; None for blanks."""
    for mark in _MARKS:
        widths = [len(_row(line, mark)) for line in lines]
        if widths and widths[0] > 1 and 2 * widths.count(widths[0]) > len(widths):
            return mark
    blanks = {len(line.split()) for line in lines}
    return None if max(blanks) > 1 else ","


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True

"""What results of computations have in common: a summary in text and HTML, a dictionary, a data frame, a picture."""

from __future__ import annotations

import dataclasses
import html
import importlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Report(NamedTuple):
    """What a summary says: a title, facts, and a table."""

    title: str
    facts: Sequence[tuple[str, Any]]
    header: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()


class Reported:
    """A result that can be read, printed, and put into a data frame; a subclass says what is reported."""

    def _report(self) -> Report:
        raise NotImplementedError

    def summary(self) -> str:
        """Return the result as a text: what was found, how it ended, and a table."""
        report = self._report()
        wide = max((len(name) for name, _ in report.facts), default=0)
        lines = [report.title, *(f"  {name:<{wide}}  {shown(v)}" for name, v in report.facts)]
        if report.rows:
            cells = [list(report.header), *([shown(cell) for cell in row] for row in report.rows)]
            widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
            lines.append("")
            lines += ["  ".join(_aligned(row, widths)) for row in cells]
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        """Return the summary as a table for notebooks."""
        report = self._report()
        parts = [f"<table><caption>{html.escape(report.title)}</caption>"]
        if report.rows:
            head = "".join(f"<th>{html.escape(cell)}</th>" for cell in report.header)
            parts.append(f"<thead><tr>{head}</tr></thead><tbody>")
            for row in report.rows:
                cells = "".join(f"<td>{html.escape(shown(cell))}</td>" for cell in row)
                parts.append(f"<tr>{cells}</tr>")
            parts.append("</tbody>")
        wide = max(1, len(report.header) - 1)
        parts.append("<tfoot>")
        for name, value in report.facts:
            fact = html.escape(shown(value))
            parts.append(f'<tr><th>{html.escape(name)}</th><td colspan="{wide}">{fact}</td></tr>')
        return "".join([*parts, "</tfoot></table>"])

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by their names."""
        if isinstance(self, tuple):
            return dict(self._asdict())  # type: ignore[attr-defined]
        names = [f.name for f in dataclasses.fields(self) if not f.name.startswith("_")]  # type: ignore[arg-type]
        return {name: getattr(self, name) for name in names}

    def to_frame(self, library: str | None = None) -> Any:
        """Return the table of the summary as a data frame of 'pandas' or 'polars', of the one that is installed by default."""
        report = self._report()
        if not report.rows:
            msg = f"{type(self).__name__}: there is no table to make a data frame of; to_dict() has the fields."
            raise ValueError(msg)
        columns = {name: [row[i] for row in report.rows] for i, name in enumerate(report.header)}
        return _module(library).DataFrame(columns)


def _module(library: str | None) -> Any:
    if library not in (None, "pandas", "polars"):
        msg = f"library: got {library!r}, needed 'pandas' or 'polars'."
        raise ValueError(msg)
    for name in ("pandas", "polars") if library is None else (library,):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    msg = f"to_frame: needs {library or 'pandas or polars'}, which is not installed."
    raise ImportError(msg)


def _aligned(row: list[str], widths: list[int]) -> list[str]:
    first, *rest = row
    return [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))]


def shown(value: Any) -> str:
    """Return a value as a summary shows it: numbers with six digits."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=6, threshold=8, separator=", ")
    return str(value)


def pictures() -> Any:
    """Return `mmlcore.plot`, which needs matplotlib and is imported where a picture is asked for."""
    return importlib.import_module("mmlcore.plot")

"""`mmlcore solve A b`: a system of linear equations whose matrices are in files, or side by side in one table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import mmlcore as mml
from mmlcore.cli import columns, show
from mmlcore.core.arrays import Array
from mmlcore.io import FileError, check_output, say_of, write_arrays

_SHOWN = 20  # numbers of a solution that are printed

Matrix = Annotated[
    Path,
    typer.Argument(
        help="Square matrix: .npy, .npz, .csv, .tsv, .txt, or a table with columns by name, - for standard input.",
        metavar="A",
    ),
]
Right = Annotated[
    Path | None,
    typer.Argument(
        help="Right side: a column, or several; without it, columns of the table of A.",
        metavar="b",
    ),
]
Chosen = Annotated[
    str | None,
    typer.Option(
        "--columns",
        help="Columns of A, by name or number from 1, with commas; all but the right side by default.",
        show_default=False,
    ),
]
Side = Annotated[
    str | None,
    typer.Option(
        "--right",
        help="Columns of the right side, of b's file or of A's; the last one of A's by default.",
        show_default=False,
    ),
]


def command(
    a: Matrix,
    b: Right = None,
    chosen: Chosen = None,
    right: Side = None,
    delimiter: columns.Delimiter = None,
    output: show.Output = None,
    json: show.Json = False,
) -> None:
    """Solve A x = b, and say how far the solution can be trusted."""
    if output:
        check_output(output)
    with show.working(f"reading {a}"):
        matrix, rows, names = _system(a, b, chosen, right, delimiter)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        of_names = "" if names is None else f", as many rows as columns; A's are {', '.join(names)}"
        raise FileError(f"{a}: shape {matrix.shape}; needed is a square matrix{of_names}.")
    if rows.ndim != 2 or len(rows) != len(matrix):
        raise FileError(f"{b}: shape {rows.shape}; needed are {len(matrix)} rows, as A has.")
    with show.working(f"solving {len(matrix):,} equations"):
        try:
            x = mml.solve(matrix, rows)
            condition = float(mml.condition(matrix))
        except (ValueError, TypeError) as error:
            told = b if b is not None and str(error).startswith("b: ") else a
            raise FileError(say_of(told, error)) from error
    scale = np.abs(matrix) @ np.abs(x) + np.abs(rows)
    residual = np.abs(matrix @ x - rows)
    backward = float((residual / np.where(scale > 0, scale, 1)).max(initial=0))
    facts = {
        "A": str(a),
        "b": str(a if b is None else b),
        "unknowns": len(matrix),
        "columns": names or [str(i) for i in range(len(matrix))],
        "condition": condition,
        "backward_error": backward,
        "digits": max(0, int(-np.log10(max(condition * 1.1e-16, 1e-16)))),
        "x": x.T.tolist() if x.shape[1] > 1 else x[:, 0].tolist(),
    }
    if output:
        write_arrays(output, {"x": x if x.shape[1] > 1 else x[:, 0]})
    if json:
        show.print_json(facts)
        return
    _print(facts, x)
    if output:
        print(f"written to {output}")


def _system(
    a: Path, b: Path | None, chosen: str | None, right: str | None, delimiter: str | None
) -> tuple[Array, Array, list[str] | None]:
    """Return A, the right sides as columns, and the names of the unknowns where A's columns have some."""
    by_name = chosen is not None or delimiter is not None or str(a) == "-" or b is None
    names: list[str] | None = None
    if b is not None:
        text = b.suffix.lower() in (".csv", ".tsv", ".txt")
        if right is not None or (text and delimiter is not None):
            rows, _ = columns.load(b, None, delimiter).matrix(right, "--right")
        else:
            rows = np.asarray(show.read(b))
            if rows.ndim:
                rows = rows[:, None] if rows.ndim == 1 else rows.T if len(rows) == 1 else rows
        if not by_name:
            return np.asarray(show.read(a)), rows, None
        matrix, names = columns.load(a, None, delimiter).matrix(chosen)
        return matrix, rows, names
    table = columns.load(a, None, delimiter)
    if len(table.names) < 2:
        raise FileError(f"{a}: holds no two columns of numbers; needed are those of A and b.")
    rows, sides = table.matrix(table.names[-1] if right is None else right, "--right")
    if chosen is None:
        chosen = ",".join(str(j + 1) for j, name in enumerate(table.names) if name not in sides)
    matrix, names = table.matrix(chosen)
    twice = [name for name in names if name in sides]
    if twice:
        raise typer.BadParameter(f"--columns: {twice[0]!r} is a column of the right side.")
    return matrix, rows, names


def _print(facts: dict[str, Any], x: Array) -> None:
    screen = show.console()
    header = ["unknown", *(["x"] if x.shape[1] == 1 else [f"x{j}" for j in range(x.shape[1])])]
    rows = [
        [name, *(f"{value:.10g}" for value in row)]
        for name, row in zip(facts["columns"], x[:_SHOWN], strict=False)
    ]
    screen.print(show.table(header, rows))
    if len(x) > _SHOWN:
        screen.print(f"and {len(x) - _SHOWN:,} more: write them with --output")
    screen.print(
        f"{facts['unknowns']} unknowns, condition {facts['condition']:.3g}: some {facts['digits']} "
        f"digits can be trusted. Backward error {facts['backward_error']:.1g}."
    )

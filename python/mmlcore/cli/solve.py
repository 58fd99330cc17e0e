"""`mmlcore solve A b`: a system of linear equations whose matrices are in files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

import mmlcore as mml
from mmlcore.cli import show
from mmlcore.core.arrays import Array
from mmlcore.io import FileError, check_output, say_of, write_arrays

_SHOWN = 20  # numbers of a solution that are printed

Matrix = Annotated[
    Path, typer.Argument(help="Square matrix: .npy, .npz, .csv, .tsv or .txt.", metavar="A")
]
Right = Annotated[Path, typer.Argument(help="Right side: a column, or several.", metavar="b")]


def command(a: Matrix, b: Right, output: show.Output = None, json: show.Json = False) -> None:
    """Solve A x = b, and say how far the solution can be trusted."""
    if output:
        check_output(output)
    matrix, right = np.asarray(show.read(a)), np.asarray(show.read(b))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise FileError(f"{a}: shape {matrix.shape}; needed is a square matrix.")
    rows = right[:, None] if right.ndim == 1 else right.T if len(right) == 1 else right
    if rows.ndim != 2 or len(rows) != len(matrix):
        raise FileError(f"{b}: shape {right.shape}; needed are {len(matrix)} rows, as A has.")
    try:
        x = mml.solve(matrix, rows)
        condition = float(mml.condition(matrix))
    except (ValueError, TypeError) as error:
        raise FileError(say_of(a, error)) from error
    scale = np.abs(matrix) @ np.abs(x) + np.abs(rows)
    residual = np.abs(matrix @ x - rows)
    backward = float((residual / np.where(scale > 0, scale, 1)).max(initial=0))
    facts = {
        "A": str(a),
        "b": str(b),
        "unknowns": len(matrix),
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


def _print(facts: dict[str, object], x: Array) -> None:
    screen = show.console()
    header = ["unknown", *(["x"] if x.shape[1] == 1 else [f"x{j}" for j in range(x.shape[1])])]
    rows = [[str(i), *(f"{value:.10g}" for value in row)] for i, row in enumerate(x[:_SHOWN])]
    screen.print(show.table(header, rows))
    if len(x) > _SHOWN:
        screen.print(f"and {len(x) - _SHOWN:,} more: write them with --output")
    screen.print(
        f"{facts['unknowns']} unknowns, condition {facts['condition']:.3g}: some {facts['digits']} "
        f"digits can be trusted. Backward error {facts['backward_error']:.1g}."
    )

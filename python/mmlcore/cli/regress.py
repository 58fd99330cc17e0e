"""`mmlcore regress FILE --y price`: a linear regression with standard errors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import mmlcore as mml
from mmlcore.cli import columns, show
from mmlcore.io import FileError, check_output, write_arrays

File = Annotated[
    Path, typer.Argument(help="Rows are points: .csv, .tsv, .txt, .npy, .npz, .parquet, or -.")
]
Target = Annotated[
    str | None,
    typer.Option(
        "--y", help="The column that is predicted, by name or number; the last by default."
    ),
]
Features = Annotated[
    str | None,
    typer.Option("--x", help="Columns it is predicted from, with commas; all others by default."),
]
Sigma = Annotated[
    str | None, typer.Option("--sigma", help="Column of the standard deviations of y.")
]
Bare = Annotated[bool, typer.Option("--no-intercept", help="Without a constant.")]
Key = Annotated[str | None, typer.Option(help="Which array of an .npz file.", show_default=False)]


def command(
    file: File,
    y: Target = None,
    x: Features = None,
    sigma: Sigma = None,
    no_intercept: Bare = False,
    delimiter: columns.Delimiter = None,
    key: Key = None,
    output: show.Output = None,
    json: show.Json = False,
) -> None:
    """Fit y = b x + constant, with standard errors and p values."""
    if output:
        check_output(output)
    with show.working(f"reading {file}") as stage:
        table = columns.load(file, key, delimiter)
        if len(table.names) < 2:
            raise FileError(f"{file}: needed are two columns of numbers, there are {table.names}.")
        target = table.names[-1] if y is None else y
        values = table.column(target, "--y")
        deviations = None if sigma is None else table.column(sigma, "--sigma")
        left = [name for name in table.names if name not in (target, sigma)]
        points, names = table.matrix(",".join(left) if x is None else x, "--x")
        stage(f"regression of {len(points):,} points")
        try:
            fit = mml.linear_regression(
                points, values, sigma=deviations, intercept=not no_intercept
            )
        except (ValueError, TypeError, RuntimeError) as error:
            raise show.explained(file, error) from error
    labels = names if no_intercept else [*names, "constant"]
    numbers = [*fit.coefficients.tolist(), *([] if no_intercept else [fit.intercept])]
    errors, p_values = np.asarray(fit.standard_errors), np.asarray(fit.p_values)
    if output:
        results = {"name": np.array(labels), "value": np.array(numbers)}
        results |= {"standard_error": errors, "p_value": p_values}
        if output.suffix.lower() == ".npy":
            results.pop("name")
        write_arrays(output, results)
    facts = {
        "file": str(file),
        "points": len(values),
        "y": target,
        "coefficients": dict(zip(labels, numbers, strict=True)),
        "standard_errors": dict(zip(labels, errors.tolist(), strict=True)),
        "p_values": dict(zip(labels, p_values.tolist(), strict=True)),
        "r2": float(fit.r2),
        "chi2": float(fit.chi2),
        "dof": int(fit.dof),
    }
    if json:
        show.print_json(facts)
        return
    _print(facts)
    if output:
        print(f"written to {output}")


def _print(facts: dict[str, Any]) -> None:
    screen = show.console()
    screen.print(f"{facts['y']}, {facts['points']:,} points, r2 {facts['r2']:.6g}")
    rows = [
        [
            name,
            f"{value:.8g}",
            f"{facts['standard_errors'][name]:.2g}",
            f"{facts['p_values'][name]:.2g}",
        ]
        for name, value in facts["coefficients"].items()
    ]
    screen.print(show.table(["column", "value", "standard error", "p value"], rows))

"""`mmlcore fit FILE --model gaussian`: a ready model fitted to columns of a table."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import mmlcore as mml
from mmlcore.cli import columns, show
from mmlcore.core.arrays import Array
from mmlcore.io import FileError, check_output, check_writable, replacing, write_arrays
from mmlcore.optimize import models

NAMES = [name for name in models.__all__ if isinstance(getattr(models, name), models.CurveModel)]

File = Annotated[
    Path,
    typer.Argument(
        help="Columns x, y and perhaps sigma: .csv, .tsv, .txt, .npy, .npz, .parquet, or -."
    ),
]
Name = Annotated[
    str, typer.Option("--model", "-m", help=f"{', '.join(NAMES)}, or polynomial:DEGREE.")
]
Start = Annotated[
    str | None,
    typer.Option(
        help="Start: numbers with commas; guessed from the data if omitted.", show_default=False
    ),
]
Loss = Annotated[str, typer.Option(help="linear, soft_l1, huber, cauchy or arctan.")]
Key = Annotated[str | None, typer.Option(help="Which array of an .npz file.", show_default=False)]
Plot = Annotated[
    Path | None,
    typer.Option(help="Draw data, fit and residuals into this file.", show_default=False),
]


def command(
    file: File,
    model: Name,
    p0: Start = None,
    loss: Loss = "linear",
    x: Annotated[str | None, typer.Option("--x", help="Column of x, by name or number.")] = None,
    y: Annotated[str | None, typer.Option("--y", help="Column of y.")] = None,
    sigma: Annotated[
        str | None, typer.Option("--sigma", help="Column of standard deviations of y.")
    ] = None,
    delimiter: columns.Delimiter = None,
    key: Key = None,
    plot: Plot = None,
    output: show.Output = None,
    json: show.Json = False,
) -> None:
    """Fit a curve to data, with standard errors of its parameters."""
    if output:
        check_output(output)
    if plot:
        check_writable(plot)
    curve = _model(model)
    with show.working(f"reading {file}"):
        x_values, y_values, deviations = _columns(
            columns.load(file, key, delimiter), file, x, y, sigma
        )
    try:
        start = None if p0 is None else [float(part) for part in p0.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--p0: got {p0!r}, needed numbers with commas.") from None
    with show.working(f"fitting {y_values.size:,} points"):
        try:
            found = mml.curve_fit(
                curve, x_values, y_values, start, deviations, deviations is not None, loss=loss
            )
        except (ValueError, TypeError, RuntimeError) as error:
            raise show.explained(file, error) from error
    if output:
        write_arrays(output, _results(found, curve.names, output))
    if plot:
        _draw(plot, curve, x_values, y_values, deviations, found)
    facts = {
        "file": str(file),
        "model": repr(curve),
        "points": y_values.size,
        "parameters": dict(zip(curve.names, found.parameters.tolist(), strict=True)),
        "standard_errors": dict(zip(curve.names, found.standard_errors.tolist(), strict=True)),
        "chi2": found.chi2,
        "dof": found.dof,
        "status": found.status,
        "message": found.message,
    }
    if json:
        show.print_json(facts)
        return
    _print(facts)
    for written in (output, plot):
        if written:
            print(f"written to {written}")


def _model(name: str) -> models.CurveModel:
    kind, _, degree = name.partition(":")
    if kind == "polynomial" and degree.isdigit():
        return models.polynomial(int(degree))
    if kind not in NAMES or degree:
        raise typer.BadParameter(
            f"--model: got {name!r}, needed {', '.join(NAMES)} or polynomial:DEGREE."
        )
    return getattr(models, kind)  # type: ignore[no-any-return]


def _columns(
    table: columns.Named, file: Path, x: str | None, y: str | None, sigma: str | None
) -> tuple[Array, Array, Array | None]:
    """Return x, y and sigma: by their names, or the two or three columns that there are."""
    if x is None and y is None and sigma is None:
        if len(table.names) not in (2, 3):
            raise FileError(
                f"{file}: {len(table.names)} columns of numbers ({', '.join(table.names[:8])}); needed are columns x, y and "
                "perhaps sigma, or their names: --x, --y, --sigma."
            )
        chosen: list[str | None] = [*table.names, None][:3]
    elif x is None or y is None:
        raise typer.BadParameter("--x, --y: needed are both, by name or number.")
    else:
        chosen = [x, y, sigma]
    found = [
        None if name is None else np.ascontiguousarray(table.column(name, option), np.float64)
        for name, option in zip(chosen, ("--x", "--y", "--sigma"), strict=True)
    ]
    return found[0], found[1], found[2]  # type: ignore[return-value]


def _results(found: mml.CurveFit, names: tuple[str, ...], output: Path) -> dict[str, Any]:
    """Return what is written: the parameters first, which a .npy or .csv file holds."""
    named = {} if output.suffix.lower() == ".npy" else {"name": np.array(names)}
    if output.suffix.lower() == ".npz":
        named = {}
    return {
        **named,
        "parameters": found.parameters,
        "standard_errors": found.standard_errors,
        "covariance": found.covariance,
        "residual": found.residual,
    }


def _draw(path: Path, curve: Any, x: Any, y: Any, sigma: Any, found: mml.CurveFit) -> None:
    try:
        from mmlcore.plot import fit as draw  # noqa: PLC0415  (matplotlib is optional)

        top, _ = draw(curve, x, y, found, sigma=sigma)
    except ImportError:
        raise typer.BadParameter("--plot needs matplotlib: pip install 'mmlcore[plot]'.") from None
    # Into memory first: a picture that is there already goes when the new one is complete.
    picture = io.BytesIO()
    try:
        top.figure.savefig(picture, format=path.suffix[1:].lower() or "png")
    except ValueError as error:
        raise typer.BadParameter(f"--plot: {error}") from None
    with replacing(path) as stream:
        stream.write(picture.getvalue())


def _print(facts: dict[str, Any]) -> None:
    screen = show.console()
    screen.print(f"{facts['model']}, {facts['points']:,} points")
    rows = [
        [name, f"{value:.8g}", f"{facts['standard_errors'][name]:.2g}"]
        for name, value in facts["parameters"].items()
    ]
    screen.print(show.table(["parameter", "value", "standard error"], rows))
    screen.print(
        f"chi2 {facts['chi2']:.6g} with {facts['dof']} degrees of freedom. {facts['message']}"
    )

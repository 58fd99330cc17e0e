"""`mmlcore fit FILE --model gaussian`: a ready model fitted to columns of a table."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import mmlcore as mml
from mmlcore.cli import show
from mmlcore.io import FileError, check_output, check_writable, replacing, write_arrays
from mmlcore.optimize import models

NAMES = [name for name in models.__all__ if isinstance(getattr(models, name), models.CurveModel)]

File = Annotated[
    Path, typer.Argument(help="Columns x, y and perhaps sigma: .npy, .npz, .csv, .tsv or .txt.")
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
    table = show.read(file, key)
    if table.ndim != 2 or table.shape[1] not in (2, 3):
        raise FileError(f"{file}: shape {table.shape}; needed are columns x, y and perhaps sigma.")
    x, y, *rest = (np.ascontiguousarray(column, np.float64) for column in table.T)
    sigma = rest[0] if rest else None
    try:
        start = None if p0 is None else [float(part) for part in p0.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--p0: got {p0!r}, needed numbers with commas.") from None
    try:
        found = mml.curve_fit(curve, x, y, start, sigma, sigma is not None, loss=loss)
    except (ValueError, TypeError, RuntimeError) as error:
        raise show.explained(file, error) from error
    if output:
        write_arrays(output, _results(found))
    if plot:
        _draw(plot, curve, x, y, sigma, found)
    facts = {
        "file": str(file),
        "model": repr(curve),
        "points": y.size,
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


def _results(found: mml.CurveFit) -> dict[str, Any]:
    """Return what is written: the parameters first, which a .npy or .csv file holds."""
    return {
        "parameters": found.parameters,
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

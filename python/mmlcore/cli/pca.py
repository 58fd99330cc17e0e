"""`mmlcore pca FILE`: the principal components of a table of numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import mmlcore as mml
from mmlcore.cli import columns, show
from mmlcore.io import FileError, check_output, write_arrays

File = Annotated[
    Path,
    typer.Argument(
        help="Rows are points: .npy, .npz, .csv, .tsv, .txt, .parquet, .feather, or - for standard input."
    ),
]
Components = Annotated[
    str | None,
    typer.Option(
        "--n-components",
        "-n",
        help="How many, or a share of the variance below 1 (0.95); all by default.",
        show_default=False,
    ),
]
Scale = Annotated[
    bool, typer.Option("--standardize", help="Bring each column to variance 1 first.")
]
Whiten = Annotated[bool, typer.Option("--whiten", help="Scale the scores to unit variance.")]
Key = Annotated[str | None, typer.Option(help="Which array of an .npz file.", show_default=False)]


def command(
    file: File,
    n_components: Components = None,
    whiten: Whiten = False,
    chosen: Annotated[str | None, typer.Option("--columns", help=columns.CHOSEN)] = None,
    standardize: Scale = False,
    delimiter: columns.Delimiter = None,
    key: Key = None,
    output: show.Output = None,
    json: show.Json = False,
) -> None:
    """Find the directions of largest variance, and write the points in them (scores)."""
    if output:
        check_output(output)
    with show.working(f"reading {file}") as stage:
        points, names = columns.load(file, key, delimiter).matrix(chosen)
        if 0 in points.shape:
            raise FileError(
                f"{file}: shape {points.shape}; needed are rows of points and columns of features."
            )
        stage(f"components of {len(points):,} points")
        wanted = _count(n_components, points.shape)
        try:
            if standardize:
                points = mml.standardize(points)
            model = mml.PCA(n_components=wanted, whiten=whiten)
            scores = model.fit_transform(points)
        except (ValueError, TypeError) as error:
            raise show.explained(file, error) from error
        if output:
            stage(f"writing {output}")
            write_arrays(output, _results(model, scores, names))
    facts = {
        "file": str(file),
        "points": points.shape[0],
        "features": points.shape[1],
        "columns": names,
        "n_components": len(model.components_),
        "explained_variance": model.explained_variance_,
        "explained_variance_ratio": model.explained_variance_ratio_,
        "singular_values": model.singular_values_,
        "components": model.components_,
    }
    if json:
        show.print_json(facts)
        return
    _print(facts)
    if output:
        print(f"written to {output}")


def _count(given: str | None, shape: tuple[int, ...]) -> float | None:
    """Return how many components, or which share of the variance."""
    if given is None:
        return None
    most = min(shape)
    try:
        number = float(given)
    except ValueError:
        number = -1.0
    if 0 < number < 1:
        return number
    if number != int(number) or number < 1:
        raise typer.BadParameter(
            f"--n-components: got {given!r}, needed a number of at least 1, or a share of the variance below 1."
        )
    if number > most:
        raise typer.BadParameter(
            f"--n-components: got {given}; {shape[0]:,} points of {shape[1]:,} features have {most}."
        )
    return int(number)


def _results(model: Any, scores: Any, names: list[str]) -> dict[str, Any]:
    """Return what is written: the scores first, which a .npy or .csv file holds."""
    return {
        "scores": scores,
        "components": model.components_,
        "features": np.array(names),
        "mean": model.mean_,
        "explained_variance": model.explained_variance_,
        "explained_variance_ratio": model.explained_variance_ratio_,
        "singular_values": model.singular_values_,
    }


def _print(facts: dict[str, Any], most: int = 20) -> None:
    screen = show.console()
    share = np.asarray(facts["explained_variance_ratio"], dtype=np.float64)
    total = np.cumsum(share)
    screen.print(
        f"{facts['points']:,} points of {facts['features']:,} features: {len(share)} components "
        f"hold {100 * total[-1]:.2f} % of the variance"
    )
    rows = [
        [
            str(i + 1),
            f"{facts['explained_variance'][i]:.6g}",
            f"{100 * share[i]:.2f} %",
            f"{100 * total[i]:.2f} %",
            show.bar(total[i]),
        ]
        for i in range(min(most, len(share)))
    ]
    made = show.table(["component", "variance", "share", "together", ""], rows)
    made.columns[0].justify, made.columns[4].justify = "right", "left"
    screen.print(made)
    _print_loadings(screen, facts)
    if len(share) > most:
        screen.print(f"... and {len(share) - most} more (--json lists all)")


def _print_loadings(screen: Any, facts: dict[str, Any], most: int = 6, features: int = 12) -> None:
    """Print the first components, by their features, where these are few enough to read."""
    names = facts["columns"]
    if len(names) > features:
        return
    shown = facts["components"][:most]
    header = ["loadings", *(f"{i + 1}" for i in range(len(shown)))]
    rows = [[name, *(f"{value:.4f}" for value in shown[:, j])] for j, name in enumerate(names)]
    screen.print(show.table(header, rows))

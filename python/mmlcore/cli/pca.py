"""`mmlcore pca FILE`: the principal components of a table of numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import mmlcore as mml
from mmlcore.cli import show
from mmlcore.io import FileError, check_output, write_arrays

File = Annotated[Path, typer.Argument(help="Rows are points: .npy, .npz, .csv, .tsv or .txt.")]
Components = Annotated[
    int | None,
    typer.Option(
        "--n-components", "-n", min=1, help="How many; all by default.", show_default=False
    ),
]
Whiten = Annotated[bool, typer.Option("--whiten", help="Scale the scores to unit variance.")]
Key = Annotated[str | None, typer.Option(help="Which array of an .npz file.", show_default=False)]


def command(
    file: File,
    n_components: Components = None,
    whiten: Whiten = False,
    key: Key = None,
    output: show.Output = None,
    json: show.Json = False,
) -> None:
    """Find the directions of largest variance, and write the points in them (scores)."""
    if output:
        check_output(output)
    points = show.read(file, key)
    if points.ndim != 2 or 0 in points.shape:
        raise FileError(
            f"{file}: shape {points.shape}; needed are rows of points and columns of features."
        )
    most = min(points.shape)
    if n_components is not None and n_components > most:
        raise typer.BadParameter(
            f"--n-components: got {n_components}; {points.shape[0]:,} points of {points.shape[1]:,} features have {most}."
        )
    try:
        model = mml.PCA(n_components=n_components, whiten=whiten)
        scores = model.fit_transform(points)
    except (ValueError, TypeError) as error:
        raise show.explained(file, error) from error
    if output:
        write_arrays(output, _results(model, scores))
    facts = {
        "file": str(file),
        "points": points.shape[0],
        "features": points.shape[1],
        "n_components": len(model.components_),
        "explained_variance": model.explained_variance_,
        "explained_variance_ratio": model.explained_variance_ratio_,
        "singular_values": model.singular_values_,
    }
    if json:
        show.print_json(facts)
        return
    _print(facts)
    if output:
        print(f"written to {output}")


def _results(model: Any, scores: Any) -> dict[str, Any]:
    """Return what is written: the scores first, which a .npy or .csv file holds."""
    return {
        "scores": scores,
        "components": model.components_,
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
    if len(share) > most:
        screen.print(f"... and {len(share) - most} more (--json lists all)")

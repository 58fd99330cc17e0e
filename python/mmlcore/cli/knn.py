"""`mmlcore knn FILE`: the nearest rows of each row of a table, or of those of another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import mmlcore as mml
from mmlcore.cli import columns, show
from mmlcore.io import check_output, write_arrays

_SHOWN = 10

File = Annotated[
    Path, typer.Argument(help="Rows are points: .csv, .tsv, .txt, .npy, .npz, .parquet, or -.")
]
Queries = Annotated[
    Path | None,
    typer.Option(help="Rows whose neighbours are wanted; those of FILE itself by default."),
]
Count = Annotated[int, typer.Option("--neighbors", "-k", min=1, help="How many for each row.")]
Scale = Annotated[
    bool, typer.Option("--standardize", help="Bring the columns of FILE to variance 1 first.")
]
Key = Annotated[str | None, typer.Option(help="Which array of an .npz file.", show_default=False)]


def command(
    file: File,
    queries: Queries = None,
    neighbors: Count = 5,
    chosen: Annotated[str | None, typer.Option("--columns", help=columns.CHOSEN)] = None,
    standardize: Scale = False,
    delimiter: columns.Delimiter = None,
    key: Key = None,
    output: show.Output = None,
    json: show.Json = False,
) -> None:
    """Find the nearest rows of each row."""
    if output:
        check_output(output)
    with show.working(f"reading {file}") as stage:
        points, names = columns.load(file, key, delimiter).matrix(chosen)
        asked = None
        if queries is not None:
            asked, _ = columns.load(queries, key, delimiter).matrix(",".join(names))
        stage(f"neighbors among {len(points):,} points")
        try:
            if standardize:
                deviation = np.sqrt(mml.variance(points))
                deviation[deviation == 0] = 1
                points = points / deviation
                asked = None if asked is None else asked / deviation
            index = mml.NeighborIndex(points)
            near = index.query_self(neighbors) if asked is None else index.query(asked, neighbors)
        except (ValueError, TypeError) as error:
            raise show.explained(file, error) from error
        if output:
            stage(f"writing {output}")
            write_arrays(output, {"index": near.indices, "distance": near.distances})
    facts = {
        "file": str(file),
        "points": len(points),
        "columns": names,
        "queries": len(near.indices),
        "neighbors": neighbors,
        "route": index.route,
    }
    if json:
        show.print_json({**facts, "indices": near.indices, "distances": near.distances})
        return
    _print(facts, near)
    if output:
        print(f"written to {output}")


def _print(facts: dict[str, Any], near: mml.Neighbors) -> None:
    screen = show.console()
    screen.print(
        f"{facts['points']:,} points of {len(facts['columns'])} columns, {facts['queries']:,} queries, by {facts['route']}"
    )
    rows = [
        [str(row), " ".join(map(str, at)), " ".join(f"{d:.4g}" for d in distances)]
        for row, (distances, at) in enumerate(
            zip(near.distances[:_SHOWN].tolist(), near.indices[:_SHOWN].tolist(), strict=True)
        )
    ]
    screen.print(show.table(["row", "nearest rows", "distances"], rows, left=3))
    if facts["queries"] > _SHOWN:
        screen.print(f"and {facts['queries'] - _SHOWN:,} more: write them with --output")

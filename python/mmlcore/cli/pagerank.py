"""`mmlcore pagerank FILE`: ranks the nodes of a graph."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import mmlcore as mml
from mmlcore.cli import columns, show
from mmlcore.core.arrays import Array
from mmlcore.io import FileError, check_output, say_of, write_arrays

File = Annotated[
    Path,
    typer.Argument(
        help="Edge list (source target [weight] on a line), .gz, .mtx, .npz ..., or - for standard input."
    ),
]
Damping = Annotated[float, typer.Option(min=0.0, max=1.0, help="Probability of following a link.")]
Tol = Annotated[float, typer.Option(help="Bound on the error of the ranks, in the L1 norm.")]
MaxIter = Annotated[int, typer.Option(min=1, help="Iterations at most.")]
Top = Annotated[int, typer.Option(min=0, help="How many nodes to show; 0 for all.")]


def command(
    file: File,
    damping: Damping = 0.85,
    tol: Tol = 1e-8,
    max_iter: MaxIter = 1000,
    top: Top = 20,
    delimiter: columns.Delimiter = None,
    output: show.Output = None,
    json: show.Json = False,
) -> None:
    """Rank the nodes of a graph by PageRank, with a certified error."""
    if output:
        check_output(output)
    with show.working(f"reading {file}") as stage:
        try:
            graph = _read(file, delimiter)
        except (ValueError, OSError) as error:
            raise FileError(say_of(file, error)) from error
        stage(f"ranking {graph.num_nodes:,} nodes")
        result = mml.pagerank(graph, damping=damping, tol=tol, max_iter=max_iter)
        labels = node_names(graph, len(result.ranks))
        if output:
            stage(f"writing {output}")
            write_arrays(output, _columns(output, labels, result.ranks))
    order = np.argsort(-result.ranks, kind="stable")[: top or None]
    best = [(str(labels[i]), float(result.ranks[i])) for i in order]
    facts = {
        "file": str(file),
        "nodes": graph.num_nodes,
        "edges": graph.num_edges,
        "damping": damping,
        "iterations": result.iterations,
        "error": result.error,
        "converged": result.converged,
    }
    if json:
        show.print_json({**facts, "top": [{"node": name, "rank": rank} for name, rank in best]})
        return
    print_ranks(facts, best)
    if output:
        print(f"{len(result.ranks):,} ranks written to {output}")


def _read(file: Path, delimiter: str | None) -> mml.Graph:
    """Read a graph; standard input goes into a file first, as names and numbers are told apart by the first lines."""
    if str(file) != "-":
        return mml.Graph.read(file, delimiter=delimiter)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "standard input"
        with copy.open("wb") as stream:
            shutil.copyfileobj(sys.stdin.buffer, stream)
        try:
            return mml.Graph.read(copy, delimiter=delimiter)
        except FileError as error:
            raise FileError(str(error).replace(str(copy), "standard input")) from None


def node_names(graph: Any, count: int) -> Array:
    """Return the labels of the nodes, or their numbers."""
    labels = getattr(graph, "labels", None)
    return np.arange(count) if labels is None else np.asarray(labels)


def print_ranks(facts: dict[str, Any], best: list[tuple[str, float]]) -> None:
    """Print the account and the table."""
    screen = show.console()
    screen.print(
        f"{facts['nodes']:,} nodes, {facts['edges']:,} edges: {facts['iterations']} iterations, "
        f"error below {facts['error']:.1e}"
    )
    highest = best[0][1] if best else 1.0
    rows = [
        [str(place), name, f"{rank:.6f}", show.bar(rank / highest)]
        for place, (name, rank) in enumerate(best, 1)
    ]
    made = show.table(["", "node", "rank", ""], rows, left=2)
    made.columns[0].justify, made.columns[3].justify = "right", "left"
    screen.print(made)


def _columns(output: Path, labels: Array, ranks: Array) -> dict[str, Array]:
    """Order the columns: a .npy file holds the first alone."""
    return {"rank": ranks} if output.suffix.lower() == ".npy" else {"node": labels, "rank": ranks}

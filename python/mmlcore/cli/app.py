"""The commands of `mmlcore`."""

from __future__ import annotations

from typing import Annotated

import typer

from mmlcore import __version__
from mmlcore.cli import bench, fit, info, knn, pagerank, pca, regress, solve, tour

app = typer.Typer(
    name="mmlcore",
    help="The mathematics of machine learning, compiled.",
    epilog="Start with: mmlcore tour",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"mmlcore {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  (its callback acts)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


app.command("tour")(tour.command)
app.command("pagerank")(pagerank.command)
app.command("pca")(pca.command)
app.command("fit")(fit.command)
app.command("solve")(solve.command)
app.command("knn")(knn.command)
app.command("regress")(regress.command)
app.command("bench")(bench.command)
app.command("info")(info.command)

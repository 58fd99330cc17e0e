"""`mmlcore bench`: the short set of comparisons on this machine, losing rows included."""

from __future__ import annotations

import json as json_
import statistics
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.text import Text

from mmlcore._bench import Comparison, WrongResultError, cautions, compare, machine
from mmlcore._bench.cases import short
from mmlcore.cli import show
from mmlcore.io import check_writable, replacing

Pattern = Annotated[
    str, typer.Option("-k", help="Only cases whose name contains this text.", show_default=False)
]
Seconds = Annotated[float, typer.Option(min=0.0, max=60.0, help="Time for each case.")]
JsonFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write the JSON document here.", show_default=False),
]


def command(
    k: Pattern = "", seconds: Seconds = 1.5, output: JsonFile = None, json: show.Json = False
) -> None:
    """Compare mmlcore with numpy here: results verified first, both timed in turn, ratios of medians."""
    cases = [case for case in short() if k in case.name]
    if not cases:
        raise typer.BadParameter(
            f"no case contains {k!r}; there are {', '.join(c.name for c in short())}."
        )
    if output:
        check_writable(output)
    rows: list[dict[str, Any]] = []
    lines: list[list[str | Text]] = []
    with Progress(console=show.progress_console(), transient=True) as progress:
        task = progress.add_task("", total=len(cases))
        for case in cases:
            progress.update(task, description=case.name)
            try:
                result = compare(case, seconds=seconds)
            except WrongResultError as error:
                rows.append({"name": case.name, "verdict": "wrong", "reason": str(error)})
                lines.append([case.name, "-", "-", Text("wrong", style="red"), "-"])
            else:
                rows.append(result.as_dict())
                lines.append(_line(result))
            progress.advance(task)
    document = {"machine": machine(), "cautions": cautions(), "results": rows}
    if output:
        with replacing(output, "w") as stream:
            stream.write(json_.dumps(document, indent=1) + "\n")
    if json:
        show.print_json(document)
    else:
        _print(document, lines)
    if any(row["verdict"] == "wrong" for row in rows):
        raise typer.Exit(2)


def _line(result: Comparison) -> list[str | Text]:
    peer, ours = statistics.median(result.peer_times), statistics.median(result.our_times)
    return [
        result.case.name,
        show.seconds(peer),
        show.seconds(ours),
        show.ratio(result.ratio),
        f"{result.case.target:g}x",
    ]


def _print(document: dict[str, Any], lines: list[list[str | Text]]) -> None:
    facts, screen = document["machine"], show.console()
    config = facts["mmlcore"]
    screen.print(
        f"{facts['processor']}, {config['threads']} threads, {config['isa']}, numpy {config['numpy']}"
    )
    screen.print(show.table(["", "numpy", "mmlcore", "ratio", "aim"], lines))
    screen.print("ratio = numpy's time / mmlcore's, of medians; above 1, mmlcore is faster.")
    for caution in document["cautions"]:
        screen.print(f"not to be published: {caution}", style="yellow")

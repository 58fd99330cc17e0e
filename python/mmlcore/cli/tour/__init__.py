"""`mmlcore tour`: the mathematics on real data, each stop beside numpy."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from mmlcore._bench import cautions, machine
from mmlcore.cli import show
from mmlcore.cli.tour import (
    basis,
    dependencies,
    derivatives,
    digits,
    fits,
    internet,
    neighbours,
    networks,
    offsets,
    report,
    screen,
    stretches,
    systems,
    transformations,
)
from mmlcore.cli.tour.station import Station
from mmlcore.io import check_writable

# Chapters that come later add their station here.
STATIONS: dict[str, Callable[[float], Station]] = {
    "the micro-internet": internet.visit,
    "packages of this computer": dependencies.visit,
    "handwritten digits": digits.visit,
    "digits that look alike": neighbours.visit,
    "transformations": transformations.visit,
    "an ill-conditioned basis": basis.visit,
    "100,000 small systems": systems.visit,
    "200,000 eigenproblems": stretches.visit,
    "far from the origin": offsets.visit,
    "a sandpit": derivatives.visit,
    "10,000 noisy peaks": fits.visit,
    "a network that reads": networks.visit,
}

Report = Annotated[
    Path | None,
    typer.Option("--report", help="Write the tour as one HTML page too.", show_default=False),
]
Seconds = Annotated[float, typer.Option(min=0.0, max=60.0, help="Time for each comparison.")]


def command(report_file: Report = None, seconds: Seconds = 1.0, json: show.Json = False) -> None:
    """See what mmlcore does: rank, compress, solve, differentiate, fit and learn from real data, beside numpy, in under a minute."""
    if report_file:
        check_writable(report_file)
    start = time.perf_counter()
    console = show.console()
    facts = machine()
    if not json:
        screen.print_head(console, facts)
    stations: list[Station] = []
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(20),
        TextColumn("{task.completed}/{task.total}"),
    )
    with Progress(*columns, console=show.progress_console(), transient=True) as progress:
        task = progress.add_task("", total=len(STATIONS))
        for name, visit in STATIONS.items():
            progress.update(task, description=name)
            stations.append(visit(seconds))
            if not json:
                screen.print_station(console, stations[-1], len(stations))
            progress.advance(task)
    if json:
        show.print_json(document(stations, facts))
    else:
        screen.print_summary(console, stations, cautions(), time.perf_counter() - start)
    if report_file:
        report.write(report_file, stations, facts)
        if not json:
            print(f"The report with figures: {report_file}")


def document(stations: list[Station], facts: dict[str, Any]) -> dict[str, Any]:
    """Return the tour as data: every comparison, and the machine."""
    return {
        "machine": facts,
        "cautions": cautions(),
        "stations": [
            {
                "title": station.title,
                "comparisons": [
                    {**b.comparison.as_dict(), "difference": b.difference} for b in station.besides
                ],
            }
            for station in stations
        ],
    }

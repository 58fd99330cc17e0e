"""Prints the tour on a terminal, 80 columns wide or more, with colours or without."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from mmlcore.cli import show
from mmlcore.cli.tour.station import Beside, Curves, Grid, Images, Landscape, Station, summary
from mmlcore.core.arrays import Array

SHADES = " ░▒▓█"
WIDTH = 14  # characters of an image, at least


def print_head(console: Console, facts: dict[str, Any]) -> None:
    """Say what runs, and where."""
    config = facts["mmlcore"]
    console.print(
        Panel.fit(
            f"mmlcore {config['mmlcore']}: the mathematics of machine learning, compiled\n"
            f"{facts['processor']}, {config['threads']} threads, {config['isa']}, beside numpy {config['numpy']}"
        )
    )


def print_station(console: Console, station: Station, number: int) -> None:
    """Print one station."""
    console.print()
    console.rule(f"{number}. {station.title}", align="left")
    for item in station.items:
        if isinstance(item, str):
            console.print(item, width=min(console.width, 100))
        elif isinstance(item, Grid):
            console.print(_grid(item))
        elif isinstance(item, Images):
            _print_images(console, item)
        else:
            assert isinstance(item, (Curves, Landscape))  # for the report alone
    console.print(besides(station.besides))


def print_summary(
    console: Console, stations: Sequence[Station], cautions: Sequence[str], seconds: float
) -> None:
    """Print what mattered: how often numpy was beaten, and why numbers may be off."""
    console.print()
    console.rule("The tour in one line", align="left")
    console.print(f"{summary(stations)} It took {seconds:.0f} s.")
    for caution in cautions:
        console.print(f"Numbers not to be published: {caution}", style="yellow")


def besides(rows: Sequence[Beside]) -> Table:
    """Make the table of comparisons."""
    lines: list[list[str | Text]] = [
        [
            row.what,
            show.power(row.difference),
            show.seconds(statistics.median(row.comparison.peer_times)),
            show.seconds(statistics.median(row.comparison.our_times)),
            show.ratio(row.comparison.ratio),
        ]
        for row in rows
    ]
    return show.table(["beside numpy", "differ by", "numpy", "mmlcore", "ratio"], lines)


def _grid(grid: Grid) -> Table:
    rows = [
        [*row, show.bar(value, 12)] for row, value in zip(grid.rows, grid.bars or [], strict=False)
    ]
    made = show.table(
        [*grid.header, ""] if rows else grid.header,
        rows or grid.rows,
        title=grid.title or None,
        left=grid.left,
    )
    if rows:
        made.columns[-1].justify = "left"
    return made


def _print_images(console: Console, images: Images) -> None:
    """Draw pixels as half blocks where there are colours, as shades of blocks where there are none."""
    scale = max(1, round(WIDTH / images.pixels.shape[3]))
    step = max(1, images.pixels.shape[3] // WIDTH)
    coloured = console.is_terminal and console.color_system in ("256", "truecolor")
    for name, row in zip(images.names, images.pixels, strict=True):
        console.print(name or ", ".join(images.columns), style="dim")
        small = [resized(image, scale, step) for image in row]
        fit = max(1, (console.width + 2) // (small[0].shape[1] + 2))
        for y in range(0, small[0].shape[0] - 1, 2):
            line = Text()
            for image in small[:fit]:
                line.append_text(_line(image[y], image[y + 1], coloured))
                line.append("  ")
            console.print(line, no_wrap=True, crop=True)


def resized(image: Array, scale: int, step: int) -> Array:
    """Enlarge an image `scale` times, or average squares of `step` pixels."""
    if step > 1:
        h, w = (n - n % step for n in image.shape)
        return np.asarray(image[:h, :w].reshape(h // step, step, w // step, step).mean(axis=(1, 3)))
    return np.kron(image, np.ones((scale, scale)))


def _line(upper: Array, lower: Array, coloured: bool) -> Text:
    """Two rows of pixels in one row of characters."""
    if not coloured:
        both = np.maximum(upper, lower)
        return Text(
            "".join(SHADES[min(int(value * len(SHADES)), len(SHADES) - 1)] for value in both)
        )
    made = Text()
    for above, below in zip(upper, lower, strict=True):
        made.append("▀", Style(color=_grey(above), bgcolor=_grey(below)))
    return made


def _grey(value: float) -> str:
    level = round(255 * float(value))
    return f"#{level:02x}{level:02x}{level:02x}"

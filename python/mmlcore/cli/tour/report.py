"""The tour as one HTML page that needs nothing else: style and figures are inside."""

from __future__ import annotations

import importlib.resources
import math
import statistics
import time
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from mmlcore._bench import cautions
from mmlcore._bench.compare import LOST
from mmlcore.cli import show
from mmlcore.cli.tour import figures
from mmlcore.cli.tour.station import Beside, Curves, Grid, Item, Station, summary
from mmlcore.io import replacing


def write(path: Path, stations: Sequence[Station], facts: dict[str, Any]) -> None:
    """Write the page, whole or not at all."""
    text = page(stations, facts)
    with replacing(path, "w") as stream:
        stream.write(text)


def page(stations: Sequence[Station], facts: dict[str, Any]) -> str:
    """Return the page."""
    style = (importlib.resources.files("mmlcore.cli.tour") / "report.css").read_text(
        encoding="utf-8"
    )
    config = facts["mmlcore"]
    drawn = figures.available()
    where = [
        f"mmlcore {config['mmlcore'].partition('+')[0]}",
        f"{facts['processor']}, {config['threads']} threads, {config['isa']}",
        f"numpy {config['numpy']}",
        time.strftime("%d %B %Y"),
    ]
    body = [
        "<h1>A tour of mmlcore</h1>",
        f'<p class="machine">{escape(" · ".join(where))}</p>',
        f"<p>{escape(summary(stations))}</p>",
        *(
            f'<p class="caution">Numbers not to be published: {escape(caution)}</p>'
            for caution in cautions()
        ),
        _overview(stations),
    ]
    for number, station in enumerate(stations, 1):
        body.append(f'<h2 id="station-{number}">{number}. {escape(station.title)}</h2>')
        body += [_item(item, drawn) for item in station.items]
        body.append(_besides(station.besides))
    missing = (
        ""
        if drawn
        else " Figures appear when matplotlib is installed: pip install &quot;mmlcore[plot]&quot;."
    )
    body.append(
        "<footer>Every result was compared with numpy's before it was timed; both sides took turns in one process. "
        f"Ratio: median time of numpy over that of mmlcore.{missing}</footer>"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>A tour of mmlcore</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, body))
        + "\n</body>\n</html>\n"
    )


def _item(item: Item, drawn: bool) -> str:
    if isinstance(item, str):
        return f"<p>{escape(item)}</p>"
    if isinstance(item, Grid):
        title = f'<p class="title">{escape(item.title)}</p>' if item.title else ""
        return title + _table(item.header, item.rows, item.left, bars=item.bars)
    if drawn:
        title, source = escape(item.title), figures.draw(item)
        image = f'<img alt="{escape(_told(item))}" src="{source}">'
        return f"<figure>{image}<figcaption>{title}</figcaption></figure>"
    return _curve_table(item) if isinstance(item, Curves) else ""


def _told(item: Any) -> str:
    """Return what a figure shows, for those who do not see it."""
    if not isinstance(item, Curves):
        return str(item.title)
    axes = " against ".join(label for label in (item.y_label, item.x_label) if label)
    return f"{item.title}. {axes}: {', '.join(item.y)}"


def _overview(stations: Sequence[Station]) -> str:
    """All comparisons in one chart: the ratio as a bar on a logarithmic scale, from numpy's speed to the left or to the right."""
    ratios = [beside.comparison.ratio for station in stations for beside in station.besides]
    low, high = min(0.5, *ratios), max(2.0, *ratios)
    zero = -math.log(low) / math.log(high / low)
    lines = []
    for number, station in enumerate(stations, 1):
        for beside in station.besides:
            ratio = beside.comparison.ratio
            end = math.log(ratio / low) / math.log(high / low)
            left, width = 100 * min(zero, end), 100 * abs(end - zero)
            kind = ' class="lost"' if ratio < LOST else ""
            lines.append(
                f'<tr{kind}><td class="text"><a href="#station-{number}">{escape(beside.what)}</a></td>'
                f'<td class="scale"><i style="left: {100 * zero:.1f}%"></i>'
                f'<span style="margin-left: {left:.1f}%; width: {max(width, 0.5):.1f}%"></span></td>'
                f"<td>{show.digits(ratio, 2)}x</td></tr>"
            )
    return (
        '<table class="overview"><tr><th class="text">times numpy\'s speed</th>'
        '<th class="text">logarithmic; the line is numpy</th><th></th></tr>\n'
        + "\n".join(lines)
        + "\n</table>"
    )


def _curve_table(curves: Curves, most: int = 12) -> str:
    """A curve as a table, where it cannot be drawn."""
    step = max(1, len(curves.x) // most)
    rows = [
        [f"{x:g}", *(f"{values[i]:.3g}" for values in curves.y.values())]
        for i, x in list(enumerate(curves.x))[::step]
    ]
    return f"<p>{escape(curves.title)}</p>" + _table([curves.x_label, *curves.y], rows, 1)


def _besides(besides: Sequence[Beside]) -> str:
    rows, marks = [], []
    for beside in besides:
        result = beside.comparison
        lost = result.ratio < LOST
        marks.append("lost" if lost else "")
        rows.append(
            [
                beside.what,
                show.power(beside.difference),
                show.seconds(statistics.median(result.peer_times)),
                show.seconds(statistics.median(result.our_times)),
                f"{show.digits(result.ratio, 2)}x" + (" loses" if lost else ""),
            ]
        )
    return _table(
        ["beside numpy", "differ by", "numpy", "mmlcore", "ratio"],
        rows,
        1,
        name="beside",
        marks=marks,
    )


def _table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: int,
    *,
    bars: Sequence[float] = (),
    name: str = "",
    marks: Sequence[str] = (),
) -> str:
    head = _cells("th", [*header, *([""] if bars else [])], left)
    lines = []
    for i, row in enumerate(rows):
        cells = _cells("td", row, left)
        if bars:
            cells += f'<td class="bar"><span style="width: {100 * bars[i]:.1f}%"></span></td>'
        lines.append(f'<tr class="{marks[i]}">{cells}</tr>' if marks else f"<tr>{cells}</tr>")
    return (
        f'<div class="wide"><table class="{name}"><tr>{head}</tr>\n'
        + "\n".join(lines)
        + "\n</table></div>"
    )


def _cells(tag: str, texts: Iterable[str], left: int) -> str:
    return "".join(
        f'<{tag} class="text">{escape(text)}</{tag}>'
        if i < left
        else f"<{tag}>{escape(text)}</{tag}>"
        for i, text in enumerate(texts)
    )

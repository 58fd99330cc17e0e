"""Figures that move on the pages of the labs: `mmlcore.plot.explore` draws a frame for each place of its controls.

A page has no Python that could draw. So the build draws: for up to three controls all combinations of some places of each, for
more of them one control at a time, the others at their starts. `_static/live.js` adds sliders and menus that choose the frame;
without JavaScript the first frame stays.
"""

from __future__ import annotations

import html
import json
import re
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from sphinx_gallery.scrapers import matplotlib_scraper

import mmlcore.plot as plots
from mmlcore.plot import _explore

FRAMES = Path(__file__).parent / "_live"  # a static path of the pages
MOST = 64  # frames of a figure
SMOOTH = 21  # places of a slider that moves alone
TOGETHER = 3  # controls; of more of them each moves alone
DIGITS = 10  # of values, which are sums of steps
ORIGINAL = plots.explore
waiting: list[tuple[Any, str]] = []  # figures of the block that is running, and their lines


def places(control: Any, count: int) -> list[Any]:
    """Return about `count` values of a control in order, with the value it starts with."""
    if isinstance(control, list):
        return control
    start = started(control)
    low, high, step = _explore._range(control)
    steps = int((high - low) / step + 1e-9)
    every = max(1, -(-steps // max(1, count - 1)))
    own = round((start - low) / step)
    found = [low + k * step for k in range(own % every, steps + 1, every)]
    return found if _explore._whole(control) else [float(round(v, DIGITS)) for v in found]


def started(control: Any) -> Any:
    """Return the value that a control starts with."""
    value = _explore._start("control", control)
    return float(round(value, DIGITS)) if isinstance(value, float) else value


def grid(controls: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the values of each control, so few that all frames are drawn in a while."""
    counts = {n: len(c) if isinstance(c, list) else SMOOTH for n, c in controls.items()}
    if len(controls) <= TOGETHER:
        sliders = [name for name, control in controls.items() if not isinstance(control, list)]
        while prod(counts.values()) > MOST and max((counts[n] for n in sliders), default=0) > 2:
            counts[max(sliders, key=lambda name: counts[name])] -= 1
    else:
        counts = dict.fromkeys(controls, MOST // len(controls))
    return {name: places(control, counts[name]) for name, control in controls.items()}


def frames(values: dict[str, list[Any]], starts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the values of all controls, frame by frame, in the order that live.js counts in."""
    if len(values) <= TOGETHER:
        return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
    return [{**starts, name: value} for name, own in values.items() for value in own]


def explore(draw: Any, *, ax: Any = None, **controls: Any) -> Any:
    """Stand for `mmlcore.plot.explore` while the labs run: draw all frames, and leave the first to the scraper."""
    from matplotlib import pyplot as plt  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    starts = {name: started(control) for name, control in controls.items()}
    if ax is None:
        ax = Figure(layout="constrained").subplots()
    else:
        plt.close(ax.figure)
    others = [own for own in ax.figure.axes if own is not ax]
    values = grid(controls)
    stem = f"{explore.lab}_{explore.count}"
    explore.count += 1
    for number, chosen in enumerate(frames(values, starts)):
        _explore._draw_again(draw, ax, others, chosen)
        path = FRAMES / "live" / f"{stem}_{number}.webp"
        ax.figure.savefig(path, dpi=100, pil_kwargs={"quality": 80, "method": 2})
        if len(ax.figure.axes) == 1 + len(others):  # no colour bars: the axes stay where they are
            ax.figure.set_layout_engine("none")
    _explore._draw_again(draw, ax, others, starts)
    told = [
        {"name": name, "values": [f"{v:g}" if isinstance(v, float) else str(v) for v in own]}
        | {"start": own.index(starts[name]), "menu": isinstance(controls[name], list)}
        for name, own in values.items()
    ]
    width, height = (round(100 * inches) for inches in ax.figure.get_size_inches())
    first = frames(values, starts).index(starts)
    line = (
        f'<figure class="live" data-frames="../_static/live/{stem}_" data-alone="{int(len(values) > TOGETHER)}"'
        f' data-controls="{html.escape(json.dumps(told))}"><img src="../_static/live/{stem}_{first}.webp"'
        f' width="{width}" height="{height}" alt="{html.escape(described(ax.figure))}"></figure>'
    )
    waiting.append((ax.figure, line))
    return ax


explore.lab, explore.count = "", 0  # type: ignore[attr-defined]


def watched(gallery: Any, lab: str, when: str) -> None:
    """Put `explore` in its place before a lab, and take it out after."""
    del gallery
    plots.explore = explore if when == "before" else ORIGINAL
    explore.lab, explore.count = Path(lab).stem, 0  # type: ignore[attr-defined]
    (FRAMES / "live").mkdir(parents=True, exist_ok=True)


def described(figure: Any) -> str:
    """Return what somebody who does not see a figure should hear: titles, axes, names of curves."""
    parts = []
    for ax in figure.axes:
        legend = ax.get_legend()
        names = [text.get_text() for text in legend.get_texts()] if legend else []
        x, y, title = ax.get_xlabel(), ax.get_ylabel(), ax.get_title()
        sides = f"{y} against {x}" if x and y else x or y
        curves = "curves " + ", ".join(names) if names else ""
        parts.append("; ".join(part for part in (title, sides, curves) if part))
    text = ". ".join(dict.fromkeys(part for part in parts if part))
    return re.sub(r"\s+", " ", text.replace("$", "").replace("\\", "")) or "Figure"


def scraper(block: Any, variables: dict[str, Any], gallery: Any) -> str:
    """Return the figures of a block for its page: those with controls, then the others, each described."""
    from matplotlib import pyplot as plt  # noqa: PLC0415

    text = ""
    for figure, line in waiting:
        figure.savefig(
            next(variables["image_path_iterator"])
        )  # may be the picture in the list of labs
        text += f"\n.. raw:: html\n\n    {line}\n\n"
    waiting.clear()
    told = iter([described(plt.figure(number)) for number in plt.get_fignums()])
    still = matplotlib_scraper(block, variables, gallery)
    return text + re.sub(r"(?m)(:alt:).*", lambda found: f"{found[1]} {next(told)}", still)

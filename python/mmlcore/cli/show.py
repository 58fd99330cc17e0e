"""What the commands share: the console, bars, seconds, JSON, and the options that many have."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mmlcore._bench.compare import LOST
from mmlcore.core.arrays import Array
from mmlcore.io import KEY, FileError, read_matrix, say_of

_SOON = 1.0  # seconds before progress is shown

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Write the result here: .npz, .npy, .csv or .tsv.",
        show_default=False,
    ),
]


def console() -> Console:
    """Return the console of this process; results go to stdout, 80 columns wide when that is no terminal."""
    return Console(highlight=False, markup=False)


def progress_console() -> Console:
    """Return the console for progress, which stays out of the results."""
    return Console(stderr=True, highlight=False)


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """Say on a terminal what is being done, and for how long, once it takes longer than a second; the function given says what is next."""
    screen = progress_console()
    if not screen.is_interactive:
        yield lambda _: None
        return
    says = TextColumn("{task.description}", markup=False)
    shown = Progress(SpinnerColumn(), says, TimeElapsedColumn(), console=screen, transient=True)
    task = shown.add_task(visible(what), total=None)
    later = threading.Timer(_SOON, shown.start)
    later.daemon = True
    later.start()
    try:
        yield lambda text: shown.update(task, description=visible(text))
    finally:
        later.cancel()
        later.join()
        shown.stop()


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    title: str | None = None,
    left: int = 1,
) -> Table:
    """Make a table: the first `left` columns are text, the others numbers."""
    made = Table(
        title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False
    )
    for number, name in enumerate(header):
        made.add_column(name, justify="left" if number < left else "right", overflow="fold")
    for row in rows:
        made.add_row(*(visible(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def visible(text: str) -> str:
    """Write control characters as Python does: a name from a file must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def read(file: Path, key: str | None = None) -> Array:
    """Read a matrix; what is missing is said in the words of the shell."""
    try:
        return read_matrix(file, key=key)
    except FileError as error:
        raise FileError(str(error).replace(KEY, "--key")) from error


def explained(file: Path, error: Exception) -> FileError:
    """Make an error about a file of an error about an array: columns are counted from 1, as in messages about lines."""
    text = re.sub(r"column (\d+)( does not vary)? \(X\[:, \d+\]\)", _from_one, say_of(file, error))
    return FileError(text)


def _from_one(found: re.Match[str]) -> str:
    return f"column {int(found[1]) + 1}{found[2] or ''}"


def bar(share: float, width: int = 20) -> str:
    """Draw a share of 1 in eighths of a character."""
    eighths = round(8 * width * min(max(share, 0.0), 1.0))
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def seconds(value: float) -> str:
    """Write a time with three digits and its unit: ``1.23 ms``."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{digits(value / size)} {unit}"
    return f"{digits(value / 1e-9)} ns"


def power(value: float) -> str:
    """Write a small number by its size: ``2e-16``."""
    return f"{value:.0e}" if value else "0"


def digits(value: float, count: int = 3) -> str:
    """Write a positive number with `count` digits, never in exponents."""
    places = max(0, count - 1 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:.{places}f}"


def ratio(value: float) -> Text:
    """Write a ratio; one that loses is marked."""
    text = f"{digits(value, 2 if value < 100 else 3)}x"
    return Text(text) if value >= LOST else Text(f"{text} loses", style="red")


def print_json(document: dict[str, Any]) -> None:
    """Print a document as JSON; numpy's types become plain ones."""
    print(json.dumps(document, indent=1, default=_plain, allow_nan=False))


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else str(value)

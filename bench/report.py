"""Tables of bench/results.json, losing rows included: `python -m bench.report` writes that of the README."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from mmlcore._bench.compare import LOST

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results.json"
BEGIN, END = "<!-- benchmarks: written by python -m bench.report -->", "<!-- end of benchmarks -->"
HEAD = ["| work | peer | peer's time | mmlcore's | ratio |", "| -- | -- | -: | -: | -: |"]


def table(document: dict[str, Any], chosen: list[str] | None = None) -> str:
    """Return the Markdown of a run; `chosen` names the rows, in order; all by default."""
    rows = {f"{row['chapter']}: {row['name']} vs {row['peer']}": row for row in document["results"]}
    lines = [_where(document), "", *HEAD]
    lines += [_line(rows[key]) for key in chosen or rows if key in rows]
    return "\n".join(lines + _cautions(document))


def chapters() -> str:
    """Return the Markdown of the whole run in bench/results.json, with a section and a table for each chapter."""
    document = json.loads(RESULTS.read_text(encoding="utf-8"))
    rows = document["results"]
    lost = sum(_lost(row) or row["verdict"] == "wrong" for row in rows)
    lines = [_where(document), "", f"{len(rows)} rows, of which {lost} lose."]
    for chapter in sorted({row["chapter"] for row in rows}):
        lines += ["", f"## {chapter.capitalize()}", "", *HEAD]
        lines += [_line(row) for row in rows if row["chapter"] == chapter]
    return "\n".join(lines + _cautions(document)) + "\n"


def _where(document: dict[str, Any]) -> str:
    facts, config = document["machine"], document["machine"]["mmlcore"]
    peers = ", ".join(f"{name} {version}" for name, version in facts["peers"].items())
    machine = f"{facts['processor']}, {config['threads']} threads, {config['isa']}"
    return f"{machine}; {peers}; {document['date']}."


def _cautions(document: dict[str, Any]) -> list[str]:
    return [f"\nNot for comparison elsewhere: {text}" for text in document["cautions"]]


def _lost(row: dict[str, Any]) -> bool:
    """Slower than the peer, also where no more was aimed at."""
    return bool(row["verdict"] == "loses" or row["ratio"] < LOST)


def _line(row: dict[str, Any]) -> str:
    if row["verdict"] == "wrong":
        return f"| {row['name']} | {row['peer']} | | | wrong result |"
    peer, ours = row["peer_seconds"]["median"], row["mmlcore_seconds"]["median"]
    ratio = f"{row['ratio']:.2g}x" if row["ratio"] < 100 else f"{row['ratio']:.0f}x"
    shown = f"*{ratio}, loses*" if _lost(row) else f"**{ratio}**"
    return f"| {row['name']} | {row['peer']} | {_time(peer)} | {_time(ours)} | {shown} |"


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def replace(text: str, made: str) -> str:
    """Put the table between its marks in `text`."""
    if BEGIN not in text or END not in text:
        raise SystemExit(f"the marks of the table are missing: {BEGIN} ... {END}")
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: f"{BEGIN}\n\n{made}\n\n{END}", text, flags=re.DOTALL)


def main() -> None:
    """Rewrite the table of README.md; the documentation makes its own when it is built."""
    if not RESULTS.exists():
        sys.exit(
            "bench/results.json is missing: run python -m bench --json bench/results.json first"
        )
    document = json.loads(RESULTS.read_text(encoding="utf-8"))
    chosen = (ROOT / "bench" / "readme_rows.txt").read_text(encoding="utf-8").splitlines()
    path = ROOT / "README.md"
    text = replace(path.read_text(encoding="utf-8"), table(document, chosen))
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""`python -m bench.report`: writes the table of the README from bench/results.json, losing rows included."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- benchmarks: written by python -m bench.report -->", "<!-- end of benchmarks -->"


def table(document: dict[str, Any], chosen: list[str] | None = None) -> str:
    """Return the Markdown of a run; `chosen` names the rows, in order; all by default."""
    rows = {f"{row['chapter']}: {row['name']} vs {row['peer']}": row for row in document["results"]}
    facts, config = document["machine"], document["machine"]["mmlcore"]
    lines = [
        f"{facts['processor']}, {config['threads']} threads, {config['isa']}; "
        + ", ".join(f"{name} {version}" for name, version in facts["peers"].items())
        + f"; {document['date']}.",
        "",
        "| work | peer | peer's time | mmlcore's | ratio |",
        "| -- | -- | -: | -: | -: |",
    ]
    lines += [_line(rows[key]) for key in chosen or rows if key in rows]
    cautions = [f"\nNot for comparison elsewhere: {text}" for text in document["cautions"]]
    return "\n".join(lines + cautions)


def _line(row: dict[str, Any]) -> str:
    if row["verdict"] == "wrong":
        return f"| {row['name']} | {row['peer']} | | | wrong result |"
    peer, ours = row["peer_seconds"]["median"], row["mmlcore_seconds"]["median"]
    ratio = f"{row['ratio']:.2g}x" if row["ratio"] < 100 else f"{row['ratio']:.0f}x"
    shown = f"*{ratio}, loses*" if row["verdict"] == "loses" else f"**{ratio}**"
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
    """Rewrite README.md, and the whole table in docs/benchmarks.md."""
    source = ROOT / "bench" / "results.json"
    if not source.exists():
        sys.exit(
            "bench/results.json is missing: run python -m bench --json bench/results.json first"
        )
    document = json.loads(source.read_text(encoding="utf-8"))
    chosen = (ROOT / "bench" / "readme_rows.txt").read_text(encoding="utf-8").splitlines()
    for name, rows in (("README.md", chosen), ("docs/benchmarks.md", None)):
        path = ROOT / name
        path.write_text(
            replace(path.read_text(encoding="utf-8"), table(document, rows)), encoding="utf-8"
        )


if __name__ == "__main__":
    main()

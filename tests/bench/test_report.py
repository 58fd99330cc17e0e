"""The table of the README comes from measured numbers alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bench.report import BEGIN, END, HEAD, RESULTS, ROOT, chapters, replace, table

from mmlcore._bench import machine
from mmlcore._bench.compare import LOST


def row(name: str, ratio: float, verdict: str) -> dict[str, Any]:
    return {
        "chapter": "core",
        "name": name,
        "peer": "numpy",
        "ratio": ratio,
        "verdict": verdict,
        "peer_seconds": {"median": ratio * 1e-4},
        "mmlcore_seconds": {"median": 1e-4},
    }


def test_losing_and_wrong_rows_are_shown() -> None:
    rows = [row("a", 3.14159, "ok"), row("b", 0.5, "loses"), {**row("c", 1, "wrong")}]
    document = {"date": "2026-01-01", "machine": machine(), "cautions": ["busy"], "results": rows}
    text = table(document)
    assert "| a | numpy | 314 us | 100 us | **3.1x** |" in text
    assert "*0.5x, loses*" in text
    assert "wrong result" in text
    assert "busy" in text
    assert "| a |" not in table(document, ["core: b vs numpy"])


def test_the_table_is_replaced_between_its_marks() -> None:
    text = replace(f"before {BEGIN} old {END} after", "new \\1")
    assert text == f"before {BEGIN}\n\nnew \\1\n\n{END} after"
    with pytest.raises(SystemExit):
        replace("no marks", "new")


def test_the_marks_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1


def test_the_page_of_the_documentation_has_every_row() -> None:
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["results"]
    lines = chapters().splitlines()
    assert sum(line.startswith("| ") for line in lines) == len(rows) + 2 * lines.count(HEAD[0])
    assert sum("loses" in line for line in lines) == sum(r["ratio"] < LOST for r in rows)
    assert {f"## {row['chapter'].capitalize()}" for row in rows} <= set(lines)

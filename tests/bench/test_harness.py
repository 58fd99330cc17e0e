"""The runner of the repository's benchmarks: table, JSON, pytest-benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.harness import Case, Replay, run, write

ROOT = Path(__file__).parents[2]


def case(name: str, ours: int) -> Case:
    def verify(expected: int, got: int) -> None:
        assert expected == got, "They differ."

    return Case(name, "core", lambda: (lambda: 1, lambda: ours), verify, seconds=0.0)


def test_wrong_rows_are_kept_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    rows = run([case("right", 1), case("wrong", 2)])
    assert [row["verdict"] == "wrong" for row in rows] == [False, True]
    assert "nothing was timed" in capsys.readouterr().out


def test_rows_measured_again_replace_the_old(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write(path, run([case("a", 1), case("b", 1)]))
    write(path, run([case("b", 2), case("c", 1)]))
    document = json.loads(path.read_text())
    assert [(row["name"], row["verdict"] == "wrong") for row in document["results"]] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]
    assert document["machine"]["processor"]


def test_the_clock_replays() -> None:
    clock = Replay()
    clock.load([0.5, 0.25])
    assert [clock(), clock(), clock(), clock()] == [0.0, 0.5, 0.0, 0.25]


def test_pytest_finds_the_chapters_and_measures_both_sides(tmp_path: Path) -> None:
    saved = tmp_path / "benchmark.json"
    chosen = "matmul and 8 and float64 and not of and not 12 and not 51"
    command = [sys.executable, "-m", "pytest", "bench/", "-q", "-k", chosen]
    # Beside other workers of this suite pytest-benchmark measures nothing: the new process is none of them.
    alone = {key: value for key, value in os.environ.items() if "XDIST" not in key}
    done = subprocess.run(
        [*command, f"--benchmark-json={saved}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=alone,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(saved.read_text())["benchmarks"]
    assert len(rows) == 2
    assert {row["group"] for row in rows} == {"matrices: matmul 8 float64 vs numpy"}
    assert all(row["extra_info"]["ratio"] > 0 for row in rows)
    assert rows[0]["stats"]["median"] == pytest.approx(
        rows[0]["extra_info"]["peer_seconds"]["median"]
    )


def test_the_command_line(tmp_path: Path) -> None:
    saved = tmp_path / "results.json"
    command = [sys.executable, "-m", "bench", "matrices", "-k", "matmul 8 ", "--json", str(saved)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "matrices: matmul 8 float64 vs numpy" in done.stdout
    assert len(json.loads(saved.read_text())["results"]) == 1


def test_an_unknown_chapter_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "poetry"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no chapter poetry" in done.stderr

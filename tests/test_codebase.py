"""The habits of the project, kept by a test: short files, nothing left for later, one version, the common checks."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_arrows import KERNELS

import mmlcore

ROOT = Path(__file__).parents[1]
LONGEST = 350
SOURCES = sorted(
    path
    for folder in ("cpp", "python", "bench", "tests")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".hpp", ".cpp", ".h", ".c", ".py", ".pyi"} and path.name != "_version.py"
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_sources_are_here() -> None:
    assert len(SOURCES) > 30


# Stubs are written by a tool: nobody reads them from end to end.
WRITTEN = [p for p in SOURCES if relative(p).startswith(("cpp", "python")) and p.suffix != ".pyi"]


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_files_are_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST, f"{relative(path)} has {lines} lines: could it be two concepts?"


def test_nothing_is_left_for_later() -> None:
    later = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")))
    found = [relative(path) for path in SOURCES if later.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_lines_fit() -> None:
    long = [
        f"{relative(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 140
    ]
    assert long == []


def test_one_version() -> None:
    from mmlcore.core.config import config  # noqa: PLC0415

    assert config()["mmlcore"] == mmlcore.__version__
    assert importlib.metadata.version("mmlcore") == mmlcore.__version__


def test_the_changelog_starts_with_what_is_new() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8") or (
        mmlcore.__version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    )


def test_importing_loads_numpy_alone() -> None:
    code = "import sys, mmlcore; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"scipy", "sklearn", "pandas", "networkx", "matplotlib", "rich", "typer", "pytest"}
    assert heavy.isdisjoint(done.stdout.split())


@pytest.mark.skipif(
    not (ROOT / ".github").exists(),
    reason="a source distribution leaves the repository's own files out",
)
def test_scientific_python_checks() -> None:
    command = [sys.executable, "-m", "repo_review", str(ROOT), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    checks = json.loads(done.stdout)["checks"]
    failed = {
        name: check["description"] for name, check in checks.items() if check["result"] is False
    }
    assert failed == {}


@pytest.mark.parametrize(
    "part",
    [
        "",
        ".dask",
        ".estimators",
        ".linalg",
        ".optimize.landscapes",
        ".optimize.models",
        ".optimize.strategies",
        ".plot",
        ".spark",
    ],
)
def test_every_public_name_is_in_the_documentation(part: str) -> None:
    if part:
        pytest.importorskip({".dask": "dask", ".estimators": "sklearn"}.get(part, "numpy"))
    module = importlib.import_module(f"mmlcore{part}")
    pages = [p.read_text(encoding="utf-8") for p in (ROOT / "docs" / "functions").glob("*.rst")]
    listed = " ".join(page for page in pages if f".. currentmodule:: mmlcore{part}\n" in page)
    assert set(module.__all__) - {"__version__", "SIDE", "LinAlgError"} <= set(listed.split())


def test_contributing_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:cpp|python|tests|bench|docs|tools)/[\w./]+\.\w+)`", text))
    assert len(named) > 10
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_contributing_gives_the_order_of_the_chapters() -> None:
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    order = re.search(r"Chapters of kernels in order of dependence: (.*?);", text)
    assert order is not None
    assert tuple(re.findall(r"`(\w+)`", order.group(1))) == KERNELS

"""Lets `pytest bench/` find the benchmarks, which are named after their chapters."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.__main__ import CHAPTERS, HERE
from bench.harness import cautions


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect the files of the chapters; one named on the command line pytest collects by itself."""
    if file_path.parent != HERE or file_path.stem not in CHAPTERS or file_path.suffix != ".py":
        return None
    if parent.session.isinitpath(file_path):
        return None
    module: pytest.Module = pytest.Module.from_parent(parent, path=file_path)
    return module


def pytest_report_header() -> list[str]:
    """Say above the table why the numbers must not be published, if so."""
    return [f"not to be published: {caution}" for caution in cautions()]

"""The programs in `examples/` run, small."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
# What each needs, and its arguments.
PROGRAMS = {
    "dask_cluster": (["dask", "distributed"], ["--rows=20000", "--edges=20000"]),
    "processes": (["joblib"], ["--tasks=6"]),
    "pipeline": (["sklearn", "pandas", "threadpoolctl"], ["--points=400"]),
    "curve_batches": (["polars", "pyarrow"], ["--curves=5000", "--batch=2000"]),
    "small_batches": ([], ["--batches=300"]),
    "ray_tasks": (["ray"], ["--parts=3", "--rows=20000"]),
}


def test_each_is_run() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == set(PROGRAMS)
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}.py`" in page for name in PROGRAMS)


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_it_runs(name: str) -> None:
    needed, arguments = PROGRAMS[name]
    missing = [module for module in needed if importlib.util.find_spec(module) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments]
    told = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout

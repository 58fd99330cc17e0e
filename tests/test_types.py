"""The package's own types are consistent, and the stubs of the compiled module say what is in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")
ROOT = Path(__file__).parents[1]


def said(folder: Path, *command: str) -> str:
    """Run a module of Python; return what it complains of."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.skipif(sys.version_info < (3, 11), reason="numpy's own types were not complete then")
def test_strict_types() -> None:
    assert said(ROOT, "mypy", "--cache-dir", os.devnull) == ""


def test_stubs(tmp_path: Path) -> None:
    allowed = (
        ROOT / "tools" / "stubtest-allowlist.txt"
    )  # pybind11's classes have their own metaclass
    modules = ("mmlcore._core", "mmlcore._cpu")
    assert said(tmp_path, "mypy.stubtest", *modules, "--allowlist", str(allowed)) == ""

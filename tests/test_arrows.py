"""An arrow goes only from a later chapter to an earlier one, in C++ as in Python; Python's objects stop at the bindings."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KERNELS = ("core", "matrices", "vectors", "elimination", "orthogonal", "eigen", "graph", "stats")
KERNELS += ("calculus", "optimize", "neural")
CHAPTERS = ("_version", "_cpu", "_isa", "_core", "core", "io", "elimination", "vectors", "matrices")
CHAPTERS += ("orthogonal", "eigen", "graph", "stats", "calculus", "optimize", "neural")
CHAPTERS += ("decomposition", "_bench", "__init__", "estimators", "dask", "networkx", "plot", "cli")
HEADERS, SOURCES = ROOT / "cpp" / "include" / "mmlcore", ROOT / "cpp" / "src"
PACKAGE = ROOT / "python" / "mmlcore"


def files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.rglob(pattern))
    assert len(found) > 30
    return found


def chapter_of(path: Path) -> str:
    folder = next(f for f in (HEADERS, SOURCES, PACKAGE) if f in path.parents)
    return path.relative_to(folder).parts[0].removesuffix(".py")


def upward(chapter: str, used: set[str], order: tuple[str, ...]) -> list[str]:
    """Return which of the used chapters come after this one, or are unknown."""
    allowed = order[: order.index(chapter) + 1]
    return sorted(used - set(allowed))


@pytest.mark.parametrize(
    "path", [*files(HEADERS, "*.h*"), *files(SOURCES, "*.[ch]pp")], ids=lambda path: path.name
)
def test_kernels(path: Path) -> None:
    included = re.findall(r'#include [<"]([^">]+)[">]', path.read_text(encoding="utf-8"))
    used = {name.split("/")[1] for name in included if name.startswith("mmlcore/")}
    assert upward(chapter_of(path), used, KERNELS) == []
    foreign = [name for name in included if name.startswith(("pybind11", "Python.h", "numpy"))]
    assert foreign == []


def imported(path: Path) -> set[str]:
    """Return the parts of mmlcore that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "mmlcore":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mmlcore."):
            names.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            dotted = [alias.name.split(".") for alias in node.names]
            names |= {parts[1] for parts in dotted if parts[0] == "mmlcore" and len(parts) > 1}
    return names


@pytest.mark.parametrize("path", files(PACKAGE, "*.py"), ids=lambda path: path.name)
def test_modules(path: Path) -> None:
    assert upward(chapter_of(path), imported(path) - {"__version__"}, CHAPTERS) == []

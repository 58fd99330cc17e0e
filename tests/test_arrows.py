"""An arrow goes only from a later chapter to an earlier one, in C++ as in Python; Python's objects stop at the bindings.

No files need each other in a circle either, within a chapter as between chapters.
"""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KERNELS = ("core", "matrices", "vectors", "elimination", "orthogonal", "eigen", "singular", "graph")
KERNELS += ("stats", "calculus", "optimize", "neural", "decomposition", "neighbors")
CHAPTERS = ("_version", "_cpu", "_isa", "_core", "core", "io", "elimination", "singular", "vectors")
CHAPTERS += ("matrices", "orthogonal", "eigen", "graph", "stats", "calculus", "optimize", "neural")
CHAPTERS += (
    "decomposition",
    "neighbors",
    "linalg",
    "datasets",
    "_bench",
    "__init__",
    "estimators",
    "dask",
    "spark",
    "networkx",
    "plot",
    "cli",
)
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


def chapter_and_file(module: str) -> tuple[str, str]:
    return tuple(([*module.split("."), "", ""])[1:3])  # type: ignore[return-value]


@pytest.mark.parametrize("path", files(PACKAGE, "*.py"), ids=lambda path: path.name)
def test_what_another_chapter_imports_has_no_underscore(path: Path) -> None:
    own = chapter_of(path)
    used = [chapter_and_file(module) for module in imported_modules(path)]
    assert [pair for pair in used if pair[0] != own and pair[1].startswith("_")] == []


def circle_of(arrows: dict[str, set[str]]) -> list[str]:
    """Return names that lead to each other in a circle, if there are such."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_circles_are_found() -> None:
    assert circle_of({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    assert set(circle_of({"a": {"b"}, "b": {"c"}, "c": {"b"}})) == {"b", "c"}


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {module_of(path) for path in files(PACKAGE, "*.py*") if path.suffix in {".py", ".pyi"}}


def imported_modules(path: Path) -> set[str]:
    """Return the modules that a file imports, anywhere in it; the file of a name rather than the package that it is in."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            names |= {name if name in MODULES else str(node.module) for name in full}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names & MODULES


def test_no_circle_of_modules() -> None:
    arrows = {module_of(path): imported_modules(path) for path in files(PACKAGE, "*.py")}
    assert sum(map(len, arrows.values())) > len(arrows)
    assert circle_of(arrows) == []


def included_files(path: Path) -> set[str]:
    """Return the files of ours that a file includes."""
    names = re.findall(r'#include [<"]([^">]+)[">]', path.read_text(encoding="utf-8"))
    places = [folder / name for name in names for folder in (path.parent, HEADERS.parent)]
    return {str(place.resolve()) for place in places if place.is_file()}


def test_no_circle_of_includes() -> None:
    paths = [*files(HEADERS, "*.h*"), *files(SOURCES, "*.[ch]pp")]
    arrows = {str(path.resolve()): included_files(path) for path in paths}
    assert sum(map(len, arrows.values())) > len(arrows)
    assert circle_of(arrows) == []

"""The table of names: what stands on the right is here, what stands on the left is there, and no function is missing."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import mmlcore as mml

PAGE = Path(__file__).parents[1] / "docs" / "names.md"
ROWS = re.findall(r"^\| (.*) \| (.*) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
OURS = re.findall(r"`mml\.([\w.]+)`", " ".join(right for _, right in ROWS))
# Packages that the tests have; the others' names are as their documentation had them.
PEERS = ("numpy", "scipy", "sklearn", "networkx", "pandas", "skimage", "jax", "igraph")
THEIRS = re.findall(rf"`((?:{'|'.join(PEERS)})\.[\w.]+)`", " ".join(left for left, _ in ROWS))


def found(name: str) -> Any:
    """Return what a dotted name stands for: an attribute of the longest part of it that is a module."""
    parts = name.split(".")
    thing: Any = importlib.import_module(parts[0])
    for i, part in enumerate(parts[1:], 2):
        if not hasattr(thing, part):
            importlib.import_module(".".join(parts[:i]))
        thing = getattr(thing, part)
    return thing


def test_there_are_rows() -> None:
    assert len(ROWS) > 80
    assert len(THEIRS) > 100


@pytest.mark.parametrize("name", sorted(set(OURS)))
def test_our_names_exist(name: str) -> None:
    if name.startswith("estimators."):
        pytest.importorskip("sklearn")
    assert callable(found(f"mmlcore.{name}"))


@pytest.mark.parametrize("name", sorted(set(THEIRS)))
@pytest.mark.filterwarnings("ignore")
def test_their_names_exist(name: str) -> None:
    pytest.importorskip(name.partition(".")[0])
    if name.startswith("numpy.linalg.") and not hasattr(importlib.import_module("numpy"), "vecdot"):
        pytest.skip("numpy 2")
    assert callable(found(name))


def is_result(thing: Any) -> bool:
    """Tell whether functions of ours make it: named tuples, dataclasses, errors, states."""
    return inspect.isclass(thing) and (
        issubclass(thing, (tuple, Exception, int)) or hasattr(thing, "__dataclass_fields__")
    )


def test_every_function_occurs() -> None:
    names = {n for n in mml.__all__ if not n.startswith("__")}
    names = {n for n in names if not is_result(getattr(mml, n))} - {"Neighbors"}
    names |= {f"estimators.{n}" for n in found("mmlcore.estimators").__all__}
    assert sorted(names - set(OURS)) == []


def test_the_path_names_functions_that_exist_and_every_lab() -> None:
    text = (PAGE.parent / "path.md").read_text(encoding="utf-8")
    for name in re.findall(r"`mml\.(\w+)`", text):
        assert callable(getattr(mml, name))
    labs = {path.stem for path in (PAGE.parent / "labs").glob("plot_*.py")}
    assert labs == set(re.findall(r"gallery/(plot_\w+)\.rst", text))

"""The examples of the docstrings run as printed, and every public name has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import mmlcore


def modules() -> list[str]:
    found = [
        info.name
        for info in pkgutil.walk_packages(mmlcore.__path__, "mmlcore.")
        if not info.name.split(".")[1].startswith(("_core", "_cpu"))
    ]
    return ["mmlcore", *found]


@pytest.mark.parametrize("name", modules())
def test_examples_run_as_printed(name: str) -> None:
    module: ModuleType = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(module, optionflags=flags)
    assert result.failed == 0, f"{result.failed} of {result.attempted} examples of {name} differ"


@pytest.mark.parametrize("name", sorted(set(mmlcore.__all__) - {"__version__"}))
def test_every_public_name_explains_itself(name: str) -> None:
    thing = getattr(mmlcore, name)
    if inspect.ismodule(thing) or (
        inspect.isclass(thing) and issubclass(thing, (Exception, tuple))
    ):
        assert thing.__doc__
        return
    text = inspect.getdoc(thing) or ""
    assert ">>>" in text, f"mmlcore.{name} has no example"

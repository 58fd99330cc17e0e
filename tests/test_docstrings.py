"""The examples of the docstrings run as printed, and every public name has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest
from numpy.linalg import LinAlgError

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
    if name.startswith("mmlcore.spark"):
        pytest.skip("they run in one session of Spark: tests/spark")
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


def public_names() -> list[str]:
    """Every name of the package, and of the modules whose names do not stand at the top."""
    names = [f"mmlcore.{name}" for name in mmlcore.__all__ if name != "__version__"]
    for part in (
        "dask",
        "estimators",
        "linalg",
        "optimize.landscapes",
        "optimize.models",
        "optimize.strategies",
        "plot",
        "spark",
    ):
        try:
            module = importlib.import_module(f"mmlcore.{part}")
        except ImportError:  # an extra that is not installed
            continue
        names += [f"mmlcore.{part}.{name}" for name in module.__all__]
    return names


@pytest.mark.parametrize("name", public_names())
def test_docstrings_keep_the_form(name: str) -> None:
    """numpydoc's checks, chosen in pyproject.toml."""
    hooks = pytest.importorskip("numpydoc.hooks.validate_docstrings")
    validate = pytest.importorskip("numpydoc.validate").validate
    thing = importlib.import_module(name.rpartition(".")[0])
    thing = getattr(thing, name.rpartition(".")[2])
    if not (inspect.isclass(thing) or inspect.isroutine(thing)) or thing is LinAlgError:
        return  # a ready model, whose docstring is its formula; a constant; numpy's own
    checks = set(hooks.parse_config(Path(__file__).parents[1])["checks"])
    if inspect.isclass(thing) and "Parameters\n" not in (thing.__doc__ or ""):
        checks -= {"PR01"}  # made by our functions alone
    found = [f"{code} {text}" for code, text in validate(name)["errors"] if code in checks]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("name", ["README.md", "docs/start.md"])
def test_the_pages_run_as_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[1] / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    assert blocks
    before = mmlcore.get_num_threads()
    try:
        for block in blocks:
            exec(compile(block, name, "exec"), {})  # noqa: S102  (our own pages)
    finally:
        mmlcore.set_num_threads(before)
    assert "nan" not in capsys.readouterr().out

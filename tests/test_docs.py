"""What the pages show is what happens."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

import mmlcore as mml

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CHAPTERS = [
    "vectors",
    "matrices",
    "elimination",
    "orthogonal",
    "eigen",
    "graph",
    "stats",
    "decomposition",
]


def blocks(page):
    return re.findall(
        r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


@pytest.fixture
def _same_threads():
    before = mml.get_num_threads()
    yield
    mml.set_num_threads(before)


@pytest.mark.usefixtures("_same_threads")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples(page):
    names: dict[str, object] = {}
    for number, block in enumerate(blocks(page)):
        if ">>>" not in block:
            exec(compile(block, f"{page.name}, block {number}", "exec"), names)  # noqa: S102  (the pages are ours)
            continue
        test = doctest.DocTestParser().get_doctest(block, names, page.name, str(page), number)
        said: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(
            test, out=said.append, clear_globs=False
        )
        names = test.globs
        assert not said, "".join(said)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_has_a_page_with_an_example(chapter):
    assert any(">>>" in block for block in blocks(ROOT / "docs" / f"{chapter}.md"))
    assert f"\n{chapter}\n" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_pictures_are_drawn(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    pictures = importlib.import_module("pictures")
    paths = pictures.draw(tmp_path)
    assert [path.stem for path in paths] == list(pictures.CHAPTERS)
    for path in paths:
        assert path.read_text(encoding="utf-8").count("<path") > 20
        page = (ROOT / "docs" / f"{path.stem}.md").read_text(encoding="utf-8")
        assert f"](_pictures/{path.name})" in page

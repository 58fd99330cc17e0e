"""What the pages show is what happens."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

import mmlcore as mml

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
WRITTEN = {"_build", "api", "gallery", "_benchmarks.md"}  # by the build
PAGES = [
    ROOT / "README.md",
    *(p for p in sorted(DOCS.rglob("*.md")) if WRITTEN.isdisjoint(p.relative_to(DOCS).parts)),
]
CHAPTERS = [
    "vectors",
    "matrices",
    "elimination",
    "singular",
    "orthogonal",
    "eigen",
    "graph",
    "calculus",
    "stats",
    "decomposition",
    "optimize",
    "neural",
]


def blocks(page):
    return re.findall(
        r"^```(?:python|pycon)\n(.*?)^```",
        page.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )


@pytest.fixture
def _same_threads():
    before = mml.get_num_threads()
    yield
    mml.set_num_threads(before)


@pytest.mark.usefixtures("_same_threads")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
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
    assert f"\n{chapter}\n" in (DOCS / "theory.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    """Relative links of the page; a page of the gallery is made from a lab."""
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if re.match(r"[a-z]+:", target) or target.startswith("_pictures/"):
            continue
        lab = re.fullmatch(r"(?:\.\./)*gallery/(\w+)\.rst", target)
        source = (
            DOCS / "labs" / f"{lab[1]}.py" if lab and lab[1] != "index" else page.parent / target
        )
        assert (lab and lab[1] == "index") or source.exists(), f"{page.name}: {target}"


def test_pictures_are_drawn(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    pictures = importlib.import_module("pictures")
    paths = pictures.draw(tmp_path)
    assert [path.stem for path in paths] == list(pictures.CHAPTERS)
    for path in paths:
        assert path.read_text(encoding="utf-8").count("<path") > 20
        page = (ROOT / "docs" / f"{path.stem}.md").read_text(encoding="utf-8")
        assert f"](_pictures/{path.name})" in page


def test_charts_are_drawn_and_shown(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    charts = importlib.import_module("charts")
    rows = charts.measured()
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)
    assert rows[-1][2] < 1.1  # what gains nothing is shown as well
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for path in charts.draw(tmp_path):
        assert path.read_text(encoding="utf-8").count("<path") > 10
        assert f"](_pictures/{path.name})" in pages


def test_every_function_has_others_that_belong_to_it(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    found = importlib.import_module("related").related()
    functions = {n for n in mml.__all__ if callable(getattr(mml, n)) and n[0].islower()}
    assert sorted(functions - set(found)) == []
    for name, others in found.items():
        assert others, name
        assert name not in others
        assert all(hasattr(mml, n) for n in [name, *others])


def test_see_also_goes_before_the_notes(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    with_see_also = importlib.import_module("related").with_see_also
    lines = ["Solve.", "", "Notes", "-----", "x"]
    with_see_also("mmlcore.solve", lines)
    assert lines[2:4] == ["See Also", "--------"]
    assert lines[4].startswith("mmlcore.lstsq, mmlcore.inverse, ")
    assert lines.index("Notes") > 5
    before = list(lines)
    with_see_also("mmlcore.solve", lines)
    with_see_also("mmlcore.nothing", lines)
    assert lines == before


@pytest.mark.parametrize("name", importlib.import_module("mmlcore.plot").__all__)
def test_every_figure_has_a_program_that_draws_it(name, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.syspath_prepend(str(DOCS))
    figures = importlib.import_module("figures")
    (path,) = figures.draw(tmp_path, [name])
    assert path.stat().st_size > 3000
    lines: list[str] = []
    figures.with_figure(f"mmlcore.plot.{name}", lines)
    assert f".. image:: /_pictures/{path.name}" in lines

"""What the build does to the pages: labs begin with an exercise that is folded, figures move, functions are links."""

from __future__ import annotations

import importlib
import json
import re
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LABS = sorted((DOCS / "labs").glob("plot_*.py"))
CHAPTERS = "vectors neighbors matrices elimination singular orthogonal eigen graph calculus stats decomposition optimize neural"


@pytest.fixture
def module(monkeypatch):
    """Import a module of the docs' build by name."""
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)
def test_a_lab_begins_with_its_exercise(lab):
    text = lab.read_text(encoding="utf-8")
    first = re.search(r"\n# %%\n# (.+)\n# -+\n", text)
    assert first
    assert first[1] == "Exercise"
    order = [
        text.index(part)
        for part in ("# Exercise", "# *Hint.* ", "# your lines", "# %%\n# *Solution.* ")
    ]
    assert order == sorted(order)


def test_hint_and_solution_are_folded(module):
    cell = ".. GENERATED FROM PYTHON SOURCE LINES 1-2\n\n"
    code = cell + ".. code-block:: Python\n\n    x = 1\n\n"
    asked = "Exercise\n--------\nDo.\n\n*Hint.* One\nline more.\n\n"
    page = f"Title\n=====\n\n{cell}{asked}{code}{cell}*Solution.* So.\n\n{code}{cell}Next\n----\n{code}"
    folded = module("exercises").folded(page)
    assert folded.count("<details") == folded.count("</details>") == 2
    parts = re.split(r"</?details[^>]*>", folded)
    assert "One\nline more." in parts[1]
    assert "x = 1" not in parts[1]
    assert "So.\n" in parts[3]
    assert "x = 1" in parts[3]
    assert parts[4].index("Next") < parts[4].index("x = 1")
    assert module("exercises").folded("Title\n=====\n") == "Title\n=====\n"


def test_figures_have_a_frame_for_each_place_of_their_controls(module, tmp_path, monkeypatch):
    pytest.importorskip("sphinx_gallery")
    live = module("live")
    monkeypatch.setattr(live, "FRAMES", tmp_path)
    live.watched(None, "lab.py", "before")
    plots = importlib.import_module("mmlcore.plot")
    try:
        seen = []

        def draw(ax, k, name):
            seen.append((k, name))
            ax.set(title=f"{name} {k}", xlabel="x", ylabel="y")

        ax = plots.explore(draw, k=(0.0, 1.0, 0.1), name=["a", "b"])
    finally:
        live.watched(None, "lab.py", "after")
    assert plots.explore is live.ORIGINAL
    (_, line) = live.waiting.pop()
    told = json.loads(unescape(re.search(r'data-controls="([^"]+)"', line)[1]))
    assert [control["name"] for control in told] == ["k", "name"]
    assert told[0]["values"][told[0]["start"]] == "0.5"
    assert told[1]["menu"]
    frames = len(told[0]["values"]) * len(told[1]["values"])
    assert len(list((tmp_path / "live").glob("lab_0_*.webp"))) == frames == len(seen) - 1
    assert ax.get_title() == "a 0.5"
    assert 'alt="a 0.5; y against x"' in line


@pytest.mark.parametrize(
    "controls",
    [
        {"a": (0, 5)},
        {"a": (0.0, 1.0)},
        {"a": (0.0, 5.0, 0.1), "b": (1.0, 6.0, 0.1), "c": (2, 20)},
        {"a": [0.0, 0.1, 0.2], "b": (-1.0, 1.0, 0.05)},
        dict.fromkeys("abcde", (0.0, 40.0)),
    ],
    ids=str,
)
def test_few_frames_with_the_start_among_them(module, controls):
    pytest.importorskip("sphinx_gallery")
    live = module("live")
    values = live.grid(controls)
    starts = {name: live.started(control) for name, control in controls.items()}
    drawn = live.frames(values, starts)
    assert starts in drawn
    assert len(drawn) <= live.MOST
    for name, control in controls.items():
        own = values[name]
        assert own == sorted(own) or isinstance(control, list)
        assert len(own) > 1


def test_functions_that_a_page_names_are_links(module):
    pytest.importorskip("docutils")
    names = module("links").documented()
    assert names["solve"] == "mmlcore.solve"
    assert names["plot.explore"] == "mmlcore.plot.explore"
    called = module("links").CALLED
    for text in ("solve", "mml.solve", "mmlcore.solve", "solve(a, b)", "mml.solve(a, b)"):
        assert called.match(text)[1] == "solve"
    assert not called.match("x[0]")


@pytest.mark.parametrize("chapter", CHAPTERS.split())
def test_theory_defines_and_proves(chapter):
    text = (DOCS / f"{chapter}.md").read_text(encoding="utf-8")
    assert "*Proof.*" in text
    assert text.count("*Proof.*") == text.count("∎")


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)
def test_code_is_not_cut(lab):
    """A line of code has at most 88 characters, which is the width of a page at 1280 pixels."""
    text = lab.read_text(encoding="utf-8")
    code = text.split('"""', 2)[2].splitlines()
    assert [line for line in code if len(line) > 88 and not line.startswith("#")] == []


def test_no_change_is_told_twice():
    """Merges leave such lines."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = re.findall(r"(?m)^- ((?:.+\n(?:  .+\n)*))", text)
    words = [re.sub(r"\s+", " ", change) for change in told]
    assert len(words) > 100
    assert sorted({change for change in words if words.count(change) > 1}) == []

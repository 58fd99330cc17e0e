"""Configuration of the documentation."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # pictures.py, charts.py, and the package `bench`

import live
from exercises import folded
from links import linked

live.FRAMES.mkdir(exist_ok=True)

project = "mmlcore"
author = copyright = "The mmlcore developers"  # noqa: A001  (Sphinx's name)
version = release = importlib.metadata.version("mmlcore")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",  # the pages load nothing from elsewhere
]
source_suffix = [".md", ".rst"]
# The gallery writes the pages of the labs; the table of the benchmarks is included.
exclude_patterns = ["_build", "_benchmarks.md", "labs", "_live"]
suppress_warnings = ["config.cache"]  # the gallery is given functions
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 2
autosummary_generate = True
default_role = "autolink"  # `name` is a link where it is the name of a page
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # types and shapes stand in the docstrings
numpydoc_show_class_members = False
# array_like, ndarray and the like are words; public names of this package must be found.
nitpick_ignore_regex = [("py:.*", r"(?!mmlcore).*|mmlcore\.(.*\.)?_.*")]

html_theme = "pydata_sphinx_theme"
html_title = f"mmlcore {version.partition('.dev')[0]}"
html_static_path = ["_static", "_live"]
html_css_files = ["mmlcore.css"]
html_js_files = [("live.js", {"defer": "defer"})]
html_show_sourcelink = False
html_sidebars = {"benchmarks": [], "index": []}
html_theme_options = {
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
}

sphinx_gallery_conf = {
    "abort_on_example_error": True,
    "capture_repr": (),  # what a lab says, it prints
    "backreferences_dir": "api/backreferences",
    "doc_module": ("mmlcore",),
    "download_all_examples": False,
    "examples_dirs": "labs",
    "filename_pattern": r"/plot_",
    "gallery_dirs": "gallery",
    "image_scrapers": (live.scraper,),
    "min_reported_time": 1,
    "plot_gallery": "True",
    "reference_url": {"mmlcore": None},
    "reset_modules": ("matplotlib", live.watched),
    "reset_modules_order": "both",
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "within_subsection_order": "FileNameSortKey",
}


def before(_: Any) -> None:
    """Draw the pictures of the chapters and write the table of the benchmarks, before the pages are read."""
    import charts  # noqa: PLC0415  (matplotlib is needed by a build alone)
    import figures  # noqa: PLC0415
    import pictures  # noqa: PLC0415
    from bench.report import chapters  # noqa: PLC0415

    pictures.draw(HERE / "_pictures")
    charts.draw(HERE / "_pictures")
    figures.draw(HERE / "_pictures")
    (HERE / "_benchmarks.md").write_text(chapters(), encoding="utf-8")


def initials(
    _app: Any, _what: str, _name: str, _thing: Any, _options: Any, lines: list[str]
) -> None:
    """Keep the initial of a reference's first author from starting a list that counts A., B., C."""
    lines[:] = [re.sub(r"^(\.\. \[[^\]]+\] )(?=[A-Z]\. )", r"\1\\", line) for line in lines]


def see_also(_app: Any, what: str, name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    """Name the functions that belong to one, before numpydoc reads the docstring."""
    from related import with_see_also  # noqa: PLC0415

    if what in ("function", "class"):
        with_see_also(name, lines)


def figure(_app: Any, _what: str, name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    """Show what a function draws, behind what numpydoc has made of its docstring."""
    from figures import with_figure  # noqa: PLC0415

    with_figure(name, lines)


def tidied(_app: Any, page: str, source: list[str]) -> None:
    """Leave out the empty line that ends an example in Markdown, which doctest needs; fold the solutions of the labs."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n")
    if page.startswith("gallery/plot_"):
        source[0] = folded(source[0])


def with_links(app: Any, tree: Any) -> None:
    """Link the functions that the pages name; pages of functions have their own "See Also"."""
    if not app.env.docname.startswith("api/"):
        linked(app, tree)


def setup(app: Any) -> None:
    """Run what must come before reading, and after numpydoc."""
    app.connect("builder-inited", before)
    app.connect("source-read", tidied)
    app.connect("doctree-read", with_links)
    app.connect("autodoc-process-docstring", see_also, priority=100)
    app.connect("autodoc-process-docstring", figure, priority=800)
    app.connect("autodoc-process-docstring", initials, priority=900)

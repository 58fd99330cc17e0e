"""Configuration of the documentation."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # pictures.py, and the package `bench`

project = "mmlcore"
author = copyright = "The mmlcore developers"  # noqa: A001  (Sphinx's name)
version = release = importlib.metadata.version("mmlcore")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",  # the pages load nothing from elsewhere
]
source_suffix = [".md", ".rst"]
# The gallery writes the pages of the labs; the table of the benchmarks is included.
exclude_patterns = ["_build", "_benchmarks.md", "labs"]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 2
autosummary_generate = True
numpydoc_show_class_members = False
# array_like, ndarray and the like are words; public names of this package must be found.
nitpick_ignore_regex = [("py:.*", r"(?!mmlcore).*|mmlcore\.(.*\.)?_.*")]
linkcheck_ignore = [r"https?://"]  # other people's sites are not our build's business

html_theme = "pydata_sphinx_theme"
html_title = f"mmlcore {version.partition('.dev')[0]}"
html_static_path = ["_static"]
html_css_files = ["mmlcore.css"]
html_show_sourcelink = False
html_sidebars = {"benchmarks": [], "index": []}
html_theme_options = {
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
}

sphinx_gallery_conf = {
    "abort_on_example_error": True,
    "backreferences_dir": "api/backreferences",
    "doc_module": ("mmlcore",),
    "download_all_examples": False,
    "examples_dirs": "labs",
    "filename_pattern": r"/plot_",
    "gallery_dirs": "gallery",
    "min_reported_time": 1,
    "plot_gallery": "True",
    "reference_url": {"mmlcore": None},
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "within_subsection_order": "FileNameSortKey",
}


def before(_: Any) -> None:
    """Draw the pictures of the chapters and write the table of the benchmarks, before the pages are read."""
    import pictures  # noqa: PLC0415  (matplotlib is needed by a build alone)
    from bench.report import chapters  # noqa: PLC0415

    pictures.draw(HERE / "_pictures")
    (HERE / "_benchmarks.md").write_text(chapters(), encoding="utf-8")


def setup(app: Any) -> None:
    """Run what must come before reading."""
    app.connect("builder-inited", before)

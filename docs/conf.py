"""Configuration of the documentation."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "mmlcore"
author = copyright = "The mmlcore developers"  # noqa: A001  (Sphinx's name)
version = release = importlib.metadata.version("mmlcore")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
]
source_suffix = [".md", ".rst"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 2
html_theme = "furo"
html_title = f"mmlcore {version}"
autosummary_generate = True
numpydoc_show_class_members = False
nitpick_ignore_regex = [("py:.*", r".*")]  # array_like, ndarray and the like are words, not links


def setup(app: Any) -> None:
    """Draw the pictures of the chapters before the pages are read."""
    import pictures  # noqa: PLC0415  (matplotlib is needed by a build alone)

    app.connect("builder-inited", lambda _: pictures.draw(HERE / "_pictures"))

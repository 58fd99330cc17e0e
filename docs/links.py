"""Names of functions in the text are links to their pages, the first time that a section has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes

HERE = Path(__file__).parent
CALLED = re.compile(r"(?:mmlcore\.|mml\.)?([A-Za-z_][\w.]*?)(?:\([^()]*\))?\Z")


def documented() -> dict[str, str]:
    """Return the full name of each public name that has a page, by how a text may write it."""
    found: dict[str, str] = {}
    for page in sorted((HERE / "functions").glob("*.rst")):
        text = page.read_text(encoding="utf-8")
        module = re.search(r"\.\. currentmodule:: ([\w.]+)", text)
        within = module[1] if module else "mmlcore"
        for name in re.findall(r"(?m)^   ([A-Za-z_]\w*)$", text):
            full = f"{within}.{name}"
            found[full.removeprefix("mmlcore.")] = full
    return found


def linked(app: Any, tree: nodes.document) -> None:
    """Make links of the inline code of a page."""
    names = documented()
    seen: set[tuple[int, str]] = set()
    for code in list(tree.findall(nodes.literal)):
        name = CALLED.match(code.astext())
        section, above = code.parent, []
        while section is not None and not isinstance(section, nodes.section):
            above.append(section)
            section = section.parent
        if not name or name[1] not in names or (id(section), name[1]) in seen:
            continue
        if any(
            isinstance(n, (nodes.reference, nodes.title, addnodes.pending_xref, addnodes.desc))
            for n in above
        ):
            continue
        seen.add((id(section), name[1]))
        link = addnodes.pending_xref(
            "",
            refdomain="py",
            reftype="obj",
            reftarget=names[name[1]],
            refexplicit=True,
            refdoc=app.env.docname,
        )
        code.replace_self(link)
        link += code

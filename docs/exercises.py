"""The exercise at the head of a lab: its page folds the hint and the solution, in `<details>` that need no JavaScript.

In the script, and in the notebook that is made from it, a hint is a paragraph that begins with *Hint.*, and a solution the code
behind a text that begins with *Solution.*
"""

from __future__ import annotations

import re

CELL = re.compile(r"(?m)^(?=\.\. GENERATED FROM PYTHON SOURCE LINES)")
CODE = re.compile(r"\A.*\n\s*\.\. code-block:: Python")
CLOSED = "\n.. raw:: html\n\n    </details>\n\n"


def opened(name: str) -> str:
    """Return what begins a folded part."""
    return f"\n.. raw:: html\n\n    <details class='exercise'><summary>{name}</summary>\n\n"


def folded(page: str) -> str:
    """Return the page of a lab, as sphinx-gallery wrote it, with hint and solution folded."""
    cells, within = [], False
    for cell in CELL.split(page):
        if within and not CODE.match(cell):
            cells.append(CLOSED)
            within = False
        hinted = re.sub(
            r"(?m)^\*Hint\.\* ((?:.+\n?)+)",
            lambda found: opened("Hint") + found[1] + CLOSED,
            cell,
        )
        solved = re.sub(r"(?m)^\*Solution\.\* ", lambda _: opened("Solution"), hinted)
        within = within or solved != hinted
        cells.append(solved)
    return "".join(cells) + (CLOSED if within else "")

"""The dependency graphs that every computer carries: Debian's packages and Python's, from their own metadata."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mmlcore.core.arrays import Array

DPKG = Path("/var/lib/dpkg/status")
_NAME = re.compile(r"^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_EXTRA = re.compile(r"\bextra\s*(==|in\b)")


def debian_packages(status: Path = DPKG) -> dict[str, set[str]]:
    """Installed Debian packages and the installed ones that each depends on; empty where there is no dpkg."""
    try:
        text = status.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    wants: dict[str, list[list[str]]] = {}
    offers: dict[str, str] = {}
    for stanza in text.split("\n\n"):
        fields = _fields(stanza)
        name = fields.get("Package", "")
        if not name or not fields.get("Status", "").endswith(" installed"):
            continue
        offers[name] = name
        for provided in _alternatives(fields.get("Provides", "")):
            offers.setdefault(provided[0], name)
        needs = f"{fields.get('Pre-Depends', '')},{fields.get('Depends', '')}"
        wants.setdefault(name, []).extend(_alternatives(needs))
    return {
        name: {
            offers[first]
            for group in groups
            if (first := next((n for n in group if n in offers), ""))
        }
        - {name}
        for name, groups in wants.items()
    }


def python_packages() -> dict[str, set[str]]:
    """Installed Python packages and the installed ones that each requires, extras left out."""
    wants: dict[str, set[str]] = {}
    for distribution in importlib.metadata.distributions():
        name = (distribution.metadata["Name"] or "") if distribution.metadata else ""
        if name:
            wants.setdefault(normal(name), set()).update(requirements(distribution.requires or []))
    return {
        name: {need for need in needs if need in wants and need != name}
        for name, needs in wants.items()
    }


def requirements(lines: Iterable[str]) -> set[str]:
    """Names in requirement lines, those that belong to an extra left out."""
    found = set()
    for line in lines:
        needed, _, marker = line.partition(";")
        match = _NAME.match(needed)
        if match and not _EXTRA.search(marker):
            found.add(normal(match[1]))
    return found


def normal(name: str) -> str:
    """One spelling of a Python package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def as_edges(wants: dict[str, set[str]]) -> tuple[list[str], Array, Array]:
    """Return names, and source and target of each edge from a package to what it needs."""
    names = sorted(wants)
    index = {name: i for i, name in enumerate(names)}
    pairs = [(index[name], index[need]) for name in names for need in sorted(wants[name])]
    source, target = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return names, np.ascontiguousarray(source), np.ascontiguousarray(target)


def _fields(stanza: str) -> dict[str, str]:
    lines = (line.partition(":") for line in stanza.replace("\n ", " ").splitlines())
    return {key: value.strip() for key, colon, value in lines if colon}


def _alternatives(relation: str) -> list[list[str]]:
    """Parse ``a (>= 1) | b:any, c`` into [[a, b], [c]]."""
    groups = [
        [re.split(r"[\s(:\[]", item.strip(), maxsplit=1)[0] for item in group.split("|")]
        for group in relation.split(",")
    ]
    return [names for group in groups if (names := [name for name in group if name])]

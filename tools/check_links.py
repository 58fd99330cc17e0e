"""`python tools/check_links.py FOLDER`: every link of a built site to itself leads to a page and a place on it."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script", "img", "link"}  # what a page loads, not what it points to


class Page(HTMLParser):
    """The places and the links of a page."""

    def __init__(self, path: Path) -> None:
        """Read the file."""
        super().__init__()
        self.places: set[str] = set()
        self.links: list[tuple[str, str]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep names and targets."""
        for key, value in attrs:
            if value and key in ("id", "name"):
                self.places.add(value)
            elif value and key in ("href", "src"):
                self.links.append((tag, value))


def wrong(folder: Path) -> list[str]:
    """Return a line for each link that leads nowhere, and for each file that a page loads from elsewhere."""
    files = [path.resolve() for path in folder.rglob("*.html") if "_static" not in path.parts]
    pages = {path: Page(path) for path in files}
    found = set()
    for path, page in pages.items():
        if "_modules" in path.parts:
            continue  # sources, which point back to one of the pages where a method is described
        for tag, link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if tag in LOADED and parts.scheme != "data":
                    found.add(f"{path.relative_to(folder.resolve())}: loads {link}")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not target.exists() or (
                place and target in pages and place not in pages[target].places
            ):
                found.add(f"{path.relative_to(folder.resolve())}: {link}")
    return sorted(found)


if __name__ == "__main__":
    lines = wrong(Path(sys.argv[1]))
    sys.exit("\n".join(lines) if lines else 0)

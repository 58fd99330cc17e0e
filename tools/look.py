"""`python tools/look.py SITE [PAGE ...]`: look at the built pages as a reader does, in headless Chromium.

Each page at widths of 1280 and 420 pixels, light and dark: errors of the console, text with too little contrast (WCAG AA),
images without a description, controls without a label, code that is cut at 1280, pages that are wider than the screen. With
`--shots FOLDER` pictures of the pages are kept. Needs chromium, and tornado, which comes with the docs' Dask.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tornado.websocket import websocket_connect

WIDTHS = (1280, 420)
SEEN = """
(width, wide) => {
  const said = [];
  const name = (node) => (node.textContent || node.outerHTML).trim().replace(/\\s+/g, " ").slice(0, 60);
  const hidden = (node) => !node.getClientRects().length || getComputedStyle(node).visibility === "hidden";
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {  // of any notation
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((v, k) => (k === 3 ? v / 255 : v));
  };
  const over = (top, below) => [0, 1, 2].map((k) => top[k] * top[3] + below[k] * (1 - top[3])).concat(1);
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, share, k) => {
    const v = c[k] / 255;
    return sum + share * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || hidden(node) || node.closest("mjx-container, script, style, noscript")) continue;
    const style = getComputedStyle(node);
    const back = behind(node);
    const [a, b] = [light(over(rgba(style.color), back)), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const key = style.color + back;
    if (ratio >= (large ? 3 : 4.5) || seen.has(key)) continue;
    seen.add(key);
    said.push(`contrast ${ratio.toFixed(2)} of "${name(node)}" (${style.color} on ${back.map(Math.round)})`);
  }
  for (const image of document.images) {
    const told = image.alt.trim() || image.closest(".sphx-glr-thumbcontainer");  // whose link is named
    if (!hidden(image) && !told) said.push(`no description of ${image.src.split("/").pop()}`);
    if (!image.complete || !image.naturalWidth) said.push(`not loaded: ${image.src.split("/").pop()}`);
  }
  for (const control of document.querySelectorAll("input, select, button, textarea")) {
    const told = control.labels?.length || control.ariaLabel || control.title || control.textContent.trim();
    if (!hidden(control) && !told && !control.placeholder) said.push(`no label of ${control.outerHTML.slice(0, 70)}`);
  }
  if (document.documentElement.scrollWidth > width + 1) {
    const out = [...document.body.querySelectorAll("*")].filter((n) => n.getBoundingClientRect().right > width + 1);
    said.push(`wider than the screen: ${document.documentElement.scrollWidth}, by ${out.slice(-1).map(name)}`);
  }
  for (const code of wide ? document.querySelectorAll("pre") : []) {
    if (!hidden(code) && code.scrollWidth > code.clientWidth + 1) said.push(`code is cut: ${name(code)}`);
  }
  return said;
}
"""


class Browser:
    """A tab of headless Chromium, by its protocol."""

    def __init__(self, connection: Any) -> None:
        """Keep the connection."""
        self.connection, self.count, self.errors = connection, 0, []  # type: ignore[var-annotated]

    async def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its answer; keep what the console says on the way."""
        self.count += 1
        await self.connection.write_message(
            json.dumps({"id": self.count, "method": method, "params": parameters})
        )
        while True:
            message = json.loads(await self.connection.read_message())
            self.listen(message)
            if message.get("id") == self.count:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]

    async def wait(self, event: str) -> None:
        """Wait for an event."""
        while True:
            message = json.loads(await self.connection.read_message())
            self.listen(message)
            if message.get("method") == event:
                return

    def listen(self, message: dict[str, Any]) -> None:
        """Keep the errors of a page."""
        told = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(
                str(told["exceptionDetails"].get("exception", {}).get("description"))
            )
        elif message.get("method") == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.errors.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")

    async def look(self, page: Path, width: int, dark: bool, shot: Path | None) -> list[str]:
        """Open a page and return what is wrong with it."""
        self.errors.clear()
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=2000,
            deviceScaleFactor=1,
            mobile=width < WIDTHS[0],
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.ask("Emulation.setEmulatedMedia", features=[scheme])
        await self.ask("Page.navigate", url=page.resolve().as_uri())
        await self.wait("Page.loadEventFired")
        await asyncio.sleep(0.5)  # formulas
        lazy = "document.querySelectorAll('img').forEach((i) => { i.loading = 'eager'; })"
        await self.ask("Runtime.evaluate", expression=lazy)
        await asyncio.sleep(0.2)
        call = f"({SEEN})({width}, {json.dumps(width == WIDTHS[0])})"
        found = await self.ask("Runtime.evaluate", expression=call, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["exception"]["description"])
        if shot:
            data = await self.ask(
                "Page.captureScreenshot", format="png", captureBeyondViewport=True
            )
            shot.write_bytes(base64.b64decode(data["data"]))
        return [*dict.fromkeys(self.errors), *found["result"]["value"]]


async def run(pages: list[Path], site: Path, shots: Path | None, schemes: tuple[bool, ...]) -> int:
    """Look at all pages; print and count what is wrong."""
    program = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    )
    with tempfile.TemporaryDirectory() as home:
        options = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--allow-file-access-from-files",
        ]
        command = [
            program,
            *options,
            "--remote-debugging-port=0",
            f"--user-data-dir={home}",
            "about:blank",
        ]
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
        try:
            port = Path(home, "DevToolsActivePort")
            while not port.exists() or not port.read_text(encoding="utf-8").strip():
                await asyncio.sleep(0.1)
            number, path = port.read_text(encoding="utf-8").split()
            top = Browser(await websocket_connect(f"ws://127.0.0.1:{number}{path}"))
            target = (await top.ask("Target.createTarget", url="about:blank"))["targetId"]
            place = f"ws://127.0.0.1:{number}/devtools/page/{target}"
            tab = Browser(await websocket_connect(place, max_message_size=1 << 28))
            for domain in ("Page", "Runtime", "Log"):
                await tab.ask(f"{domain}.enable")
            count = 0
            for page in pages:
                for width in WIDTHS:
                    for dark in schemes:
                        label = f"{page.relative_to(site)} {width}{' dark' if dark else ''}"
                        file = (
                            shots / f"{label.replace('/', '-').replace(' ', '-')}.png"
                            if shots
                            else None
                        )
                        for line in await tab.look(page, width, dark, file):
                            print(f"{label}: {line}", flush=True)
                            count += 1
            return count
        finally:
            process.terminate()
            await process.wait()


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("site", type=Path)
    parser.add_argument(
        "pages",
        nargs="*",
        help="such as gallery/plot_1_6_pagerank.html; default: all but those of functions",
    )
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--light", action="store_true", help="not the dark pages")
    given = parser.parse_args()
    site = given.site.resolve()
    skipped = {"_static", "_modules", "generated"}
    every = (
        p for p in sorted(site.rglob("*.html")) if skipped.isdisjoint(p.relative_to(site).parts)
    )
    pages = [site / page for page in given.pages] or list(every)
    if given.shots:
        given.shots.mkdir(parents=True, exist_ok=True)
    count = asyncio.run(run(pages, site, given.shots, (False,) if given.light else (False, True)))
    sys.exit(f"{count} findings" if count else 0)


if __name__ == "__main__":
    main()

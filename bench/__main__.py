"""`python -m bench [chapter ...] [-k TEXT] [--json FILE]`: runs the benchmarks, prints the table, writes the JSON."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from bench.harness import cautions, run, write

HERE = Path(__file__).parent
OTHERS = {"__init__", "__main__", "conftest", "harness", "report", "scale"}
CHAPTERS = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in OTHERS)


def main() -> int:
    """Run the chapters named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "chapters", nargs="*", metavar="chapter", help=f"of {', '.join(CHAPTERS)}; all by default"
    )
    parser.add_argument(
        "-k",
        default="",
        metavar="TEXT",
        help="only cases whose title (chapter: name vs peer) contains TEXT",
    )
    parser.add_argument("--json", type=Path, help="write or update this file")
    options = parser.parse_args()
    if unknown := set(options.chapters) - set(CHAPTERS):
        parser.error(f"no chapter {', '.join(sorted(unknown))}; there are {', '.join(CHAPTERS)}")
    for caution in cautions():
        print("not to be published:", caution, file=sys.stderr)
    wrong = False
    for name in options.chapters or CHAPTERS:
        cases = getattr(importlib.import_module(f"bench.{name}"), "CASES", [])
        results = run(case for case in cases if options.k in str(case))
        # Chapter by chapter: a later one that fails takes none with it.
        if options.json and results:
            write(options.json, results)
        wrong |= any(row["verdict"] == "wrong" for row in results)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.sweep [chapter ...]`: draws ordinary calls at random and says which are slower than the best peer."""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.sweep import floor, summary
from bench.sweep.measure import Result, beside, measure
from bench.sweep.table import Entry, Row, chapters, chosen, draw
from mmlcore._bench import cautions, machine


def numbers(seed: int, count: int, wanted: list[str]) -> Iterator[tuple[int, Entry]]:
    """The first row numbers whose entries belong to the chapters."""
    number = found = 0
    while found < count:
        which = chosen(seed, number)
        if not wanted or which.chapter in wanted:
            found += 1
            yield number, which
        number += 1


def rows(options: argparse.Namespace) -> Iterator[Row | Result]:
    """Draw the rows that were asked for; a draw that fails is a wrong row."""
    text = options.row
    if text and text.isdigit():
        picked: Any = [(int(text), chosen(options.seed, int(text)))]
    else:
        picked = numbers(options.seed, options.rows, options.chapters)
    for number, which in picked:
        try:
            row = draw(options.seed, number, which)
        except Exception:  # noqa: BLE001  (a draw that calls us, such as a fit, may find us wrong)
            wrong = traceback.format_exc().splitlines()[-1]
            yield Result(options.seed, number, which.chapter, which.name, which.name, wrong=wrong)
            continue
        if not text or text.isdigit() or text in row.title:
            yield row


def run(options: argparse.Namespace) -> list[Result]:
    """Measure the rows, and say every so often how far it is."""
    results = []
    one = beside if options.no_rest else measure
    start = time.perf_counter()
    for row in rows(options):
        results.append(row if isinstance(row, Result) else one(row))
        if options.row:
            print(summary.line(results[-1]), flush=True)
        elif len(results) % 50 == 0:
            spent = time.perf_counter() - start
            print(f"{len(results)} rows, {spent:.0f} s", file=sys.stderr, flush=True)
    return results


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; 1 when a result was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.sweep", description=__doc__)
    parser.add_argument("chapters", nargs="*", metavar="chapter", help="all by default")
    parser.add_argument(
        "--rows", type=int, default=200, metavar="N", help="how many; 200 by default"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="other seeds, other rows")
    parser.add_argument(
        "--row", metavar="NUMBER|TEXT", help="one row, or those with this in their titles"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rows to this file")
    parser.add_argument(
        "--floor", action="store_true", help="the price of a small call of each function"
    )
    parser.add_argument(
        "--no-rest", action="store_true", help="no rest between blocks: beside products of numpy"
    )
    parser.add_argument(
        "--ratchet",
        action="store_true",
        help="status 1, too, where the rows are far below what they were: loose bounds, for any machine",
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.chapters) - {
        *chapters(),
        *(("core", "neural") if options.floor else ()),
    }:
        parser.error(f"no chapter {', '.join(sorted(unknown))}; there are {', '.join(chapters())}")
    for caution in cautions():
        print("not to be published:", caution, file=sys.stderr)
    document: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "cautions": cautions(),
        "seed": options.seed,
        "rest": not options.no_rest,
    }
    with warnings.catch_warnings():
        # Peers warn of what they lose; what they lose is looked at.
        warnings.simplefilter("ignore")
        if options.floor:
            found = floor.prices(options.chapters)
            print(floor.text(found))
            document["floor"] = [p.as_dict() for p in found]
            wrong = any(p.wrong for p in found)
        else:
            results = run(options)
            print(summary.text(results))
            document["rows"] = [r.as_dict() for r in results]
            document["summary"] = [vars(s) | {"share": s.share} for s in summary.summaries(results)]
            wrong = any(r.wrong for r in results)
            if options.ratchet and (fallen := summary.fallen(results)):
                print(fallen)
                wrong = True
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

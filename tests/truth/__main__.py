"""Look for wrong answers: ``python -m tests.truth [--seconds N] [--first K] [--draw K] [function ...]``.

A finding is one line, which ends with the command that shows it again.
"""

from __future__ import annotations

import argparse
import sys
import traceback

from tests.truth import chapters  # noqa: F401  (fills EXPLORERS)
from tests.truth.registry import EXPLORERS, draw, explore


def main() -> int:
    """Explore; 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("function", nargs="*", help="all of them without a name")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each function")
    parser.add_argument("--first", type=int, default=0, help="the number of the first draw")
    parser.add_argument("--draw", type=int, help="one draw, with the whole traceback")
    parser.add_argument(
        "--findings", type=int, default=3, help="of one function, then the next one"
    )
    options = parser.parse_args()
    names = options.function or sorted(EXPLORERS)
    if unknown := [name for name in names if name not in EXPLORERS]:
        parser.error(
            f"no explorer of {', '.join(unknown)}; there are {', '.join(sorted(EXPLORERS))}"
        )
    if options.draw is not None:
        for name in names:
            try:
                EXPLORERS[name](draw(name, options.draw))
            except Exception:
                traceback.print_exc()
                return 1
        return 0
    total = found = 0
    for name in names:
        here = 0
        for number, wrong in explore(name, options.seconds, options.first):
            total += 1
            if wrong:
                here += 1
                print(f"{name}: {wrong} | python -m tests.truth {name} --draw {number}", flush=True)
            if here >= options.findings:
                break
        found += here
    print(f"{total} draws of {len(names)} functions, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

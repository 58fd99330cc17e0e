"""Count the instructions of hot kernels under callgrind, and compare them with the budgets that are kept.

    python tools/count_instructions.py            compare; the exit status is 1 where a kernel takes 5 % more
    python tools/count_instructions.py --update   write new budgets: say in the commit why they changed

Times differ from run to run and from machine to machine; instructions of one build do not. Needs valgrind, which knows no
AVX-512: the level x86-64-v3 is counted. A budget holds for the compiler that is named with it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BUDGETS = Path(__file__).with_name("instructions.json")
LEVEL = "x86-64-v3"
SLACK = 0.05
SETUP = """
import numpy as np, mmlcore as mml
mml.set_num_threads(1)
rng = np.random.default_rng(0)
a, b = rng.standard_normal((2000, 4, 4)), rng.standard_normal((200, 200))
tall, ends = rng.standard_normal((20_000, 12)), rng.integers(0, 3000, (2, 30_000))
graph = mml.Graph.from_edges(*ends)
time = np.linspace(0, 4, 40)
curves = 2 * np.exp(-1.3 * time) + 0.01 * rng.standard_normal((300, 40))
decay = lambda x, a, b: a * np.exp(-b * x)
bowl = mml.Function(lambda x: np.sum(np.sin(x) * x), 12)
"""
KERNELS = {
    "solve 2000 of 4x4": "mml.solve(a, a)",
    "solve 200": "mml.solve(b, b)",
    "matmul 200": "mml.matmul(b, b)",
    "gram_schmidt 20000 x 12": "mml.gram_schmidt(tall)",
    "covariance 20000 x 12": "mml.covariance(tall)",
    "eigh 2000 of 4x4": "mml.eigh(a)",
    "pagerank 30000 edges": "mml.pagerank(graph)",
    "gradient 20000 points": "bowl.gradient(tall)",
    "curve_fit_batch 300": "mml.curve_fit_batch(decay, time, curves, [1.0, 1.0])",
}


def counted(program: str, folder: Path) -> int:
    """Return the instructions of a program."""
    out = folder / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", sys.executable, "-c"]
    env = {**os.environ, "MMLCORE_ISA": LEVEL, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([*command, program], capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    found = re.search(r"^(?:summary|totals): (\d+)", out.read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return int(found[1])


def measured(folder: Path) -> dict[str, int]:
    """Instructions of one call of each kernel: a program that calls all, and what three calls more of one add to it."""
    result = {}
    once = SETUP + "\n".join(KERNELS.values())
    base = counted(once, folder)
    for name, call in KERNELS.items():
        result[name] = (counted(f"{once}\nfor _ in range(3): {call}", folder) - base) // 3
        print(f"{name:28s}{result[name]:15,d}", flush=True)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="write new budgets")
    args = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is missing: `apt install valgrind`, or leave this check out.")
    from mmlcore.core.config import config  # noqa: PLC0415  (what is measured need not be there for --help)

    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder))
    if args.update:
        kept = {"compiler": config()["compiler"], "level": LEVEL, "instructions": found}
        BUDGETS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
        return 0
    kept = json.loads(BUDGETS.read_text(encoding="utf-8"))
    if kept["compiler"] != config()["compiler"]:
        print(f"The budgets are those of {kept['compiler']}; this is {config()['compiler']}.")
    over = {
        name: count / kept["instructions"][name] - 1
        for name, count in found.items()
        if count > kept["instructions"][name] * (1 + SLACK)
    }
    for name, share in over.items():
        print(f"{name}: {share:.1%} more than its budget")
    return bool(over)


if __name__ == "__main__":
    sys.exit(main())

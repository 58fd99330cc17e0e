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
REPEATS = 3
MARK = "getppid"  # a function of the C library that nothing else calls: each call ends a section of the profile
SETUP = """
import os
import numpy as np, mmlcore as mml
mml.set_num_threads(1)
rng = np.random.default_rng(0)
normal = rng.standard_normal
times = range(100)
a, b, m30 = normal((2000, 4, 4)), normal((200, 200)), normal((30, 30))
s4, s30, s200 = a[0] @ a[0].T, m30 @ m30.T, b @ b.T
tall, ends = normal((20_000, 12)), rng.integers(0, 3000, (2, 30_000))
few, bytes_ = normal((50, 5)), rng.integers(0, 256, (500, 64), dtype=np.uint8)
u, v = normal((2, 7))
short, slant = normal((5000, 5)), np.asfortranarray(normal((1000, 90)))
metric = np.eye(5) + 0.1
graph = mml.Graph.from_edges(*ends)
time = np.linspace(0, 4, 40)
curves = 2 * np.exp(-1.3 * time) + 0.01 * normal((300, 40))
decay = lambda x, a, b: a * np.exp(-b * x)
bowl = mml.Function(lambda x: np.sum(np.sin(x) * x), 12)
targets = tall @ np.arange(12.0)
pca = mml.PCA(3).fit(tall)
"""
KERNELS = {
    "inner, 100 small calls": "for _ in times: mml.inner(u, v)",
    "cosine, 100 small calls": "for _ in times: mml.cosine(u, v)",
    "solve, 100 small calls": "for _ in times: mml.solve(s4, s4)",
    "einsum, 100 small calls": "for _ in times: mml.einsum('ij,jk->ik', s4, s4)",
    "cosine 5000 of 5": "mml.cosine(short, short[::-1])",
    "length 1000 of 90, F order": "mml.length(slant)",
    "distance 5000 of 5 in a metric": "mml.distance(short, short[::-1], metric=metric)",
    "pairwise_distances 500 x 500 x 12": "mml.pairwise_distances(tall[:500])",
    "nearest_neighbors 500 in 2000": "mml.nearest_neighbors(tall[:2000], tall[:500], 5)",
    "matmul 200": "mml.matmul(b, b)",
    "matmul 2000 of 4x4": "mml.matmul(a, a)",
    "matrix times vector 20000 x 12": "mml.matmul(tall, tall[0])",
    "solve 2000 of 4x4": "mml.solve(a, a)",
    "solve 200": "mml.solve(b, b)",
    "inverse 2000 of 4x4": "mml.inverse(a)",
    "inverse 30": "mml.inverse(m30)",
    "determinant 2000 of 4x4": "mml.determinant(a)",
    "lu 200": "mml.lu(b)",
    "qr 2000 of 4x4": "mml.qr(a)",
    "qr 200": "mml.qr(b)",
    "gram_schmidt 20000 x 12": "mml.gram_schmidt(tall)",
    "project 20000 x 12": "mml.project(tall, tall[:12, :3])",
    "rank 2000 of 4x4": "mml.rank(a)",
    "svd 2000 of 4x4": "mml.svd(a)",
    "svd 30": "mml.svd(m30)",
    "eigh 2000 of 4x4": "mml.eigh(a)",
    "eigh 30": "mml.eigh(s30)",
    "eigh 200": "mml.eigh(s200)",
    "eig 30": "mml.eig(m30)",
    "pagerank 30000 edges": "mml.pagerank(graph)",
    "mean 20000 x 12": "mml.mean(tall)",
    "mean of rows 20000 x 12": "mml.mean(tall, axis=1)",
    "covariance 20000 x 12": "mml.covariance(tall)",
    "covariance of bytes 500 x 64": "mml.covariance(bytes_)",
    "linear_regression 20000 x 12": "mml.linear_regression(tall, targets)",
    "PCA 50 x 5": "mml.PCA(2).fit(few)",
    "PCA 20000 x 12": "mml.PCA(3).fit(tall)",
    "scores 20000 x 12": "pca.transform(tall)",
    "gradient 20000 points": "bowl.gradient(tall)",
    "curve_fit_batch 300": "mml.curve_fit_batch(decay, time, curves, [1.0, 1.0])",
}


def measured(folder: Path) -> dict[str, int]:
    """Instructions of one call of each kernel. All in one program, whose profile is cut before and after each."""
    program = SETUP + "\n".join(KERNELS.values())  # what a first call has to do is done
    for call in KERNELS.values():
        program += f"\nos.{MARK}()\nfor _ in range({REPEATS}):\n    {call}"
    out = folder / "callgrind.out"
    command = [
        "valgrind",
        "--tool=callgrind",
        f"--callgrind-out-file={out}",
        f"--dump-before={MARK}",
    ]
    env = {**os.environ, "MMLCORE_ISA": LEVEL, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, sys.executable, "-c", program + f"\nos.{MARK}()"],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    result = {}
    for number, name in enumerate(KERNELS, 2):  # the first section is the setup
        text = Path(f"{out}.{number}").read_text(encoding="utf-8")
        found = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
        assert found
        result[name] = int(found[1]) // REPEATS
        print(f"{name:36s}{result[name]:15,d}", flush=True)
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

"""PCA of mapped files larger than memory is wished to be: `python -m bench.files 4 20` (sizes in GB).

Each row is a process of its own, which tells its time and its peak of memory: float32 numbers, 256 a point, far from zero. The
file is read once before, so that what fits the system's cache is warm; scikit-learn is measured where twice the file fits into
memory, which is what it takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA as Theirs

import mmlcore as mml
from bench.scale import peak

WIDTH, COMPONENTS, BLOCK = 256, 50, 1 << 16


def write(gigabytes: float, path: Path) -> None:
    """Write points with deviations from 1 to 30 around 100, block by block, from a few blocks of random numbers."""
    n = int(gigabytes * 1e9) // (4 * WIDTH)
    rng = np.random.default_rng(0)
    scale = np.geomspace(30, 1, WIDTH, dtype=np.float32)
    blocks = [rng.standard_normal((BLOCK, WIDTH), np.float32) * scale + 100 for _ in range(4)]
    out = np.lib.format.open_memmap(path, "w+", np.float32, (n, WIDTH))
    for number, first in enumerate(range(0, n, BLOCK)):
        out[first : first + BLOCK] = np.roll(blocks[number % 4], number, axis=0)[: n - first]
    out.flush()


def run(path: Path, ours: bool) -> None:
    """Print one row of the table."""
    points = np.load(path, mmap_mode="r")
    with path.open("rb") as file:
        while file.read(1 << 25):
            pass
    before = peak()
    begin = time.perf_counter()
    model = mml.PCA(COMPONENTS) if ours else Theirs(COMPONENTS, svd_solver="covariance_eigh")
    model.fit(points)
    seconds = time.perf_counter() - begin
    print(
        f"| {points.nbytes / 1e9:.0f} | {'mmlcore' if ours else 'scikit-learn'} | {seconds:.2f} "
        f"| {(peak() - before) / 2**20:.0f} | {peak() / 2**20:.0f} | {model.explained_variance_[0]:.4f} |",
        flush=True,
    )


def main() -> None:
    """Run every size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("gigabytes", nargs="+", type=float)
    parser.add_argument("--folder", type=Path, help="where the files go (default: a temporary one)")
    parser.add_argument("--row", choices=["ours", "theirs"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.row:
        run(args.folder / "points.npy", args.row == "ours")
        return
    print(
        "| GB | library | fit s | peak growth MiB | peak MiB | first variance |\n|---|---|---|---|---|---|"
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for size in args.gigabytes:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            write(size, Path(folder) / "points.npy")
            for row in ("ours", "theirs") if 2.5e9 * size < memory else ("ours",):
                command = [sys.executable, "-m", "bench.files", str(size)]
                subprocess.run([*command, "--row", row, "--folder", folder], check=True)


if __name__ == "__main__":
    main()

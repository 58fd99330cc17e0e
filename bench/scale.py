"""PageRank of graphs as large as the machine: `python -m bench.scale 18 20 22 24`.

Each row is a process of its own, which tells its time and its peak of memory: a Kronecker graph (Graph500's parameters) from
columns of 32-bit numbers in files, built and ranked in memory, then built and ranked in files that are mapped.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import mmlcore as mml

EDGES_A_NODE = 16
BLOCK = 1 << 22


def write_rmat(scale: int, folder: Path) -> None:
    """Write source.npy and target.npy, block by block; nodes are shuffled."""
    n, m = 1 << scale, EDGES_A_NODE << scale
    rng = np.random.default_rng(0)
    name = rng.permutation(n).astype(np.uint32)
    columns = [
        np.lib.format.open_memmap(folder / f"{end}.npy", "w+", np.uint32, (m,))
        for end in ("source", "target")
    ]
    for first in range(0, m, BLOCK):
        size = min(BLOCK, m - first)
        source, target = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
        for bit in range(scale):
            down = rng.random(size, np.float32) > 0.76
            right = rng.random(size, np.float32) > np.where(
                down, np.float32(0.19 / 0.24), np.float32(0.57 / 0.76)
            )
            source |= down.astype(np.uint32) << np.uint32(bit)
            target |= right.astype(np.uint32) << np.uint32(bit)
        columns[0][first : first + size] = name[source]
        columns[1][first : first + size] = name[target]


def peak() -> int:
    """Bytes that this process held at most, with the mapped pages that were resident."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def run(scale: int, folder: Path, in_files: bool) -> None:
    """Print one row of the table."""
    nodes = 1 << scale
    source, target = (np.load(folder / f"{end}.npy", mmap_mode="r") for end in ("source", "target"))
    begin = time.perf_counter()
    where = folder / "graph" if in_files else None
    graph = mml.Graph.from_edges(source, target, num_nodes=nodes, folder=where)
    built = time.perf_counter()
    limit = 104 * nodes if in_files else None
    result = mml.pagerank(graph, memory_limit=limit)
    ranked = time.perf_counter()
    sweep = (ranked - built) / result.iterations
    print(
        f"| {scale} | {'files' if in_files else 'memory'} | {graph.num_edges / 1e6:.0f} | {built - begin:.2f} "
        f"| {ranked - built:.2f} | {result.iterations} | {1e9 * sweep / graph.num_edges:.2f} "
        f"| {result.error:.1e} | {graph.nbytes / 2**30:.2f} | {peak() / 2**30:.2f} |",
        flush=True,
    )


def main() -> None:
    """Run every scale, each in memory and in files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scales", nargs="+", type=int)
    parser.add_argument("--folder", type=Path, help="where the files go (default: a temporary one)")
    parser.add_argument("--row", choices=["memory", "files"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.row:
        run(args.scales[0], args.folder, args.row == "files")
        return
    print(
        "| scale | links in | M links | build s | rank s | sweeps | ns/link/sweep | error | graph GiB | peak GiB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for scale in args.scales:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            write_rmat(scale, Path(folder))
            for row in ("memory", "files"):
                command = [sys.executable, "-m", "bench.scale", str(scale)]
                subprocess.run([*command, "--row", row, "--folder", folder], check=True)


if __name__ == "__main__":
    main()

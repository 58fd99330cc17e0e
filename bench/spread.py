"""PageRank of a graph whose links are on a cluster: `python -m bench.spread 22 --limit 1000`.

A Kronecker graph (Graph500's parameters, 16 links a node) in a file, which two workers of this machine read chunk by chunk; each
has a limit of memory in MiB, beyond which Dask stops it. Printed: what the processes held at most, and the bytes that went
through the loopback in a step, beside those of an exchange that sends the whole vector to each worker and a part back from each.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import dask.array as da
import distributed
import numpy as np

import dask
import mmlcore.dask
from bench.scale import peak
from mmlcore.dask import _pagerank

CHUNK = 1 << 22


def _column(path: str, first: int, last: int) -> Any:
    return np.load(path, mmap_mode="r")[first:last]


def columns(folder: Path, scale: int) -> list[Any]:
    """Return the links as Dask arrays whose chunks the workers read."""
    links = 16 << scale
    read = dask.delayed(_column, pure=True)
    cuts = [(first, min(first + CHUNK, links)) for first in range(0, links, CHUNK)]
    return [
        da.concatenate(
            [
                da.from_delayed(
                    read(str(folder / f"{end}.npy"), *cut), (cut[1] - cut[0],), np.uint32
                )
                for cut in cuts
            ]
        )
        for end in ("source", "target")
    ]


def through_loopback() -> int:
    """Return the bytes that processes of this machine have sent each other."""
    lines = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.strip().startswith("lo:"))


def main() -> None:
    """Rank one graph and print one row."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scale", type=int)
    parser.add_argument("--limit", type=int, default=0, help="MiB a worker; 0: none")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the files go (default: a temporary one)")
    args = parser.parse_args()
    marks: list[tuple[float, int]] = []
    sums = _pagerank._sums  # called once before the steps and once in each

    def marked(*arguments: Any) -> list[float]:
        found = sums(*arguments)
        marks.append((time.perf_counter(), through_loopback()))
        return found

    _pagerank._sums = marked
    with (
        tempfile.TemporaryDirectory(dir=args.folder) as folder,
        distributed.LocalCluster(
            n_workers=args.workers,
            threads_per_worker=1,
            memory_limit=args.limit << 20 or None,
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        write = f"bench.scale.write_rmat({args.scale}, pathlib.Path({folder!r}))"
        subprocess.run([sys.executable, "-c", f"import bench.scale, pathlib; {write}"], check=True)
        before, begin = peak(), time.perf_counter()
        result = mmlcore.dask.pagerank(
            *columns(Path(folder), args.scale), num_nodes=1 << args.scale, client=client
        )
        made, steps = marks[0][0] - begin, len(marks) - 1
        (t0, b0), (t1, b1) = marks[0], marks[-1]
        held = [size / 2**20 for size in client.run(peak).values()]
        nodes, whole = 1 << args.scale, 8 * (args.workers + 1)
        print(f"scale {args.scale}, {16 * nodes / 1e6:.0f} M links, {args.workers} workers")
        print(
            f"limit {args.limit} MiB each, held at most {', '.join(f'{h:.0f}' for h in held)} MiB"
        )
        print(f"caller: {peak() / 2**20:.0f} MiB at most, {before / 2**20:.0f} before")
        print(
            f"made in {made:.1f} s, {steps} steps of {(t1 - t0) / steps:.2f} s, error {result.error:.1e}"
        )
        print(f"bytes a step: {(b1 - b0) / steps / nodes:.2f} a node; whole vectors: {whole}")
        print(f"sum of ranks on the cluster: {result.ranks.sum().compute():.15f}")


if __name__ == "__main__":
    main()

"""A Parquet file read batch by batch, alone and with what is computed on the way: `python -m bench.stream 4` (millions of rows).

Eight columns of numbers and one more that they explain; the file is warm. What a row of the table takes beyond the first is what
the computation adds: the next batch is decoded while one is computed with.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.decomposition import IncrementalPCA

import mmlcore as mml

WIDTH, GROUP = 8, 1 << 18


def write(rows: int, path: Path) -> None:
    """Write the table, a group of rows at a time."""
    rng = np.random.default_rng(0)
    names = [*(f"x{j}" for j in range(WIDTH)), "y"]
    with pq.ParquetWriter(path, pa.schema([(name, pa.float64()) for name in names])) as writer:
        for first in range(0, rows, GROUP):
            x = rng.standard_normal((min(GROUP, rows - first), WIDTH))
            y = x @ np.arange(1.0, WIDTH + 1) + 5 * rng.standard_normal(len(x))
            writer.write_table(pa.table([*x.T, y], names=names))


def read(path: Path) -> int:
    return sum(len(batch) for batch in pq.ParquetFile(path).iter_batches())


def by_hand(path: Path) -> Any:
    """Sums of squares by numpy: what one writes without a library, which loses far means."""
    sums: Any = 0
    for batch in pq.ParquetFile(path).iter_batches():
        x = np.column_stack([column.to_numpy() for column in batch.columns])
        sums = sums + x.T @ x
    return sums


def by_sklearn(path: Path) -> Any:
    pca = IncrementalPCA(3)
    for batch in pq.ParquetFile(path).iter_batches():
        pca.partial_fit(np.column_stack([column.to_numpy() for column in batch.columns]))
    return pca


def ways(path: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Name each way."""
    yield "the reader alone", lambda: read(path)
    yield "Moments.update", lambda: mml.Moments(WIDTH + 1).update(pq.ParquetFile(path))
    yield "linear_regression", lambda: mml.linear_regression(pq.ParquetFile(path), "y")
    yield "PCA.partial_fit", lambda: mml.PCA(3).partial_fit(pq.ParquetFile(path))
    yield "numpy by hand: x.T @ x", lambda: by_hand(path)
    yield "scikit-learn's IncrementalPCA", lambda: by_sklearn(path)


def main() -> None:
    """Print a row for each way, in rounds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("millions", type=float)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    rows = int(1e6 * args.millions)
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; pyarrow {pa.__version__}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "points.parquet")
        write(rows, path)
        taken: dict[str, list[float]] = {}
        for _ in range(args.rounds):
            for name, run in ways(path):
                begin = time.perf_counter()
                run()
                taken.setdefault(name, []).append(time.perf_counter() - begin)
    alone = statistics.median(taken["the reader alone"])
    print("| what | s | million rows a second | of the reader's time |\n| -- | --: | --: | --: |")
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"| {name} | {middle:.2f} | {rows / middle / 1e6:.1f} | {middle / alone:.2f} |")


if __name__ == "__main__":
    main()

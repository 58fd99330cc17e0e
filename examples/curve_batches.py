"""Curves that come in Arrow batches, fitted as they come: `python examples/curve_batches.py --curves 1000000`.

A column of fixed-size lists is the array (n, points) itself: nothing is copied or looped over on the way to the kernel.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa

import mmlcore as mml

POINTS = 40
TIME = np.linspace(0, 4, POINTS)


def decay(t, amplitude, rate):
    """What the curves follow."""
    return amplitude * np.exp(-rate * t)


def measured(curves: int, at_once: int) -> Iterator[pa.RecordBatch]:
    """Give batches as a Parquet file or a socket would."""
    rng = np.random.default_rng(0)
    for first in range(0, curves, at_once):
        n = min(at_once, curves - first)
        truth = np.column_stack([rng.uniform(1, 3, n), rng.uniform(0.5, 2, n)])
        y = truth[:, :1] * np.exp(-truth[:, 1:] * TIME) + 0.01 * rng.standard_normal((n, POINTS))
        lists = pa.FixedSizeListArray.from_arrays(pa.array(y.ravel()), POINTS)
        yield pa.record_batch({"id": pa.array(np.arange(first, first + n)), "y": lists})


def fitted(batch: pa.RecordBatch) -> pl.DataFrame:
    """Fit every curve of a batch."""
    y = batch["y"].flatten().to_numpy(zero_copy_only=True).reshape(-1, POINTS)
    fit = mml.curve_fit_batch(decay, TIME, y, [1.0, 1.0])
    (amplitude, rate), errors = fit.parameters.T, fit.standard_errors
    return pl.DataFrame(
        {
            "id": batch["id"].to_numpy(),
            "amplitude": amplitude,
            "rate": rate,
            "rate_error": errors[:, 1],
            "success": fit.success,
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=65_536)
    args = parser.parse_args()
    begin = time.perf_counter()
    table = pl.concat([fitted(batch) for batch in measured(args.curves, args.batch)])
    took = time.perf_counter() - begin
    assert len(table) == args.curves
    assert table["success"].all()
    print(table.head(3))
    print(table.select(pl.col("rate", "rate_error").median()))
    print(f"{args.curves} curves made and fitted in {took:.2f} s")


if __name__ == "__main__":
    main()

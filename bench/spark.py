"""mmlcore.spark beside pyspark.ml, on a Spark of this machine: `python -m bench.spark 2` (millions of rows of ten numbers).

Both read the same cached DataFrame; pyspark.ml's vectors are assembled before. It needs pyspark and Java.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

WIDTH = 10


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("millions", type=float)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    # Here, as pytest reads this module with the others of its folder where there is no pyspark.
    from pyspark.ml.feature import PCA, VectorAssembler  # noqa: PLC0415
    from pyspark.ml.regression import LinearRegression  # noqa: PLC0415
    from pyspark.sql import SparkSession, functions  # noqa: PLC0415

    import mmlcore.spark  # noqa: PLC0415

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master(f"local[{os.cpu_count()}]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "4g")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    names = [f"x{j}" for j in range(WIDTH)]
    df = session.range(int(1e6 * args.millions))
    df = df.select(*(functions.randn(j).alias(name) for j, name in enumerate(names)))
    y = sum(((j + 1.0) * functions.col(name) for j, name in enumerate(names)), functions.randn(99))
    df = df.withColumn("y", y).cache()
    assembled = (
        VectorAssembler(inputCols=names, outputCol="v").transform(df).select("v", "y").cache()
    )
    assert df.count() == assembled.count()
    ways: dict[str, Callable[[], Any]] = {
        "mmlcore.spark.PCA": lambda: mmlcore.spark.PCA(3).fit(df, columns=names).components_,
        "pyspark.ml PCA": lambda: PCA(k=3, inputCol="v").fit(assembled).pc,
        "mmlcore.spark.linear_regression": lambda: (
            mmlcore.spark.linear_regression(df, "y").coefficients
        ),
        "pyspark.ml LinearRegression": lambda: np.array(
            LinearRegression(featuresCol="v", labelCol="y", solver="normal")
            .fit(assembled)
            .coefficients
        ),
        "mmlcore.spark.moments": lambda: mmlcore.spark.moments(df).covariance(),
    }
    taken: dict[str, list[float]] = {}
    for _ in range(args.rounds + 1):
        for name, run in ways.items():
            begin = time.perf_counter()
            run()
            taken.setdefault(name, []).append(time.perf_counter() - begin)
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n\n| what | s |\n| -- | --: |"
    )
    for name, times in taken.items():
        print(f"| {name} | {statistics.median(times[1:]):.2f} |")
    session.stop()


if __name__ == "__main__":
    main()

"""Data and a graph in chunks, on the worker processes of a cluster: `python examples/dask_cluster.py --rows 10000000`."""

from __future__ import annotations

import argparse

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

import mmlcore as mml
import mmlcore.dask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    # One thread a worker: the kernels then use one as well, and processors are shared by processes alone.
    with (
        LocalCluster(args.workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.run(mml.set_num_threads, 1)
        analyse(args.rows)
        rank(args.edges)


def analyse(rows: int) -> None:
    """Merge the moments of the chunks: the data never come together in one place."""
    source = da.random.default_rng(0).standard_normal((rows, 8), chunks=(-(-rows // 8), 8))
    points = source @ da.from_array(np.triu(np.ones((8, 8))))
    target = points @ np.arange(8.0) + 3
    pca = mmlcore.dask.PCA(n_components=2).fit(points)
    scores = pca.transform(points)  # lazy, chunk by chunk
    print(f"variance explained by 2 of 8: {pca.explained_variance_ratio_.sum():.3f}")
    print(f"largest score: {float(abs(scores).max().compute()):.2f}")
    fit = mmlcore.dask.linear_regression(points, target)
    np.testing.assert_allclose(fit.coefficients, np.arange(8.0), atol=1e-8)
    print(f"regression: intercept {fit.intercept:.6f}, r2 {fit.r2:.6f}")


def rank(edges: int) -> None:
    """Each worker keeps its rows of the matrix; only the entries of vectors that a link asks for travel."""
    rng = np.random.default_rng(1)
    nodes = max(2, edges // 10)
    source, target = rng.integers(0, nodes, (2, edges))
    chunks = -(-edges // 4)
    found = mmlcore.dask.pagerank(
        da.from_array(source, chunks=chunks), da.from_array(target, chunks=chunks)
    )
    here = mml.pagerank((source, target))
    far = abs(found.ranks - here.ranks).sum().compute()  # where the ranks are
    print(f"pagerank: {found.iterations} passes, difference {far:.1e}")


if __name__ == "__main__":
    main()

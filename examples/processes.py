"""Worker processes that share the processors: `python examples/processes.py --tasks 1000`.

Threads in each of many processes multiply: 16 processes of 16 threads are 256 for 16 processors. joblib tells its workers
how many each may use; a pool of the standard library is told by an initializer. After a fork the child starts a pool of its
own, so both ways of starting are safe.
"""

from __future__ import annotations

import argparse
import multiprocessing

import numpy as np
from joblib import Parallel, delayed, parallel_config

import mmlcore as mml


def task(seed: int) -> tuple[float, int]:
    """Solve a stack of systems; return a checksum, and the threads that were used."""
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((2000, 5, 5)) + 5 * np.eye(5)
    x = mml.solve(a, np.ones((2000, 5, 1)))
    return float(x.sum()), mml.get_num_threads()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    seeds = range(args.tasks)
    expected = [task(seed)[0] for seed in seeds]  # the threads of this process run, then it forks

    with parallel_config("loky", n_jobs=args.workers, inner_max_num_threads=1):
        report("joblib, loky", Parallel()(delayed(task)(seed) for seed in seeds), expected)
    for method in ("fork", "spawn"):
        if method in multiprocessing.get_all_start_methods():
            context = multiprocessing.get_context(method)
            with context.Pool(args.workers, mml.set_num_threads, (1,)) as pool:
                report(f"multiprocessing, {method}", pool.map(task, seeds), expected)


def report(name: str, found: list[tuple[float, int]], expected: list[float]) -> None:
    """Compare with what one process found."""
    sums, threads = zip(*found, strict=True)
    assert list(sums) == expected, "other bits in another process"
    assert set(threads) == {1}, threads
    print(f"{name}: {len(sums)} tasks, the same bits, {max(threads)} thread a process")


if __name__ == "__main__":
    main()

"""A stream of small batches through seven steps, all in the same memory: `python examples/small_batches.py`."""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

import mmlcore as mml

SENSORS, KEPT, POINTS = 8, 3, 250


def make_steps(history: np.ndarray) -> tuple[Callable[[np.ndarray], None], mml.Moments]:
    """Return what is done with a batch (POINTS, SENSORS): every result has its place."""
    pca = mml.PCA(KEPT).fit(history)
    alarm = mml.Function(lambda z: np.log1p(z @ z), KEPT)
    moments = mml.Moments(SENSORS)
    standard, scores = np.empty((POINTS, SENSORS)), np.empty((POINTS, KEPT))
    levels, slopes = np.empty(POINTS), np.empty((POINTS, KEPT))
    covariance, values = (
        np.empty((SENSORS, SENSORS)),
        (np.empty(SENSORS), np.empty((SENSORS, SENSORS))),
    )
    turned = np.empty((POINTS, SENSORS))

    def step(batch: np.ndarray) -> None:
        moments.update(batch)
        mml.standardize(batch, out=standard)
        pca.transform(batch, out=scores)
        alarm(scores, out=levels)
        alarm.gradient(scores, out=slopes)
        mml.eigh(moments.covariance(out=covariance), out=values)
        mml.matmul(standard, values[1], out=turned)

    return step, moments


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=10_000)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    stream = rng.standard_normal((8, POINTS, SENSORS))
    step, moments = make_steps(rng.standard_normal((2000, SENSORS)))
    for batch in stream:  # the first round takes memory
        step(batch)

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for i in range(100):
        step(stream[i % 8])
    taken = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()

    begin = time.perf_counter()
    for i in range(args.batches):
        step(stream[i % 8])
    spent = time.perf_counter() - begin
    print(
        f"{1e6 * spent / args.batches:.0f} us a batch of {POINTS} points, {moments.count:.0f} points seen"
    )
    print(f"at most {taken} bytes taken at once: objects of Python, no array")
    assert taken < POINTS * 8


if __name__ == "__main__":
    main()

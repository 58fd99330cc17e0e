"""Moments of parts, computed by Ray's workers and added: `pip install ray`, `python examples/ray_tasks.py`."""

from __future__ import annotations

import argparse

import numpy as np
import ray

import mmlcore as mml


@ray.remote
def moments_of(seed: int, rows: int) -> mml.Moments:
    """Read one part (here: make it up), and reduce it to its moments."""
    points = np.random.default_rng(seed).standard_normal((rows, 6)) + 1e6
    with mml.threads(1):  # Ray counts one processor for a task
        return mml.Moments(6).update(points)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=16)
    parser.add_argument("--rows", type=int, default=100_000)
    args = parser.parse_args()
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR")
    total = sum(ray.get([moments_of.remote(i, args.rows) for i in range(args.parts)]))
    np.testing.assert_allclose(total.covariance(), np.eye(6), atol=0.05)
    print(f"{total.count:.0f} points, variances {total.variance().round(3)}")
    ray.shutdown()


if __name__ == "__main__":
    main()

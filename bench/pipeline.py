"""numpy, SciPy, scikit-learn and mmlcore in turns within one process: `python -m bench.pipeline`.

Each call is timed alone, the others at rest (*rested*); in turns with its partner, each library on threads of its own
(*in turns*); and in turns on one set of threads, by `mmlcore.share_threads` (*shared*). Ours also in turns with a partner that has one
thread alone (*quiet*): nothing spins then, but the caches hold the partner's data, as they do when both share. Rounds alternate.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.linalg
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from threadpoolctl import threadpool_limits

import mmlcore as mml
from mmlcore.estimators import PCA, LinearRegression, StandardScaler

Call = Callable[[], Any]
REST = 0.3  # seconds, after which threads of OpenBLAS sleep
WAYS = ("rested", "quiet", "in turns", "shared")


@dataclass
class Pair:
    """A call of another library and one of ours, each of a tenth of a millisecond to some."""

    names: tuple[str, str]
    calls: tuple[Call, Call]


def pairs() -> list[Pair]:
    """Return six pairs: products, factorizations and spectra of the others, kernels of every kind of ours."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((300, 300))
    symmetric = a @ a.T + 300 * np.eye(300)
    tall = rng.standard_normal((20_000, 32))
    stack, right = rng.standard_normal((4000, 8, 8)), rng.standard_normal((4000, 8, 1))
    points = rng.standard_normal((1000, 16))
    return [
        Pair(
            ("a @ a", "solve, 4000 of 8 rows"),
            (partial(np.matmul, a, a), partial(mml.solve, stack, right)),
        ),
        Pair(
            ("x.T @ x", "covariance"),
            (partial(np.matmul, tall.T, tall), partial(mml.covariance, tall)),
        ),
        Pair(
            ("numpy solve", "matmul, 4000 of 8 rows"),
            (partial(np.linalg.solve, a, a), partial(mml.matmul, stack, stack)),
        ),
        Pair(
            ("scipy cholesky", "distances"),
            (partial(scipy.linalg.cholesky, symmetric), partial(mml.pairwise_distances, points)),
        ),
        Pair(
            ("numpy eigvalsh", "PCA"),
            (partial(np.linalg.eigvalsh, symmetric), partial(mml.PCA(4).fit, tall)),
        ),
        Pair(
            ("numpy qr", "QR"), (partial(np.linalg.qr, tall[:2000]), partial(mml.qr, tall[:2000]))
        ),
    ]


def spent(call: Call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def in_turns(calls: tuple[Call, Call], times: int) -> tuple[list[float], list[float]]:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for call, into in zip(calls, taken, strict=True):
            into.append(spent(call))
    return taken


def alone(calls: tuple[Call, Call], times: int) -> tuple[list[float], list[float]]:
    taken = []
    for call in calls:
        time.sleep(REST)
        call()
        taken.append([spent(call) for _ in range(times)])
    return taken[0], taken[1]


def measure(calls: tuple[Call, Call], rounds: int, times: int) -> list[tuple[float, float]]:
    """Return the medians of both calls in each of the ways."""
    taken: dict[str, tuple[list[float], list[float]]] = {way: ([], []) for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            time.sleep(REST)
            if way == "shared":
                with mml.share_threads():
                    in_turns(calls, 3)
                    new = in_turns(calls, times)
            elif way == "quiet":
                with threadpool_limits(1, user_api="blas"):
                    new = in_turns(calls, times)
            else:
                new = (alone if way == "rested" else in_turns)(calls, times)
            for side in (0, 1):
                taken[way][side].extend(new[side])
    return [(statistics.median(taken[way][0]), statistics.median(taken[way][1])) for way in WAYS]


def print_pairs(rounds: int, times: int) -> None:
    """Print a row for each call of each pair, microseconds and what they are of the rested ones."""
    ratios = "in turns / rested | shared / rested | shared / quiet"
    print(f"| call | beside | {' | '.join(WAYS)} | {ratios} |")
    print("| -- | -- |" + " --: |" * 7)
    for pair in pairs():
        found = measure(pair.calls, rounds, times)
        for side in (0, 1):
            rested, quiet, turns, shared = (1e6 * way[side] for way in found)
            told = f"{quiet:.0f}", f"{shared / quiet:.2f}"
            alone, of_quiet = told if side else ("", "")  # theirs has one thread then
            print(
                f"| {pair.names[side]} | {pair.names[1 - side]} | {rested:.0f} | {alone} | {turns:.0f} | {shared:.0f} "
                f"| {turns / rested:.2f} | {shared / rested:.2f} | {of_quiet} |",
                flush=True,
            )


def pipeline_of_sklearn() -> Call:
    """Return the fit of a pipeline whose steps are ours and scikit-learn's in turns."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3000, 40))
    y = x[:, :3].sum(axis=1) + 0.1 * rng.standard_normal(3000)
    steps = make_pipeline(StandardScaler(), PCA(10), PolynomialFeatures(2), Ridge())
    ours = make_pipeline(StandardScaler(), PCA(10), LinearRegression())

    def call() -> None:
        steps.fit(x, y).predict(x)
        ours.fit(x, y).predict(x)

    return call


def eight_threads(each: int) -> Call:
    """Return a call in which eight Python threads multiply, by numpy and by us in turns."""
    rng = np.random.default_rng(2)
    a, stack = rng.standard_normal((200, 200)), rng.standard_normal((2000, 8, 8))

    def work() -> None:
        for _ in range(each):
            np.matmul(a, a)
            mml.matmul(stack, stack)

    def call() -> None:
        workers = [threading.Thread(target=work) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    return call


def print_whole(name: str, call: Call, rounds: int) -> None:
    """Print a row for a program as a whole: threads of their own, shared ones, and one thread for each call."""
    taken: dict[str, list[float]] = {"own": [], "shared": [], "one": []}
    call()
    for _ in range(rounds):
        taken["own"].append(spent(call))
        with mml.share_threads():
            taken["shared"].append(spent(call))
            with mml.threads(1):
                taken["one"].append(spent(call))
    own, shared, one = (1e3 * statistics.median(each) for each in taken.values())
    print(f"| {name} | {own:.1f} | {shared:.1f} | {one:.1f} | {own / shared:.2f} |", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=40, help="calls of each in a round")
    args = parser.parse_args()
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(
        f"{os.cpu_count()} processors, load {busy:.1f}, Python {sys.version.split()[0]}, numpy {np.__version__}",
        end="",
    )
    print(": a busy machine, take the ratios alone\n" if busy > 0.5 else "\n")
    print("Microseconds, medians:\n")
    print_pairs(args.rounds, args.times)
    print("\nMilliseconds, medians:\n")
    print(
        "| program | own threads | shared | shared, one thread a call | own / shared |\n| -- | --: | --: | --: | --: |"
    )
    print_whole("pipelines of scikit-learn's and our steps", pipeline_of_sklearn(), args.rounds)
    print_whole("eight Python threads, each doing both", eight_threads(args.times), args.rounds)


if __name__ == "__main__":
    main()

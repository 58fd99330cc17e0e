"""Means, variances and covariances against numpy's."""

import numpy as np

import mmlcore as mml
from bench.harness import as_test
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case


def covariance(n: int, d: int, dtype: str, mean: float, target: float) -> Case:
    """Covariance of n points in d dimensions, `mean` deviations away from the origin."""

    def setup() -> tuple[Call, Call]:
        x = data((n, d), dtype) + np.asarray(mean, dtype)
        return (
            lambda: np.cov(x, rowvar=False, ddof=0).astype(dtype),
            lambda: mml.covariance(x),
        )

    return Case(f"covariance {n:,} x {d} {dtype}", "stats", setup, agree(1e-6), target)


def covariance_of_bytes(n: int, d: int, target: float) -> Case:
    """Covariance of images: exact, against our own of the same numbers in float32."""

    def setup() -> tuple[Call, Call]:
        x = np.random.default_rng(0).integers(0, 256, (n, d), dtype=np.uint8)
        wide = x.astype(np.float32)
        return lambda: mml.covariance(wide).astype(np.float64), lambda: mml.covariance(x)

    name = f"covariance {n:,} x {d} uint8"
    return Case(name, "stats", setup, agree(1e-6), target, "mmlcore float32")


def along_points(name: str, shape: tuple[int, ...], dtype: str, target: float) -> Case:
    """Mean or variance of each feature."""

    def setup() -> tuple[Call, Call]:
        x = data(shape, dtype) + np.asarray(3, dtype)
        # numpy adds float32 along the points in float32, which is fast and not right.
        peer, ours = (np.mean, mml.mean) if name == "mean" else (np.var, mml.variance)
        return lambda: peer(x, axis=0, dtype=np.float64).astype(dtype), lambda: ours(x)

    size = " x ".join(f"{n:,}" for n in shape)
    return Case(f"{name} {size} {dtype}", "stats", setup, agree(1e-6), target)


def order(name: str, shape: tuple[int, ...], dtype: str, target: float) -> Case:
    """Median or quartiles of each feature, or data brought to mean 0 and variance 1."""

    def setup() -> tuple[Call, Call]:
        x = data(shape, dtype) + np.asarray(3, dtype)
        if name == "median":
            return lambda: np.median(x, axis=0), lambda: mml.median(x)
        if name == "quartiles":
            shares = [0.25, 0.5, 0.75]
            return (
                lambda: np.quantile(x, shares, axis=0).astype(dtype),
                lambda: mml.quantile(x, shares),
            )
        return (lambda: (x - x.mean(axis=0)) / x.std(axis=0), lambda: mml.standardize(x))

    size = " x ".join(f"{n:,}" for n in shape)
    return Case(f"{name} {size} {dtype}", "stats", setup, agree(1e-4), target)


CASES = [
    order("median", (1_000_000,), "float64", 3),
    order("median", (100_000, 16), "float64", 3),
    order("median", (200, 2_000), "float32", 3),
    order("quartiles", (100_000, 16), "float64", 3),
    order("standardize", (1_000_000, 16), "float64", 2),
    along_points("mean", (2_000_000, 64), "float32", 1),
    along_points("variance", (2_000_000, 64), "float32", 5),
    along_points("mean", (1_000_000, 32), "float64", 1),
    along_points("variance", (1_000_000, 32), "float64", 5),
    along_points("variance", (20_000_000,), "float64", 3),
    covariance(1_000_000, 16, "float64", 0, 4),
    covariance(1_000_000, 32, "float64", 0, 4),
    covariance(2_000_000, 64, "float32", 20, 6),
    covariance(60_000, 784, "float32", 0, 1),
    covariance_of_bytes(60_000, 784, 2),
]
test_cases = as_test(CASES)

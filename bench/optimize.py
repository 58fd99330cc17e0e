"""Least squares against numpy."""

import numpy as np

import mmlcore as mml
from bench.harness import as_test
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case


def normal_equations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What people write for tall data: centred, so that there is an intercept."""
    mean, center = x.mean(axis=0), y.mean()
    apart = x - mean
    return np.linalg.solve(apart.T @ apart, apart.T @ (y - center))


def regression(n: int, d: int, target: float) -> Case:
    """The coefficients, with an intercept."""

    def setup() -> tuple[Call, Call]:
        x = data((n, d), "float64")
        y = x @ np.arange(d, dtype=float) + 3 + data((n, 1), "float64", 1)[:, 0]
        return (
            lambda: normal_equations(x, y),
            lambda: mml.linear_regression(x, y).coefficients,
        )

    name = f"linear_regression {n:,} x {d} float64"
    return Case(name, "optimize", setup, agree(1e-8), target, "numpy normal equations")


CASES = [regression(1_000, 5, 1), regression(1_000_000, 10, 10), regression(10_000_000, 10, 10)]
test_cases = as_test(CASES)

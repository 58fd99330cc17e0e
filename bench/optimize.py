"""Least squares against numpy and SciPy."""

from functools import partial
from typing import Any

import numpy as np
from scipy import optimize

import mmlcore as mml
from bench.fitters import by_jax, by_numba
from bench.harness import as_test
from bench.peers import with_jax, with_numba
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case


def normal_equations(x: np.ndarray, y: np.ndarray, sigma: np.ndarray | None) -> np.ndarray:
    """What people write for tall data: centred, so that there is an intercept."""
    weights = None if sigma is None else 1 / sigma**2
    mean, center = np.average(x, axis=0, weights=weights), np.average(y, weights=weights)
    apart = x - mean
    heavy = apart if weights is None else weights[:, None] * apart
    return np.linalg.solve(heavy.T @ apart, heavy.T @ (y - center))


def regression(n: int, d: int, target: float, *, weighted: bool = False) -> Case:
    """The coefficients, with an intercept."""

    def setup() -> tuple[Call, Call]:
        x = data((n, d), "float64")
        y = x @ np.arange(d, dtype=float) + 3 + data((n, 1), "float64", 1)[:, 0]
        sigma = 1 + data((n, 1), "float64", 2)[:, 0] ** 2 if weighted else None
        return (
            lambda: normal_equations(x, y, sigma),
            lambda: mml.linear_regression(x, y, sigma=sigma).coefficients,
        )

    name = f"linear_regression {n:,} x {d} float64{' weighted' if weighted else ''}"
    return Case(name, "optimize", setup, agree(1e-8), target, "numpy normal equations")


def peak(x: Any, a: Any, b: Any, s: Any, c: Any) -> Any:
    """A gaussian over a background."""
    return a * np.exp(-0.5 * ((x - b) / s) ** 2) + c


START = (6.0, 0.0, 1.0, 0.5)


def peaks(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy curves of many heights, places and widths."""
    rng, x = np.random.default_rng(0), np.linspace(-5, 5, m)
    ranges = ((5, 10), (-1, 1), (0.7, 1.5), (0, 2))
    y = peak(x, *(rng.uniform(low, high, (n, 1)) for low, high in ranges))
    return x, y + 0.3 * rng.standard_normal((n, m))


def near(theirs: Any, ours: Any) -> None:
    """Both are within a hundredth of their uncertainties, a loose tolerance of SciPy's."""
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-3, atol=1e-3)


def batch(n: int, target: float) -> Case:
    """With covariance; the peer fits a hundred of them."""
    some = 100

    def setup() -> tuple[Call, Call]:
        x, y = peaks(n, 50)

        def theirs() -> Any:
            return np.array([optimize.curve_fit(peak, x, row, START)[0] for row in y[:: n // some]])

        def ours() -> Any:
            return mml.curve_fit_batch(peak, x, y, START).parameters[:: n // some]

        return theirs, ours

    name = f"{n:,} gaussian fits, 50 points"
    return Case(name, "optimize", setup, near, target, "scipy loop", share=some / n)


def by_hand(peer: str, fitter: Any, n: int, target: float) -> Case:
    """The same against what people write and compile themselves."""

    def setup() -> tuple[Call, Call]:
        x, y = peaks(n, 50)
        return fitter(x, y, START), lambda: mml.curve_fit_batch(peak, x, y, START).parameters

    return Case(f"{n:,} gaussian fits, 50 points", "optimize", setup, mostly_near, target, peer)


def mostly_near(theirs: Any, ours: Any) -> None:
    """A fit in a thousand may have come to another minimum: a width of the other sign is the same curve."""
    theirs, ours = (np.stack([*f.T[:2], np.abs(f.T[2]), f.T[3]]) for f in (theirs, ours))
    close = np.isclose(theirs, ours, rtol=1e-3, atol=1e-3).all(axis=0)
    assert close.mean() > 0.999, f"{(~close).sum()} fits of {close.size} differ"


def single(m: int, target: float, *, fresh: bool = False) -> Case:
    """One curve; `fresh`: a function that has not been seen before, each time."""

    def setup() -> tuple[Call, Call]:
        x, y = peaks(1, m)

        def ours() -> Any:
            f = (lambda x, a, b, s, c: a * np.exp(-0.5 * ((x - b) / s) ** 2) + c) if fresh else peak
            return mml.curve_fit(f, x, y[0], START).parameters

        return lambda: optimize.curve_fit(peak, x, y[0], START)[0], ours

    name = f"curve_fit {m:,} points{', first call' if fresh else ''}"
    return Case(name, "optimize", setup, near, target, "scipy")


def stacked(count: int, n: int, d: int, target: float) -> Case:
    """Regressions of a stack; the peer solves a hundredth of them."""

    def setup() -> tuple[Call, Call]:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((count, n, d))
        y = x.sum(axis=-1) + 3 + rng.standard_normal((count, n))
        design = np.concatenate([x, np.ones((count, n, 1))], axis=-1)[::100].copy()

        def theirs() -> Any:
            return np.array(
                [
                    np.linalg.lstsq(a, b, rcond=None)[0][:d]
                    for a, b in zip(design, y[::100], strict=True)
                ]
            )

        return theirs, lambda: mml.linear_regression(x, y).coefficients[::100]

    name = f"{count:,} regressions of {n} x {d}"
    return Case(name, "optimize", setup, agree(1e-8), target, "numpy lstsq loop", share=0.01)


def grouped(n: int, groups: int, target: float) -> Case:
    """A million rows in groups of any order, as one writes it for speed with bincount."""

    def setup() -> tuple[Call, Call]:
        rng = np.random.default_rng(0)
        x, label = rng.standard_normal((n, 3)), rng.integers(0, groups, n)
        y = x.sum(axis=1) + 3 + rng.standard_normal(n)

        def theirs() -> Any:
            columns = [x[:, 0], x[:, 1], x[:, 2], y]
            count = np.bincount(label)
            sums = [np.bincount(label, c) for c in columns]
            s = np.empty((groups, 4, 4))
            for i in range(4):
                for j in range(i + 1):
                    products = np.bincount(label, columns[i] * columns[j])
                    s[:, i, j] = s[:, j, i] = products - sums[i] * sums[j] / count
            return np.linalg.solve(s[:, :3, :3], s[:, :3, 3:])[:, :, 0]

        return theirs, lambda: mml.linear_regression_by(x, y, label).coefficients

    name = f"regressions of {n:,} rows in {groups:,} groups"
    return Case(name, "optimize", setup, agree(1e-6), target, "numpy bincount by hand")


def valleys(count: int, n: int, target: float) -> Case:
    """Minimizations from many starts; the peer takes some of them."""
    some = min(count, 50)

    def value(x: Any) -> Any:
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    def slope(x: np.ndarray) -> np.ndarray:
        apart = x[1:] - x[:-1] ** 2
        g = np.zeros_like(x)
        g[:-1] = -400 * x[:-1] * apart - 2 * (1 - x[:-1])
        g[1:] += 200 * apart
        return g

    def setup() -> tuple[Call, Call]:
        rng = np.random.default_rng(0)
        starts = 1 + 0.3 * rng.standard_normal((count, n))
        f = mml.Function(value, n)

        def theirs() -> Any:
            options = {"jac": slope, "method": "L-BFGS-B", "tol": 1e-12}
            return np.array([optimize.minimize(value, x, **options).x for x in starts[:some]])

        return theirs, lambda: mml.minimize(f, starts, method="bfgs").x[:some]

    name = f"{count:,} minimizations, {n} unknowns"
    check = agree(1e-4)
    return Case(name, "optimize", setup, check, target, "scipy L-BFGS-B", share=some / count)


CASES = [
    valleys(1, 2, 10),
    valleys(10_000, 2, 50),
    valleys(3_000, 10, 20),
    stacked(100_000, 20, 3, 100),
    grouped(1_000_000, 10_000, 3),
    single(100, 20),
    single(100, 3, fresh=True),
    single(10_000_000, 40),
    batch(100_000, 400),
    *with_numba(lambda numba: [by_hand("numba by hand", partial(by_numba, numba), 100_000, 4)]),
    *with_jax(lambda jax: [by_hand("JAX vmap", partial(by_jax, jax), 100_000, 8)]),
    regression(1_000, 5, 1),
    regression(1_000_000, 10, 10),
    regression(10_000_000, 10, 10),
    regression(10_000_000, 10, 40, weighted=True),
]
test_cases = as_test(CASES)

"""Roots, minima and fits: SciPy, with the derivatives by hand where it takes them, and numpy's least squares."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy import optimize
from sklearn.linear_model import LinearRegression, LogisticRegression

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.functions import rosenbrock
from bench.sweep.table import Calls, Verify, entry, near
from mmlcore.core.arrays import Array


def field(name: str, factor: float, dtype: str = "float64") -> Verify:
    """Check one field of our result against the peer's array."""

    def check(expected: Any, got: Any) -> None:
        near(dtype, factor)(getattr(expected, name, expected), getattr(got, name, got))

    return check


@entry("optimize", "linear_regression", 3)
def linear_regression(draw: Draw) -> Calls:
    n, d = draw.points(60, least=4)
    d = min(d, max(1, n // 3))
    x = draw.array(n, d)
    weighted = draw.chance(0.2)
    y = draw.lay((x @ np.ones(d) + 3 + draw.rng.standard_normal(n)).astype(draw.dtype))
    sigma = draw.lay(draw.rng.uniform(0.5, 2, n).astype(draw.dtype)) if weighted else None
    root = np.ones(n, draw.dtype) if sigma is None else 1 / sigma

    def by_lstsq() -> Array:
        a = np.empty((n, d + 1), x.dtype)
        a[:, :-1], a[:, -1] = x, 1
        b = y
        if sigma is not None:
            a, b = a / sigma[:, None], y / sigma
        return np.linalg.lstsq(a, b, rcond=None)[0][:-1]

    def by_normal() -> Array:
        if sigma is None:
            apart, b = x - x.mean(axis=0), y - y.mean()
        else:
            w = root * root
            w /= w.sum()
            apart, b = (x - w @ x) * root[:, None], (y - w @ y) * root
        return np.linalg.solve(apart.T @ apart, apart.T @ b)

    weights = None if sigma is None else root**2
    peers = {
        "numpy lstsq": by_lstsq,
        "numpy normal equations": by_normal,
        "scikit-learn": lambda: LinearRegression().fit(x, y, weights).coef_,
    }
    ours = partial(mml.linear_regression, x, y, sigma=sigma)
    return Calls(ours, peers, field("coefficients", 10, draw.dtype))


@entry("optimize", "linear_regression_by")
def linear_regression_by(draw: Draw) -> Calls:
    n, groups = draw.size(200, 200_000), draw.size(1, 1000)
    groups = min(groups, n // 20)
    x = draw.array(n, 2)
    label = draw.rng.permutation(np.arange(n) % groups)
    y = draw.lay((x @ np.ones(2) + 3 + draw.rng.standard_normal(n)).astype(draw.dtype))

    def by_bincount() -> Array:
        columns = [x[:, 0], x[:, 1], y]
        count = np.bincount(label)
        sums = [np.bincount(label, c) for c in columns]
        s = np.empty((groups, 3, 3))
        for i, j in ((0, 0), (1, 0), (1, 1), (2, 0), (2, 1)):
            products = np.bincount(label, columns[i] * columns[j])
            s[:, i, j] = s[:, j, i] = products - sums[i] * sums[j] / count
        return np.linalg.solve(s[:, :2, :2], s[:, :2, 2:])[:, :, 0]

    ours = partial(mml.linear_regression_by, x, y, label)
    return Calls(ours, {"numpy bincount": by_bincount}, field("coefficients", 1e4, draw.dtype))


@entry("optimize", "linear_regression_rolling")
def linear_regression_rolling(draw: Draw) -> Calls:
    n = draw.size(100, 5000)
    window = draw.size(10, 90)
    x = draw.array(n, 1)
    y = draw.lay((2 * x[:, 0] + 3 + draw.rng.standard_normal(n)).astype(draw.dtype))

    def by_views() -> Array:
        a = np.lib.stride_tricks.sliding_window_view(x[:, 0].astype(float), window)
        b = np.lib.stride_tricks.sliding_window_view(y.astype(float), window)
        apart = a - a.mean(axis=1, keepdims=True)
        return (np.einsum("ij,ij->i", apart, b) / np.einsum("ij,ij->i", apart, apart))[:, None]

    ours = partial(mml.linear_regression_rolling, x, y, window)
    return Calls(ours, {"numpy windows": by_views}, field("coefficients", 1e4, draw.dtype))


@entry("optimize", "logistic_regression")
def logistic_regression(draw: Draw) -> Calls:
    n, d = draw.points(30, least=40)
    d = min(d, max(1, n // 20))
    x = draw.array(n, d)
    y = draw.rng.random(n) < 1 / (1 + np.exp(-x.sum(axis=1) / np.sqrt(d)))
    y[:2] = [True, False]
    model = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000)
    ours = partial(mml.logistic_regression, x, y, ridge=1.0)
    check = field("coefficients", 1e11, draw.dtype)
    return Calls(ours, {"scikit-learn": lambda: model.fit(x, y).coef_[0]}, check)


@entry("optimize", "polynomial_fit")
def polynomial_fit(draw: Draw) -> Calls:
    n, degree = draw.size(20, 20_000), draw.size(1, 9)
    x = np.sort(draw.rng.random(n))
    y = np.sin(3 * x) + 0.1 * draw.rng.standard_normal(n)
    peers = {"numpy Chebyshev.fit": lambda: np.polynomial.Chebyshev.fit(x, y, degree).coef}
    return Calls(partial(mml.polynomial_fit, x, y, degree), peers, field("coefficients", 1e4))


@entry("optimize", "least_squares")
def least_squares(draw: Draw) -> Calls:
    f, x, y, start = curves(draw, 1, 2000)
    y, p = y[0], len(start)

    def residuals(v: Any) -> Any:
        return f(x, *[v[i] for i in range(p)]) - y

    peers = {"scipy": lambda: optimize.least_squares(residuals, start, method="lm").x}
    ours = partial(mml.least_squares, mml.Function(residuals, p), start)
    return Calls(ours, peers, field("parameters", 1e11))


def _peak(x: Any, a: Any, b: Any, s: Any, c: Any) -> Any:
    return a * np.exp(-0.5 * ((x - b) / s) ** 2) + c


def _decay(x: Any, a: Any, b: Any, c: Any) -> Any:
    return a * np.exp(-b * x) + c


def _line(x: Any, a: Any, b: Any) -> Any:
    return a * x + b


MODELS = (
    (_decay, 0.0, (3.0, 0.8, 0.5), (1.0, 1.0, 0.0)),
    (_peak, -5.0, (6.0, 0.5, 1.1, 1.0), (5.0, 0.0, 1.0, 0.5)),
    (_line, 0.0, (2.0, 1.0), (1.0, 0.0)),
)


def curves(draw: Draw, count: int, most: int) -> tuple[Any, Array, Array, Any]:
    """A model, its points, noisy rows of data, a start."""
    f, low, true, start = draw.choice(*MODELS)
    m = draw.size(20, most)
    x = np.linspace(low, 5.0, m)
    y = f(x, *true) + 0.05 * draw.rng.standard_normal((count, m))
    draw.say(f"{f.__name__[1:]} {count}x{m}")
    return f, x, y, start


@entry("optimize", "curve_fit", 2)
def curve_fit(draw: Draw) -> Calls:
    f, x, y, start = curves(draw, 1, 20_000)
    y = y[0]
    peers = {
        "scipy": lambda: optimize.curve_fit(f, x, y, start)[0],
        "scipy unchecked": lambda: optimize.curve_fit(f, x, y, start, check_finite=False)[0],
    }
    # Both stop at a relative change of 1e-8.
    return Calls(partial(mml.curve_fit, f, x, y, start), peers, field("parameters", 1e4))


@entry("optimize", "curve_fit_batch")
def curve_fit_batch(draw: Draw) -> Calls:
    f, x, y, start = curves(draw, draw.size(2, 60), 200)
    peers = {"scipy loop": lambda: np.array([optimize.curve_fit(f, x, row, start)[0] for row in y])}
    return Calls(partial(mml.curve_fit_batch, f, x, y, start), peers, field("parameters", 1e5))


@entry("optimize", "newton")
def newton(draw: Draw) -> Calls:
    if draw.chance(0.4):
        draw.say("one unknown")

        def f(x: Any) -> Any:
            return x**3 - 2 * x - 5

        x = draw.array(draw.size(1, 5_000), dtype="float64") * 0.1 + 2.0
        peers = {
            "scipy": lambda: optimize.newton(f, x, lambda v: 3 * v * v - 2, tol=1e-12),
        }
        return Calls(partial(mml.newton, f, x), peers, field("x", 10))
    n = draw.size(2, 20)
    a = draw.matrix(n, n)
    b = draw.rng.standard_normal(n).astype(a.dtype)
    a, b = a.astype(float), b.astype(float)

    def system(x: Any) -> Any:
        return a @ x + 0.1 * x**3 - b

    def jacobian(x: Array) -> Array:
        return a + np.diag(0.3 * x * x)

    start = np.zeros(n)

    def by_hand() -> Array:
        x = start.copy()
        while True:
            step = np.linalg.solve(jacobian(x), system(x))
            x -= step
            if np.abs(step).max() <= 1e-12 * np.abs(x).max():
                return x

    peers = {
        "numpy by hand": by_hand,
        "scipy": lambda: optimize.root(system, start, jac=jacobian, tol=1e-12).x,
    }
    return Calls(partial(mml.newton, system, start), peers, field("x", 10))


@entry("optimize", "minimize", 2)
def minimize(draw: Draw) -> Calls:
    n = draw.size(2, 20)
    found = rosenbrock(draw, n)
    start = 1 + 0.3 * draw.rng.uniform(-1, 1, n)
    method = draw.choice("newton", "bfgs")
    draw.say(f"Rosenbrock {n} {method}")
    f, g, h = found.value, found.gradient, found.hessian
    peers = {
        "scipy BFGS": lambda: optimize.minimize(f, start, jac=g, method="BFGS", tol=1e-8).x,
        "scipy L-BFGS-B": lambda: (
            optimize.minimize(
                f, start, jac=g, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-8}
            ).x
        ),
        "scipy trust-exact": lambda: (
            optimize.minimize(f, start, jac=g, hess=h, method="trust-exact").x
        ),
    }
    # Peers stop at a gradient, we at a step: some six digits.
    return Calls(
        partial(mml.minimize, found.f, start, method=method),
        peers,
        field("x", 1e4),
        lambda: np.ones(n),
    )


@entry("optimize", "lagrange")
def lagrange(draw: Draw) -> Calls:
    n = draw.size(2, 12)
    b = 1 + draw.rng.random(n)
    draw.say(f"{n} unknowns")
    start = b / np.linalg.norm(b) + 0.05

    def f(x: Any) -> Any:
        return np.sum((x - b) ** 2)

    def sphere(x: Any) -> Any:
        return np.sum(x**2) - 1

    constraint = {"type": "eq", "fun": sphere, "jac": lambda x: 2 * x}

    def by_scipy() -> Array:
        found = optimize.minimize(
            f, start, jac=lambda x: 2 * (x - b), method="SLSQP", constraints=[constraint], tol=1e-14
        )
        return found.x

    truth = b / np.linalg.norm(b)
    return Calls(
        partial(mml.lagrange, f, sphere, start),
        {"scipy SLSQP": by_scipy},
        field("x", 1e4),
        lambda: truth,
    )


@entry("optimize", "minimize_globally")
def minimize_globally(draw: Draw) -> Calls:
    n = draw.size(1, 4)
    draw.say(f"{n} unknowns")
    box = [(-5.12, 5.0)] * n

    def waves(x: Any) -> Any:
        return 10.0 * n + np.sum((x - 1) ** 2 - 10 * np.cos(2 * np.pi * (x - 1)))

    peers = {"scipy": lambda: optimize.differential_evolution(waves, box, seed=1).x}
    return Calls(
        partial(mml.minimize_globally, waves, box), peers, field("x", 1e9), lambda: np.ones(n)
    )


@entry("optimize", "minimize_many")
def minimize_many(draw: Draw) -> Calls:
    n, count = draw.size(2, 10), draw.size(2, 200)
    formula = rosenbrock(draw, n)
    starts = 1 + 0.2 * draw.rng.standard_normal((count, n))
    method = str(draw.choice("newton", "bfgs", "lbfgs"))
    draw.say(f"{method} {count} starts, {n} unknowns")
    f = mml.Function(formula.f, n)

    def by_scipy() -> Array:
        return np.array(
            [
                optimize.minimize(
                    formula.value, x, jac=formula.gradient, method="L-BFGS-B", tol=1e-14
                ).x
                for x in starts
            ]
        )

    ours = partial(mml.minimize, f, starts, method=method)
    return Calls(ours, {"scipy loop": by_scipy}, field("x", 1e11), lambda: np.ones((count, n)))

"""Derivatives against what people use for them: sympy's formulas run by numpy, torch, and numpy by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import rosen_der

import mmlcore as mml
from bench.harness import as_test
from bench.peers import SYMPY, with_torch
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case


def sandpit(p: Any) -> Any:
    """The landscape of the course, with numpy's functions."""
    hole = np.exp(-((p[0] - 1.5) ** 2 + (p[1] - 3.7) ** 2) / 2.8)
    return -((p[0] - 4.1) ** 2) - (p[1] - 0.9) ** 2 - 30 * hole


def rosenbrock(x: Any) -> Any:
    """The valley, in any number of dimensions."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def by_sympy(order: int) -> Call:
    """Gradient, or gradient and Hessian, of the sandpit: simplified, common parts once, run by numpy."""
    import sympy  # noqa: PLC0415  (a second of import, only for these cases)

    x, y = sympy.symbols("x y")
    hole = sympy.exp(-((x - 1.5) ** 2 + (y - 3.7) ** 2) / 2.8)
    f = -((x - 4.1) ** 2) - (y - 0.9) ** 2 - 30 * hole
    results = [f.diff(x), f.diff(y)]
    if order == 2:
        results += [f.diff(x, 2), f.diff(x, y), f.diff(y, x), f.diff(y, 2)]
    return sympy.lambdify((x, y), results, "numpy", cse=True)


def derivatives(order: int, n: int, target: float) -> Case:
    """Gradient, or gradient and Hessian, at many points of the plane."""

    def setup() -> tuple[Call, Call]:
        points = np.random.default_rng(0).random((n, 2)) * 6
        peer = by_sympy(order)
        f = mml.Function(sandpit, 2)

        def separate() -> Any:
            first = f.gradient(points)
            return first if order == 1 else (first, f.hessian(points))

        def theirs() -> Any:
            return np.stack(np.broadcast_arrays(*peer(points[:, 0], points[:, 1])), axis=-1)

        return theirs, separate

    def verify(theirs: Any, ours: Any) -> None:
        parts = ours if isinstance(ours, tuple) else (ours,)
        joined = np.concatenate([part.reshape(n, -1) for part in parts], axis=1)
        np.testing.assert_allclose(joined, theirs, rtol=1e-9, atol=1e-9)

    what = "gradient" if order == 1 else "gradient and Hessian"
    return Case(
        f"{what} of the sandpit, {n:,} points", "calculus", setup, verify, target, "sympy, cse"
    )


def torch_cases(torch: Any) -> list[Case]:
    """Reverse mode over a batch, by torch."""

    def setup() -> tuple[Call, Call]:
        points = np.random.default_rng(0).random((1_000_000, 2)) * 6
        tensor = torch.from_numpy(points.copy()).requires_grad_(True)

        def theirs() -> np.ndarray:
            x, y = tensor[:, 0], tensor[:, 1]
            hole = torch.exp(-((x - 1.5) ** 2 + (y - 3.7) ** 2) / 2.8)
            total = (-((x - 4.1) ** 2) - (y - 0.9) ** 2 - 30 * hole).sum()
            return torch.autograd.grad(total, tensor)[0].numpy()

        f = mml.Function(sandpit, 2)
        return theirs, lambda: f.gradient(points)

    return [
        Case(
            "gradient of the sandpit, 1,000,000 points", "calculus", setup, agree(1e-9), 12, "torch"
        )
    ]


def one_gradient(n: int, target: float) -> Case:
    """One point: what is measured is the call."""

    def setup() -> tuple[Call, Call]:
        x = data((n,), "float64")
        f = mml.Function(rosenbrock, n)
        return lambda: rosen_der(x), lambda: f.gradient(x)

    return Case(
        f"gradient of Rosenbrock n={n}, one point",
        "calculus",
        setup,
        agree(1e-9),
        target,
        "scipy by hand",
    )


def jacobians(target: float) -> Case:
    """Ten functions of ten numbers."""
    a = data((10, 10), "float64")

    def setup() -> tuple[Call, Call]:
        x = data((100_000, 10), "float64", 1)
        f = mml.Function(lambda v: np.tanh(a @ v) * np.sin(v) + v**2, 10)

        def by_hand() -> np.ndarray:
            t = np.tanh(x @ a.T)
            result = ((1 - t * t) * np.sin(x))[..., None] * a
            diagonal = np.einsum("...ii->...i", result)
            diagonal += t * np.cos(x) + 2 * x
            return result

        return by_hand, lambda: f.jacobian(x)

    return Case(
        "Jacobians 10 x 10, 100,000 points", "calculus", setup, agree(1e-8), target, "numpy by hand"
    )


def series(target: float) -> Case:
    """Order 10 of exp(sin x) / (1 + x^2)."""

    def setup() -> tuple[Call, Call]:
        x = np.random.default_rng(0).random(100_000)
        f = mml.Function(lambda x: np.exp(np.sin(x)) / (1 + x**2), ())
        return lambda: by_recurrence(x, 10), lambda: f.taylor(x, 10).coefficients

    return Case(
        "Taylor order 10, 100,000 points", "calculus", setup, agree(1e-8), target, "numpy by hand"
    )


def by_recurrence(x: np.ndarray, order: int) -> np.ndarray:
    """The same recurrences, whole arrays at a time."""
    s, c, e, v = (np.zeros((order + 1, len(x))) for _ in range(4))
    s[0], c[0] = np.sin(x), np.cos(x)
    for k in range(1, order + 1):
        s[k], c[k] = c[k - 1] / k, -s[k - 1] / k
    e[0] = np.exp(s[0])
    for k in range(1, order + 1):
        e[k] = sum(j * s[j] * e[k - j] for j in range(1, k + 1)) / k
    w = [1 + x * x, 2 * x, 1.0]
    for k in range(order + 1):
        v[k] = (e[k] - sum(w[j] * v[k - j] for j in range(1, min(k, 2) + 1))) / w[0]
    return v.T


def elementary(name: str, target: float) -> Case:
    """One function of a million numbers."""

    def setup() -> tuple[Call, Call]:
        x = np.random.default_rng(0).uniform(-10, 10, 1_000_000)
        function = getattr(np, name)
        f = mml.Function(function, ())
        return lambda: function(x), lambda: f(x)

    return Case(f"{name} of 1,000,000 float64", "calculus", setup, agree(1e-12), target)


CASES = [
    *([derivatives(1, 1_000_000, 6.4), derivatives(2, 1_000_000, 5)] if SYMPY else []),
    one_gradient(10, 10),
    one_gradient(1000, 2),
    jacobians(1),
    series(10),
    elementary("sin", 5),
    elementary("exp", 1),
    elementary("tanh", 1),
    *with_torch(torch_cases),
]
test_cases = as_test(CASES)

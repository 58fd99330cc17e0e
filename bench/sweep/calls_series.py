"""The smaller tools of calculus: series, differences, tests of points. Few random rows."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import scipy.optimize

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.functions import CURVES, formula
from bench.sweep.table import Calls, entry, near, same


@entry("calculus", "taylor", 0.3)
def taylor(draw: Draw) -> Calls:
    order = draw.size(2, 12)
    x = draw.array(draw.size(1, 20_000))
    draw.say(f"exp, order {order}")
    factorials = np.cumprod([1.0, *range(1, order + 1)]).astype(x.dtype)

    def check(expected: Any, got: Any) -> None:
        near(draw.dtype)(expected, getattr(got, "coefficients", got))

    peers = {"numpy by hand": lambda: np.exp(x)[:, None] / factorials}
    return Calls(partial(mml.taylor, np.exp, x, order), peers, check)


@entry("calculus", "loop", 0.2)
def loop(draw: Draw) -> Calls:
    """A recurrence, beside the same in a loop of numpy."""
    n, count = draw.size(1, 50), draw.size(10, 2000)
    x = draw.array(n)
    draw.say(f"{count} steps")
    body = lambda i, s: 0.5 * np.sin(s) + x  # noqa: ARG005

    def steps() -> Any:
        s = x
        for i in range(count):
            s = body(i, s)
        return s

    f = mml.Function(lambda s: mml.loop(body, s, count), n)
    return Calls(partial(f, x), {"numpy loop": steps}, near(draw.dtype, 100))


@entry("calculus", "linearize", 0.3)
def linearize(draw: Draw) -> Calls:
    x = draw.array(draw.size(2, 50))
    found = formula(draw, len(x))

    def check(expected: Any, got: Any) -> None:
        pair = got if isinstance(got, tuple) else (got.value, got.jacobian)
        near(draw.dtype, 10)(expected, pair)

    peers = {"numpy by hand": lambda: (found.value(x), found.gradient(x))}
    return Calls(partial(mml.linearize, found.f, x), peers, check)


@entry("calculus", "finite_difference", 0.3)
def finite_difference(draw: Draw) -> Calls:
    n = draw.size(2, 30)
    x = draw.array(n, dtype="float64")
    found = formula(draw, n)
    step = 1e-6

    def loop() -> Any:
        out = np.empty(n)
        for i in range(n):
            h = np.zeros(n)
            h[i] = step
            out[i] = (found.f(x + h) - found.f(x - h)) / (2 * step)
        return out

    peers = {
        "numpy loop": loop,
        "scipy": partial(scipy.optimize.approx_fprime, x, found.f),
    }

    def check(expected: Any, got: Any) -> None:
        # numpy's loop, on formulas that hold float32 numbers, has few digits.
        near("float32", 10 if draw.dtype == "float64" else 1e4)(expected, got)

    return Calls(
        partial(mml.finite_difference, found.f, x), peers, check, partial(found.gradient, x)
    )


@entry("calculus", "total_derivative", 0.3)
def total_derivative(draw: Draw) -> Calls:
    t = draw.array(draw.size(1, 20_000))
    peers = {
        "numpy by hand": lambda: 2 * t * np.exp(t) + t * t * np.exp(t),
    }
    ours = partial(mml.total_derivative, lambda x: x[0] * x[1], lambda s: [s * s, np.exp(s)], t)
    return Calls(ours, peers, near(draw.dtype, 10))


@entry("calculus", "classify_stationary", 0.3)
def classify_stationary(draw: Draw) -> Calls:
    n = draw.size(2, 20)
    signs = np.where(draw.rng.random(n) < 0.5, -1.0, 1.0)
    draw.say(f"{n} unknowns")
    x = np.zeros(n)

    def f(v: Any) -> Any:
        return np.sum(signs * v**2)

    def by_hand() -> str:
        values = np.linalg.eigvalsh(2 * np.diag(signs))
        if np.linalg.norm(2 * signs * x) > 1e-6:
            return "not stationary"
        if values[0] > 0:
            return "minimum"
        return "maximum" if values[-1] < 0 else "saddle"

    def check(expected: Any, got: Any) -> None:
        same(expected, getattr(got, "kind", got))

    return Calls(partial(mml.classify_stationary, f, x), {"numpy by hand": by_hand}, check)


@entry("calculus", "check_gradient", 0.3)
def check_gradient(draw: Draw) -> Calls:
    x = draw.array(draw.size(2, 10), dtype="float64")
    f, gradient = scipy.optimize.rosen, scipy.optimize.rosen_der
    peers = {"scipy": partial(scipy.optimize.check_grad, f, gradient, x)}

    def check(_expected: Any, got: Any) -> None:
        error = getattr(got, "error", got)
        # SciPy tells an absolute error.
        assert error < 1e-2, f"A right gradient is called wrong, by {error:.2g}."

    return Calls(partial(mml.check_gradient, f, x, gradient), peers, check)


@entry("calculus", "parity", 0.3)
def parity(draw: Draw) -> Calls:
    f, expected = draw.choice(
        (np.cos, "even"), (np.sin, "odd"), (np.exp, "neither"), (CURVES[2].f, "even")
    )
    x = np.linspace(0.03, 2, 64)

    def by_hand() -> str:
        right, left = f(x), f(-x)
        if np.allclose(right, left, rtol=1e-12):
            return "even"
        return "odd" if np.allclose(right, -left, rtol=1e-12) else "neither"

    return Calls(partial(mml.parity, f), {"numpy by hand": by_hand}, same, lambda: expected)

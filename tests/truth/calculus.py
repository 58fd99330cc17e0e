"""Random compositions at the places where a branch, a tie, an overflow or a zero lies; forward, reverse and Taylor against one truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf
from tests.truth import jets
from tests.truth.jets import Jet, Undecided
from tests.truth.registry import Draw, Wrong, explores

import mmlcore as mml

UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[Jet], Jet]]] = {
    "exp": (np.exp, jets.exp),
    "log": (np.log, jets.log),
    "log1p": (np.log1p, jets.log1p),
    "expm1": (np.expm1, jets.expm1),
    "sin": (np.sin, jets.sin),
    "cos": (np.cos, jets.cos),
    "tanh": (np.tanh, jets.tanh),
    "cosh": (np.cosh, jets.cosh),
    "arctan": (np.arctan, jets.arctan),
    "arcsinh": (np.arcsinh, jets.arcsinh),
    "sqrt": (np.sqrt, jets.sqrt),
    "abs": (np.abs, jets.size),
    "square": (np.square, lambda a: jets.power(a, 2)),
    "cube": (lambda a: a**3, lambda a: jets.power(a, 3)),
    "power 2.5": (lambda a: a**2.5, lambda a: jets.power(a, 2.5)),
    "reciprocal": (lambda a: 1 / a, jets.reciprocal),
    "logistic": (
        lambda a: 1 / (1 + np.exp(-a)),
        lambda a: jets.reciprocal(jets.add(jets.constant(1), jets.exp(jets.scaled(a, -1)))),
    ),
    "sech": (lambda a: 1 / np.cosh(a), lambda a: jets.reciprocal(jets.cosh(a))),
    "times": (None, None),  # type: ignore[dict-item]
    "plus": (None, None),  # type: ignore[dict-item]
}
BINARY: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Jet, Jet], Jet]]] = {
    "+": (lambda a, b: a + b, jets.add),
    "-": (lambda a, b: a - b, lambda a, b: jets.add(a, jets.scaled(b, -1))),
    "*": (lambda a, b: a * b, jets.mul),
    "/": (lambda a, b: a / b, lambda a, b: jets.mul(a, jets.reciprocal(b))),
    "maximum": (np.maximum, jets.larger),
    "minimum": (
        np.minimum,
        lambda a, b: jets.scaled(jets.larger(jets.scaled(a, -1), jets.scaled(b, -1)), -1),
    ),
    "logaddexp": (np.logaddexp, jets.logaddexp),
}
CONSTANTS = (1.0, -1.0, 2.0, 0.5, 3.0, 100.0, -100.0, 1000.0, 1e-3, 1e8, 1e-8, 700.0)
POINTS = (0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 10.0, -700.0, 800.0, 1e-9, 1e6, 1e-200)


def composed(d: Draw, depth: int) -> tuple[str, Callable[[Any], Any], Callable[[Jet], Jet]]:
    """A random function: its text, for numpy, for jets."""
    if depth == 0 or d.chance(0.1):
        return "x", (lambda x: x), (lambda j: j)
    if d.chance(0.62):
        text, f, g = composed(d, depth - 1)
        name = str(d.pick(*UNARY))
        if name in ("times", "plus"):
            c = float(d.pick(*CONSTANTS))
            if name == "times":
                return f"{c} * {text}", (lambda x: c * f(x)), (lambda j: jets.scaled(g(j), c))
            return (
                f"({c} + {text})",
                (lambda x: c + f(x)),
                (lambda j: jets.add(jets.constant(c), g(j))),
            )
        F, G = UNARY[name]
        return f"{name}({text})", (lambda x: F(f(x))), (lambda j: G(g(j)))
    left, right = composed(d, depth - 1), composed(d, depth - 1)
    if d.chance(0.2):
        c = float(d.pick(0.0, 1.0, float(d.pick(*POINTS))))
        return (
            f"where(x < {c}, {left[0]}, {right[0]})",
            lambda x: np.where(x < c, left[1](x), right[1](x)),
            lambda j: left[2](j) if j.v < c else right[2](j),
        )
    name = str(d.pick(*BINARY))
    F2, G2 = BINARY[name]
    return (
        f"{name}({left[0]}, {right[0]})",
        (lambda x: F2(left[1](x), right[1](x))),
        (lambda j: G2(left[2](j), right[2](j))),
    )


def known(d: Draw) -> tuple[str, Callable[[Any], Any], float, Jet] | None:
    """A function, a point, and the jet there, where floats can tell the value at all."""
    text, f, g = composed(d, int(d.rng.integers(1, 5)))
    x = float(
        d.pick(*POINTS, *POINTS, *POINTS, d.rng.standard_normal(), d.rng.standard_normal() * 30)
    )
    with mpmath.workdps(80):
        try:
            jet = g(jets.variable(x))
        except (Undecided, OverflowError, ZeroDivisionError, mpmath.libmp.NoConvergence):
            return None
    value = np.asarray(f(np.float64(x)))
    if not np.isfinite(value) or abs(mpf(float(value)) - jet.v) > 20 * jet.u + mpf(10) ** -300:
        return None
    if jet.u > abs(jet.v) * mpf(10) ** -8 and jet.u > mpf(10) ** -290:
        return None
    return text, f, x, jet


def hold(
    d: Draw, name: str, compute: Callable[[Callable[[Any], Any], float], Any], order: int = 1
) -> None:
    """Hold a first or second derivative against the truth."""
    drawn = known(d)
    if drawn is None:
        return
    text, f, x, jet = drawn
    got = float(compute(f, x))
    right = jet.d if order == 1 else jet.e
    bound = 20 * jet.w + mpf(10) ** -9 * jet.D if order == 1 else mpf(10) ** -6 * jet.E
    bound += mpf(10) ** -290
    if not (np.isfinite(got) and abs(mpf(got) - right) <= bound):
        shown = f"{mpmath.nstr(right, 8)}, bound {mpmath.nstr(bound, 3)}"
        raise Wrong(f"{name} of {text} at {x}: {got} for {shown}")


def on_vector(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function of a vector of one entry."""
    return lambda v: f(v[0])


@explores("derivative")
def derivative(d: Draw) -> None:
    """First and second order."""
    if d.chance(0.5):
        hold(d, "derivative", mml.derivative)
    else:
        hold(d, "derivative of order 2", lambda f, x: mml.derivative(f, x, order=2), order=2)


@explores("gradient")
def gradient(d: Draw) -> None:
    """By the reverse sweep."""
    hold(d, "gradient", lambda f, x: mml.gradient(on_vector(f), np.array([x]))[0])


@explores("value_and_gradient")
def value_and_gradient(d: Draw) -> None:
    """Both parts."""
    hold(
        d,
        "value_and_gradient",
        lambda f, x: mml.value_and_gradient(on_vector(f), np.array([x]))[1][0],
    )


@explores("jacobian")
def jacobian(d: Draw) -> None:
    """Two results that share their work."""
    hold(
        d,
        "jacobian",
        lambda f, x: mml.jacobian(lambda v: np.stack([v[0], f(v[0])]), np.array([x]))[1, 0],
    )


@explores("hessian")
def hessian(d: Draw) -> None:
    """Forward over reverse."""
    hold(d, "hessian", lambda f, x: mml.hessian(on_vector(f), np.array([x]))[0, 0], order=2)


@explores("taylor")
def taylor(d: Draw) -> None:
    """The coefficients of order 1 and 2."""
    if d.chance(0.5):
        hold(d, "taylor", lambda f, x: mml.taylor(f, x, 1).coefficients[1])
    else:
        hold(d, "taylor", lambda f, x: 2 * mml.taylor(f, x, 2).coefficients[2], order=2)


@explores("linearize")
def linearize(d: Draw) -> None:
    """The slope."""
    hold(
        d,
        "linearize",
        lambda f, x: np.ravel(mml.linearize(lambda v: np.stack([f(v[0])]), np.array([x])).jacobian)[
            0
        ],
    )


def noise(f: Callable[[Any], Any], x: float) -> float:
    """How far values close to x lie from a line, beside their size: what rounding within f does."""
    steps = np.arange(-4, 5)
    values = np.array([float(f(np.float64(x + 1e-9 * max(1.0, abs(x)) * k))) for k in steps])
    apart = values - np.polyval(np.polyfit(steps, values, 1), steps)
    return float(np.abs(apart).max() / max(np.abs(values).max(), 1e-300))


@explores("finite_difference")
def finite_difference(d: Draw) -> None:
    """Within its own estimate of the error, or an estimate that says that nothing is known."""
    drawn = known(d)
    if drawn is None:
        return
    text, f, x, jet = drawn
    if abs(x) > 100:
        return  # the first step would reach over many periods
    values = [float(f(np.float64(x + h))) for h in (-1e-4, 0.0, 1e-4)]
    if not np.isfinite(values).all() or abs(np.diff(values, 2)[0]) > 1e-7 + 1e-3 * abs(
        values[2] - values[0]
    ):
        return  # a kink, a pole or an edge beside x
    if noise(f, x) > 16 * np.finfo(float).eps:
        return  # the estimate takes values of f to be right to their last digit
    got, error = mml.finite_difference(on_vector(f), np.array([x]), full_output=True)
    slope, told = float(np.ravel(got)[0]), float(np.ravel(error)[0])
    if (
        np.isfinite(slope)
        and abs(mpf(slope) - jet.d) > 100 * mpf(told) + mpf(10) ** -4 * jet.D + mpf(10) ** -290
    ):
        raise Wrong(
            f"finite_difference of {text} at {x}: {slope} +- {told} for {mpmath.nstr(jet.d, 8)}"
        )

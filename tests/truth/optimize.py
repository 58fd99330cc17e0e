"""Roots, minima, multipliers: known places in any unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.truth.registry import Draw, Wrong, explores

import mmlcore as mml


def unit(d: Draw, most: float) -> float:
    """One, or a power of ten."""
    return 10.0 ** d.rng.uniform(-most, most) if d.chance(0.6) else 1.0


@explores("newton")
def newton(d: Draw) -> None:
    """The root of exp(a x) - c, x^3 - c and of a system, in any unit of x and f; or a ConvergenceError."""
    s, t = unit(d, 12), unit(d, 30)
    kind = d.pick("exp", "cube", "system")
    if kind == "exp":
        f, right, start = (lambda x: t * (np.exp(x / s) - 2)), np.log(2) * s, 2.0 * s
    elif kind == "cube":
        f, right, start = (lambda x: t * ((x / s) ** 3 - 5)), 5 ** (1 / 3) * s, 2.5 * s
    else:
        f = lambda x: np.stack([t * (x[0] / s * x[1] / s - 2), x[0] / s - x[1] / s - 1])
        right, start = np.array([2.0, 1.0]) * s, np.array([2.5, 0.6]) * s
    root = mml.newton(f, start)
    off = np.abs(np.asarray(root.x) / s - np.asarray(right) / s).max()
    if not off <= 1e-9:
        raise Wrong(
            f"newton {kind}: {root.x} for {right}, units {s}, {t}, converged {root.converged}"
        )


@explores("minimize")
def minimize(d: Draw) -> None:
    """The minimum of a bowl, whatever is added and whatever the units are."""
    n = d.size(4)
    s, t = unit(d, 8), unit(d, 20)
    place = d.rng.standard_normal(n)
    weights = d.rng.random(n) * 3 + 0.5
    constant = t * 10.0 ** d.rng.uniform(0, 4) if d.chance(0.4) else 0.0
    method = str(d.pick("newton", "bfgs"))
    f = lambda x: constant + t * np.sum(weights * (x / s - place) ** 2)
    result = mml.minimize(f, np.zeros(n), method=method)
    off = np.abs(np.asarray(result.x) / s - place).max()
    # Values near the minimum differ by less than their rounding: the square root of it is what can be told from them.
    if not off <= 1e-6 + 10 * np.sqrt(np.finfo(float).eps * (1 + constant / t)) * (
        method != "newton"
    ):
        raise Wrong(
            f"minimize {method}: off by {off}, units {s}, {t}, constant {constant}, converged {result.converged}"
        )


@explores("lagrange")
def lagrange(d: Draw) -> None:
    """The nearest point of a plane, with its multiplier."""
    n = d.size(4, 2)
    s = unit(d, 6)
    normal, place = d.rng.standard_normal(n), d.rng.standard_normal(n)
    if np.abs(normal).max() < 0.1:
        return
    level = float(d.rng.standard_normal())
    result = mml.lagrange(
        lambda x: np.sum((x / s - place) ** 2),
        lambda x: np.sum(normal * x / s) - level,
        np.zeros(n),
    )
    right = place + normal * (level - normal @ place) / (normal @ normal)
    off = np.abs(np.asarray(result.x) / s - right).max()
    if not off <= 1e-7 or result.kind != "minimum":
        raise Wrong(f"lagrange: off by {off}, kind {result.kind}, unit {s}")


@explores("minimize_globally")
def minimize_globally(d: Draw) -> None:
    """A sum of polynomials of one unknown each: the least value in a box is that of each alone, whatever the units are."""
    n, unit = d.size(3), 10.0 ** d.rng.uniform(-20, 20)
    roots = d.rng.uniform(-2, 2, (n, 6))
    parts = [np.poly1d(np.poly(r)) for r in roots]
    low, high = d.rng.uniform(-2.5, -1, n), d.rng.uniform(1, 2.5, n)
    least = 0.0
    for p, a, b in zip(parts, low, high, strict=True):
        at = [r.real for r in p.deriv().roots if abs(r.imag) < 1e-9 and a < r.real < b]
        least += min(p(x) for x in (*at, a, b))
    rows = np.array([p.coef for p in parts])

    def f(x: Any) -> Any:
        z = x / unit
        return sum(sum(float(c) * z[i] ** (6 - k) for k, c in enumerate(rows[i])) for i in range(n))

    seed = d.number % 1000
    found = mml.minimize_globally(f, (low * unit, high * unit), random_state=seed)
    if n == 2:
        pairs = list(zip(low * unit, high * unit, strict=True))
        found = mml.minimize_globally(f, pairs, random_state=seed)
    if not abs(found.value - least) <= 1e-6 * max(1.0, abs(least)):
        raise Wrong(f"minimize_globally: {found.value} for {least}, {n} unknowns")

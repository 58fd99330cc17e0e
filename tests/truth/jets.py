"""Second-order jets in mpmath, with what rounding can do to each: the right derivatives of what floats compute.

A jet holds value, first and second derivative along x (v, d, e); the same with every contribution taken by its size (D, E);
and a bound of the error that float64 makes in the value and in the derivative (u, w), to first order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath
from mpmath import mpf

EPS = mpf(2) ** -52
ZERO = mpf(0)
SMALLEST = mpf(2) ** -1074  # below it a float is zero
MOST = mpf(2) ** 900  # beyond it, products within a derivative may leave the range


class Undecided(Exception):
    """At a kink, a pole, or where the value itself is lost: there is no one answer."""


@dataclass(frozen=True)
class Jet:
    """See above; one that is beyond the range on the way decides nothing."""

    v: Any
    d: Any = ZERO
    e: Any = ZERO
    D: Any = ZERO
    E: Any = ZERO
    u: Any = ZERO
    w: Any = ZERO

    def __post_init__(self) -> None:
        if max(abs(self.v), self.D, self.E) > MOST:
            raise Undecided


def variable(x: float) -> Jet:
    """x itself."""
    return Jet(mpf(x), mpf(1), mpf(0), mpf(1), mpf(0))


def constant(c: float) -> Jet:
    """A number that does not depend on x."""
    return Jet(mpf(c))


def chain(a: Jet, v: Any, f1: Any, f2: Any) -> Jet:
    """f(a) from the value and two derivatives of f there."""
    return Jet(
        v, f1 * a.d, f2 * a.d**2 + f1 * a.e, abs(f1) * a.D, abs(f2) * a.D**2 + abs(f1) * a.E,
        abs(f1) * a.u + EPS * 4 * abs(v) + SMALLEST, abs(f1) * a.w + abs(f2) * a.u * a.D + EPS * 8 * abs(f1) * a.D,
    )  # fmt: skip


def add(a: Jet, b: Jet) -> Jet:
    """a + b."""
    v = a.v + b.v
    return Jet(
        v,
        a.d + b.d,
        a.e + b.e,
        a.D + b.D,
        a.E + b.E,
        a.u + b.u + EPS * abs(v),
        a.w + b.w + EPS * (a.D + b.D),
    )


def scaled(a: Jet, c: Any) -> Jet:
    """c a."""
    c = mpf(c)
    s = abs(c)
    return Jet(
        c * a.v,
        c * a.d,
        c * a.e,
        s * a.D,
        s * a.E,
        s * a.u + EPS * s * abs(a.v) + SMALLEST,
        s * a.w + EPS * s * a.D,
    )


def mul(a: Jet, b: Jet) -> Jet:
    """a b."""
    p, q = abs(a.v), abs(b.v)
    return Jet(
        a.v * b.v, a.v * b.d + a.d * b.v, a.v * b.e + 2 * a.d * b.d + a.e * b.v, p * b.D + q * a.D,
        p * b.E + 2 * a.D * b.D + q * a.E, p * b.u + q * a.u + EPS * p * q + SMALLEST,
        p * b.w + q * a.w + a.u * b.D + b.u * a.D + EPS * 2 * (p * b.D + q * a.D),
    )  # fmt: skip


def reciprocal(a: Jet) -> Jet:
    """1 / a."""
    if not a.v or a.u > abs(a.v) / 100:
        raise Undecided
    return chain(a, 1 / a.v, -1 / a.v**2, 2 / a.v**3)


def larger(a: Jet, b: Jet) -> Jet:
    """max(a, b); where both are equal, both tangents and curvatures have to be."""
    if a.v == b.v:
        if a.d != b.d or a.e != b.e:
            raise Undecided
        return a
    if abs(a.v - b.v) <= 4 * (a.u + b.u):
        raise Undecided
    return a if a.v > b.v else b


def size(a: Jet) -> Jet:
    """|a|; where a and its slope vanish, the curvature is positive."""
    if a.v == 0 and a.d == 0:
        return scaled(a, -1) if a.e < 0 else a
    return larger(a, scaled(a, -1))


def power(a: Jet, p: float) -> Jet:
    """a^p for a constant p."""
    n = mpf(p)
    if a.v == 0 and p >= 2:
        second = mpf(2) if p == 2 else mpf(0)
        return chain(a, mpf(0), mpf(0), second)
    if (a.v <= 0 and p != int(p)) or a.v == 0:
        raise Undecided
    if (
        a.u > abs(a.v) / 100 or abs(a.v**n) < SMALLEST * 2**60
    ):  # Taylor's recurrence starts from the value
        raise Undecided
    return chain(a, a.v**n, n * a.v ** (n - 1), n * (n - 1) * a.v ** (n - 2))


def exp(a: Jet) -> Jet:
    """e^a."""
    if abs(a.v) > 1e6 or a.u > 0.01:
        raise Undecided
    v = mpmath.exp(a.v)
    return chain(a, v, v, v)


def log(a: Jet) -> Jet:
    """The logarithm."""
    if a.v <= 0 or a.u > a.v / 100:
        raise Undecided
    return chain(a, mpmath.log(a.v), 1 / a.v, -1 / a.v**2)


def log1p(a: Jet) -> Jet:
    """log(1 + a)."""
    if a.v <= -1 or a.u > (1 + a.v) / 100:
        raise Undecided
    return chain(a, mpmath.log1p(a.v), 1 / (1 + a.v), -1 / (1 + a.v) ** 2)


def expm1(a: Jet) -> Jet:
    """e^a - 1."""
    b = exp(a)
    return Jet(
        mpmath.expm1(a.v),
        b.d,
        b.e,
        b.D,
        b.E,
        abs(b.v) * a.u + EPS * 4 * abs(mpmath.expm1(a.v)),
        b.w,
    )


def sin(a: Jet) -> Jet:
    """The sine."""
    limited(a)
    s, c = mpmath.sin(a.v), mpmath.cos(a.v)
    return chain(a, s, c, -s)


def cos(a: Jet) -> Jet:
    """The cosine."""
    limited(a)
    s, c = mpmath.sin(a.v), mpmath.cos(a.v)
    return chain(a, c, -s, -c)


def limited(a: Jet) -> None:
    """An argument that rounding has moved by much has no sine."""
    if a.u > 0.01 or abs(a.v) > mpf(10) ** 15:
        raise Undecided


def tanh(a: Jet) -> Jet:
    """The hyperbolic tangent."""
    if abs(a.v) > 1e6:
        raise Undecided
    t, s = mpmath.tanh(a.v), mpmath.sech(a.v) ** 2
    return chain(a, t, s, -2 * t * s)


def cosh(a: Jet) -> Jet:
    """The hyperbolic cosine."""
    if abs(a.v) > 1e6 or a.u > 0.01:
        raise Undecided
    return chain(a, mpmath.cosh(a.v), mpmath.sinh(a.v), mpmath.cosh(a.v))


def arctan(a: Jet) -> Jet:
    """The arc tangent."""
    q = 1 + a.v**2
    return chain(a, mpmath.atan(a.v), 1 / q, -2 * a.v / q**2)


def arcsinh(a: Jet) -> Jet:
    """The inverse of the hyperbolic sine."""
    q = 1 + a.v**2
    return chain(a, mpmath.asinh(a.v), 1 / mpmath.sqrt(q), -a.v / q**1.5)


def sqrt(a: Jet) -> Jet:
    """The square root."""
    if a.v <= 0 or a.u > a.v / 100:
        raise Undecided
    r = mpmath.sqrt(a.v)
    return chain(a, r, 1 / (2 * r), -1 / (4 * r**3))


def logaddexp(a: Jet, b: Jet) -> Jet:
    """log(e^a + e^b) = b + log(1 + e^(a - b))."""
    if max(abs(a.v), abs(b.v)) > 1e6 or a.u + b.u > 0.01:
        raise Undecided
    z = add(a, scaled(b, -1))
    p = 1 / (1 + mpmath.exp(-z.v))
    return add(b, chain(z, mpmath.log1p(mpmath.exp(z.v)), p, p * (1 - p)))

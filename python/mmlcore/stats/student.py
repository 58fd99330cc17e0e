"""Student's t distribution: what intervals and tests of estimates are made of."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_real

# Degrees of freedom from which on the normal deviate of Peizer and Pratt has ten digits.
_MANY = 1e6


def two_sided(t: Any, dof: Any) -> Array:
    """Return P(|T| > |t|) for T of Student's distribution, elementwise; with dof infinite that of a normal number.

    It is the incomplete beta function I_x(dof / 2, 1 / 2) at x = dof / (dof + t^2), by Lentz's continued fraction (NIST DLMF
    8.17.22).
    """
    t, dof = np.broadcast_arrays(np.abs(np.asarray(t, float)), np.asarray(dof, float))
    found = [_two_sided(float(a), float(b)) for a, b in zip(t.ravel(), dof.ravel(), strict=True)]
    return np.reshape(np.array(found), t.shape)


@lru_cache(maxsize=4096)
def _two_sided(t: float, dof: float) -> float:
    if math.isnan(t) or not dof > 0:
        return math.nan
    if math.isinf(t):
        return 0.0
    if dof > _MANY:
        z = t
        if math.isfinite(dof):
            bent = math.sqrt(math.log1p(t * t / dof) / (dof - 5 / 6))
            z = (dof - 2 / 3 + 0.1 / dof) * bent
        return math.erfc(z / math.sqrt(2))
    return _tail(dof / 2, t * t / dof)


def _tail(a: float, ratio: float) -> float:
    """Return I_x(a, 1/2) at x = 1 / (1 + ratio)."""
    x, rest = 1 / (1 + ratio), ratio / (1 + ratio)
    if rest == 0:
        return 1.0
    # log gamma(a + 1/2) - log gamma(a), whose terms cancel for large a.
    if a > 50:
        gap = 0.5 * math.log(a) - 1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5)
    else:
        gap = math.lgamma(a + 0.5) - math.lgamma(a)
    front = math.exp(gap - a * math.log1p(ratio) + 0.5 * math.log(rest / math.pi))
    if x < (a + 1) / (a + 2.5):
        return front * _fraction(a, 0.5, x) / a
    return 1 - front * _fraction(0.5, a, rest) / 0.5


def _fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d or tiny)
    result = d
    for m in range(1, 2000):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + top * d) or tiny)
            c = (1 + top / c) or tiny
            result *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return result


@lru_cache(maxsize=256)
def quantile(level: float, dof: float) -> float:
    """Return t with P(|T| <= t) = level, 0 <= level < 1; infinite where there are no degrees of freedom."""
    level = as_real(level, "level", 0.0, 1.0)
    if level >= 1:
        msg = "level: got 1, needed less: no finite interval is certain."
        raise ValueError(msg)
    if not dof > 0:
        return math.inf
    if math.isinf(dof):
        return NormalDist().inv_cdf(0.5 + level / 2)
    outside, low, high = 1 - level, 0.0, 1.0
    while _two_sided(high, dof) > outside and high < 1e300:
        low, high = high, 2 * high
    for _ in range(200):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        low, high = (middle, high) if _two_sided(middle, dof) > outside else (low, middle)
    return 0.5 * (low + high)

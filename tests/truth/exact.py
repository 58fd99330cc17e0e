"""Answers without rounding: fractions for what is rational, mpmath with many digits for what is not; and the comparison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from tests.truth.registry import Wrong

Rows = list[list[Fraction]]
mpmath.mp.dps = 60


def exact(a: np.ndarray) -> Any:
    """Nested lists of fractions with the values of an array."""
    if a.ndim == 0:
        return Fraction(float(a))
    return [exact(row) for row in a]


def ulp(dtype: Any) -> Fraction:
    """Half the distance from 1 to the next number."""
    return Fraction(float(np.finfo(dtype).eps)) / 2


def tiny(dtype: Any) -> Fraction:
    """The smallest subnormal number: no answer can be nearer than that."""
    return Fraction(float(np.finfo(dtype).smallest_subnormal))


def most(dtype: Any) -> Fraction:
    """The largest number."""
    return Fraction(float(np.finfo(dtype).max))


def dot(x: Sequence[Fraction], y: Sequence[Fraction]) -> Fraction:
    """Sum of products."""
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))


def sizes(x: Iterable[Fraction]) -> list[Fraction]:
    """Absolute values."""
    return [abs(v) for v in x]


def product(a: Rows, b: Rows) -> Rows:
    """A B."""
    columns = transposed(b)
    return [[dot(row, column) for column in columns] for row in a]


def transposed(a: Rows) -> Rows:
    """A'."""
    return [list(column) for column in zip(*a, strict=True)]


def eliminated(a: Rows) -> tuple[Rows, list[int], Fraction]:
    """The reduced echelon form, the pivot columns, and the product of the pivots with its sign."""
    a = [list(row) for row in a]
    m, n = len(a), len(a[0]) if a else 0
    pivots: list[int] = []
    determinant = Fraction(1)
    for j in range(n):
        i = len(pivots)
        best = next((k for k in range(i, m) if a[k][j] != 0), None)
        if best is None:
            continue
        if best != i:
            a[i], a[best] = a[best], a[i]
            determinant = -determinant
        determinant *= a[i][j]
        a[i] = [v / a[i][j] for v in a[i]]
        for k in range(m):
            if k != i and a[k][j] != 0:
                factor = a[k][j]
                a[k] = [u - factor * v for u, v in zip(a[k], a[i], strict=True)]
        pivots.append(j)
    return a, pivots, determinant


def rank(a: Rows) -> int:
    """The rank."""
    return len(eliminated(a)[1])


def determinant(a: Rows) -> Fraction:
    """The determinant."""
    _, pivots, value = eliminated(a)
    return value if len(pivots) == len(a) else Fraction(0)


def solved(a: Rows, b: Rows) -> Rows | None:
    """The X with A X = B, or None where A is singular."""
    n = len(a)
    reduced, pivots, _ = eliminated([row + side for row, side in zip(a, b, strict=True)])
    return [row[n:] for row in reduced] if pivots[:n] == list(range(n)) else None


def pivoted(a: Rows) -> tuple[Rows, Rows]:
    """A square A with its rows in the order of partial pivoting, and |L| |U|."""
    n = len(a)
    order = list(range(n))
    upper = [list(row) for row in a]
    lower = [[Fraction(0)] * n for _ in range(n)]
    for k in range(n):
        best = max(range(k, n), key=lambda i: abs(upper[i][k]))
        for x in (order, upper, lower):
            x[k], x[best] = x[best], x[k]
        lower[k][k] = Fraction(1)
        for i in range(k + 1, n):
            if upper[i][k]:
                lower[i][k] = upper[i][k] / upper[k][k]
                upper[i] = [u - lower[i][k] * v for u, v in zip(upper[i], upper[k], strict=True)]
    weight = product([sizes(row) for row in lower], [sizes(row) for row in upper]) if n else []
    return [a[i] for i in order], weight


def equilibrated(a: Rows) -> tuple[Rows, Fraction]:
    """A with rows and columns brought near 1 by powers of two, in turn; and what its determinant is to be multiplied with."""
    unit = Fraction(1)
    for _ in range(16):
        scales = [max(sizes(row)) for row in a]
        powers = [s.numerator.bit_length() - s.denominator.bit_length() if s else 0 for s in scales]
        a = transposed(
            [[v / Fraction(2) ** p for v in row] for row, p in zip(a, powers, strict=True)]
        )
        unit *= Fraction(2) ** sum(powers)
    return a, unit


def number(x: Any) -> Fraction | None:
    """The value of a float, None for NaN and infinity."""
    value = float(x)
    return Fraction(value) if np.isfinite(value) else None


def near(got: Any, right: Fraction, bound: Fraction, dtype: Any, name: str) -> None:
    """Hold an answer against the right one; what lies beyond the range may be infinity of that sign."""
    value = number(got)
    slack = bound + tiny(dtype)
    if value is None:
        beyond = float(got) == np.inf and right + slack > most(dtype)
        below = float(got) == -np.inf and right - slack < -most(dtype)
        if not (beyond or below):
            raise Wrong(f"{name}: {got} for {short(right)}")
    elif abs(value - right) > slack:
        raise Wrong(
            f"{name}: {got} for {short(right)}, off by {short(abs(value - right))}, bound {short(slack)}"
        )


def all_near(got: np.ndarray, right: Any, bound: Any, dtype: Any, name: str) -> None:
    """The same for arrays; `bound` is one number or as many as there are."""
    flat = flattened(right)
    bounds = flattened(bound) if isinstance(bound, list) else [bound] * len(flat)
    if np.size(got) != len(flat):
        raise Wrong(f"{name}: shape {np.shape(got)} for {len(flat)} numbers")
    for i, (g, r, b) in enumerate(zip(np.ravel(got), flat, bounds, strict=True)):
        near(g, r, b, dtype, f"{name} [{i}]")


def flattened(x: Any) -> list[Fraction]:
    """Nested lists as one."""
    return [v for part in x for v in flattened(part)] if isinstance(x, list) else [x]


def short(x: Fraction) -> str:
    """Some digits, whatever the size."""
    return mpmath.nstr(mp(x), 6)


def mp(x: Fraction | float) -> Any:
    """An mpmath number of the same value, to 60 digits."""
    return (
        mpmath.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpmath.mpf(float(x))
    )


def root(x: Fraction) -> Fraction:
    """The square root to 50 digits."""
    return as_fraction(mpmath.sqrt(mp(x)))


def as_fraction(x: Any) -> Fraction:
    """The value of an mpmath number."""
    sign, mantissa, exponent, _ = x._mpf_
    value = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -value if sign else value


def mp_matrix(a: np.ndarray) -> Any:
    """The matrix for mpmath."""
    return mpmath.matrix([[mpmath.mpf(float(v)) for v in row] for row in a])


def singular_values(a: np.ndarray) -> list[Fraction]:
    """Singular values, largest first."""
    if 0 in a.shape:
        return []
    if a.shape[0] < a.shape[1]:
        a = a.T
    try:
        values = mpmath.svd_r(mp_matrix(a), compute_uv=False)
    except RuntimeError:  # its iteration may stall by its own rounding errors
        with mpmath.workdps(4 * mpmath.mp.dps):
            values = mpmath.svd_r(mp_matrix(a), compute_uv=False)
    return sorted((as_fraction(v) for v in values), reverse=True)


def symmetric_values(a: np.ndarray) -> list[Fraction]:
    """Eigenvalues of a symmetric matrix, smallest first."""
    return sorted(as_fraction(v) for v in mpmath.eigsy(mp_matrix(a), eigvals_only=True))

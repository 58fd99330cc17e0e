"""The characteristic polynomial."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_square, require_finite_items
from mmlcore.core.door import door
from mmlcore.core.lapack import level, patiently
from mmlcore.core.scaling import times_power

_EXACT, _EXACT_COMPLEX = 12, 8  # up to these orders coefficients are computed without rounding


@door("characteristic_polynomial")
def characteristic_polynomial(A: ArrayLike, *, out: Array | None = None) -> Array:
    """Coefficients of det(x I - A), the highest power first.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n + 1)
        The first coefficient is 1. Complex where A is.

    Raises
    ------
    ValueError
        Not square; NaN or infinity; a coefficient that overflows.

    Notes
    -----
    Up to order 12, of complex matrices 8, every coefficient is the exact one of the numbers in `A`, rounded once: the traces
    of the powers of A, and Newton's identities for the coefficients [1]_, are computed with twice the usual digits and a bound
    for the error; where that leaves a rounding open, in whole numbers of any length, as floating-point numbers are whole but
    for a power of two. Above, from the eigenvalues, whose errors of about u \\|A\\| the coefficients inherit. Coefficients of
    high order are no way to find eigenvalues: their roots are ill-conditioned. Cost: about 10 n^4 operations up to order 12,
    then that of `eigvals`.

    References
    ----------
    .. [1] D. K. Faddeev, V. N. Faddeeva, "Computational methods of linear algebra" (1963), section 47.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.characteristic_polynomial([[1, 0], [-1, 4]])
    array([ 1., -5.,  4.])
    """
    a = require_finite_items(as_square(A, "A", complex_ok=True), "A")
    n = a.shape[-1]
    items = a.reshape(math.prod(a.shape[:-2]), n, n)
    found = np.empty((len(items), n + 1), np.result_type(a, np.float64))
    if n <= (_EXACT_COMPLEX if a.dtype.kind == "c" else _EXACT):
        for item, coefficients in zip(items, found, strict=True):
            coefficients[:] = _exact(item)
    else:
        found[:] = _from_values(items)
    with np.errstate(over="ignore"):
        found = found.reshape(*a.shape[:-2], n + 1).astype(a.dtype, copy=False)
    if not np.isfinite(found).all():
        msg = f"A: a coefficient leaves the range of {a.real.dtype}; divide A by a constant."
        raise ValueError(msg)
    return found


def _exact(a: Array) -> list[Any]:
    """Return the coefficients rounded once; infinity where one overflows.

    The trace of A^(i + j) is the sum of the products of entries of A^i and the transpose of A^j: half of the powers serve.
    """
    n = len(a)
    parts = [a.real, a.imag] if a.dtype.kind == "c" else [a]
    ratios = [[[x.as_integer_ratio() for x in row] for row in part.tolist()] for part in parts]
    unit = max(
        (below for part in ratios for row in part for _, below in row), default=1
    )  # powers of two: the largest is common
    rows = [[[above * (unit // below) for above, below in row] for row in part] for part in ratios]
    powers = [rows]
    while 2 * len(powers) < n:
        powers.append(_of_parts(_product, _sum_of_matrices, powers[-1], rows))
    traces = [[sum(part[i][i] for i in range(n)) for part in rows]]
    for k in range(2, n + 1):
        i = min(k - 1, len(powers))
        traces.append(_of_parts(_trace, _sum, powers[i - 1], powers[k - i - 1]))
    coefficients = [[1, 0][: len(parts)]]
    for k in range(1, n + 1):
        total = traces[k - 1]
        for i in range(1, k):
            more = _of_parts(int.__mul__, _sum, coefficients[i], traces[k - 1 - i])
            total = [x + y for x, y in zip(total, more, strict=True)]
        coefficients.append([-x // k for x in total])  # without a remainder
    found = [[_ratio(x, unit**k) for x in c] for k, c in enumerate(coefficients)]
    return [complex(*c) if len(c) == 2 else c[0] for c in found]


def _of_parts(times: Callable[..., Any], plus: Callable[..., Any], a: Any, b: Any) -> list[Any]:
    """Multiply numbers or matrices given as [real] or [real, imaginary]."""
    if len(a) == 1:
        return [times(a[0], b[0])]
    return [
        plus(times(a[0], b[0]), times(a[1], b[1]), -1),
        plus(times(a[0], b[1]), times(a[1], b[0]), 1),
    ]


def _sum(x: int, y: int, sign: int) -> int:
    return x + sign * y


def _sum_of_matrices(a: list[list[int]], b: list[list[int]], sign: int) -> list[list[int]]:
    return [[x + sign * y for x, y in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)]


def _product(a: list[list[int]], b: list[list[int]]) -> list[list[int]]:
    columns = list(zip(*b, strict=True))
    return [[sum(map(int.__mul__, row, column)) for column in columns] for row in a]


def _trace(a: list[list[int]], b: list[list[int]]) -> int:
    return sum(
        sum(map(int.__mul__, row, column))
        for row, column in zip(a, zip(*b, strict=True), strict=True)
    )


def _ratio(above: int, below: int) -> float:
    try:
        return above / below
    except OverflowError:
        return float("inf")


def _from_values(a: Array) -> Array:
    """Return the coefficients of the product of x - value, in float64, one value after the other."""
    kind = np.result_type(a, np.float64)
    a, powers = level(a.astype(kind, copy=False), "A")
    values = np.asarray(patiently(np.linalg.eigvals, a), np.complex128)
    coefficients = _core.polynomials_of_roots(values)
    found = coefficients if kind.kind == "c" else coefficients.real
    if powers is not None:
        found = times_power(found, powers[:, np.newaxis] * np.arange(a.shape[-1] + 1))
    return np.asarray(found)

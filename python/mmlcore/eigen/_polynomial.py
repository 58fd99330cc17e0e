"""The characteristic polynomial."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_square, require_finite_items
from mmlcore.core.door import door
from mmlcore.core.lapack import level, patiently
from mmlcore.core.scaling import times_power

_EXACT = 12  # up to this order coefficients are computed without rounding


@door("characteristic_polynomial")
def characteristic_polynomial(A: ArrayLike, *, out: Array | None = None) -> Array:
    """Coefficients of det(x I - A), the highest power first.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32 or float64
        Square matrices.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n + 1)
        The first coefficient is 1.

    Raises
    ------
    ValueError
        Not square; NaN or infinity; a coefficient that overflows.

    Notes
    -----
    Up to order 12 every coefficient is the exact one of the numbers in `A`, rounded once: the traces of the powers of A, and
    Newton's identities for the coefficients [1]_, are computed with twice the usual digits and a bound for the error; where
    that leaves a rounding open, in whole numbers of any length, as floating-point numbers are whole but for a power of two.
    Above, from the eigenvalues, whose errors of some u \\|A\\| the coefficients inherit. Coefficients of high order are no
    way to find eigenvalues: their roots are ill-conditioned. Cost: some 10 n^4 operations up to order 12, then that of
    `eigvals`.

    References
    ----------
    .. [1] D. K. Faddeev, V. N. Faddeeva, "Computational methods of linear algebra" (1963), section 47.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.characteristic_polynomial([[1, 0], [-1, 4]])
    array([ 1., -5.,  4.])
    """
    a = require_finite_items(as_square(A, "A"), "A")
    n = a.shape[-1]
    items = a.reshape(math.prod(a.shape[:-2]), n, n)
    found = np.empty((len(items), n + 1))
    if n <= _EXACT:
        for item, coefficients in zip(items, found, strict=True):
            coefficients[:] = _exact(item)
    else:
        found[:] = _from_values(items)
    with np.errstate(over="ignore"):
        found = found.reshape(*a.shape[:-2], n + 1).astype(a.dtype, copy=False)
    if not np.isfinite(found).all():
        msg = f"A: a coefficient leaves the range of {a.dtype}; divide A by a constant."
        raise ValueError(msg)
    return found


def _exact(a: Array) -> list[float]:
    """Return the coefficients rounded once; infinity where one overflows.

    The trace of A^(i + j) is the sum of the products of entries of A^i and the transpose of A^j: half of the powers serve.
    """
    n = len(a)
    ratios = [[x.as_integer_ratio() for x in row] for row in a.tolist()]
    unit = max(
        (below for row in ratios for _, below in row), default=1
    )  # powers of two: the largest is common
    rows = [[above * (unit // below) for above, below in row] for row in ratios]
    powers = [rows]
    while 2 * len(powers) < n:
        powers.append(_product(powers[-1], rows))
    traces = [sum(rows[i][i] for i in range(n))]
    for k in range(2, n + 1):
        i = min(k - 1, len(powers))
        traces.append(_trace(powers[i - 1], powers[k - i - 1]))
    coefficients = [1]
    for k in range(1, n + 1):
        total = traces[k - 1] + sum(coefficients[i] * traces[k - 1 - i] for i in range(1, k))
        coefficients.append(-total // k)  # without a remainder
    return [_ratio(c, unit**k) for k, c in enumerate(coefficients)]


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
    a, powers = level(a.astype(np.float64, copy=False), "A")
    values: Any = patiently(np.linalg.eigvals, a)
    count, n = values.shape
    coefficients = np.zeros((count, n + 1), values.dtype)
    coefficients[:, 0] = 1
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for k in range(n):
            coefficients[:, 1 : k + 2] -= values[:, k, np.newaxis] * coefficients[:, : k + 1]
        found = coefficients.real
        if powers is not None:
            found = times_power(found, powers[:, np.newaxis] * np.arange(n + 1))
    return np.asarray(found)

"""Inverses, determinants and the factors L and U."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_matrix, as_square, empty, require_finite_items
from mmlcore.core.door import door
from mmlcore.core.notebook import fields_html
from mmlcore.elimination._solve import solve, within_range


class LU(NamedTuple):
    """Factors of A[perm] = lower @ upper."""

    perm: Array
    """(..., m) of int64: row i of the product is row perm[i] of A."""
    lower: Array
    """(..., m, k), unit lower triangular, k = min(m, n)."""
    upper: Array
    """(..., k, n), upper triangular."""

    def _repr_html_(self) -> str:
        return fields_html(self)


class LogDeterminant(NamedTuple):
    """A determinant as sign * exp(logabsdet)."""

    sign: Array
    """(...): 1, -1, or 0 for a singular matrix; of absolute value 1 for a complex one."""
    logabsdet: Array
    """(...): the logarithm of the absolute value; -infinity for a singular matrix."""

    def _repr_html_(self) -> str:
        return fields_html(self)


@door("inverse")
def inverse(A: ArrayLike, *, out: Array | None = None) -> Array:
    """Inverse of a matrix or of each of a stack, by Gaussian elimination with partial pivoting.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n, n)
        The inverses.

    Raises
    ------
    ValueError
        Not square; NaN or infinity.
    SingularMatrixError
        A pivot is exactly zero, or the inverse overflows.

    Notes
    -----
    To solve A x = b, call `solve`: it takes a third of the operations and is more accurate [1]_. Each column of the
    result has the error of a solution. Cost: 8/3 n^3 operations a matrix.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms", 2nd ed. (2002), section 14.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.inverse([[4.0, 7.0], [2.0, 6.0]])
    array([[ 0.6, -0.7],
           [-0.2,  0.4]])
    """
    a = as_square(A, "A", complex_ok=True)
    return solve(a, np.eye(a.shape[-1], dtype=a.dtype))


@door("determinant")
def determinant(A: ArrayLike, *, out: Array | None = None) -> Array:
    """Determinant of a matrix or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...), or a scalar for one matrix
        Infinity or zero where the determinant leaves the range of the type: see `slogdet`. 1 for n = 0.

    Raises
    ------
    ValueError
        Not square; NaN or infinity.

    Notes
    -----
    The product of the pivots of Gaussian elimination with partial pivoting, with exponents kept apart, and rows and columns
    scaled where it matters, so that nothing in between leaves the range. It is the exact determinant of a matrix within n u of
    A [1]_; that a determinant is small does not tell that a matrix is singular: see `is_singular`. Cost: 2/3 n^3 operations
    a matrix.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms", 2nd ed. (2002), section 14.6.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.determinant([[1.0, 1.0, 1.0], [3.0, 2.0, 1.0], [2.0, 1.0, 2.0]]).round(12))
    -2.0
    """
    a = as_square(A, "A", complex_ok=True)
    out = empty(a.shape[:-2], a.dtype)
    _core.determinants(a, out, None)
    return out[()]


@door("slogdet", LogDeterminant)
def slogdet(A: ArrayLike, *, out: tuple[Array, ...] | None = None) -> LogDeterminant:
    """Sign and logarithm of the absolute value of determinants.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    LogDeterminant
        ``sign`` (...): 1, -1, or 0 for a singular matrix, of absolute value 1 for complex A; ``logabsdet`` (...):
        -infinity for a singular matrix.

    Raises
    ------
    ValueError
        Not square; NaN or infinity.

    Notes
    -----
    As `determinant`, for determinants that leave the range of numbers. Cost: 2/3 n^3 operations a matrix.

    Examples
    --------
    >>> import mmlcore as mml, numpy as np
    >>> sign, logarithm = mml.slogdet(0.1 * np.eye(400))
    >>> float(sign), round(float(logarithm), 6)
    (1.0, -921.034037)
    """
    a = as_square(A, "A", complex_ok=True)
    mantissa, exponent = empty(a.shape[:-2], a.dtype), np.empty(a.shape[:-2], np.int64)
    _core.determinants(a, mantissa, exponent)
    with np.errstate(divide="ignore"):
        size = np.abs(mantissa.astype(np.result_type(a.dtype, np.float64)))
        logarithm = np.log(size) + exponent * np.log(2.0)
    sign = np.sign(mantissa) if a.dtype.kind != "c" else mantissa / np.where(size == 0, 1, size)
    return LogDeterminant(sign.astype(a.dtype)[()], logarithm.astype(mantissa.real.dtype)[()])


@door("lu", LU)
def lu(A: ArrayLike, *, out: tuple[Array, ...] | None = None) -> LU:
    """Factor A[perm] = L U with partial pivoting.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrices.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    LU
        (perm, lower, upper): a permutation of the rows (..., m), the unit lower triangular (..., m, k) and the upper
        triangular (..., k, n), k = min(m, n).

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity; numbers so large that a factor overflows.

    Notes
    -----
    Singular matrices have factors too, with zeros on the diagonal of U: a column without a pivot is passed over. Entries of L
    are at most 1 in size. Backward error n u \\|L\\| \\|U\\| [1]_. Cost: n^2 (m - n / 3) operations a matrix for m >= n.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms", 2nd ed. (2002), theorem 9.3.

    Examples
    --------
    >>> import mmlcore as mml
    >>> perm, lower, upper = mml.lu([[1.0, 2.0], [4.0, 3.0]])
    >>> perm, lower, upper
    (array([1, 0]), array([[1.  , 0.  ],
           [0.25, 1.  ]]), array([[4.  , 3.  ],
           [0.  , 1.25]]))
    """
    a = require_finite_items(as_matrix(A, "A", complex_ok=True), "A")
    m, n = a.shape[-2:]
    k = min(m, n)
    factors, perm = np.array(a, order="C"), np.empty((*a.shape[:-2], m), np.int64)
    _core.lu_factor(factors, perm)
    within_range(factors)
    lower = np.tril(factors[..., :, :k], -1)
    lower[..., np.arange(k), np.arange(k)] = 1
    return LU(perm, lower, np.triu(factors[..., :k, :]))

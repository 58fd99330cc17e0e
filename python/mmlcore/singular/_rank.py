"""Rank, null space, condition: decided by singular values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, adjoint, as_matrix, as_real, as_square, plain
from mmlcore.core.batches import common
from mmlcore.core.door import door
from mmlcore.core.lapack import level, patiently
from mmlcore.core.signs import pointed
from mmlcore.singular._svd import svd, svdvals

_SMALL = 16  # rows and columns: one matrix goes to the kernel of our own


@door("rank")
def rank(A: ArrayLike, *, rtol: float | None = None, atol: float | None = None) -> int | Array:
    """Rank of a matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrices.
    rtol : float, optional
        Singular values up to rtol times the largest count as zero. Default: max(m, n) times the machine epsilon.
    atol : float, optional
        Singular values up to this size, in the units of A, count as zero as well.

    Returns
    -------
    int, or ndarray of int of shape (...)
        Ranks.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity; `rtol` outside of 0 to 1, a negative `atol`.

    Notes
    -----
    The number of dimensions of the nearest matrix of lower rank that is within rtol [1]_. Multiples of A by powers of two have
    the rank of A, up to both ends of the range. A matrix of full rank and a condition of less than about 1e6 is proved to be so by a
    Cholesky decomposition, n^3 operations; else the cost is that of the singular values,
    about 4 m n min(m, n) operations, in LAPACK beyond 16 rows or columns.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 5.4.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.rank([[16, 2, 3, 13], [5, 11, 10, 8], [9, 7, 6, 12], [4, 14, 15, 1]])
    3
    """
    a = as_matrix(A, "A", complex_ok=True)
    if atol is None:
        return plain(np.asarray(_counts(a, rtol)), int)
    share, least = rank_rtol(a, rtol), as_real(atol, "atol", 0, np.finfo(np.float64).max)
    values = np.asarray(svdvals(a))
    counts = (values > np.maximum(share * values[..., :1], least)).sum(axis=-1)
    return plain(np.asarray(counts), int)


@door("is_singular")
def is_singular(A: ArrayLike, *, rtol: float | None = None) -> bool | Array:
    """Tell whether square matrices are singular to working precision.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.
    rtol : float, optional
        As in `rank`.

    Returns
    -------
    bool, or ndarray of bool of shape (...)
        True where there is no inverse.

    Raises
    ------
    ValueError
        Not square; NaN or infinity.

    Notes
    -----
    The decision is relative: 1e-15 times the identity is not singular, the magic square of order 4 is, though its computed
    determinant is not zero. Cost: that of `rank`.

    Examples
    --------
    >>> import mmlcore as mml, numpy as np
    >>> mml.is_singular(1e-15 * np.eye(4)), mml.is_singular([[1.0, 2.0], [2.0, 4.0]])
    (False, True)
    """
    a = as_square(A, "A", complex_ok=True)
    singular = np.asarray(_counts(a, rtol) < a.shape[-1])
    return plain(singular, bool)


@door("null_space")
def null_space(A: ArrayLike, *, rtol: float | None = None) -> Array:
    """Orthonormal basis of the vectors that a matrix maps on zero.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrices; those of a stack have to be of one rank.
    rtol : float, optional
        As in `rank`.

    Returns
    -------
    ndarray of shape (..., n, n - rank)
        Columns are the basis; the entry of largest size of each is positive.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity; matrices of different ranks.

    Notes
    -----
    The right singular vectors of the singular values that count as zero [1]_. Cost: that of a singular value
    decomposition, by Jacobi's rotations up to 16 rows and columns and in stacks, beyond in LAPACK; memory of the order of
    m n + n^2.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 2.4.2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.null_space([[1.0, 1.0]]).round(6)
    array([[ 0.707107],
           [-0.707107]])
    """
    a = as_matrix(A, "A", complex_ok=True)
    m, n = a.shape[-2:]
    if a.ndim > 2:
        return _null_spaces(a, rank_rtol(a, rtol))
    a, _ = level(a, "A")
    if m == 0 or n == 0:
        return np.eye(n, dtype=a.dtype)
    if n <= _SMALL and m <= _SMALL and a.dtype.kind != "c":
        small, turns = np.empty(n), np.empty((n, n), a.dtype)
        _core.right_singular_vectors(a, small, turns)
        return pointed(np.ascontiguousarray(turns[:, small <= rank_rtol(a, rtol) * small[0]]))
    # With fewer columns than rows all of the right factor comes with the thin form, which spares the (m, m) left one.
    _, values, right = patiently(np.linalg.svd, a, full_matrices=m < n)
    tol = rank_rtol(a, rtol) * values[0]
    basis = adjoint(right[int((values > tol).sum()) :])
    return pointed(np.ascontiguousarray(basis))


def _null_spaces(a: Array, rtol: float) -> Array:
    (m, n), least = a.shape[-2:], min(a.shape[-2:])
    _, values, right = svd(level(a, "A")[0], full=m < n)
    ranks = (values > rtol * values[..., :1]).sum(axis=-1) if least else np.zeros(a.shape[:-2], int)
    rank = common(ranks, "A", "rank")
    rank = least if rank is None else rank
    return pointed(np.ascontiguousarray(adjoint(right[..., rank:, :])))


@door("condition")
def condition(A: ArrayLike, *, out: Array | None = None) -> Array:
    """Condition number of matrices in the spectral norm.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrix, or a stack of them.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...), or a scalar for one matrix
        The largest singular value over the smallest; infinity where that is zero, 1 for empty matrices.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity.

    Notes
    -----
    A solution of A x = b has an error of about condition times u, relative to x [1]_. Cost: that of the singular values.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms", 2nd ed. (2002), section 7.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.condition([[2.0, 0.0], [0.0, 0.5]]))
    4.0
    """
    a, _ = level(as_matrix(A, "A", complex_ok=True), "A")  # the ratio is that of A
    if a.shape[-1] == 0 or a.shape[-2] == 0:
        return np.ones(a.shape[:-2], a.real.dtype)[()]
    values = patiently(np.linalg.svd, a, compute_uv=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = values[..., 0] / values[..., -1]
    return np.where(values[..., -1] > 0, ratio, np.inf).astype(a.real.dtype)[()]


def rank_rtol(a: Array, rtol: float | None) -> float:
    """Up to which share of the largest a singular value counts as zero."""
    if rtol is None:
        return _core.default_rank_rtol(a.shape[-2], a.shape[-1], a.real.dtype == np.float32)
    return as_real(rtol, "rtol", 0, 1)


def _counts(a: Array, rtol: float | None) -> Array:
    """Return how many singular values of each matrix are not negligible."""
    tol = rank_rtol(a, rtol)
    a, _ = level(a, "A")
    if a.shape[-1] == 0 or a.shape[-2] == 0:
        return np.zeros(a.shape[:-2], np.int64)
    values = patiently(np.linalg.svd, a, compute_uv=False)
    return np.asarray((values > tol * values[..., :1]).sum(axis=-1))

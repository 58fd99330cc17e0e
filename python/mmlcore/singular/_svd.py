"""The singular value decomposition."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, adjoint, as_index, as_matrix, require_finite
from mmlcore.core.door import door
from mmlcore.core.lapack import level, patiently, restored
from mmlcore.core.notebook import fields_html
from mmlcore.core.random_state import RandomState, as_seed
from mmlcore.core.signs import pointed
from mmlcore.singular._few import by_products, few, pays


class SVD(NamedTuple):
    """A = U diag(s) Vh: U (..., m, p), s (..., p), Vh (..., p, n), p = min(m, n); U (..., m, m) and Vh (..., n, n) if full."""

    U: Array
    """(..., m, p), orthonormal columns: the left singular vectors; (..., m, m) if full."""
    s: Array
    """(..., p): the singular values, descending."""
    Vh: Array
    """(..., p, n), orthonormal rows: the right singular vectors, conjugated; (..., n, n) if full."""

    def _repr_html_(self) -> str:
        return fields_html(self)


@door("svd", SVD)
def svd(
    A: ArrayLike | Any,
    *,
    full: bool = False,
    k: int | None = None,
    random_state: RandomState = None,
    out: tuple[Array, ...] | None = None,
) -> SVD:
    """Singular value decomposition: orthonormal columns, lengths, orthonormal rows.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex; with `k` also scipy.sparse matrix or LinearOperator
        Matrices. An operator has a ``shape`` and the methods ``matvec`` and ``rmatvec``.
    full : bool, default False
        Complete the columns of U and the rows of Vh to square matrices.
    k : int, optional
        The k largest singular values only, with their vectors; copies of repeated ones are among them.
    random_state : int, optional
        Of the first vector of the iteration that finds them. An integer gives the same bits, None a fresh start.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    SVD
        ``U`` (..., m, p), ``s`` (..., p), descending and not negative, ``Vh`` (..., p, n), p = min(m, n), of the dtype of `A`;
        with `full` (..., m, m) and (..., n, n); with `k`, p = k. The leading entry of each row of Vh is positive.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity; singular values beyond the range; `k` out of range, or beside `full`.
    ConvergenceError
        The iteration for few values did not reach its bound.

    Notes
    -----
    A shorter side of up to 16, or 200: rotations of the rows of R [1]_, in float64 for float32 too, stacks up to 16 in SIMD
    lanes, from 6 on by the bidiagonal form where rows and columns are of like length. Up to 16 small singular values are as
    accurate, relatively, as those of the matrix with rows or columns of one length [2]_: 1e-40 beside 1 has all its digits.
    Where rows and columns are of like length, and float32 of more than 200 columns in any case, from 17 columns of float32
    and 64 of float64 on to 400: the bidiagonal form, and divide and conquer for it, in the type's own arithmetic, or vectors
    one by one [4]_ where many values are small and none near another. Beyond: LAPACK. A = U diag(s) Vh, and
    orthonormality, to about 10 max(m, n) units of rounding. Complex matrices of a shorter side
    of up to 400, complex64 500, go by their bidiagonal form, which is real, from 17 columns on in the type's own arithmetic;
    those with graded rows or columns, of more than 72, by LAPACK. Cost: some 2 m n^2 + 25 n^3 operations for m >= n.

    A few of the largest, of sparse matrices, operators and large dense ones: the bidiagonal form grows from a random vector,
    with thick restarts [3]_, to residuals of 1e-11 of the largest value; starts in directions orthogonal to what was found
    go on until one finds no further copy of a repeated value. About 4 k products with A and its adjoint for each of some
    restarts; float64, for float32 too.

    References
    ----------
    .. [1] Z. Drmac, K. Veselic, "New fast and accurate Jacobi SVD algorithm", SIAM J. Matrix Anal. Appl. 29 (2008).
    .. [2] J. Demmel, K. Veselic, "Jacobi's method is more accurate than QR", SIAM J. Matrix Anal. Appl. 13 (1992).
    .. [3] J. Baglama, L. Reichel, "Augmented implicitly restarted Lanczos bidiagonalization methods", SIAM J. Sci. Comput. 27
       (2005).
    .. [4] I. S. Dhillon, B. N. Parlett, "Orthogonal eigenvectors and relative gaps", SIAM J. Matrix Anal. Appl. 25 (2004).

    Examples
    --------
    >>> import mmlcore as mml
    >>> factors = mml.svd([[3.0, 0.0], [4.0, 5.0]])
    >>> (factors.s**2).round(12)
    array([45.,  5.])
    >>> (factors.U * factors.s @ factors.Vh).round(12)
    array([[3., 0.],
           [4., 5.]])
    """
    if k is not None:
        return _few(A, k, full, as_seed(random_state))
    a = as_matrix(A, "A", complex_ok=True)
    a, powers = level(a, "A")
    if 0 in a.shape:
        return _of_nothing(a, full)
    u, s, vh = patiently(np.linalg.svd, a, full_matrices=full)
    if a.dtype.kind == "c":
        u, vh = np.ascontiguousarray(u), np.ascontiguousarray(vh)
        _core.point_pairs(u, vh)
        return SVD(u, restored(s, powers, "A", "a singular value"), vh)
    found = np.ascontiguousarray(np.swapaxes(vh, -1, -2).conj())
    right = pointed(found.copy())
    p = s.shape[-1]
    u[..., :p] *= np.einsum("...ij,...ij->...j", found.conj(), right)[..., np.newaxis, :p]
    s = restored(s, powers, "A", "a singular value")
    return SVD(u, s, np.swapaxes(right, -1, -2).conj())


def _few(A: Any, k: Any, full: bool, seed: int) -> SVD:
    if full:
        msg = "full: there is no square factor of a few singular vectors; leave out full or k."
        raise ValueError(msg)
    if not by_products(A):
        a = as_matrix(A, "A", complex_ok=True)
        count = as_index(k, "k", 1, min(a.shape[-2:]))
        if not pays(a, count):
            u, s, vh = svd(a)
            return SVD(*(x.copy() for x in (u[..., :count], s[..., :count], vh[..., :count, :])))
        A = require_finite(a, "A")
    u, s, v = few(A, k, seed)
    return SVD(u, s, np.ascontiguousarray(adjoint(v)))


@door("svdvals")
def svdvals(A: ArrayLike, *, out: Array | None = None) -> Array:
    """Singular values of matrices.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrices.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., min(m, n))
        Descending, not negative; of the dtype of `A`, real.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity; values beyond the range.

    Notes
    -----
    By reflections to bidiagonal form and differential quotients with shifts [2]_, to 200 columns (of more than twice as many
    rows, of R of a QR decomposition by blocks of rows); LAPACK beyond. Rotations as in `svd`, with its accuracy, of up to 40
    columns and 512 rows where rows or columns differ sixteenfold. Cost: about 4 m n^2 operations for m >= n, 2 m n^2 of tall
    matrices.

    References
    ----------
    .. [1] Z. Drmac, K. Veselic, "New fast and accurate Jacobi SVD algorithm", SIAM J. Matrix Anal. Appl. 29 (2008).
    .. [2] B. N. Parlett, O. A. Marques, "An implementation of the dqds algorithm (positive case)", Linear Algebra Appl. 309
       (2000).

    Examples
    --------
    >>> import mmlcore as mml
    >>> (mml.svdvals([[3.0, 0.0], [4.0, 5.0]]) ** 2).round(12)
    array([45.,  5.])
    """
    a = as_matrix(A, "A", complex_ok=True)
    a, powers = level(a, "A")
    if 0 in a.shape:
        return np.zeros((*a.shape[:-2], min(a.shape[-2:])), a.real.dtype)
    values: Array = patiently(np.linalg.svd, a, compute_uv=False)
    return restored(values, powers, "A", "a singular value")


def _of_nothing(a: Array, full: bool) -> SVD:
    """Matrices without entries: nothing but what completes the sets of vectors."""
    *stack, m, n = a.shape
    p = min(m, n)
    left, right = (m, n) if full else (p, p)
    u, vh = np.zeros((*stack, m, left), a.dtype), np.zeros((*stack, right, n), a.dtype)
    u[...], vh[...] = np.eye(m, left), np.eye(right, n)
    return SVD(u, np.zeros((*stack, p), a.real.dtype), vh)

"""All eigenvalues, by LAPACK, and diagonalization."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_matrix, as_square, empty, finite, shape_error
from mmlcore.core.errors import DefectiveMatrixError

_JACOBI = 16  # up to this order a stack is rotated in SIMD lanes
_JACOBI_ALONE = 8  # and one matrix, which is alone in its vector
_LEVERRIER = 8  # up to this order the characteristic polynomial comes from its recurrence


class Eigen(NamedTuple):
    """Eigenvalues and eigenvectors: A @ vectors = vectors * values."""

    values: Array  # (..., k)
    vectors: Array  # (..., n, k), columns of length 1


class Diagonalization(NamedTuple):
    """A = P @ D @ P_inverse."""

    P: Array  # (n, n), columns are eigenvectors
    D: Array  # (n, n), diagonal
    P_inverse: Array  # (n, n)


def eigh(A: ArrayLike) -> Eigen:
    """All eigenvalues and eigenvectors of a symmetric matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Symmetric (Hermitian); only the lower triangle is read.

    Returns
    -------
    Eigen
        (values, vectors): ascending values (..., n), orthonormal columns (..., n, n).

    Raises
    ------
    ValueError
        Not square; NaN or infinity.

    Notes
    -----
    LAPACK's divide and conquer, through numpy [1]_; stacks of matrices of 2 to 16 rows, and one matrix of up to 8, by
    Jacobi's rotations in SIMD lanes [2]_, with the largest entry of each vector positive. Errors of the values are some
    u \\|A\\|; for some of the largest only, `top_eigh` takes a half to a tenth of the time. Cost: some 9 n^3 operations a matrix.

    References
    ----------
    .. [1] E. Anderson et al., "LAPACK users' guide", 3rd ed. (1999), section 2.4.4.
    .. [2] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 8.5.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.eigh([[2.0, 1.0], [1.0, 2.0]]).values.round(12)
    array([1., 3.])
    """
    a = as_square(A, "A", complex_ok=True)
    n = a.shape[-1]
    if not 2 <= n <= (_JACOBI if a.ndim > 2 else _JACOBI_ALONE) or a.dtype.kind == "c":
        return Eigen(*np.linalg.eigh(finite(a, "A")))
    values, vectors = empty(a.shape[:-1], a.dtype), empty(a.shape, a.dtype)
    _core.jacobi(a, values, vectors)
    return Eigen(values, vectors)


def eig(A: ArrayLike) -> Eigen:
    """All eigenvalues and eigenvectors of a square matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.

    Returns
    -------
    Eigen
        (values, vectors), complex where an eigenvalue is; columns of length 1, in no order.

    Raises
    ------
    ValueError
        Not square; NaN or infinity.

    Notes
    -----
    LAPACK's QR iteration, through numpy. A matrix without enough eigenvectors gets columns that are parallel up to rounding:
    see `diagonalize`. Cost: some 25 n^3 operations a matrix.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.eig([[0.0, -1.0], [1.0, 0.0]]).values
    array([0.+1.j, 0.-1.j])
    """
    return _pairs(finite(as_square(A, "A", complex_ok=True), "A"))


def eigvals(A: ArrayLike) -> Array:
    """All eigenvalues of a square matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.

    Returns
    -------
    ndarray of shape (..., n)
        Complex where an eigenvalue is; in no order.

    Raises
    ------
    ValueError
        Not square; NaN or infinity.

    Notes
    -----
    LAPACK's QR iteration, through numpy. A k-fold eigenvalue of a defective matrix is found to some u^(1/k) only. Cost: some
    10 n^3 operations a matrix.

    Examples
    --------
    >>> import mmlcore as mml, numpy as np
    >>> np.sort(mml.eigvals([[-3.0, 8.0], [2.0, 3.0]])).round(12)
    array([-5.,  5.])
    """
    a = finite(as_square(A, "A", complex_ok=True), "A")
    values: Array = np.linalg.eigvals(a)
    return values.real.copy() if _needless(a, values) else values


def characteristic_polynomial(A: ArrayLike) -> Array:
    """Coefficients of det(x I - A), the highest power first.

    Parameters
    ----------
    A : array_like of shape (n, n), float32 or float64
        Square matrix.

    Returns
    -------
    ndarray of shape (n + 1,)
        The first coefficient is 1.

    Raises
    ------
    ValueError
        Not one square matrix; NaN or infinity; a coefficient that overflows.

    Notes
    -----
    Up to order 8 by the recurrence of Leverrier and Faddeev [1]_, which is exact for whole numbers that fit; above, from the
    eigenvalues. Coefficients of high order are no way to find eigenvalues: their roots are ill-conditioned. Cost: n^4
    operations up to order 8, then that of `eigvals`.

    References
    ----------
    .. [1] D. K. Faddeev, V. N. Faddeeva, "Computational methods of linear algebra" (1963), section 47.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.characteristic_polynomial([[1, 0], [-1, 4]])
    array([ 1., -5.,  4.])
    """
    a = one_square(A)
    n = len(a)
    with np.errstate(over="ignore", invalid="ignore"):
        coefficients = _leverrier(a) if n <= _LEVERRIER else np.poly(np.linalg.eigvals(a)).real
        coefficients = coefficients.astype(a.dtype, copy=False)
    if not np.isfinite(coefficients).all():
        msg = f"A: a coefficient leaves the range of {a.dtype}; divide A by a constant."
        raise ValueError(msg)
    return coefficients


def _leverrier(a: Array) -> Array:
    n = len(a)
    coefficients, power = np.ones(n + 1, a.dtype), np.zeros_like(a)
    for k in range(1, n + 1):
        power = a @ power + coefficients[k - 1] * np.eye(n, dtype=a.dtype)
        coefficients[k] = -np.trace(a @ power) / k
    return coefficients


def diagonalize(A: ArrayLike) -> Diagonalization:
    """Write a matrix as P D P^-1 with D diagonal.

    Parameters
    ----------
    A : array_like of shape (n, n), float32 or float64
        Square matrix.

    Returns
    -------
    Diagonalization
        (P, D, P_inverse), complex where an eigenvalue is. For a symmetric matrix P is orthogonal.

    Raises
    ------
    DefectiveMatrixError
        There is no basis of eigenvectors, up to rounding.
    ValueError
        Not one square matrix; NaN or infinity.

    Notes
    -----
    A matrix counts as defective when its eigenvectors have a condition number above 0.1 u^(-1/2): a perturbation by rounding
    then joins two eigenvectors [1]_. Cost: some 30 n^3 operations.

    References
    ----------
    .. [1] J. H. Wilkinson, "The algebraic eigenvalue problem" (1965), chapter 2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> P, D, P_inverse = mml.diagonalize([[6.0, -1.0], [2.0, 3.0]])
    >>> (P @ D @ P_inverse).round(12)
    array([[ 6., -1.],
           [ 2.,  3.]])
    """
    a = one_square(A)
    if np.array_equal(a, a.T):
        values, vectors = np.linalg.eigh(a)
        return Diagonalization(vectors, np.diag(values), np.ascontiguousarray(vectors.T))
    values, vectors = _pairs(a)
    spread = np.linalg.svd(vectors, compute_uv=False)
    if spread[-1] < 10 * np.sqrt(np.finfo(a.dtype).eps / 2) * spread[0]:
        msg = (
            "A: is defective, it has no basis of eigenvectors: the computed ones are dependent up to rounding "
            f"(singular values from {spread[0]:.3g} down to {spread[-1]:.3g})."
        )
        raise DefectiveMatrixError(msg)
    return Diagonalization(vectors, np.diag(values), np.linalg.inv(vectors))


def _pairs(a: Array) -> Eigen:
    values, vectors = np.linalg.eig(a)
    if _needless(a, values):
        return Eigen(values.real.copy(), vectors.real.copy())
    return Eigen(values, vectors)


def _needless(a: Array, values: Array) -> bool:
    """Tell whether real eigenvalues of a real matrix came as complex numbers, as numpy from 2.5 on returns them."""
    return a.dtype.kind != "c" and values.dtype.kind == "c" and not values.imag.any()


def one_square(A: ArrayLike) -> Array:
    """Return one finite square matrix."""
    a = as_matrix(A, "A")
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise shape_error("A", a.shape, "one square matrix (n, n)")
    return finite(a, "A")

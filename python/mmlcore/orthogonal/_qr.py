"""QR factorization."""

from __future__ import annotations

from typing import NamedTuple

from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_matrix, empty
from mmlcore.core.door import door


class QR(NamedTuple):
    """A = Q R: Q (..., m, p) with orthonormal columns, R (..., p, n) upper triangular, p = min(m, n)."""

    Q: Array
    R: Array


@door("qr", QR)
def qr(A: ArrayLike, *, out: tuple[Array, ...] | None = None) -> QR:
    """QR factorization: orthonormal columns times an upper triangle.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32 or float64
        Matrices.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    QR
        ``Q`` (..., m, p) and ``R`` (..., p, n), p = min(m, n), of the dtype of `A`; the diagonal of R is not negative.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity.

    Notes
    -----
    Tall matrices: Cholesky QR twice, certified, or Householder QR of row blocks, as in `gram_schmidt`. Stacks of matrices of
    up to 32 rows: reflections in SIMD lanes [1]_. Others: blocked reflections, as matrix products. Q'Q = I to a few units of
    rounding for every `A`; where columns depend on earlier ones, R has zeros (to rounding) on its diagonal. Cost:
    4 m n^2 - 4/3 n^3 operations.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), algorithms 5.2.1 and 5.1.2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> factors = mml.qr([[3.0, 1.0], [4.0, 7.0]])
    >>> factors.Q.round(12)
    array([[ 0.6, -0.8],
           [ 0.8,  0.6]])
    >>> factors.R.round(12)
    array([[5. , 6.2],
           [0. , 3.4]])
    """
    a = as_matrix(A, "A")
    m, n = a.shape[-2:]
    p = min(m, n)
    q, r = empty((*a.shape[:-1], p), a.dtype), empty((*a.shape[:-2], p, n), a.dtype)
    _core.qr(a, q, r)
    return QR(q, r)

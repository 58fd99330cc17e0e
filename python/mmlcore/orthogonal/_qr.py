"""QR factorization."""

from __future__ import annotations

from typing import Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_matrix, empty, require_finite_items
from mmlcore.core.door import door
from mmlcore.core.lapack import level, patiently
from mmlcore.core.notebook import fields_html
from mmlcore.core.scaling import times_power

_MODES = ("reduced", "complete")


class QR(NamedTuple):
    """A = Q R: Q (..., m, p) with orthonormal columns, R (..., p, n) upper triangular, p = min(m, n); p = m if complete."""

    Q: Array
    """(..., m, p), orthonormal columns; p = m if complete."""
    R: Array
    """(..., p, n), upper triangular, with a diagonal that is not negative."""

    def _repr_html_(self) -> str:
        return fields_html(self)


class PivotedQR(NamedTuple):
    """A[..., perm] = Q R: as `QR`, with columns exchanged so that the diagonal of R falls."""

    Q: Array
    """(..., m, p), orthonormal columns."""
    R: Array
    """(..., p, n), upper triangular, with a diagonal that falls."""
    perm: Array
    """(..., n) of int64: column j of Q R is column perm[j] of A."""

    def _repr_html_(self) -> str:
        return fields_html(self)


@overload
def qr(
    A: ArrayLike,
    *,
    mode: str = ...,
    pivoting: Literal[False] = ...,
    out: tuple[Array, ...] | None = ...,
) -> QR: ...


@overload
def qr(
    A: ArrayLike, *, mode: str = ..., pivoting: Literal[True], out: tuple[Array, ...] | None = ...
) -> PivotedQR: ...


@door("qr", QR)
def qr(
    A: ArrayLike,
    *,
    mode: str = "reduced",
    pivoting: bool = False,
    out: tuple[Array, ...] | None = None,
) -> QR | PivotedQR:
    """QR factorization: orthonormal columns times an upper triangle.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrices.
    mode : {'reduced', 'complete'}
        Complete: Q is square, R has the shape of `A`.
    pivoting : bool, default False
        Exchange columns: of what is left of them the longest comes first, so that the diagonal of R falls.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    QR, or PivotedQR
        ``Q`` (..., m, p) and ``R`` (..., p, n), p = min(m, n), or m if complete, of the dtype of `A`; the diagonal of R is
        real and not negative. With `pivoting` also ``perm`` (..., n): A[:, perm] = Q R.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity; an unknown mode.

    Notes
    -----
    Tall matrices: Cholesky QR twice, certified, or Householder QR of row blocks, as in `gram_schmidt`. Stacks of matrices of
    up to 32 rows: reflections in SIMD lanes [1]_. Others: blocked reflections, as matrix products; large complex
    matrices are LAPACK's. Q'Q = I (Q*Q = I) to a few units of rounding for every `A`; where columns depend on
    earlier ones, R has zeros (to rounding) on its diagonal. With pivoting [2]_ these come last, and the first r columns of Q
    span the columns of a matrix of rank r. Cost: 4 m n^2 - 4/3 n^3 operations.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), algorithms 5.2.1 and 5.1.2.
    .. [2] P. Businger, G. H. Golub, "Linear least squares solutions by Householder transformations", Numer. Math. 7 (1965).

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
    >>> mml.qr([[3.0, 6.0], [4.0, 8.0]], pivoting=True).perm
    array([1, 0])
    """
    a = as_matrix(A, "A", complex_ok=True)
    if mode not in _MODES and mode is not None:
        msg = f"mode: got {mode!r}, needed 'reduced' or 'complete'."
        raise ValueError(msg)
    m, n = a.shape[-2:]
    p = m if mode == "complete" else min(m, n)
    q, r = empty((*a.shape[:-1], p), a.dtype), empty((*a.shape[:-2], p, n), a.dtype)
    if pivoting:
        perm = np.empty((*a.shape[:-2], n), np.int64)
        if 0 in a.shape:
            q[...], perm[...] = np.eye(m, p), np.arange(n)
        elif not _core.pivoted_qr(a, q, r, perm):
            require_finite_items(a, "A")
        return PivotedQR(q, r, perm)
    if n == 0:
        q[...] = np.eye(m, p)
    elif a.dtype.kind == "c" and m * n > _core.COMPLEX_ENTRIES:
        return _by_lapack(a, mode)
    else:
        _core.qr(a, q, r)
    return QR(q, r)


def _by_lapack(a: Array, mode: str) -> QR:
    """Large complex matrices."""
    a, powers = level(a, "A", squares=True)
    q, r = patiently(np.linalg.qr, a, mode=mode)
    r = r if powers is None else times_power(r, powers[..., np.newaxis, np.newaxis])
    require_finite_items(r, "A: the factor R")
    diagonal = np.einsum("...ii->...i", r[..., : min(a.shape[-2:]), : min(a.shape[-2:])])
    turned = np.where(diagonal.real < 0, -1, 1).astype(a.real.dtype)
    q[..., : turned.shape[-1]] *= turned[..., np.newaxis, :]
    r[..., : turned.shape[-1], :] *= turned[..., np.newaxis]
    return QR(q, r)

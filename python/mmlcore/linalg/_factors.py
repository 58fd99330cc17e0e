"""Factors of matrices: Cholesky, QR, singular values."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import elimination, orthogonal, singular
from mmlcore.linalg._plain import (
    DOUBLE,
    EXACT,
    MOST_R,
    REFUSALS,
    QRResult,
    SVDResult,
    large_complex,
    narrowed,
    result,
    widened,
    with_infinity,
)

_theirs: Any = np.linalg
_ndarray = np.ndarray
_cholesky, _qr = elimination.cholesky, orthogonal.qr
_svd, _svdvals = singular.svd, singular.svdvals


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Compute Cholesky factors, as `numpy.linalg.cholesky`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Symmetric or Hermitian positive definite matrices, of which one triangle is read.
    upper : bool, default False
        Read the upper triangle and return upper factors.

    Returns
    -------
    ndarray of shape (..., m, m)
        L with a = L L*, or U with a = U* U.

    Raises
    ------
    LinAlgError
        Not square, or not positive definite.

    See Also
    --------
    mmlcore.cholesky : The function behind it, whose error names the row.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.cholesky([[4.0, 2.0], [2.0, 10.0]])
    array([[2., 0.],
           [1., 3.]])
    """
    wide = a if type(a) is _ndarray and a.dtype in EXACT else widened(a)
    options: dict[str, Any] = {"upper": True} if upper else {}
    if wide is None or wide.ndim < 2 or wide.dtype.kind == "c":  # which is LAPACK's
        return _theirs.cholesky(a, **options)
    try:
        found = _cholesky(wide.swapaxes(-1, -2)) if upper else _cholesky(wide)
    except REFUSALS:
        return _theirs.cholesky(a, **options)
    if upper:
        found = np.ascontiguousarray(found.swapaxes(-1, -2))
    return found if wide is a else narrowed(found, a)


def qr(a: Any, mode: str = "reduced") -> Any:
    """Compute QR decompositions, as `numpy.linalg.qr`.

    Parameters
    ----------
    a : array_like of shape (..., m, n)
        Matrices.
    mode : {'reduced', 'complete', 'r', 'raw'}
        Thin factors, a square Q, R alone, or LAPACK's own form.

    Returns
    -------
    QRResult
        ``Q`` with orthonormal columns and ``R``, upper triangular; R alone, or ``(h, tau)``, in the last two modes.

    Raises
    ------
    LinAlgError
        Fewer than two axes.

    See Also
    --------
    mmlcore.qr : The function behind it, with exchanges of columns.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.qr([[3.0, 1.0], [4.0, 7.0]]).R.round(12)
    array([[5. , 6.2],
           [0. , 3.4]])
    """
    wide = a if type(a) is _ndarray and a.dtype in EXACT else widened(a)
    if (
        wide is None
        or mode not in ("reduced", "complete", "r")
        or (mode == "r" and wide.shape[-1:] > (MOST_R,))
        or (wide.dtype is not DOUBLE and large_complex(wide))
    ):
        return _theirs.qr(a, mode)
    try:
        found: Any = _qr(wide, mode="complete") if mode == "complete" else _qr(wide)
    except REFUSALS:
        return _theirs.qr(a, mode)
    if wide is not a:
        found = narrowed(tuple(found), a)
    return found[1] if mode == "r" else result(QRResult, found)


def _numpy_svd(a: Any, full_matrices: bool, compute_uv: bool, hermitian: bool = False) -> Any:
    """numpy's own, which ends: matrices with infinity come out as NaN, as they do where numpy returns."""
    infinite = with_infinity(a) if compute_uv and not hermitian else None
    if infinite is None:
        return _theirs.svd(a, full_matrices, compute_uv, hermitian)
    a = a.copy() if isinstance(a, np.ndarray) else np.array(a)
    a[infinite] = 0
    found = _theirs.svd(a, full_matrices)
    for part in found:
        part[infinite] = np.nan
    return found


def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Compute singular value decompositions, as `numpy.linalg.svd`.

    Parameters
    ----------
    a : array_like of shape (..., m, n)
        Matrices.
    full_matrices : bool, default True
        Square U and Vh.
    compute_uv : bool, default True
        Vectors as well as values.
    hermitian : bool, default False
        Matrices are Hermitian: by eigenvalues.

    Returns
    -------
    SVDResult
        ``U``, ``S`` (descending) and ``Vh``; S alone without `compute_uv`.

    Raises
    ------
    LinAlgError
        Fewer than two axes, or no convergence, as with NaN. Of a matrix with infinity, what is returned is NaN.

    See Also
    --------
    mmlcore.svd : The function behind it, thin unless asked for more, or of some of the largest values.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> (linalg.svd([[3.0, 0.0], [4.0, 5.0]]).S ** 2).round(12)
    array([45.,  5.])
    """
    wide = a if type(a) is _ndarray and a.dtype in EXACT else widened(a)
    if wide is None or hermitian or (wide.dtype is not DOUBLE and large_complex(wide)):
        return _numpy_svd(a, full_matrices, compute_uv, hermitian)
    try:
        if not compute_uv:
            values = _svdvals(wide)
            return values if wide is a else narrowed(values, a)
        found = _svd(wide, full=True) if full_matrices else _svd(wide)
    except REFUSALS:
        return _numpy_svd(a, full_matrices, compute_uv)
    return result(SVDResult, found if wide is a else narrowed(tuple(found), a))


def svdvals(x: Any, /) -> Any:
    """Compute singular values, as `numpy.linalg.svdvals`.

    Parameters
    ----------
    x : array_like of shape (..., m, n)
        Matrices.

    Returns
    -------
    ndarray of shape (..., min(m, n))
        Singular values, descending.

    Raises
    ------
    LinAlgError
        Fewer than two axes, or no convergence.

    See Also
    --------
    mmlcore.svdvals : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> (linalg.svdvals([[3.0, 0.0], [4.0, 5.0]]) ** 2).round(12)
    array([45.,  5.])
    """
    return svd(x, compute_uv=False)

"""Eigenvalues and eigenvectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import eigen
from mmlcore.core.arrays import Array
from mmlcore.linalg._plain import (
    ALWAYS_COMPLEX,
    DOUBLE,
    EXACT,
    MOST_REAL_EIGEN,
    REFUSALS,
    EighResult,
    EigResult,
    narrowed,
    result,
    widened,
)

_theirs: Any = np.linalg
_ndarray = np.ndarray
_eig, _eigvals, _eigh, _eigvalsh = eigen.eig, eigen.eigvals, eigen.eigh, eigen.eigvalsh


def eig(a: Any) -> Any:
    """Compute eigenvalues and right eigenvectors of square matrices, as `numpy.linalg.eig`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Matrices.

    Returns
    -------
    EigResult
        ``eigenvalues`` (..., m) and ``eigenvectors`` (..., m, m), columns of length 1; complex where one of them is, and
        with numpy from 2.5 on always.

    Raises
    ------
    LinAlgError
        Not square, NaN or infinity, or no convergence.

    See Also
    --------
    mmlcore.eig : The function behind it, with an order of the values.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> sorted(linalg.eig([[2.0, 1.0], [1.0, 2.0]]).eigenvalues.real.round(12).tolist())
    [1.0, 3.0]
    """
    wide = a if type(a) is _ndarray and a.dtype is DOUBLE else widened(a)
    if wide is None or _numpys(wide) or wide.shape[-1] > MOST_REAL_EIGEN:
        return _theirs.eig(a)
    try:
        found: Any = _eig(wide)
    except REFUSALS:
        return _theirs.eig(a)
    if ALWAYS_COMPLEX:
        found = tuple(x.astype(EXACT[1], copy=False) for x in found)
    return result(EigResult, found if wide is a else narrowed(tuple(found), a))


def eigvals(a: Any) -> Any:
    """Compute eigenvalues of square matrices, as `numpy.linalg.eigvals`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Matrices.

    Returns
    -------
    ndarray of shape (..., m)
        Eigenvalues; complex where one of them is, and with numpy from 2.5 on always.

    Raises
    ------
    LinAlgError
        Not square, NaN or infinity, or no convergence.

    See Also
    --------
    mmlcore.eigvals : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> sorted(linalg.eigvals([[2.0, 1.0], [1.0, 2.0]]).real.round(12).tolist())
    [1.0, 3.0]
    """
    wide = a if type(a) is _ndarray and a.dtype is DOUBLE else widened(a)
    if wide is None or _numpys(wide) or wide.shape[-1] > MOST_REAL_EIGEN:
        return _theirs.eigvals(a)
    try:
        found = _eigvals(wide)
    except REFUSALS:
        return _theirs.eigvals(a)
    if ALWAYS_COMPLEX:
        found = found.astype(EXACT[1], copy=False)
    return found if wide is a else narrowed(found, a)


def eigh(a: Any, UPLO: str = "L") -> Any:
    """Compute eigenvalues and eigenvectors of symmetric or Hermitian matrices, as `numpy.linalg.eigh`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Matrices, of which one triangle is read.
    UPLO : {'L', 'U'}
        The triangle that is read: the lower or the upper.

    Returns
    -------
    EighResult
        ``eigenvalues`` (..., m), ascending, and ``eigenvectors`` (..., m, m), orthonormal columns.

    Raises
    ------
    LinAlgError
        Not square, or no convergence.

    See Also
    --------
    mmlcore.eigh : The function behind it, with generalized problems and other orders.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.eigh([[2.0, 1.0], [1.0, 2.0]]).eigenvalues.round(12)
    array([1., 3.])
    """
    wide = a if type(a) is _ndarray and a.dtype is DOUBLE else widened(a)
    if wide is None or _numpys(wide):
        return _theirs.eigh(a, UPLO)
    try:
        found = _eigh(wide if UPLO == "L" else _upper(wide, UPLO))
    except REFUSALS:
        return _theirs.eigh(a, UPLO)
    return result(EighResult, found if wide is a else narrowed(tuple(found), a))


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Compute eigenvalues of symmetric or Hermitian matrices, as `numpy.linalg.eigvalsh`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Matrices, of which one triangle is read.
    UPLO : {'L', 'U'}
        The triangle that is read: the lower or the upper.

    Returns
    -------
    ndarray of shape (..., m)
        Eigenvalues, ascending.

    Raises
    ------
    LinAlgError
        Not square, or no convergence.

    See Also
    --------
    mmlcore.eigvalsh : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.eigvalsh([[2.0, 1.0], [1.0, 2.0]]).round(12)
    array([1., 3.])
    """
    wide = a if type(a) is _ndarray and a.dtype is DOUBLE else widened(a)
    if wide is None or _numpys(wide):
        return _theirs.eigvalsh(a, UPLO)
    try:
        found = _eigvalsh(wide if UPLO == "L" else _upper(wide, UPLO))
    except REFUSALS:
        return _theirs.eigvalsh(a, UPLO)
    return found if wide is a else narrowed(found, a)


def _numpys(a: Array) -> bool:
    """Tell whether matrices are complex, whose eigenvalues are LAPACK's for us as well, or no matrices."""
    return a.dtype.kind == "c" or a.ndim < 2


def _upper(a: Any, uplo: Any) -> Any:
    """Return matrices whose lower triangle is the one that was named."""
    if uplo == "l":
        return a
    if uplo not in ("U", "u"):
        raise ValueError
    return a.swapaxes(-1, -2)

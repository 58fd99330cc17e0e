"""Diagonals, their sums, and transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import matrices
from mmlcore.linalg import _older
from mmlcore.linalg._plain import REAL, REFUSALS

_ndarray = np.ndarray
_trace = matrices.trace


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sum the diagonals of matrices, as `numpy.linalg.trace`.

    Parameters
    ----------
    x : array_like of shape (..., m, n)
        Matrices.
    offset : int, default 0
        Which diagonal: above the main one if positive.
    dtype : dtype, optional
        Of the sum.

    Returns
    -------
    ndarray of shape (...), or a scalar
        Sums.

    Raises
    ------
    ValueError
        Fewer than two axes.

    See Also
    --------
    mmlcore.trace : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> int(linalg.trace([[1, 2], [3, 4]]))
    5
    """
    if type(x) is _ndarray and x.dtype in REAL and offset == 0 and dtype is None:
        try:
            return _trace(x)
        except REFUSALS:
            pass
    return np.trace(x, offset, -2, -1, dtype)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Take the diagonals of matrices, as `numpy.linalg.diagonal`.

    Parameters
    ----------
    x : array_like of shape (..., m, n)
        Matrices.
    offset : int, default 0
        Which diagonal: above the main one if positive.

    Returns
    -------
    ndarray of shape (..., k)
        Read-only view.

    Raises
    ------
    ValueError
        Fewer than two axes.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.diagonal([[1, 2], [3, 4]])
    array([1, 4])
    """
    if type(x) is _ndarray:
        return x.diagonal(offset, -2, -1)
    return np.diagonal(x, offset, -2, -1)


def matrix_transpose(x: Any, /) -> Any:
    """Transpose matrices, as `numpy.linalg.matrix_transpose`.

    Parameters
    ----------
    x : array_like of shape (..., m, n)
        Matrices.

    Returns
    -------
    ndarray of shape (..., n, m)
        View with the last two axes exchanged.

    Raises
    ------
    ValueError
        Fewer than two axes.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.matrix_transpose([[1, 2], [3, 4]])
    array([[1, 3],
           [2, 4]])
    """
    if type(x) is _ndarray and x.ndim >= 2:
        return x.swapaxes(-1, -2)
    return _older.matrix_transpose(x)

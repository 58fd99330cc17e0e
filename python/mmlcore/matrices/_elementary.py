"""Elementary row operations as matrices, and the trace."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_index, as_matrix, as_real
from mmlcore.core.door import door

_MOST = float(np.finfo(np.float64).max)


@door("row_swap")
def row_swap(n: int, i: int, j: int, *, out: Array | None = None) -> Array:
    """Elementary matrix that swaps two rows.

    Parameters
    ----------
    n : int
        Rows of the matrices that it multiplies from the left.
    i, j : int
        The rows.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides.

    Returns
    -------
    ndarray of shape (n, n)
        E with E A = A, rows i and j swapped. Its own inverse; determinant -1, or 1 for i = j.

    Raises
    ------
    ValueError
        A row that does not exist.

    References
    ----------
    .. [1] G. Strang, "Introduction to linear algebra", 5th ed. (2016), section 2.3.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.row_swap(2, 0, 1) @ [[1, 2], [3, 4]]
    array([[3., 4.],
           [1., 2.]])
    """
    n = as_index(n, "n", 1)
    i, j = as_index(i, "i", 0, n - 1), as_index(j, "j", 0, n - 1)
    matrix = np.eye(n)
    matrix[[i, j]] = matrix[[j, i]]
    return matrix


@door("row_scale")
def row_scale(n: int, i: int, factor: float, *, out: Array | None = None) -> Array:
    """Elementary matrix that multiplies a row by a number.

    Parameters
    ----------
    n : int
        Rows of the matrices that it multiplies from the left.
    i : int
        The row.
    factor : float
        The number, not zero.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides.

    Returns
    -------
    ndarray of shape (n, n)
        Diagonal; determinant `factor`.

    Raises
    ------
    ValueError
        A row that does not exist; a factor of zero, which would lose the row.

    References
    ----------
    .. [1] G. Strang, "Introduction to linear algebra", 5th ed. (2016), section 2.3.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.row_scale(2, 1, 0.5)
    array([[1. , 0. ],
           [0. , 0.5]])
    """
    n = as_index(n, "n", 1)
    i, factor = as_index(i, "i", 0, n - 1), as_real(factor, "factor", -_MOST, _MOST)
    if factor == 0:
        msg = "factor: got 0, which loses the row; needed another number."
        raise ValueError(msg)
    matrix = np.eye(n)
    matrix[i, i] = factor
    return matrix


@door("row_add")
def row_add(n: int, i: int, j: int, factor: float = 1.0, *, out: Array | None = None) -> Array:
    """Elementary matrix that adds a multiple of row j to row i.

    Parameters
    ----------
    n : int
        Rows of the matrices that it multiplies from the left.
    i, j : int
        The row that changes, and the row that is added to it.
    factor : float, default 1
        What row j is multiplied by.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides.

    Returns
    -------
    ndarray of shape (n, n)
        Ones on the diagonal, `factor` at (i, j); determinant 1.

    Raises
    ------
    ValueError
        A row that does not exist; i = j, which is `row_scale`.

    References
    ----------
    .. [1] G. Strang, "Introduction to linear algebra", 5th ed. (2016), section 2.3.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.row_add(2, 1, 0, -3) @ [[1, 2], [3, 4]]
    array([[ 1.,  2.],
           [ 0., -2.]])
    """
    n = as_index(n, "n", 1)
    i, j = as_index(i, "i", 0, n - 1), as_index(j, "j", 0, n - 1)
    if i == j:
        msg = f"j: got {j}, the row that changes; needed another one (row_scale multiplies a row)."
        raise ValueError(msg)
    matrix = np.eye(n)
    matrix[i, j] = as_real(factor, "factor", -_MOST, _MOST)
    return matrix


@door("trace")
def trace(A: ArrayLike, *, out: Array | None = None) -> Array:
    """Sum of the diagonal of a matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrices.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (...), or a scalar for one matrix
        0 for empty matrices. NaN and infinity propagate as IEEE arithmetic has it.

    Raises
    ------
    ValueError
        Fewer than two axes.

    Notes
    -----
    The sum of the eigenvalues of a square matrix [1]_. Cost: min(m, n) additions a matrix.

    References
    ----------
    .. [1] G. Strang, "Introduction to linear algebra", 5th ed. (2016), section 6.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> float(mml.trace([[4, 1], [2, 3]]))
    7.0
    """
    return np.asarray(np.trace(as_matrix(A, "A", complex_ok=True), axis1=-2, axis2=-1))[()]

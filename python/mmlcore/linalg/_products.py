"""Products, powers, and parts of matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmlcore import eigen, matrices, vectors
from mmlcore.linalg import _older
from mmlcore.linalg._plain import FLOATING, REAL, REFUSALS

_theirs: Any = np.linalg
_ndarray = np.ndarray
_matmul, _inner, _cross = matrices.matmul, vectors.inner, vectors.cross
_power = eigen.matrix_power


def matmul(x1: Any, x2: Any, /) -> Any:
    """Multiply matrices, as `numpy.linalg.matmul`.

    Parameters
    ----------
    x1 : array_like of shape (..., m, k) or (k,)
        Matrices or one row.
    x2 : array_like of shape (..., k, n) or (k,)
        Matrices or one column.

    Returns
    -------
    ndarray of shape (..., m, n)
        Products, without the axis that a vector lacks.

    Raises
    ------
    ValueError
        Shapes that do not fit.

    See Also
    --------
    mmlcore.matmul : The function behind it, with `out`.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.matmul([[1, 2], [3, 4]], [1, 1])
    array([3, 7])
    """
    if (
        type(x1) is _ndarray
        and type(x2) is _ndarray
        and x1.dtype is x2.dtype
        and x1.dtype in FLOATING
    ):
        try:
            return _matmul(x1, x2)
        except REFUSALS:
            pass
    return np.matmul(x1, x2)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Compute inner products of vectors, as `numpy.linalg.vecdot`.

    Parameters
    ----------
    x1, x2 : array_like of shape (..., n)
        Vectors; complex ones of `x1` are conjugated.
    axis : int, default -1
        The axis of the vectors.

    Returns
    -------
    ndarray of shape (...), or a scalar
        Inner products.

    Raises
    ------
    ValueError
        Shapes that do not fit.

    See Also
    --------
    mmlcore.inner : The function behind it, in any inner product.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> int(linalg.vecdot([3, 2, 4], [0, 5, 12]))
    58
    """
    if (
        type(x1) is _ndarray
        and type(x2) is _ndarray
        and x1.dtype is x2.dtype
        and x1.dtype in REAL
        and axis == -1
    ):
        try:
            return _inner(x1, x2)
        except REFUSALS:
            pass
    return _older.vecdot(x1, x2, axis=axis)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Compute vector products in three dimensions, as `numpy.linalg.cross`.

    Parameters
    ----------
    x1, x2 : array_like
        Vectors of three numbers.
    axis : int, default -1
        The axis of the vectors.

    Returns
    -------
    ndarray
        Vector products.

    Raises
    ------
    ValueError
        Vectors that have not three numbers.

    See Also
    --------
    mmlcore.cross : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.cross([1, 0, 0], [0, 1, 0])
    array([0, 0, 1])
    """
    if (
        type(x1) is _ndarray
        and type(x2) is _ndarray
        and x1.dtype is x2.dtype
        and x1.dtype in REAL
        and axis == -1
    ):
        try:
            return _cross(x1, x2)
        except REFUSALS:
            pass
    return _older.cross(x1, x2, axis=axis)


def outer(x1: Any, x2: Any, /) -> Any:
    """Compute the outer product of two vectors, as `numpy.linalg.outer`.

    Parameters
    ----------
    x1 : array_like of shape (m,)
        Vector.
    x2 : array_like of shape (n,)
        Vector.

    Returns
    -------
    ndarray of shape (m, n)
        All products of a number of each.

    Raises
    ------
    ValueError
        Not vectors.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.outer([1, 2], [3, 4])
    array([[3, 4],
           [6, 8]])
    """
    if type(x1) is _ndarray and type(x2) is _ndarray and x1.ndim == 1 and x2.ndim == 1:
        return np.multiply(x1.ravel()[:, np.newaxis], x2.ravel())
    return _older.outer(x1, x2)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """Sum products over axes, as `numpy.linalg.tensordot`.

    Parameters
    ----------
    x1, x2 : array_like
        Tensors.
    axes : int or pair of sequences of int, default 2
        How many of the last axes of `x1` and the first of `x2`, or which.

    Returns
    -------
    ndarray
        The other axes of `x1`, then those of `x2`.

    Raises
    ------
    ValueError
        Axes that do not fit.

    See Also
    --------
    mmlcore.einsum : Every sum of this kind.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.tensordot([[1, 2], [3, 4]], [[1, 0], [0, 1]], axes=1)
    array([[1, 2],
           [3, 4]])
    """
    if (
        type(x1) is _ndarray
        and type(x2) is _ndarray
        and x1.dtype is x2.dtype
        and x1.dtype in FLOATING
        and type(axes) is int
        and 0 < axes <= min(x1.ndim, x2.ndim)
    ):
        rows, columns, summed = x1.shape[:-axes], x2.shape[axes:], x2.shape[:axes]
        k = math.prod(summed)
        if x1.shape[-axes:] == summed and x1.size and x2.size:
            found = _matmul(x1.reshape(x1.size // k, k), x2.reshape(k, x2.size // k))
            return found.reshape(rows + columns)
    return np.tensordot(x1, x2, axes=axes)


def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """Multiply several matrices in the cheapest order, as `numpy.linalg.multi_dot`.

    Parameters
    ----------
    arrays : sequence of array_like
        Matrices; the first and the last may be vectors.
    out : ndarray, optional
        Where the result goes.

    Returns
    -------
    ndarray
        The product.

    Raises
    ------
    ValueError
        Fewer than two, or shapes that do not fit.

    See Also
    --------
    mmlcore.compose : The product of transformations.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.multi_dot([[[1, 2], [3, 4]], [[1, 0], [0, 1]], [1, 1]])
    array([3, 7])
    """
    if out is None and type(arrays) in (list, tuple) and _alike(arrays):
        try:
            return _chain(arrays)
        except REFUSALS:
            pass
    return _theirs.multi_dot(arrays, out=out)


def _alike(arrays: Sequence[Any]) -> bool:
    """Tell whether these are two or more plain matrices of one type."""
    if len(arrays) < 2 or type(arrays[0]) is not _ndarray or arrays[0].dtype not in FLOATING:
        return False
    dtype = arrays[0].dtype
    for x in arrays:  # noqa: SIM110  (a generator costs a third of a small product)
        if type(x) is not _ndarray or x.dtype is not dtype or x.ndim != 2:
            return False
    return True


def _chain(arrays: Sequence[Any]) -> Any:
    """Multiply matrices by the table of the cheapest orders of all stretches (Cormen et al., section 15.2)."""
    n = len(arrays)
    if n == 2:
        return _matmul(*arrays)
    if n == 3:
        a, b, c = arrays
        (m, k), (l, p) = a.shape, c.shape
        if m * l * (k + p) < k * p * (m + l):
            return _matmul(_matmul(a, b), c)
        return _matmul(a, _matmul(b, c))
    sizes = [x.shape[0] for x in arrays] + [arrays[-1].shape[1]]
    cost = {(i, i): 0 for i in range(n)}
    cut = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            least, cut[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
            cost[i, j] = least

    def product(i: int, j: int) -> Any:
        if i == j:
            return arrays[i]
        return _matmul(product(i, cut[i, j]), product(cut[i, j] + 1, j))

    return product(0, n - 1)


def matrix_power(a: Any, n: Any) -> Any:
    """Raise square matrices to an integer power, as `numpy.linalg.matrix_power`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Matrices; those of integers have powers of integers.
    n : int
        Power; of the inverse if negative.

    Returns
    -------
    ndarray of shape (..., m, m)
        Powers.

    Raises
    ------
    LinAlgError
        Not square, or singular where n is negative.

    See Also
    --------
    mmlcore.matrix_power : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.matrix_power([[1, 1], [1, 0]], 10)
    array([[89, 55],
           [55, 34]])
    """
    if type(a) is _ndarray and a.dtype in FLOATING and type(n) is int:
        try:
            return _power(a, n)
        except REFUSALS:
            pass
    return _theirs.matrix_power(a, n)

"""Systems of equations, inverses, determinants."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mmlcore import elimination, singular
from mmlcore.linalg._plain import (
    DOUBLE,
    EXACT,
    MOST_LEAST_SQUARES,
    REFUSALS,
    SlogdetResult,
    large_complex,
    narrowed,
    pair,
    result,
    widened,
    with_infinity,
)

_theirs: Any = np.linalg
_ndarray = np.ndarray
_solve, _inverse = elimination.solve, elimination.inverse
_determinant, _slogdet = elimination.determinant, elimination.slogdet
_lstsq = singular.lstsq
_OLD = int(np.__version__.split(".", maxsplit=1)[0]) < 2  # a stack of vectors is no matrix there


def solve(a: Any, b: Any) -> Any:
    """Solve linear systems a x = b, as `numpy.linalg.solve`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Matrices.
    b : array_like of shape (m,) or (..., m, k)
        Right sides.

    Returns
    -------
    ndarray of shape (..., m) or (..., m, k)
        Solutions.

    Raises
    ------
    LinAlgError
        A matrix is singular or not square.

    See Also
    --------
    mmlcore.solve : The function behind it, with float32 at its own speed and errors that name the matrix of a stack.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.solve([[3, 1], [1, 2]], [9, 8])
    array([2., 3.])
    """
    if (
        type(a) is _ndarray
        and type(b) is _ndarray
        and a.dtype is DOUBLE
        and b.dtype is DOUBLE
        and not _OLD
    ):
        wide = a, b
    else:
        both = pair(a, b)
        if both is None or (_OLD and both[1].ndim != 1 and both[1].ndim == both[0].ndim - 1):
            return _theirs.solve(a, b)
        wide = both
        if large_complex(wide[0]):
            return _theirs.solve(a, b)
    try:
        found = _solve(*wide)
    except REFUSALS:
        return _theirs.solve(a, b)
    return found if wide[0] is a and wide[1] is b else narrowed(found, a, b)


def inv(a: Any) -> Any:
    """Compute inverses of matrices, as `numpy.linalg.inv`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Matrices.

    Returns
    -------
    ndarray of shape (..., m, m)
        Inverses.

    Raises
    ------
    LinAlgError
        A matrix is singular or not square.

    See Also
    --------
    mmlcore.inverse : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.inv([[4.0, 7.0], [2.0, 6.0]])
    array([[ 0.6, -0.7],
           [-0.2,  0.4]])
    """
    wide = a if type(a) is _ndarray and a.dtype in EXACT else widened(a)
    if wide is None or (wide.dtype is not DOUBLE and large_complex(wide)):
        return _theirs.inv(a)
    try:
        found = _inverse(wide)
    except REFUSALS:
        return _theirs.inv(a)
    return found if wide is a else narrowed(found, a)


def det(a: Any) -> Any:
    """Compute determinants, as `numpy.linalg.det`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Matrices.

    Returns
    -------
    ndarray of shape (...), or a scalar
        Determinants.

    Raises
    ------
    LinAlgError
        A matrix is not square.

    See Also
    --------
    mmlcore.determinant : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> float(linalg.det([[1, 2], [3, 4]]))
    -2.0
    """
    wide = a if type(a) is _ndarray and a.dtype in EXACT else widened(a)
    if wide is None or (wide.dtype is not DOUBLE and large_complex(wide)):
        return _theirs.det(a)
    try:
        found = _determinant(wide)
    except REFUSALS:
        return _theirs.det(a)
    return found if wide is a else narrowed(found, a)


def slogdet(a: Any) -> Any:
    """Compute signs and logarithms of determinants, as `numpy.linalg.slogdet`.

    Parameters
    ----------
    a : array_like of shape (..., m, m)
        Matrices.

    Returns
    -------
    SlogdetResult
        ``sign`` and ``logabsdet``, each of shape (...).

    Raises
    ------
    LinAlgError
        A matrix is not square.

    See Also
    --------
    mmlcore.slogdet : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> sign, logarithm = linalg.slogdet([[1, 2], [3, 4]])
    >>> float(sign), round(float(logarithm), 6)
    (-1.0, 0.693147)
    """
    wide = a if type(a) is _ndarray and a.dtype in EXACT else widened(a)
    if wide is None or (wide.dtype is not DOUBLE and large_complex(wide)):
        return _theirs.slogdet(a)
    try:
        found = _slogdet(wide)
    except REFUSALS:
        return _theirs.slogdet(a)
    return result(SlogdetResult, found if wide is a else narrowed(tuple(found), a))


def _numpy_lstsq(a: Any, b: Any, rcond: Any) -> Any:
    infinite = with_infinity(a)
    if infinite is not None and infinite.ndim == 0 and infinite:
        msg = "SVD did not converge in Linear Least Squares"
        raise np.linalg.LinAlgError(msg)
    return _theirs.lstsq(a, b, rcond)


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Solve least squares problems, as `numpy.linalg.lstsq`.

    Parameters
    ----------
    a : array_like of shape (m, n)
        Matrix.
    b : array_like of shape (m,) or (m, k)
        Right sides.
    rcond : float, optional
        Singular values below rcond times the largest count as zero. Default: max(m, n) times the machine epsilon.

    Returns
    -------
    tuple
        The solutions (n,) or (n, k); sums of squared residuals (1,) or (k,), empty where the rank is less than n or m is not
        more than n; the rank; the singular values.

    Raises
    ------
    LinAlgError
        Shapes that do not fit, or numbers that are not finite.

    See Also
    --------
    mmlcore.lstsq : The function behind it, which takes stacks.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> x, squares, rank, values = linalg.lstsq([[1, 0], [1, 1], [1, 2]], [1, 2, 4])
    >>> x.round(6), squares.round(6), int(rank)
    (array([0.833333, 1.5     ]), array([0.166667]), 2)
    """
    wide = pair(a, b)
    usual = rcond is None or (isinstance(rcond, float) and 0 <= rcond < 1)
    if wide is None or not usual or wide[0].ndim != 2 or wide[1].ndim not in (1, 2):
        return _numpy_lstsq(a, b, rcond)
    if min(wide[0].shape) > MOST_LEAST_SQUARES:
        return _numpy_lstsq(a, b, rcond)
    try:
        x, residual, rank, values = _lstsq(*wide) if rcond is None else _lstsq(*wide, rtol=rcond)
    except REFUSALS:
        return _numpy_lstsq(a, b, rcond)
    m, n = wide[0].shape
    squares = np.square(residual).reshape(-1) if rank == n < m else np.empty(0)
    return *narrowed((x, squares), a, b), np.int32(rank), narrowed(values, a, b)


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """Solve tensor equations tensordot(a, x, x.ndim) = b, as `numpy.linalg.tensorsolve`.

    Parameters
    ----------
    a : array_like of shape b.shape + Q
        Coefficients; as many of them in Q as `b` has numbers.
    b : array_like
        Right side, of any shape.
    axes : tuple of int, optional
        Axes of `a` to move to the right first.

    Returns
    -------
    ndarray of shape Q
        Solution.

    Raises
    ------
    LinAlgError
        `a` is singular, or the numbers of unknowns and of equations differ.

    Examples
    --------
    >>> import numpy as np
    >>> from mmlcore import linalg
    >>> linalg.tensorsolve(2 * np.eye(6).reshape(6, 2, 3), np.arange(6.0))
    array([[0. , 0.5, 1. ],
           [1.5, 2. , 2.5]])
    """
    if type(a) is _ndarray and type(b) is _ndarray and axes is None and 0 < b.ndim < a.ndim:
        shape = a.shape[b.ndim :]
        order = math.prod(shape)
        if order == b.size and a.size == order**2:
            return solve(a.reshape(order, order), b.ravel()).reshape(shape)
    return _theirs.tensorsolve(a, b, axes)


def tensorinv(a: Any, ind: int = 2) -> Any:
    """Compute the inverse of a tensor under tensordot, as `numpy.linalg.tensorinv`.

    Parameters
    ----------
    a : array_like
        Tensor; the first `ind` axes hold as many numbers as the others.
    ind : int, default 2
        The number of first axes that belong together.

    Returns
    -------
    ndarray of shape a.shape[ind:] + a.shape[:ind]
        Inverse: ``tensordot(tensorinv(a, ind), b, ind)`` solves ``tensordot(a, x, x.ndim) = b``.

    Raises
    ------
    LinAlgError
        `a` is singular or not square in this sense.

    Examples
    --------
    >>> import numpy as np
    >>> from mmlcore import linalg
    >>> linalg.tensorinv(np.eye(24).reshape(24, 8, 3), ind=1).shape
    (8, 3, 24)
    """
    if type(a) is _ndarray and type(ind) is int and 0 < ind < a.ndim and a.size:
        rows, columns = a.shape[:ind], a.shape[ind:]
        order = math.prod(columns)
        if order == math.prod(rows):
            return inv(a.reshape(order, order)).reshape(columns + rows)
    return _theirs.tensorinv(a, ind)

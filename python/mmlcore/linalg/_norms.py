"""Norms of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import singular, vectors
from mmlcore.linalg import _older
from mmlcore.linalg._plain import DOUBLE, EXACT, REAL, REFUSALS, narrowed, widened

_theirs: Any = np.linalg
_ndarray = np.ndarray
_length, _svdvals = vectors.length, singular.svdvals
_inf = float("inf")
_sum, _maximum, _minimum = np.add.reduce, np.maximum.reduce, np.minimum.reduce


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Compute norms of vectors or matrices, as `numpy.linalg.norm`.

    Parameters
    ----------
    x : array_like
        Numbers; of one or two axes unless `ord` is None or `axis` is given.
    ord : {int, float, inf, -inf, 'fro', 'nuc'}, optional
        The norm: of vectors the power, of matrices also that of Frobenius and the nuclear one. Default: the root of the sum of
        squares.
    axis : int or tuple of two ints, optional
        The axis of vectors, or those of matrices.
    keepdims : bool, default False
        Keep those axes, of length 1.

    Returns
    -------
    float or ndarray
        Norms. The root of the sum of squares is right for numbers of any size here, where numpy's overflows.

    Raises
    ------
    ValueError
        No such norm.

    See Also
    --------
    mmlcore.length : Lengths of vectors, in any inner product.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> float(linalg.norm([3.0, 4.0]))
    5.0
    >>> float(linalg.norm([[1.0, 2.0], [3.0, 4.0]], 1))
    6.0
    """
    if ord is None and axis is None and type(x) is _ndarray and x.dtype is DOUBLE and not keepdims:
        return _length(x if x.ndim == 1 else x.ravel("K"))
    if keepdims:
        return _theirs.norm(x, ord, axis, keepdims)
    found = _found(x, ord, axis)
    return _theirs.norm(x, ord, axis, keepdims) if found is None else found


def _found(x: Any, kind: Any, axis: Any) -> Any:
    """Return norms by the kernels, or None."""
    if type(x) is not _ndarray or x.dtype not in REAL:
        x = _floating(x)
        if x is None:
            return None
    d = x.ndim
    if axis is None:
        if kind is None:
            x = x.ravel("K")
            return _length(x.view(x.real.dtype) if x.dtype.kind == "c" else x)
        axis = -1 if d == 1 else (-2, -1) if d == 2 else None
    if type(axis) is int:
        return _of_vectors(x, kind, axis) if -d <= axis < d else None
    if type(axis) is not tuple or axis != (-2, -1) or d < 2:
        return None
    try:
        return _of_matrices(x, kind)
    except REFUSALS:
        return None


def _floating(x: Any) -> Any:
    """Return what else is plain as floating numbers: numpy keeps those of single precision here."""
    if type(x) is _ndarray and x.dtype.char in "fdFD":  # other orders of bytes as well
        return x
    wide = widened(x)
    return wide if wide is not None and wide.dtype in EXACT else None


def _of_vectors(x: Any, kind: Any, axis: int) -> Any:
    if kind is None or kind == 2:
        if x.dtype.kind == "c":
            return None
        if axis not in (-1, x.ndim - 1):
            if x.ndim != 2:
                return None
            x = x.T
        return _length(x)
    if kind == 1:
        return _sum(np.abs(x), axis)
    if kind == _inf:
        return _maximum(np.abs(x), axis, initial=0)
    return None


def _of_matrices(x: Any, kind: Any) -> Any:
    if kind is None or (isinstance(kind, str) and kind in ("fro", "f")):
        if x.dtype.kind == "c":
            return None
        return _length(x.ravel("K") if x.ndim == 2 else x.reshape(*x.shape[:-2], -1))
    if isinstance(kind, str):
        return _singular(x).sum(-1) if kind == "nuc" else None
    if kind in (1, _inf):
        return _maximum(_sum(np.abs(x), -2 if kind == 1 else -1), -1, initial=0)
    if kind in (-1, -_inf):
        return _minimum(_sum(np.abs(x), -2 if kind == -1 else -1), -1)
    if kind in (2, -2) and x.size:
        return _singular(x)[..., 0 if kind == 2 else -1][()]
    return None


def _singular(x: Any) -> Any:
    wide = widened(x)
    return narrowed(_svdvals(wide), x) if wide is not None else None


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Compute norms of vectors, as `numpy.linalg.vector_norm`.

    Parameters
    ----------
    x : array_like
        Numbers.
    axis : int or tuple of int, optional
        The axes that are one vector. Default: all.
    keepdims : bool, default False
        Keep those axes, of length 1.
    ord : {int, float, inf, -inf}, default 2
        The power.

    Returns
    -------
    float or ndarray
        Norms.

    Raises
    ------
    ValueError
        No such norm.

    See Also
    --------
    mmlcore.length : Lengths of vectors, in any inner product.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> float(linalg.vector_norm([[3.0], [4.0]]))
    5.0
    """
    if type(x) is _ndarray and x.dtype.char in "fdFD" and not keepdims:
        found = None
        if axis is None:
            found = _found(x.ravel(), ord, -1)
        elif type(axis) is int:
            found = _found(x, ord, axis)
        if found is not None:
            return found
    return _older.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Compute norms of matrices, as `numpy.linalg.matrix_norm`.

    Parameters
    ----------
    x : array_like of shape (..., m, n)
        Matrices.
    keepdims : bool, default False
        Keep the last two axes, of length 1.
    ord : {1, -1, 2, -2, inf, -inf, 'fro', 'nuc'}, default 'fro'
        The norm, as in `norm`.

    Returns
    -------
    float, or ndarray of shape (...)
        Norms.

    Raises
    ------
    ValueError
        No such norm.

    See Also
    --------
    norm : Norms of vectors and matrices.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> float(linalg.matrix_norm([[3.0, 0.0], [0.0, 4.0]]))
    5.0
    """
    if type(x) is _ndarray and x.dtype.char in "fdFD" and not keepdims:
        found = _found(x, ord, (-2, -1))
        if found is not None:
            return found
    return _older.matrix_norm(x, keepdims=keepdims, ord=ord)

"""What singular values tell: rank, condition, pseudo-inverse."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import elimination, matrices, singular
from mmlcore.linalg._norms import norm
from mmlcore.linalg._plain import (
    EXACT,
    MOST_LEAST_SQUARES,
    REFUSALS,
    narrowed,
    widened,
    with_infinity,
)

_theirs: Any = np.linalg
_ndarray = np.ndarray
_inverse, _svd, _matmul = elimination.inverse, singular.svd, matrices.matmul
_rank, _condition = singular.rank, singular.condition
_unset: Any = getattr(np, "_NoValue", None)  # numpy's own default of `rtol`


def _share(value: Any) -> bool:
    """Tell whether a tolerance is one number that kernels take."""
    return isinstance(value, float) and 0 <= value < 1


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = _unset) -> Any:
    """Compute pseudo-inverses, as `numpy.linalg.pinv`.

    Parameters
    ----------
    a : array_like of shape (..., m, n)
        Matrices.
    rcond : float or array_like of shape (...), optional
        Singular values up to rcond times the largest count as zero. Default: 1e-15.
    hermitian : bool, default False
        Matrices are Hermitian: by eigenvalues.
    rtol : float or array_like of shape (...), optional
        The same by its newer name; None is max(m, n) times the machine epsilon.

    Returns
    -------
    ndarray of shape (..., n, m)
        Pseudo-inverses.

    Raises
    ------
    LinAlgError
        NaN or infinity.

    See Also
    --------
    mmlcore.pinv : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> linalg.pinv([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    array([[1. , 0. , 0. ],
           [0. , 0.5, 0. ]])
    """
    wide = a if type(a) is _ndarray and a.dtype in EXACT else widened(a)
    share = rcond if rtol is _unset else rtol if rcond is None and rtol is not None else _unset
    if share is None:
        share = 1e-15
    if wide is not None and not hermitian and _share(share) and _medium(wide):
        try:
            found = _by_values(wide, share)
        except REFUSALS:
            pass
        else:
            return found if wide is a else narrowed(found, a)
    if not hermitian and np.any(with_infinity(a)):
        msg = "SVD did not converge"
        raise np.linalg.LinAlgError(msg)  # numpy returns zeros, or never
    options = {} if rtol is _unset else {"rtol": rtol}
    return _theirs.pinv(a, *(() if rcond is None else (rcond,)), hermitian=hermitian, **options)


def _medium(a: Any) -> bool:
    return 0 < min(a.shape[-2:], default=0) <= MOST_LEAST_SQUARES


def _by_values(a: Any, share: float) -> Any:
    u, s, vh = _svd(a)
    large = s > share * s[..., :1]
    s = 1 / s if large.all() else np.divide(1, s, where=large, out=np.zeros_like(s))
    left, right = vh.swapaxes(-1, -2), u.swapaxes(-1, -2)
    if a.dtype.kind == "c":
        left, right = left.conj(), right.conj()
    return _matmul(left * s[..., np.newaxis, :], right)


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """Compute ranks by singular values, as `numpy.linalg.matrix_rank`.

    Parameters
    ----------
    A : array_like of shape (..., m, n), or with fewer axes
        Matrices; fewer axes have the rank 0 or 1.
    tol : float or array_like of shape (...), optional
        Singular values up to this size count as zero.
    hermitian : bool, default False
        Matrices are Hermitian: by eigenvalues.
    rtol : float or array_like of shape (...), optional
        Singular values up to rtol times the largest count as zero. Default: max(m, n) times the machine epsilon.

    Returns
    -------
    int, or ndarray of int of shape (...)
        Ranks.

    Raises
    ------
    ValueError
        Both tolerances.

    See Also
    --------
    mmlcore.rank : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> int(linalg.matrix_rank([[1, 2], [2, 4]]))
    1
    """
    wide = A if type(A) is _ndarray and A.dtype in EXACT else widened(A)
    if wide is not None and wide.ndim >= 2 and tol is None and not hermitian:
        share = rtol
        if share is None and wide is not A and A is not None:
            kept = np.dtype(getattr(A, "dtype", float))
            single = kept.char in "fF"
            share = max(wide.shape[-2:]) * float(np.finfo(np.float32).eps) if single else None
        if share is None or _share(share):
            try:
                found = _rank(wide) if share is None else _rank(wide, rtol=share)
            except REFUSALS:
                pass
            else:
                return np.intp(found) if type(found) is int else found
    options = {} if rtol is None else {"rtol": rtol}
    return _theirs.matrix_rank(A, tol, hermitian, **options)


def cond(x: Any, p: Any = None) -> Any:
    """Compute condition numbers, as `numpy.linalg.cond`.

    Parameters
    ----------
    x : array_like of shape (..., m, n)
        Matrices; square ones for norms other than None, 2 and -2.
    p : {None, 1, -1, 2, -2, inf, -inf, 'fro'}, optional
        The norm, as in `norm`. Default: 2.

    Returns
    -------
    float, or ndarray of shape (...)
        Norm times norm of the inverse; infinity for singular matrices.

    Raises
    ------
    LinAlgError
        No entries, or not square.

    See Also
    --------
    mmlcore.condition : The function behind it.

    Examples
    --------
    >>> from mmlcore import linalg
    >>> round(float(linalg.cond([[3.0, 0.0], [4.0, 5.0]])), 12)
    3.0
    """
    wide = x if type(x) is _ndarray and x.dtype in EXACT else widened(x)
    if wide is None or wide.ndim < 2 or wide.size == 0 or (type(p) is int and p == -2):
        return _theirs.cond(x, p)
    try:
        if p is None or (type(p) is int and p == 2):
            found = _condition(wide)
        else:
            found = norm(wide, p, (-2, -1)) * norm(_inverse(wide), p, (-2, -1))
    except REFUSALS:
        return _theirs.cond(x, p)
    return found if wide is x else narrowed(found, x)

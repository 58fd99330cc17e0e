"""Mean and covariance of data that were mapped: x to A x + b."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, as_square, require_finite, same_dtype, shape_error
from mmlcore.core.door import door


@door("affine_mean")
def affine_mean(mean: ArrayLike, A: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """Mean of A x + b, from the mean of x.

    Parameters
    ----------
    mean : array_like of shape (d,)
        Mean of x.
    A : array_like of shape (m, d)
        The linear part.
    b : array_like of shape (m,)
        The translation.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (m,)
        A mean + b.

    Raises
    ------
    ValueError
        Shapes that do not fit, NaN or infinity.

    Notes
    -----
    Cost: m d operations.

    References
    ----------
    .. [1] M. P. Deisenroth, A. A. Faisal, C. S. Ong, "Mathematics for Machine Learning" (2020), equation 6.50.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.affine_mean([3, 3], [[1, 0], [0, 2]], [1, 2])
    array([4., 8.])
    """
    m, a, shift = same_dtype(
        require_finite(as_array(mean, "mean"), "mean"),
        _linear(A),
        require_finite(as_array(b, "b"), "b"),
    )
    if m.shape != a.shape[1:]:
        raise shape_error("mean", m.shape, f"({a.shape[1]},), a number for each column of A")
    _check_shift(shift, a)
    return np.asarray(a @ m + shift)


@door("affine_covariance")
def affine_covariance(
    S: ArrayLike, A: ArrayLike, b: ArrayLike | None = None, *, out: Array | None = None
) -> Array:
    """Covariance of A x + b, from the covariance of x.

    Parameters
    ----------
    S : array_like of shape (d, d)
        Covariance of x, symmetric.
    A : array_like of shape (m, d)
        The linear part.
    b : array_like of shape (m,), optional
        The translation, which changes no covariance: only its shape is looked at.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (m, m)
        A S A', exactly symmetric.

    Raises
    ------
    ValueError
        Shapes that do not fit, a matrix S that is not symmetric, NaN or infinity.

    Notes
    -----
    Cost: m d (m + d) operations.

    References
    ----------
    .. [1] M. P. Deisenroth, A. A. Faisal, C. S. Ong, "Mathematics for Machine Learning" (2020), equation 6.51.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.affine_covariance([[2, 0], [0, 2]], [[0, 1], [2, 3]], [0, 0])
    array([[ 2.,  6.],
           [ 6., 26.]])
    """
    s, a = same_dtype(require_finite(as_square(S, "S"), "S"), _linear(A))
    if s.ndim != 2 or s.shape[0] != a.shape[1]:
        raise shape_error("S", s.shape, f"({a.shape[1]}, {a.shape[1]}), by the columns of A")
    if not np.allclose(s, s.T, rtol=0, atol=1e-5 * float(np.abs(s).max(initial=0))):
        msg = "S: is not symmetric, so it is no covariance."
        raise ValueError(msg)
    if b is not None:
        _check_shift(as_array(b, "b"), a)
    mapped = a @ s @ a.T
    return np.asarray((mapped + mapped.T) / 2)


def _linear(A: ArrayLike) -> Array:
    a = require_finite(as_array(A, "A"), "A")
    if a.ndim != 2:
        raise shape_error("A", a.shape, "2 axes, a matrix")
    return a


def _check_shift(b: Array, a: Array) -> None:
    if b.shape != a.shape[:1]:
        raise shape_error("b", b.shape, f"({a.shape[0]},), a number for each row of A")

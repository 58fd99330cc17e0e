"""Cholesky's factor of symmetric positive definite matrices."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_square, empty, require_finite_items
from mmlcore.core.door import door
from mmlcore.core.errors import NotPositiveDefiniteError
from mmlcore.core.lapack import patiently
from mmlcore.core.scaling import exponents, times_power


@door("cholesky")
def cholesky(A: ArrayLike, *, out: Array | None = None) -> Array:
    """Lower triangle L with A = L L^H, of symmetric or Hermitian positive definite matrices.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Matrices, of which the lower triangle alone is read, and of a complex diagonal the real part.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n, n)
        The factors, with a positive diagonal and zeros above it.

    Raises
    ------
    ValueError
        Not square; NaN or infinity in a lower triangle.
    NotPositiveDefiniteError
        A pivot is not positive: the message names its row, and the first such item of a stack. A matrix that is positive
        definite but singular to working precision may pass or not.

    Notes
    -----
    The pivots are what the rows before leave of the diagonal; all are positive exactly when A is positive definite,
    so this is the cheapest proof of that. Stacks of matrices of order n <= 32 go one matrix in each SIMD lane, all
    others by halves of columns whose products do the work; complex128 from 301 rows on and complex64 from 401 on are
    LAPACK's. Units of rows and columns do not matter, up to the ends of the range. Guarantee: L L^H = A + E with
    \\|e_ij\\| <= (n + 1) u sqrt(a_ii a_jj), u the unit roundoff [1]_. Cost: n^3 / 3 operations.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms", 2nd ed. (2002), theorem 10.5.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.cholesky([[4.0, 2.0], [2.0, 10.0]])
    array([[2., 0.],
           [1., 3.]])
    """
    a = as_square(A, "A", complex_ok=True)
    if a.dtype.kind == "c":
        return _complex_factor(a)
    lower = empty(a.shape, a.dtype)
    item, row = _core.cholesky(a, lower)
    if item >= 0:
        _refuse(a, item, row)
    return lower


def _refuse(a: Array, item: int, row: int) -> None:
    where = f" (matrix {item} of the batch)" if a.ndim > 2 else ""
    if row < 0:
        msg = f"A: contains NaN or infinity{where}."
        raise ValueError(msg)
    msg = f"A: not positive definite{where}: the pivot of row {row} is not positive."
    raise NotPositiveDefiniteError(msg)


def _complex_factor(a: Array) -> Array:
    """By LAPACK; with rows and columns near 1 where sizes are not; where that fails, by the real matrix of twice the order."""
    usual = _of_usual_size(a)
    if usual is not None:
        return usual
    a = require_finite_items(np.tril(a), "A")
    diagonal = np.diagonal(a, axis1=-2, axis2=-1).real
    half = np.where(diagonal > 0, exponents(diagonal), 0) // 2
    a = times_power(a, -(half[..., :, np.newaxis] + half[..., np.newaxis, :]))
    try:
        with np.errstate(all="ignore"):
            lower = np.asarray(patiently(np.linalg.cholesky, a))
        if not np.isfinite(lower).all():
            lower = _by_pairs(a)
    except np.linalg.LinAlgError:
        lower = _by_pairs(a)
    return times_power(lower, half[..., :, np.newaxis])


def _of_usual_size(a: Array) -> Array | None:
    """Return LAPACK's factor where its pivots are far from the ends of the range; scaling takes three times as long."""
    try:
        with np.errstate(all="ignore"):
            lower = np.asarray(patiently(np.linalg.cholesky, a))
    except np.linalg.LinAlgError:
        return None
    pivots = np.diagonal(lower, axis1=-2, axis2=-1).real
    high = np.finfo(a.dtype).max ** 0.25
    if not (pivots.size and pivots.min() > 1 / high and pivots.max() < high):
        return None
    return lower if np.isfinite(lower).all() else None


def _by_pairs(a: Array) -> Array:
    """The factor of the real matrix in which each entry x + iy stands as [[x, -y], [y, x]]; or the error that names its row."""
    n = a.shape[-1]
    pairs = np.zeros((*a.shape[:-2], 2 * n, 2 * n), a.real.dtype)
    pairs[..., ::2, ::2] = pairs[..., 1::2, 1::2] = a.real
    pairs[..., 1::2, ::2] = a.imag
    pairs[..., ::2, 1::2] = -a.imag
    i = np.arange(n)
    pairs[..., 2 * i + 1, 2 * i] = 0
    lower = np.empty_like(pairs)
    item, row = _core.cholesky(pairs, lower)
    if item >= 0:
        _refuse(a, item, row // 2)
    return np.asarray(lower[..., ::2, ::2] + 1j * lower[..., 1::2, ::2]).astype(a.dtype)

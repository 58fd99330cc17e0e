"""Spans of columns: their dimension, what is perpendicular to them, and whether columns are orthonormal."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import (
    Array,
    adjoint,
    as_array,
    as_matrix,
    as_real,
    plain,
    require_finite,
    require_finite_items,
    shape_error,
)
from mmlcore.core.batches import common
from mmlcore.core.door import door
from mmlcore.core.lapack import patiently
from mmlcore.core.signs import pointed
from mmlcore.matrices import matmul
from mmlcore.orthogonal._gram_schmidt import gram_schmidt
from mmlcore.singular import svd


@door("span_dimension")
def span_dimension(A: ArrayLike, *, rtol: float | None = None) -> int | Array:
    """Dimension of the span of the columns of a matrix.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Columns are the vectors.
    rtol : float, optional
        A column is dependent on earlier ones if its distance from their span is at most `rtol` times its own length.
        Default: 16 u (n + log2 m), u the machine epsilon.

    Returns
    -------
    int, or ndarray of int of shape (...)
        How many columns are independent of those before.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity.

    Notes
    -----
    The number of columns that `gram_schmidt` keeps [1]_: each column counts against its own length, so columns of 1e-300
    beside columns of 1e300 are seen. `rank` judges the matrix as a whole, by singular values. Cost: as `gram_schmidt`.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 5.2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.span_dimension([[1, 0, 1], [0, 1, 1], [0, 0, 0]])
    2
    """
    q = gram_schmidt(A, rtol=rtol)
    counts = np.asarray(q.any(axis=-2).sum(axis=-1))
    return plain(counts, int)


@door("is_orthogonal")
def is_orthogonal(Q: ArrayLike, *, rtol: float | None = None) -> bool | Array:
    """Tell whether matrices are orthogonal, Q'Q = I; complex ones unitary, Q*Q = I.

    Parameters
    ----------
    Q : array_like of shape (..., m, n), float32, float64 or complex
        With m > n: whether the columns are orthonormal.
    rtol : float, optional
        Largest entry of Q'Q - I that counts as zero. Default: 4 (n + sqrt(m)) u, u the machine epsilon.

    Returns
    -------
    bool, or ndarray of bool of shape (...)
        True where Q'Q is the identity.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity.

    Notes
    -----
    Determinants of 1 (rotations) and -1 both count. Cost: 2 m n^2 operations.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.is_orthogonal(mml.rotation(0.3)), mml.is_orthogonal([[1.0, 1.0], [0.0, 1.0]])
    (True, False)
    """
    q = require_finite_items(as_matrix(Q, "Q", complex_ok=True), "Q")
    m, n = q.shape[-2:]
    if rtol is None:
        rtol = 4 * (n + math.sqrt(m)) * float(np.finfo(q.dtype).eps)
    rtol = as_real(rtol, "rtol", 0, 1)
    with np.errstate(over="ignore", invalid="ignore"):  # squares that overflow are not 1
        gap = np.abs(matmul(adjoint(q), q) - np.eye(n, dtype=q.dtype))
    close = np.asarray((gap <= rtol).all(axis=(-1, -2)))
    return plain(close, bool)


@door("orthogonal_complement")
def orthogonal_complement(B: ArrayLike) -> Array:
    """Orthonormal basis of what is perpendicular to the columns of a matrix.

    Parameters
    ----------
    B : array_like of shape (..., d, k) or (d,), float32, float64 or complex
        Columns span the subspace; they may depend on each other. One axis is one vector. The spans of a stack have to be of one
        dimension.

    Returns
    -------
    ndarray of shape (..., d, d - r)
        r is the dimension of the span as `span_dimension` finds it. Columns are the basis; the entry of largest size of each is
        positive.

    Raises
    ------
    ValueError
        No axis; NaN or infinity; spans of different dimensions.

    Notes
    -----
    The last columns of the orthogonal factor of a full QR factorization, of the columns if they are independent, else of an
    orthonormal basis of their span [1]_; of stacks the left singular vectors of that basis. Cost: about 4 d k (d - r) + 2 d k^2 operations.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 5.2.2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.orthogonal_complement([[1, 0], [0, 1], [0, 0]])
    array([[0.],
           [0.],
           [1.]])
    """
    b = as_array(B, "B", complex_ok=True)
    b = b[:, np.newaxis] if b.ndim == 1 else b
    if b.ndim < 2:
        raise shape_error("B", b.shape, "(..., d, k) or (d,)")
    if b.ndim > 2:
        q = gram_schmidt(require_finite_items(b, "B"))
        r = common(q.any(axis=-2).sum(axis=-1), "B", "dimension")
        left = svd(q, full=True).U
        return pointed(np.ascontiguousarray(left[..., min(b.shape[-2:]) if r is None else r :]))
    q = gram_schmidt(require_finite(b, "B"), drop=True)
    full, _ = patiently(np.linalg.qr, q, mode="complete")
    return pointed(full[:, q.shape[1] :] + 0)

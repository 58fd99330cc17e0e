"""Gram-Schmidt, projections, reflections."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, all_finite, as_matrix, as_real, empty, require_real
from mmlcore.core.door import door
from mmlcore.core.metric import as_metric
from mmlcore.core.scaling import sizes, times_power


@door("gram_schmidt")
def gram_schmidt(
    A: ArrayLike,
    *,
    normalize: bool = True,
    rtol: float | None = None,
    drop: bool = False,
    metric: ArrayLike | None = None,
    out: Array | None = None,
) -> Array:
    """Make the columns of a matrix orthonormal, in order.

    Column j of the result is what column j of `A` adds to the span of the columns before it.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        The columns are the vectors. More columns than rows are allowed.
    normalize : bool, default True
        False leaves each result its length: the distance of the column of `A` from the span of those before it.
    rtol : float, optional
        A column is dependent on earlier ones if that distance is at most `rtol` times the column's own length.
        Default: 16 u (n + log2 m), u the machine epsilon of the dtype.
    drop : bool, default False
        Leave dependent columns out. Without it they are zero, and the shape is that of `A`.
    metric : array_like of shape (m, m), optional
        The symmetric positive definite matrix M of the inner product <x, y> = x' M y, for real `A`. Default: the dot product.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., m, n), or (m, r) with `drop`
        Of the dtype of `A`.

    Raises
    ------
    ValueError
        NaN or infinity in `A`; a metric that is not symmetric positive definite; `drop` on a stack whose matrices
        differ in rank.
    TypeError
        A metric with complex `A`.

    Notes
    -----
    Q'Q = I to a few units of rounding for every `A`, whatever its condition, scale and rank: no column of it comes
    from the classical or modified recurrence, which lose orthogonality. Well-conditioned tall matrices take Cholesky
    QR twice, certified by the second Gram matrix [1]_, all others Householder QR of row blocks [2]_ with the
    decision on dependence taken on the small triangle. Cost: 3 m n^2 operations and three passes over `A`, or
    6 m n^2; scratch memory n^2, or a copy of `A`. The result does not depend on the number of threads.

    References
    ----------
    .. [1] Y. Yamamoto, Y. Nakatsukasa, Y. Yanagisawa, T. Fukaya, "Roundoff error analysis of the CholeskyQR2
       algorithm", Electron. Trans. Numer. Anal. 44 (2015), algorithm 2.
    .. [2] J. Demmel, L. Grigori, M. Hoemmen, J. Langou, "Communication-optimal parallel and sequential QR and LU
       factorizations", SIAM J. Sci. Comput. 34 (2012), section 3.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.gram_schmidt([[3.0, 1.0], [4.0, 7.0]])
    array([[ 0.6, -0.8],
           [ 0.8,  0.6]])

    The third column below is the sum of the first two:

    >>> mml.gram_schmidt([[1, 0, 1], [0, 2, 2], [0, 0, 0]], drop=True)
    array([[1., 0.],
           [0., 1.],
           [0., 0.]])
    """
    a = as_matrix(A, "A", complex_ok=True)
    m, n = a.shape[-2:]
    if rtol is None:
        rtol = 16 * float(np.finfo(a.dtype).eps) * (n + math.log2(max(m, 1)))
    rtol = as_real(rtol, "rtol", 0, 1)
    if metric is None:
        q, norms = _in_order(a, rtol)
    else:
        q, norms = _in_metric(a, metric, rtol)
    if not normalize:
        q = _at_length(a, q, norms, rtol) if metric is None else q * norms[..., np.newaxis, :]
    return _dropped(q, norms > 0) if drop else q


def _in_order(a: Array, rtol: float) -> tuple[Array, Array]:
    q = empty(a.shape, a.dtype)
    norms = np.empty((*a.shape[:-2], a.shape[-1]), a.real.dtype)
    _core.gram_schmidt(a, q, norms, rtol)
    return q, norms


def _at_length(a: Array, q: Array, norms: Array, rtol: float) -> Array:
    """Return the columns with their lengths, some of which may be beyond the range though their entries are not."""
    if all_finite(norms):
        return q * norms[..., np.newaxis, :]
    powers = np.frexp(sizes(a).max(axis=-2))[1][..., np.newaxis, :]
    q, norms = _in_order(times_power(a, -powers), rtol)
    return times_power(q * norms[..., np.newaxis, :], powers)


def _in_metric(a: Array, metric: ArrayLike, rtol: float) -> tuple[Array, Array]:
    """With M = L L', columns orthonormal in the metric are L'^-1 times orthonormal columns of L' A.

    The way there and back costs digits when M is ill-conditioned, so what comes out is orthonormalized once more by
    the Cholesky factor of its Gram matrix in the metric, which is near the identity.
    """
    require_real(a, "A")
    given = as_metric(metric, a.shape[-2], f"A of shape {a.shape}")
    dtype = np.result_type(a, given.matrix)
    a, (m, lower) = a.astype(dtype, copy=False), given.astype(dtype)
    q, norms = _in_order(np.matmul(lower.T, a), rtol)
    q = np.linalg.solve(lower.T, q)
    kept = norms > 0
    gram = np.matmul(np.swapaxes(q, -1, -2), np.matmul(m, q))
    gram += np.where(kept, 0, 1)[..., np.newaxis] * np.eye(a.shape[-1], dtype=a.dtype)
    correction = np.linalg.cholesky((gram + np.swapaxes(gram, -1, -2)) / 2)
    q = np.swapaxes(np.linalg.solve(correction, np.swapaxes(q, -1, -2)), -1, -2)
    return q * kept[..., np.newaxis, :], norms


def _dropped(q: Array, kept: Array) -> Array:
    if q.ndim == 2:
        return np.ascontiguousarray(q[:, kept])
    ranks = kept.sum(axis=-1)
    if ranks.size == 0:
        return q
    rank = int(ranks.flat[0])
    if (ranks != rank).any():
        msg = (
            f"A: with drop=True all matrices of the stack need the same rank; got ranks from {ranks.min()} to "
            f"{ranks.max()}."
        )
        raise ValueError(msg)
    rows = np.swapaxes(q, -1, -2)[kept].reshape(*q.shape[:-2], rank, q.shape[-2])
    return np.ascontiguousarray(np.swapaxes(rows, -1, -2))

"""Least squares solutions and the pseudo-inverse."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, adjoint, as_array, as_matrix, plain, same_dtype, shape_error
from mmlcore.core.batches import broadcast_batch, broadcast_to_batch
from mmlcore.core.door import door
from mmlcore.core.lapack import level, patiently, restored
from mmlcore.core.notebook import fields_html
from mmlcore.core.scaling import times_power
from mmlcore.elimination import solve
from mmlcore.singular._rank import rank_rtol
from mmlcore.singular._svd import svd, svdvals

_LARGE = 128  # the shorter side from which on LAPACK is as fast
_LONG = 512  # the longer side, at most, of what the kernels take
_SAFE = 100  # times the share that counts as zero: from here on QR finds the rank that singular vectors would


class LeastSquares(NamedTuple):
    """What `lstsq` finds."""

    x: Array
    """(..., n) or (..., n, k): the solutions, each the shortest of its kind."""
    residual: Array
    """(...) or (..., k): the lengths of A x - b."""
    rank: int | Array
    """(...): how many singular values count."""
    singular_values: Array
    """(..., min(m, n)): of A, descending."""

    def _repr_html_(self) -> str:
        return fields_html(self)


@door("lstsq", LeastSquares)
def lstsq(
    A: ArrayLike,
    b: ArrayLike,
    *,
    rtol: float | None = None,
    out: tuple[Array, ...] | None = None,
) -> LeastSquares:
    """Least squares: the x of least \\|A x - b\\|, and of these the shortest.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrices of any shape and rank.
    b : array_like of shape (m,) or (..., m, k)
        Right sides. As in `solve`, `b` is one vector only if it is 1-D; else its last two axes are a matrix whose columns are
        right sides. Leading axes broadcast against those of `A`.
    rtol : float, optional
        Singular values up to rtol times the largest count as zero. Default: as in `rank`, max(m, n) times the machine epsilon.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    LeastSquares
        ``x`` (..., n) or (..., n, k); ``residual``, the length of A x - b for each right side, as that of `project`; ``rank``;
        ``singular_values`` (..., min(m, n)), descending.

    Raises
    ------
    ValueError
        Shapes that do not fit; NaN or infinity; a solution or a singular value beyond the range.

    Notes
    -----
    The solution through the singular values, for every rank and shape [1]_. Stacks of up to 16 columns go one matrix in each
    SIMD lane: QR with exchanges of columns, then rotations of R that take Q'b with them; others through `svd`; long ones
    whose singular values all count through `qr`; a shorter side of more than 128 is LAPACK's. Backward error some
    10 max(m, n) u \\|A\\| where all singular values count. Cost: 2 m n (n + 2 k) + 10 n^2 (n + k) operations for m >= n.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 5.5.

    Examples
    --------
    A line through three points, and the shortest of many solutions:

    >>> import mmlcore as mml
    >>> line = mml.lstsq([[1, 0], [1, 1], [1, 2]], [1, 2, 4])
    >>> line.x.round(6), round(float(line.residual), 6), line.rank
    (array([0.833333, 1.5     ]), 0.408248, 2)
    >>> mml.lstsq([[1.0, 1.0]], [2.0]).x.round(12)
    array([1., 1.])
    """
    a = as_matrix(A, "A", complex_ok=True)
    right = as_array(b, "b", complex_ok=True)
    m = a.shape[-2]
    if right.ndim == 0:
        raise shape_error("b", right.shape, "a vector (m,) or matrices (..., m, k)")
    is_vector = right.ndim == 1
    if right.shape[0 if is_vector else -2] != m:
        raise shape_error("b", right.shape, f"({m},) or (..., {m}, k) to fit A of shape {a.shape}")
    a, right = same_dtype(a, right)
    if is_vector:
        right = right[:, np.newaxis]
    batch = broadcast_batch({"A": a.shape[:-2], "b": right.shape[:-2]})
    tol = rank_rtol(a, rtol)
    found = _by_kernel(a, right, batch, tol) or _by_parts(a, right, batch, tol)
    x, residual, rank, values = found
    if is_vector:
        x, residual = x[..., 0], residual[..., 0]
    return LeastSquares(x, residual[()], plain(rank, int), values)


@door("pinv")
def pinv(A: ArrayLike, *, rtol: float | None = None, out: Array | None = None) -> Array:
    """Pseudo-inverse of matrices: the inverse of Moore and Penrose.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrices of any shape and rank.
    rtol : float, optional
        Singular values up to rtol times the largest count as zero. Default: as in `rank`, max(m, n) times the machine epsilon.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n, m)
        V diag(1 / s) U^H over the singular values that count; zeros for A = 0.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity; a result beyond the range.

    Notes
    -----
    ``pinv(A) @ b`` is the x of ``lstsq(A, b)``, which is found with fewer operations there and is more accurate. Stacks of a
    shorter side of up to 16 go one matrix in each SIMD lane. Cost: that of `svd`, and 2 m n min(m, n) operations.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 5.5.2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.pinv([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    array([[1. , 0. , 0. ],
           [0. , 0.5, 0. ]])
    """
    a = as_matrix(A, "A", complex_ok=True)
    tol = rank_rtol(a, rtol)
    a, powers = level(a, "A")
    if not a.size:
        return np.zeros((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype)
    inverse = _inverse(a, tol)
    return _within(inverse if powers is None else times_power(inverse, -_wide(powers)))


def _inverse(a: Array, tol: float) -> Array:
    m, n = a.shape[-2:]
    if a.ndim == 2 and a.dtype.kind != "c" and max(m, n) > _LONG >= min(m, n):
        q, r = _orthonormal(a if m >= n else a.T)
        found: Array = np.matmul(_inverse(r, tol), q.T)
        return found if m >= n else found.T
    u, s, vh = _factors(a)
    return np.asarray(np.matmul(adjoint(vh) * _inverted(s, tol)[..., np.newaxis, :], adjoint(u)))


def _orthonormal(a: Array) -> tuple[Array, Array]:
    """Q and R of one long real matrix."""
    m, n = a.shape
    q, r = np.empty((m, n), a.dtype), np.empty((n, n), a.dtype)
    _core.qr(a, q, r)
    return q, r


def _factors(a: Array) -> tuple[Array, Array, Array]:
    """Singular vectors, whose signs do not matter."""
    if min(a.shape[-2:]) > _LARGE:
        u, s, vh = patiently(np.linalg.svd, a, full_matrices=False)
        return u, s, vh
    found = svd(a)
    return found.U, found.s, found.Vh


def _wide(powers: Array) -> Array:
    return powers[..., np.newaxis, np.newaxis]


def _inverted(s: Array, tol: float) -> Array:
    """1 / s where s counts, zeros elsewhere."""
    kept = s > tol * s[..., :1]
    return np.divide(1, s, out=np.zeros_like(s), where=kept)


def _within(found: Array) -> Array:
    if not np.isfinite(found).all():
        msg = f"A: the solution leaves the range of {found.dtype}; multiply A by a constant."
        raise ValueError(msg)
    return found


def _by_kernel(
    a: Array, b: Array, batch: tuple[int, ...], tol: float
) -> tuple[Array, Array, Array, Array] | None:
    """Real matrices of moderate size; None for others, and for one matrix with the right sides of a stack."""
    (m, n), k = a.shape[-2:], b.shape[-1]
    if a.dtype.kind == "c" or not (m and n and k) or 0 in batch or (a.ndim == 2 and batch):
        return None
    x, residual = np.empty((*batch, n, k), a.dtype), np.empty((*batch, k), a.dtype)
    rank, values = np.empty(batch, np.int64), np.empty((*batch, min(m, n)), a.dtype)
    sides = broadcast_to_batch(b, batch)
    done = _core.least_squares(broadcast_to_batch(a, batch), sides, tol, x, residual, rank, values)
    return (x, residual, rank, values) if done else None


def _by_parts(
    a: Array, b: Array, batch: tuple[int, ...], tol: float
) -> tuple[Array, Array, Array, Array]:
    """Through QR where all singular values count, else through singular vectors."""
    (a, powers), (b, own) = level(a, "A"), level(b, "b")
    n, p = a.shape[-1], min(a.shape[-2:])
    if p == 0 or 0 in batch:
        values = np.zeros((*batch, p), a.real.dtype)
        x = np.zeros((*batch, n, b.shape[-1]), a.dtype)
        residual = np.broadcast_to(np.linalg.norm(b, axis=-2), (*batch, b.shape[-1])).copy()
        return x, _restored_lengths(residual, own), np.zeros(batch, np.int64), values
    found = _by_lapack(a, b, tol) or _by_triangle(a, b, tol) if a.ndim == b.ndim == 2 else None
    if found is None:
        u, s, vh = _factors(a)
        along = np.matmul(adjoint(u), b)
        x = np.matmul(adjoint(vh), _inverted(s, tol)[..., np.newaxis] * along)
        kept = (s > tol * s[..., :1])[..., np.newaxis]
        residual = np.linalg.norm(b - np.matmul(u, np.where(kept, along, 0)), axis=-2)
    else:
        x, residual, s = found
    rank = np.asarray((s > tol * s[..., :1]).sum(axis=-1))
    with np.errstate(over="ignore"):
        if powers is not None:
            x = times_power(x, -_wide(powers))
        if own is not None:
            x = times_power(x, _wide(own))
    values = restored(s, powers, "A", "a singular value")
    return (
        _within(x),
        _restored_lengths(residual, own),
        np.broadcast_to(rank, batch).copy(),
        np.broadcast_to(values, (*batch, p)).copy(),
    )


def _restored_lengths(residual: Array, powers: Array | None) -> Array:
    return restored(residual, powers, "b", "a residual")


def _by_lapack(a: Array, b: Array, tol: float) -> tuple[Array, Array, Array] | None:
    """One large matrix."""
    if min(a.shape) <= _LARGE:
        return None
    try:
        x, _, _, s = patiently(np.linalg.lstsq, a, b, rcond=tol)
    except np.linalg.LinAlgError:  # no convergence
        return None
    return x, np.linalg.norm(b - np.matmul(a, x), axis=-2), s


def _by_triangle(a: Array, b: Array, tol: float) -> tuple[Array, Array, Array] | None:
    """One real matrix; None where its rank may not be full."""
    m, n = a.shape
    if a.dtype.kind == "c":
        return None
    q, r = _orthonormal(a if m >= n else a.T)
    s = svdvals(r)
    if not s[-1] > _SAFE * tol * s[0]:
        return None
    x = solve(r, np.matmul(q.T, b)) if m >= n else np.matmul(q, solve(r.T, b))
    return x, np.linalg.norm(b - np.matmul(a, x), axis=-2), s

"""The largest eigenvalues of symmetric matrices, dense, sparse or known by their products alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, as_index, as_real, is_sparse, shape_error
from mmlcore.core.errors import ConvergenceError
from mmlcore.core.sparse import by_rows
from mmlcore.eigen._full import Eigen, one_square
from mmlcore.eigen._largest import largest_of_symmetric
from mmlcore.matrices._sparse import SparseRows

_RESTARTS = 300
_FAR = 300  # exponents of two beyond which a matrix is scaled
# Dense matrices: measured, Lanczos and its certificate beat the tridiagonal form from here on, if they converge so soon.
_LANCZOS_FROM, _LANCZOS_SHARE, _FEW_RESTARTS = 512, 40, 12


def top_eigh(
    A: Any,
    k: int,
    *,
    tol: float | None = None,
    random_state: int | None = None,
    shape: tuple[int, int] | None = None,
) -> Eigen:
    """Largest eigenvalues of a symmetric matrix with their vectors, without the full decomposition.

    Parameters
    ----------
    A : array_like of shape (n, n), scipy.sparse matrix, or callable
        Symmetric. A callable maps a vector (n,) to A times it, and needs `shape`.
    k : int
        How many, 1 to n.
    tol : float, optional
        Bound on the residuals, the lengths of A v - value v, relative to the largest size of a value. Default: 1e-11, for float32 1e-5.
    random_state : int, optional
        Seed of the first vector of the iteration. The same seed gives the same result; None is seed 0.
    shape : tuple of int, optional
        (n, n), for a callable.

    Returns
    -------
    Eigen
        (values, vectors): descending values (k,), orthonormal columns (n, k).

    Raises
    ------
    ConvergenceError
        The iteration for sparse matrices and callables did not reach `tol`.
    ValueError, TypeError
        Not square or not symmetric; NaN or infinity; k out of range.

    Notes
    -----
    A dense matrix is reduced to tridiagonal form, whose wanted eigenvalues are found by bisection and their vectors by
    inverse iteration [1]_; beyond a quarter of all, the full decomposition is as fast. For k below a fortieth of the order
    Lanczos comes first, and a Cholesky factorization certifies that no eigenvalue was missed. Sparse matrices and
    callables are met by the Lanczos method with thick restarts and full reorthogonalization [2]_, which reaches the ends
    of the spectrum first;
    of an eigenvalue that is repeated exactly it may find fewer copies than there are. Residuals are checked. Cost:
    4/3 n^3 operations, or some 2 k products with A for each of some restarts.

    References
    ----------
    .. [1] B. N. Parlett, "The symmetric eigenvalue problem" (1998), chapters 3, 4 and 7.
    .. [2] K. Wu, H. Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems", SIAM J. Matrix Anal.
       Appl. 22 (2000).

    Examples
    --------
    >>> import mmlcore as mml, numpy as np
    >>> mml.top_eigh(np.diag([3.0, 1.0, 2.0]), 2).values
    array([3., 2.])
    """
    if is_sparse(A):
        _check_square(A.shape)
        A = by_rows(A, "A")
        _check_symmetric(abs(A - A.T).max(), abs(A).max(), A.shape[0], np.dtype(np.float64))
        return _lanczos(SparseRows(A, "A").dot, A.shape[0], k, tol, random_state)
    if callable(A):
        if shape is None:
            msg = "shape: a callable A needs the shape (n, n)."
            raise ValueError(msg)
        _check_square(shape)
        return _lanczos(A, shape[0], k, tol, random_state)
    a = one_square(A)
    n = len(a)
    k = as_index(k, "k", 1, n)
    top = np.abs(a).max(initial=0)
    _check_symmetric(_asymmetry(a), top, n, a.dtype)
    wide, power = a.astype(np.float64, copy=False), int(np.frexp(top)[1])
    if abs(power) > _FAR:  # squares would leave the range
        values, vectors = _largest_of_dense(
            np.ldexp(wide, -power), k, _bound(tol, a.dtype), random_state
        )
        values = np.ldexp(values, power)
    else:
        values, vectors = _largest_of_dense(wide, k, _bound(tol, a.dtype), random_state)
    return Eigen(values.astype(a.dtype), np.ascontiguousarray(vectors.astype(a.dtype, copy=False)))


def _largest_of_dense(
    a: Array, k: int, bound: float, random_state: int | None
) -> tuple[Array, Array]:
    """Few of many by Lanczos, if that converges soon and nothing was missed; else by the tridiagonal form."""
    n = len(a)
    if n >= _LANCZOS_FROM and _LANCZOS_SHARE * k <= n:
        try:
            found = _lanczos(lambda v: a @ v, n, k, bound, random_state, _FEW_RESTARTS)
        except ConvergenceError:
            pass
        else:
            if _complete(a, found, bound):
                return found
    return largest_of_symmetric(a, k, bound)


def _complete(a: Array, found: Eigen, bound: float) -> bool:
    """Tell whether no eigenvalue above those found was missed, as Lanczos may miss a copy of a repeated one.

    With the pairs found moved out of the way, (least + rounding) I - A is positive definite exactly if all other eigenvalues
    are smaller: Cholesky's factorization decides (Sylvester's law of inertia).
    """
    values, vectors = found
    n, size = len(a), float(np.abs(values).max())
    shifted = np.matmul(vectors * (values - values[-1] + size), vectors.T)
    shifted -= a
    shifted.flat[:: n + 1] += values[-1] + max(10 * bound, 8 * n * np.finfo(np.float64).eps) * size
    try:
        np.linalg.cholesky(shifted)
    except np.linalg.LinAlgError:
        return False
    return True


def _asymmetry(a: Array) -> float:
    """Largest difference of an entry and its mirror image, by blocks that fit the cache."""
    step = 512
    blocks = [slice(i, i + step) for i in range(0, len(a), step)]
    pairs = ((one, other) for i, one in enumerate(blocks) for other in blocks[i:])
    return max((np.abs(a[i, j] - a[j, i].T).max() for i, j in pairs), default=0.0)


def _check_symmetric(gap: float, largest: float, n: int, dtype: np.dtype[Any]) -> None:
    if gap > 8 * max(n, 8) * np.finfo(dtype).eps * largest:
        msg = "A: is not symmetric."
        raise ValueError(msg)


def _check_square(shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise shape_error("A", shape, "a square matrix (n, n)")


def _bound(tol: float | None, dtype: np.dtype[Any]) -> float:
    if tol is None:
        return 1e-11 if dtype == np.float64 else 1e-5
    return as_real(tol, "tol", 0, 1)


def _lanczos(
    times: Callable[[Array], Array],
    n: int,
    k: int,
    tol: float | None,
    random_state: int | None,
    restarts: int = _RESTARTS,
) -> Eigen:
    """Thick-restart Lanczos: V' A V is an arrow (kept Ritz values and their couplings) and then tridiagonal."""
    k = as_index(k, "k", 1, n)
    bound = _bound(tol, np.dtype(np.float64))
    seed = 0 if random_state is None else as_index(random_state, "random_state", 0)
    size = min(n, max(2 * k + 10, 64))
    basis = np.zeros((size + 1, n))
    basis[0] = _random_direction(seed, 0, n, basis[:0])
    small = np.zeros((size, size))
    kept = 0
    for restart in range(restarts):
        beta = 0.0
        for j in range(kept, size):
            image = _product(times, basis[j], n)
            small[j, j] = basis[j] @ image
            beta = _core.orthogonalize(basis[: j + 1], image)
            if beta <= 1e-14 * np.abs(small).max():
                beta = 0.0  # an invariant subspace: go on in another direction
                if j + 1 < n:
                    basis[j + 1] = _random_direction(
                        seed, restart * size + j + 1, n, basis[: j + 1]
                    )
            else:
                basis[j + 1] = image / beta
            if j + 1 < size:
                small[j, j + 1] = small[j + 1, j] = beta
        theta, turn = np.linalg.eigh(small)
        theta, turn = theta[::-1], turn[:, ::-1]
        residual = beta * np.abs(turn[-1, :k]).max() / max(np.abs(theta).max(), 1e-300)
        vectors = basis[:size].T @ turn
        if residual <= bound or size == n:
            return Eigen(theta[:k], np.ascontiguousarray(vectors[:, :k]))
        kept = min(k + (size - k) // 2, size - 1)
        last = basis[size].copy()
        basis[:kept] = vectors[:, :kept].T
        basis[kept] = last
        small[:] = 0
        small[np.arange(kept), np.arange(kept)] = theta[:kept]
        small[kept, :kept] = small[:kept, kept] = beta * turn[-1, :kept]
    msg = (
        f"top_eigh reached a residual of {residual:.3g} in {restarts} restarts, needed {bound:.3g}. "
        "The last pairs are in .result."
    )
    raise ConvergenceError(msg, Eigen(theta[:k], vectors[:, :k]))


def _product(times: Callable[[Array], Array], v: Array, n: int) -> Array:
    image = np.array(times(v), dtype=np.float64)
    if image.shape != (n,):
        raise shape_error("A", image.shape, f"a callable that returns ({n},)")
    if not np.isfinite(image).all():
        msg = "A: a product contains NaN or infinity."
        raise ValueError(msg)
    return image


def _random_direction(seed: int, stream: int, n: int, basis: Array) -> Array:
    v = np.asarray(_core.random_numbers(seed, stream, 0, n, True))
    length = _core.orthogonalize(basis, v)
    return np.asarray(v / length)

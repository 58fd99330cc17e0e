"""The largest eigenvalues of symmetric matrices, dense, sparse or known by their products alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import F64, Array, as_index, as_real, is_sparse, shape_error
from mmlcore.core.sparse import by_rows
from mmlcore.eigen._full import Eigen, one_square
from mmlcore.eigen._lanczos import lanczos
from mmlcore.eigen._largest import largest_of_symmetric
from mmlcore.matrices._sparse import SparseRows

_RESTARTS = 300


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
    seed = 0 if random_state is None else as_index(random_state, "random_state", 0)
    if is_sparse(A) or callable(A):
        times, n = _operator(A, shape)
        k = as_index(k, "k", 1, n)
        return Eigen(*lanczos(times, n, k, _bound(tol, F64), seed, _RESTARTS))
    a = one_square(A)
    k = as_index(k, "k", 1, len(a))
    largest, gap = _core.symmetry(a)
    _check_symmetric(gap, largest, a.shape[0], a.dtype)
    values, vectors = largest_of_symmetric(
        a.astype(np.float64, copy=False), k, _bound(tol, a.dtype), largest, seed
    )
    return Eigen(values.astype(a.dtype, copy=False), vectors.astype(a.dtype, copy=False))


def _operator(A: Any, shape: tuple[int, int] | None) -> tuple[Callable[[Array], Array], int]:
    """Return the product with vectors, and the order."""
    if not is_sparse(A):
        if shape is None:
            msg = "shape: a callable A needs the shape (n, n)."
            raise ValueError(msg)
        _check_square(shape)
        return A, shape[0]
    _check_square(A.shape)
    a = by_rows(A, "A")
    _check_symmetric(abs(a - a.T).max(), abs(a).max(), a.shape[0], F64)
    return SparseRows(a, "A").dot, a.shape[0]


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

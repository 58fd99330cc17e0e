"""The largest eigenvalues of symmetric matrices, dense, sparse or known by their products alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import (
    F64,
    Array,
    as_index,
    as_real,
    as_square,
    is_sparse,
    require_finite_items,
    shape_error,
)
from mmlcore.core.door import door
from mmlcore.core.errors import ConvergenceError
from mmlcore.core.random_state import RandomState, as_seed
from mmlcore.core.scaling import times_power
from mmlcore.core.signs import pointed
from mmlcore.core.sparse import as_csr
from mmlcore.core.sparse_rows import SparseRows
from mmlcore.eigen._ends import (
    as_real_products,
    as_which,
    ends_of_all,
    ends_of_products,
    ends_of_symmetric,
    hermitian_pairs,
)
from mmlcore.eigen._lanczos import Search, complete_lanczos, far_power
from mmlcore.eigen._symmetric import EigenResult, LastPairs

_RESTARTS = 300
# Measured: few pairs of a dense Hermitian matrix of that order come sooner by products than all by LAPACK.
_HERMITIAN_FROM, _HERMITIAN_SHARE, _HERMITIAN_RESTARTS = 400, 100, 16


@door("top_eigh", EigenResult)
def top_eigh(
    A: Any,
    k: int,
    *,
    which: str = "largest",
    tol: float | None = None,
    random_state: RandomState = None,
    shape: tuple[int, int] | None = None,
    raise_on_failure: bool = True,
    out: tuple[Array, ...] | None = None,
) -> EigenResult:
    """Largest or smallest eigenvalues of a symmetric matrix with their vectors, without the full decomposition.

    Parameters
    ----------
    A : array_like of shape (..., n, n), scipy.sparse matrix, LinearOperator, or callable
        Symmetric, or complex and Hermitian. A callable maps a real vector (n,), a copy of its own, to A times it, and needs
        `shape`.
    k : int
        How many, 1 to n.
    which : {'largest', 'smallest', 'magnitude'}
        The ends of the spectrum: the largest values, descending; the smallest, ascending; the largest in size, those first.
    tol : float, optional
        Bound on the residuals, the lengths of A v - value v, relative to the largest size of a value. Default: 1e-11, for float32 1e-5.
    random_state : int, optional
        Of the first vector of the iteration. An integer gives the same bits, None a fresh start.
    shape : tuple of int, optional
        (n, n), for a callable. What has a method ``matvec``, as SciPy's LinearOperator, brings its own.
    raise_on_failure : bool, default True
        False: what the iteration for sparse matrices and callables found last is returned, whatever its residuals, with a
        ``status``, ``success`` and ``message`` that tell.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument.

    Returns
    -------
    EigenResult
        (values, vectors): values (..., k), copies of repeated ones included, and orthonormal columns (..., n, k), the entry of
        largest size of each positive.

    Raises
    ------
    ConvergenceError
        The iteration for sparse matrices and callables did not reach `tol`, or the products of a callable are not accurate
        enough for it. The pairs found last are in ``.result``. Not with ``raise_on_failure=False``.
    ValueError, TypeError
        Not square, not symmetric; NaN or infinity; k out of range; an eigenvalue that overflows.

    Notes
    -----
    A dense matrix is reduced to tridiagonal form, whose wanted eigenvalues are found by bisection and their vectors by
    inverse iteration [1]_; beyond a quarter of all, the full decomposition is as fast. For k below a fortieth of the order
    Lanczos comes first, and a Cholesky factorization certifies that no eigenvalue was missed. Sparse matrices and
    callables are met by the Lanczos method with thick restarts and full reorthogonalization [2]_, which reaches the ends
    of the spectrum first. It starts again in random directions orthogonal to what was found, until one finds no further copy
    of a repeated eigenvalue. Residuals are checked, those of callables by further products. Stacks and dense
    Hermitian matrices go through `eigh`; sparse Hermitian ones, large dense ones of which few pairs are wanted, and
    LinearOperators of complex type are real matrices of twice the order to the iteration. Cost: 4/3 n^3 operations, or some
    2 k products with A for each of some restarts.

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
    seed, which = as_seed(random_state), as_which(which)
    if is_sparse(A) or callable(A) or hasattr(A, "matvec"):
        return _of_products(A, k, which, tol, seed, shape, raise_on_failure)
    a = require_finite_items(as_square(A, "A", complex_ok=True), "A")
    k = as_index(k, "k", 1, a.shape[-1])
    bound = _bound(tol, a.real.dtype)
    if a.ndim > 2 or a.dtype.kind == "c":
        gap, largest = (
            np.abs(x).max(axis=(-2, -1)) for x in (a - np.swapaxes(a, -1, -2).conj(), a)
        )
        bad = np.asarray(gap > _asymmetry(a.shape[-1], a.real.dtype) * largest)
        if bad.any():
            item = f" (matrix {int(bad.argmax())} of the batch)" if bad.ndim else ""
            kind = "Hermitian" if a.dtype.kind == "c" else "symmetric"
            msg = f"A: is not {kind}{item}."
            raise ValueError(msg)
        few = a.ndim == 2 and len(a) >= max(_HERMITIAN_FROM, _HERMITIAN_SHARE * k)
        found = _few_hermitian(a, k, which, bound, seed) if few else None
        if found is not None:
            return found
        return EigenResult(*(np.ascontiguousarray(x) for x in ends_of_all(a, k, which)))
    largest, gap = _core.symmetry(a)
    _check_symmetric(gap, largest, a.shape[0], a.dtype)
    values, vectors = ends_of_symmetric(
        a.astype(np.float64, copy=False), k, bound, largest, seed, which
    )
    return EigenResult(_in_range(values, a.dtype), pointed(vectors.astype(a.dtype, copy=False)))


def _few_hermitian(a: Array, k: int, which: str, bound: float, seed: int) -> EigenResult | None:
    """Return a few pairs of a large dense Hermitian matrix by its products; None where the iteration takes long."""
    n = len(a)
    wide, power = a.astype(np.complex128, copy=False), far_power(float(np.abs(a.real).max()))
    times = as_real_products((times_power(wide, -power) if power else wide).dot, n)
    try:
        found = ends_of_products(
            times, 2 * n, 2 * k, Search(bound, seed, _HERMITIAN_RESTARTS), which
        )
    except ConvergenceError:
        return None
    values, vectors = hermitian_pairs(times, found[1], k, which)
    values = _in_range(times_power(values, power), a.real.dtype)
    return EigenResult(values, pointed(vectors.astype(a.dtype, copy=False)))


def _of_products(
    A: Any,
    k: int,
    which: str,
    tol: float | None,
    seed: int,
    shape: tuple[int, int] | None,
    raise_on_failure: bool,
) -> EigenResult:
    times, n, sure, is_complex = _operator(A, shape)
    k = as_index(k, "k", 1, n)
    bound = _bound(tol, F64)
    copies = 2 if is_complex else 1
    if is_complex:
        times = as_real_products(times, n)
    message = ""
    try:
        values, vectors = ends_of_products(
            times, copies * n, copies * k, Search(bound, seed, _RESTARTS), which
        )
        if not sure:
            _check_pairs(times, values, vectors, bound)
    except ConvergenceError as error:
        values, vectors = error.result
        message = str(error)
    if is_complex:
        values, vectors = hermitian_pairs(times, vectors, min(k, (len(values) + 1) // 2), which)
    if message and raise_on_failure:
        raise ConvergenceError(message, EigenResult(values, vectors))
    values, vectors = _in_range(values, F64), pointed(vectors)
    return LastPairs.of(values, vectors, message) if message else EigenResult(values, vectors)


def top_of_products(
    times: Callable[[Array], Array], n: int, k: int, seed: int
) -> tuple[Array, Array]:
    """Return the k largest eigenpairs of a matrix of ours that is symmetric for certain, known by its products."""
    return complete_lanczos(times, n, k, Search(_bound(None, F64), seed, _RESTARTS))


def _in_range(values: Array, dtype: np.dtype[Any]) -> Array:
    with np.errstate(over="ignore"):
        values = values.astype(dtype, copy=False)
    if not np.isfinite(values).all():
        msg = f"A: an eigenvalue leaves the range of {dtype}; divide A by a constant."
        raise ValueError(msg)
    return values


def _operator(
    A: Any, shape: tuple[int, int] | None
) -> tuple[Callable[[Array], Array], int, bool, bool]:
    """Return the product with vectors, the order, whether A is known to be symmetric, and whether it is complex."""
    kind = getattr(getattr(A, "dtype", None), "kind", "f")
    if kind not in "fiubc":
        msg = f"A: got dtype {A.dtype}, needed numbers."
        raise TypeError(msg)
    if is_sparse(A):
        n = _order("A", A.shape)
        a = as_csr(A, "A")
        if kind == "c":
            if abs(a - a.conj().T).max() > _asymmetry(n, F64) * abs(a).max():
                raise ValueError(_NOT_HERMITIAN)
            return a.dot, n, True, True
        _check_symmetric(abs(a - a.T).max(), abs(a).max(), n, F64)
        return SparseRows(a, "A").dot, n, True, False
    times = A.matvec if hasattr(A, "matvec") else A
    if shape is None:
        shape = getattr(A, "shape", None)
        if shape is None:
            msg = "shape: a callable A needs the shape (n, n)."
            raise ValueError(msg)
    return (lambda v: times(v.copy())), _order("shape", shape), False, kind == "c"


def _check_pairs(
    times: Callable[[Array], Array], values: Array, vectors: Array, bound: float
) -> None:
    """Refuse pairs that are none: what is done with a symmetric A leads nowhere with another."""
    # Against the size of A, not of the values, which may all be next to zero: A x of a random x tells it to a small factor.
    probe = np.random.default_rng(0).standard_normal(len(vectors))
    size = float(max(np.abs(values).max(), np.abs(times(probe)).max())) or 1.0
    residual = 0.0
    for value, vector in zip(values, np.ascontiguousarray(vectors.T), strict=True):
        gap = (np.asarray(times(vector), dtype=np.float64) - value * vector) / size
        residual = max(residual, float(np.linalg.norm(gap)))
    if residual > 1e-3:
        raise ValueError(_NOT_SYMMETRIC)
    if not residual <= 100 * bound:
        msg = (
            f"top_eigh needed residuals of {bound:.3g}, products with the pairs found show {residual:.3g}: A is not symmetric to "
            "that accuracy, or its products are not. The pairs are in .result."
        )
        raise ConvergenceError(msg, EigenResult(values, vectors))


_NOT_SYMMETRIC = "A: is not symmetric."
_NOT_HERMITIAN = "A: is not Hermitian."


def _asymmetry(n: int, dtype: np.dtype[Any]) -> float:
    return float(8 * max(n, 8) * np.finfo(dtype).eps)


def _check_symmetric(gap: float, largest: float, n: int, dtype: np.dtype[Any]) -> None:
    if gap > _asymmetry(n, dtype) * largest:
        raise ValueError(_NOT_SYMMETRIC)


def _order(name: str, shape: Any) -> int:
    if not isinstance(shape, (tuple, list)) or len(shape) != 2:
        msg = f"{name}: got {shape!r}, needed the shape (n, n)."
        raise ValueError(msg)
    m, n = (as_index(side, name, 0) for side in shape)
    if m != n:
        raise shape_error(name, (m, n), "a square matrix (n, n)")
    return n


def _bound(tol: float | None, dtype: np.dtype[Any]) -> float:
    if tol is None:
        return 1e-11 if dtype == np.float64 else 1e-5
    return as_real(tol, "tol", 0, 1)

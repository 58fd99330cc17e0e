"""All eigenvalues of general matrices, with or without their vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_square
from mmlcore.core.door import door
from mmlcore.core.lapack import level, patiently, restored
from mmlcore.core.signs import pointed
from mmlcore.eigen._refine import refined
from mmlcore.eigen._symmetric import EigenResult, check_order

_MEDIUM = {"f": 128, "c": 300}  # rows of general matrices that the kernels take


@door("eig", EigenResult)
def eig(
    A: ArrayLike, *, order: str | None = None, out: tuple[Array, ...] | None = None
) -> EigenResult:
    """All eigenvalues and eigenvectors of a square matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.
    order : {'ascending', 'descending', 'size'}, optional
        The order of the values: of their real parts, or by size, the largest \\|value\\| first; the two of a complex pair side
        by side, the positive imaginary part first. Default: as they are found.
    out : tuple of ndarray, optional
        Where the results go: arrays of their shapes and types, any strides. They may overlap an argument. Real or complex: what
        they turn out to be.

    Returns
    -------
    EigenResult
        (values, vectors), complex where an eigenvalue is; columns of length 1, with signs as those of `eigh`.

    Raises
    ------
    ValueError
        Not square; an unknown order; NaN or infinity; an eigenvalue that overflows.

    Notes
    -----
    The QR iteration on the Hessenberg form of the balanced matrix: of real stacks of up to 16 rows one matrix in each SIMD lane,
    others by themselves, real ones up to 128 rows and complex ones up to 300, complex64 from 12 rows on in its own arithmetic
    where rows and columns are of like size; LAPACK's beyond. Vectors that are bad since the
    units of A differ widely are found again, by inverse iteration. Residuals are about n units of rounding of the largest entry
    where the value is known to that. A matrix without enough eigenvectors gets columns that are parallel up to rounding: see
    `diagonalize`. Cost: about 25 n^3 operations a matrix, complex ones four times that.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.eig([[0.0, -1.0], [1.0, 0.0]]).values
    array([0.+1.j, 0.-1.j])
    """
    if order is not None:
        check_order(order)
        told = eig(A)
        places = _places(told.values, order)
        values = np.take_along_axis(told.values, places, axis=-1)
        return EigenResult(
            values, np.take_along_axis(told.vectors, places[..., np.newaxis, :], axis=-1)
        )
    a, powers = level(as_square(A, "A", complex_ok=True), "A")
    values, vectors = _pairs(a, _by_lapack_refined)
    return EigenResult(restored(values, powers, "A", "an eigenvalue"), vectors)


@door("eigvals")
def eigvals(A: ArrayLike, *, order: str | None = None, out: Array | None = None) -> Array:
    """All eigenvalues of a square matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.
    order : {'ascending', 'descending', 'size'}, optional
        The order of the values, as in `eig`. Default: as they are found.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument. Real or complex: what
        it turns out to be.

    Returns
    -------
    ndarray of shape (..., n)
        Complex where an eigenvalue is.

    Raises
    ------
    ValueError
        Not square; an unknown order; NaN or infinity; an eigenvalue that overflows.

    Notes
    -----
    The QR iteration, as `eig`. A k-fold eigenvalue of a defective matrix is found to about u^(1/k) only. Cost: some
    10 n^3 operations a matrix.

    Examples
    --------
    >>> import mmlcore as mml, numpy as np
    >>> np.sort(mml.eigvals([[-3.0, 8.0], [2.0, 3.0]])).round(12)
    array([-5.,  5.])
    """
    if order is not None:
        check_order(order)
        told = eigvals(A)
        return np.asarray(np.take_along_axis(told, _places(told, order), axis=-1))
    a, powers = level(as_square(A, "A", complex_ok=True), "A")
    if not _takes(a):
        return restored(_values_by_lapack(a), powers, "A", "an eigenvalue")
    values, _, poor = _by_kernel(a, with_vectors=False)
    if poor.any():
        flat = a.reshape(-1, *a.shape[-2:])
        values = _with_items(values, poor, _values_by_lapack(flat[poor]), a)
    return restored(values, powers, "A", "an eigenvalue")


def _places(values: Array, order: str) -> Array:
    """Return where each value comes from; those that tie stay as they are, and so do complex pairs."""
    key = -np.abs(values) if order == "size" else values.real
    return np.argsort(-key if order == "descending" else key, axis=-1, kind="stable")


def general_pairs(a: Array) -> EigenResult:
    """All eigenpairs of matrices that are finite and not near the ends of the range."""
    return _pairs(a, _by_lapack)


def _takes(a: Array) -> bool:
    return 0 < a.shape[-1] <= _MEDIUM[a.dtype.kind] and a.size > 0


def _by_kernel(a: Array, *, with_vectors: bool) -> tuple[Array, Any, Array]:
    """Values, vectors or None, and which items LAPACK has to see to."""
    kernel = _core.complex_pairs if a.dtype.kind == "c" else _core.general_pairs
    values, vectors, poor = kernel(a, with_vectors)
    return values, vectors, poor


def _pairs(a: Array, by_lapack: Callable[[Array], EigenResult]) -> EigenResult:
    """Pairs by the kernel; LAPACK's where it takes none, and of the items whose residuals are not at rounding level."""
    if not _takes(a):
        return by_lapack(a)
    values, vectors, poor = _by_kernel(a, with_vectors=True)
    if poor.any():
        flat = a.reshape(-1, *a.shape[-2:])
        again = by_lapack(flat[poor])
        values = _with_items(values, poor, again.values, a)
        vectors = _with_items(vectors, poor, again.vectors, a, like=values)
    return EigenResult(values, vectors)


def _with_items(
    all_: Array, places: Array, items: Array, a: Array, like: Array | None = None
) -> Array:
    """Return results (..., n) or (..., n, n) of which the items at `places` are these; complex where one has to be, or as `like`."""
    found = all_.astype(np.result_type(all_, items))
    found.reshape(-1, *items.shape[1:])[places] = items
    needless = like.dtype.kind != "c" if like is not None else _needless(a, found)
    return found.real.copy() if needless and found.dtype.kind == "c" else found


def _values_by_lapack(a: Array) -> Array:
    values: Array = patiently(np.linalg.eigvals, a)
    return values.real.copy() if _needless(a, values) else values


def _by_lapack_refined(a: Array) -> EigenResult:
    values, vectors = _by_lapack(a)
    return EigenResult(values, refined(a, values, vectors))


def _by_lapack(a: Array) -> EigenResult:
    values, vectors = patiently(np.linalg.eig, a)
    if _needless(a, values):
        values, vectors = values.real.copy(), vectors.real.copy()
    return EigenResult(values, pointed(vectors))


def _needless(a: Array, values: Array) -> bool:
    """Tell whether real eigenvalues of a real matrix came as complex numbers, as numpy from 2.5 on returns them."""
    return a.dtype.kind != "c" and values.dtype.kind == "c" and not values.imag.any()

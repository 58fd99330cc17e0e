"""Diagonalization."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, adjoint, as_square, require_finite_items
from mmlcore.core.door import door
from mmlcore.core.errors import DefectiveMatrixError, SingularMatrixError
from mmlcore.core.lapack import level, patiently, restored
from mmlcore.core.notebook import fields_html
from mmlcore.core.scaling import balance, balanced, times_power
from mmlcore.core.signs import pointed
from mmlcore.eigen._full import general_pairs
from mmlcore.eigen._symmetric import eigh
from mmlcore.elimination import inverse


class Diagonalization(NamedTuple):
    """A = P @ D @ P_inverse."""

    P: Array
    """(..., n, n): columns are eigenvectors."""
    D: Array
    """(..., n, n): the eigenvalues on the diagonal, zeros elsewhere."""
    P_inverse: Array
    """(..., n, n): the inverse of P."""

    def _repr_html_(self) -> str:
        return fields_html(self)


@door("diagonalize", Diagonalization)
def diagonalize(A: ArrayLike) -> Diagonalization:
    """Write a matrix, or each of a stack, as P D P^-1 with D diagonal.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.

    Returns
    -------
    Diagonalization
        (P, D, P_inverse), complex where A or an eigenvalue is. For a symmetric matrix P is orthogonal, for a Hermitian one
        unitary. Columns of P have length 1; the entry of largest size of each is positive, or real and positive.

    Raises
    ------
    DefectiveMatrixError
        There is no basis of eigenvectors, up to rounding.
    ValueError
        Not square; NaN or infinity; an eigenvalue, or an entry of P^-1, that overflows.

    Notes
    -----
    A matrix counts as defective when its eigenvectors have a condition number above 0.1 u^(-1/2): a perturbation by rounding
    then joins two eigenvectors [1]_. The rounding is that of float64, in which float32 is decomposed too. Units do not matter:
    what fails is balanced first, its coordinates scaled until rows and columns are alike [2]_, so that [[1, 1e8], [0, 2]]
    passes and [[1, 1e8], [0, 1]] does not. Cost: about 30 n^3 operations.

    References
    ----------
    .. [1] J. H. Wilkinson, "The algebraic eigenvalue problem" (1965), chapter 2.
    .. [2] B. N. Parlett, C. Reinsch, "Balancing a matrix for calculation of eigenvalues and eigenvectors", Numer. Math. 13
       (1969).

    Examples
    --------
    >>> import mmlcore as mml
    >>> P, D, P_inverse = mml.diagonalize([[6.0, -1.0], [2.0, 3.0]])
    >>> (P @ D @ P_inverse).round(12)
    array([[ 6., -1.],
           [ 2.,  3.]])
    """
    given = as_square(A, "A", complex_ok=True)
    if given.dtype in (np.float32, np.complex64):
        return _narrowed(diagonalize(given.astype(np.result_type(given, np.float64))))
    n = given.shape[-1]
    require_finite_items(given, "A")
    a, powers = level(given.reshape(math.prod(given.shape[:-2]), n, n), "A")
    symmetric = (a == adjoint(a)).all(axis=(-2, -1))
    if symmetric.all():
        values, vectors = eigh(a)
        inverses = adjoint(vectors)
    else:
        values, vectors, inverses = _general(a, symmetric, given.ndim > 2)
    diagonal = np.zeros(a.shape, vectors.dtype)
    diagonal[..., np.arange(n), np.arange(n)] = restored(values, powers, "A", "an eigenvalue")
    vectors, diagonal, inverses = (x.reshape(given.shape) for x in (vectors, diagonal, inverses))
    return Diagonalization(vectors, diagonal, np.ascontiguousarray(inverses))


def _narrowed(found: Diagonalization) -> Diagonalization:
    """The same in float32, or complex64."""
    kind = np.complex64 if found.P.dtype.kind == "c" else np.float32
    with np.errstate(over="ignore"):
        parts = [part.astype(kind) for part in found]
    for part, name in zip(parts, ("P", "D", "P^-1"), strict=True):
        if not np.isfinite(part).all():
            msg = f"A: an entry of {name} leaves the range of float32; change the units, or take float64."
            raise ValueError(msg)
    return Diagonalization(*parts)


def _general(a: Array, symmetric: Array, stacked: bool) -> tuple[Array, Array, Array]:
    """Return values, vectors and inverses of the vectors of matrices (m, n, n), some of which are symmetric."""
    values, vectors = general_pairs(a)
    if symmetric.any():
        own, turned = np.linalg.eigh(a[symmetric])
        values[symmetric], vectors[symmetric] = own, pointed(turned)
    inverses = _surely_apart(vectors, a.dtype)
    if inverses is not None:
        return values, vectors, inverses
    joined = _joined(patiently(np.linalg.svd, vectors, compute_uv=False), a.dtype)
    inverses = np.empty_like(vectors)
    inverses[~joined] = patiently(np.linalg.inv, vectors[~joined])
    if not joined.any():
        return values, vectors, inverses
    size = np.abs(values[joined]).max(axis=-1)
    items = np.flatnonzero(joined) if stacked else None
    mended = _balanced_pairs(a[joined], size, items)
    dtype = np.result_type(vectors, mended[1])
    values, vectors, inverses = (x.astype(dtype, copy=False) for x in (values, vectors, inverses))
    values[joined], vectors[joined], inverses[joined] = mended
    return values, vectors, inverses


def _surely_apart(vectors: Array, dtype: np.dtype[Any]) -> Array | None:
    """Return the inverses where their lengths prove that no two vectors are joined, which spares singular values."""
    try:
        inverses = inverse(vectors)
    except SingularMatrixError:
        return None
    n = vectors.shape[-1]
    least = 1 / (math.sqrt(n) * np.linalg.norm(inverses, axis=(-2, -1)))  # columns have length 1
    return (
        inverses
        if not _joined(np.stack([np.ones_like(least), least], axis=-1), dtype).any()
        else None
    )


def _joined(spread: Array, dtype: np.dtype[Any]) -> Array:
    """Tell by the singular values of eigenvectors where rounding joins two of them."""
    return np.asarray(spread[..., -1] < 10 * math.sqrt(np.finfo(dtype).eps / 2) * spread[..., 0])


def _balanced_pairs(a: Array, size: Array, items: Array | None) -> tuple[Array, Array, Array]:
    """Return values, vectors and inverses of matrices (m, n, n) in coordinates in which they are balanced."""
    scale = balance(a, size)
    values, vectors = general_pairs(balanced(a, scale))
    spread = np.linalg.svd(vectors, compute_uv=False)
    joined = _joined(spread, a.dtype)
    if joined.any():
        least, most = spread[joined][0][[-1, 0]]
        item = "" if items is None else f" (matrix {items[joined][0]} of the batch)"
        msg = (
            f"A: is defective{item}, it has no basis of eigenvectors: the computed ones are dependent up to rounding "
            f"(singular values from {most:.3g} down to {least:.3g})."
        )
        raise DefectiveMatrixError(msg)
    # Back to the old coordinates, each column by a power of two of its own to where its entries are near 1.
    size = np.frexp(np.abs(vectors))[1] + scale[:, :, np.newaxis]
    column = np.where(vectors != 0, size, -10000).max(axis=-2)
    inverses = times_power(
        np.linalg.inv(vectors), column[:, :, np.newaxis] - scale[:, np.newaxis, :]
    )
    vectors = times_power(vectors, scale[:, :, np.newaxis] - column[:, np.newaxis, :])
    lengths = np.sqrt((np.abs(vectors) ** 2).sum(axis=-2))
    inverses = inverses * lengths[..., np.newaxis]
    vectors = pointed_pairs(vectors / lengths[:, np.newaxis, :], inverses)
    if not np.isfinite(inverses).all():
        msg = f"A: an entry of P^-1 leaves the range of {a.dtype}; change the units of the coordinates."
        raise ValueError(msg)
    return values, vectors, inverses


def pointed_pairs(vectors: Array, inverses: Array) -> Array:
    """Turn eigenvectors as `pointed` does, and the rows of their inverses with them."""
    turned = pointed(vectors.copy())
    entry = np.abs(vectors).argmax(axis=-2)[..., np.newaxis, :]
    turn = np.take_along_axis(turned, entry, -2) / np.take_along_axis(vectors, entry, -2)
    inverses /= np.swapaxes(turn, -1, -2)
    return turned

"""All eigenvalues of symmetric and Hermitian matrices, with or without their vectors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_square, matrix_error
from mmlcore.core.door import door
from mmlcore.core.lapack import level, level_lower, patiently, restored
from mmlcore.core.notebook import fields_html
from mmlcore.core.signs import pointed
from mmlcore.core.status import Status, success

_ORDERS = ("ascending", "descending", "size")


class EigenResult(NamedTuple):
    """Eigenvalues and eigenvectors: A @ vectors = vectors * values."""

    values: Array
    """(..., k): the eigenvalues."""
    vectors: Array
    """(..., n, k): the eigenvectors, columns of length 1."""

    def _repr_html_(self) -> str:
        return fields_html(self)

    @property
    def status(self) -> Status:
        """`Status`: 1 converged, 0 where an iteration ended before, which `top_eigh` returns with raise_on_failure=False."""
        return Status.CONVERGED

    @property
    def message(self) -> str:
        """The status as a sentence."""
        return "The pairs are as accurate as was asked for."

    @property
    def success(self) -> bool:
        """Whether the pairs are as accurate as was asked for."""
        return bool(success(self.status))


class LastPairs(EigenResult):
    """What an iteration found last that did not reach its tolerance."""

    _message: str

    @classmethod
    def of(cls, values: Array, vectors: Array, message: str) -> LastPairs:
        """Return pairs with the sentence that says what they lack."""
        pairs = cls(values, vectors)
        pairs._message = message
        return pairs

    @property
    def status(self) -> Status:
        """`Status.MAX_ITER`."""
        return Status.MAX_ITER

    @property
    def message(self) -> str:
        """What the pairs lack."""
        return self._message


@door("eigh", EigenResult)
def eigh(
    A: ArrayLike,
    B: ArrayLike | None = None,
    *,
    UPLO: str = "L",
    order: str = "ascending",
    out: tuple[Array, Array] | None = None,
) -> EigenResult:
    """All eigenvalues and eigenvectors of a symmetric matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Symmetric (Hermitian); only one triangle is read.
    B : array_like of shape (..., n, n), optional
        Symmetric (Hermitian) positive definite: the problem is A v = value B v then.
    UPLO : {'L', 'U'}
        The triangle that is read, of `A` and of `B`: the lower or the upper.
    order : {'ascending', 'descending', 'size'}
        The order of the values; by size: the largest \\|value\\| first.
    out : tuple of two ndarrays, optional
        Where the values and vectors go: their shapes and type, any strides. They may overlap `A`.

    Returns
    -------
    EigenResult
        (values, vectors): values (..., n), orthonormal columns (..., n, n), with ``V* B V = I`` where `B` is given; the entry of
        largest size of each vector is positive (of complex ones: real and positive), of equally large ones the first.

    Raises
    ------
    ValueError
        Not square; NaN or infinity in the triangle; an eigenvalue that overflows.
    LinAlgError
        `B` is not positive definite.

    Notes
    -----
    Stacks of matrices of 2 to 16 rows (complex128: 12), and one matrix of up to 4 (complex: 3), by Jacobi's rotations in SIMD
    lanes [2]_; to 1000 rows by divide and conquer on the tridiagonal form [3]_, in float32 for float32, one matrix of a stack a
    thread; larger ones by LAPACK's, through numpy [1]_. Errors of the values are about u \\|A\\|, at the ends of the range too:
    matrices are scaled by powers of two there. With ``B = L L*``, the values are those of ``L^-1 A L^-*``, and errors grow with
    the condition of `B`. For some of the largest only, `top_eigh` takes a half to a tenth of the time; for the values alone,
    `eigvalsh`. Cost: about 5 n^3 operations a matrix.

    References
    ----------
    .. [1] E. Anderson et al., "LAPACK users' guide", 3rd ed. (1999), section 2.4.4.
    .. [2] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 8.5.
    .. [3] M. Gu, S. C. Eisenstat, "A divide-and-conquer algorithm for the symmetric tridiagonal eigenproblem", SIMAX 16 (1995).

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.eigh([[2.0, 1.0], [1.0, 2.0]]).values.round(12)
    array([1., 3.])
    """
    check_order(order)
    a = _lower(as_square(A, "A", complex_ok=True), UPLO)
    if B is not None:
        found = _generalized(a, _lower(as_square(B, "B", complex_ok=True), UPLO))
    elif UPLO in ("U", "u") or order != "ascending":
        found = eigh(a)  # through the door
    else:
        return symmetric_pairs(a)
    return _arranged(found, order)


@door("eigvalsh")
def eigvalsh(
    A: ArrayLike,
    B: ArrayLike | None = None,
    *,
    UPLO: str = "L",
    order: str = "ascending",
    out: Array | None = None,
) -> Array:
    """All eigenvalues of a symmetric matrix, or of each of a stack, without the vectors.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Symmetric (Hermitian); only one triangle is read.
    B : array_like of shape (..., n, n), optional
        Symmetric (Hermitian) positive definite: the problem is A v = value B v then.
    UPLO : {'L', 'U'}
        The triangle that is read, of `A` and of `B`: the lower or the upper.
    order : {'ascending', 'descending', 'size'}
        The order of the values; by size: the largest \\|value\\| first.
    out : ndarray, optional
        Where the values go: their shape and type, any strides. It may overlap `A`.

    Returns
    -------
    ndarray of shape (..., n)
        Real.

    Raises
    ------
    ValueError
        Not square; NaN or infinity in the triangle; an eigenvalue that overflows.
    LinAlgError
        `B` is not positive definite.

    Notes
    -----
    To 1000 rows by divide and conquer on the tridiagonal form, of whose vectors only the ends are computed: n^2 work behind the
    4/3 n^3 operations of the tridiagonal form; stacks of up to 16 rows by Jacobi's rotations. Larger matrices by LAPACK,
    through numpy. Errors are about u \\|A\\|; with `B`, those of `eigh`.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.eigvalsh([[2.0, 1.0], [1.0, 2.0]], order="descending").round(12)
    array([3., 1.])
    """
    check_order(order)
    a = _lower(as_square(A, "A", complex_ok=True), UPLO)
    if B is not None or UPLO in ("U", "u") or order != "ascending":
        values = (
            eigvalsh(a)
            if B is None
            else _values_beside(a, as_square(B, "B", complex_ok=True), UPLO)
        )
        return np.ascontiguousarray(np.take_along_axis(values, _places(values, order), axis=-1))
    a, powers = level_lower(a, "A")
    return restored(patiently(np.linalg.eigvalsh, a), powers, "A", "an eigenvalue")


def symmetric_pairs(a: Array) -> EigenResult:
    """All eigenpairs by LAPACK, ascending, by the lower triangles."""
    a, powers = level_lower(a, "A")
    values, vectors = patiently(np.linalg.eigh, a)
    return EigenResult(restored(values, powers, "A", "an eigenvalue"), pointed(vectors))


def _lower(a: Array, uplo: str) -> Array:
    """Return matrices whose lower triangle counts."""
    if uplo in (None, "L", "l"):
        return a
    if uplo not in ("U", "u"):
        msg = f"UPLO: got {uplo!r}, needed 'L' or 'U'."
        raise ValueError(msg)
    turned = np.swapaxes(a, -1, -2)
    return turned.conj() if a.dtype.kind == "c" else turned


def check_order(order: str | None) -> None:
    if order not in (None, *_ORDERS):
        msg = f"order: got {order!r}, needed 'ascending', 'descending' or 'size'."
        raise ValueError(msg)


def _places(values: Array, order: str) -> Array:
    """Return where each value of ascending ones comes from."""
    if order == "size":
        return np.argsort(-np.abs(values), axis=-1, kind="stable")
    places = np.arange(values.shape[-1])[:: -1 if order == "descending" else 1]
    return np.broadcast_to(places, values.shape)


def _arranged(found: EigenResult, order: str) -> EigenResult:
    if order == "ascending":
        return found
    places = _places(found.values, order)
    return EigenResult(
        np.take_along_axis(found.values, places, axis=-1),
        np.take_along_axis(found.vectors, places[..., np.newaxis, :], axis=-1),
    )


def _generalized(a: Array, b: Array) -> EigenResult:
    """All pairs of A v = value B v by the factor of B, B = L L*: those of L^-1 A L^-* with vectors L* v."""
    alike, factor, powers_a, powers_b = _alike(a, b)
    values, vectors = eigh(alike)
    vectors = pointed(np.linalg.solve(np.swapaxes(factor, -1, -2).conj(), vectors))
    return _unlevelled(EigenResult(values, vectors), powers_a, powers_b)


def _values_beside(a: Array, b: Array, uplo: str) -> Array:
    """All values of A v = value B v, ascending, by the lower triangle of A and the triangle `uplo` of B."""
    alike, _, powers_a, powers_b = _alike(a, _lower(b, uplo))
    nothing = np.empty((0, 0), alike.dtype)
    return _unlevelled(EigenResult(eigvalsh(alike), nothing), powers_a, powers_b).values


def _alike(a: Array, b: Array) -> tuple[Array, Array, Array | None, Array | None]:
    """L^-1 A L^-*, the factor L of B, and the powers of two that were taken out of A and B."""
    if a.shape[-1] != b.shape[-1]:
        raise matrix_error("B", b.shape, f"{a.shape[-1]} rows and columns, as A")
    dtype = np.result_type(a, b)
    a, powers_a = level(_whole(a.astype(dtype, copy=False)), "A")
    b, powers_b = level(_whole(b.astype(dtype, copy=False)), "B")
    try:
        factor = np.linalg.cholesky(b)
    except np.linalg.LinAlgError:
        msg = f"B: is not positive definite{_of_first(b)}."
        raise np.linalg.LinAlgError(msg) from None
    half = np.linalg.solve(factor, a)
    alike = np.linalg.solve(factor, np.swapaxes(half, -1, -2).conj())
    return alike, factor, powers_a, powers_b


def _of_first(b: Array) -> str:
    """Say which matrix of a stack it is that has no Cholesky factor."""
    if b.ndim == 2:
        return ""
    for item, one in enumerate(b.reshape(-1, *b.shape[-2:])):
        try:
            np.linalg.cholesky(one)
        except np.linalg.LinAlgError:
            return f" (matrix {item} of the batch)"
    return ""


def _whole(a: Array) -> Array:
    """Return Hermitian matrices from their lower triangles."""
    low = np.tril(a)
    whole = low + np.swapaxes(np.tril(a, -1), -1, -2).conj()
    if a.dtype.kind == "c":
        places = np.arange(a.shape[-1])
        whole[..., places, places] = a[..., places, places].real
    return np.asarray(whole)


def _unlevelled(found: EigenResult, powers_a: Array | None, powers_b: Array | None) -> EigenResult:
    """Take back powers of two that were taken out of A, which scales the values, and of B, which scales both."""
    if powers_b is None:
        return EigenResult(restored(found.values, powers_a, "A", "an eigenvalue"), found.vectors)
    powers = -powers_b if powers_a is None else powers_a - powers_b
    values = restored(found.values, powers, "A", "an eigenvalue")
    scale = np.exp2(-powers_b / 2).astype(values.dtype)
    return EigenResult(values, found.vectors * scale[..., np.newaxis, np.newaxis])

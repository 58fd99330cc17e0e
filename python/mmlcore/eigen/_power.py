"""Powers of matrices, and the eigenvector that they turn to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_index, as_real, as_square, finite, shape_error
from mmlcore.core.errors import ConvergenceError
from mmlcore.core.signs import signed
from mmlcore.eigen._full import one_square
from mmlcore.elimination import inverse
from mmlcore.matrices import matmul


class PowerIteration(NamedTuple):
    """Result of `power_iteration`."""

    value: float
    vector: Array  # (n,), of length 1
    iterations: int
    residual: float  # ||A v - value v|| / |value|


def power_iteration(
    A: ArrayLike, *, v0: ArrayLike | None = None, tol: float = 1e-10, max_iter: int = 1000
) -> PowerIteration:
    """Dominant eigenvalue and eigenvector of a real matrix by repeated multiplication.

    Parameters
    ----------
    A : array_like of shape (n, n), float32 or float64
        Square matrix.
    v0 : array_like of shape (n,), optional
        First vector. Default: random, the same each time.
    tol : float, default 1e-10
        Bound on the residual, the length of A v - value v over the size of value; not below some u.
    max_iter : int, default 1000
        Most products with the matrix.

    Returns
    -------
    PowerIteration
        (value, vector, iterations, residual); the largest entry of the vector is positive.

    Raises
    ------
    ConvergenceError
        `max_iter` products did not suffice, as when two eigenvalues are equally large in size. `.result` is the last.
    ValueError
        Not one square matrix; NaN or infinity; a zero `v0`.

    Notes
    -----
    The residual certifies the pair: value is an eigenvalue of a matrix that differs from A by residual times value at
    most [1]_. The error falls by the ratio of the second value to the first a product. Cost: 2 n^2 operations a product.

    References
    ----------
    .. [1] B. N. Parlett, "The symmetric eigenvalue problem" (1998), chapter 4.

    Examples
    --------
    >>> import mmlcore as mml
    >>> value, vector, _, residual = mml.power_iteration([[2.0, 1.0], [1.0, 2.0]])
    >>> round(value, 8), vector.round(4), residual <= 1e-10
    (3.0, array([0.7071, 0.7071]), True)
    """
    a = one_square(A)
    n = len(a)
    if n == 0:
        raise shape_error("A", a.shape, "at least one row")
    tol = max(as_real(tol, "tol", 0, 1), 4 * float(np.finfo(a.dtype).eps))
    max_iter = as_index(max_iter, "max_iter", 1)
    v = _first(v0, n).astype(a.dtype)
    scale = float(np.abs(a).max())
    work = a / a.dtype.type(scale) if scale > 0 else a
    result = PowerIteration(0.0, v, 0, np.inf)
    for iteration in range(1, max_iter + 1):
        image = work @ v
        value = float(v @ image)
        left = float(np.linalg.norm(image - a.dtype.type(value) * v))
        size = float(np.linalg.norm(image))
        residual = left / abs(value) if value else (0.0 if size == 0 else np.inf)
        result = PowerIteration(value * scale, signed(v[np.newaxis])[0], iteration, residual)
        if residual <= tol:
            return result
        if size == 0:
            break
        v = image / a.dtype.type(size)
    msg = (
        f"power_iteration reached a residual of {result.residual:.3g} in {result.iterations} products, needed {tol:.3g}: "
        "no eigenvalue is larger in size than all others, or max_iter is too small. The last pair is in .result."
    )
    raise ConvergenceError(msg, result)


def matrix_power(A: ArrayLike, n: int) -> Array:
    """Whole power of a square matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., m, m), float32, float64 or complex
        Square matrices.
    n : int
        Negative powers are those of the inverse; the power 0 is the identity.

    Returns
    -------
    ndarray of shape (..., m, m)
        A multiplied by itself, or the inverse by itself.

    Raises
    ------
    SingularMatrixError
        n is negative and A singular.
    ValueError, TypeError
        Not square; NaN or infinity; n not a whole number.
    OverflowError
        The power leaves the range of the dtype.

    Notes
    -----
    Repeated squaring: at most 2 log2 n products [1]_. Cost: 4 m^3 log2 n operations a matrix.

    References
    ----------
    .. [1] N. J. Higham, "Functions of matrices" (2008), section 4.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.matrix_power([[1, 1], [1, 0]], 10)
    array([[89., 55.],
           [55., 34.]])
    """
    a = finite(as_square(A, "A", complex_ok=True), "A")
    left = as_index(n, "n")
    if left < 0:
        a, left = inverse(a), -left
    result: Array = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape).copy()
    first = True
    with np.errstate(over="ignore", invalid="ignore"):
        while left:
            if left & 1:
                result = a.copy() if first else matmul(result, a)
                first = False
            left >>= 1
            if left:
                a = matmul(a, a)
    if not np.isfinite(result).all():
        msg = f"n: the power {n} of A leaves the range of {result.dtype}."
        raise OverflowError(msg)
    return result


def _first(v0: ArrayLike | None, n: int) -> Array:
    if v0 is None:
        v = _core.random_numbers(0, 0, 0, n, True)
    else:
        v = as_array(v0, "v0").astype(np.float64)
        if v.shape != (n,):
            raise shape_error("v0", v.shape, f"({n},)")
        if not (np.isfinite(v).all() and v.any()):
            msg = "v0: is zero, or contains NaN or infinity."
            raise ValueError(msg)
        v = v / np.abs(v).max()
    return np.asarray(v / np.linalg.norm(v))

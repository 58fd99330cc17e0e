"""Powers of matrices, and the eigenvector that they turn to."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    all_finite,
    as_array,
    as_index,
    as_real,
    as_square,
    require_finite_items,
    shape_error,
)
from mmlcore.core.door import door
from mmlcore.core.errors import ConvergenceError
from mmlcore.core.lapack import level, restored
from mmlcore.core.notebook import fields_html
from mmlcore.core.scaling import sizes
from mmlcore.core.signs import pointed
from mmlcore.core.status import Status, sentences, success
from mmlcore.elimination import inverse
from mmlcore.matrices import matmul


class PowerIteration(NamedTuple):
    """Result of `power_iteration`; for a stack of matrices the fields are arrays over it."""

    value: Any
    """The eigenvalue of largest size: float, complex of a complex matrix, or array (...)."""
    vector: Array
    """(..., n): its eigenvector, of length 1."""
    iterations: Any
    """Products with A: int, or array (...)."""
    residual: Any
    """\\|A v - value v\\| / \\|value\\|: float, or array (...)."""

    def _repr_html_(self) -> str:
        return fields_html(self)

    @property
    def status(self) -> Any:
        """`Status`: 1 converged, 0 where `max_iter` products did not suffice; for each matrix of a stack."""
        shape = np.shape(self.residual)
        return np.full(shape, int(Status.CONVERGED)) if shape else Status.CONVERGED

    @property
    def message(self) -> str | list[str]:
        """The status as a sentence, or one for each matrix."""
        return sentences(_MESSAGES, self.status)

    @property
    def success(self) -> Any:
        """Whether the residual reached the tolerance, for each matrix."""
        return success(self.status)


class LastProducts(PowerIteration):
    """What `max_iter` products gave where some matrix needed more."""

    _status: Any

    @classmethod
    def of(cls, found: PowerIteration, status: Any) -> LastProducts:
        """Return a result with its status, or one for each matrix."""
        last = cls(*found)
        last._status = status
        return last

    @property
    def status(self) -> Any:
        """`Status`, for each matrix of a stack."""
        return self._status


_MESSAGES = {
    Status.CONVERGED: "The residual is below the tolerance.",
    Status.MAX_ITER: (
        "The residual did not reach the tolerance: no eigenvalue is larger in size than all others, or max_iter is too small."
    ),
}


@door("power_iteration", PowerIteration)
def power_iteration(
    A: ArrayLike,
    *,
    v0: ArrayLike | None = None,
    tol: float = 1e-10,
    max_iter: int = 1000,
    raise_on_failure: bool = True,
) -> PowerIteration:
    """Dominant eigenvalue and eigenvector of a matrix, or of each of a stack, by repeated multiplication.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        Square matrices.
    v0 : array_like of shape (..., n), optional
        First vectors, of a complex matrix complex ones too; the leading axes broadcast to those of `A`. Default: random, the
        same each time.
    tol : float, default 1e-10
        Bound on the residual, the length of A v - value v over the size of value; not below about u.
    max_iter : int, default 1000
        Most products with the matrix.
    raise_on_failure : bool, default True
        False: what the last product gave is returned whatever its residual, with a ``status``, ``success`` and ``message``.

    Returns
    -------
    PowerIteration
        (value, vector, iterations, residual), arrays over the stack; the entry of largest size of each vector is positive.
        Of complex matrices value and vector are complex.

    Raises
    ------
    ConvergenceError
        `max_iter` products did not suffice, as when two eigenvalues are equally large in size. `.result` is the last. Not with
        ``raise_on_failure=False``.
    ValueError
        Not square; NaN or infinity; a zero `v0`; a value that overflows.

    Notes
    -----
    The residual certifies the pair: value is an eigenvalue of a matrix that differs from A by residual times value at
    most [1]_. The error falls by the ratio of the second value to the first a product. Cost: 2 n^2 operations a product,
    8 n^2 of complex numbers.

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
    given = as_square(A, "A", complex_ok=True)
    batch, n = given.shape[:-2], given.shape[-1]
    if n == 0:
        raise shape_error("A", given.shape, "at least one row")
    tol = max(as_real(tol, "tol", 0, 1), 4 * float(np.finfo(given.dtype).eps))
    max_iter = as_index(max_iter, "max_iter", 1)
    require_finite_items(given, "A")
    a, powers = level(given.reshape(math.prod(batch), n, n), "A", squares=True)
    start = _first(v0, (*batch, n), complex_ok=a.dtype.kind == "c")
    v = np.array(
        start.reshape(len(a), n), a.dtype, order="C"
    )  # what was broadcast may lie in another
    values, iterations, residuals = _core.power_iterations(
        np.ascontiguousarray(a), v, tol, max_iter
    )
    values = restored(values[:, np.newaxis], powers, "A", "the value")[:, 0]
    result = PowerIteration(
        values.reshape(batch),
        pointed(v[..., np.newaxis]).reshape(*batch, n),
        iterations.reshape(batch),
        residuals.reshape(batch),
    )
    if not batch:
        result = PowerIteration(
            values[0].astype(np.result_type(values, np.float64)).item(),
            result.vector,
            int(iterations[0]),
            float(residuals[0]),
        )
    failed = np.flatnonzero(~(residuals <= tol))
    if failed.size and raise_on_failure:
        first = int(failed[0])
        which = f" (matrix {first} of the batch)" if batch else ""
        msg = (
            f"power_iteration reached a residual of {residuals[first]:.3g} in {iterations[first]} products{which}, needed "
            f"{tol:.3g}: no eigenvalue is larger in size than all others, or max_iter is too small. The last pair is in .result."
        )
        raise ConvergenceError(msg, result)
    if failed.size:
        status = np.where(residuals <= tol, int(Status.CONVERGED), int(Status.MAX_ITER)).reshape(
            batch
        )
        result = LastProducts.of(result, status if batch else Status.MAX_ITER)
    return result


@door("matrix_power")
def matrix_power(A: ArrayLike, n: int, *, out: Array | None = None) -> Array:
    """Whole power of a square matrix, or of each of a stack.

    Parameters
    ----------
    A : array_like of shape (..., m, m), float32, float64 or complex
        Square matrices.
    n : int
        Negative powers are those of the inverse; the power 0 is the identity.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

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
    a = require_finite_items(as_square(A, "A", complex_ok=True), "A")
    left = as_index(n, "n")
    if left < 0:
        a, left = inverse(a), -left
    if left < 2:
        power: Array = a.copy()
        if left == 0:
            power[...] = np.eye(a.shape[-1])
        return power
    product: Array | None = None
    with np.errstate(over="ignore", invalid="ignore"):
        while left > 1:
            if left & 1:
                product = a if product is None else matmul(product, a)
            left >>= 1
            a = matmul(a, a)
        result: Array = a if product is None else matmul(product, a)
    if not all_finite(result):
        msg = f"n: the power {n} of A leaves the range of {result.dtype}."
        raise OverflowError(msg)
    return result


def _first(v0: ArrayLike | None, shape: tuple[int, ...], *, complex_ok: bool) -> Array:
    n = shape[-1]
    if v0 is None:
        v = _core.random_numbers(0, 0, 0, n, True)
    else:
        v = as_array(v0, "v0", complex_ok=complex_ok)
        v = v.astype(np.result_type(v, np.float64))
        if v.shape[-1:] != (n,):
            raise shape_error("v0", v.shape, f"({n},)" if len(shape) == 1 else f"(..., {n})")
        if not (np.isfinite(v).all() and v.any(axis=-1).all()):
            msg = "v0: is zero, or contains NaN or infinity."
            raise ValueError(msg)
        v = v / sizes(v).max(axis=-1, keepdims=True)
    v = v / np.linalg.norm(v, axis=-1, keepdims=True)
    try:
        return np.array(np.broadcast_to(v, shape))
    except ValueError:
        raise shape_error("v0", v.shape, f"leading axes that broadcast to {shape[:-1]}") from None

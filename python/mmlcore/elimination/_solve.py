"""Systems of linear equations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    all_finite,
    as_array,
    as_matrix,
    empty,
    matrix_error,
    same_dtype,
    shape_error,
)
from mmlcore.core.batches import broadcast_batch, broadcast_to_batch
from mmlcore.core.door import door


def within_range(eliminated: Array) -> None:
    """ValueError where elimination left NaN or infinity."""
    if not all_finite(eliminated):
        msg = f"A: elimination leaves the range of {eliminated.dtype}; divide A by a constant."
        raise ValueError(msg)


@door("solve")
def solve(A: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """Solve the linear systems A x = b by Gaussian elimination with partial pivoting.

    Parameters
    ----------
    A : array_like of shape (..., n, n), float32, float64 or complex
        One matrix or a stack of them.
    b : array_like of shape (n,) or (..., n, k)
        Right sides. As in numpy 2, `b` is one vector only if it is 1-D; else its last two axes are a matrix
        whose columns are right sides. Leading axes broadcast against those of `A`.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., n) or (..., n, k)
        float32 if both arguments are float32, complex if one is complex, else float64.

    Raises
    ------
    ValueError
        Shapes that do not fit; NaN or infinity in `A` or `b`.
    SingularMatrixError
        A pivot is exactly zero, or the solution itself overflows: where elimination does on the way, rows and columns are scaled
        by powers of two. A matrix that is singular but for rounding passes, as in LAPACK, with a solution of no accuracy: ask
        its condition number where that can happen.

    Notes
    -----
    Stacks of matrices of order n <= 16 are solved one matrix in each SIMD lane, all others by a blocked
    recursive LU decomposition [1]_. Cost: 2/3 n^3 + 2 n^2 k operations and n^2 numbers of scratch memory for
    each system, four times as many operations for complex ones. Guarantee: the computed x solves
    (A + E) x = b with \\|E\\| <= 3 n u \\|L\\| \\|U\\|, u the unit roundoff [2]_. Threads share the work of
    large systems and of stacks.

    References
    ----------
    .. [1] S. Toledo, "Locality of reference in LU decomposition with partial pivoting", SIAM J. Matrix Anal.
       Appl. 18 (1997), section 2.
    .. [2] N. J. Higham, "Accuracy and stability of numerical algorithms", 2nd ed. (2002), theorem 9.4.

    Examples
    --------
    Apples, bananas and carrots from three bills:

    >>> import mmlcore as mml
    >>> mml.solve([[1, 1, 1], [3, 2, 1], [2, 1, 2]], [15, 28, 23])
    array([3., 7., 5.])
    """
    a_ = as_matrix(A, "A", complex_ok=True)
    b_ = as_array(b, "b", complex_ok=True)
    if b_.ndim == 0:
        raise shape_error("b", b_.shape, "a vector (n,) or matrices (..., n, k)")
    n = a_.shape[-1]
    if a_.shape[-2] != n:
        raise matrix_error("A", a_.shape, "square matrices (..., n, n)")
    is_vector = b_.ndim == 1
    if b_.shape[0 if is_vector else -2] != n:
        raise shape_error("b", b_.shape, f"({n},) or (..., {n}, k) to fit A of shape {a_.shape}")
    a_, b_ = same_dtype(a_, b_)
    if is_vector:
        b_ = b_[:, np.newaxis]
    batch = broadcast_batch({"A": a_.shape[:-2], "b": b_.shape[:-2]})
    x = empty((*batch, n, b_.shape[-1]), a_.dtype)
    _core.solve(broadcast_to_batch(a_, batch), broadcast_to_batch(b_, batch), x)
    return x[..., 0] if is_vector else x

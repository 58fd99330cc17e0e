"""Products and transformations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, empty, same_dtype, shape_error
from mmlcore.core.batches import broadcast_batch, broadcast_to_batch
from mmlcore.core.door import door


@door("matmul")
def matmul(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """Multiply matrices, or stacks of matrices.

    Parameters
    ----------
    a : array_like of shape (m,) or (..., m, k), float32, float64 or complex
        A 1-D `a` is one row.
    b : array_like of shape (k,) or (..., k, n)
        A 1-D `b` is one column. Leading axes broadcast against those of `a`.
    out : ndarray, optional
        Where the result goes: its exact shape and dtype, writable, any strides. It may overlap `a` or `b`.

    Returns
    -------
    ndarray of shape (..., m, n)
        Without the axis that a 1-D argument lacks; `out` if that is given. float32 if both arguments are
        float32, complex if one is complex, else float64. NaN and infinity propagate as IEEE arithmetic has it.

    Raises
    ------
    ValueError
        Shapes that do not fit, or an `out` of another shape.
    TypeError
        Arguments that are not numbers, or an `out` of another dtype.

    Notes
    -----
    2 m n k operations. Small matrices are multiplied where they lie, a stack of them in parallel; larger ones are
    packed block by block and multiplied at the peak of the processor's multiply-add units [1]_, whatever the strides
    of the operands. A single product of a million to two thousand million multiplications of operands
    as BLAS takes them is handed to numpy's BLAS when more than one thread is allowed: the two are equally fast, but BLAS libraries keep
    their threads spinning, and switching between two pools in turn would slow both down. Error of each element: at
    most k u \\|a\\| \\|b\\|, u the unit roundoff.

    References
    ----------
    .. [1] K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM Trans. Math.
       Softw. 34 (2008), section 4.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.matmul([[1, 0], [0, 8]], [[1, 0], [-0.5, 1]])
    array([[ 1.,  0.],
           [-4.,  8.]])
    """
    a_, b_ = same_dtype(as_array(a, "a", complex_ok=True), as_array(b, "b", complex_ok=True))
    if a_.ndim == 0:
        raise shape_error("a", (), "at least 1 axis")
    if b_.ndim == 0:
        raise shape_error("b", (), "at least 1 axis")
    k = a_.shape[-1]
    if b_.shape[0 if b_.ndim == 1 else -2] != k:
        fitting = f"({k},) or (..., {k}, n) to fit a of shape {a_.shape}"
        raise shape_error("b", b_.shape, fitting)
    batch = broadcast_batch({"a": a_.shape[:-2], "b": b_.shape[:-2]})
    rows, cols = a_.shape[-2:-1], b_.shape[-1:] if b_.ndim > 1 else ()
    a_ = a_[np.newaxis] if a_.ndim == 1 else a_
    b_ = b_[:, np.newaxis] if b_.ndim == 1 else b_
    result = empty((*batch, a_.shape[-2], b_.shape[-1]), a_.dtype)
    if k == 1:
        np.multiply(a_, b_, out=result)
    else:
        _core.matmul(broadcast_to_batch(a_, batch), broadcast_to_batch(b_, batch), result)
    return result.reshape(*batch, *rows, *cols)

"""Products and transformations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import F32, F64, Array, as_array, empty, same_dtype, shape_error
from mmlcore.core.batches import broadcast_batch, spread

# One product of so many multiplications goes to numpy's BLAS: see `matmul`, Notes (without `out`, the compiled module decides
# so itself). A larger one would keep Python from looking for Ctrl-C for too long, and is ours again.
_LARGE = 96**3
_HUGE = 2**31


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
    if out is None:
        product: Array = _core.matmul_plain(a, b)
        if product is not NotImplemented:
            return product
    a_, b_ = same_dtype(as_array(a, "a", complex_ok=True), as_array(b, "b", complex_ok=True))
    if a_.ndim == 0:
        raise shape_error("a", (), "at least 1 axis")
    if b_.ndim == 0:
        raise shape_error("b", (), "at least 1 axis")
    k = a_.shape[-1]
    if b_.shape[0 if b_.ndim == 1 else -2] != k:
        fitting = f"({k},) or (..., {k}, n) to fit a of shape {a_.shape}"
        raise shape_error("b", b_.shape, fitting)
    rows, cols = a_.shape[-2:-1], b_.shape[-1:] if b_.ndim > 1 else ()
    a_ = a_[np.newaxis] if a_.ndim == 1 else a_
    b_ = b_[:, np.newaxis] if b_.ndim == 1 else b_
    batch = broadcast_batch({"a": a_.shape[:-2], "b": b_.shape[:-2]})
    shape = (*batch, *rows, *cols)
    stack_shape = (*batch, a_.shape[-2], b_.shape[-1])
    if out is None:
        result = empty(stack_shape, a_.dtype)
        _multiply(spread(a_, batch), spread(b_, batch), result)
        return result if shape == stack_shape else result.reshape(shape)
    _check_out(out, shape, a_.dtype)
    direct = shape == stack_shape and not (
        np.may_share_memory(out, a_) or np.may_share_memory(out, b_)
    )
    target = out if direct else empty(stack_shape, a_.dtype)
    _multiply(spread(a_, batch), spread(b_, batch), target)
    if not direct:
        out[...] = target.reshape(shape)
    return out


def _check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if not isinstance(out, np.ndarray):
        msg = f"out: got {type(out).__name__}, needed an ndarray."
        raise TypeError(msg)
    if out.dtype != dtype or not out.dtype.isnative:
        msg = f"out: got dtype {out.dtype}, needed {dtype}."
        raise TypeError(msg)
    if out.shape != shape:
        raise shape_error("out", out.shape, f"{shape}")
    if not out.flags.writeable:
        msg = "out: the array is read-only."
        raise ValueError(msg)


def _multiply(a: Array, b: Array, out: Array) -> None:
    k = a.shape[-1]
    if a.dtype.kind == "c" or not out.flags.aligned:
        np.matmul(a, b, out=out)
    elif k == 1 and a.ndim > 2:
        np.multiply(a, b, out=out)
    elif _plain_and_large(a, b) and _blas_takes(out):
        np.matmul(a, b, out=out)
    else:
        _core.matmul(a, b, out)


def _plain_and_large(a: Any, b: Any) -> bool:
    """Tell whether `a` and `b` are one large product of arrays that numpy hands to BLAS as they are."""
    return (
        type(a) is np.ndarray
        and type(b) is np.ndarray
        and a.ndim == b.ndim == 2
        and a.dtype is b.dtype
        and (a.dtype is F32 or a.dtype is F64)
        and a.shape[1] == b.shape[0]
        and _LARGE <= a.size * b.shape[1] < _HUGE
        and _blas_takes(a)
        and _blas_takes(b)
        and _core.num_threads() > 1
    )


def _blas_takes(a: Array) -> bool:
    """Tell whether one axis is contiguous and the other runs forward."""
    strides = a.strides
    return a.itemsize in strides and min(strides) > 0 and a.flags.aligned

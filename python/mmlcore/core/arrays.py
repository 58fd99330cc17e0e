"""The one place where what a user passes becomes an array that a kernel reads.

Kept as they are: float32 and float64 arrays of any strides, read-only ones included. Converted to float64: integers,
bool, float16, and nested lists of numbers. Copied: other byte orders and unaligned arrays. Taken through their own
protocols: pandas, polars and Arrow columns and frames (core/frames.py), DLPack producers. Refused by a TypeError that
names the argument: complex where the mathematics has none, object, text, dates, records, masked and sparse arrays.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmlcore import _core
from mmlcore.core.errors import TraceError
from mmlcore.core.frames import is_table, table_to_array

Array = NDArray[Any]
Number = TypeVar("Number", bool, int)

F32 = np.dtype(np.float32)
F64 = np.dtype(np.float64)
BYTE = np.dtype(np.uint8)

_LARGE = 1 << 17  # bytes of an array whose memory is kept for the next


def as_array(x: ArrayLike, name: str, *, complex_ok: bool = False) -> Array:
    """Return `x` as a float32 or float64 array (or complex, where `complex_ok`), without a copy where possible."""
    if type(x) is not np.ndarray:
        x = to_ndarray(x, name)
    dtype = x.dtype
    if dtype is F64 or dtype is F32:
        return x if x.flags.aligned else x.copy()
    return _convert(x, name, complex_ok)


def as_matrix(x: ArrayLike, name: str, *, complex_ok: bool = False) -> Array:
    """`as_array` for an argument of shape (..., m, n)."""
    a = as_array(x, name, complex_ok=complex_ok)
    if a.ndim < 2:
        raise matrix_error(name, a.shape, "at least 2 axes: the last two are the matrix")
    return a


def as_square(x: ArrayLike, name: str, *, complex_ok: bool = False) -> Array:
    """`as_array` for an argument of shape (..., n, n)."""
    a = as_matrix(x, name, complex_ok=complex_ok)
    if a.shape[-1] != a.shape[-2]:
        raise matrix_error(name, a.shape, "square matrices (..., n, n)")
    return a


def in_order(x: Array, dtype: np.dtype[Any] | None = None, *, own: bool = False) -> Array:
    """Return numbers contiguous and aligned, writeable if they are our `own`.

    What was pickled may come back anywhere in memory, in some that belongs to a message or a file.
    """
    flags = x.flags
    if flags.c_contiguous and flags.aligned and dtype is None and (flags.writeable or not own):
        return x
    return np.require(x, dtype, ("C", "A", "W") if own else ("C", "A"))


def as_data(x: ArrayLike, name: str, *, bytes_ok: bool = False) -> Array:
    """`as_array` for a data set of shape (n, d), rows are points; uint8 and bool stay bytes where `bytes_ok`."""
    if type(x) is not np.ndarray:
        x = to_ndarray(x, name)
    a = x.view(BYTE) if bytes_ok and x.dtype in (BYTE, bool) else as_array(x, name)
    if a.ndim != 2:
        raise shape_error(name, a.shape, "2 axes, (points, features)")
    return a


def float_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of results of data of type `dtype`: float32 stays, all else is float64."""
    return F32 if dtype == F32 else F64


def all_finite(x: Array) -> bool:
    """Tell whether an array holds neither NaN nor infinity."""
    if x.dtype.kind == "c" and x.flags.c_contiguous and x.ndim:
        x = x.view(x.real.dtype)  # the parts, one beside the other
    if (x.dtype is F64 or x.dtype is F32) and x.flags.forc:
        return _core.all_finite(x)
    return bool(np.isfinite(x).all())


def largest_size(x: Array) -> float:
    """Return the largest |x| of an array of numbers, NaN where one is not finite; 0 of none."""
    if (x.dtype is F64 or x.dtype is F32) and x.flags.forc:
        return _core.largest_size(x)
    return float(np.abs(x).max(initial=0)) if all_finite(x) else np.nan


def require_finite(x: Array, name: str) -> Array:
    """Return `x`; ValueError where it contains NaN or infinity."""
    if not all_finite(x):
        msg = f"{name}: contains NaN or infinity."
        raise ValueError(msg)
    return x


def of_item(bad: Array) -> str:
    """Return what a message says of the first item of a stack (...) for which `bad` holds; nothing of a single one."""
    return f" (matrix {int(bad.argmax())} of the batch)" if bad.ndim else ""


def not_finite(name: str, bad: Array) -> ValueError:
    """Make the error for matrices (..., m, n), of which the items `bad` (...) hold NaN or infinity."""
    return ValueError(f"{name}: contains NaN or infinity{of_item(bad)}.")


def require_finite_items(a: Array, name: str) -> Array:
    """Return matrices (..., m, n); ValueError where one contains NaN or infinity."""
    if not all_finite(a):
        raise not_finite(name, ~np.asarray(np.isfinite(a).all(axis=(-2, -1))))
    return a


def require_real(x: Array, name: str) -> None:
    """TypeError for complex numbers where an inner product is given by a real metric."""
    if x.dtype.kind == "c":
        msg = f"{name}: got dtype {x.dtype} with a metric, needed real numbers: metrics are real here."
        raise TypeError(msg)


def real_pairs(x: Array) -> Array:
    """Return complex vectors (..., d) as real ones (..., 2 d) of the same length; real vectors as they are."""
    return np.ascontiguousarray(x).view(x.real.dtype) if x.dtype.kind == "c" else x


def adjoint(a: Array) -> Array:
    """Return the conjugate transposes of matrices: views of real ones."""
    turned = np.swapaxes(a, -1, -2)
    return turned.conj() if a.dtype.kind == "c" else turned


def empty(shape: tuple[int, ...], dtype: np.dtype[Any] = F64) -> Array:
    """`numpy.empty` for results: large ones reuse freed memory; see `release_memory`."""
    if math.prod(shape) * dtype.itemsize < _LARGE or (dtype is not F64 and dtype != F32):
        return np.empty(shape, dtype)
    return np.asarray(_core.empty(shape, dtype == F32))


def plain(x: Array, number: type[Number]) -> Number | Array:
    """Return an array without axes as the Python number it holds, any other as it is."""
    return x if x.ndim else number(x.item())


def same_dtype(*arrays: Array) -> list[Array]:
    """Bring arrays to one type: float32 only when all are."""
    dtype = arrays[0].dtype
    if all(a.dtype is dtype for a in arrays):
        return list(arrays)
    dtype = np.result_type(*arrays)
    return [a if a.dtype is dtype else a.astype(dtype) for a in arrays]


def as_arrays(values: Sequence[ArrayLike], names: Sequence[str]) -> list[Array]:
    """Bring arguments to arrays of one type; plain Python numbers take that of the others, as beside numpy's arrays."""
    arrays = [as_array(x, name) for x, name in zip(values, names, strict=True)]
    deciding = [a for a, x in zip(arrays, values, strict=True) if type(x) not in (int, float)]
    dtype = np.result_type(*(deciding or arrays))
    return [a.astype(dtype, copy=False) for a in arrays]


def shape_error(name: str, got: Sequence[int], needed: str) -> ValueError:
    """Make the error for a wrong shape: which argument, what came, what was needed."""
    return ValueError(f"{name}: got shape {tuple(got)}, needed {needed}.")


def matrix_error(name: str, got: Sequence[int], needed: str) -> np.linalg.LinAlgError:
    """Make the error for what is no (square) matrix: a ValueError, as numpy.linalg raises it."""
    return np.linalg.LinAlgError(*shape_error(name, got, needed).args)


def as_index(value: Any, name: str, least: int | None = None, most: int | None = None) -> int:
    """Return an integer argument, checked against its range."""
    if type(value) is not int:
        if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
            msg = f"{name}: got {value!r} of type {type(value).__name__}, needed an integer."
            raise TypeError(msg)
        value = value.__index__()
    number = int(value)
    if (least is not None and number < least) or (most is not None and number > most):
        span = f"at least {least}" if most is None else f"between {least} and {most}"
        msg = f"{name}: got {number}, needed an integer {span}."
        raise ValueError(msg)
    return number


def as_real(value: Any, name: str, least: float, most: float) -> float:
    """Return a finite real argument within [least, most]."""
    try:
        if isinstance(value, (str, bytes, bytearray)):
            raise TypeError  # which float() would read
        number = float(value)
    except OverflowError:  # an integer beyond the range
        number = math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        msg = f"{name}: got {value!r} of type {type(value).__name__}, needed a real number."
        raise TypeError(msg) from None
    if not least <= number <= most:
        msg = f"{name}: got {number}, needed a number between {least} and {most}."
        raise ValueError(msg)
    return number


def is_sparse(x: object) -> bool:
    """Tell a scipy.sparse matrix or array (not one of its operators), without importing SciPy."""
    return type(x).__module__.startswith("scipy.sparse") and hasattr(x, "tocsr")


def is_masked(x: object) -> bool:
    """Tell a masked array, without importing numpy.ma: which takes 15 ms, and who has such an array has it already."""
    masked = sys.modules.get("numpy.ma")
    return masked is not None and isinstance(x, masked.MaskedArray)


def to_ndarray(x: Any, name: str) -> Array:
    """Return what is no plain array as one, of whatever type."""
    if is_masked(x):
        msg = f"{name}: masked arrays are not taken; fill the gaps first, for example with .filled(value)."
        raise TypeError(msg)
    if is_sparse(x):
        msg = f"{name}: got a sparse matrix of type {type(x).__name__}, needed a dense array; .toarray() makes one."
        raise TypeError(msg)
    if is_table(x):
        return table_to_array(x, name)
    try:
        if not hasattr(x, "__array__") and hasattr(x, "__dlpack__"):
            return np.from_dlpack(x)
        return np.asarray(x)
    except (ValueError, TypeError, BufferError, RuntimeError) as error:
        msg = f"{name}: could not be read as an array of numbers ({error})."
        raise (ValueError if isinstance(error, ValueError) else TypeError)(msg) from error


def _convert(x: Array, name: str, complex_ok: bool) -> Array:
    kind, size = x.dtype.kind, x.dtype.itemsize
    if kind in "biu" or (kind == "f" and size <= 8):
        to = np.float32 if (kind, size) == ("f", 4) else np.float64
        return in_order(x, np.dtype(to)) if x.ndim else np.asarray(x, dtype=to)
    if kind == "c" and complex_ok and size <= 16:
        x = np.require(x, np.complex64 if size == 8 else np.complex128, "A")
        # Numbers of a record may lie half a number apart.
        return x.copy() if any(step % x.itemsize for step in x.strides) else x
    if kind == "O" and any(hasattr(item, "tape") for item in x.flat):
        msg = (
            f"{name}: got a value that is being traced, needed numbers. In traced functions use operators, numpy's functions, and "
            "`gradient`, `jacobian`, `hessian`, `derivative` of mmlcore; other functions before or after."
        )
        raise TraceError(msg)
    raise TypeError(f"{name}: got dtype {x.dtype}, needed {_needed(x.dtype, complex_ok)}.")


def _needed(dtype: np.dtype[Any], complex_ok: bool) -> str:
    kind = dtype.kind
    if kind == "c" and not complex_ok:
        return "real numbers: the operation has no complex form here"
    if kind == "O":
        return "numbers: an object array hides what it holds; convert it with .astype(float)"
    if kind == "V" and issubclass(dtype.type, np.void):  # bfloat16 and its like are none
        return (
            "plain numbers: numpy.lib.recfunctions.structured_to_unstructured makes them of records"
        )
    if kind == "V":
        return "float32 or float64; convert it with .astype(numpy.float32)"
    return "float32 or float64 (integers and bool become float64)"

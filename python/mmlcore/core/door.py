"""The front door in Python: what a compiled function stands for, and `out` where Python computes the result.

``@door("inner")`` gives the docstring, the name and the types of a Python function to the compiled callable of that name, which
takes its place. Plain arrays then never come to Python; all else is the function's own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, shape_error

F = TypeVar("F", bound=Callable[..., Any])


def door(name: str, results: type | None = None) -> Callable[[F], F]:
    """Decorate a function with the compiled callable in front of it; `results` is the named tuple of several results."""

    def attach(function: F) -> F:
        front: Any = _core.door(name)
        front.attach(function, *(() if results is None else (results,)))
        return front  # type: ignore[no-any-return]

    return attach


def fills_out(function: F) -> F:
    """Decorate a function that Python computes: what it finds is copied to `out`, if that is given."""

    @functools.wraps(function)
    def filling(*args: Any, out: Any = None, **options: Any) -> Any:
        found = function(*args, **options)
        return found if out is None else into(out, found)

    return filling  # type: ignore[return-value]


def plain(values: tuple[Any, ...], names: tuple[str, ...]) -> tuple[Array, ...] | None:
    """Return arrays of one type for arguments that are none yet; None where the function itself has to say what is wrong.

    Python's numbers take the type of the arrays beside them.
    """
    try:
        arrays = [as_array(x, name, complex_ok=True) for x, name in zip(values, names, strict=True)]
    except (TypeError, ValueError):
        return None
    deciding = [a for a, x in zip(arrays, values, strict=True) if type(x) not in (int, float)]
    dtype = np.result_type(*(deciding or arrays))
    return tuple(a if a.dtype is dtype else a.astype(dtype) for a in arrays)


def fits(out: Any, like: Array) -> bool:
    """Tell whether a result of the shape and type of `like` may be computed in `out` at once."""
    same = type(out) is np.ndarray and out.shape == like.shape and out.dtype == like.dtype
    return same and out.flags.writeable and 0 not in out.strides


def into(out: Any, found: Any) -> Any:
    """Copy a result, or each of a tuple of them, to `out`, of the same shape and type."""
    if isinstance(found, tuple):
        if not isinstance(out, tuple) or len(out) != len(found):
            msg = f"out: needed a tuple of {len(found)} arrays."
            raise TypeError(msg)
        filled = [into(o, f) for o, f in zip(out, found, strict=True)]
        return type(found)(*filled) if hasattr(found, "_fields") else tuple(filled)
    right = np.asarray(found)
    if not isinstance(out, np.ndarray):
        msg = f"out: got {type(out).__name__}, needed an ndarray."
        raise TypeError(msg)
    if out.dtype != right.dtype:
        msg = f"out: got dtype {out.dtype}, needed {right.dtype}."
        raise TypeError(msg)
    if out.shape != right.shape:
        raise shape_error("out", out.shape, str(right.shape))
    if not out.flags.writeable:
        msg = "out: is read-only."
        raise ValueError(msg)
    for axis, (length, stride) in enumerate(zip(out.shape, out.strides, strict=True)):
        if stride == 0 and length > 1 and out.size:  # empty arrays have strides of 0
            msg = f"out: its axis {axis} has stride 0, needed an element for each number of the result."
            raise ValueError(msg)
    out[...] = right
    return out

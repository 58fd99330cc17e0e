"""Which arguments go to the kernels, in which type, and numpy's own classes of results."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.core.arrays import Array

DOUBLE, SINGLE = np.dtype(np.float64), np.dtype(np.float32)
REAL = (DOUBLE, SINGLE)
EXACT = (DOUBLE, np.dtype(np.complex128))  # what numpy.linalg computes in
FLOATING = (*EXACT, SINGLE, np.dtype(np.complex64))
_WIDE = {"f": EXACT[0], "F": EXACT[1], "d": EXACT[0], "D": EXACT[1]}
_NARROW = {"f": SINGLE, "F": FLOATING[3]}

# Rows up to which a kernel is taken, by measurement beside numpy's LAPACK; beyond, what is behind it is that LAPACK as well.
MOST_REAL_EIGEN = 128  # complex eigenvalues are numpy's throughout
MOST_LEAST_SQUARES = 128
MOST_R = 32  # of qr(mode="r"), for which numpy computes no Q
_MOST_COMPLEX = 100

# What a kernel may say that it does not take; numpy then answers, or says so in its own words.
REFUSALS = (ValueError, TypeError, RuntimeError, ArithmeticError, IndexError)

_ONE = np.eye(1)
EigResult: Any = type(np.linalg.eig(_ONE))
EighResult: Any = type(np.linalg.eigh(_ONE))
SVDResult: Any = type(np.linalg.svd(_ONE))
QRResult: Any = type(np.linalg.qr(_ONE))
SlogdetResult: Any = type(np.linalg.slogdet(_ONE))
ALWAYS_COMPLEX = np.linalg.eigvals(_ONE).dtype.kind == "c"  # from numpy 2.5 on

result = tuple.__new__  # result(SVDResult, parts), without Python in between


def widened(a: Any) -> Array | None:
    """Return an argument in the type that numpy.linalg computes in; None if numpy has to see to it."""
    if type(a) is not np.ndarray:
        if type(a) is not list:
            return None
        try:
            a = np.asarray(a)
        except (ValueError, TypeError):
            return None
    dtype = a.dtype
    if dtype in EXACT:
        return a  # type: ignore[no-any-return]
    to = DOUBLE if dtype.kind in "iub" else _WIDE.get(dtype.char)
    return None if to is None else a.astype(to)


def with_infinity(a: Any) -> Any:
    """Tell which matrices of a stack hold infinity and no NaN; None if numpy has to see to `a`.

    LAPACK may iterate for ever when it looks for the singular vectors of these. NaN ends at once, in an error.
    """
    if not isinstance(a, np.ndarray) and hasattr(type(a), "__array_function__"):
        return None  # of another library, which answers
    try:
        plain = np.asarray(a)
        found = np.isinf(plain)
        if found.ndim < 2 or not found.any():
            return None
        return found.any(axis=(-2, -1)) & ~np.isnan(plain).any(axis=(-2, -1))
    except (TypeError, ValueError):
        return None  # not numbers, or not of one shape


def large_complex(a: Array) -> bool:
    """Tell whether matrices are complex and so large that numpy's LAPACK is as fast."""
    return a.dtype.kind == "c" and a.ndim > 1 and a.shape[-1] > _MOST_COMPLEX


def pair(a: Any, b: Any) -> tuple[Array, Array] | None:
    """Return two arguments in one such type."""
    wide_a, wide_b = widened(a), widened(b)
    if wide_a is None or wide_b is None:
        return None
    if wide_a.dtype != wide_b.dtype:
        wide_a, wide_b = (x.astype(EXACT[1], copy=False) for x in (wide_a, wide_b))
    return wide_a, wide_b


def narrowed(found: Any, *given: Any) -> Any:
    """Return what was computed of `given` in the precision that numpy gives it: single if all of them are."""
    for a in given:
        if type(a) is not np.ndarray or a.dtype.char not in _NARROW:
            return found
    if type(found) is tuple:
        return tuple(narrowed(x, *given) for x in found)
    return found.astype("F" if found.dtype.kind == "c" else "f")

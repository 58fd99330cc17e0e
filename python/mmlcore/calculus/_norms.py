"""Norms of symbols, of every order, and what follows from singular values: conditions and ranks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._matrices import inverse, matrix_of, svdvals
from mmlcore.calculus._reductions import sum_of
from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.symbol import Tape


def _matrix_norm(tape: Tape, x: Any, order: Any) -> Any:
    """Norms of matrices in the last two axes."""
    if order in (None, "fro"):
        return np.sqrt((x * x).sum(axis=(-2, -1)))
    if order in (1, -1, np.inf, -np.inf):
        sums = abs(x).sum(axis=-2 if abs(order) == 1 else -1)
        return np.max(sums, axis=-1) if order > 0 else np.min(sums, axis=-1)
    if order in (2, -2, "nuc"):
        values = svdvals(tape, x)
        return values.sum(axis=-1) if order == "nuc" else values[..., 0 if order == 2 else -1]
    msg = "Invalid norm order for matrices."
    raise ValueError(msg)


def _vector_norm(x: Any, order: Any, axis: Any, keepdims: bool) -> Any:
    if order in (None, 2):
        return np.sqrt((x * x).sum(axis=axis, keepdims=keepdims))
    if isinstance(order, str):
        msg = f"Invalid norm order '{order}' for vectors"
        raise ValueError(msg)  # noqa: TRY004  (as numpy)
    size = abs(x)
    if order == np.inf:
        return np.max(size, axis=axis, keepdims=keepdims)
    if order == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if order == 0:
        return ((x != 0) + 0.0).sum(axis=axis, keepdims=keepdims)
    if order == 1:
        return size.sum(axis=axis, keepdims=keepdims)
    return (size**order).sum(axis=axis, keepdims=keepdims) ** (1 / order)


def norm(tape: Tape, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """Norms of every order, of vectors and matrices."""
    x = tape.symbol(x)
    if axis is None and (
        ord is None or (ord in ("fro", "f") and x.ndim == 2) or (ord == 2 and x.ndim == 1)
    ):
        flat = np.sqrt((x * x).sum())
        return flat.reshape((1,) * x.ndim) if keepdims else flat
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) != 2:
        msg = "Improper number of dimensions to norm."
        raise ValueError(msg)
    if ord is None:
        return np.sqrt((x * x).sum(axis=axes, keepdims=keepdims))
    result = _matrix_norm(tape, np.moveaxis(x, axes, (-2, -1)), "fro" if ord == "f" else ord)
    return np.expand_dims(result, tuple(a % x.ndim for a in axes)) if keepdims else result


def _vector_norms(
    tape: Tape,
    x: Any,
    *,
    axis: Any = None,
    keepdims: bool = False,
    ord: Any = 2,  # noqa: A002
) -> Any:
    x = tape.symbol(x)
    if axis is None:
        flat = _vector_norm(x.reshape(-1), ord, 0, False)
        return flat.reshape((1,) * x.ndim) if keepdims else flat
    return _vector_norm(x, ord, axis, keepdims)


def _matrix_norms(tape: Tape, x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002
    return norm(tape, x, ord, (-2, -1), keepdims)


def _cond(tape: Tape, x: Any, p: Any = None) -> Any:
    x = matrix_of(tape, x, "x", square=p not in (None, 2, -2))
    if p in (None, 2, -2):
        values = svdvals(tape, x)
        first, last = values[..., 0], values[..., -1]
        return last / first if p == -2 else first / last
    return norm(tape, x, p, (-2, -1)) * norm(tape, inverse(tape, x), p, (-2, -1))


def _rank(tape: Tape, A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    x = tape.symbol(A)
    if x.ndim < 2:
        return np.any(x != 0) + 0.0
    if hermitian:
        refuse("numpy.linalg.matrix_rank with hermitian=True", "Leave it out.")
    values = svdvals(tape, x)
    if tol is None:
        share = max(x.shape[-2:]) * np.finfo(float).eps if rtol is None else rtol
        tol = values[..., :1] * share
    return sum_of(tape, (values > tol) + 0.0, -1)


# By the names of numpy.linalg.
OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "norm": norm,
    "vector_norm": _vector_norms,
    "matrix_norm": _matrix_norms,
    "cond": _cond,
    "matrix_rank": _rank,
}

"""Reductions of symbols: sums, means, variances, products and extremes along axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._products import matmul
from mmlcore.calculus._symbol import Symbol, Tape, size_of


def _axes(x: Any, axis: Any) -> list[int]:
    if axis is None:
        return list(range(x.ndim))
    wanted = axis if isinstance(axis, tuple) else (axis,)
    for a in wanted:
        if not -x.ndim <= a < x.ndim:
            raise np.exceptions.AxisError(a, x.ndim)
    return sorted(a % x.ndim for a in wanted)


def _reduced(x: Any, axes: list[int], keepdims: bool) -> tuple[int, ...]:
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return tuple(n for i, n in enumerate(x.shape) if i not in axes)


def sum_of(tape: Tape, x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Any:
    """Sum along axes."""
    axes = _axes(x, axis)
    shape, node, left = _reduced(x, axes, keepdims), x.id, list(x.shape)
    for a in reversed(axes):
        if axes == list(range(x.ndim)):  # all at once
            node = tape.graph.sum(node, 1, x.size, 1)
            break
        node = tape.graph.sum(
            node, size_of(tuple(left[:a])), left[a], size_of(tuple(left[a + 1 :]))
        )
        left[a] = 1
    return Symbol(tape, node, shape)


def _mean(tape: Tape, x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Any:
    count = size_of(tuple(x.shape[a] for a in _axes(x, axis)))
    return sum_of(tape, x, axis, keepdims) * (1 / count if count else float("nan"))


def _pairwise(function: Callable[[Any, Any], Any], neutral: float | None) -> Callable[..., Any]:
    """Reduce by halves: elements of the first half with those of the second."""

    def reduce(tape: Tape, x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Any:
        axes = _axes(x, axis)
        shape = _reduced(x, axes, keepdims)
        rest = [i for i in range(x.ndim) if i not in axes]
        parts = np.transpose(x, axes + rest).reshape(
            size_of(tuple(x.shape[a] for a in axes)), size_of(tuple(x.shape[i] for i in rest))
        )
        if len(parts) == 0:
            if neutral is None:
                msg = "zero-size array to reduction operation which has no identity"
                raise ValueError(msg)
            return tape.symbol(np.full(shape, neutral))
        while len(parts) > 1:
            half = len(parts) // 2
            both = function(parts[:half], parts[half : 2 * half])
            parts = np.concatenate([both, parts[2 * half :]]) if len(parts) % 2 else both
        return parts.reshape(*shape) if shape else parts.reshape(())

    return reduce


def _var(
    tape: Tape, x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, **_: Any
) -> Any:
    count = size_of(tuple(x.shape[a] for a in _axes(x, axis)))
    away = x - _mean(tape, x, axis, keepdims=True)
    return sum_of(tape, away * away, axis, keepdims) / (count - ddof)


def _std(tape: Tape, x: Any, **options: Any) -> Any:
    return np.sqrt(_var(tape, x, **options))


def _cumsum(tape: Tape, x: Any, axis: int | None = None, **_: Any) -> Any:
    if axis is None:
        x, axis = x.reshape(-1), 0
    n = x.shape[axis]
    moved = np.moveaxis(x, axis, -1)
    sums = matmul(tape, moved, np.triu(np.ones((n, n))))
    return np.moveaxis(sums, -1, axis)


def _diff(tape: Tape, x: Any, n: int = 1, axis: int = -1, **_: Any) -> Any:
    for _round in range(n):
        moved = np.moveaxis(x, axis, 0)
        x = np.moveaxis(moved[1:] - moved[:-1], 0, axis)
    return x


def _trace(tape: Tape, x: Any, *arguments: Any, **options: Any) -> Any:
    return sum_of(tape, np.diagonal(x, *arguments, **options), -1)


def _average(tape: Tape, x: Any, axis: Any = None, weights: Any = None, **_: Any) -> Any:
    if weights is None:
        return _mean(tape, x, axis)
    w = tape.symbol(weights)
    return sum_of(tape, x * w, axis) / sum_of(tape, w, axis)


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "add": sum_of,
    "multiply": _pairwise(lambda x, y: x * y, 1.0),
    "maximum": _pairwise(np.maximum, None),
    "minimum": _pairwise(np.minimum, None),
    "logical_and": _pairwise(lambda x, y: x & y, 1.0),
    "logical_or": _pairwise(lambda x, y: x | y, 0.0),
}
# Functions of numpy whose first argument is the array.
ON_ONE: dict[str, Callable[..., Any]] = {
    "sum": sum_of,
    "mean": _mean,
    "var": _var,
    "std": _std,
    "prod": REDUCTIONS["multiply"],
    "max": REDUCTIONS["maximum"],
    "min": REDUCTIONS["minimum"],
    "amax": REDUCTIONS["maximum"],
    "amin": REDUCTIONS["minimum"],
    "all": REDUCTIONS["logical_and"],
    "any": REDUCTIONS["logical_or"],
    "cumsum": _cumsum,
    "diff": _diff,
    "trace": _trace,
    "average": _average,
}

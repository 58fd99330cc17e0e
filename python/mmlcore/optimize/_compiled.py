"""Minimizations that run in the kernel: the programs, the units of f, and how one or many ended."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus import Function
from mmlcore.core.arrays import Array

NUMBERS = {"newton": 0, "bfgs": 1, "lbfgs": 2}
Ended = tuple[
    Array, Array, Array, Array, Array, Array
]  # x, value, gradient, iterations, status, path


def descend(
    function: Function,
    starts: Array,
    given: list[Array],
    method: str,
    box: tuple[Array, Array] | None,
    *,
    tol: float,
    max_iter: int,
    trajectory: bool,
    callback: Any,
) -> Ended:
    """Minimize from starts (k, n); of functions whose squares leave the range in units, a power of two, in which they do not."""

    def run(f: Function, unit: float = 1.0) -> Any:
        both = f._program("value_and_gradient")[0]
        hessian: Any = f._program("hessian")[0] if method == "newton" else None
        lower, upper = box if box is not None else (None, None)
        more = [np.ascontiguousarray(a, np.float64).ravel() for a in given]
        number: Any = NUMBERS[method]
        return _core.descend(
            both,
            hessian,
            starts,
            more,
            number,
            lower,
            upper,
            tol,
            unit,
            max_iter,
            trajectory,
            callback,
        )

    top = _steepness(function, starts, given)
    if not top or 1e-60 < top < 1e60:
        return run(function)  # type: ignore[no-any-return]
    unit = float(np.exp2(-np.frexp(top)[1]))
    scaled = Function(lambda *arguments: function(*arguments) * unit, *function.shapes)
    x, value, gradient, *rest = run(scaled, unit)
    return (x, value / unit, gradient / unit, *rest)


def _steepness(function: Function, starts: Array, given: list[Array]) -> float:
    """Return the largest number of the first gradient that is finite; 0 without."""
    if given or not len(starts):
        return 0.0
    gradient = np.abs(function.gradient(starts[0]))
    top = float(gradient.max(initial=0.0))
    return top if np.isfinite(top) else 0.0

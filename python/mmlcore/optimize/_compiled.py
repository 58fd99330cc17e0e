"""Minimizations that run in the kernel: the programs, the units of f, and how one or many ended."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus import Function
from mmlcore.core.arrays import Array

METHODS = ("newton", "bfgs", "lbfgs", "gradient_descent", "momentum")
_OUT = 100  # a start whose gradient is for other units
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
    rates: tuple[float, float] = (0.0, 0.9),
) -> Ended:
    """Minimize from starts (k, n); those whose squares leave the range in units, a power of two, in which they do not."""
    more = [np.ascontiguousarray(a, np.float64).ravel() for a in given]
    lower, upper = box if box is not None else (None, None)

    def run(f: Function, rows: Array, unit: float = 1.0) -> Any:
        both = f._program("value_and_gradient")[0]
        hessian: Any = f._program("hessian")[0] if method == "newton" else None
        number: Any = METHODS.index(method)
        ask = unit == 1.0 and not more
        return _core.descend(
            *(both, hessian, rows, more, number, lower, upper, tol, unit, ask),
            *(max_iter, trajectory, *rates, callback),
        )

    ended = run(function, starts)
    status = ended[4]
    if not (status[0] == _OUT if len(status) == 1 else (status == _OUT).any()):
        return ended  # type: ignore[no-any-return]
    out = np.flatnonzero(status == _OUT)
    unit = float(np.exp2(-np.frexp(np.abs(ended[2][out[0]]).max())[1]))
    scaled = Function(lambda x: function(x) * unit, *function.shapes)
    x, value, gradient, *rest, path = run(scaled, np.ascontiguousarray(starts[out]), unit)
    for whole, part in zip(ended, (x, value / unit, gradient / unit, *rest), strict=False):
        whole[out] = part
    return (*ended[:5], path)

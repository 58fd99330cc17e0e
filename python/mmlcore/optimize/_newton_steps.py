"""The steps of Newton and Raphson's method, all starts together: the kernel's, with programs of traced functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus import Function
from mmlcore.core.arrays import Array

_FEW = 4  # unknowns up to which starts lie in lanes


def newton_steps(
    function: Function,
    values: Any,
    slopes: Any,
    start: Array,
    *,
    tol: float,
    max_iter: int,
    safeguard: bool = True,
    trajectory: bool = False,
) -> tuple[Array, Array, Array, Array, Array | None]:
    """Return iterates (k, n), norms of the values, steps, statuses, and all iterates where asked for.

    `values` and `slopes` are the kinds of derivatives (see `calculus._derive`) that are to be zero, and theirs.
    """
    programs: Any = function._memory.get(f"newton {values}")
    if programs is None:
        both: Any = ("together", values, slopes) if start.shape[1] <= _FEW else None
        made = [kind and function._program(kind)[0] for kind in (values, slopes, both)]
        function._memory[f"newton {values}"] = programs = made
    value, slope, all_in_one = programs
    last = (tol, max_iter, safeguard, trajectory, _shortest)
    return _core.newton(value, slope, all_in_one, start, *last)


def _shortest(slopes: Array, values: Array) -> Array:
    """Return the shortest step that is best where a Jacobian is singular."""
    return np.asarray(np.linalg.lstsq(slopes, values, rcond=None)[0])

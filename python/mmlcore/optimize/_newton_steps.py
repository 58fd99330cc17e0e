"""The steps of Newton and Raphson's method, all starts together: the kernel's, with programs of traced functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus import Function
from mmlcore.core.arrays import Array


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
) -> tuple[Array, Array, Array, Array, Array]:
    """Return iterates (k, n), norms of the values, steps, statuses, and all iterates where asked for.

    `values` and `slopes` are the kinds of derivatives (see `calculus._derive`) that are to be zero, and theirs.
    """
    programs = function._program(values)[0], function._program(slopes)[0]
    return _core.newton(*programs, start, tol, max_iter, safeguard, trajectory, _shortest)


def _shortest(slopes: Array, values: Array) -> Array:
    """Return the shortest step that is best where a Jacobian is singular."""
    return np.asarray(np.linalg.lstsq(slopes, values, rcond=None)[0])

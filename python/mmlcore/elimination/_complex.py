"""Complex systems: LAPACK in numpy, with the care for the ends of the range that our own kernels take of real ones."""

from __future__ import annotations

import numpy as np

from mmlcore.core.arrays import Array, real_pairs, require_finite_items
from mmlcore.core.errors import SingularMatrixError
from mmlcore.core.lapack import patiently
from mmlcore.core.scaling import equilibrated, equilibration, exponents, times_power


def solve_complex(a: Array, b: Array) -> Array:
    """Return x with a x = b for stacks of complex matrices that fit."""
    a, b = require_finite_items(a, "A"), require_finite_items(b, "b")
    high = float(np.finfo(a.dtype).max) ** 0.25
    tops = np.abs(real_pairs(a)).max(axis=(-2, -1), initial=0)
    if bool(((tops < high) & (tops > 1 / high)).all()):
        try:
            x: Array = patiently(np.linalg.solve, a, b)
        except np.linalg.LinAlgError:
            x = np.full(1, np.nan)
        if np.isfinite(x).all():
            return x
    return _scaled_solution(a, b)


def _scaled_solution(a: Array, b: Array) -> Array:
    """Solve with rows, columns and right sides near 1."""
    rows, columns = equilibration(a)
    sides = (exponents(b) - rows[..., :, np.newaxis]).max(axis=-2, initial=-10000)
    right = times_power(b, -rows[..., :, np.newaxis] - sides[..., np.newaxis, :])
    try:
        x = patiently(np.linalg.solve, equilibrated(a, rows, columns), right)
    except np.linalg.LinAlgError as error:
        msg = "A: singular matrix: elimination finds no pivot."
        raise SingularMatrixError(msg) from error
    x = times_power(x, sides[..., np.newaxis, :] - columns[..., :, np.newaxis])
    if not np.isfinite(x).all():
        msg = "A: singular to working precision: the solution overflows."
        raise SingularMatrixError(msg)
    return x

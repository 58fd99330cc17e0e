"""How often points count, and what sums over them are divided by."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, as_real, shape_error

_ROUNDED = 2.0**-20  # weights that float32 has scaled to one sum have it to this


def as_weights(values: ArrayLike, n: int, name: str = "weights") -> Array:
    """Return n weights or standard deviations in float64; what they are is not looked at."""
    w = as_array(values, name).astype(np.float64, copy=False)
    if w.shape != (n,):
        raise shape_error(name, w.shape, f"({n},): one for each point")
    return w


def check_weights(weights: ArrayLike, n: int) -> Array:
    """Return n weights in float64: finite, non-negative, not all zero."""
    w = as_weights(weights, n)
    if not ((w >= 0).all() and 0 < w.sum() < np.inf):
        refuse_weights(w)
    return w


def refuse_weights(w: Array | None, name: str = "weights") -> NoReturn:
    """ValueError that says what is wrong with weights, or with standard deviations named sigma, whose sum makes no sense."""
    if w is None or not w.size:
        msg = f"{name}: needed at least one point."
    elif name == "sigma":
        msg = "sigma: needed positive finite numbers, whose inverse squares have a finite sum."
    elif not (np.isfinite(w).all() and (w >= 0).all()):
        msg = f"{name}: contains a negative or non-finite number."
    elif not w.any():
        msg = f"{name}: the sum is zero, needed at least one positive weight."
    else:
        msg = f"{name}: the sum overflows or vanishes in float64; multiply all by one number."
    raise ValueError(msg)


def moderate_weights(weights: ArrayLike, n: int) -> tuple[Array, int]:
    """Return n weights divided by 2^unit, and the unit: 0 unless their sum would leave the range; checked as `check_weights`."""
    w = as_weights(weights, n)
    with np.errstate(over="ignore"):
        total = w.sum()
    if 2.0**-500 < total < 2.0**500 and (w >= 0).all():
        return w, 0
    if not (np.isfinite(w).all() and (w >= 0).all() and w.any()):
        refuse_weights(w)
    unit = int(np.frexp(w.max())[1])
    return np.ldexp(w, -unit), unit


def divisor(total: float, ddof: float, unit: int = 0) -> float:
    """Return total - ddof / 2^unit, which has to be positive, and more than what the sum of weights was rounded by."""
    ddof = as_real(ddof, "ddof", -math.inf, math.inf)
    if unit and ddof:
        with np.errstate(over="ignore", under="ignore"):
            ddof, known = float(np.ldexp(ddof, -unit)), ddof
    else:
        known = ddof
    counted = float(total).is_integer() and float(ddof).is_integer()  # numbers of points are exact
    if not total - ddof > (0.0 if counted else _ROUNDED * abs(ddof)):
        msg = (
            f"ddof: got {known:g}, needed less than the number of points (or sum of weights) "
            f"{np.ldexp(total, unit):g}."
        )
        raise ValueError(msg)
    return total - ddof


def refuse_column(name: str, values: Array) -> None:
    """ValueError that names the first column whose sum is not finite."""
    if not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        msg = f"{name}: contains NaN or infinity in column {bad} ({name}[:, {bad}])."
        raise ValueError(msg)


def refuse_overflow(name: str, values: Array, dtype: Any = np.float64) -> NoReturn:
    """ValueError that names the first column whose squares a type does not hold."""
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        msg = (
            f"{name}: contains NaN or infinity, or numbers whose squares overflow in {np.dtype(dtype)}, in column {bad[0]} "
            f"({name}[:, {bad[0]}]); divide the data by a constant."
        )
    else:
        msg = f"{name}: squares of the data overflow in {np.dtype(dtype)}; divide the data by a constant."
    raise ValueError(msg)

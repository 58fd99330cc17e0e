"""What curve fits are given: parameters, bounds, weights, losses; checked, and in the form of the kernel."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, shape_error

POSITIVE = (float(np.finfo(float).tiny), float(np.finfo(float).max))
NORMAL = 1e-200  # a sum of squares that lost no digits
LOSSES = {"linear": 0, "soft_l1": 1, "huber": 2, "cauchy": 3, "arctan": 4}


def as_double(x: Any, name: str) -> Array:
    """Return numbers as float64, in which fits are made."""
    return as_array(x, name).astype(np.float64, copy=False)


def loss_number(loss: str) -> int:
    """Return the kernel's number of a loss."""
    if loss not in LOSSES:
        msg = f"loss: got {loss!r}, needed one of {', '.join(LOSSES)}."
        raise ValueError(msg)
    return LOSSES[loss]


def parameter_count(f: Callable[..., Any]) -> int:
    """Return how many parameters follow x in the signature of f."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(f).parameters.values()
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        count = 0
    else:
        count = sum(p.kind in kinds for p in parameters) - 1
    if count < 1:
        msg = "p0: got None, and the signature of f does not tell how many parameters there are; needed a start."
        raise ValueError(msg)
    return count


def limits(bounds: Any, shape: tuple[int, ...]) -> tuple[Array, Array] | None:
    """Return lower and upper bounds of that shape, or None without any; (p,) if they are the same for all fits."""
    if bounds is None:
        return None
    if hasattr(bounds, "lb") and hasattr(bounds, "ub"):  # scipy.optimize.Bounds
        bounds = (bounds.lb, bounds.ub)
    try:
        lower, upper = (as_double(b, "bounds") for b in bounds)
    except (TypeError, ValueError):
        msg = (
            f"bounds: got {bounds!r}, needed (lower, upper), each a number or an array of {shape}."
        )
        raise ValueError(msg) from None
    if not (np.isfinite(lower).any() or np.isfinite(upper).any()):
        return None
    form = shape if max(lower.ndim, upper.ndim) == len(shape) else shape[-1:]
    try:
        lower, upper = (np.array(np.broadcast_to(b, form), order="C") for b in (lower, upper))
    except ValueError:
        raise shape_error("bounds", lower.shape, f"a number or {shape}") from None
    if not (lower <= upper).all():
        msg = "bounds: a lower bound is not below its upper bound, or is NaN."
        raise ValueError(msg)
    return lower, upper


def feasible_start(bounds: tuple[Array, Array] | None, count: int) -> Array:
    """Return a start inside the bounds: their middle, one from the only one, and 1 where there is none."""
    if bounds is None:
        return np.ones(count)
    lower, upper = bounds
    below, above = np.isfinite(lower), np.isfinite(upper)
    with np.errstate(invalid="ignore"):
        middle = 0.5 * (lower + upper)
    one_sided = np.where(below, lower + 1, np.where(above, upper - 1, 1.0))
    return np.where(below & above, middle, one_sided)


def guess(f: Any, x: Any, y: Any, box: tuple[Array, Array] | None, count: int) -> Array:
    """Return a start: what the model guesses from the data, inside the bounds, or `feasible_start`."""
    if not hasattr(f, "start"):
        return feasible_start(box, count)
    found = f.start(x, y)
    return found if box is None else np.asarray(np.clip(found, *box))


def weights_of(sigma: ArrayLike, name: str = "sigma") -> Array:
    """Return 1 / sigma; NaN gives 0."""
    s = as_double(sigma, name)
    if (s <= 0).any():
        msg = f"{name}: got {np.nanmin(s)!r}, needed positive standard deviations."
        raise ValueError(msg)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nan_to_num(1 / s, nan=0.0))

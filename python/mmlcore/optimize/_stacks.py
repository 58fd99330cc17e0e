"""Stacks of linear regressions, and what the kernel of many at once leaves to the function for one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, same_dtype, shape_error
from mmlcore.core.status import Status
from mmlcore.stats.weights import refuse_weights

Rows = Callable[[int], tuple[Array, Array, Array | None]]


def regression_stack(
    single: Any, X: Array, y: Array, sigma: ArrayLike | None, intercept: bool, ridge: float
) -> tuple[Any, ...]:
    """Return the fields of a LinearFit of X (..., n, d), y (..., n), whose leading axes broadcast."""
    if X.ndim < 2:
        X = X[:, None]
    n, d = X.shape[-2:]
    if y.ndim < 1 or y.shape[-1] != n:
        raise shape_error("y", y.shape, f"(..., {n}), a number for each row of X")
    if not n or not d:
        raise shape_error("X", X.shape, "at least one point and one feature")
    X, y = same_dtype(X, y)
    s = None if sigma is None else as_array(sigma, "sigma").astype(np.float64, copy=False)
    if s is not None and (not s.ndim or s.shape[-1] != n):
        raise shape_error("sigma", s.shape, f"(..., {n}), one for each point")
    if s is not None and not ((s > 0).all() and np.isfinite(s).all()):
        refuse_weights(s, "sigma")
    try:
        lead = np.broadcast_shapes(X.shape[:-2], y.shape[:-1], () if s is None else s.shape[:-1])
    except ValueError:
        raise shape_error("y", y.shape, f"leading axes that fit those of X, {X.shape}") from None
    x, target = np.broadcast_to(X, (*lead, n, d)), np.broadcast_to(y, (*lead, n))
    s = None if s is None else np.broadcast_to(s, (*lead, n))
    fields = _core.regress_stack(x, target, s, intercept)
    if ridge:
        fields[6][...] = 0

    def rows(i: int) -> tuple[Array, Array, Array | None]:
        at = np.unravel_index(i, lead)
        return x[at], target[at], None if s is None else s[at]

    flat = [field.reshape(-1, *field.shape[len(lead) :]) for field in fields]
    done = mended(flat, rows, single, intercept=intercept, ridge=ridge, strict=True)
    return tuple(field.reshape(*lead, *field.shape[1:]) for field in done[:6])


def mended(
    fields: Any,
    rows: Rows,
    single: Any,
    gaps: Array | None = None,
    *,
    intercept: bool,
    ridge: float = 0.0,
    strict: bool = False,
) -> tuple[Array, ...]:
    """Fit those problems one by one, by `single`, that the kernel left; `strict`: ended as one call each would be."""
    status = fields[6]
    left = np.flatnonzero(status == 0)
    if not left.size:
        return tuple(fields)
    if not strict:
        none = fields[4][left] < 0
        _fill(fields, left[none], Status.TOO_FEW_POINTS)
        left = left[~none]
        if gaps is not None:
            _fill(fields, left[gaps[left]], Status.NOT_FINITE)
            left = left[~gaps[left]]
    told: list[str] = []
    for i in left:
        x, y, s = rows(int(i))
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            if strict:
                msg = f"X, y: contains NaN or infinity in item {i}."
                raise ValueError(msg)
            _fill(fields, i, Status.NOT_FINITE)
            continue
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                fit = single(x, y, sigma=s, intercept=intercept, ridge=ridge)
            except ValueError as error:
                if strict:
                    msg = f"item {i}: {error}"
                    raise ValueError(msg) from None
                _fill(fields, i, Status.NOT_FINITE)
                continue
        for field, value in zip(fields, fit, strict=False):
            field[i] = value
        told += [str(warning.message) for warning in caught]
        status[i] = Status.CONVERGED
        if caught:
            status[i] = Status.EXACT if fit.dof <= 0 else Status.UNDETERMINED
    if strict and told:
        rest = f" (so are {len(told) - 1} more)" if len(told) > 1 else ""
        warnings.warn(f"{told[0]}{rest}", RuntimeWarning, stacklevel=4)
    return tuple(fields)


def _fill(fields: Any, where: Any, status: Status) -> None:
    for i in (0, 1, 2, 3, 5):
        fields[i][where] = np.inf if i == 2 else np.nan
    fields[6][where] = status

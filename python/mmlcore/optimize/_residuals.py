"""Residuals of models that are not traced point by point: traced as a whole, or differentiated by other means."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus import Function, TraceError, finite_difference
from mmlcore.core.arrays import Array

Residuals = Callable[[Array], Any]
_SCHEMES = {"2-point": "forward", "3-point": "central", "cs": "complex"}


def residuals_of(
    f: Callable[..., Any],
    x: Any,
    y: Array,
    weight: Array | None,
    whiten: Array | None,
    jac: Any,
    start: Array,
) -> tuple[Residuals, Residuals]:
    """Return theta -> (r, J^T) and theta -> r. No parameters at all stand for a model that is zero."""

    def weighted(values: Array) -> Array:  # (..., m)
        if whiten is not None:
            return np.asarray(values @ whiten.T)
        return values if weight is None else values * weight

    last: list[tuple[bytes, Array]] = []  # a step that was tried is often taken

    def values(theta: Array) -> Array:
        key = theta.tobytes()
        if last and last[0][0] == key:
            return last[0][1]
        last[:] = [(key, computed(theta))]
        return last[0][1]

    def computed(theta: Array) -> Array:
        with np.errstate(all="ignore"):
            found = np.asarray(f(x, *theta))
        if found.dtype.kind != "c":  # complex steps are taken through this function too
            found = found.astype(np.float64)
        if found.ndim == 0:
            found = np.broadcast_to(found, y.shape)
        if found.shape != y.shape:
            msg = f"f: gives shape {found.shape}, needed {y.shape}, that of y."
            raise ValueError(msg)
        return found

    slopes = _slopes(f, x, values, jac, start, y.size)

    def alone(theta: Array) -> Array:
        return weighted(values(theta) - y if theta.size else -y)

    def both(theta: Array) -> tuple[Array, Array]:
        return alone(theta), np.ascontiguousarray(weighted(slopes(theta)))

    return both, alone


def _slopes(
    f: Callable[..., Any], x: Any, values: Residuals, jac: Any, start: Array, size: int
) -> Callable[[Array], Array]:
    """Return theta -> derivatives (p, m)."""
    if callable(jac):

        def given(theta: Array) -> Array:
            found = np.asarray(jac(x, *theta), np.float64)
            if found.shape != (size, theta.size):
                msg = f"jac: gives shape {found.shape}, needed {(size, theta.size)}."
                raise ValueError(msg)
            return np.asarray(found.T)

        return given
    if jac is not None and jac not in _SCHEMES:
        msg = f"jac: got {jac!r}, needed a function or one of {', '.join(map(repr, _SCHEMES))}."
        raise ValueError(msg)
    if jac is None:
        try:
            whole = Function(lambda t: f(x, *[t[i] for i in range(start.size)]), start.size)
        except (TraceError, ValueError, IndexError, TypeError) as error:
            msg = f"curve_fit: the model cannot be traced, it is differentiated by differences: {error}"
            warnings.warn(msg, RuntimeWarning, stacklevel=4)
        else:
            form = (start.size, size)
            return lambda theta: np.array(
                # what is the same at all points comes once
                np.broadcast_to(
                    np.moveaxis(whole.jacobian(theta), -1, 0).reshape(start.size, -1), form
                )
            )
    method = _SCHEMES.get(jac, "central")

    def differences(theta: Array) -> Array:
        return np.array(finite_difference(values, theta, method=method).T)

    return differences

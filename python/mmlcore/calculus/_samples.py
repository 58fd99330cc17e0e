"""Samples of functions as symbols: differences, integrals, convolutions, polynomials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._matrices import lstsq
from mmlcore.calculus._reductions import axes_of
from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.symbol import Symbol, Tape


def _ediff1d(tape: Tape, ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    x = tape.symbol(ary).reshape(-1)
    ends = [None if end is None else tape.symbol(end).reshape(-1) for end in (to_begin, to_end)]
    return np.concatenate([part for part in (ends[0], x[1:] - x[:-1], ends[1]) if part is not None])


def _slope(f: Any, h: Any, edge_order: int) -> Any:
    """Differences along the first axis: h a number, or the places of the samples."""
    n, tail = len(f), (1,) * (f.ndim - 1)
    if n < edge_order + 1:
        msg = "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required."
        raise ValueError(msg)
    if not np.ndim(h):
        inner = (f[2:] - f[:-2]) / (2.0 * h)
        first, last = (f[1] - f[0]) / h, (f[n - 1] - f[n - 2]) / h
        if edge_order == 2:
            first = (-1.5 * f[0] + 2.0 * f[1] - 0.5 * f[2]) / h
            last = (0.5 * f[n - 3] - 2.0 * f[n - 2] + 1.5 * f[n - 1]) / h
        return np.concatenate([first[None], inner, last[None]])
    steps = h[1:] - h[:-1]
    d1, d2 = (part.reshape(-1, *tail) for part in (steps[:-1], steps[1:]))
    inner = (
        -d2 / (d1 * (d1 + d2)) * f[:-2]
        + (d2 - d1) / (d1 * d2) * f[1:-1]
        + d1 / (d2 * (d1 + d2)) * f[2:]
    )
    first, last = (f[1] - f[0]) / steps[0], (f[n - 1] - f[n - 2]) / steps[n - 2]
    if edge_order == 2:
        a, b = steps[0], steps[1]
        first = (
            -(2 * a + b) / (a * (a + b)) * f[0]
            + (a + b) / (a * b) * f[1]
            - a / (b * (a + b)) * f[2]
        )
        a, b = steps[n - 3], steps[n - 2]
        last = (
            b / (a * (a + b)) * f[n - 3]
            - (b + a) / (a * b) * f[n - 2]
            + (2 * b + a) / (b * (a + b)) * f[n - 1]
        )
    return np.concatenate([first[None], inner, last[None]])


def _gradient(tape: Tape, f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    x = tape.symbol(f)
    axes = axes_of(x, axis)
    spacings = list(varargs) or [1.0]
    if len(spacings) == 1 and np.ndim(spacings[0]) == 0:
        spacings *= len(axes)
    if len(spacings) != len(axes):
        msg = "invalid number of arguments"
        raise TypeError(msg)
    if edge_order not in (1, 2):
        msg = "'edge_order' greater than 2 not supported"
        raise ValueError(msg)
    found = []
    for i, h in zip(axes, spacings, strict=True):
        steps = tape.symbol(h)
        if steps.ndim and steps.shape != (x.shape[i],):
            msg = "when 1d, distances must match the length of the corresponding dimension"
            raise ValueError(msg)
        uneven = steps if isinstance(h, Symbol) else np.asarray(h, float)
        if not isinstance(h, Symbol) and np.ndim(h):
            gaps = np.diff(uneven)
            uneven = float(gaps[0]) if (gaps == gaps[0]).all() else uneven
        found.append(np.moveaxis(_slope(np.moveaxis(x, i, 0), uneven, edge_order), 0, i))
    return found[0] if len(found) == 1 else tuple(found)


def trapezoid(tape: Tape, y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integrate by the trapezoidal rule."""
    f = np.moveaxis(tape.symbol(y), axis, -1)
    if x is None:
        steps = tape.symbol(dx)
    else:
        places = tape.symbol(x)
        if places.ndim > 1:
            places = np.moveaxis(places, axis, -1)
        steps = places[..., 1:] - places[..., :-1]
    return (steps * (f[..., 1:] + f[..., :-1]) / 2.0).sum(axis=-1)


def _full_convolution(tape: Tape, a: Any, v: Any) -> Any:
    """All products, each added where it belongs: no zero meets an infinite number."""
    n, m = len(a), len(v)
    places = (np.arange(n)[:, None] + np.arange(m)).ravel().astype(np.int32)
    products = (a[:, None] * v).reshape(-1)
    return Symbol(tape, tape.graph.scatter(products.id, places, n + m - 1), (n + m - 1,))


def _cut(found: Any, n: int, m: int, mode: Any) -> Any:
    """Return what a mode keeps, of n >= m samples."""
    if mode in ("full", 2):
        return found
    if mode in ("same", 1):
        start = (m - 1) // 2
        return found[start : start + n]
    if mode in ("valid", 0):
        return found[m - 1 : n]
    msg = f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})"
    raise ValueError(msg)


def _vectors(tape: Tape, name: str, *arrays: Any) -> list[Any]:
    found = [
        tape.symbol(x).reshape(-1) if tape.symbol(x).ndim < 2 else tape.symbol(x) for x in arrays
    ]
    for x in found:
        if x.ndim != 1 or not x.size:
            msg = f"numpy.{name}: got shape {x.shape}, needed a vector."
            raise ValueError(msg)
    return found


def convolve(tape: Tape, a: Any, v: Any, mode: Any = "full") -> Any:
    """Convolve two vectors."""
    x, y = _vectors(tape, "convolve", a, v)
    if len(y) > len(x):
        x, y = y, x
    found = _full_convolution(tape, x, y)
    if mode in ("same", 1):  # of an even number of weights the later half counts, as in numpy
        start = (len(y) - 1) // 2
        return found[start : start + len(x)]
    return _cut(found, len(x), len(y), mode)


def _correlate(tape: Tape, a: Any, v: Any, mode: Any = "valid") -> Any:
    x, y = _vectors(tape, "correlate", a, v)
    turned = len(x) < len(y)
    if turned:
        x, y = y, x
    found = _full_convolution(tape, x, y[::-1])
    if mode in ("same", 1):
        start = len(y) // 2
        found = (
            found[start : start + len(x)] if len(y) % 2 else found[start - 1 : start - 1 + len(x)]
        )
    else:
        found = _cut(found, len(x), len(y), mode)
    return found[::-1] if turned else found


def _unwrap(
    tape: Tape, p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi
) -> Any:
    x = np.moveaxis(tape.symbol(p), axis, -1)
    step, half = x[..., 1:] - x[..., :-1], period / 2
    jump = np.mod(step + half, period) - half
    jump = np.where((jump == -half) & (step > 0), half, jump)
    away = np.where(abs(step) < (half if discont is None else discont), 0.0, jump - step)
    moved = np.concatenate([x[..., :1], x[..., 1:] + np.cumsum(away, axis=-1)], axis=-1)
    return np.moveaxis(moved, -1, axis)


# Polynomials, the highest power first.


def polyval(tape: Tape, p: Any, x: Any) -> Any:
    """Horner's rule."""
    coefficients, at = tape.symbol(p), tape.symbol(x)
    result = 0.0 * at
    for i in range(len(coefficients)):
        result = result * at + coefficients[i]
    return result


def _vander(tape: Tape, x: Any, N: Any = None, increasing: bool = False) -> Any:
    at = tape.symbol(x)
    if at.ndim != 1:
        msg = "x must be a one-dimensional array or sequence."
        raise ValueError(msg)
    powers = range(len(at) if N is None else N)
    columns = [at**k for k in powers]
    return np.stack(columns if increasing else columns[::-1], axis=1)


def _polyfit(
    tape: Tape,
    x: Any,
    y: Any,
    deg: int,
    rcond: Any = None,
    full: bool = False,
    w: Any = None,
    cov: Any = False,
) -> Any:
    if full or cov is not False:
        refuse("numpy.polyfit with full or cov", "Traced are the coefficients.")
    at, values = tape.symbol(x), tape.symbol(y)
    matrix = _vander(tape, at, deg + 1)
    if w is not None:
        weights = tape.symbol(w)
        matrix = matrix * weights[:, None]
        values = values * (weights[:, None] if values.ndim > 1 else weights)
    scale = np.sqrt((matrix * matrix).sum(axis=0))
    least = len(at) * np.finfo(float).eps if rcond is None else rcond
    found = lstsq(tape, matrix / scale, values, least)[0]
    return found / (scale[:, None] if found.ndim > 1 else scale)


def _trimmed(tape: Tape, p: Any) -> Any:
    return tape.symbol(
        p if isinstance(p, Symbol) else np.trim_zeros(np.atleast_1d(p), "f")
    ).reshape(-1)


def _polymul(tape: Tape, a1: Any, a2: Any) -> Any:
    return convolve(tape, _trimmed(tape, a1), _trimmed(tape, a2))


def _added_polynomials(sign: float) -> Callable[..., Any]:
    def add(tape: Tape, a1: Any, a2: Any) -> Any:
        x, y = np.atleast_1d(tape.symbol(a1)), np.atleast_1d(tape.symbol(a2))
        n = max(len(x), len(y))
        x, y = (np.concatenate([np.zeros(n - len(part)), part]) for part in (x, y))
        return x + sign * y

    return add


def _polyder(tape: Tape, p: Any, m: int = 1) -> Any:
    x = tape.symbol(p)
    for _ in range(m):
        x = x[:-1] * np.arange(len(x) - 1, 0, -1)
    return x


def _polyint(tape: Tape, p: Any, m: int = 1, k: Any = None) -> Any:
    constants = [0.0] * m if k is None else list(np.broadcast_to(k, m))
    x = tape.symbol(p)
    for constant in constants:
        x = np.concatenate([x / np.arange(len(x), 0, -1), np.reshape(constant, 1)])
    return x


OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "ediff1d": _ediff1d,
    "gradient": _gradient,
    "trapezoid": trapezoid,
    **({"trapz": trapezoid} if hasattr(np, "trapz") else {}),  # of numpy 1
    "convolve": convolve,
    "correlate": _correlate,
    "unwrap": _unwrap,
    "polyval": polyval,
    "vander": _vander,
    "polyfit": _polyfit,
    "polymul": _polymul,
    "polyadd": _added_polynomials(1.0),
    "polysub": _added_polynomials(-1.0),
    "polyder": _polyder,
    "polyint": _polyint,
}

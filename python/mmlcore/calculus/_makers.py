"""Choices among symbols, arrays made of them, and assignment by numpy's functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.symbol import Symbol, Tape, is_truth, rearranged
from mmlcore.core.errors import TraceError


def _select(tape: Tape, condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        msg = "list of cases must be same length as list of conditions"
        raise ValueError(msg)
    for condition in condlist:
        if not is_truth(condition):
            msg = "invalid entry in condlist: should be boolean ndarray"
            raise TypeError(msg)
    result = tape.symbol(default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = tape.where(tape.symbol(condition), tape.symbol(choice), result)
    return result


def _by_element(function: Callable[..., Any], x: Any, more: Any, options: Any) -> Any:
    """Apply a function to all elements, where numpy gives it some of them: so it has to take each by itself."""
    tape = Tape()
    try:
        alone = tape.input(x.shape)
        found = tape.symbol(function(alone, *more, **options))
        starts, columns, _ = tape.graph.pattern(tape.graph.full(found.id, x.size), alone.id)
        rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        apart = np.array_equal(rows, columns)
    except TraceError:  # it uses other values of the trace
        apart = True
    if not apart:
        refuse(
            "a function of numpy.piecewise that takes several elements at once",
            "numpy gives it those where its condition holds, which depends on values: use numpy.where.",
        )
    return function(x, *more, **options)


def _piecewise(tape: Tape, x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    at = tape.symbol(x)
    conditions = condlist if isinstance(condlist, (list, tuple)) else [condlist]
    functions = list(funclist)
    if len(functions) not in (len(conditions), len(conditions) + 1):
        msg = f"with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} functions are expected"
        raise ValueError(msg)
    value: Callable[..., Any] = lambda f: tape.symbol(
        _by_element(f, at, args, kw) if callable(f) else f
    )
    result = value(functions[-1]) if len(functions) > len(conditions) else tape.symbol(0.0)
    result = np.broadcast_to(result, at.shape).copy()
    # The last condition that holds counts.
    for condition, function in zip(conditions, functions, strict=False):
        result = tape.where(tape.symbol(condition), value(function), result)
    return result


def _choose(tape: Tape, a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    if mode != "raise":
        refuse(f"numpy.choose with mode={mode!r}", "Choose by numpy.where.")
    which = tape.symbol(a)
    options = [tape.symbol(c) for c in choices]
    result = options[0]
    for k, option in enumerate(options[1:], 1):
        result = tape.where(which == k, option, result)
    bad = (which < 0) | (which >= len(options))
    return tape.where(bad, tape.symbol(np.nan), result)


def _nan_to_num(
    tape: Tape, x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    at, most = tape.symbol(x), np.finfo(np.float64).max
    if not copy:
        refuse("numpy.nan_to_num with copy=False", "Assign the result.")
    result = np.where(at != at, nan, at)
    result = np.where(at == np.inf, most if posinf is None else posinf, result)
    return np.where(at == -np.inf, -most if neginf is None else neginf, result)


def _round(tape: Tape, a: Any, decimals: int = 0, out: Any = None) -> Any:
    x = tape.symbol(a)
    if decimals == 0:
        return np.rint(x)
    factor = 10.0 ** abs(decimals)
    return np.rint(x * factor) / factor if decimals > 0 else np.rint(x / factor) * factor


def _is_close(
    tape: Tape, a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False
) -> Any:
    x, y = tape.symbol(a), tape.symbol(b)
    close = ((abs(x - y) <= atol + rtol * abs(y)) & (abs(y) < np.inf)) | (x == y)
    return close | ((x != x) & (y != y)) if equal_nan else close


def _all_close(
    tape: Tape, a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False
) -> Any:
    return np.all(_is_close(tape, a, b, rtol, atol, equal_nan))


def _array_equal(tape: Tape, a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    x, y = tape.symbol(a1), tape.symbol(a2)
    if x.shape != y.shape:
        return False
    same = x == y
    return np.all(same | ((x != x) & (y != y)) if equal_nan else same)


def _is_in(
    tape: Tape,
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: Any = None,
) -> Any:
    x = tape.symbol(element)
    found = np.any(x[..., None] == tape.symbol(test_elements).reshape(-1), axis=-1)
    return ~found if invert else found


def _constant_like(value: bool) -> Callable[..., Any]:
    return lambda tape, x: np.full(tape.symbol(x).shape, value)


# Arrays.


def _spaced(tape: Tape, start: Any, stop: Any, num: int, endpoint: bool, axis: int) -> Any:
    first, last = tape.symbol(start), tape.symbol(stop)
    parts = num - 1 if endpoint else num
    share = np.arange(float(num)) / max(parts, 1)
    share = share.reshape(-1, *(1,) * max(first.ndim, last.ndim))
    found = first + (last - first) * share
    if endpoint and num > 1:  # the last as it is
        found = np.concatenate([found[:-1], np.broadcast_to(last, found.shape[1:])[None]])
    return np.moveaxis(found, 0, axis) if axis else found


def _linspace(
    tape: Tape,
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    found = _spaced(tape, start, stop, num, endpoint, axis)
    parts = num - 1 if endpoint else num
    return (found, (stop - start) / parts) if retstep else found


def _logspace(
    tape: Tape,
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    return tape.symbol(base) ** _spaced(tape, start, stop, num, endpoint, axis)


def _geomspace(
    tape: Tape,
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    first, last = tape.symbol(start), tape.symbol(stop)
    sign = np.sign(first)
    return sign * np.exp(
        _spaced(tape, np.log(sign * first), np.log(sign * last), num, endpoint, axis)
    )


def _pad(
    tape: Tape,
    array: Any,
    pad_width: Any,
    mode: Any = "constant",
    constant_values: Any = 0,
    reflect_type: str = "even",
) -> Any:
    x, value = tape.symbol(array), constant_values
    index = np.arange(1, x.size + 1).reshape(x.shape)
    if mode == "constant":
        if isinstance(value, Symbol):
            refuse("numpy.pad with values of the trace", "Traced is constant_values= of numbers.")
        places = np.pad(index, pad_width)
        around = np.pad(np.zeros(x.shape), pad_width, constant_values=value)
        whole: Any = np.concatenate([[0.0], x.reshape(-1)])
        return np.where(places > 0, rearranged(whole, lambda index: index[places]), around)
    if mode not in ("edge", "reflect", "symmetric", "wrap") or reflect_type != "even":
        refuse(
            f"numpy.pad with mode={mode!r}",
            "Traced are 'constant', 'edge', 'reflect', 'symmetric' and 'wrap'.",
        )
    return rearranged(x, lambda index: np.pad(index, pad_width, mode=mode))


def _triangle(upper: bool) -> Callable[..., Any]:
    def triangle(tape: Tape, m: Any, k: int = 0) -> Any:
        x = tape.symbol(m)
        if x.ndim == 1:
            x = np.broadcast_to(x, (x.shape[0], x.shape[0]))
        kept = np.tri(x.shape[-2], x.shape[-1], k - 1 if upper else k, dtype=bool)
        return np.where(~kept if upper else kept, x, 0.0)

    return triangle


def _diagflat(tape: Tape, v: Any, k: int = 0) -> Any:
    return np.diag(tape.symbol(v).reshape(-1), k)


def _meshgrid(
    tape: Tape, *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> Any:
    if indexing not in ("xy", "ij"):
        msg = "Valid values for `indexing` are 'xy' and 'ij'."
        raise ValueError(msg)
    axes = [tape.symbol(x).reshape(-1) for x in xi]
    grids = [x.reshape([-1 if i == j else 1 for j in range(len(axes))]) for i, x in enumerate(axes)]
    shape = tuple(len(x) for x in axes)
    if not sparse:
        grids = [np.broadcast_to(grid, shape).copy() for grid in grids]
    return tuple(np.swapaxes(g, 0, 1) if indexing == "xy" and len(axes) > 1 else g for g in grids)


def _apply_along_axis(
    tape: Tape, func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    x = np.moveaxis(tape.symbol(arr), axis, -1)
    rows = x.reshape(-1, x.shape[-1])
    found = np.stack([tape.symbol(func1d(row, *args, **kwargs)) for row in rows])
    whole = found.reshape(*x.shape[:-1], *found.shape[1:])
    return np.moveaxis(whole, -1, axis) if found.ndim > 1 else whole


def _masked(tape: Tape, condition: Any, a: Any, axis: Any = None) -> Any:
    if isinstance(condition, Symbol):
        refuse(
            "elements were chosen by a condition on values", "Use numpy.where, or where= of sums."
        )
    x = tape.symbol(a)
    return rearranged(x, lambda index: np.compress(condition, index, axis))


def _extract(tape: Tape, condition: Any, arr: Any) -> Any:
    if isinstance(condition, Symbol):
        refuse(
            "elements were chosen by a condition on values", "Use numpy.where, or where= of sums."
        )
    return rearranged(tape.symbol(arr), lambda index: np.extract(condition, index))


OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "select": _select,
    "piecewise": _piecewise,
    "choose": _choose,
    "nan_to_num": _nan_to_num,
    "round": _round,
    "around": _round,
    "isclose": _is_close,
    "allclose": _all_close,
    "array_equal": _array_equal,
    "isin": _is_in,
    "isreal": _constant_like(True),
    "iscomplex": _constant_like(False),
    "linspace": _linspace,
    "logspace": _logspace,
    "geomspace": _geomspace,
    "pad": _pad,
    "tril": _triangle(upper=False),
    "triu": _triangle(upper=True),
    "diagflat": _diagflat,
    "meshgrid": _meshgrid,
    "apply_along_axis": _apply_along_axis,
    "compress": _masked,
    "extract": _extract,
}

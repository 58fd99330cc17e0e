"""numpy's other functions on symbols: choices, and whatever moves elements from one place to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus import (
    _assign,
    _makers,
    _matrices,
    _norms,
    _order,
    _picked,
    _products,
    _reductions,
    _samples,
    _special,
    _statistics,
)
from mmlcore.calculus._complex import is_complex
from mmlcore.calculus._fourier import complex_function
from mmlcore.calculus._keywords import call, understood
from mmlcore.calculus._refuse import refuse, untraced
from mmlcore.calculus.symbol import Symbol, Tape, implements, is_truth, rearranged


def _where(tape: Tape, condition: Any, *choices: Any) -> Any:
    if len(choices) != 2:
        refuse(
            "numpy.where with a condition alone", "Its result depends on values: pass both choices."
        )
    return tape.where(tape.symbol(condition), *map(tape.symbol, choices))


def _clip(
    tape: Tape,
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    min: Any = None,  # noqa: A002  (as numpy calls them)
    max: Any = None,  # noqa: A002
) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    result = tape.symbol(a)
    result = result if low is None else np.maximum(result, low)
    return result.copy() if high is None else np.minimum(result, high)


def _filled(tape: Tape, a: Any, value: Any, dtype: Any = None, shape: Any = None) -> Any:
    """Make an array whose elements can be assigned to; one of numpy's if it is to hold other things than numbers."""
    form = np.shape(a) if shape is None else shape
    if dtype is not None and np.dtype(dtype) != np.float64:
        return np.full(form, value, dtype)
    return np.broadcast_to(tape.symbol(value), form).copy()


def _like(value: float) -> Callable[..., Any]:
    def make(tape: Tape, a: Any, dtype: Any = None, shape: Any = None) -> Any:
        return _filled(tape, a, value, dtype, shape)

    return make


def _full_like(tape: Tape, a: Any, fill_value: Any, dtype: Any = None, shape: Any = None) -> Any:
    return _filled(tape, a, fill_value, dtype, shape)


OF_ARRAYS: dict[str, Callable[..., Any]] = {
    **_reductions.OF_ARRAYS,
    **_products.OF_ARRAYS,
    **_matrices.OF_ARRAYS,
    **_norms.OF_ARRAYS,
    **_order.OF_ARRAYS,
    **_statistics.OF_ARRAYS,
    **_samples.OF_ARRAYS,
    **_makers.OF_ARRAYS,
    **_assign.OF_ARRAYS,
    **_special.OF_ARRAYS,
    "zeros_like": _like(0.0),
    "ones_like": _like(1.0),
    "empty_like": _like(0.0),
    "full_like": _full_like,
    "where": _where,
    "clip": _clip,
    "shape": lambda tape, a: a.shape,
    "ndim": lambda tape, a: a.ndim,
    "size": lambda tape, a, axis=None: a.size if axis is None else a.shape[axis],
    "real": lambda tape, val: tape.symbol(val),
    "copy": lambda tape, a: tape.symbol(a).copy(),
}
# Functions that move elements, of one array and of several: they are applied to numbers of elements.
MOVES = frozenset(
    [
        "transpose",
        "permute_dims",
        "matrix_transpose",
        "reshape",
        "ravel",
        "squeeze",
        "expand_dims",
        "swapaxes",
        "moveaxis",
        "rollaxis",
        "flip",
        "fliplr",
        "flipud",
        "roll",
        "rot90",
        "broadcast_to",
        "repeat",
        "tile",
        "take",
        "diagonal",
        "diag",
        "atleast_1d",
        "atleast_2d",
        "atleast_3d",
        "delete",
        "resize",
        "sliding_window_view",
        "unstack",
    ]
)
_SHIFTS = frozenset(["fftshift", "ifftshift"])
_SPLITS = frozenset(["split", "array_split", "hsplit", "vsplit", "dsplit"])
JOINS = _SPLITS | frozenset(
    [
        "concatenate",
        "stack",
        "hstack",
        "vstack",
        "dstack",
        "column_stack",
        "append",
        "broadcast_arrays",
        "block",
        "insert",
    ]
)


# By numpy's own functions, for calls of one symbol and nothing else, as most are: sum 11.6 -> 3.7 us.
_OF_ONE = {
    getattr(np, name): function
    for name, function in OF_ARRAYS.items()
    if getattr(getattr(np, name, None), "__module__", None) == "numpy"
}


@implements("function")
def _call_function(tape: Tape, function: Any, arguments: Any, options: Any) -> Any:
    """Answer numpy's protocol for functions."""
    if len(arguments) == 1 and not options and type(arguments[0]) is Symbol:
        known = _OF_ONE.get(function)
        if known is not None:
            return known(tape, arguments[0])
    if any(type(x) is _picked.Picked for x in arguments):
        return NotImplemented  # which answers itself
    name = function.__name__
    if name in ("zeros_like", "ones_like", "empty_like", "full_like") and "dtype" in options:
        # Arrays of other types are numpy's own.
        return OF_ARRAYS[name](
            tape,
            *arguments,
            **{k: v for k, v in options.items() if k in ("dtype", "shape", "fill_value")},
        )
    home = (getattr(function, "__module__", None) or "numpy").removesuffix("._linalg")
    if home == "numpy.linalg" and name in _matrices.OF_LINALG:
        return call(name, _matrices.OF_LINALG[name], tape, arguments, options)
    if (home == "numpy.fft" and name not in _SHIFTS) or any(map(is_complex, arguments)):
        return complex_function(tape, function, arguments, options)
    if name in OF_ARRAYS:
        return call(name, OF_ARRAYS[name], tape, arguments, options)
    if (name in MOVES or name in _SHIFTS) and arguments and type(arguments[0]) is Symbol:
        if name.startswith("atleast") and len(arguments) > 1:
            return [function(x) for x in arguments]
        if name == "diag" and arguments[0].ndim == 1:
            return _matrix_of_diagonal(tape, *arguments, **options)
        if name == "unstack":
            x: Any = np.moveaxis(tape.symbol(arguments[0]), options.get("axis", 0), 0)
            return tuple(x[i] for i in range(len(x)))
        return rearranged(arguments[0], lambda index: function(index, *arguments[1:], **options))
    if name in JOINS and arguments:
        kept = understood(name, options, frozenset(options) - {"out", "dtype", "casting"})
        return _joined(tape, function, arguments, kept)
    return untraced(f"{home if home.startswith('numpy') else 'numpy'}.{name}")


def _matrix_of_diagonal(tape: Tape, x: Any, k: int = 0) -> Any:
    places = np.diag(np.arange(1, x.size + 1), k)
    index = np.flatnonzero(places).astype(np.int32)
    return Symbol(tape, tape.graph.scatter(x.id, index, places.size), places.shape)


def _joined(tape: Tape, function: Any, arguments: Any, options: Any) -> Any:
    """Number the elements of all arrays among the arguments, let the function move the numbers, and gather."""
    symbols: list[Symbol] = []
    start = 0

    def numbered(item: Any) -> Any:
        nonlocal start
        x = tape.symbol(item)
        symbols.append(x)
        start += x.size
        return np.arange(start - x.size, start, dtype=np.int32).reshape(x.shape)

    def nested(item: Any) -> Any:
        return [nested(part) for part in item] if isinstance(item, list) else numbered(item)

    name, first = function.__name__, arguments[0]
    if name == "block":
        arguments = (nested(first),)
    elif name == "broadcast_arrays":
        arguments = tuple(map(numbered, arguments))
    elif name == "insert":
        arguments = (numbered(first), arguments[1], numbered(arguments[2]), *arguments[3:])
    elif name == "append":
        arguments = (*map(numbered, arguments[:2]), *arguments[2:])
    elif name in _SPLITS:
        arguments = (numbered(first), *arguments[1:])
    else:
        arguments = ([numbered(item) for item in first], *arguments[1:])
    moved = function(*arguments, **options)
    truths = all(map(is_truth, symbols))
    every = tape.graph.concat([x.id for x in symbols])

    def gathered(index: Any) -> Any:
        if isinstance(index, (list, tuple)):
            return type(index)(map(gathered, index))
        found = Symbol(tape, tape.graph.gather(every, np.ravel(index)), np.shape(index))
        return tape.marked(found, truths)

    return gathered(moved)

"""numpy's other functions on symbols: choices, and whatever moves elements from one place to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus import _products, _reductions
from mmlcore.calculus._symbol import Symbol, Tape, rearranged, refuse


def _where(tape: Tape, condition: Any, *choices: Any) -> Any:
    if len(choices) != 2:
        refuse(
            "numpy.where with a condition alone", "Its result depends on values: pass both choices."
        )
    return tape.where(tape.symbol(condition), *map(tape.symbol, choices))


def _clip(tape: Tape, x: Any, a_min: Any = None, a_max: Any = None, **options: Any) -> Any:
    low, high = options.get("min", a_min), options.get("max", a_max)
    result = tape.symbol(x)
    result = result if low is None else np.maximum(result, low)
    return result if high is None else np.minimum(result, high)


def _array_like(value: float | None) -> Callable[..., Any]:
    def make(tape: Tape, x: Any, *fill: Any, **options: Any) -> Any:
        shape = options.get("shape") or np.shape(x)
        return np.full(shape, fill[0] if value is None else value, dtype=np.float64)

    return make


_ON_ONE: dict[str, Callable[..., Any]] = {
    **_reductions.ON_ONE,
    "zeros_like": _array_like(0.0),
    "ones_like": _array_like(1.0),
    "full_like": _array_like(None),
}
_OTHERS: dict[str, Callable[..., Any]] = {
    **_products.OTHERS,
    "where": _where,
    "clip": _clip,
    "shape": lambda tape, x: x.shape,
    "ndim": lambda tape, x: x.ndim,
    "size": lambda tape, x: x.size,
    "real": lambda tape, x: x,
    "copy": lambda tape, x: x,
}
# Functions that move elements, of one array and of several: they are applied to numbers of elements.
_MOVES = frozenset(
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
        "take_along_axis",
    ]
)
_SPLITS = frozenset(["split", "array_split", "hsplit", "vsplit", "dsplit"])
_JOINS = _SPLITS | frozenset(
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
    ]
)


def call_function(tape: Tape, function: Any, arguments: Any, options: Any) -> Any:
    """Answer numpy's protocol for functions."""
    name = function.__name__
    if options.get("out") is not None:
        refuse(f"numpy.{name} was called with `out`", "Traced arrays never change.")
    if name in _ON_ONE:
        return _ON_ONE[name](tape, tape.symbol(arguments[0]), *arguments[1:], **options)
    if name in _OTHERS:
        return _OTHERS[name](tape, *arguments, **options)
    if name in _MOVES and type(arguments[0]) is Symbol:
        if name == "diag" and arguments[0].ndim == 1:
            return _matrix_of_diagonal(tape, *arguments, **options)
        return rearranged(arguments[0], lambda index: function(index, *arguments[1:], **options))
    if name in _JOINS:
        return _joined(tape, function, arguments, options)
    return refuse(
        f"numpy.{name} cannot be traced",
        "Write it with functions that can (see the documentation of mmlcore.calculus), or use mmlcore.finite_difference.",
    )


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
    elif name == "append":
        arguments = (*map(numbered, arguments[:2]), *arguments[2:])
    elif name in _SPLITS:
        arguments = (numbered(first), *arguments[1:])
    else:
        arguments = ([numbered(item) for item in first], *arguments[1:])
    moved = function(*arguments, **options)
    every = tape.graph.concat([x.id for x in symbols])

    def gathered(index: Any) -> Any:
        if isinstance(index, (list, tuple)):
            return type(index)(map(gathered, index))
        return Symbol(tape, tape.graph.gather(every, np.ravel(index)), np.shape(index))

    return gathered(moved)

"""Derivatives by any argument of a function, or by several at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._function import Function
from mmlcore.calculus.memory import traced_with
from mmlcore.calculus.symbol import size_of
from mmlcore.core.arrays import as_array, as_index

Which = int | tuple[int, ...]


def places(argnums: Any, count: int) -> tuple[tuple[int, ...], bool]:
    """Return the numbers of arguments, and whether several were asked for."""
    several = isinstance(argnums, (tuple, list))
    found = []
    for k in argnums if several else (argnums,):
        number = as_index(k, "argnums", -count, count - 1)
        found.append(number % count)
    if len(set(found)) < len(found):
        msg = f"argnums: got {argnums!r}, needed each argument once."
        raise ValueError(msg)
    return tuple(found), several


def by_first(f: Function, k: int) -> Function:
    """Return the function with argument k before the others, which shares its graph."""
    if k == 0:
        return f
    found: Function | None = f._memory.get(f"argument {k} first")
    if found is None:
        found = Function.__new__(Function)
        inputs = (f._inputs[k], *f._inputs[:k], *f._inputs[k + 1 :])
        found._keep(f._tape, inputs, f._output, f.name)
        f._memory[f"argument {k} first"] = found
    return found


def derivatives(f: Function, kind: str, argnums: Which, arguments: tuple[Any, ...]) -> Any:
    """Return a derivative by one argument, or a tuple of those by several."""
    which, several = places(argnums, len(f.shapes))
    if len(arguments) != len(f.shapes):
        msg = f"{f.name}: got {len(arguments)} arguments, needed {len(f.shapes)}."
        raise TypeError(msg)
    if several and kind == "gradient":
        rows = f._evaluate(("gradients", which), arguments)
        return _cut(rows, [f.shapes[k] for k in which])
    found = tuple(
        by_first(f, k)._evaluate(kind, (arguments[k], *arguments[:k], *arguments[k + 1 :]))
        for k in which
    )
    return found if several else found[0]


def _cut(rows: Any, shapes: list[tuple[int, ...]]) -> tuple[Any, ...]:
    ends = np.cumsum([size_of(shape) for shape in shapes])[:-1]
    parts = np.split(rows, ends, axis=-1)
    return tuple(x.reshape(x.shape[:-1] + s) for x, s in zip(parts, shapes, strict=True))


def at_one_point(
    f: Callable[..., Any], kind: str, argnums: Which, arguments: tuple[Any, ...]
) -> Any:
    """Return a derivative where every argument is one array of any shape."""
    names = [f"argument {i}" for i in range(len(arguments))]
    arrays = tuple(as_array(x, name) for x, name in zip(arguments, names, strict=True))
    function = traced_with(f, tuple(x.shape for x in arrays))
    return derivatives(function, kind, argnums, arrays)


def value_and_gradient_of(f: Callable[..., Any], argnums: Which, arguments: tuple[Any, ...]) -> Any:
    """Return the value as well, computed with the gradient."""
    arrays = tuple(as_array(x, f"argument {i}") for i, x in enumerate(arguments))
    function = traced_with(f, tuple(x.shape for x in arrays))
    which, several = places(argnums, len(arrays))
    both = function._evaluate(("value_and_gradients", which), arrays)
    parts = _cut(both[..., 1:], [function.shapes[k] for k in which])
    return both[..., 0], parts if several else parts[0]

"""Traced functions are remembered, as long as nothing that they read is another object."""

from __future__ import annotations

import weakref
from functools import lru_cache
from operator import is_
from types import CellType, CodeType, FunctionType
from typing import Any

from mmlcore.calculus._function import Function, trace
from mmlcore.calculus._symbol import Shape

# Functions that were traced: for each, by the shape of its argument and what it captures.
_traced: weakref.WeakKeyDictionary[Any, dict[Any, tuple[Any, Function]]] = (
    weakref.WeakKeyDictionary()
)


def traced(f: Any, shape: Shape) -> Function:
    """Return f traced for one argument of that shape, from memory if nothing that it captures is another object."""
    if isinstance(f, Function):
        if f.shapes != (shape,):
            msg = f"x: got points of shape {shape}, needed those of {f.name}: {', '.join(map(str, f.shapes))}."
            raise ValueError(msg)
        return f
    captured = captured_by(f)
    try:
        known = _traced.setdefault(f, {})
    except TypeError:  # cannot be remembered
        return trace(f, shape)
    found = known.get(shape)
    if found is not None and len(found[0]) == len(captured) and all(map(is_, found[0], captured)):
        return found[1]
    function = trace(f, shape)
    known[shape] = (captured, function)
    return function


def captured_by(f: Any) -> tuple[Any, ...]:
    """Return the objects that a function's body reads from around it, and so on for functions among them."""
    found: list[Any] = []
    waiting = [f]
    while waiting:
        function = waiting.pop()
        code = getattr(function, "__code__", None)
        if code is None:
            continue
        around = function.__globals__
        read = [x for cell in function.__closure__ or () for x in _contents(cell)]
        read += [around[name] for name in _names(code) if name in around]
        # Those of this package and of numpy do not change.
        waiting += [
            x
            for x in read
            if type(x) is FunctionType
            and not any(x is y for y in found)
            and not (x.__module__ or "").startswith(("mmlcore", "numpy"))
        ]
        found += [code, function.__defaults__, *read]
    return tuple(found)


def _contents(cell: CellType) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:  # not yet filled
        return []


@lru_cache(maxsize=1024)
def _names(code: CodeType) -> tuple[str, ...]:
    """Return the global names that a body and the functions within it may read."""
    inner = (c for c in code.co_consts if isinstance(c, CodeType))
    return tuple({*code.co_names, *(name for c in inner for name in _names(c))})

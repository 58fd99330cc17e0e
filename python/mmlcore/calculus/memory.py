"""Traced functions are remembered, as long as nothing that they read has changed."""

from __future__ import annotations

import weakref
from typing import Any

from mmlcore.calculus._function import Function
from mmlcore.calculus.captured import captured_by
from mmlcore.calculus.symbol import Shape

# Functions that were traced: for each, by the shape of its argument and what it captures.
_traced: weakref.WeakKeyDictionary[Any, dict[Any, tuple[Any, Function]]] = (
    weakref.WeakKeyDictionary()
)


def traced(f: Any, shape: Shape) -> Function:
    """Return f traced for one argument of that shape, from memory if nothing that it captures has changed."""
    if isinstance(f, Function):
        if f.shapes != (shape,):
            msg = f"x: got points of shape {shape}, needed those of {f.name}: {', '.join(map(str, f.shapes))}."
            raise ValueError(msg)
        return f
    try:
        known = _traced.setdefault(f, {})
    except TypeError:  # cannot be remembered
        return Function(f, shape)
    captured = captured_by(f)
    found = known.get(shape)
    if found is not None and captured is not None and found[0] == captured:
        return found[1]
    function = Function(f, shape)
    captured = captured_by(f)  # with what the function changed itself, a counter or a cache
    if captured is not None:
        known[shape] = (captured, function)
    return function

"""Functions of which one sees that they only compute: no effects, nothing but numpy's and math's names, numbers and arrays.

`finite_difference` takes any function, and calls it with one point after the other; one that prints, counts its calls or keeps
what it was given must not notice anything else. One that only computes cannot tell: its trace then gives the same values at
many points at once.
"""

from __future__ import annotations

import dis
import math
import operator
import weakref
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus._function import Function
from mmlcore.calculus.captured import is_stable
from mmlcore.calculus.memory import traced_or_none
from mmlcore.calculus.symbol import Symbol

_DEEP = 6
_BUILTINS = frozenset(
    [
        "abs",
        "len",
        "range",
        "sum",
        "min",
        "max",
        "float",
        "int",
        "round",
        "pow",
        "enumerate",
        "zip",
        "reversed",
    ]
)
_EFFECTS = frozenset(
    [
        "append",
        "copyto",
        "fill",
        "put",
        "place",
        "putmask",
        "put_along_axis",
        "random",
        "resize",
        "save",
        "savetxt",
        "savez",
        "setflags",
        "seterr",
        "errstate",
        "sort",
        "partition",
        "tofile",
        "fromfile",
        "load",
        "loadtxt",
        "genfromtxt",
        "fromregex",
        "memmap",
        "fill_diagonal",
        "lib",
        "test",
    ]
)
_INSTRUCTIONS = ("STORE_ATTR", "STORE_SUBSCR", "STORE_GLOBAL", "DELETE", "IMPORT", "SETUP", "YIELD")
_RAISING = ("RAISE", "PUSH_EXC_INFO", "BEFORE_WITH")
_KINDS = (int, float, complex, str, bool, type(None), np.ufunc, Function)
_CLOSE = 64 * float(np.finfo(float).eps)
_refused: weakref.WeakSet[Any] = weakref.WeakSet()


def program_by_sight(f: Any, point: Any) -> Any:
    """Return the entry of a program that gives f's values; None where f itself has to be called."""
    form: Any = point.shape[0] if point.ndim else ()
    known = _core.known_trace(form, f)
    if known is None or not known[2]._memory.get("by sight"):
        return _looked_at(f, point)
    return known[2]._program("value")


def _looked_at(f: Any, point: Any) -> Any:
    if isinstance(f, Function):
        return f._program("value") if f.shapes == (point.shape,) else None
    if type(f) not in (FunctionType, np.ufunc) or (type(f) is FunctionType and f in _refused):
        return None
    function = None
    if _computes(f, 0):
        function = traced_or_none(f, point.shape)
    if function is None or not _agrees(f, function, point):
        if type(f) is FunctionType:
            _refused.add(f)
        return None
    function._memory["by sight"] = True
    return function._program("value")


def _agrees(f: Any, function: Function, point: Any) -> bool:
    """Tell whether f and its trace have one value at a point, such as not of a function that computes in float32."""
    try:
        own = f(point.copy() if point.ndim else float(point))
    except Exception:  # noqa: BLE001  (f is called again, and says it)
        return False
    own, other = np.asarray(own), function(point)
    if own.dtype.kind not in "fiub" or own.shape != other.shape or not own.size:
        return False
    return bool(np.all(np.abs(own - other) <= _CLOSE * np.abs(own).max()))


def _computes(x: Any, depth: int) -> bool:
    """Tell whether something that a function reads, or the function itself, only computes."""
    if isinstance(x, _KINDS):
        return True
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "fiub"
    if isinstance(x, ModuleType):
        return is_stable(x.__name__)
    if type(x) is tuple:
        return depth < _DEEP and all(_computes(y, depth + 1) for y in x)
    if isinstance(x, BuiltinFunctionType):  # of a module, no method of a list
        own = x.__self__ is None or isinstance(x.__self__, ModuleType)
        return own and _is_pure(x) and x.__module__ != "builtins"
    if type(x) is not FunctionType:
        return getattr(x, "__module__", "").startswith("mmlcore") and hasattr(x, "attach")  # a door
    if is_stable(x.__module__ or ""):
        return _is_pure(x)
    names = _names(x.__code__)
    if names is None or x.__dict__ or depth >= _DEEP:
        return False
    around = x.__globals__
    try:
        read = [cell.cell_contents for cell in x.__closure__ or ()]
    except ValueError:  # not yet filled
        return False
    read += [around[name] for name in names if name in around]
    read += [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
    return all(_known(name) for name in names if name not in around) and all(
        y is x or _computes(y, depth + 1) for y in read
    )


def _is_pure(x: Any) -> bool:
    return is_stable(x.__module__ or "") and x.__name__ not in _EFFECTS


@lru_cache(maxsize=4096)
def _known(name: str) -> bool:
    places = (np, np.linalg, math, operator, Symbol)
    return name in _BUILTINS or (
        name not in _EFFECTS and not name.startswith("_") and any(hasattr(p, name) for p in places)
    )


@lru_cache(maxsize=1024)
def _names(code: CodeType) -> tuple[str, ...] | None:
    """Return the names that a body reads, and the functions within it; None of one that may do more than compute."""
    if code.co_flags & (0x20 | 0x80 | 0x100 | 0x200) and code.co_name != "<genexpr>":
        return None  # a generator or a coroutine
    for step in dis.get_instructions(code):
        name = step.opname
        if name.startswith((*_INSTRUCTIONS, *_RAISING)) and code.co_name != "<genexpr>":
            return None
        if name == "STORE_DEREF" and step.argval in code.co_freevars:
            return None
    names = list(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            further = _names(inner)
            if further is None:
                return None
            names += further
    return tuple(dict.fromkeys(names))

"""What a function reads from around it, by content: so that a trace of it is used as long as nothing of that has changed.

Numbers, texts and small arrays are compared as they are; of arrays of more than some hundred numbers a checksum is, which
changes with every change of one number and is taken at the speed of memory. Lists, dictionaries, sets, attributes of objects,
modules and classes are looked into, and so are the functions among them, partials and bound methods. What cannot be looked
into (a data frame, a random generator, an open file) makes a function one that is traced anew for every call.
"""

from __future__ import annotations

import functools
import math
from functools import lru_cache
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus._function import Function

_SMALL = 2048  # bytes of an array that is compared as it is
_MOST = 4096  # things that are looked at
_DEEP = 24
_FIXED = frozenset(  # what does not change while it is the same object
    [
        BuiltinFunctionType,
        CodeType,
        np.ufunc,
        type(None),
        type(Ellipsis),
        type(NotImplemented),
        Function,
    ]
)
_VALUES = frozenset([int, bool, str, bytes, complex, slice, range])
_STABLE = frozenset(
    ["mmlcore", "numpy", "scipy", "math", "cmath", "builtins", "operator", "functools", "itertools"]
)


class _UnreadableError(Exception):
    """Something cannot be looked into."""


def is_stable(module: str) -> bool:
    """Tell libraries whose modules and functions do not change."""
    return module.partition(".")[0] in _STABLE


def captured_by(f: Any) -> Any:
    """Return what stands for all that f reads, equal as long as it is the same; None where that cannot be told.

    A tuple where it is made of what the kernel knows (`_core.record_of`), else a list.
    """
    record = _core.record_of(f)
    if record is not None:
        return record
    reader = _Reader()
    try:
        reader.read(f, (), 0)
    except (_UnreadableError, RuntimeError):  # a dictionary that changes meanwhile
        return None
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found: list[Any] = []
        self.seen: dict[int, int] = {}
        self.kept: list[Any] = []  # alive while their numbers are used

    def read(self, x: Any, names: tuple[str, ...], depth: int) -> None:
        """Add what stands for x; `names`: attributes that are read of modules and classes."""
        kind = type(x)
        if kind is float:
            self.found += (x, math.copysign(1.0, x)) if x == x else ("nan", 0.0)
            return
        if kind in _VALUES:
            self.found += (kind, x)
            return
        if kind in _FIXED:
            self.found.append(x)
            return
        if kind is ModuleType:
            self._module(x, names, depth)
            return
        if id(x) in self.seen:
            self.found += ("again", self.seen[id(x)])
            return
        if depth > _DEEP or len(self.seen) > _MOST:
            raise _UnreadableError
        self.seen[id(x)] = len(self.seen)
        self.kept.append(x)
        if kind is FunctionType:
            self._function(x, depth)
        elif kind is np.ndarray:
            self._array(x, depth)
        elif kind in (list, tuple, set, frozenset):
            self._items(x, names, depth)
        elif isinstance(x, dict):
            self.found += (kind, len(x))
            for key, value in x.items():
                self.read(key, names, depth + 1)
                self.read(value, names, depth + 1)
        elif isinstance(x, np.generic):
            self.found += (x.dtype, x.tobytes())
        elif kind is MethodType:
            self.read(x.__func__, names, depth + 1)
            self.read(x.__self__, names, depth + 1)
        elif isinstance(x, functools.partial):
            for part in (x.func, x.args, x.keywords):
                self.read(part, names, depth + 1)
        elif isinstance(x, type):
            self._class(x, names, depth)
        else:
            self._object(x, depth)

    def _module(self, x: Any, names: tuple[str, ...], depth: int) -> None:
        self.found.append(x)
        if is_stable(x.__name__):
            return
        around = vars(x)
        for name in names:
            if name in around:
                self.read(around[name], names, depth + 1)

    def _function(self, f: Any, depth: int) -> None:
        code = f.__code__
        self.found.append(code)
        if is_stable(f.__module__ or ""):
            for cell in f.__closure__ or ():
                self._cell(cell, (), depth)
            return
        names, around = _names(code), f.__globals__
        for given in (f.__defaults__, f.__kwdefaults__):
            if given:
                self.read(given, names, depth + 1)
        for cell in f.__closure__ or ():
            self._cell(cell, names, depth)
        for name in names:
            if name in around:
                self.read(around[name], names, depth + 1)
        if f.__dict__:  # f.parameter, and what wraps
            self.read(f.__dict__, names, depth + 1)

    def _cell(self, cell: CellType, names: tuple[str, ...], depth: int) -> None:
        try:
            content = cell.cell_contents
        except ValueError:  # not yet filled
            self.found.append("empty")
            return
        self.read(content, names, depth + 1)

    def _array(self, x: Any, depth: int) -> None:
        self.found += (x.shape, x.dtype)
        if x.dtype.hasobject:
            self._items(x.ravel().tolist(), (), depth)
        elif x.nbytes <= _SMALL:
            self.found.append(x.tobytes())
        else:
            self.found.append(_core.checksum(np.ascontiguousarray(x)))

    def _items(self, items: Any, names: tuple[str, ...], depth: int) -> None:
        self.found += (type(items), len(items))
        for item in items:
            self.read(item, names, depth + 1)

    def _class(self, x: Any, names: tuple[str, ...], depth: int) -> None:
        self.found.append(x)
        if is_stable(x.__module__):
            return
        for name in names:
            for base in x.__mro__:
                if name in vars(base):
                    self._attribute(vars(base)[name], names, depth)
                    break

    def _attribute(self, value: Any, names: tuple[str, ...], depth: int) -> None:
        if isinstance(value, (GetSetDescriptorType, MemberDescriptorType)):
            return
        for inner in (
            "fget",
            "__func__",
            "func",
        ):  # properties, static and class methods, cached properties
            value = getattr(value, inner, None) or value
        self.read(value, names, depth + 1)

    def _object(self, x: Any, depth: int) -> None:
        """An instance: its attributes, and the functions of its class that are not of a library."""
        kind = type(x)
        slots = [name for base in kind.__mro__ for name in _slots(base)]
        own = getattr(x, "__dict__", None)
        if own is None and not slots:
            raise _UnreadableError
        self.found.append(kind)
        if isinstance(x, (np.ndarray, np.random.Generator, np.random.RandomState)):
            raise _UnreadableError
        if isinstance(x, (list, set)):
            self._items(list(x), (), depth)
        for name in slots:
            if hasattr(x, name):
                self.read(getattr(x, name), (), depth + 1)
        if own:
            self.read(own, (), depth + 1)
        if is_stable(kind.__module__):
            return
        for base in kind.__mro__:
            for value in vars(base).values():
                if type(value) in (
                    FunctionType,
                    property,
                    staticmethod,
                    classmethod,
                    functools.cached_property,
                ):
                    self._attribute(value, (), depth)


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))


@lru_cache(maxsize=1024)
def _names(code: CodeType) -> tuple[str, ...]:
    """Return the global names and attributes that a body and the functions within it may read."""
    inner = (c for c in code.co_consts if isinstance(c, CodeType))
    return tuple(dict.fromkeys([*code.co_names, *(name for c in inner for name in _names(c))]))

"""Traced functions are remembered, as long as nothing that they read has changed.

A function is known by its object, while that lives; and by its body and what it reads, so that a lambda that is written within a
loop, a partial or a bound method, of which each pass makes another object, is traced once.
"""

from __future__ import annotations

import functools
import weakref
from collections import OrderedDict
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus._function import Function
from mmlcore.calculus.captured import captured_by
from mmlcore.calculus.symbol import Shape
from mmlcore.core.errors import TraceError

Kept = tuple[Any, dict[Any, Any], Function]  # what the function read, programs, the trace

KNOWN: dict[int, tuple[Any, dict[Any, Kept]]] = _core.traces()
"""By the address of a function: a reference to it, and its traces by the form of the argument, n for vectors (n,)."""
_recent: OrderedDict[tuple[int, Any], list[tuple[Any, str, Kept]]] = OrderedDict()
_BODIES, _OF_ONE = (
    128,
    4,
)  # bodies of which traces are kept when the function is gone, and how many of each
_LIGHT = 1 << 13  # numbers that such a trace may hold


def traced(f: Any, shape: Shape, name: str = "x") -> Function:
    """Return f traced for one argument of that shape, from memory if nothing that it captures has changed; `name`: its own."""
    if isinstance(f, Function):
        if f.shapes != (shape,):
            msg = f"{name}: got points of shape {shape}, needed those of {f.name}: {', '.join(map(str, f.shapes))}."
            raise ValueError(msg)
        return f
    form = shape[0] if len(shape) == 1 else shape
    kept = _core.known_trace(form, f)
    return _looked_up(f, shape, form) if kept is None else kept[2]


def keep_composed(f: Any, path: Any, function: Function) -> None:
    """Keep the trace of f along a path for the door of `total_derivative`: the last one of f."""
    forms, record = _forms_of(f), _core.record_of((f, path))
    if forms is not None and record is not None:
        forms["path"] = record, function._programs, function


def traced_with(f: Any, shapes: tuple[Shape, ...]) -> Function:
    """Return f traced for arguments of these shapes, from memory if nothing that it captures has changed."""
    if isinstance(f, Function):
        if f.shapes != shapes:
            msg = f"{f.name}: got arguments of shapes {shapes}, needed {f.shapes}."
            raise ValueError(msg)
        return f
    place = _Place(f, ("all", shapes))
    kept = place.recalled()
    if kept is not None:
        return kept[2]
    function = Function(f, *shapes)
    place.keep(function._programs, function)
    return function


def traced_or_none(f: Any, shape: Shape) -> Function | None:
    """Return f traced for one argument of that shape; None where it cannot be, which is remembered as well."""
    form = shape, "refused"
    if _core.known_trace(form, f) is not None:
        return None
    place = _Place(f, form)
    if place.recalled() is not None:
        return None
    try:
        return traced(f, shape)
    except (TraceError, ValueError, IndexError, TypeError):
        place.keep({}, None)
        return None


def _looked_up(f: Any, shape: Shape, form: Any) -> Function:
    """Return a trace of the same object that Python has to compare, of the same body, or a new one."""
    place = _Place(f, form)
    kept = place.recalled()
    if kept is not None:
        return kept[2]
    function = Function(f, shape)
    place.keep(function._programs, function)
    return function


class _Place:
    """Where the trace of a function for a form of its argument is kept."""

    __slots__ = ("body", "f", "form", "forms", "name")

    def __init__(self, f: Any, form: Any) -> None:
        self.f, self.form = f, form
        self.forms, self.body = _forms_of(f), _body_of(f)
        self.name = getattr(f, "__name__", "f")

    def recalled(self) -> Kept | None:
        """Return what is kept of the object, or of its body."""
        f, form, forms = self.f, self.form, self.forms
        if forms and (kept := forms.get(form)) is not None and _same(f, kept[0]):
            return kept
        for _, its_name, kept in _recent.get((id(self.body), form), ()):
            if its_name == self.name and _same(f, kept[0]):
                if forms is not None:
                    forms[form] = kept
                return kept
        return None

    def keep(self, programs: dict[Any, Any], function: Any) -> None:
        """Keep a trace, or that there is none, with what the function reads."""
        captured = captured_by(self.f)  # with what it changed itself, a counter or a cache
        if captured is None:
            return
        kept = (captured, programs, function)
        if self.forms is not None:
            self.forms[self.form] = kept
        if self.body is not None and (function is None or function._tape.graph.numbers() <= _LIGHT):
            _note(self.body, self.form, self.name, kept)


def _same(f: Any, record: Any) -> bool:
    """Tell whether f reads what it read when the record was made."""
    if type(record) is tuple:
        return _core.same_record(f, record) is True
    return bool(captured_by(f) == record)


def _forms_of(f: Any) -> dict[Any, Kept] | None:
    """Return the traces of an object; None of one that cannot be remembered."""
    key = id(f)
    entry = KNOWN.get(key)
    if entry is not None and entry[0]() is f:
        return entry[1]
    if isinstance(f, np.ufunc):  # which stays, and takes no weak references
        reference: Any = functools.partial(_itself, f)
    elif isinstance(f, (MethodType, functools.partial)):  # mostly a new object each time
        return None
    else:
        try:
            reference = weakref.ref(f, functools.partial(_forget, key))
        except TypeError:
            return None
    forms: dict[Any, Kept] = {}
    KNOWN[key] = reference, forms
    return forms


def _itself(f: Any) -> Any:
    return f


def _forget(key: int, reference: Any, known: Any = KNOWN) -> None:
    """`known` by itself: the names of a module are gone before the last functions are."""
    entry = known.get(key)
    if entry is not None and entry[0] is reference:
        known.pop(key, None)


def _body_of(f: Any) -> Any:
    """Return what stays the same where functions are made anew: the code."""
    while type(f) is not FunctionType:
        if type(f) is MethodType:
            f = f.__func__
        elif isinstance(f, functools.partial):
            f = f.func
        else:
            return None
    return f.__code__


def _note(body: Any, form: Any, name: str, kept: Kept) -> None:
    """Keep a trace when its function is gone, instead of the oldest."""
    key = id(body), form
    _recent[key] = [*_recent.get(key, ())[1 - _OF_ONE :], (body, name, kept)]
    _recent.move_to_end(key)
    while len(_recent) > _BODIES:
        _recent.popitem(last=False)

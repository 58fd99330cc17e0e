"""Keywords of numpy's functions on symbols: understood, without effect, or refused by name; never ignored."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from mmlcore.calculus._refuse import refuse

NOTHING = np._NoValue  # numpy's own "not given"
# Of how numpy goes about it, not of what comes out.
_WITHOUT_EFFECT = frozenset(["casting", "subok", "order", "optimize", "device", "like"])


def understood(
    name: str, options: dict[str, Any], known: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return the keywords among `known`; raise a TraceError for any other that would change the result."""
    kept = {}
    for key, value in options.items():
        if value is NOTHING:
            continue
        if key == "out" and all(x is None for x in (value if type(value) is tuple else (value,))):
            continue
        if key == "dtype" and (value is None or np.dtype(value) == np.float64):
            continue
        if key in ("out", "dtype"):
            _refused(name, key, value)
        elif key in known:
            kept[key] = value
        elif key in _WITHOUT_EFFECT or (key == "where" and value is True):
            continue
        else:
            _refused(name, key, value)
    return kept


def _refused(name: str, key: str, value: Any) -> None:
    fix = {
        "out": "Traced arrays are made anew: assign the result.",
        "dtype": "Traced values are float64 (float32 where the points are): leave it out.",
        "where": "Use numpy.where.",
    }.get(key, "Write it without.")
    shown = "`out` or `where`" if key in ("out", "where") else f"`{key}={value!r}`"
    refuse(f"numpy.{name} was called with {shown}, which is not traced", fix)


@lru_cache(maxsize=512)
def _parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], frozenset[str], bool]:
    """Return names in order of what may come by position after the tape, all names, and whether any number may come.

    Of the code, which holds them: `inspect.signature` was a quarter of the first gradient of a process.
    """
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = function.__code__
    ordered, named = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    several = bool(code.co_flags & inspect.CO_VARARGS)
    gathered = several + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    names = code.co_varnames
    return names[1:ordered], frozenset(names[1 : named + gathered]), several


def call(name: str, function: Callable[..., Any], tape: Any, arguments: Any, options: Any) -> Any:
    """Call what stands for numpy's function, which has its parameters in the same order, with what was given."""
    names, known, several = _parameters(function)
    if several:
        return function(tape, *arguments, **understood(name, options, known))
    if len(arguments) > len(names):
        msg = f"numpy.{name}: got {len(arguments)} arguments, needed at most {len(names)}."
        raise TypeError(msg)
    given = dict(zip(names, arguments, strict=False))
    if twice := given.keys() & options.keys():
        msg = f"numpy.{name}: got {min(twice)} twice."
        raise TypeError(msg)
    return function(tape, **understood(name, {**given, **options}, known))

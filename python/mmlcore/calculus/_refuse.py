"""Errors of tracing: which line of the user's, what happened there, and what to write instead."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import numpy as np

from mmlcore.core.errors import TraceError

PACKAGE = str(Path(__file__).parent.parent)
NUMPY = str(Path(np.__file__).parent)


class Certain(TraceError):
    """A TraceError of a second trace, which says more than that of the first."""

    __module__, __qualname__ = TraceError.__module__, TraceError.__qualname__


def refuse(what: str, fix: str, kind: type[TraceError] = TraceError) -> NoReturn:
    """Raise a TraceError that names the user's line."""
    frame: FrameType = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith((PACKAGE, NUMPY)):
        frame = frame.f_back
    raise kind(_message(frame.f_code.co_filename, frame.f_lineno, what, fix))


def refuse_at(f: Any, what: str, fix: str) -> NoReturn:
    """Raise a TraceError that names where a function is."""
    code = getattr(getattr(f, "__func__", f), "__code__", None)
    where = (code.co_filename, code.co_firstlineno) if code else (type(f).__name__, 0)
    raise TraceError(_message(where[0], where[1], what, fix))


def untraced(name: str) -> NoReturn:
    """Raise a TraceError for a function of numpy that is not traced."""
    refuse(
        f"{name} cannot be traced",
        "Write it with functions that can (see the documentation of mmlcore.calculus), or use mmlcore.finite_difference.",
    )


def _message(name: str, line: int, what: str, fix: str) -> str:
    code = linecache.getline(name, line).strip()
    where = f"{name}, line {line}" + (f": `{code}`" if code else "")
    return f"{where}: {what}. {fix}"


# What numpy and SciPy say of arrays of objects, which symbols in a list become, and of a symbol as an index.
_SIGNS = (
    "dtype('O')",
    "type object",
    "object array",
    "object dtype",
    "only integers, slices",
    "dtype object",
)


@contextmanager
def numpy_errors() -> Iterator[None]:
    """Say what happened where numpy cannot go on with an array of traced values, which it takes for objects."""
    try:
        yield
    except TraceError:
        raise
    except (TypeError, ValueError, RuntimeError, IndexError) as error:
        if isinstance(error.__cause__, TraceError):  # numpy puts an error of its own before it
            raise error.__cause__ from None
        if not any(sign in str(error) for sign in _SIGNS):
            raise
        name, line, trace = PACKAGE, 0, error.__traceback__
        while trace is not None:
            if not trace.tb_frame.f_code.co_filename.startswith((PACKAGE, NUMPY)):
                name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        if not line:
            raise
        what = (
            f"numpy has no such function of numpy.array([x[0], ...]), an array of objects ({error})"
        )
        fix = "Make the array by numpy.stack or numpy.zeros_like, and see what is traced in the documentation of mmlcore.calculus."
        raise TraceError(_message(name, line, what, fix)) from error

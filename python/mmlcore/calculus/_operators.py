"""The operators and methods of symbols, as arrays have them. Importing this module gives them to `Symbol`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._symbol import OPS, Symbol
from mmlcore.calculus._ufuncs import FUNCTIONS
from mmlcore.core.errors import TraceError


def _binary(
    name: str, swapped: bool = False, negated: bool = False
) -> Callable[[Symbol, Any], Any]:
    op, invert = OPS[name], OPS["logical_not"]

    def method(self: Symbol, other: Any) -> Any:
        tape = self.tape
        try:
            y = tape.symbol(other)
        except (TypeError, ValueError) as error:
            if isinstance(error, TraceError):
                raise
            return NotImplemented
        result = tape.binary(op, y, self) if swapped else tape.binary(op, self, y)
        return tape.unary(invert, result) if negated else result

    return method


def _unary(name: str) -> Callable[[Symbol], Symbol]:
    op = OPS[name]

    def method(self: Symbol) -> Symbol:
        return self.tape.unary(op, self)

    return method


for _name, _op in {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "and": "logical_and",
    "or": "logical_or",
}.items():
    setattr(Symbol, f"__{_name}__", _binary(_op))
    setattr(Symbol, f"__r{_name}__", _binary(_op, swapped=True))
setattr(Symbol, "__lt__", _binary("less"))  # noqa: B010  (mypy would want their types spelt out)
setattr(Symbol, "__le__", _binary("less_equal"))  # noqa: B010
setattr(Symbol, "__gt__", _binary("less", swapped=True))  # noqa: B010
setattr(Symbol, "__ge__", _binary("less_equal", swapped=True))  # noqa: B010
setattr(Symbol, "__eq__", _binary("equal"))  # noqa: B010
setattr(Symbol, "__ne__", _binary("equal", negated=True))  # noqa: B010
setattr(Symbol, "__neg__", _unary("negative"))  # noqa: B010
setattr(Symbol, "__abs__", _unary("absolute"))  # noqa: B010
setattr(Symbol, "__invert__", _unary("logical_not"))  # noqa: B010
setattr(Symbol, "__pos__", lambda self: self)  # noqa: B010


def _pow(self: Symbol, other: Any) -> Symbol:
    return self.tape.power(self, self.tape.symbol(other))


def _rpow(self: Symbol, other: Any) -> Symbol:
    return self.tape.power(self.tape.symbol(other), self)


def _by_numpy(name: str, swapped: bool = False) -> Callable[..., Any]:
    def method(self: Symbol, *arguments: Any, **options: Any) -> Any:
        function = getattr(np, name)
        if swapped:
            return function(arguments[0], self)
        return function(self, *arguments, **options)

    return method


setattr(Symbol, "__pow__", _pow)  # noqa: B010
setattr(Symbol, "__rpow__", _rpow)  # noqa: B010
for _name, _function in {
    "matmul": "matmul",
    "mod": "remainder",
    "floordiv": "floor_divide",
}.items():
    setattr(Symbol, f"__{_name}__", _by_numpy(_function))
    setattr(Symbol, f"__r{_name}__", _by_numpy(_function, swapped=True))
# Methods of arrays; and those by which numpy calls functions on elements of an array of objects.
_METHODS = [
    "sum",
    "prod",
    "mean",
    "var",
    "std",
    "max",
    "min",
    "dot",
    "ravel",
    "squeeze",
    "transpose",
    "swapaxes",
    "repeat",
    "take",
    "clip",
    "cumsum",
    "trace",
    "diagonal",
]
for _name in [*_METHODS, *(name for name in FUNCTIONS if hasattr(np, name))]:
    setattr(Symbol, _name, _by_numpy(_name))
setattr(Symbol, "flatten", _by_numpy("ravel"))  # noqa: B010

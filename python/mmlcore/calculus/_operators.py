"""The operators and methods of symbols, as arrays have them. Importing this module gives them to `Symbol`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._complex import is_complex, of_complex
from mmlcore.calculus._refuse import refuse
from mmlcore.calculus._ufuncs import FUNCTIONS
from mmlcore.calculus._views import update
from mmlcore.calculus.operations import OPS
from mmlcore.calculus.symbol import Symbol, is_truth, may_be_truth
from mmlcore.core.errors import TraceError


def _binary(
    name: str, swapped: bool = False, negated: bool = False
) -> Callable[[Symbol, Any], Any]:
    op, invert = OPS[name], OPS["logical_not"]

    def method(self: Symbol, other: Any) -> Any:
        tape = self.tape
        kind = type(other)
        if kind is Symbol and other.tape is tape:
            y = other
        elif kind is float or kind is int:
            y = Symbol(tape, tape.graph.number(float(other)), ())
        elif is_complex(other):
            return of_complex(tape, name, (other, self) if swapped else (self, other))
        else:
            try:
                y = tape.symbol(other)
            except (TypeError, ValueError) as error:
                if isinstance(error, TraceError):
                    raise
                return NotImplemented
        result = tape.binary(op, y, self) if swapped else tape.binary(op, self, y)
        return tape.unary(invert, result) if negated else result

    return method


def _unary(name: str) -> Callable[[Symbol], Any]:
    op = OPS[name]

    def method(self: Symbol) -> Any:
        return self.tape.unary(op, self)

    return method


def _sum(swapped: bool = False) -> Callable[[Symbol, Any], Any]:
    """The sum; of conditions it is `or`, as of numpy's bool arrays."""
    plain, either = _binary("add", swapped), _binary("logical_or", swapped)

    def method(self: Symbol, other: Any) -> Any:
        if self.tape.truths and is_truth(self) and is_truth(other):
            return either(self, other)
        return plain(self, other)

    return method


def _without_bool(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
    """An operator that numpy does not have of conditions."""

    def method(self: Symbol, *other: Any) -> Any:
        if self.tape.truths and is_truth(self) and all(map(is_truth, other)):
            refuse(
                f"`{name}` of conditions", "Use &, |, ~ and ^; or add 0.0 to make numbers of them."
            )
        return plain(self, *other)

    return method


def _of_bool(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
    """An operator that numpy has of conditions (and of integers, which traced values are not)."""

    def method(self: Symbol, *other: Any) -> Any:
        if not (may_be_truth(self) and all(map(may_be_truth, other))):
            refuse(
                f"`{name}` of values that are no conditions",
                "Compare first, with brackets: (x > 0) & (y > 0); or use numpy.logical_and, logical_or, logical_not.",
            )
        return plain(self, *other)

    return method


def _pow(self: Symbol, other: Any) -> Any:
    if type(other) is int or type(other) is float:  # as most are
        return Symbol(self.tape, self.tape.graph.pow(self.id, float(other)), self.shape)
    if is_complex(other):
        return of_complex(self.tape, "power", (self, other))
    return self.tape.power(self, self.tape.symbol(other))


def _rpow(self: Symbol, other: Any) -> Any:
    if is_complex(other):
        return of_complex(self.tape, "power", (other, self))
    return self.tape.power(self.tape.symbol(other), self)


def _by_numpy(name: str, swapped: bool = False) -> Callable[..., Any]:
    def method(self: Symbol, *arguments: Any, **options: Any) -> Any:
        function = getattr(np, name)
        if swapped:
            return function(arguments[0], self)
        return function(self, *arguments, **options)

    return method


def _in_place(name: str) -> Callable[[Symbol, Any], Any]:
    operator = getattr(Symbol, f"__{name}__")

    def method(self: Symbol, other: Any) -> Any:
        result = operator(self, other)
        return result if result is NotImplemented else update(self, result)

    return method


setattr(Symbol, "__add__", _sum())  # noqa: B010  (mypy would want their types spelt out)
setattr(Symbol, "__radd__", _sum(swapped=True))  # noqa: B010
for _name, _op in {"mul": "multiply", "truediv": "divide"}.items():
    setattr(Symbol, f"__{_name}__", _binary(_op))
    setattr(Symbol, f"__r{_name}__", _binary(_op, swapped=True))
for _name, _op in {"and": "logical_and", "or": "logical_or"}.items():
    _sign = {"and": "&", "or": "|"}[_name]
    setattr(Symbol, f"__{_name}__", _of_bool(_sign, _binary(_op)))
    setattr(Symbol, f"__r{_name}__", _of_bool(_sign, _binary(_op, swapped=True)))
setattr(Symbol, "__xor__", _of_bool("^", _by_numpy("logical_xor")))  # noqa: B010
setattr(Symbol, "__rxor__", _of_bool("^", _by_numpy("logical_xor", swapped=True)))  # noqa: B010
setattr(Symbol, "__sub__", _without_bool("-", _binary("subtract")))  # noqa: B010
setattr(Symbol, "__rsub__", _without_bool("-", _binary("subtract", swapped=True)))  # noqa: B010
setattr(Symbol, "__lt__", _binary("less"))  # noqa: B010
setattr(Symbol, "__le__", _binary("less_equal"))  # noqa: B010
setattr(Symbol, "__gt__", _binary("less", swapped=True))  # noqa: B010
setattr(Symbol, "__ge__", _binary("less_equal", swapped=True))  # noqa: B010
setattr(Symbol, "__eq__", _binary("equal"))  # noqa: B010
setattr(Symbol, "__ne__", _binary("equal", negated=True))  # noqa: B010
setattr(Symbol, "__neg__", _without_bool("-", _unary("negative")))  # noqa: B010
setattr(Symbol, "__abs__", _unary("absolute"))  # noqa: B010
setattr(Symbol, "__invert__", _of_bool("~", _unary("logical_not")))  # noqa: B010
setattr(Symbol, "__pos__", lambda self: self.copy())  # noqa: B010
setattr(Symbol, "__pow__", _pow)  # noqa: B010
setattr(Symbol, "__rpow__", _rpow)  # noqa: B010
for _name, _function in {
    "matmul": "matmul",
    "mod": "remainder",
    "floordiv": "floor_divide",
    "divmod": "divmod",
}.items():
    setattr(Symbol, f"__{_name}__", _by_numpy(_function))
    setattr(Symbol, f"__r{_name}__", _by_numpy(_function, swapped=True))
for _name in ("add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "and", "or", "xor"):
    setattr(Symbol, f"__i{_name}__", _in_place(_name))
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
    "all",
    "any",
    "ravel",
    "squeeze",
    "transpose",
    "swapaxes",
    "repeat",
    "take",
    "clip",
    "cumsum",
    "cumprod",
    "trace",
    "diagonal",
    "argmax",
    "argmin",
    "argsort",
    "searchsorted",
    "compress",
    "choose",
    "round",
    "conj",
]
for _name in [*_METHODS, *(name for name in FUNCTIONS if hasattr(np, name))]:
    setattr(Symbol, _name, _by_numpy(_name))
setattr(Symbol, "compress", lambda self, condition, axis=None: np.compress(condition, self, axis))  # noqa: B010
setattr(Symbol, "real", property(lambda self: self))  # noqa: B010
setattr(Symbol, "imag", property(lambda self: 0.0 * self))  # noqa: B010
setattr(Symbol, "mT", property(lambda self: np.swapaxes(self, -1, -2)))  # noqa: B010
setattr(Symbol, "flat", property(lambda self: self.reshape(-1)))  # noqa: B010
setattr(Symbol, "itemsize", property(lambda self: 8))  # noqa: B010
setattr(Symbol, "nbytes", property(lambda self: 8 * self.size))  # noqa: B010
setattr(Symbol, "flatten", lambda self, order="C": np.ravel(self, order).copy())  # noqa: B010
setattr(Symbol, "fill", lambda self, value: self.__setitem__(..., value))  # noqa: B010
setattr(  # noqa: B010
    Symbol,
    "sort",
    lambda self, axis=-1, **how: self.__setitem__(..., np.sort(self, axis, **how)),
)
setattr(Symbol, "view", lambda self: self[...])  # noqa: B010
setattr(Symbol, "tolist", lambda self: [x.tolist() for x in self] if self.ndim else self)  # noqa: B010
setattr(  # noqa: B010
    Symbol,
    "partition",
    lambda self, kth, axis=-1, **how: self.__setitem__(..., np.partition(self, kth, axis, **how)),
)
setattr(  # noqa: B010
    Symbol,
    "transpose",
    lambda self, *axes: np.transpose(self, (axes if len(axes) != 1 else axes[0]) or None),
)

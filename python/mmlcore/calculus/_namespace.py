"""A function with other names around it: for functions that make arrays of numpy, call math's functions or SciPy's.

``y = np.zeros(3); y[0] = x[0]`` puts a symbol into an array of numbers, ``math.sin(x[0])`` asks it for a number, and many of
SciPy's functions look at their arguments in C: numpy offers no protocol that a symbol could take part in there. So where a
trace fails, the function is tried once more as a copy of itself, whose names `numpy`, `scipy` and `math` stand for spaces in
which those functions take symbols; the functions that it calls are copied likewise. Nothing of the user's is changed, and
other threads see nothing of it.
"""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Callable
from contextvars import ContextVar
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from mmlcore.calculus._functions import JOINS
from mmlcore.calculus._replacements import BUILTINS, CREATORS, number_type, replacement_of
from mmlcore.calculus._views import Own
from mmlcore.calculus.symbol import Symbol, Tape

_SPACES = frozenset(["numpy", "scipy", "math", "mmlcore"])
_FOREIGN = frozenset([*_SPACES, "builtins"])
# Functions of numpy that take lists of arrays as they are.
_OF_LISTS = JOINS | frozenset(["select", "piecewise", "meshgrid", "choose", "multi_dot", "lexsort"])
_PLAIN = (FunctionType, BuiltinFunctionType, np.ufunc, type(np.sum))


def _top(name: str | None) -> str:
    return (name or "").partition(".")[0]


class _Space:
    """A module, or an object of one, in which some functions take symbols."""

    def __init__(self, copier: Copier, inner: Any) -> None:
        self._copier, self._inner = copier, inner

    def __getattr__(self, name: str) -> Any:
        return self._copier.seen(getattr(self._inner, name))


# The trace of the body of a loop, while that is traced.
INNERMOST: ContextVar[Tape | None] = ContextVar("INNERMOST", default=None)


class Copier:
    """Copies functions, of which each sees what `seen` makes of the things around it."""

    def __init__(self, tape: Tape) -> None:
        self.own = tape
        self.memory: dict[int, Any] = {}
        self.kept: list[Any] = []  # alive while their numbers are used

    @property
    def tape(self) -> Tape:
        """The trace that is under way: that of the body of a loop within the function, or the function's."""
        return INNERMOST.get() or self.own

    def seen(self, x: Any) -> Any:
        """Return what the copy sees in place of x."""
        kind = type(x)
        if kind is ModuleType:
            return _Space(self, x) if _top(x.__name__) in _SPACES else x
        if kind is np.ndarray:
            if x.dtype != np.float64:
                return x
            symbol = self.tape.symbol(x)
            symbol.state = Own(frozen=True)
            return symbol
        if kind in (FunctionType, MethodType, functools.partial):
            return self.copied(x)
        return self.replaced(x)

    def replaced(self, x: Any) -> Any:
        """Return the function that takes symbols in place of x, or x."""
        if (maker := CREATORS.get(id(x))) is not None:
            return lambda *arguments, **options: maker(self.tape, x, *arguments, **options)
        other = replacement_of(x)
        if other is None:
            listed = isinstance(x, _PLAIN) and _top(getattr(x, "__module__", "numpy")) == "numpy"
            return _Function(self, x) if listed and x.__name__ not in _OF_LISTS else x
        if isinstance(other, dict):  # an object with methods
            methods = {k: self.either(getattr(x, k), f) for k, f in other.items()}
            return _Object(x, methods)
        return self.either(x, other)

    def either(self, plain: Callable[..., Any], traced: Callable[..., Any]) -> Callable[..., Any]:
        """Call one function of symbols and the other of all else."""

        @functools.wraps(traced)
        def call(*arguments: Any, **options: Any) -> Any:
            if any(map(holds_symbol, (*arguments, *options.values()))):
                return traced(self.tape, *arguments, **options)
            return plain(*arguments, **options)

        return call

    @staticmethod
    def is_user_function(f: Any) -> bool:
        """Tell functions that are copied."""
        if type(f) in (MethodType, functools.partial):
            return True
        if type(f) is not FunctionType:
            return False
        return _top(f.__module__) not in _FOREIGN or f.__code__.co_filename.startswith("<doctest")

    def copied(self, f: Any) -> Any:
        """Return the copy of a function."""
        if type(f) is MethodType:
            return MethodType(self.copied(f.__func__), f.__self__)
        if type(f) is functools.partial:
            return functools.partial(self.copied(f.func), *f.args, **f.keywords)
        if not self.is_user_function(f):
            return self.replaced(f)
        if id(f) in self.memory:
            return self.memory[id(f)]
        names = set(_names_of(f.__code__))
        around = dict(f.__globals__)
        closure = tuple(CellType() for _ in f.__closure__ or ())
        copy = FunctionType(f.__code__, around, f.__name__, f.__defaults__, closure)
        self.memory[id(f)] = copy
        copy.__defaults__ = (
            None if f.__defaults__ is None else tuple(map(self.seen, f.__defaults__))
        )
        if f.__kwdefaults__:
            copy.__kwdefaults__ = {key: self.seen(value) for key, value in f.__kwdefaults__.items()}
        self.kept.append(f)
        for name in names & around.keys():
            around[name] = self.seen(around[name])
        for name in names & BUILTINS.keys() - f.__globals__.keys():
            around[name] = self.either(getattr(builtins, name), BUILTINS[name])
        for name in names & {"float", "int"} - f.__globals__.keys():
            around[name] = number_type(getattr(builtins, name))
        for old, new in zip(f.__closure__ or (), closure, strict=True):
            try:
                new.cell_contents = self.seen(old.cell_contents)
            except ValueError:  # nothing in it yet
                continue
        return copy


class _Object:
    def __init__(self, inner: Any, methods: dict[str, Callable[..., Any]]) -> None:
        self._inner, self._methods = inner, methods

    def __getattr__(self, name: str) -> Any:
        return self._methods[name] if name in self._methods else getattr(self._inner, name)


class _Function:
    """A function of numpy, which makes arrays of objects of lists with symbols: they are made symbols before."""

    def __init__(self, copier: Copier, inner: Any) -> None:
        self._copier, self._inner = copier, inner

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        given = [
            self._copier.tape.symbol(x) if isinstance(x, (list, tuple)) and holds_symbol(x) else x
            for x in arguments
        ]
        return self._inner(*given, **options)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return _Function(self._copier, found) if callable(found) else found


def holds_symbol(x: Any) -> bool:
    """Tell whether a symbol is x, or among its items."""
    if type(x) is Symbol:
        return True
    if isinstance(x, (list, tuple)):
        return any(map(holds_symbol, x))
    return (
        type(x) is np.ndarray and x.dtype == object and any(map(holds_symbol, x.ravel().tolist()))
    )


def _names_of(code: CodeType) -> list[str]:
    names = [*code.co_names, *code.co_freevars]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _names_of(constant)
    return names


def with_traced_names(f: Any, tape: Tape) -> Any:
    """Return a copy of f that sees functions which take symbols; f itself where nothing is to be replaced."""
    return Copier(tape).copied(f)


# Names by which numbers are drawn, or generators known.
_DRAWING = frozenset(
    [
        "random",
        "rand",
        "randn",
        "randint",
        "normal",
        "standard_normal",
        "uniform",
        "integers",
        "choice",
        "shuffle",
        "permutation",
        "gauss",
        "normalvariate",
        "rvs",
        "rng",
        "generator",
        "poisson",
        "exponential",
        "binomial",
        "multivariate_normal",
        "betavariate",
        "expovariate",
        "triangular",
        "sample",
    ]
)


# What most names stand for, which is no generator and calls none: told without a look at its attributes, 10.8 -> 4.4 us a trace.
_NO_SOURCES = frozenset(
    [
        ModuleType,
        BuiltinFunctionType,
        np.ufunc,
        np.ndarray,
        float,
        int,
        type,
        type(None),
        list,
        tuple,
    ]
)


def generators(f: Any) -> list[Any] | None:
    """Return generators that f and what it calls can see; None where nothing looks as if numbers were drawn."""
    waiting, seen, found, draws = [f], {id(f)}, [], False
    while waiting:
        x = waiting.pop()
        x = getattr(x, "__func__", x)
        code = getattr(x, "__code__", None)
        if code is None:
            continue
        names = _names_of(code)
        draws = draws or not _DRAWING.isdisjoint(names)
        around = list(map(x.__globals__.get, names))
        for cell in x.__closure__ or ():
            try:
                around.append(cell.cell_contents)
            except ValueError:
                continue
        for y in around:
            kind = type(y)
            if kind in _NO_SOURCES:
                continue
            if kind is FunctionType and id(y) not in seen and _top(y.__module__) not in _FOREIGN:
                seen.add(id(y))
                waiting.append(y)
            elif hasattr(kind, "bit_generator") or hasattr(kind, "getstate"):
                found.append(y)
    return found if draws or found else None


def state_of(found: list[Any]) -> Any:
    """Return what changes when numbers are drawn from these generators, or from those that all share."""
    shared = [np.random.mtrand._rand, sys.modules.get("random")]
    return repr(
        [
            x.getstate()
            if hasattr(x, "getstate")
            else x.bit_generator.state
            if hasattr(x, "bit_generator")
            else x.get_state()
            for x in (*shared, *found)
            if x is not None
        ]
    )

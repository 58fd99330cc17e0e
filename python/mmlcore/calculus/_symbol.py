"""Symbols: what a traced function is called with. They answer as arrays do, and every operation becomes a node of a graph."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from mmlcore import _core
from mmlcore.core.errors import TraceError

OPERANDS = dict(_core.graph_operations())  # of each operation, if it is elementwise; else 0
OPS = {name: number for number, name in enumerate(OPERANDS)}
Shape = tuple[int, ...]

_PACKAGE = str(Path(__file__).parent.parent)
_NUMPY = str(Path(np.__file__).parent)


def refuse(what: str, fix: str) -> NoReturn:
    """Raise a TraceError that names the user's line."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith((_PACKAGE, _NUMPY)):
        frame = frame.f_back
    name, line = frame.f_code.co_filename, frame.f_lineno
    code = linecache.getline(name, line).strip()
    where = f"{name}, line {line}" + (f": `{code}`" if code else "")
    msg = f"{where}: {what}. {fix}"
    raise TraceError(msg)


class Tape:
    """A graph, and the symbols that stand for its nodes."""

    __slots__ = ("graph",)

    def __init__(self) -> None:
        self.graph = _core.FunctionGraph()

    def input(self, shape: Shape) -> Symbol:
        """Make a new argument."""
        return Symbol(self, self.graph.input(size_of(shape)), shape)

    def symbol(self, x: Any) -> Any:
        """Turn what stands beside a symbol in an operation into one."""
        if type(x) is Symbol:
            if x.tape is not self:
                refuse(
                    "a value of another trace was used",
                    "Use values of the function's own arguments.",
                )
            return x
        if isinstance(x, (float, int)):
            return Symbol(self, self.graph.number(float(x)), ())
        if isinstance(x, (list, tuple)) and contains_symbol(x):
            return self.stack([self.symbol(item) for item in x])
        if isinstance(x, np.ma.MaskedArray):
            refuse("a masked array met a traced one", "Fill the gaps first: x.filled(value).")
        a = np.asarray(x)
        if a.dtype == object:
            if not a.ndim:
                refuse(
                    f"a value of type {type(x).__name__} stands where a number is needed",
                    "Traced functions compute with numbers and arrays of them, and return one.",
                )
            items = [self.symbol(item) for item in a.ravel().tolist()]
            return self.stack(items).reshape(*a.shape, *(items[0].shape if items else ()))
        if a.dtype.kind not in "biuf":
            refuse(
                f"an array of {a.dtype} met a traced one",
                "Traced functions compute with real numbers.",
            )
        return Symbol(self, self.graph.constant(np.asarray(a, dtype=np.float64).ravel()), a.shape)

    def stack(self, items: Sequence[Symbol]) -> Symbol:
        """Make one array of arrays of one shape, along a new first axis."""
        shape = items[0].shape if items else ()
        if any(item.shape != shape for item in items):
            refuse("arrays of several shapes were put into one", "Stack arrays of one shape.")
        return Symbol(self, self.graph.concat([item.id for item in items]), (len(items), *shape))

    def unary(self, op: int, x: Symbol) -> Symbol:
        """Elementwise."""
        return Symbol(self, self.graph.unary(op, x.id), x.shape)

    def binary(self, op: int, x: Symbol, y: Symbol) -> Symbol:
        """Elementwise, with numpy's broadcasting."""
        if x.shape == y.shape or not y.shape:
            shape = x.shape
        elif not x.shape:
            shape = y.shape
        else:
            shape = np.broadcast_shapes(x.shape, y.shape)
            x, y = spread(x, shape), spread(y, shape)
        return Symbol(self, self.graph.binary(op, x.id, y.id), shape)

    def power(self, x: Symbol, y: Symbol) -> Symbol:
        """x to the y; y a number if it is one."""
        if not y.shape and self.graph.is_constant(y.id):
            return Symbol(self, self.graph.pow(x.id, float(self.graph.values(y.id)[0])), x.shape)
        return self.binary(OPS["power"], x, y)

    def where(self, condition: Symbol, x: Symbol, y: Symbol) -> Symbol:
        """Elements of x where the condition is not zero, else of y."""
        shape = np.broadcast_shapes(condition.shape, x.shape, y.shape)
        parts = [spread(part, shape).id for part in (condition, x, y)]
        node = self.graph.full(self.graph.select(*parts), size_of(shape))
        return Symbol(self, node, shape)


class Symbol:
    """An array of a traced function: a node of a graph with a shape."""

    __slots__ = ("id", "shape", "tape")
    __hash__ = None  # type: ignore[assignment]  # == is an operation

    def __init__(self, tape: Tape, node: int, shape: Shape) -> None:
        self.tape, self.id, self.shape = tape, node, shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return size_of(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64, whatever the points will be."""
        return np.dtype(np.float64)

    @property
    def T(self) -> Symbol:
        """Axes in reversed order."""
        return rearranged(self, np.transpose)

    def __repr__(self) -> str:
        """Say what it is."""
        return f"Symbol(shape={self.shape})"

    def __len__(self) -> int:
        """Length of the first axis."""
        if not self.shape:
            msg = "len() of a traced number"
            raise TypeError(msg)
        return self.shape[0]

    def __iter__(self) -> Iterator[Symbol]:
        """Go along the first axis."""
        return iter([self[i] for i in range(len(self))])

    def __getitem__(self, key: Any) -> Symbol:
        """Pick elements, by any index of numpy that does not depend on values."""
        if type(key) is int and len(self.shape) == 1:
            n = self.shape[0]
            if not -n <= key < n:
                msg = f"index {key} is out of bounds for axis 0 with size {n}"
                raise IndexError(msg)
            return Symbol(self.tape, self.tape.graph.element(self.id, key % n), ())
        if contains_symbol(key if isinstance(key, tuple) else (key,)):
            refuse("an index depends on a value", "Choose by numpy.where(condition, a, b).")
        return rearranged(self, lambda index: index[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        """Refuse: values never change."""
        refuse(
            "an element was assigned to",
            "Make a new array: numpy.stack, numpy.concatenate, numpy.where.",
        )

    def __bool__(self) -> NoReturn:  # noqa: PLE0304
        """Refuse: a branch would be taken once for all points."""
        refuse(
            "a branch (`if`, `while`, `and`, `or`, `not`, a chained comparison) depends on a value",
            "Use numpy.where(condition, a, b), and &, |, ~ for conditions.",
        )

    def __float__(self) -> float:
        """Refuse."""
        refuse(
            "a number was asked of a traced value (float(), int(), math.sin() and the like)",
            "Use numpy's functions: numpy.sin(x).",
        )

    __int__ = __index__ = __complex__ = __float__

    def __round__(self, digits: int = 0) -> NoReturn:
        """Refuse."""
        refuse(
            "round() of a traced value",
            "Its derivative is zero or none; numpy.floor and numpy.ceil are traced.",
        )

    def reshape(self, *shape: Any) -> Symbol:
        """Give the elements another shape."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        # numpy finds out what -1 is, and refuses what does not fit.
        found = np.empty(self.shape, dtype=np.int8).reshape(wanted).shape
        return Symbol(self.tape, self.id, found)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Take part in numpy's elementwise functions."""
        from mmlcore.calculus._ufuncs import call_ufunc  # noqa: PLC0415  (they need symbols themselves)

        return call_ufunc(self.tape, ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        """Take part in numpy's other functions."""
        from mmlcore.calculus._functions import call_function  # noqa: PLC0415

        return call_function(self.tape, function, arguments, options)


def is_symbol(x: object) -> bool:
    """Tell a symbol from what stands for numbers."""
    return type(x) is Symbol


def size_of(shape: Shape) -> int:
    """Return the number of elements."""
    size = 1
    for n in shape:
        size *= n
    return size


def needed(graph: Any, output: int) -> list[int]:
    """Return the nodes that a node is made of, and itself, in the order in which they can be computed."""
    seen, waiting = {output}, [output]
    while waiting:
        fresh = [x for x in graph.describe(waiting.pop())[2] if x not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return sorted(seen)


def contains_symbol(items: Sequence[Any]) -> bool:
    """Tell whether a nested sequence holds a symbol."""
    return any(
        type(x) is Symbol or (isinstance(x, (list, tuple)) and contains_symbol(x)) for x in items
    )


def rearranged(x: Symbol, function: Callable[[Any], Any]) -> Symbol:
    """Apply a function that only moves elements to their numbers, and then to the elements."""
    index = function(np.arange(x.size, dtype=np.int32).reshape(x.shape))
    return Symbol(x.tape, x.tape.graph.gather(x.id, np.ravel(index)), np.shape(index))


def spread(x: Symbol, shape: Shape) -> Symbol:
    """Bring an operand to where the graph's own repetition of leading axes gives numpy's broadcasting."""
    trimmed = x.shape
    while trimmed and trimmed[0] == 1:
        trimmed = trimmed[1:]
    if trimmed == shape[len(shape) - len(trimmed) :]:
        return x
    return rearranged(x, lambda index: np.broadcast_to(index, shape))

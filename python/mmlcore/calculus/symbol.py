"""Symbols: what a traced function is called with. They answer as arrays do, and every operation becomes a node of a graph."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus._refuse import NUMPY, refuse, untraced
from mmlcore.calculus._views import Own, View, current, element, picked, places_of, put, reshaped
from mmlcore.calculus.operations import OPERATIONS, OPS
from mmlcore.core.arrays import is_masked
from mmlcore.core.errors import TraceError

_TRUTHS = frozenset(OPS[row.name] for row in OPERATIONS if row.truth)
Shape = tuple[int, ...]
ANY_ORDER = 1 << 30

# What numpy computes with whatever has + and /, unless it has a type.
_PLAIN = ("_mean", "_var", "_std")
# What numpy's functions do with symbols, by the method of a ufunc, and "function" for functions that are none.
ANSWERS: dict[str, Callable[..., Any]] = {}


def implements(kind: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a function answer numpy for symbols; `kind` as in `ANSWERS`."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        ANSWERS[kind] = function
        return function

    return register


class Tape:
    """A graph, and the symbols that stand for its nodes."""

    __slots__ = ("graph", "orders", "refused", "truths", "whole")

    def __init__(self) -> None:
        self.graph = _core.FunctionGraph()
        self.truths: set[int] = set()  # nodes that are bool in numpy
        self.whole: set[int] = set()  # nodes that are integers in numpy
        self.refused: TraceError | None = None  # what a function may have caught
        self.orders = ANY_ORDER  # of derivatives that hold: problems solved inside have some

    def input(self, shape: Shape) -> Symbol:
        """Make a new argument."""
        return Symbol(self, self.graph.input(size_of(shape)), shape)

    def argument(self, x: Symbol) -> Symbol:
        """Make a twin of an input, for the function: whose elements it may not assign to."""
        twin = Symbol(self, x.id, x.shape)
        twin.state = Own(frozen=True)
        return twin

    def marked(self, x: Symbol, truth: bool = True) -> Symbol:
        """Note that a node is bool in numpy."""
        if truth and not self.graph.is_constant(x.id):
            self.truths.add(x.id)
        return x

    def counted(self, x: Any) -> Any:
        """Note that a node is integer in numpy: a place, which may be an index."""
        self.whole.add(x.id)
        return x

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
        if is_masked(x):
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
        node = self.graph.concat([item.id for item in items])
        return self.marked(
            Symbol(self, node, (len(items), *shape)), bool(items) and all(map(is_truth, items))
        )

    def unary(self, op: int, x: Any) -> Any:
        """Elementwise."""
        result = Symbol(self, self.graph.unary(op, x.id), x.shape)
        return self.marked(result) if op in _TRUTHS else result

    def binary(self, op: int, x: Any, y: Any) -> Any:
        """Elementwise, with numpy's broadcasting."""
        if x.shape == y.shape or not y.shape:
            shape = x.shape
        elif not x.shape:
            shape = y.shape
        else:
            shape = np.broadcast_shapes(x.shape, y.shape)
            x, y = spread(x, shape), spread(y, shape)
        a = x.node if x.state is None else current(x)
        b = y.node if y.state is None else current(y)
        result = Symbol(self, self.graph.binary(op, a, b), shape)
        return self.marked(result) if op in _TRUTHS else result

    def power(self, x: Any, y: Any) -> Any:
        """x to the y; y a number if it is one."""
        if not y.shape and self.graph.is_constant(y.id):
            return Symbol(self, self.graph.pow(x.id, float(self.graph.values(y.id)[0])), x.shape)
        return self.binary(OPS["power"], x, y)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """Elements of x where the condition is not zero, else of y."""
        shape = np.broadcast_shapes(condition.shape, x.shape, y.shape)
        parts = [spread(part, shape).id for part in (condition, x, y)]
        node = self.graph.full(self.graph.select(*parts), size_of(shape))
        return self.marked(Symbol(self, node, shape), is_truth(x) and is_truth(y))


class Symbol:
    """An array of a traced function: a node of a graph with a shape.

    Slices and transposes are views, as numpy's are, and elements can be assigned to: see `_views`.
    """

    __slots__ = ("node", "shape", "state", "tape")
    __hash__ = None  # type: ignore[assignment]  # == is an operation

    def __init__(self, tape: Tape, node: int, shape: Shape) -> None:
        self.tape, self.node, self.shape = tape, node, shape
        self.state: Any = None  # a view's base, or what was assigned

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What numpy has in its place, for functions that ask ``isinstance(x, float)``; `type` tells the truth."""
        return np.ndarray if self.shape else np.float64

    @property
    def id(self) -> int:
        """The node with the values of now."""
        return self.node if self.state is None else current(self)

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
        caller = sys._getframe(1).f_code
        if caller.co_name in _PLAIN and caller.co_filename.startswith(NUMPY):
            msg = "numpy's mean of an array of symbols makes a number of it if it has a type"
            raise AttributeError(msg)
        return np.dtype(np.float64)

    @property
    def T(self) -> Symbol:
        """Axes in reversed order."""
        return rearranged(self, np.transpose)

    def __getattr__(self, name: str) -> Any:
        """Say that a method of arrays is not traced."""
        if not name.startswith("_") and hasattr(np.ndarray, name):
            untraced(f"The method `{name}` of arrays")
        msg = f"'Symbol' object has no attribute '{name}'"
        raise AttributeError(msg)

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

    def __getitem__(self, key: Any) -> Any:
        """Pick elements, by any index of numpy that does not depend on values."""
        if type(key) is int and len(self.shape) == 1:
            n = self.shape[0]
            if not -n <= key < n:
                msg = f"index {key} is out of bounds for axis 0 with size {n}"
                raise IndexError(msg)
            tape, state = self.tape, self.state
            plain = state is None or (type(state) is Own and state.order is None)
            node = tape.graph.element(self.node, key % n) if plain else element(self, key % n)
            found = Symbol(tape, node, ())
            return tape.marked(found) if tape.truths and is_truth(self) else found
        if contains_symbol(key if isinstance(key, tuple) else (key,)):
            return chosen(self, key)
        return rearranged(self, lambda index: index[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        """Assign to elements, as numpy does, of arrays that the function has made."""
        if type(key) is Symbol and is_truth(key) and hasattr(type(value), "whole"):
            value, key = ANSWERS["put"](self, key, value), ...
        if type(key) is Symbol and is_truth(key) and key.shape == self.shape and not np.ndim(value):
            value, key = self.tape.where(key, self.tape.symbol(value), self), ...
        if contains_symbol(key if isinstance(key, tuple) else (key,)):
            refuse("an index depends on a value", "Choose by numpy.where(condition, a, b).")
        base, places = places_of(self)
        if type(base.state) is Own and base.state.frozen:
            refuse(
                "an element was assigned to",
                "Make a new array: numpy.zeros_like(x) or x.copy(), whose elements can be assigned to, or numpy.stack, "
                "numpy.concatenate, numpy.where.",
            )
        if not places.flags.writeable:
            msg = "assignment destination is read-only"
            raise ValueError(msg)
        put(base, np.asarray(places[key]), self.tape.symbol(value))

    def copy(self, order: str = "C") -> Symbol:  # noqa: ARG002
        """Return an array of its own with the same numbers."""
        return Symbol(self.tape, self.id, self.shape)

    def reshape(self, *shape: Any, order: str = "C", copy: Any = None) -> Symbol:  # noqa: ARG002
        """Give the elements another shape."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        if order == "C" and (found := reshaped(self, wanted)) is not None:
            return found  # type: ignore[no-any-return]
        return rearranged(self, lambda index: index.reshape(wanted, order=order))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Take part in numpy's elementwise functions."""
        answer = ANSWERS.get(method)
        if answer is None:
            untraced(f"numpy.{ufunc.__name__}.{method}")
        return answer(self.tape, ufunc.__name__, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        """Take part in numpy's other functions."""
        return ANSWERS["function"](self.tape, function, arguments, options)


def chosen(x: Any, key: Any) -> Any:
    """Take elements along the first axis at places that depend on values, and are integers: those of argsort, argmax."""
    if type(key) is Symbol and is_truth(key):
        return ANSWERS["pick"](x, key)
    if type(key) is not Symbol or not is_whole(key) or not x.shape:
        refuse("an index depends on a value", "Choose by numpy.where(condition, a, b).")
    tape, n = x.tape, x.shape[0]
    places: Any = key
    places = tape.where(places < 0, places + n, places).reshape(-1)
    tail = size_of(x.shape[1:])
    spread_out = rearranged(places, lambda index: np.repeat(index, tail))
    node = tape.graph.line(OPS["pick"], x.id, spread_out.id, (1, n, tail), places.size * tail)
    return Symbol(tape, node, (*key.shape, *x.shape[1:]))


def is_whole(x: Any) -> bool:
    """Tell places (integers in numpy) from other numbers."""
    return type(x) is Symbol and x.id in x.tape.whole


def is_symbol(x: object) -> bool:
    """Tell a symbol from what stands for numbers."""
    return type(x) is Symbol


def size_of(shape: Shape) -> int:
    """Return the number of elements."""
    size = 1
    for n in shape:
        size *= n
    return size


def contains_symbol(items: Sequence[Any]) -> bool:
    """Tell whether a nested sequence holds a symbol."""
    return any(
        type(x) is Symbol or (isinstance(x, (list, tuple)) and contains_symbol(x)) for x in items
    )


def rearranged(x: Any, function: Callable[[Any], Any]) -> Symbol:
    """Apply a function that only moves elements to their numbers, and then to the elements.

    What is a view of the numbers is one of the elements.
    """
    base, start = places_of(x)
    index = function(start)
    result = Symbol(x.tape, picked(base, np.ravel(index)), np.shape(index))
    x.tape.marked(result, is_truth(x))
    if is_whole(x):
        x.tape.counted(result)
    if type(index) is np.ndarray and index.ndim and np.may_share_memory(index, start):
        result.state = View(base, index)
    return result


def is_truth(x: Any) -> bool:
    """Tell conditions (bool arrays in numpy) from numbers."""
    if type(x) is Symbol:
        return x.id in x.tape.truths
    return isinstance(x, (bool, np.bool_)) or (isinstance(x, np.ndarray) and x.dtype == bool)


def may_be_truth(x: Any) -> bool:
    """Tell conditions, and numbers 0 and 1 that a comparison of constants may have given, from other numbers."""
    if type(x) is Symbol and x.tape.graph.is_constant(x.id):
        return bool(np.isin(x.tape.graph.values(x.id), (0.0, 1.0)).all())
    return is_truth(x)


def spread(x: Symbol, shape: Shape) -> Symbol:
    """Bring an operand to where the graph's own repetition of leading axes gives numpy's broadcasting."""
    trimmed = x.shape
    while trimmed and trimmed[0] == 1:
        trimmed = trimmed[1:]
    if trimmed == shape[len(shape) - len(trimmed) :]:
        return x
    return rearranged(x, lambda index: np.broadcast_to(index, shape))

"""Traced functions: a graph with its arguments and its result, its derivatives, and the programs that compute them."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.calculus._derive import derive, limit_orders
from mmlcore.calculus._files import load, save
from mmlcore.calculus._latex import latex
from mmlcore.calculus._namespace import generators, state_of, with_traced_names
from mmlcore.calculus._polynomial import TaylorSeries
from mmlcore.calculus._refuse import Certain, numpy_errors, refuse_at
from mmlcore.calculus._render import render
from mmlcore.calculus._traced import Traced
from mmlcore.calculus.nodes import needed, restore, stored
from mmlcore.calculus.symbol import ANY_ORDER, Shape, Symbol, Tape, is_symbol, size_of
from mmlcore.core.arrays import Array, as_array, as_arrays, as_index, empty, shape_error
from mmlcore.core.door import into
from mmlcore.core.errors import TraceError

Entry = tuple[
    _core.Program, Any, Shape, Any
]  # with its handle, shape of the result, shapes of the arguments
_deriving = (
    threading.RLock()
)  # derivatives are appended to the graph of their function, by one thread at a time


class Function(Traced):
    """A function of arrays, traced once: called with one point or with many, and differentiated exactly.

    Python calls it once, with symbols, and what it does is kept. Leading axes of the arguments are points, as in numpy.linalg:
    a function of a vector of n numbers takes (..., n). Methods differentiate with respect to the first argument. Functions
    pickle; ``print`` shows the mathematics.

    Parameters
    ----------
    f : callable
        Of one or more arrays, made of operators, numpy's functions (elementwise ones, sums, products, means, norms,
        rearrangements, ``where``), Python control flow that does not depend on values, and constants and arrays around it.
        What it captures is read now: later changes are not seen.
    *shapes : int or tuple of int
        Shapes of the arguments for one point: ``()`` a number, ``3`` a vector. None given: every argument is a number.

    Attributes
    ----------
    shapes : tuple of tuple
        Shapes of the arguments for one point.
    shape : tuple
        Shape of the result for one point.
    flops : float
        Operations on numbers for one point, an elementary function counted as one.
    slots : int
        Numbers that one point needs at once.

    Raises
    ------
    TraceError
        A branch depends on a value, or a function cannot be traced. The message names the line and the fix.

    Notes
    -----
    Common subexpressions are computed once, constants are folded, and what the result does not need does not run. Derivatives are
    operations on the same graph [1]_, made when they are first asked for. Cost: some microseconds an operation, once. Values are
    computed block by block of points that fit the first-level cache, in SIMD vectors, on all threads; elementary functions are
    within 2 units in the last place, float32 points are computed in float32 (within 4). One point of a function that sums over rows of data
    (captured, or further arguments: minibatches) takes one pass over the rows, in blocks, on all threads, with the same result for any
    number of them.

    References
    ----------
    .. [1] A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed. (2008).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> f = mml.Function(lambda x: x[0] ** 2 * x[1], 2)
    >>> float(f([3.0, 5.0])), f.gradient([3.0, 5.0])
    (45.0, array([30.,  9.]))
    >>> print(f)
    f(x) = x[0]^2 * x[1]
    >>> mml.Function(lambda x, y: np.exp(-x) * y)([0.0, 1.0], 2.0).round(4)
    array([2.    , 0.7358])
    """

    def __init__(self, f: Any, *shapes: int | tuple[int, ...]) -> None:
        if not callable(f):
            msg = f"f: got {f!r} of type {type(f).__name__}, needed a function."
            raise TypeError(msg)
        forms = tuple(_shape(shape, i) for i, shape in enumerate(shapes or ((),) * _arity(f)))
        try:
            with numpy_errors():
                tape, inputs, result = _traced(f, forms)
        except (TraceError, TypeError, ValueError, AttributeError, IndexError):
            again = _traced_again(f, forms)
            if again is None:
                raise
            tape, inputs, result = again
        name = getattr(f, "__name__", "f")
        output = Symbol(tape, result.id, result.shape)
        self._keep(tape, inputs, output, name if name.isidentifier() else "f")

    def _keep(self, tape: Tape, inputs: tuple[Symbol, ...], output: Symbol, name: str) -> None:
        Traced.__init__(self, tape, inputs, output, name)
        self._programs: dict[Any, Entry] = {}

    @property
    def flops(self) -> float:
        """Operations on numbers for one point."""
        return self._program("value")[0].flops

    @property
    def slots(self) -> int:
        """Numbers that one point needs at once."""
        return self._program("value")[0].slots

    def __call__(self, *arguments: ArrayLike, out: Array | None = None) -> Array:
        """Return the values (..., *shape) at points (..., *shapes[i]), in `out` if it is given: of their shape and type.

        It may overlap an argument; the same holds for `out` of the methods.
        """
        if arguments and is_symbol(arguments[0]):
            return self._replay(arguments)  # type: ignore[no-any-return]
        return self._evaluate("value", arguments, out)

    def gradient(self, *arguments: ArrayLike, out: Array | None = None) -> Array:
        """Return the gradients (..., n) of a function of one number as its result, by the first argument."""
        return self._evaluate("gradient", arguments, out)

    def value_and_gradient(
        self, *arguments: ArrayLike, out: tuple[Array, Array] | None = None
    ) -> tuple[Array, Array]:
        """Return values (...) and gradients (..., n)."""
        both = self._evaluate("value_and_gradient", arguments)
        found = both[..., 0], both[..., 1:].reshape(both.shape[:-1] + self.shapes[0])
        return found if out is None else into(out, found)

    def jacobian(self, *arguments: ArrayLike, out: Array | None = None) -> Array:
        """Return the Jacobians (..., m, n)."""
        return self._evaluate("jacobian", arguments, out)

    def hessian(self, *arguments: ArrayLike, out: Array | None = None) -> Array:
        """Return the Hessians (..., n, n)."""
        return self._evaluate("hessian", arguments, out)

    def taylor(self, x0: ArrayLike, order: int) -> TaylorSeries:
        """Return the Taylor series around x0: see `taylor`."""
        center = as_array(x0, "x0")
        form = self.shapes[0]
        if form == ():
            order = as_index(order, "order", 0, 100)
            return TaylorSeries(center, self._evaluate(("taylor", order), (center,)))
        order = as_index(order, "order", 0, 2)
        if center.shape[center.ndim - len(form) :] != form:
            raise shape_error("x0", center.shape, f"(..., {', '.join(map(str, form))})")
        parts = (
            self(center),
            *([self.gradient(center)] if order > 0 else []),
            *([self.hessian(center)] if order > 1 else []),
        )
        return TaylorSeries(center, parts)

    def __repr__(self) -> str:
        """Show the function as mathematics."""
        return render(self._tape.graph, self._output, self.name, self.shapes)

    def _repr_latex_(self) -> str | None:
        """Show the function as formulas, in notebooks; None for one that is too long for them."""
        return latex(self._tape.graph, self._output.id, self.name, len(self.shapes)) or None

    def save(self, path: Any) -> None:
        """Write the function to a file, which `load` reads: numbers and names of operations alone."""
        save(self.__getstate__(), path)

    @staticmethod
    def load(path: Any) -> Function:
        """Read a function that `save` has written; ValueError if the file holds none."""
        function = Function.__new__(Function)
        function.__setstate__(load(path))
        return function

    def __getstate__(self) -> Any:
        """What is pickled: the operations that the result needs."""
        graph = self._tape.graph
        nodes = [(node, *stored(graph, node)) for node in needed(graph, self._output.id)]
        inputs = [(x.id, x.shape) for x in self._inputs]
        limit = () if self._tape.orders == ANY_ORDER else (self._tape.orders,)
        return nodes, inputs, (self._output.id, self._output.shape), self.name, *limit

    def __setstate__(self, state: Any) -> None:
        """Build the graph again."""
        try:
            nodes, arguments, (output, shape), name, *limit = state
            tape = Tape()
            for orders in limit:
                limit_orders(tape, as_index(orders, "orders", 0))
            inputs = tuple(tape.input(_stored_shape(form)) for _, form in arguments)
            ids = {node: x.id for (node, _), x in zip(arguments, inputs, strict=True)}
            restore(tape.graph, ids, nodes)
            result = Symbol(tape, ids[output], _stored_shape(shape))
            fits = size_of(result.shape) == tape.graph.size(result.id) and isinstance(name, str)
        except (TypeError, ValueError, KeyError, IndexError, OverflowError, MemoryError) as error:
            msg = f"a stored function is damaged: {error}"
            raise ValueError(msg) from error
        if not fits:
            msg = "a stored function is damaged: its result has not the size of its shape."
            raise ValueError(msg)
        self._keep(tape, inputs, result, name)

    def _replay(self, arguments: tuple[Any, ...]) -> Any:
        """Repeat the operations on symbols of another trace."""
        tape = arguments[0].tape
        given = [tape.symbol(x) for x in arguments]
        if [x.shape for x in given] != list(self.shapes):
            raise shape_error("x", given[0].shape, f"{self.shapes[0]}")
        pairs = zip(self._inputs, given, strict=True)
        ids: dict[int, int] = {x.id: tape.graph.full(y.id, x.size) for x, y in pairs}
        limit_orders(tape, self._tape.orders)
        graph = self._tape.graph
        nodes = [(node, *stored(graph, node)) for node in needed(graph, self._output.id)]
        restore(tape.graph, ids, nodes)
        return Symbol(tape, ids[self._output.id], self.shape)

    # How derivatives are made and run.

    def _program(self, kind: Any) -> Entry:
        found = self._programs.get(kind)
        if found is None:
            with _deriving:
                inputs, node, shape = derive(self, kind)
                program = _core.Program(self._tape.graph, inputs, [node])
            forms = [x.shape for x in self._inputs]
            if len(inputs) > len(forms):  # a direction, or weights of the results
                forms.append(self.shape if kind == "vector_jacobian_product" else forms[0])
            found = self._programs[kind] = (program, program.handle(), shape, tuple(forms))
        return found

    def _evaluate(self, kind: Any, arguments: tuple[Any, ...], out: Array | None = None) -> Array:
        entry = self._programs.get(kind) or self._program(kind)
        result = _core.call_program(entry, arguments, out)
        if result is not NotImplemented:
            return result  # type: ignore[no-any-return]
        if len(arguments) != len(self._inputs):
            msg = f"{self.name}: got {len(arguments)} arguments, needed {len(self._inputs)}."
            raise TypeError(msg)
        names = ["x"] if len(arguments) == 1 else [f"argument {i}" for i in range(len(arguments))]
        found = self._run(kind, arguments, self.shapes, names)
        return found if out is None else into(out, found)

    def _run(
        self, kind: Any, arguments: Sequence[Any], forms: Sequence[Shape], names: Sequence[str]
    ) -> Array:
        """Run the program of a derivative at points of these shapes, checked and broadcast."""
        entry = self._program(kind)
        arrays = as_arrays(arguments, names)
        result = _core.call_program(entry, tuple(arrays), None)
        if result is not NotImplemented:
            return result  # type: ignore[no-any-return]
        program, _, shape, _ = entry
        leads = []
        for x, form, name in zip(arrays, forms, names, strict=True):
            split = x.ndim - len(form)
            if split < 0 or x.shape[split:] != form:
                raise shape_error(
                    name, x.shape, f"(..., {', '.join(map(str, form))})" if form else "(...)"
                )
            leads.append(x.shape[:split])
        lead = np.broadcast_shapes(*leads)
        points = size_of(lead)
        if not points:
            return np.empty(lead + shape, arrays[0].dtype)
        rows = [
            self._rows(x, form, own, lead)
            for x, form, own in zip(arrays, forms, leads, strict=True)
        ]
        out = empty((points, size_of(shape)), arrays[0].dtype)
        program.run(points, rows, [out])
        return out.reshape(lead + shape)

    @staticmethod
    def _rows(x: Array, form: Shape, own: Shape, lead: Shape) -> Array:
        """Bring points to (points, numbers), or (numbers,) for one point that serves all."""
        size = size_of(form)
        if size_of(own) == 1 and size_of(lead) != 1:
            return np.ascontiguousarray(x).reshape(size)
        if own != lead:
            x = np.broadcast_to(x, lead + form)
        rows = x.reshape(size_of(lead), size)
        return rows if size <= 1 or rows.strides[1] == rows.itemsize else np.ascontiguousarray(rows)


def _traced(
    f: Any, forms: tuple[Shape, ...], tape: Tape | None = None
) -> tuple[Tape, tuple[Symbol, ...], Symbol]:
    tape = tape or Tape()
    inputs = tuple(map(tape.input, forms))
    sources = generators(f)
    before = None if sources is None else state_of(sources)
    result = tape.symbol(f(*map(tape.argument, inputs)))
    if tape.refused is not None:
        raise tape.refused
    if sources is not None and state_of(sources) != before:
        refuse_at(
            f,
            "random numbers were drawn while the function was traced, and would be the same for all points and calls",
            "Draw them before, and pass them as an argument or capture them.",
        )
    return tape, inputs, result


def _traced_again(f: Any, forms: tuple[Shape, ...]) -> Any:
    """Trace a copy that sees other functions in place of numpy's, math's and SciPy's: see `_namespace`."""
    tape = Tape()
    try:
        copy = with_traced_names(f, tape)
        return None if copy is f else _traced(copy, forms, tape)
    except Certain:
        raise
    except Exception:  # noqa: BLE001  (whatever it is: the first error tells)
        return None


def _stored_shape(shape: Any) -> Shape:
    return tuple(as_index(n, "shape", 0, 1 << 28) for n in shape)


def _shape(shape: Any, i: int) -> Shape:
    if type(shape) is tuple and all(type(n) is int and n >= 0 for n in shape):
        return shape
    if isinstance(shape, (tuple, list)):
        return tuple(as_index(n, f"shapes[{i}]", 0) for n in shape)
    return (as_index(shape, f"shapes[{i}]", 0),)


def _arity(f: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return max(1, sum(p.kind in kinds and p.default is inspect.Parameter.empty for p in parameters))

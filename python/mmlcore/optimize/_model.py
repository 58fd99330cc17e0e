"""Models of curves, traced: values and derivatives by the parameters, for one point and for a vector of points."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus import Function, TraceError
from mmlcore.calculus.captured import captured_by
from mmlcore.calculus.nodes import needed, stored
from mmlcore.calculus.operations import OPERATIONS, OPS
from mmlcore.core.arrays import Array

_ELEMENTWISE = {OPS[row.name] for row in OPERATIONS if row.elementwise}
_COMPARED = 64  # points at which a model is compared with its function
_CACHE = 512  # numbers of a lane that the chunks of a batch may hold at once


class Model:
    """A model f(x, a, b, ...) traced for one point with `predictors` numbers, or one number if that is 0.

    `single` gives the value and the derivative by each parameter at a point; `chunk(c)` the same for c points, each as an
    array. The arguments of both are x and each parameter.
    """

    def __init__(self, f: Callable[..., Any], predictors: int, parameters: int) -> None:
        shapes = ((predictors,) if predictors else (), *[()] * parameters)
        self.function = function = Function(f, *shapes)
        if function.shape != ():
            msg = f"{function.name}: gives {function.shape} at a point, needed one number."
            raise TraceError(msg)
        self.predictors, self.parameters = predictors, parameters
        self._graph = graph = function._tape.graph
        self._inputs = [x.id for x in function._inputs]
        value = function._output.id
        slopes = graph.reverse([value], [graph.number(1.0)], self._inputs[1:], 1)
        self._outputs = [value, *(graph.number(0.0) if node < 0 else node for node in slopes)]
        self.single = _core.Program(graph, self._inputs, self._outputs)
        self._chunks: dict[int, _core.Program] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the traced function; the programs are made again."""
        return Model, (self.function, self.predictors, self.parameters)

    def values(self, x: Array, parameters: Array) -> Array:
        """Return the model at points (m,) or (k, m)."""
        m = x.shape[-1]
        found = [np.empty((m, 1)) for _ in self._outputs]
        points = np.ascontiguousarray(x.T).reshape(m, -1)
        self.single.run(m, [points, *parameters.reshape(-1, 1)], found)
        return found[0][:, 0]

    def chunk(self, points: int) -> _core.Program:
        """Return the program for vectors of points that divide so many well; of one point if it cannot be widened."""
        most = min(64, max(8, _CACHE // max(1, self.single.slots)))
        return self._of(-(-points // -(-points // most)))

    def _of(self, points: int) -> _core.Program:
        found = self._chunks.get(points)
        if found is None:
            wide = _widened(self._graph, self._inputs, self._outputs, points)
            # A program has a length, which is zero for a constant model.
            found = self._chunks[points] = self._of(1) if wide is None else wide
        return found


def _widened(graph: Any, inputs: list[int], outputs: list[int], points: int) -> Any:
    """Return the program with every number that depends on x made an array of `points`; None if it is not elementwise.

    What depends on the parameters alone stays a number, computed once.
    """
    wide = _core.FunctionGraph()
    x, *_ = inputs
    ids = {node: wide.input(graph.size(node) * (points if node == x else 1)) for node in inputs}
    along = {x}
    order = sorted({node for output in outputs for node in needed(graph, output)})
    for node in order:
        if node in ids:
            continue
        op, aux, operands, dims, size, extra = stored(graph, node)
        if along.isdisjoint(operands):
            ids[node] = wide.restore(op, aux, [ids[i] for i in operands], dims, size, extra)
            continue
        along.add(node)
        if op == OPS["gather"] and operands == [x] and size == 1:
            first = int(extra[0]) * points
            ids[node] = wide.gather(ids[x], np.arange(first, first + points, dtype=np.int32))
        elif op not in _ELEMENTWISE or size != 1:
            return None
        elif op == OPS["divide"] and operands[1] not in along:  # one division for all points
            inverse = wide.binary(op, wide.number(1.0), ids[operands[1]])
            ids[node] = wide.binary(OPS["multiply"], ids[operands[0]], inverse)
        else:
            ids[node] = wide.restore(op, aux, [ids[i] for i in operands], dims, points, extra)
    results = [wide.full(ids[node], points) for node in outputs]
    return _core.Program(wide, [ids[node] for node in inputs], results)


# Models of functions, with what the functions captured when they were traced.
_known: weakref.WeakKeyDictionary[Any, dict[tuple[int, int], tuple[Any, Model | None]]] = (
    weakref.WeakKeyDictionary()
)


def model_of(f: Callable[..., Any], x: Any, start: Array) -> Model | None:
    """Return f traced point by point, from memory if it is known; None if it is no function of single points.

    Whether it is one, the first call finds out: the traced function has to give what f gives for all points at once.
    """
    predictors = 0 if x.ndim == 1 else len(x)
    key, captured = (predictors, len(start)), captured_by(f)
    known: dict[tuple[int, int], tuple[Any, Model | None]] = {}
    with suppress(TypeError):  # what cannot be remembered is traced again
        known = _known.setdefault(f, known)
    found = known.get(key)
    if (
        found is not None
        and captured is not None
        and found[0] == captured
        and (found[1] is None or x.shape[-1] > 1)
    ):
        return found[1]
    try:
        model: Model | None = Model(f, predictors, len(start))
    except (TraceError, ValueError, IndexError, TypeError):
        model = None
    if model is not None and not _agrees(model, f, x, start):
        model = None
    if x.shape[-1] > 1:  # one point cannot tell
        known[key] = (captured_by(f), model)
    return model


def known_model(f: Any, parameters: int) -> Model | None:
    """Return the model of f at numbers that `model_of` made, if it is known and nothing that f reads has changed."""
    try:
        known = _known.get(f)
    except TypeError:
        return None
    found = known and known.get((0, parameters))
    return found[1] if found and found[0] == captured_by(f) else None


def _agrees(model: Model, f: Callable[..., Any], x: Array, start: Array) -> bool:
    """Tell whether f of some points is the model of each, at the start and near it."""
    some = np.ascontiguousarray(x[..., :: -(-x.shape[-1] // _COMPARED)])
    for parameters in (start, start + 0.01 * np.abs(start) + 0.003 * np.arange(1, len(start) + 1)):
        with np.errstate(all="ignore"):
            expected = np.asarray(f(some, *parameters))
            got = model.values(some, parameters)
            if expected.shape not in (got.shape, ()):
                return False
            scale = np.abs(expected).max(initial=0.0)
            same = np.abs(got - expected) <= 1e-8 * (scale if np.isfinite(scale) else 1.0)
        if not (
            same.all() or (same | (got == expected) | (np.isnan(got) & np.isnan(expected))).all()
        ):
            return False
    return True

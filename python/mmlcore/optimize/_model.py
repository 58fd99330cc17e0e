"""Models of curves, traced: values and derivatives by the parameters, for one point and for a vector of points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.calculus import TraceError, trace
from mmlcore.calculus._symbol import OPS, needed

_ELEMENTWISE = {i for i, (_, count) in enumerate(_core.graph_operations()) if count}
CHUNK = 32  # points that the lanes of a batch take at once


class Model:
    """A model f(x, a, b, ...) traced for one point with `predictors` numbers, or one number if that is 0.

    `single` gives the value and the derivative by each parameter at a point; `chunk(c)` the same for c points, each as an
    array. The arguments of both are x and each parameter.
    """

    def __init__(self, f: Callable[..., Any], predictors: int, parameters: int) -> None:
        shapes = ((predictors,) if predictors else (), *[()] * parameters)
        self.function = function = trace(f, *shapes)
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

    def chunk(self, points: int) -> _core.Program:
        """Return the program for vectors of so many points, or of one point where the model cannot be widened."""
        found = self._chunks.get(points)
        if found is None:
            found = self._chunks[points] = _widened(
                self._graph, self._inputs, self._outputs, points
            ) or self.chunk(1)
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
        op, aux, operands, dims, size = graph.describe(node)
        extra = None
        if op == OPS["constant"]:
            extra = graph.values(node)
        elif op in (OPS["gather"], OPS["scatter"]):
            extra = graph.index(node)
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
            ids[node] = wide.restore(op, aux, [ids[i] for i in operands], dims, size, extra)
    results = [wide.full(ids[node], points) for node in outputs]
    return _core.Program(wide, [ids[node] for node in inputs], results)

"""The operations of graphs, as the kernels' table has them (``operations.def``)."""

from __future__ import annotations

from typing import NamedTuple

from mmlcore import _core


class Operation(NamedTuple):
    """A row of the table."""

    name: str
    kind: str  # "leaf", "step", "function", "fused" or "structure"
    operands: int  # -1: any number
    truth: bool  # bool in numpy
    pattern: str  # of `str.format`, how it is written; empty: name(operands)
    level: int  # how tightly that binds; -1: as its operand

    @property
    def elementwise(self) -> bool:
        """Whether each element of the result is made of one element of each operand."""
        return self.kind in ("step", "function")


OPERATIONS = [Operation(*row) for row in _core.graph_operations()]
OPS = {row.name: number for number, row in enumerate(OPERATIONS)}

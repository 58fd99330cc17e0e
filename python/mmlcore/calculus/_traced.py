"""What a trace leaves: a graph with the inputs and the output of a function, of which derivatives are made."""

from __future__ import annotations

from typing import Any

from mmlcore.calculus.symbol import Shape, Symbol, Tape


class Traced:
    """The record of a trace."""

    def __init__(
        self, tape: Tape, inputs: tuple[Symbol, ...], output: Symbol, name: str = "f"
    ) -> None:
        self._tape, self._inputs, self._output, self.name = tape, inputs, output, name
        self._memory: dict[str, Any] = {}  # what derivatives keep

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Shapes of the arguments for one point."""
        return tuple(x.shape for x in self._inputs)

    @property
    def shape(self) -> Shape:
        """Shape of the result for one point."""
        return self._output.shape

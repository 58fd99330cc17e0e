"""Data that come in parts, each looked at once: checked rows, and what is known of them afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_data, shape_error
from mmlcore.core.frames import is_table, names_of
from mmlcore.core.sources import columns_of_batch
from mmlcore.core.stream import ahead, batches, is_stream, listed, rows_of


class Parts:
    """Parts (n_i, d): an array, a stream of them, or any iterable of arrays and tables. The shape of the last, the type of all."""

    def __init__(self, parts: Any, name: str, width: int | None = None) -> None:
        self._parts, self._name, self._width = parts, name, width
        self.shape: tuple[int, ...] = (0, 0)
        self.dtype: np.dtype[Any] = np.dtype(np.float32)

    def __iter__(self) -> Iterator[Array]:
        """Give each part; ValueError for another number of columns."""
        for x in self._rows():
            self.shape, self.dtype = x.shape, np.result_type(self.dtype, x.dtype)
            yield x

    def _rows(self) -> Iterator[Array]:
        if self._name == "X":
            if is_stream(self._parts):
                yield from rows_of(self._parts, "X", self._width)
                return
            x = as_data(self._parts, "X")
            if self._width is not None and x.shape[1] != self._width:
                raise shape_error("X", x.shape, f"(n, {self._width}), as before")
            yield x
            return
        made = ahead(
            enumerate(batches(self._parts)), self._of_chunk, lambda part: is_table(part[1])
        )
        known: list[str] | None = None
        for number, (names, x) in enumerate(made):
            if known and names and names != known:
                msg = f"chunks[{number}]: has the columns {listed(names)}, needed {listed(known)}, as before."
                raise ValueError(msg)
            known = known or names
            if number and x.shape[1] != self.shape[1]:
                raise shape_error(f"chunks[{number}]", x.shape, f"(n, {self.shape[1]}), as before")
            yield x

    @staticmethod
    def _of_chunk(numbered: tuple[int, Any]) -> tuple[list[str] | None, Array]:
        number, chunk = numbered
        rows = chunk if is_table(chunk) else columns_of_batch(chunk)
        return names_of(chunk), as_data(rows, f"chunks[{number}]")

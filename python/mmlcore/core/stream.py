"""Data that come in batches, each seen once: readers of Arrow and Parquet, queries, generators.

While one batch is computed with, the next is read and brought into columns by a thread of its own: decoding a file and a kernel
take turns on no lock. Only batches of Arrow are read ahead: what else a generator does may belong to the thread that runs it.
"""

from __future__ import annotations

import importlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

from mmlcore.core.arrays import Array, as_data
from mmlcore.core.frames import is_table, names_of, table_to_array

T = TypeVar("T")
U = TypeVar("U")
_WAIT = 0.2  # seconds between two looks at whether anybody still waits


def is_stream(x: object) -> bool:
    """Tell what gives batches one after the other: iterators, Parquet files, data sets and readers of Arrow, queries of DuckDB."""
    if isinstance(x, (np.ndarray, list, tuple, str)):
        return False
    if hasattr(x, "__next__") or hasattr(x, "iter_batches"):
        return True
    if is_table(x):
        return hasattr(x, "to_batches") and not hasattr(x, "num_rows")
    return hasattr(x, "__arrow_c_stream__") and not hasattr(x, "__array__")


def batches(x: Any) -> Iterator[Any]:
    """Give the batches of a stream, or of any iterable."""
    if hasattr(x, "iter_batches"):
        return iter(x.iter_batches())
    if hasattr(x, "__next__"):
        return iter(x)
    if is_table(x) and hasattr(x, "to_batches") and not hasattr(x, "num_rows"):
        return iter(x.to_batches())
    if hasattr(x, "__arrow_c_stream__") and not is_table(x):
        arrow = importlib.import_module("pyarrow")  # only what speaks of Arrow comes here
        return iter(arrow.RecordBatchReader.from_stream(x))
    return iter(x)


def rows_of(x: Any, name: str, width: int | None = None, *, gaps: bool = False) -> Iterator[Array]:
    """Give the rows (m, d) of each batch of a stream as an array of numbers; no batch twice, the next read ahead.

    A batch is a table, a batch of Arrow, whose one column may hold lists of one length, or an array. ValueError for another number
    of columns, or other names, than the batches before had, or than `width`: it says which batch. With `gaps` a missing value is NaN.
    """
    for _, rows in named_rows_of(x, name, width, gaps=gaps):
        yield rows


def named_rows_of(
    x: Any, name: str, width: int | None = None, *, gaps: bool = False
) -> Iterator[tuple[list[str] | None, Array]]:
    """Give also the names of the columns, None where they have none."""
    first_names: list[str] | None = None
    wanted = width

    def prepared(numbered: tuple[int, Any]) -> tuple[list[str] | None, Array]:
        nonlocal first_names, wanted
        number, batch = numbered
        said = f"{name}, batch {number}"
        names = names_of(batch)
        if number == 0:
            first_names = names
        elif names != first_names:
            msg = f"{said}: has the columns {listed(names)}, needed {listed(first_names)}, as in the batches before."
            raise ValueError(msg)
        rows = _lists(batch, said)
        if rows is None:
            rows = as_data(
                table_to_array(batch, said, gaps=True) if gaps and names else batch, said
            )
        if wanted is None:
            wanted = rows.shape[1]
        if rows.shape[1] != wanted:
            before = "as in the batches before" if width is None else "a number for each feature"
            msg = f"{said}: got shape {rows.shape}, needed (n, {wanted}), {before}."
            raise ValueError(msg)
        return names, rows

    yield from ahead(enumerate(batches(x)), prepared, lambda item: _of_arrow(item[1]))


def ahead(
    items: Iterator[T], prepared: Callable[[T], U], worth: Callable[[T], bool]
) -> Iterator[U]:
    """Give prepared(item) of each item; the next ones are fetched and prepared by another thread, if the first is worth it."""
    for first in items:
        made = prepared(first)
        if worth(first):
            del first
            yield from _Reader(items, prepared).with_first(made)
            return
        yield made


class _Reader:
    """A thread that is one item ahead."""

    def __init__(self, items: Iterator[Any], prepared: Callable[[Any], Any]) -> None:
        self._items, self._prepared = items, prepared
        self._ready: queue.Queue[tuple[str, Any]] = queue.Queue(1)
        self._left = threading.Event()  # nobody waits any more

    def with_first(self, made: Any) -> Iterator[Any]:
        thread = threading.Thread(target=self._read, name="mmlcore-reader", daemon=True)
        thread.start()
        try:
            yield made
            while True:
                kind, made = self._ready.get()
                if kind == "item":
                    yield made
                elif kind == "error":
                    raise made
                else:
                    return
        finally:
            self._left.set()

    def _read(self) -> None:
        try:
            for item in self._items:
                if not self._put("item", self._prepared(item)):
                    return
        except BaseException as error:  # noqa: BLE001  (raised again where the items are used)
            self._put("error", error)
        else:
            self._put("end", None)

    def _put(self, kind: str, what: Any) -> bool:
        while not self._left.is_set():
            try:
                self._ready.put((kind, what), timeout=_WAIT)
            except queue.Full:
                continue
            return True
        return False


def chosen_columns(
    names: list[str] | None, rows: Array, y: str, sigma: str | None
) -> tuple[Array, Array, Array | None, list[str]]:
    """Return the columns that are left, those named `y` and `sigma`, and the names of the others."""
    if names is None:
        msg = f"y: got the name of a column, {y!r}, but X has no names; pass tables, or blocks (X, y)."
        raise TypeError(msg)
    at = []
    for argument, column in (("y", y), ("sigma", sigma)):
        if column is None:
            continue
        if column not in names:
            msg = f"{argument}: there is no column {column!r}; X has {listed(names)}."
            raise ValueError(msg)
        at.append(names.index(column))
    others = [j for j in range(len(names)) if j not in at]
    if not others:
        msg = f"X: no column is left of {listed(names)}, needed at least one."
        raise ValueError(msg)
    run = slice(others[0], others[-1] + 1) if others[-1] - others[0] + 1 == len(others) else others
    return (
        rows[:, run],
        rows[:, at[0]],
        rows[:, at[1]] if sigma else None,
        [names[j] for j in others],
    )


def _of_arrow(batch: object) -> bool:
    return type(batch).__module__.startswith("pyarrow")


def _lists(batch: Any, said: str) -> Array | None:
    """Return a column of lists of one length as the array that it is; None for anything else."""
    if not _of_arrow(batch) or getattr(batch, "num_columns", 0) != 1:
        return None
    column = batch.column(0)
    length = getattr(column.type, "list_size", None)
    if length is None:
        return None
    if column.null_count:
        msg = f"{said}: column {batch.schema.names[0]!r} has no list in {column.null_count} rows; drop these rows."
        raise ValueError(msg)
    numbers = np.asarray(column.flatten().to_numpy(zero_copy_only=False))
    return as_data(numbers.reshape(-1, length), said)


def listed(names: Iterable[str] | None) -> str:
    if names is None:
        return "none with names"
    all_names = list(names)
    shown = ", ".join(map(repr, all_names[:8]))
    return f"{shown}, and {len(all_names) - 8} more" if len(all_names) > 8 else shown

"""Columns of a Spark DataFrame as arrays, batch by batch where the rows are, and summaries of partitions merged in a tree.

Everything goes through `mapInArrow`: a worker of Python gets batches of Arrow, whose columns are arrays without a copy, and gives
batches back. Columns are chosen by name, whatever their order; an empty partition gives nothing; a worker keeps to as many threads
as it is told, one if not, since Spark runs a worker for each of its own threads.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_data
from mmlcore.core.frames import table_to_array
from mmlcore.core.threads import threads
from mmlcore.stats.partial import summed

Batches = Iterator[Any]
_FAN = 32  # summaries that are merged at a time
_NUMBERS = ("byte", "short", "integer", "long", "float", "double", "decimal", "boolean")
_SUMMARY = (("place", "int"), ("summary", "binary"))


def columns_of(df: Any, columns: str | Sequence[str] | None, *besides: str) -> list[str]:
    """Return the names of the columns of numbers, or the one column of arrays; ValueError for what is not there or no number."""
    if not hasattr(df, "mapInArrow"):
        msg = f"df: got {type(df).__name__}, needed a DataFrame of Spark."
        raise TypeError(msg)
    context = getattr(getattr(df, "sparkSession", None), "sparkContext", None)
    if context is not None and getattr(context, "_jsc", context) is None:
        msg = "df: its session of Spark has been stopped; make the DataFrame again, in a new one."
        raise ValueError(msg)
    kinds = {field.name: _kind_of(field.dataType) for field in df.schema.fields}
    if len(kinds) < len(df.columns):
        twice = next(name for name in kinds if df.columns.count(name) > 1)
        msg = f"df: has {df.columns.count(twice)} columns {twice!r}; rename them, for columns are chosen by name."
        raise ValueError(msg)
    for name in besides:
        if name not in kinds:
            msg = f"df: has no column {name!r}; it has {', '.join(kinds)}."
            raise ValueError(msg)
    if columns is None:
        chosen = [name for name, kind in kinds.items() if kind in _NUMBERS and name not in besides]
    else:
        chosen = [columns] if isinstance(columns, str) else list(columns)
    for name in chosen:
        kind = kinds.get(name)
        if kind is None:
            msg = f"columns: there is no column {name!r}; df has {', '.join(kinds)}."
            raise ValueError(msg)
        if kind.startswith("vector"):
            msg = f"columns: {name!r} holds vectors of pyspark.ml; pass pyspark.ml.functions.vector_to_array({name!r}) as a column."
            raise TypeError(msg)
        if kind not in _NUMBERS and not (kind == "array" and len(chosen) == 1):
            msg = f"columns: {name!r} holds values of type {kind}, needed numbers, or one column of arrays."
            raise TypeError(msg)
    if not chosen:
        left = f" but {', '.join(map(repr, besides))}" if besides else ""
        msg = f"columns: none of the columns of df{left} holds numbers: {', '.join(kinds)}."
        raise ValueError(msg)
    return chosen


def _kind_of(kind: Any) -> str:
    """Return the name of a type; arrays of what is no number are told with it."""
    name = str(kind.typeName())
    inner = kind.elementType.typeName() if name == "array" else "double"
    return name if inner in _NUMBERS else f"array of {inner}"


def is_array(df: Any, columns: list[str]) -> bool:
    """Tell whether the columns are one of arrays."""
    return len(columns) == 1 and df.schema[columns[0]].dataType.typeName() == "array"


def numbers(batch: Any, columns: list[str], *, gaps: bool = False) -> Array:
    """Return columns of a batch of Arrow as an array (n, d); with `gaps` a missing number is NaN."""
    chosen = batch.select(columns)
    column = chosen.column(0)
    if len(columns) > 1 or not hasattr(column, "value_lengths"):
        return as_data(table_to_array(chosen, "df", gaps=gaps), "df")
    if column.null_count:
        msg = (
            f"df: column {columns[0]!r} has no array in {column.null_count} rows; drop these rows."
        )
        raise ValueError(msg)
    lengths = np.unique(column.value_lengths().to_numpy(zero_copy_only=False))
    if len(lengths) > 1:
        msg = f"df: the arrays of column {columns[0]!r} have {lengths[0]} to {lengths[-1]} numbers, needed one length."
        raise ValueError(msg)
    flat = column.flatten()
    if flat.null_count and not gaps:
        msg = f"df: {flat.null_count} numbers of the arrays of column {columns[0]!r} are missing; fill the gaps, or drop the rows."
        raise ValueError(msg)
    values = flat.to_numpy(zero_copy_only=False)
    return as_data(values.reshape(len(column), -1), "df")


def arrays(pa: Any, values: Array) -> Any:
    """Return rows (n, k) as a column of arrays of doubles, and numbers (n,) as a column of them."""
    if values.ndim == 1:
        return pa.array(values, pa.float64())
    n, k = values.shape
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float64).ravel())
    return pa.ListArray.from_arrays(pa.array(np.arange(n + 1, dtype=np.int32) * k), flat)


def summarized(
    df: Any, columns: list[str], leaf: Callable[[Iterator[Array]], Any], count: int
) -> Any:
    """Return the sum of leaf(batches of rows) of all partitions, in the order of the partitions; None without rows."""

    def of_partition(batches: Batches) -> Batches:
        with threads(count):
            rows = (numbers(batch, columns) for batch in batches if batch.num_rows)
            found = leaf(rows)
        if found is not None:
            context = import_module("pyspark").TaskContext.get()
            yield _one_row(0 if context is None else context.partitionId(), found)

    def of_group(batches: Batches) -> Batches:
        held: list[Any] = []
        group = -1
        for batch in batches:
            for place, summary in zip(
                batch["place"].to_pylist(), batch["summary"].to_pylist(), strict=True
            ):
                if held and place // _FAN != group:
                    yield _one_row(group, summed(*held))
                    held = []
                group = place // _FAN
                held.append(pickle.loads(summary))
        if held:
            yield _one_row(group, summed(*held))

    functions = import_module("pyspark.sql.functions")
    leaves = mapped(chosen_of(df, columns), of_partition, _SUMMARY)
    group = functions.floor(functions.col("place") / _FAN)
    gathered = leaves.repartition(group).sortWithinPartitions("place")
    with told():
        rows = mapped(gathered, of_group, _SUMMARY).collect()
    parts = [pickle.loads(row["summary"]) for row in sorted(rows, key=lambda row: row["place"])]
    return summed(*parts)


def chosen_of(df: Any, columns: Sequence[str]) -> Any:
    """Return these columns, whose names may have dots and blanks."""
    column = import_module("pyspark.sql.functions").col
    return df.select(*(column("`" + name.replace("`", "``") + "`") for name in columns))


def mapped(
    df: Any, function: Callable[[Batches], Batches], fields: Sequence[tuple[str, str]]
) -> Any:
    """Return `mapInArrow` of a function of batches, with any names: Spark's own takes none with a dot."""
    names = list(df.columns)

    def of_partition(batches: Batches) -> Batches:
        pa = import_module("pyarrow")
        named = (pa.RecordBatch.from_arrays(batch.columns, names) for batch in batches)
        for made in function(named):
            yield pa.RecordBatch.from_arrays(made.columns, [f"c{i}" for i in range(len(fields))])

    schema = ", ".join(f"c{i} {kind}" for i, (_, kind) in enumerate(fields))
    plain = df.toDF(*(f"c{i}" for i in range(len(names))))
    return plain.mapInArrow(of_partition, schema).toDF(*(name for name, _ in fields))


def _one_row(place: int, found: Any) -> Any:
    pa = import_module("pyarrow")
    summary = pa.array([pickle.dumps(found)], pa.binary())
    return pa.RecordBatch.from_arrays(
        [pa.array([place], pa.int32()), summary], ["place", "summary"]
    )


@contextmanager
def told() -> Iterator[None]:
    """Raise what a worker has raised, as it is here: the ValueError or TypeError with its sentence."""
    try:
        yield
    except Exception as error:
        if not any(kind.__name__ == "PythonException" for kind in type(error).__mro__):
            raise
        found = re.findall(r"^(?:\w+\.)*(ValueError|TypeError): (.+)$", str(error), re.MULTILINE)
        if not found:
            raise
        kind, message = found[-1]
        raise (ValueError if kind == "ValueError" else TypeError)(message) from error

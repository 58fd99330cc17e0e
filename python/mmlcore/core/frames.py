"""Tables and columns of pandas, polars, Arrow and xarray as arrays; what is missing or no number is told by column and row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LIBRARIES = frozenset(("pandas", "polars", "pyarrow", "xarray"))
_FLOAT32 = ("float32", "Float32", "float", "float[pyarrow]", "float32[pyarrow]")
_TEXT = ("str", "large_str", "utf8")
_NUMBERS = ("int", "uint", "float", "double", "halffloat", "decimal", "bool")


def is_table(x: object) -> bool:
    """Tell what a library of tables has made."""
    return type(x).__module__.partition(".")[0] in LIBRARIES


def names_of(x: Any) -> list[str] | None:
    """Return the names of the columns of a table; None for what has none."""
    if not is_table(x) or len(getattr(x, "shape", ())) != 2:
        return None
    names = getattr(x, "column_names", None)
    if names is None:
        names = getattr(x, "columns", None)
    if names is None and hasattr(x, "schema"):
        names = x.schema.names
    return None if names is None else [str(name) for name in names]


def table_to_array(x: Any, name: str, *, gaps: bool = False) -> Array:
    """Return a table (n, d), or a column (n,), as an array of numbers.

    With `gaps` a missing value is NaN. TypeError for columns of text, categories or dates, and for what has no rows yet; ValueError
    for missing values. Both name the column, and the row where one is to blame.
    """
    library, kind = type(x).__module__.partition(".")[0], type(x).__name__
    if kind == "LazyFrame":
        _refuse(
            f"{name}: got a polars LazyFrame, whose rows are not computed yet; pass {name}.collect()."
        )
    if library == "pyarrow" and hasattr(x, "schema") and not hasattr(x, "column"):
        _refuse(
            f"{name}: got a pyarrow {kind}, whose rows are not read yet; read them into a table, or see which functions take streams."
        )
    if library == "xarray":
        if kind == "Dataset":
            _refuse(
                f"{name}: got an xarray Dataset, needed one array; pass {name}['variable'] or {name}.to_array()."
            )
        return np.asarray(x)
    if library == "pandas" and (plain := _plain_pandas(x)) is not None:
        return plain
    columns = [(label, _column(values, label, name, gaps)) for label, values in _columns(x)]
    arrays = [values for _, values in columns]
    if len(getattr(x, "shape", (0,))) < 2 and not hasattr(x, "column_names"):
        return arrays[0] if arrays else np.empty(0)
    if not arrays:
        return np.empty((len(x), 0))
    single = all(a.dtype == np.float32 for a in arrays)
    made = np.empty((len(arrays[0]), len(arrays)), np.float32 if single else np.float64, order="F")
    for j, values in enumerate(arrays):
        made[:, j] = values
    return made


def _plain_pandas(x: Any) -> Array | None:
    """Return what pandas keeps in plain arrays of numbers, without a copy where there is none to make."""
    kinds = x.dtypes.tolist() if hasattr(x, "columns") else [getattr(x, "dtype", None)]
    if not all(isinstance(dtype, np.dtype) and dtype.kind in "fiubc" for dtype in kinds):
        return None
    values = np.asarray(x)
    return None if values.dtype.kind == "O" else values  # bool beside numbers


def _columns(x: Any) -> Iterator[tuple[Any, Any]]:
    """Give label and values of each column; a single column is called by its own name, if it has one."""
    if type(x).__module__.startswith("pyarrow"):
        if hasattr(x, "schema"):
            for place, label in enumerate(x.schema.names):
                yield label, x.column(place)
        else:
            yield None, x
    elif type(x).__module__.startswith("polars"):
        if hasattr(x, "get_columns"):
            for values in x.get_columns():
                yield values.name, values
        else:
            yield x.name or None, x
    elif hasattr(x, "columns"):
        for place, label in enumerate(x.columns):
            yield label, x.iloc[:, place]
    else:
        yield getattr(x, "name", None), x


def _column(values: Any, label: Any, name: str, gaps: bool) -> Array:
    """Return the numbers of one column."""
    where = name if label is None else f"{name}: column {label!r}"
    said = where + (":" if label is None else "")
    kind = _kind(values)
    low = kind.lower()
    if low.startswith(("categor", "dictionary", "enum")):
        _refuse(
            f"{said} is categorical ({kind}), needed numbers; pass its codes, or a column for each category "
            "(pandas.get_dummies, polars to_dummies)."
        )
    if low == "object":  # of pandas, or of polars
        return _of_objects(values, said, gaps)
    if low == "null":
        _refuse(f"{said} holds no value at all.", ValueError)
    if not low.startswith(_NUMBERS) or low.startswith("interval"):
        text = low.startswith(_TEXT) and not low.startswith("struct")
        what = "text" if text else f"values of type {kind}"
        _refuse(f"{said} holds {what}, needed numbers; leave it out, or turn it into numbers.")
    there = _there(values)
    if gaps and there is not None and not there.all():
        found = np.full(len(there), np.nan)
        listed = _listed(values)
        found[there] = [float(listed[row]) for row in np.flatnonzero(there)]
        return found
    if there is not None and not there.all():
        row = int(np.flatnonzero(~there)[0])
        _refuse(
            f"{said} has no value in row {row}, {int((~there).sum())} of {len(there)} are missing; fill the gaps, or drop the rows.",
            ValueError,
        )
    return _numbers(values, _type_of(kind))


def _type_of(kind: str) -> np.dtype[Any]:
    """Return numpy's type of the numbers of a column."""
    bare = kind.lower().partition("[")[0]
    if bare.startswith("bool"):
        return np.dtype(bool)
    if bare.startswith(("int", "uint")) and not bare.endswith("128"):
        return np.dtype(bare)
    return np.dtype(np.float32 if kind in _FLOAT32 else np.float64)


def _kind(values: Any) -> str:
    """Return the type of a column by its name."""
    kind = getattr(values, "dtype", None)
    if kind is None:
        kind = getattr(values, "type", None)
    return str(kind)


def _there(values: Any) -> Array | None:
    """Tell which values are there; None where all are."""
    if hasattr(values, "null_count"):
        count = values.null_count
        if not (count() if callable(count) else count):
            return None
        return ~np.asarray(_plain(values.is_null()), dtype=bool)
    if isinstance(getattr(values, "dtype", None), np.dtype):
        return None  # NaN is a number here, and what it is good for is said where it is used
    return ~np.asarray(values.isna(), dtype=bool)


def _numbers(values: Any, dtype: np.dtype[Any]) -> Array:
    kind = _kind(values).lower()
    if kind.startswith("decimal") or kind.endswith("int128"):
        return np.asarray([float(v) for v in _listed(values)], dtype=dtype)
    if isinstance(getattr(values, "dtype", None), np.dtype) or hasattr(values, "null_count"):
        return np.asarray(_plain(values), dtype=dtype)
    return np.asarray(values.to_numpy(dtype=dtype))


def _plain(values: Any) -> Any:
    """Return a column as numpy has it, copied where it has to be."""
    if type(values).__module__.startswith("pyarrow") and not hasattr(values, "chunks"):
        return values.to_numpy(zero_copy_only=False)
    return values.to_numpy()


def _listed(values: Any) -> list[Any]:
    return list(values.to_pylist() if hasattr(values, "to_pylist") else values.to_list())


def _of_objects(values: Any, said: str, gaps: bool) -> Array:
    """Return a column of Python's numbers."""
    found = np.empty(len(values))
    for row, value in enumerate(_listed(values)):
        if value is None or type(value).__name__ in ("NAType", "NaTType"):
            if gaps:
                found[row] = np.nan
                continue
            _refuse(
                f"{said} has no value in row {row}; fill the gaps, or drop the rows.", ValueError
            )
        if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
            kind = "text" if isinstance(value, (str, bytes)) else type(value).__name__
            _refuse(
                f"{said} holds {kind} ({value!r:.40} in row {row}), needed numbers; leave it out, or turn it into numbers."
            )
        found[row] = float(value)
    return found


def _refuse(message: str, error: type[Exception] = TypeError) -> NoReturn:
    raise error(message)

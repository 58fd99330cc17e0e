"""What is computed row by row, or group by group, of a DataFrame: models, curves, regressions. Each gives a DataFrame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import optimize
from mmlcore.core.arrays import Array, as_index
from mmlcore.core.threads import threads as using
from mmlcore.spark._frame import arrays, chosen_of, columns_of, is_array, mapped, numbers

_ARRAY, _NUMBER = "array<double>", "double"
_FIT = [
    ("parameters", _ARRAY),
    ("standard_errors", _ARRAY),
    ("chi2", _NUMBER),
    ("dof", _NUMBER),
    ("status", "int"),
]
_LINE = [
    ("coefficients", _ARRAY),
    ("intercept", _NUMBER),
    ("standard_errors", _ARRAY),
    ("chi2", _NUMBER),
]
_LINE += [("dof", _NUMBER), ("r2", _NUMBER), ("status", "int")]


def transform(
    df: Any,
    f: Callable[[Array], Any],
    columns: str | Sequence[str] | None = None,
    *,
    output: str = "result",
    threads: int = 1,
) -> Any:
    """Apply a function of points to the rows of a DataFrame: a model's `transform` or `predict`, a traced `Function`.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        Rows are points.
    f : callable
        Of points (n, d), giving n numbers, (n,), or rows (n, k). It is pickled, and called once here, with two points of zeros,
        to learn which.
    columns : str or sequence of str, optional
        Columns of numbers, or one column of arrays of one length. Default: all columns of numbers.
    output : str, default 'result'
        Name of the new column, of doubles or of arrays of them.
    threads : int, default 1
        Threads of each worker.

    Returns
    -------
    pyspark.sql.DataFrame
        `df` with one more column. Nothing is computed before it is asked for.

    Raises
    ------
    ValueError
        A column that is not there, or an `output` that is; a result of another shape.
    TypeError
        No DataFrame; columns that hold no numbers.

    Notes
    -----
    By batches of Arrow, in the workers' own processes; errors of `f` come out when the rows are computed.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> import numpy as np
    >>> import mmlcore as mml
    >>> import mmlcore.spark
    >>> spark = SparkSession.builder.getOrCreate()
    >>> df = spark.createDataFrame([(3.0, 4.0), (6.0, 8.0)], ["a", "b"])
    >>> length = mml.Function(lambda x: np.sqrt(x @ x), 2)
    >>> [row.result for row in mmlcore.spark.transform(df, length).collect()]
    [5.0, 10.0]
    """
    chosen = columns_of(df, columns)
    _refuse_columns(df, output)
    count = as_index(threads, "threads", 1, 1024)
    if is_array(df, chosen):
        flat = chosen_of(df, chosen).limit(1).collect()
        width = len(flat[0][0]) if flat else 1
    else:
        width = len(chosen)
    probe = np.shape(f(np.zeros((2, width))))
    if len(probe) not in (1, 2) or probe[0] != 2:
        msg = f"f: gave shape {probe} for two points, needed (2,) or (2, k)."
        raise ValueError(msg)

    def of_partition(batches: Iterator[Any]) -> Iterator[Any]:
        pa = import_module("pyarrow")
        for batch in batches:
            with using(count):
                found = (
                    np.asarray(f(numbers(batch, chosen)))
                    if batch.num_rows
                    else np.empty((0, *probe[1:]))
                )
            if found.shape != (batch.num_rows, *probe[1:]):
                msg = f"f: gave shape {found.shape} for {batch.num_rows} points."
                raise ValueError(msg)
            yield _with(pa, batch, batch.schema.names, {output: arrays(pa, found)})

    more = (output, _NUMBER if len(probe) == 1 else _ARRAY)
    return mapped(df, of_partition, [*_fields(df, df.columns), more])


def curve_fit_batch(
    df: Any,
    f: Callable[..., Any],
    x: ArrayLike,
    columns: str | Sequence[str],
    p0: ArrayLike | None = None,
    *,
    threads: int = 1,
    **options: Any,
) -> Any:
    """Fit one curve to each row of a DataFrame, as `mmlcore.curve_fit_batch`.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        One curve a row.
    f : callable
        ``f(x, a, b, ...)``, as for `mmlcore.curve_fit_batch`; it is pickled.
    x : array_like of shape (m,)
        Points, of all curves.
    columns : str or sequence of str
        A column of arrays of m numbers, or m columns. Missing numbers are left out of their fit.
    p0 : array_like of shape (p,), optional
        Start.
    threads : int, default 1
        Threads of each worker.
    **options
        ``sigma`` (a number or (m,)), ``absolute_sigma``, ``bounds``, ``fixed``, ``loss``, ``f_scale``, ``max_iter``, ``tol``.

    Returns
    -------
    pyspark.sql.DataFrame
        The other columns of `df`, and ``parameters``, ``standard_errors``, ``chi2``, ``dof`` and ``status`` of each fit; a fit that
        fails says so in its status.

    Raises
    ------
    ValueError, TypeError
        Columns that are not there, or hold no numbers; what else `mmlcore.curve_fit_batch` refuses, when the rows are computed.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> import numpy as np
    >>> import mmlcore.spark
    >>> spark = SparkSession.builder.getOrCreate()
    >>> t = np.linspace(0, 2, 9)
    >>> df = spark.createDataFrame([(1, [float(v) for v in 3 * np.exp(-2 * t)])], ["id", "y"])
    >>> fits = mmlcore.spark.curve_fit_batch(df, lambda t, a, k: a * np.exp(-k * t), t, "y", [1.0, 1.0])
    >>> [round(v, 6) for v in fits.collect()[0].parameters]
    [3.0, 2.0]
    """
    chosen = columns_of(df, columns)
    kept = [name for name in df.columns if name not in chosen]
    _refuse_columns(chosen_of(df, kept), *(name for name, _ in _FIT))
    count = as_index(threads, "threads", 1, 1024)
    at = np.asarray(x)

    def of_partition(batches: Iterator[Any]) -> Iterator[Any]:
        pa = import_module("pyarrow")
        for batch in batches:
            if not batch.num_rows:
                continue
            with using(count):
                fits = optimize.curve_fit_batch(
                    f, at, numbers(batch, chosen, gaps=True), p0, **options
                )
            more = {
                "parameters": fits.parameters,
                "standard_errors": fits.standard_errors,
                "chi2": fits.chi2,
            }
            found = {name: arrays(pa, values) for name, values in more.items()}
            found["dof"] = arrays(pa, np.asarray(fits.dof, np.float64))
            found["status"] = pa.array(np.asarray(fits.status, np.int32))
            yield _with(pa, batch, kept, found)

    return mapped(df, of_partition, [*_fields(df, kept), *_FIT])


def linear_regression_by(
    df: Any,
    y: str,
    by: str,
    columns: str | Sequence[str] | None = None,
    *,
    intercept: bool = True,
    threads: int = 1,
) -> Any:
    """Fit y = X b + c for the rows of each label of a column, as `mmlcore.linear_regression_by`.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        Rows are points.
    y, by : str
        The column that is to be explained, and that of the labels.
    columns : sequence of str, optional
        The columns that explain it. Default: all other columns of numbers.
    intercept : bool, default True
        Whether there is a c.
    threads : int, default 1
        Threads of each worker.

    Returns
    -------
    pyspark.sql.DataFrame
        A row for each label: the label, ``coefficients``, ``intercept``, ``standard_errors``, ``chi2``, ``dof``, ``r2`` and ``status``,
        which says what is wrong with a group: too few rows, NaN, dependent columns.

    Raises
    ------
    ValueError, TypeError
        Columns that are not there, or hold no numbers; labels or numbers that are missing, when the rows are computed.

    Notes
    -----
    Rows are brought together by their label (a shuffle), and all groups of a partition are fitted in one call: these rows are in a
    worker's memory at once.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> import mmlcore.spark
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(g, float(x), k * x + 1.0) for g, k in (("a", 2.0), ("b", 3.0)) for x in range(4)]
    >>> df = spark.createDataFrame(rows, ["group", "x", "y"])
    >>> fits = mmlcore.spark.linear_regression_by(df, "y", "group").orderBy("group").collect()
    >>> [(row.group, round(row.coefficients[0], 6)) for row in fits]
    [('a', 2.0), ('b', 3.0)]
    """
    chosen = columns_of(df, columns, y, by)
    columns_of(df, y)
    if y in chosen or by in chosen:
        msg = f"columns: {y!r} and {by!r} are y and the labels themselves."
        raise ValueError(msg)
    count = as_index(threads, "threads", 1, 1024)

    def of_partition(batches: Iterator[Any]) -> Iterator[Any]:
        pa = import_module("pyarrow")
        held = [batch for batch in batches if batch.num_rows]
        if not held:
            return
        table = pa.Table.from_batches(held).combine_chunks()
        labels = table[by].combine_chunks()
        if labels.null_count:
            msg = f"by: {labels.null_count} rows have no label in column {by!r}; drop them, or fill them."
            raise ValueError(msg)
        one = table.to_batches()[0]
        names = labels.to_numpy(zero_copy_only=False)
        with using(count):
            fits = optimize.linear_regression_by(
                numbers(one, chosen), numbers(one, [y])[:, 0], names, intercept=intercept
            )
        found = {by: pa.array(np.asarray(fits.groups).tolist(), labels.type)}
        for name in ("coefficients", "intercept", "standard_errors", "chi2", "dof", "r2"):
            found[name] = arrays(pa, np.asarray(getattr(fits, name), np.float64))
        found["status"] = pa.array(np.asarray(fits.status, np.int32))
        yield _with(pa, one, [], found)

    rows = chosen_of(df, list(dict.fromkeys([by, *chosen, y])))
    label = import_module("pyspark.sql.functions").col("`" + by.replace("`", "``") + "`")
    return mapped(rows.repartition(label), of_partition, [*_fields(df, [by]), *_LINE])


def _with(pa: Any, batch: Any, kept: list[str], more: dict[str, Any]) -> Any:
    """Return columns of a batch and new ones."""
    held = [batch.column(batch.schema.get_field_index(name)) for name in kept]
    return pa.RecordBatch.from_arrays([*held, *more.values()], [*kept, *more])


def _fields(df: Any, names: list[str]) -> list[tuple[str, str]]:
    """Return columns of df with their types, in Spark's language."""
    return [(name, df.schema[name].dataType.simpleString()) for name in names]


def _refuse_columns(df: Any, *names: str) -> None:
    """Refuse new columns that are there already."""
    for name in names:
        if name in df.columns:
            msg = f"df: has a column {name!r} already; rename or drop it."
            raise ValueError(msg)

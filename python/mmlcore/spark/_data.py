"""Moments, principal components and regressions of data whose rows are spread over a cluster of Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_index, shape_error
from mmlcore.decomposition.spread import SpreadPCA
from mmlcore.optimize import LinearFit
from mmlcore.optimize.linear_fit import of_factor
from mmlcore.spark._frame import columns_of, summarized
from mmlcore.spark._rows import transform
from mmlcore.stats import Moments
from mmlcore.stats.factor import factor_of_chunks
from mmlcore.stats.partial import moments_of_chunks

Columns = str | Sequence[str] | None


def moments(df: Any, columns: Columns = None, *, threads: int = 1) -> Moments:
    """Number, mean and covariance of columns of a DataFrame.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        Rows are points.
    columns : str or sequence of str, optional
        Columns of numbers, or one column of arrays of one length. Default: all columns of numbers.
    threads : int, default 1
        Threads of each worker; Spark itself runs several.

    Returns
    -------
    Moments
        As `mmlcore.Moments` of all points, features in the order of `columns`.

    Raises
    ------
    ValueError
        NaN, infinity, missing values, no points, a column that is not there.
    TypeError
        No DataFrame; columns that hold no numbers.

    Notes
    -----
    Computed at once, in one pass; d^2 numbers of each partition travel, and are merged 32 at a time, in the order of the partitions:
    the same bits for the same partitions and batches. Batches hold ``spark.sql.execution.arrow.maxRecordsPerBatch`` rows.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> import mmlcore.spark
    >>> spark = SparkSession.builder.getOrCreate()
    >>> df = spark.createDataFrame([(1.0, 2.0), (5.0, 4.0), (3.0, 3.0)], ["a", "b"])
    >>> mmlcore.spark.moments(df).mean
    array([3., 3.])
    """
    chosen = columns_of(df, columns)
    found = summarized(df, chosen, moments_of_chunks, as_index(threads, "threads", 1, 1024))
    if found is None:
        raise shape_error("df", (0, len(chosen)), "at least one point")
    return found  # type: ignore[no-any-return]


def covariance(df: Any, columns: Columns = None, *, ddof: float = 0, threads: int = 1) -> Array:
    """Covariance matrix (d, d) of columns of a DataFrame, as `mmlcore.covariance`.

    Parameters
    ----------
    df, columns : pyspark.sql.DataFrame, str or sequence of str
        As for `moments`.
    ddof : float, default 0
        The sum of products is divided by n - ddof.
    threads : int, default 1
        Threads of each worker.

    Returns
    -------
    ndarray of shape (d, d)
        float64.

    Raises
    ------
    ValueError
        As `moments`; ddof not below n.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> import mmlcore.spark
    >>> spark = SparkSession.builder.getOrCreate()
    >>> mmlcore.spark.covariance(spark.createDataFrame([(1.0, 2.0), (5.0, 4.0)], ["a", "b"]))
    array([[4., 2.],
           [2., 1.]])
    """
    return moments(df, columns, threads=threads).covariance(ddof)


class PCA(SpreadPCA):
    """Principal component analysis of a DataFrame: `mmlcore.PCA` with `fit` and `transform` on the cluster.

    Parameters
    ----------
    n_components, whiten : int, float or None; bool
        As for `mmlcore.PCA`.
    solver : {'auto', 'covariance', 'factor'}, default 'auto'
        'covariance': moments of the partitions, n d^2 operations. 'factor': triangular factors, which keep variances down to 1e-20
        of the largest, 2 n d^2 operations. 'auto': covariance for at least as many points as features, else factor.
    random_state : int, optional
        For `mmlcore.PCA` on arrays in memory; nothing is random on the cluster.

    Attributes
    ----------
    columns_ : list of str
        The columns that were fitted, and that `transform` looks for.

    Notes
    -----
    `fit` computes at once; `transform` of a DataFrame gives a DataFrame with a column more. Everything else is that of `mmlcore.PCA`,
    on arrays in memory.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> import mmlcore.spark
    >>> spark = SparkSession.builder.getOrCreate()
    >>> df = spark.createDataFrame([(0.0, 0.0), (3.0, 4.0), (6.0, 8.0)], ["a", "b"])
    >>> pca = mmlcore.spark.PCA(n_components=1).fit(df)
    >>> pca.components_.round(6)
    array([[0.6, 0.8]])
    >>> [round(row.scores[0], 6) for row in pca.transform(df).collect()]
    [-5.0, 0.0, 5.0]
    """

    columns_: list[str]

    def fit(self, X: Any, y: object = None, *, columns: Columns = None, threads: int = 1) -> PCA:  # noqa: ARG002
        """Find the components of columns of a DataFrame, as `moments` chooses them. Returns the object itself."""
        chosen = columns_of(X, columns)
        count = as_index(threads, "threads", 1, 1024)
        self._of_parts(
            (np.nan, len(chosen)),
            np.dtype(np.float64),
            lambda: moments(X, chosen, threads=count),
            lambda: summarized(X, chosen, factor_of_chunks, count),
        )
        self.columns_ = chosen
        return self

    def transform(self, X: Any, *, out: Array | None = None, output: str = "scores") -> Any:
        """Return the scores of a DataFrame as one more column, of arrays; of arrays in memory as `mmlcore.PCA`."""
        if not hasattr(X, "mapInArrow"):
            return super().transform(X, out=out)
        if out is not None:
            msg = "out: a DataFrame is computed when it is asked for; leave it out."
            raise TypeError(msg)
        self._fitted()
        return transform(X, super().transform, self.columns_, output=output)


def linear_regression(
    df: Any, y: str, columns: Columns = None, *, intercept: bool = True, threads: int = 1
) -> LinearFit:
    """Fit y = X b + c to columns of a DataFrame by least squares, as `mmlcore.linear_regression` does.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        Rows are points.
    y : str
        The column that is to be explained.
    columns : sequence of str, optional
        The columns that explain it. Default: all other columns of numbers.
    intercept : bool, default True
        Whether there is a c.
    threads : int, default 1
        Threads of each worker.

    Returns
    -------
    LinearFit
        (coefficients, intercept, covariance, chi2, dof, r2); ``features`` are the names of the columns.

    Raises
    ------
    ValueError
        NaN, infinity, missing values, no points, a column that is not there.
    TypeError
        No DataFrame; columns that hold no numbers.

    Notes
    -----
    Computed at once. Triangular factors of the batches of (X, y) are merged, in the order of the partitions: the digits are those of
    a QR decomposition of all data. Cost: 2 n d^2 operations at most; d^2 numbers of each partition travel.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> import mmlcore.spark
    >>> spark = SparkSession.builder.getOrCreate()
    >>> df = spark.createDataFrame([(float(x), 2.0 * x + 1) for x in range(8)], ["x", "y"])
    >>> fit = mmlcore.spark.linear_regression(df, "y")
    >>> fit.coefficients.round(6), round(fit.intercept, 6), fit.features
    (array([2.]), 1.0, ['x'])
    """
    chosen = columns_of(df, columns, y)
    if y in chosen or len(columns_of(df, y)) != 1:
        msg = f"columns: {y!r} is y itself."
        raise ValueError(msg)
    count = as_index(threads, "threads", 1, 1024)
    factor = summarized(df, [*chosen, y], factor_of_chunks, count)
    if factor is None:
        raise shape_error("df", (0, len(chosen) + 1), "at least one point")
    fit = of_factor(factor, intercept)
    fit.features = chosen
    return fit

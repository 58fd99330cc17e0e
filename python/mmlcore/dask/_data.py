"""Moments, principal components and QR of data whose rows are spread over a cluster."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_array, as_data, require_finite, shape_error
from mmlcore.dask._tree import (
    array_of,
    blocks_of,
    has_lengths,
    merged,
    on_one_thread,
    with_lengths,
)
from mmlcore.decomposition.spread import SpreadPCA
from mmlcore.optimize import LinearFit
from mmlcore.optimize.linear_fit import of_factor
from mmlcore.orthogonal import QR, qr
from mmlcore.stats import Moments
from mmlcore.stats.factor import TriangularFactor, factor_of_chunks
from mmlcore.stats.partial import moments_of_chunks, summed


def moments(X: Any) -> Moments:
    """Number, mean and covariance of the rows of a Dask array.

    Parameters
    ----------
    X : dask.array or dask.dataframe of shape (n, d), float32 or float64
        Points in chunks of rows, whose lengths need not be known.

    Returns
    -------
    Moments
        As `mmlcore.Moments` of all points. The same bits for the same chunks, whoever computes them.

    Raises
    ------
    ValueError
        NaN, infinity or no points.

    Notes
    -----
    Computed at once, by the scheduler that is active: a cluster's if there is a client. One pass over the data; d^2 numbers of
    each chunk travel.

    Examples
    --------
    >>> import dask.array as da
    >>> import mmlcore.dask
    >>> points = da.from_array([[1.0, 2.0], [5.0, 4.0], [3.0, 3.0]], chunks=(2, 2))
    >>> mmlcore.dask.moments(points).mean
    array([3., 3.])
    """
    blocks = blocks_of(X, "X")
    found = merged(_moments_of, summed, blocks).compute() if blocks else None
    if found is None or not found.count:
        raise shape_error("X", (0, *array_of(X).shape[1:]), "at least one point")
    return found  # type: ignore[no-any-return]


def covariance(X: Any, *, ddof: float = 0) -> Array:
    """Covariance matrix (d, d) of the rows of a Dask array (n, d), as `mmlcore.covariance`.

    Parameters
    ----------
    X : dask.array of shape (n, d), float32 or float64
        Points in chunks of rows.
    ddof : float, default 0
        The sum of products is divided by n - ddof.

    Returns
    -------
    ndarray of shape (d, d)
        Of the dtype of `X`.

    Raises
    ------
    ValueError
        NaN, infinity, no points, ddof not below n.

    Examples
    --------
    >>> import dask.array as da
    >>> import mmlcore.dask
    >>> mmlcore.dask.covariance(da.from_array([[1.0, 2.0], [5.0, 4.0]], chunks=(1, 2)))
    array([[4., 2.],
           [2., 1.]])
    """
    x = array_of(X)
    found = moments(x).covariance(ddof)
    return found.astype(np.float32) if x.dtype == np.float32 else found


class PCA(SpreadPCA):
    """Principal component analysis of Dask arrays: `mmlcore.PCA` with `fit` and `transform` on the cluster.

    Parameters
    ----------
    n_components, whiten : int, float or None; bool
        As for `mmlcore.PCA`.
    solver : {'auto', 'covariance', 'factor'}, default 'auto'
        'covariance': moments of the chunks, n d^2 operations. 'factor': triangular factors, which keep variances down to 1e-20
        of the largest, 2 n d^2 operations. 'auto': covariance for at least as many points as features, else factor.
    random_state : int, optional
        For `mmlcore.PCA` on arrays in memory; nothing is random on the cluster.

    Notes
    -----
    `fit` computes at once, by the scheduler that is active; `transform` of a Dask array gives a Dask array. Everything else
    is that of `mmlcore.PCA`, on arrays in memory.

    Examples
    --------
    >>> import dask.array as da
    >>> import mmlcore.dask
    >>> points = da.from_array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]], chunks=(2, 2))
    >>> mmlcore.dask.PCA(n_components=1).fit(points).components_.round(6)
    array([[0.6, 0.8]])
    """

    def fit(self, X: Any, y: object = None) -> PCA:  # noqa: ARG002
        """Find the components of a Dask array of shape (n, d). Returns the object itself."""
        x = array_of(X)
        dtype = np.dtype(np.float32 if x.dtype == np.float32 else np.float64)
        blocks = blocks_of(x, "X")

        def factor() -> TriangularFactor | None:
            return merged(_factor_of, summed, blocks).compute() if blocks else None

        return self._of_parts(x.shape, dtype, lambda: moments(x), factor)  # type: ignore[no-any-return]

    def transform(self, X: Any, *, out: Array | None = None) -> Any:
        """Return the scores (n, k) of points (n, d): a Dask array of a Dask array, which has no `out`."""
        if not hasattr(X, "map_blocks") and not hasattr(X, "to_dask_array"):
            return super().transform(X, out=out)
        if out is not None:
            msg = "out: scores of a Dask array are made block by block, when they are asked for; leave it out."
            raise TypeError(msg)
        self._fitted()
        x = array_of(X)
        whole = x if len(x.chunks[1]) == 1 else x.rechunk({1: -1})
        dtype = np.float32 if x.dtype == np.float32 else np.float64
        return whole.map_blocks(
            self._scores_of_block, dtype=dtype, chunks=(whole.chunks[0], (self.n_components_,))
        )

    def _scores_of_block(self, x: Array) -> Array:
        return on_one_thread(super().transform, x)  # type: ignore[no-any-return]


def tall_qr(X: Any) -> QR:
    """QR factorization of a tall Dask array: one pass, and one matrix of triangles.

    Parameters
    ----------
    X : dask.array of shape (n, d), float32 or float64, n >= d
        In chunks of rows.

    Returns
    -------
    QR
        (Q, R): Q a Dask array (n, d) in the chunks of `X`, R a Dask array (d, d) whose diagonal is not negative.

    Raises
    ------
    ValueError
        Fewer rows than columns, NaN or infinity (when computed).

    Notes
    -----
    Direct TSQR [1]_: each chunk is factorized where it lies, the triangles once more together, and each chunk's Q multiplied
    by its part of that. Q is orthogonal to working precision whatever the condition of X. Cost: 4 n d^2 operations.

    References
    ----------
    .. [1] A. R. Benson, D. F. Gleich, J. Demmel, "Direct QR factorizations for tall-and-skinny matrices in MapReduce
       architectures", IEEE BigData (2013), section III.

    Examples
    --------
    >>> import dask.array as da
    >>> import mmlcore.dask
    >>> q, r = mmlcore.dask.tall_qr(da.from_array([[3.0, 1.0], [4.0, 2.0], [0.0, 2.0]], chunks=(2, 2)))
    >>> r.compute().round(3)
    array([[5.  , 2.2 ],
           [0.  , 2.04]])
    """
    dask: Any = import_module("dask")
    da: Any = import_module("dask.array")
    x = with_lengths(array_of(X))
    blocks = blocks_of(x, "X")
    n, d = x.shape
    if n < d or not d:
        raise shape_error("X", x.shape, "at least as many rows as columns, and one")
    dtype = np.float32 if x.dtype == np.float32 else np.float64
    rows = x.chunks[0]
    leaves = [dask.delayed(on_one_thread, nout=2)(_qr_of, block) for block in blocks]
    top = dask.delayed(on_one_thread, nout=2)(_qr_of_all, [leaf[1] for leaf in leaves])
    heights = np.minimum(rows, d)
    ends = np.cumsum([0, *heights])
    parts = [
        da.from_delayed(
            dask.delayed(_times)(leaf[0], top[0], int(ends[i]), int(ends[i + 1])),
            (rows[i], d),
            dtype,
        )
        for i, leaf in enumerate(leaves)
    ]
    return QR(da.concatenate(parts), da.from_delayed(top[1], (d, d), dtype))


def linear_regression(X: Any, y: Any, *, intercept: bool = True) -> LinearFit:
    """Fit y = X b + c to Dask arrays by least squares, as `mmlcore.linear_regression` does.

    Parameters
    ----------
    X : dask.array of shape (n, d), float32 or float64
        Points in chunks of rows.
    y : dask.array of shape (n,)
        What is to be explained.
    intercept : bool, default True
        Whether there is a c.

    Returns
    -------
    LinearFit
        (coefficients, intercept, covariance, chi2, dof, r2).

    Raises
    ------
    ValueError
        NaN, infinity, no points, shapes that do not fit.

    Notes
    -----
    Computed at once, by the scheduler that is active. Triangular factors of the chunks of (X, y) are merged: the digits are
    those of a QR decomposition of all data. Cost: n d^2 operations, 2 n d^2 where columns nearly depend on each other; d^2
    numbers of each chunk travel.

    Examples
    --------
    >>> import dask.array as da
    >>> import mmlcore.dask
    >>> x, y = da.arange(8.0, chunks=3), 2 * da.arange(8.0, chunks=3) + 1
    >>> fit = mmlcore.dask.linear_regression(x[:, None], y)
    >>> fit.coefficients.round(6), round(fit.intercept, 6)
    (array([2.]), 1.0)
    """
    x, target = array_of(X), array_of(y)
    if x.ndim != 2:
        raise shape_error("X", x.shape, "2 axes, (points, features)")
    alike = target.ndim == 1 and len(x.chunks[0]) == len(target.chunks[0])
    if not alike:
        x, target = with_lengths(x), with_lengths(target)
    if has_lengths(x) and has_lengths(target):
        if target.shape != x.shape[:1]:
            raise shape_error(
                "y", target.shape, f"({x.shape[0]},), a number for each row of X (n, d)"
            )
        target = target.rechunk((x.chunks[0],))
    both = [
        import_module("dask").delayed(_alike)(block, values)
        for block, values in zip(blocks_of(x, "X"), target.to_delayed(), strict=True)
    ]
    factor = merged(_factor_of_both, summed, both).compute() if both else None
    if factor is None:
        raise shape_error("X", (0, *x.shape[1:]), "at least one point")
    return of_factor(factor, intercept)


# What runs on a worker.


def _moments_of(block: Array) -> Moments | None:
    return moments_of_chunks([block])


def _factor_of(block: Array) -> TriangularFactor | None:
    return factor_of_chunks([as_data(block, "X")])


def _alike(x: Array, y: Array) -> tuple[Array, Array]:
    if len(x) != len(y):
        raise shape_error("y", y.shape, f"({len(x)},), a number for each row of the chunk of X")
    return x, y


def _factor_of_both(block: tuple[Array, Array]) -> TriangularFactor | None:
    """Return the factor of (X, y): of sums while those of X keep the digits, which y has no part in."""
    x, y = (
        as_data(block[0], "X"),
        as_array(block[1], "y"),
    )  # what came over a network need not be aligned
    found = TriangularFactor.of_sums(x, y) if len(x) and x.dtype == y.dtype else None
    return found or _factor_of(np.column_stack([x, y]))


def _qr_of(block: Array) -> tuple[Array, Array]:
    x = require_finite(as_data(block, "X"), "X")
    return qr(x) if len(x) else (np.empty((0, 0), x.dtype), np.empty((0, x.shape[1]), x.dtype))


def _qr_of_all(triangles: list[Array]) -> tuple[Array, Array]:
    return qr(np.concatenate(triangles))


def _times(q: Array, top: Array, first: int, last: int) -> Array:
    return np.asarray(on_one_thread(np.matmul, q, top[first:last]))

"""Neighbours, curves and regressions of groups, block by block of Dask arrays."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import optimize
from mmlcore.core.arrays import Array, as_data, as_index, require_finite, shape_error
from mmlcore.dask._tree import array_of, blocks_of, merged, on_one_thread, with_lengths
from mmlcore.neighbors import NeighborIndex, Neighbors
from mmlcore.neighbors.streams import nearest_of
from mmlcore.optimize import CurveFitBatch, LinearFits
from mmlcore.optimize.curve_result import joined

_FIELDS = ("coefficients", "intercept", "covariance", "chi2", "dof", "r2", "status", "groups")


def nearest_neighbors(
    X: Any, queries: Any, k: int, *, metric: ArrayLike | None = None
) -> Neighbors:
    """Find the k points of a Dask array nearest to each query, exactly.

    Parameters
    ----------
    X : dask.array of shape (n, d), float32 or float64
        The points in chunks of rows.
    queries : dask.array or array_like of shape (q, d)
        Points whose neighbours are looked for.
    k : int
        Neighbours of each query, 1 to n.
    metric : array_like of shape (d, d), optional
        Of the inner product; symmetric and positive definite.

    Returns
    -------
    Neighbors
        (distances, indices): Dask arrays (q, k) in the chunks of `queries`, of equal distances the lower index first.

    Raises
    ------
    ValueError
        k beyond the number of points, shapes that do not fit; NaN or infinity, a metric that is none (when computed).

    Notes
    -----
    Nothing is computed before it is asked for; ask for both at once, by ``dask.compute(*found)``. Each chunk of points gets one
    `NeighborIndex`, which all chunks of queries use; the results of chunks of points are merged 8 at a time. A chunk of queries
    travels to each chunk of points, and k distances and indices a query come from it.

    Examples
    --------
    >>> import dask.array as da
    >>> import mmlcore.dask
    >>> points = da.from_array([[0.0], [1.0], [5.0]], chunks=(2, 1))
    >>> mmlcore.dask.nearest_neighbors(points, [[4.0]], 2).indices.compute()
    array([[2, 1]])
    """
    dask: Any = import_module("dask")
    da: Any = import_module("dask.array")
    x, q = with_lengths(array_of(X)), with_lengths(array_of(queries))
    blocks, asked = blocks_of(x, "X"), blocks_of(q, "queries")
    if q.shape[1] != x.shape[1]:
        raise shape_error("queries", q.shape, f"(q, {x.shape[1]}), a number for each feature of X")
    k = as_index(k, "k", 1, x.shape[0])
    firsts = np.cumsum([0, *x.chunks[0]])
    trees = [
        (dask.delayed(on_one_thread)(_index_of, block, metric), int(first))
        for block, first, size in zip(blocks, firsts[:-1], x.chunks[0], strict=True)
        if size
    ]
    single = x.dtype == np.float32 and q.dtype == np.float32
    kinds = (np.float32 if single else np.float64, np.int64)
    parts: tuple[list[Any], list[Any]] = ([], [])
    for block, size in zip(asked, q.chunks[0], strict=True):
        found = [
            dask.delayed(on_one_thread)(_search, tree, block, k, first) for tree, first in trees
        ]
        near = merged(_same, partial(_merged, k=k), found)
        for field, (out, kind) in enumerate(zip(parts, kinds, strict=True)):
            out.append(da.from_delayed(near[field], (size, k), kind))
    if not asked:
        return Neighbors(*(da.empty((0, k), kind) for kind in kinds))
    return Neighbors(*(da.concatenate(some) for some in parts))


def curve_fit_batch(
    f: Callable[..., Any], x: ArrayLike, Y: Any, p0: ArrayLike | None = None, **options: Any
) -> CurveFitBatch:
    """Fit one curve to each row of a Dask array, as `mmlcore.curve_fit_batch` does.

    Parameters
    ----------
    f : callable
        ``f(x, a, b, ...)``, as for `mmlcore.curve_fit_batch`.
    x : array_like of shape (m,) or (k, m)
        Points, of all fits.
    Y : dask.array or dask.dataframe of shape (n, m)
        Data in chunks of rows, whose lengths need not be known; a fit in each row. NaN leaves a point out of its fit.
    p0 : array_like of shape (p,), optional
        Start.
    **options
        ``sigma`` (a number or (m,)), ``absolute_sigma``, ``bounds``, ``fixed``, ``loss``, ``f_scale``, ``max_iter``, ``tol``.

    Returns
    -------
    CurveFitBatch
        The fields of all fits, in memory; `residual` is not kept.

    Raises
    ------
    ValueError, TypeError
        What `mmlcore.curve_fit_batch` refuses; no rows.

    Notes
    -----
    Computed at once, by the scheduler that is active. Parameters and covariances travel, the data do not.

    Examples
    --------
    >>> import dask.array as da, numpy as np
    >>> import mmlcore.dask
    >>> t = np.linspace(0, 2, 9)
    >>> data = da.from_array(np.outer([1.0, 3.0], np.exp(-2 * t)), chunks=(1, 9))
    >>> mmlcore.dask.curve_fit_batch(lambda t, a, k: a * np.exp(-k * t), t, data, [1.0, 1.0]).parameters.round(6)
    array([[1., 2.],
           [3., 2.]])
    """
    dask: Any = import_module("dask")
    leaves = [
        dask.delayed(on_one_thread)(_fits_of, block, f, x, p0, options)
        for block in blocks_of(Y, "Y")
    ]
    found = [fits for fits in dask.compute(*leaves) if fits is not None]
    if not found:
        raise shape_error("Y", array_of(Y).shape, "(n, m): a fit in each row, at least one point")
    return joined(found)  # type: ignore[no-any-return]


def linear_regression_by(X: Any, y: Any, groups: Any, *, intercept: bool = True) -> LinearFits:
    """Fit y = X b + c for the rows of each label, as `mmlcore.linear_regression_by` does.

    Parameters
    ----------
    X : dask.array of shape (n, d), float32 or float64
        Points in chunks of rows.
    y, groups : dask.array of shape (n,)
        What is to be explained, and the label of each row: numbers, strings, dates.
    intercept : bool, default True
        Whether there is a c.

    Returns
    -------
    LinearFits
        The fields of all fits, in memory, and the sorted labels in `groups`.

    Raises
    ------
    ValueError
        Shapes that do not fit, no rows; labels that are NaN.

    Notes
    -----
    Computed at once, by the scheduler that is active. Rows travel once: those of a label come together in one of as many parts as
    `X` has chunks, where all its groups are fitted in one call, by the order that the rows have in `X`: the same bits for any chunks.

    Examples
    --------
    >>> import dask.array as da
    >>> import mmlcore.dask
    >>> x, y = da.from_array([0.0, 0.0, 1.0, 1.0], chunks=2), da.from_array([1.0, 5.0, 3.0, 4.0], chunks=2)
    >>> fits = mmlcore.dask.linear_regression_by(x[:, None], y, da.from_array(["a", "b", "a", "b"], chunks=2))
    >>> fits.groups, fits.coefficients[:, 0].round(6)
    (array(['a', 'b'], dtype='<U1'), array([ 2., -1.]))
    """
    dask: Any = import_module("dask")
    x = with_lengths(array_of(X))
    blocks, columns = blocks_of(x, "X"), []
    for name, column in (("y", y), ("groups", groups)):
        values = with_lengths(array_of(column))
        if values.shape != x.shape[:1]:
            raise shape_error(name, values.shape, f"({x.shape[0]},), one for each row of X (n, d)")
        columns.append(values.rechunk((x.chunks[0],)).to_delayed().ravel())
    if not x.shape[0]:
        raise shape_error("X", x.shape, "at least one point")
    cut = [
        dask.delayed(_by_label, nout=len(blocks))(*parts, len(blocks))
        for parts in zip(blocks, *columns, strict=True)
    ]
    leaves = [
        dask.delayed(on_one_thread)(_groups_of, [one[part] for one in cut], intercept)
        for part in range(len(blocks))
    ]
    found = [fits for fits in dask.compute(*leaves) if fits is not None]
    fields = {name: np.concatenate([getattr(fits, name) for fits in found]) for name in _FIELDS}
    order = np.argsort(fields["groups"], kind="stable")
    return LinearFits(**{name: values[order] for name, values in fields.items()})


# What runs on a worker.


def _index_of(block: Array, metric: ArrayLike | None) -> NeighborIndex:
    return NeighborIndex(block, metric=metric)


def _search(index: NeighborIndex, queries: Array, k: int, first: int) -> tuple[Array, Array]:
    q = require_finite(as_data(queries, "queries"), "queries")
    distances, indices = index.query(q, min(k, index.shape[0]))
    return distances, indices + first


def _same(found: Any) -> Any:
    return found


def _merged(*found: tuple[Array, Array], k: int) -> tuple[Array, Array]:
    return nearest_of(found, k)


def _fits_of(
    block: Array, f: Callable[..., Any], x: ArrayLike, p0: ArrayLike | None, options: dict[str, Any]
) -> CurveFitBatch | None:
    if not len(block):
        return None
    fits = optimize.curve_fit_batch(f, x, block, p0, **options)
    return replace(fits, data=(fits.data[0], None))


def _by_label(x: Array, y: Array, labels: Any, parts: int) -> list[tuple[Array, ...]]:
    """Part the rows of a chunk by their labels."""
    labels = np.asarray(labels)
    missing = labels != labels  # NaN and NaT
    if np.any(missing):
        msg = f"groups: {np.count_nonzero(missing)} labels of a chunk are missing; drop these rows."
        raise ValueError(msg)
    if labels.dtype.kind in "iub":
        part = labels.astype(np.int64) % parts
    else:
        found, code = np.unique(labels, return_inverse=True)
        part = np.array([zlib.crc32(str(one).encode()) % parts for one in found])[code]
    order = np.argsort(part, kind="stable")
    ends = np.searchsorted(part[order], np.arange(parts + 1))
    return [(x[some], y[some], labels[some]) for some in (order[a:b] for a, b in pairwise(ends))]


def _groups_of(cut: list[tuple[Array, ...]], intercept: bool) -> LinearFits | None:
    x, y, labels = (np.concatenate(some) for some in zip(*cut, strict=True))
    return optimize.linear_regression_by(x, y, labels, intercept=intercept) if len(y) else None

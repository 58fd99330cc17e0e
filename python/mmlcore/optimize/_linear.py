"""Linear least squares: y = X b + c, in one pass over the data where that keeps the digits, and by QR where it does not."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    as_array,
    as_data,
    as_real,
    require_finite,
    same_dtype,
    shape_error,
)
from mmlcore.core.sources import dense_chunks, is_source
from mmlcore.core.stream import chosen_columns, is_stream, named_rows_of
from mmlcore.optimize._stacks import regression_stack
from mmlcore.optimize.estimates import feature_names
from mmlcore.optimize.linear_fit import Sums, of_columns, of_scatter, out_of_range
from mmlcore.optimize.linear_result import LinearFit
from mmlcore.stats import Moments
from mmlcore.stats.factor import TriangularFactor
from mmlcore.stats.scatter import Scatter, scatter_parts
from mmlcore.stats.weights import as_weights, refuse_weights

_SMALL = 1 << 12  # up to that many numbers a QR decomposition takes no time worth saving
_CHUNK = 1 << 19  # numbers of a block that is decomposed

Block = tuple[Any, Array, Array | None]  # X, y, sigma


def linear_regression(
    X: Any,
    y: Any = None,
    *,
    sigma: Any = None,
    intercept: bool = True,
    ridge: float = 0.0,
) -> LinearFit:
    """Fit y = X b + c by least squares.

    Parameters
    ----------
    X : array_like of shape (..., n, d) or (n,), float32 or float64; Moments; or iterable of blocks
        Points, also a memory-mapped file or what is read by slices (h5py, zarr). Or, without `y`: the moments of (X, y), y
        as the last feature; or blocks (X, y) or (X, y, sigma) of points, each of which is read once. Or a stream of tables with
        names: a reader of Arrow or Parquet, a query, an iterator; each batch is read once, that of Arrow while the one before is
        computed with.
    y : array_like of shape (..., n), or str
        What is to be explained. Leading axes of X, y and sigma broadcast: a regression for each item, small ones in SIMD
        lanes. Of a stream or a table: the name of a column, which the others explain.
    sigma : array_like of shape (..., n), or str, optional
        Standard deviations of y: a point counts 1 / sigma^2. Relative ones suffice. Beside such a y the name of a column.
    intercept : bool, default True
        Whether there is a c. Without, r2 is that of y against 0.
    ridge : float, default 0
        What is minimized is chi2 + ridge * sum(b^2) (the intercept is free), which keeps coefficients of nearly dependent
        columns small. The covariance is then that of the shrunken coefficients, without their bias, and dof the number of
        points less the trace of the hat matrix.

    Returns
    -------
    LinearFit
        (coefficients, intercept, covariance, chi2, dof, r2), and the properties `standard_errors` and `t_values`; arrays with
        the leading axes for a stack. The covariance is scaled by chi2 / dof, as that of `curve_fit` is.

    Raises
    ------
    ValueError
        NaN, infinity (of a stack, the item is named), shapes that do not fit, a sigma that is not positive, no points;
        columns so small or large that a coefficient overflows.

    Warns
    -----
    RuntimeWarning
        Columns are linearly dependent: the coefficients are the shortest that fit best, their covariance is infinite. Or
        there are no degrees of freedom left for a covariance.

    Notes
    -----
    Data of more than four thousand numbers are read once, for the scatter matrix of (X, y), centred as `covariance` does,
    float32 data in double; the normal equations are solved, scaled to unit variances, while their smallest eigenvalue is above
    1e-4: errors stay below about 1e-12. Where less than 1e-6 of the variance of y is left, a second pass over the residuals
    gives b and chi2 the digits that a QR decomposition does (one step of iterative refinement [2]_). All other
    data, and blocks, go through QR decompositions of the centred and scaled columns, some thousands of rows at a
    time, whose triangles are merged: errors grow with the condition of X, not its square. Of a block of more than four thousand
    numbers to which the normal equations do no harm, by the same two bounds, the triangle is Cholesky's. Moments have nothing to go back
    to: their digits are those of the normal equations. Units never matter: columns and weights whose squares leave the
    range are brought back by powers of two; chi2 and the covariance are then infinite, or 0, where float64 does not hold
    them. Cost: n d^2 operations, or 2 n d^2.

    References
    ----------
    .. [1] A. Bjorck, "Numerical methods for least squares problems" (1996), sections 2.2 to 2.4.
    .. [2] A. Bjorck, "Stability analysis of the method of seminormal equations for linear least squares problems", Linear
       Algebra Appl. 88 (1987).
    .. [3] A. E. Hoerl, R. W. Kennard, "Ridge regression", Technometrics 12 (1970), equation 2.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> fit = mml.linear_regression([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.2])
    >>> fit.coefficients.round(3), round(fit.intercept, 3), round(fit.r2, 4)
    (array([2.06]), 0.96, 0.9994)
    >>> x = [[[0.0], [1.0], [2.0]], [[0.0], [1.0], [4.0]]]
    >>> mml.linear_regression(x, [1.0, 3.0, 5.5]).coefficients.round(3)
    array([[2.25 ],
           [1.058]])
    """
    fit = (
        _of_plain(X, y, sigma, intercept) if type(ridge) is float and not ridge else NotImplemented
    )
    if type(fit) is LinearFit:
        return fit
    ridge = as_real(ridge, "ridge", 0, 1e300)
    if isinstance(y, str):
        return _of_stream(X, y, sigma, intercept, ridge)
    if isinstance(X, Moments):
        return _of_moments(X, y, sigma, intercept, ridge)
    if y is None:
        return of_columns(*_factored(_checked_blocks(X, sigma), intercept, ridge))
    if hasattr(X, "to_numpy"):  # columns with names
        fit = linear_regression(
            as_array(X, "X"), as_array(y, "y"), sigma=sigma, intercept=intercept, ridge=ridge
        )
        fit.features = feature_names(X, fit.coefficients.shape[-1])
        return fit
    if not is_source(X):
        X, y = as_array(X, "X"), as_array(y, "y")
        if X.ndim > 2 or y.ndim > 1:
            return LinearFit(
                *regression_stack(linear_regression, X, y, sigma, bool(intercept), ridge)
            )
    x, target, s = _checked(X, y, sigma)
    if not (ridge or is_source(x)) and (x is not X or target is not y or s is not sigma):
        fit = _of_plain(x, target, s, intercept)  # of what became plain arrays
        if type(fit) is LinearFit:
            return fit
    n, d = x.shape
    if is_source(x) or (fit is not None and n > d and n * (d + 1) > _SMALL):
        if is_source(x):
            products = _scatter_of_blocks(_blocks(x, target, s), d)
        else:
            products = scatter_parts(x, None, "X, y", target, deviations=s)
        sums = Sums(products.mean, products.total, n, intercept, ridge, None, products.unit)
        fit = of_scatter(products, sums, strict=True) if products.powers is None else None
        if fit is not None:
            return fit
    rows, sums = _factored(_blocks(x, target, s), intercept, ridge)
    if out_of_range(rows):
        powers = _powers(_blocks(x, target, s), d)
        rows, sums = _factored(_blocks(x, target, s), intercept, ridge, powers)
    return of_columns(rows, sums)


# The fit of plain arrays in one call; None where it is one for a QR decomposition; NotImplemented where somebody has to look at
# the data.
_of_plain = functools.partial(_core.fit_line, LinearFit)


def _of_stream(X: Any, y: str, sigma: Any, intercept: bool, ridge: float) -> LinearFit:
    """Fit the columns of a stream of tables, or of one table, by names."""
    if not (sigma is None or isinstance(sigma, str)):
        msg = f"sigma: got {type(sigma).__name__}, needed the name of a column, as y."
        raise TypeError(msg)
    features: list[str] = []
    held: list[Any] = []  # the number of a batch and its rows, for what is wrong with it

    def blocks() -> Iterator[Block]:
        batches = named_rows_of(X if is_stream(X) else iter([X]), "X")
        for number, (names, rows) in enumerate(batches):
            x, target, s, features[:] = chosen_columns(names, rows, y, sigma)
            held[:] = number, rows
            yield from _blocks(x, target, s)

    try:
        fit = of_columns(*_factored(blocks(), intercept, ridge))
    except ValueError:
        if held and is_stream(X):
            require_finite(held[1], f"X, batch {held[0]}")
        raise
    fit.features = features
    return fit


def _of_moments(
    moments: Moments, y: object, sigma: object, intercept: bool, ridge: float
) -> LinearFit:
    if y is not None or sigma is not None:
        msg = "y, sigma: Moments hold them already: y as the last feature, weights when updating."
        raise ValueError(msg)
    if moments.dim < 2:
        msg = f"X: got Moments of {moments.dim} feature, needed those of X and y, at least 2."
        raise ValueError(msg)
    n, sums = moments.count, moments.sums
    known = Sums(sums.mean, sums.total, n, intercept, ridge, None, sums.unit)
    fit = of_scatter(sums, known)
    assert fit is not None  # only a strict one may be missing
    return fit


def _scatter_of_blocks(blocks: Iterator[Block], d: int) -> Scatter:
    moments = Moments(d + 1)
    for x, y, sigma in blocks:
        moments.update(np.column_stack([x, y]), None if sigma is None else _weights(sigma))
    return moments.sums


def _checked(X: Any, y: ArrayLike, sigma: ArrayLike | None, *, part: bool = False) -> Block:
    source = is_source(X)
    x = X if source else as_array(X, "X")
    if not source:
        x = x[:, None] if x.ndim == 1 else as_data(x, "X")
    if len(x.shape) != 2:
        raise shape_error("X", x.shape, "2 axes, (points, features)")
    target = as_array(y, "y")
    n = x.shape[0]
    if target.shape != (n,):
        raise shape_error("y", target.shape, f"({n},), a number for each row of X")
    if x.shape[1] == 0 or (n == 0 and not part):
        raise shape_error("X", x.shape, "at least one point and one feature")
    if not source:
        x, target = same_dtype(x, target)
    return x, target, None if sigma is None or n == 0 else as_weights(sigma, n, "sigma")


def _checked_blocks(X: Any, sigma: ArrayLike | None) -> Iterator[Block]:
    """Look at the blocks (X, y) or (X, y, sigma) that an iterable gives."""
    if sigma is not None:
        msg = "sigma: without y, it belongs into the blocks (X, y, sigma)."
        raise ValueError(msg)
    width = None
    for block in X if isinstance(X, Iterable) else ():
        if not isinstance(block, tuple) or len(block) not in (2, 3):
            msg = "y: got None, needed a number for each point; or X as an iterable of tuples (X, y) or (X, y, sigma)."
            raise TypeError(msg)
        x, y, s = _checked(*block, *[None] * (3 - len(block)), part=True)
        width = x.shape[1] if width is None else width
        if x.shape[1] != width:
            raise shape_error("X", x.shape, f"(n, {width}), as in the block before")
        yield from _blocks(x, y, s)


def _blocks(x: Any, y: Array, sigma: Array | None) -> Iterator[Block]:
    """Cut into rows that stay in the cache, or into those that a source gives at a time."""
    first = 0
    for chunk in dense_chunks(x, x.shape[1]):
        step = len(chunk) if is_source(x) else max(1, _CHUNK // (x.shape[1] + 1))
        for start in range(0, len(chunk), step):
            rows = chunk[start : start + step]
            part = slice(first, first := first + len(rows))
            yield rows, y[part], None if sigma is None else sigma[part]


def _powers(blocks: Iterator[Block], d: int) -> Array:
    """Return the powers of two of the largest numbers of the columns (X, y)."""
    size = np.zeros(d + 1)
    for x, y, _ in blocks:
        size = np.maximum(size, np.append(np.abs(x).max(axis=0), np.abs(y).max()))
    return np.frexp(size)[1].astype(np.int64)


def _factored(
    blocks: Iterator[Block], intercept: bool, ridge: float, powers: Array | None = None
) -> tuple[Array, Sums]:
    """QR of the columns (X, y) of each block, divided by 2^powers, centred and weighted, and of all their triangles.

    Where the correlations of a block allow it, Cholesky's factor of its scatter matrix is the triangle.
    """
    factor: TriangularFactor | None = None
    points, unit = 0, 0
    for x, y, sigma in blocks:
        weights = None
        if sigma is not None:
            if factor is None and sigma.size:  # deviations in any unit
                least = abs(float(sigma.min()))
                unit = 0 if 1e-60 < least < 1e60 else -2 * int(np.frexp(least)[1])
            weights = _weights(sigma, unit)
        part = None if powers is not None else TriangularFactor.of_sums(x, y, weights)
        if part is None:
            both = require_finite(np.column_stack([x, y]).astype(np.float64), "X, y")
            part = TriangularFactor.of(both if powers is None else np.ldexp(both, -powers), weights)
        factor = part if factor is None else factor + part
        points += len(y)
    if factor is None:
        msg = "X: got no points, needed at least one."
        raise ValueError(msg)
    rows = factor.triangle
    if not intercept:
        rows = np.concatenate([rows, np.sqrt(factor.count) * factor.mean[None]])
    shrink = float(np.ldexp(ridge, -unit)) if unit else ridge
    return rows, Sums(factor.mean, factor.count, points, intercept, shrink, powers, unit)


def _weights(sigma: Array, unit: int = 0) -> Array:
    """Return 1 / sigma^2, divided by 2^unit."""
    if not ((sigma > 0).all() and np.isfinite(sigma).all()):
        refuse_weights(sigma, "sigma")
    if not unit:
        return np.asarray(1 / sigma**2)
    with np.errstate(over="ignore"):
        return np.asarray((1 / np.minimum(np.ldexp(sigma, unit // 2), 1e150)) ** 2)

"""Many linear regressions at once: stacks, one for each label, one for each window."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    as_array,
    as_data,
    as_index,
    same_dtype,
    shape_error,
)
from mmlcore.core.notebook import fields_html
from mmlcore.core.status import Status, sentences, success
from mmlcore.optimize._labels import codes_of
from mmlcore.optimize._linear import linear_regression
from mmlcore.optimize._stacks import mended
from mmlcore.stats.weights import as_weights, refuse_weights

MESSAGES = {
    Status.CONVERGED: "Fitted.",
    Status.EXACT: "As many rows as unknowns: all of them are met, and nothing tells the errors; the covariance is infinite.",
    Status.UNDETERMINED: "Columns are linearly dependent: the shortest coefficients, with an infinite covariance.",
    Status.TOO_FEW_POINTS: "Fewer rows than unknowns.",
    Status.NOT_FINITE: "NaN or infinity among the rows, or a coefficient beyond the range of float64.",
}


class LinearFits(NamedTuple):
    """What `linear_regression_by` and `linear_regression_rolling` return: the fields of `LinearFit`, one fit along axis 0."""

    coefficients: Array
    """b, shape (g, d); NaN where there is no fit, see `status`."""
    intercept: Array
    """c, shape (g,); 0 without."""
    covariance: Array
    """Covariances of (b, c), shape (g, d + 1, d + 1), or (g, d, d) without intercept."""
    chi2: Array
    """Weighted sums of squared residuals, shape (g,)."""
    dof: Array
    """Rows less unknowns, shape (g,)."""
    r2: Array
    """Shares of the variance of y that are explained, shape (g,)."""
    status: Array
    """`Status`: 1 fitted, 3 as many rows as unknowns, 5 dependent columns, -1 NaN or infinity, -2 fewer rows than unknowns."""
    groups: Array | None
    """The labels, sorted, shape (g,); None for windows."""

    def _repr_html_(self) -> str:
        return fields_html(self)

    @property
    def standard_errors(self) -> Array:
        """Square roots of the diagonals of the covariances, shape (g, d + 1)."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance, axis1=-2, axis2=-1)))

    @property
    def success(self) -> Array:
        """Whether there is a fit, for each."""
        return np.asarray(success(self.status))

    @property
    def message(self) -> list[str]:
        """The status as a sentence, for each."""
        return list(sentences(MESSAGES, self.status))


def linear_regression_by(
    X: Any,
    y: ArrayLike,
    groups: Any,
    *,
    sigma: ArrayLike | None = None,
    intercept: bool = True,
) -> LinearFits:
    """Fit y = X b + c for the rows of each label.

    Parameters
    ----------
    X : array_like of shape (n, d) or (n,), float32 or float64
        Points.
    y : array_like of shape (n,)
        What is to be explained.
    groups : array_like of shape (n,)
        The label of each row: numbers, strings, dates, anything that sorts; in any order.
    sigma : array_like of shape (n,), optional
        Standard deviations of y: a point counts 1 / sigma^2.
    intercept : bool, default True
        Whether there is a c.

    Returns
    -------
    LinearFits
        Fields of `linear_regression` with an axis in front, `status` for each fit, and the sorted labels in `groups`. A group
        of fewer rows than unknowns, or with NaN, says so in its status, and spoils no other.

    Raises
    ------
    ValueError
        Shapes that do not fit, no rows, a sigma that is not positive.
    TypeError
        Labels that cannot be sorted.

    Notes
    -----
    Rows are read once, in their order; the sums of each group are about its first row, so that offsets cost no digits, and the
    normal equations of some groups are solved together in SIMD lanes. Groups that would lose digits by their products
    (nearly dependent columns, less than 1e-6 of the variance left) are fitted from their rows by a QR decomposition. Cost:
    n d^2 operations; labels that are integers in a narrow range are counted, others sorted.

    References
    ----------
    .. [1] A. Bjorck, "Numerical methods for least squares problems" (1996), section 2.2.

    Examples
    --------
    >>> import mmlcore as mml
    >>> x, y = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0], [1.0, 3.0, 5.5, 0.0, -1.0, -2.5]
    >>> fits = mml.linear_regression_by(x, y, ["up", "up", "up", "down", "down", "down"])
    >>> fits.groups, fits.coefficients[:, 0]
    (array(['down', 'up'], dtype='<U4'), array([-1.25,  2.25]))
    """
    x, target, s = _rows(X, y, sigma)
    code, labels = codes_of(groups, len(target))
    fields = _core.regress_groups(x, target, s, code, len(labels), bool(intercept))
    order: list[Array] = []  # of the rows by groups, where it is wanted

    def rows(g: int) -> tuple[Array, Array, Array | None]:
        if not order:
            order.append(np.argsort(code, kind="stable"))
            order.append(np.searchsorted(code[order[0]], np.arange(len(labels) + 1)))
        some = order[0][order[1][g] : order[1][g + 1]]
        return x[some], target[some], None if s is None else s[some]

    done = mended(fields, rows, linear_regression, intercept=bool(intercept))
    return LinearFits._make((*done, labels))


def linear_regression_rolling(
    X: Any,
    y: ArrayLike,
    window: int,
    *,
    sigma: ArrayLike | None = None,
    intercept: bool = True,
) -> LinearFits:
    """Fit y = X b + c for each window of neighbouring rows.

    Parameters
    ----------
    X : array_like of shape (n, d) or (n,), float32 or float64
        Points in their order.
    y : array_like of shape (n,)
        What is to be explained.
    window : int
        Rows of a window, 1 to n.
    sigma : array_like of shape (n,), optional
        Standard deviations of y: a point counts 1 / sigma^2.
    intercept : bool, default True
        Whether there is a c.

    Returns
    -------
    LinearFits
        Fields of `linear_regression` with an axis of n - window + 1 in front: fit i is of rows i ... i + window - 1. Windows
        with NaN, or of fewer rows than unknowns, say so in their status.

    Raises
    ------
    ValueError
        Shapes that do not fit, a window that is longer than the data, a sigma that is not positive.

    Notes
    -----
    Nothing is ever subtracted from a sum. The rows are cut into blocks as long as a window, so that each window is the end of
    one block and the beginning of the next, whose sums are added [1]_: an outlier is in the sums of its own windows and in no
    other, however large it is. Windows that would lose digits by their products are fitted from their rows. Cost: d^2
    operations a window, whatever its length.

    References
    ----------
    .. [1] M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels", Pattern
       Recognition Letters 13 (1992), here for sums.

    Examples
    --------
    >>> import mmlcore as mml
    >>> fits = mml.linear_regression_rolling([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.1, 4.0, 8.0], 3)
    >>> fits.coefficients[:, 0].round(3)
    array([1.05, 1.5 , 2.95])
    """
    x, target, s = _rows(X, y, sigma)
    window = as_index(window, "window", least=1)
    if window > len(target):
        msg = f"window: got {window}, needed at most {len(target)}, the number of rows."
        raise ValueError(msg)
    fields = _core.regress_windows(x, target, s, window, bool(intercept))
    gaps = _gaps(x, target, window) if (fields[6] == 0).any() else None

    def rows(i: int) -> tuple[Array, Array, Array | None]:
        part = slice(i, i + window)
        return x[part], target[part], None if s is None else s[part]

    done = mended(fields, rows, linear_regression, gaps, intercept=bool(intercept))
    return LinearFits._make((*done, None))


def _rows(X: Any, y: ArrayLike, sigma: ArrayLike | None) -> tuple[Array, Array, Array | None]:
    x = as_array(X, "X")
    x = x[:, None] if x.ndim == 1 else as_data(x, "X")
    target = as_array(y, "y")
    if target.shape != x.shape[:1]:
        raise shape_error("y", target.shape, f"({len(x)},), a number for each row of X")
    if 0 in x.shape:
        raise shape_error("X", x.shape, "at least one point and one feature")
    x, target = same_dtype(x, target)
    s = None if sigma is None else np.ascontiguousarray(as_weights(sigma, len(x), "sigma"))
    if s is not None and not ((s > 0).all() and np.isfinite(s).all()):
        refuse_weights(s, "sigma")
    return x, target, s


def _gaps(x: Array, y: Array, window: int) -> Array:
    """Tell for each window whether a row is not finite."""
    bad = ~(np.isfinite(x).all(axis=1) & np.isfinite(y))
    count = np.concatenate([[0], np.cumsum(bad)])
    return np.asarray(count[window:] > count[:-window])

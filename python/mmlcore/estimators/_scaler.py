"""scikit-learn's StandardScaler, by the kernels of `mmlcore.stats`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_is_fitted,
    validate_data,
)

from mmlcore import _core
from mmlcore.core.arrays import Array, all_finite, empty, is_sparse
from mmlcore.core.sparse import with_values
from mmlcore.stats.scatter import two_parts
from mmlcore.stats.summary import column_sums

_CHECKS: dict[str, Any] = {
    "dtype": [np.float64, np.float32, np.float16],
    "ensure_all_finite": "allow-nan",
}


class _Sums(NamedTuple):
    """Of each column: number of values (or sum of weights), mean in two parts, squared deviations."""

    total: Array
    mean: Array
    low: Array
    squares: Array

    def __add__(self, other: _Sums) -> _Sums:  # type: ignore[override]
        """Merge two (Chan, Golub, LeVeque 1982, equation 2.1)."""
        n = self.total + other.total
        share = np.divide(other.total, n, out=np.zeros(len(n)), where=n > 0)
        apart = (other.mean - self.mean) + (other.low - self.low)
        apart = np.where(self.total > 0, apart, 0)
        start = np.where(self.total > 0, self.mean, other.mean)
        rest = np.where(self.total > 0, self.low, other.low)
        mean, low = two_parts(start, rest + apart * share)
        squares = self.squares + other.squares + apart * apart * (self.total * share)
        return _Sums(n, mean, low, squares)


class StandardScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Features shifted to mean 0 and scaled to variance 1, as an estimator of scikit-learn.

    Parameters
    ----------
    copy : bool, default True
        Whether `transform` leaves the data as they are; False: results go where the data lie, if they are floats.
    with_mean : bool, default True
        Whether means are subtracted; not of sparse data.
    with_std : bool, default True
        Whether features are divided by their standard deviation.

    Attributes
    ----------
    scale_ : ndarray of shape (d,) or None
        Standard deviations, 1 for a feature that does not vary.
    mean_, var_ : ndarray of shape (d,) or None
    n_samples_seen_ : int, float with weights, or ndarray of shape (d,) where values are missing
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Names of the columns, where the data have names.

    See Also
    --------
    mmlcore.standardize : The same of one data set.

    Notes
    -----
    NaN is a missing value: left out of means and variances, and left where it is. A feature does not vary where all of its values
    are equal, whatever its units: 1000 times 14.62 becomes 0, and numbers near 1e-15 are scaled as any others. Means are kept in
    two parts, so that a far origin costs no digit that the data have, over many calls of `partial_fit` as well.

    Examples
    --------
    >>> from mmlcore.estimators import StandardScaler
    >>> StandardScaler().fit_transform([[0.0, 5.0], [2.0, 5.0]])
    array([[-1.,  0.],
           [ 1.,  0.]])
    """

    def __init__(self, *, copy: bool = True, with_mean: bool = True, with_std: bool = True) -> None:
        self.copy = copy
        self.with_mean = with_mean
        self.with_std = with_std

    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> StandardScaler:
        """Find means and deviations of data (n, d), with weights (n,) if there are any. Returns the object itself."""
        for name in ("_sums", "scale_", "mean_", "var_", "n_samples_seen_"):
            self.__dict__.pop(name, None)
        return self.partial_fit(X, y, sample_weight)

    def partial_fit(
        self,
        X: Any,
        y: object = None,  # noqa: ARG002
        sample_weight: Any = None,
    ) -> StandardScaler:
        """Add points (n, d) to those of earlier calls. Returns the object itself."""
        before = self.__dict__.get("_sums")
        x = validate_data(self, X, accept_sparse=("csr", "csc"), reset=before is None, **_CHECKS)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, x, dtype=np.float64, ensure_non_negative=True
            )
        if x.dtype == np.float16:
            x = x.astype(np.float32)
        if is_sparse(x):
            self._refuse_centring()
            sums = _of_sparse(x, weights)
        elif all_finite(x) and (weights is None or weights.all()):
            sums = _Sums(*column_sums(x, weights))
        else:
            sums = _with_gaps(x, weights)
        sums = sums if before is None else before + sums
        self._sums = sums
        whole = weights is None and (before is None or bool(self.__dict__["_whole"]))
        self._whole: bool = whole
        count = sums.total.astype(np.int64) if whole else sums.total
        even = len(count) and count.max() == count.min()
        self.n_samples_seen_: Any = count[0] if even else count
        with np.errstate(invalid="ignore"):
            variance = np.divide(
                sums.squares, sums.total, out=np.full(len(count), np.nan), where=sums.total > 0
            )
        self.var_ = variance if self.with_std else None
        self.scale_ = np.where(variance == 0, 1.0, np.sqrt(variance)) if self.with_std else None
        wanted = self.with_mean or self.with_std
        self.mean_ = sums.mean if wanted and not (is_sparse(x) and not self.with_std) else None
        return self

    def transform(self, X: Any, copy: bool | None = None) -> Any:
        """Return data (n, d) centred and scaled; NaN stays NaN."""
        check_is_fitted(self)
        copy = self.copy if copy is None else copy
        x = validate_data(
            self,
            X,
            accept_sparse="csr",
            reset=False,
            copy=copy and is_sparse(X),
            force_writeable=not copy,
            **_CHECKS,
        )
        if is_sparse(x):
            self._refuse_centring()
            if self.scale_ is not None:
                x = with_values(x, (x.data / self.scale_[x.indices]).astype(x.dtype, copy=False))
            return x
        if x.dtype == np.float16:
            found = self._scaled(x.astype(np.float32), empty(x.shape, np.dtype(np.float32)))
            return found.astype(np.float16)
        to = empty(x.shape, x.dtype) if copy else x
        return self._scaled(x, to)

    def inverse_transform(self, X: Any, copy: bool | None = None) -> Any:
        """Return the data (n, d) that `transform` gives X for."""
        check_is_fitted(self)
        copy = self.copy if copy is None else copy
        x = check_array(X, accept_sparse="csr", copy=copy, force_writeable=True, **_CHECKS)
        if x.shape[1] != self.n_features_in_:
            msg = (
                f"X has {x.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input."
            )
            raise ValueError(msg)
        if is_sparse(x):
            self._refuse_centring(
                "Cannot uncenter sparse matrices: pass `with_mean=False` instead. "
            )
            if self.scale_ is not None:
                x = with_values(x, (x.data * self.scale_[x.indices]).astype(x.dtype, copy=False))
            return x
        if self.scale_ is not None:
            x *= self.scale_
        if self.with_mean:
            x += self.mean_
        return x

    def _scaled(self, x: Array, to: Array) -> Array:
        zero = np.zeros(self.n_features_in_)
        mean, low = (self._sums.mean, self._sums.low) if self.with_mean else (zero, zero)
        scale = np.ones(len(zero)) if self.scale_ is None else np.asarray(self.scale_)
        _core.scale_columns(x, np.ascontiguousarray(mean), low, scale, to)
        return to

    def _refuse_centring(self, what: str = "") -> None:
        if self.with_mean:
            what = what or "Cannot center sparse matrices: pass `with_mean=False` instead. "
            msg = what + "See docstring for motivation and alternatives."
            raise ValueError(msg)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = not self.with_mean
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _with_gaps(x: Array, weights: Array | None) -> _Sums:
    """Sum over the values that are there."""
    there = ~np.isnan(x)
    counts = there if weights is None else there * (weights > 0)[:, None]
    first = counts.argmax(axis=0)
    shift = np.where(counts.any(axis=0), x[first, np.arange(x.shape[1])], 0).astype(np.float64)
    apart = np.where(there, x - shift, 0)
    w = np.ones(len(x)) if weights is None else weights
    total = w @ there
    safe = np.where(total > 0, total, 1)
    step = (w @ apart) / safe
    mean, low = two_parts(shift, step)
    left = np.where(there, apart - step, 0)
    return _Sums(total, mean, low, np.einsum("i,ij,ij->j", w, left, left))


def _of_sparse(x: Any, weights: Array | None) -> _Sums:
    """Sum over a sparse matrix, whose zeros count."""
    x = x.tocsr(copy=True)
    x.sum_duplicates()
    n, d = x.shape
    w = np.ones(n) if weights is None else weights
    of_entry = np.repeat(w, np.diff(x.indptr))
    values, nan = x.data.astype(np.float64), np.isnan(x.data)
    of_entry, values, column = of_entry[~nan], values[~nan], x.indices[~nan]
    gaps = np.bincount(x.indices[nan], np.repeat(w, np.diff(x.indptr))[nan], d)
    total = w.sum() - gaps
    safe = np.where(total > 0, total, 1)
    held = np.bincount(column, of_entry, d)
    entries = np.bincount(column, minlength=d) + np.bincount(x.indices[nan], minlength=d)
    # From the first value of each column: that of a full column without variance is its mean, exactly.
    full = entries == n
    shift = np.zeros(d)
    shift[column[::-1]] = values[::-1]
    shift = np.where(full, shift, 0)
    step = np.bincount(column, of_entry * (values - shift[column]), d) / safe
    mean, low = two_parts(shift, step)
    left = (values - mean[column]) - low[column]
    squares = (
        np.bincount(column, of_entry * left * left, d)
        + np.where(full, 0, np.maximum(total - held, 0)) * mean**2
    )
    return _Sums(total, mean, low, squares)

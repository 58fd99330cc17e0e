"""scikit-learn's TruncatedSVD, by `mmlcore.svd`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from mmlcore.core.arrays import Array, is_sparse
from mmlcore.core.random_state import as_seed
from mmlcore.core.signs import signed
from mmlcore.matrices import matmul
from mmlcore.singular import svd
from mmlcore.stats import variance


class TruncatedSVD(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The leading singular vectors of data that are not centred, as an estimator of scikit-learn.

    Parameters
    ----------
    n_components : int, default 2
        How many.
    algorithm : {'randomized', 'arpack'}, default 'randomized'
        Accepted: both give the singular vectors to the accuracy of `mmlcore.svd`; 'arpack' wants fewer than there are features.
    n_iter, n_oversamples : int, default 5 and 10
        Accepted: nothing is left to a sketch.
    power_iteration_normalizer : {'auto', 'QR', 'LU', 'none'}, default 'auto'
        Accepted.
    random_state : int, RandomState or None, default None
        Of the first vector of the iteration that finds few vectors of large data.
    tol : float, default 0.0
        Accepted: residuals are 1e-11 of the largest singular value.

    Attributes
    ----------
    components_ : ndarray of shape (k, d)
        Orthonormal rows; the largest entry of each is positive.
    explained_variance_, explained_variance_ratio_ : ndarray of shape (k,)
        Variance of the scores, and its share of the variance of the data.
    singular_values_ : ndarray of shape (k,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Names of the columns, where the data have names.

    Notes
    -----
    ``fit_transform(X)`` is ``fit(X).transform(X)``, in one rule of signs.

    Examples
    --------
    >>> from mmlcore.estimators import TruncatedSVD
    >>> svd = TruncatedSVD(n_components=1).fit([[3.0, 0.0], [4.0, 5.0]])
    >>> (svd.singular_values_**2).round(9)
    array([45.])
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        algorithm: str = "randomized",
        n_iter: int = 5,
        n_oversamples: int = 10,
        power_iteration_normalizer: str = "auto",
        random_state: Any = None,
        tol: float = 0.0,
    ) -> None:
        self.n_components = n_components
        self.algorithm = algorithm
        self.n_iter = n_iter
        self.n_oversamples = n_oversamples
        self.power_iteration_normalizer = power_iteration_normalizer
        self.random_state = random_state
        self.tol = tol

    def fit(self, X: Any, y: object = None) -> TruncatedSVD:  # noqa: ARG002
        """Find the vectors of data (n, d), dense or sparse. Returns the object itself."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: object = None) -> Any:  # noqa: ARG002
        """Fit to data (n, d) and return its scores (n, k)."""
        if self.algorithm not in ("randomized", "arpack"):
            msg = f"algorithm: got {self.algorithm!r}, needed 'randomized' or 'arpack'."
            raise ValueError(msg)
        x = validate_data(
            self,
            X,
            accept_sparse=("csr", "csc"),
            dtype=[np.float64, np.float32],
            ensure_min_features=2,
        )
        n, d = x.shape
        k, most = self.n_components, d - (self.algorithm == "arpack")
        if not 1 <= k <= most:
            msg = f"n_components({k}) must be <= n_features({most})."
            raise ValueError(msg)
        least = min(n, d)
        if is_sparse(x) and (4 * k > least or least <= _DENSE):
            found = svd(np.asarray(x.toarray()))
        elif 4 * k > least or least <= _DENSE:
            found = svd(x)
        else:
            found = svd(x, k=k, random_state=as_seed(self.random_state))
        vectors, values = signed(found.Vh[:k]), found.s[:k]
        if k > least:  # what the data do not reach has no direction of its own
            vectors = np.concatenate([vectors, np.zeros((k - least, d), vectors.dtype)])
            values = np.concatenate([values, np.zeros(k - least, values.dtype)])
        self.components_ = np.ascontiguousarray(vectors.astype(x.dtype, copy=False))
        self.singular_values_ = values.astype(x.dtype, copy=False)
        scores = self._scores(x)
        self.explained_variance_ = np.asarray(variance(scores))
        total = _total_variance(x)
        share = self.explained_variance_ / total if total > 0 else np.zeros(k)
        self.explained_variance_ratio_ = np.asarray(share, dtype=x.dtype)
        return scores

    def transform(self, X: Any) -> Any:
        """Return the scores (n, k) of points (n, d)."""
        check_is_fitted(self)
        x = validate_data(
            self, X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], reset=False
        )
        return self._scores(x)

    def inverse_transform(self, X: Any) -> Array:
        """Return the points (n, d) that scores (n, k) stand for."""
        check_is_fitted(self)
        return np.asarray(matmul(check_array(X, dtype=[np.float64, np.float32]), self.components_))

    def _scores(self, x: Any) -> Array:
        if is_sparse(x):
            return np.asarray(x @ self.components_.T)
        return np.asarray(matmul(x, self.components_.T.astype(x.dtype, copy=False)))

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


_DENSE = 100  # shorter sides for which all vectors cost less than an iteration for few


def _total_variance(x: Any) -> float:
    """Return the sum of the variances of the columns."""
    if not is_sparse(x):
        return float(variance(x).sum(dtype=np.float64))
    n, d = x.shape
    x = x.tocsr()
    means = np.asarray(x.sum(axis=0, dtype=np.float64)).reshape(-1) / n
    left = x.data - means[x.indices]
    empty = n - np.bincount(x.indices, minlength=d)
    return float((left @ left + (np.maximum(empty, 0) * means * means).sum()) / n)

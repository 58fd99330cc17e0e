"""scikit-learn's KNeighborsClassifier for distances of inner products, computed by `mmlcore.nearest_neighbors`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from mmlcore.core.arrays import Array, as_index
from mmlcore.neighbors import nearest_neighbors


class KNeighborsClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classification by the votes of the nearest points, as an estimator of scikit-learn.

    Parameters
    ----------
    n_neighbors : int, default 5
        How many points vote.
    weights : {'uniform', 'distance'} or callable, default 'uniform'
        Each vote counts 1, or the reciprocal of the distance (points at distance 0 then decide alone), or what the callable
        makes of an array of distances (q, k).
    metric : {'euclidean', 'minkowski', 'l2', 'mahalanobis'}, default 'euclidean'
        The first three are the same. 'mahalanobis' is the distance of the inner product x' VI y.
    metric_params : dict, optional
        For 'mahalanobis' ``{"VI": matrix}`` (d, d), symmetric positive definite: the inverse of a covariance.
    n_jobs : int, optional
        Accepted; `mmlcore.set_num_threads` says how many threads work.

    Attributes
    ----------
    classes_ : ndarray of shape (c,)
    n_features_in_, n_samples_fit_ : int
    feature_names_in_ : ndarray of shape (d,)
        Names of the columns, where the data have names.

    Notes
    -----
    Exact, by `mmlcore.nearest_neighbors`: of equal distances the point that comes first in the data is nearer, of equal votes
    the class that comes first in `classes_` wins.

    Examples
    --------
    >>> from mmlcore.estimators import KNeighborsClassifier
    >>> KNeighborsClassifier(n_neighbors=1).fit([[0.0], [3.0]], ["near", "far"]).predict([[1.0], [2.0]])
    array(['near', 'far'], dtype='<U4')
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        weights: Any = "uniform",
        metric: str = "euclidean",
        metric_params: dict[str, Any] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.metric = metric
        self.metric_params = metric_params
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any) -> KNeighborsClassifier:
        """Keep points (n, d) and their classes (n,). Returns the object itself."""
        as_index(self.n_neighbors, "n_neighbors", 1)
        given = sorted(self.metric_params or {})
        if self.metric not in ("euclidean", "minkowski", "l2", "mahalanobis"):
            msg = (
                f"metric: got {self.metric!r}, needed 'euclidean' (or its names 'minkowski', 'l2') "
                "or 'mahalanobis'."
            )
            raise ValueError(msg)
        if given != (["VI"] if self.metric == "mahalanobis" else []):
            msg = f"metric_params: got {given}, needed {{'VI': matrix}} for 'mahalanobis' and none else."
            raise ValueError(msg)
        if self.weights not in ("uniform", "distance") and not callable(self.weights):
            msg = f"weights: got {self.weights!r}, needed 'uniform', 'distance' or a callable."
            raise ValueError(msg)
        x, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, self._codes = np.unique(y, return_inverse=True)
        self._x = x
        self.n_samples_fit_ = len(x)
        return self

    def kneighbors(
        self, X: Any, n_neighbors: int | None = None, return_distance: bool = True
    ) -> Any:
        """Return (distances, indices), each (q, k), of the points nearest to queries (q, d), or the indices alone."""
        check_is_fitted(self)
        x = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        if k > self.n_samples_fit_:
            msg = f"Expected n_neighbors <= n_samples_fit, but n_neighbors = {k}, n_samples_fit = {self.n_samples_fit_}"
            raise ValueError(msg)
        inner = (self.metric_params or {}).get("VI")
        found = nearest_neighbors(self._x, x, k, metric=inner)
        return (found.distances, found.indices) if return_distance else found.indices

    def predict_proba(self, X: Any) -> Array:
        """Return the share of the votes (q, c) that each class has."""
        distances, indices = self.kneighbors(X)
        votes = self._votes(distances)
        counts = np.zeros((len(indices), len(self.classes_)))
        rows = np.arange(len(indices))
        for column in range(indices.shape[1]):
            np.add.at(counts, (rows, self._codes[indices[:, column]]), votes[:, column])
        total = counts.sum(axis=1, keepdims=True)
        if not (total > 0).all():
            query = int(np.flatnonzero(~(total[:, 0] > 0))[0])
            msg = (
                f"All neighbors of some sample is getting zero weights (query {query}). Please modify 'weights' to avoid this "
                "case if you are using a user-defined function."
            )
            raise ValueError(msg)
        return np.asarray(counts / total)

    def predict(self, X: Any) -> Array:
        """Return the class (q,) with the most votes for each of queries (q, d)."""
        shares = self.predict_proba(X)
        return np.asarray(self.classes_[shares.argmax(axis=1)])

    def _votes(self, distances: Array) -> Array:
        if callable(self.weights):
            return np.asarray(self.weights(distances), dtype=np.float64)
        if self.weights == "uniform":
            return np.ones(distances.shape)
        exact = distances == 0
        with np.errstate(divide="ignore"):
            votes = 1.0 / distances.astype(np.float64)
        return np.where(exact.any(axis=1, keepdims=True), exact, votes)

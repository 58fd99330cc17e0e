"""scikit-learn's NearestNeighbors, KNeighborsClassifier and KNeighborsRegressor, by `mmlcore.NeighborIndex`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets

from mmlcore.core.arrays import Array
from mmlcore.estimators._nearest import ATTRIBUTES, PARAMETERS, SWAPPED, NeighborsBase


class NearestNeighbors(NeighborsBase):
    __doc__ = f"""The nearest points, as an estimator of scikit-learn.

    Parameters
    ----------
    n_neighbors : int, default 5
        How many are looked for.
    radius : float, default 1.0
        How near the points of `radius_neighbors` are.
    {SWAPPED}

    Attributes
    ----------
    {ATTRIBUTES}

    See Also
    --------
    mmlcore.NeighborIndex : The index itself.

    Notes
    -----
    Exact; of equal distances the point that comes first in the data is nearer. Sparse points are made dense: at once while they
    take 256 MiB, else by blocks at each search.

    Examples
    --------
    >>> from mmlcore.estimators import NearestNeighbors
    >>> NearestNeighbors(n_neighbors=1).fit([[0.0], [3.0]]).kneighbors([[2.0]])
    (array([[1.]]), array([[1]]))
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 5,
        radius: float = 1.0,
        algorithm: str = "auto",
        leaf_size: int = 30,
        metric: str = "minkowski",
        p: float = 2,
        metric_params: dict[str, Any] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.radius = radius
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.metric = metric
        self.p = p
        self.metric_params = metric_params
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: object = None) -> NearestNeighbors:  # noqa: ARG002
        """Keep points (n, d). Returns the object itself."""
        self._fit(X)
        return self

    def radius_neighbors(
        self,
        X: Any = None,
        radius: float | None = None,
        return_distance: bool = True,
        sort_results: bool = False,
    ) -> Any:
        """Return the distances and indices of the points as near to each query as the radius, or the indices alone.

        Two arrays of arrays (q,), in the order of the indices or with `sort_results` nearest first. Without `X`: of the points
        themselves, none of which is its own neighbour.
        """
        if sort_results and not return_distance:
            msg = "return_distance must be True if sort_results is True."
            raise ValueError(msg)
        distances, indices = (
            _ragged(parts) for parts in self._within(X, radius, nearest_first=sort_results)
        )
        return (distances, indices) if return_distance else indices

    def radius_neighbors_graph(
        self,
        X: Any = None,
        radius: float | None = None,
        mode: str = "connectivity",
        sort_results: bool = False,
    ) -> Any:
        """Return the graph of the points within the radius as a sparse matrix (q, n): ones, or with mode='distance' the distances."""
        self._check_mode(mode)
        distances, indices = self._within(X, radius, nearest_first=sort_results)
        offsets = np.concatenate([[0], np.cumsum([len(at) for at in indices])])
        near, at = (np.concatenate(parts) for parts in (distances, indices))
        return self._graph(np.ones(len(at)) if mode == "connectivity" else near, at, offsets)


class _Votes(NeighborsBase):
    """What classification and regression by neighbours are told."""

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        weights: Any = "uniform",
        algorithm: str = "auto",
        leaf_size: int = 30,
        p: float = 2,
        metric: str = "minkowski",
        metric_params: dict[str, Any] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.p = p
        self.metric = metric
        self.metric_params = metric_params
        self.n_jobs = n_jobs


class KNeighborsClassifier(ClassifierMixin, _Votes):  # type: ignore[misc]
    __doc__ = f"""Classification by the votes of the nearest points, as an estimator of scikit-learn.

    Parameters
    ----------
    n_neighbors : int, default 5
        How many points vote.
    weights : {{'uniform', 'distance'}}, callable or None, default 'uniform'
        Each vote counts 1, or the reciprocal of the distance (points at distance 0 then decide alone), or what the callable
        makes of an array of distances (q, k).
    {PARAMETERS}

    Attributes
    ----------
    classes_ : ndarray of shape (c,), or a list of them for several outputs
    outputs_2d_ : bool
        Whether the classes came in columns.
    {ATTRIBUTES}

    Notes
    -----
    Exact, by `mmlcore.NeighborIndex`: of equal distances the point that comes first in the data is nearer, of equal votes
    the class that comes first in `classes_` wins.

    Examples
    --------
    >>> from mmlcore.estimators import KNeighborsClassifier
    >>> KNeighborsClassifier(n_neighbors=1).fit([[0.0], [3.0]], ["near", "far"]).predict([[1.0], [2.0]])
    array(['near', 'far'], dtype='<U4')
    """

    def fit(self, X: Any, y: Any) -> KNeighborsClassifier:
        """Keep points (n, d) and their classes (n,), or (n, t) for t outputs. Returns the object itself."""
        y = self._fit(X, _given(y, self))
        check_classification_targets(y)
        self.outputs_2d_ = y.ndim == 2 and y.shape[1] != 1
        if y.ndim == 2 and not self.outputs_2d_:
            msg = (
                "A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples,), for "
                "example using ravel()."
            )
            warnings.warn(msg, DataConversionWarning, stacklevel=2)
        columns = [np.unique(column, return_inverse=True) for column in y.reshape(len(y), -1).T]
        self._codes = np.stack([codes.reshape(-1) for _, codes in columns], axis=1)
        names = [found for found, _ in columns]
        self.classes_: Any = names if self.outputs_2d_ else names[0]
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return the share of the votes (q, c) that each class has; a list of them for several outputs.

        Of queries (q, d), or for None of the points themselves, which do not vote for themselves.
        """
        shares = []
        for counts in self._counts(X):
            total = counts.sum(axis=1, keepdims=True)
            if not (total > 0).all():
                query = int(np.flatnonzero(~(total[:, 0] > 0))[0])
                msg = (
                    "All neighbors of some sample is getting zero weights. Please modify 'weights' to avoid this case if you are "
                    f"using a user-defined function. (Query {query}.)"
                )
                raise ValueError(msg)
            shares.append(counts / total)
        return shares if self.outputs_2d_ else shares[0]

    def predict(self, X: Any) -> Array:
        """Return the class (q,) with the most votes for each of queries (q, d), or (q, t) for t outputs."""
        if self.weights in ("uniform", "distance", None):
            shares: Any = self._counts(X)
        else:
            shares = self.predict_proba(X)
            shares = shares if self.outputs_2d_ else [shares]
        if not self.outputs_2d_:
            return np.asarray(self.classes_[shares[0].argmax(axis=1)])
        best = [
            names[share.argmax(axis=1)] for names, share in zip(self.classes_, shares, strict=True)
        ]
        return np.stack(best, axis=1)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of queries whose class is right; of the points themselves where X is None."""
        from sklearn.metrics import accuracy_score  # noqa: PLC0415

        return float(accuracy_score(y, self.predict(X), sample_weight=sample_weight))

    def _counts(self, X: Any) -> list[Array]:
        """Return the votes (q, c) of each output."""
        distances, indices = self.kneighbors(X)
        votes = self._votes(distances)
        q = len(indices)
        counts = []
        for codes, names in zip(self._codes.T, self._names(), strict=True):
            width = len(names)
            places = codes[indices]
            if q > 1:
                places = places + np.arange(0, q * width, width)[:, None]
            weights = None if votes is None else votes.reshape(-1)
            found = np.bincount(places.reshape(-1), weights, q * width)
            counts.append(found.reshape(q, width))
        return counts

    def _names(self) -> list[Array]:
        return list(self.classes_) if self.outputs_2d_ else [self.classes_]

    def __sklearn_tags__(self) -> Any:
        """Say that points may have several labels."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class KNeighborsRegressor(RegressorMixin, _Votes):  # type: ignore[misc]
    __doc__ = f"""Regression by the mean of the nearest points, as an estimator of scikit-learn.

    Parameters
    ----------
    n_neighbors : int, default 5
        How many points are averaged.
    weights : {{'uniform', 'distance'}}, callable or None, default 'uniform'
        Each point counts 1, or the reciprocal of its distance (points at distance 0 then decide alone), or what the callable
        makes of an array of distances (q, k).
    {PARAMETERS}

    Attributes
    ----------
    {ATTRIBUTES}

    Notes
    -----
    Exact, by `mmlcore.NeighborIndex`: of equal distances the point that comes first in the data is nearer.

    Examples
    --------
    >>> from mmlcore.estimators import KNeighborsRegressor
    >>> KNeighborsRegressor(n_neighbors=2).fit([[0.0], [1.0], [9.0]], [1.0, 3.0, 5.0]).predict([[0.4]])
    array([2.])
    """

    def fit(self, X: Any, y: Any) -> KNeighborsRegressor:
        """Keep points (n, d) and their targets (n,) or (n, t). Returns the object itself."""
        self._y = self._fit(X, _given(y, self), y_numeric=True)
        return self

    def predict(self, X: Any) -> Array:
        """Return the mean target (q,) or (q, t) of the points nearest to queries (q, d); for None, to the points themselves."""
        distances, indices = self.kneighbors(X)
        votes = self._votes(distances)
        targets = self._y[indices]
        if votes is None:
            return np.asarray(targets.mean(axis=1))
        votes = votes.astype(np.float64)
        total = votes.sum(axis=1)
        if not (total != 0).all():
            query = int(np.flatnonzero(total == 0)[0])
            msg = f"weights: all neighbours of query {query} have the weight 0."
            raise ValueError(msg)
        weights = votes.reshape(votes.shape + (1,) * (targets.ndim - 2))
        found = (weights * targets).sum(axis=1)
        return np.asarray(found / total.reshape((-1,) + (1,) * (targets.ndim - 2)))


def _given(y: Any, estimator: Any) -> Any:
    """Return targets that are there; ValueError in scikit-learn's words for None."""
    if y is None:
        msg = f"This {type(estimator).__name__} estimator requires y to be passed, but the target y is None."
        raise ValueError(msg)
    return y


def _ragged(parts: list[Array]) -> Array:
    """Return arrays of several lengths as an array of objects."""
    result = np.empty(len(parts), object)
    result[:] = parts
    return result

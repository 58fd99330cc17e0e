"""What the estimators of neighbours share: parameters, data, searches and graphs."""

from __future__ import annotations

import importlib
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin
from sklearn.neighbors import BallTree, KDTree
from sklearn.utils.validation import check_is_fitted, validate_data

from mmlcore.core.arrays import F32, F64, Array, all_finite
from mmlcore.estimators.space import EUCLIDEAN, METRICS, Space

_ACCEPTED = """algorithm : {'auto', 'ball_tree', 'kd_tree', 'brute'}, default 'auto'
        Accepted: `mmlcore.NeighborIndex` chooses how it searches, and the result is the same.
    leaf_size : int, default 30
        Accepted.
    """
_POWER = """p : float, default 2
        Of 'minkowski': 2, the euclidean distance; others are refused.
    """
_METRIC = """metric : str, default 'minkowski'
        'euclidean' (or its names 'minkowski', 'l2'), 'sqeuclidean', 'cosine', or 'mahalanobis', the distance of the inner product
        x' VI y. Others are refused, 'precomputed' as well.
    """
_REST = """metric_params : dict, optional
        For 'mahalanobis' ``{"VI": matrix}`` (d, d), symmetric positive definite: the inverse of a covariance; or the covariance
        itself, ``{"V": matrix}``.
    n_jobs : int, optional
        Accepted; `mmlcore.set_num_threads` says how many threads work."""
PARAMETERS = _ACCEPTED + _POWER + _METRIC + _REST
SWAPPED = _ACCEPTED + _METRIC + _POWER + _REST

ATTRIBUTES = """effective_metric_ : str
        The metric by its own name.
    effective_metric_params_ : dict
    n_features_in_, n_samples_fit_ : int
    feature_names_in_ : ndarray of shape (d,)
        Names of the columns, where the data have names."""


class NeighborsBase(MultiOutputMixin, BaseEstimator):  # type: ignore[misc]
    """Points that are kept, and their neighbours."""

    n_neighbors: Any
    algorithm: Any
    leaf_size: Any
    p: Any
    metric: Any
    metric_params: Any
    radius: Any
    weights: Any = "uniform"
    n_samples_fit_: int
    _fit_X: Any
    _space: Space

    def kneighbors(
        self, X: Any = None, n_neighbors: Any = None, return_distance: bool = True
    ) -> Any:
        """Return (distances, indices), each (q, k), of the points nearest to queries (q, d), or the indices alone.

        Without `X`: of the points themselves, none of which is its own neighbour.
        """
        if n_neighbors is None:
            n_neighbors = self.n_neighbors
        elif not isinstance(n_neighbors, Integral):
            msg = f"n_neighbors does not take {type(n_neighbors)} value, enter integer value"
            raise TypeError(msg)
        elif n_neighbors <= 0:
            msg = f"Expected n_neighbors > 0. Got {n_neighbors}"
            raise ValueError(msg)
        if X is None:
            check_is_fitted(self)
        queries = None if X is None else self._queries(X)
        if n_neighbors > self.n_samples_fit_ - (X is None):
            sign = "<" if queries is None else "<="
            rows = self.n_samples_fit_ if queries is None else queries.shape[0]
            msg = (
                f"Expected n_neighbors {sign} n_samples_fit, but n_neighbors = {n_neighbors}, "
                f"n_samples_fit = {self.n_samples_fit_}, n_samples = {rows}"
            )
            raise ValueError(msg)
        if queries is None:
            near = self._space.nearest_of_own(int(n_neighbors))
        else:
            near = self._space.nearest(queries, int(n_neighbors))
        return tuple(near) if return_distance else near[1]

    def kneighbors_graph(
        self, X: Any = None, n_neighbors: Any = None, mode: str = "connectivity"
    ) -> Any:
        """Return the graph of the nearest points as a sparse matrix (q, n): ones, or with mode='distance' the distances."""
        self._check_mode(mode)
        distances, indices = self.kneighbors(X, n_neighbors)
        q, k = indices.shape
        values = np.ones(q * k) if mode == "connectivity" else distances.ravel()
        return self._graph(values, indices.ravel(), np.arange(0, q * k + 1, k or 1)[: q + 1])

    def _graph(self, values: Array, indices: Array, offsets: Array) -> Any:
        sparse = importlib.import_module("scipy.sparse")
        return sparse.csr_matrix(
            (values, indices, offsets), shape=(len(offsets) - 1, self.n_samples_fit_)
        )

    @staticmethod
    def _check_mode(mode: str) -> None:
        if mode not in ("connectivity", "distance"):
            msg = f'Unsupported mode, must be one of "connectivity", or "distance" but got "{mode}" instead'
            raise ValueError(msg)

    def _within(
        self, X: Any, radius: Any, *, nearest_first: bool
    ) -> tuple[list[Array], list[Array]]:
        """Return distances and indices of the points within a radius of each query."""
        if radius is None:
            radius = self.radius
        if not isinstance(radius, (int, float, np.number)) or not radius >= 0:
            msg = f"radius: got {radius!r}, needed a number of at least 0."
            raise ValueError(msg)
        if X is not None:
            queries = self._queries(X)
            return self._space.within(queries, float(radius), nearest_first=nearest_first)
        check_is_fitted(self)
        distances, indices = self._space.within(
            self._fit_X, float(radius), nearest_first=nearest_first
        )
        others = [at != row for row, at in enumerate(indices)]
        return (
            [d[keep] for d, keep in zip(distances, others, strict=True)],
            [at[keep] for at, keep in zip(indices, others, strict=True)],
        )

    def _queries(self, X: Any) -> Any:
        """Return checked queries (q, d); plain ones without scikit-learn, whose checks take longer than a search."""
        state = self.__dict__
        if (
            type(X) is np.ndarray
            and (X.dtype is F64 or X.dtype is F32)
            and "feature_names_in_" not in state
            and X.shape[1:] == (state.get("n_features_in_"),)
            and len(X)
            and all_finite(X)
        ):
            return X
        check_is_fitted(self)
        return validate_data(
            self, X, dtype=[np.float64, np.float32], accept_sparse="csr", reset=False
        )

    def _fit(self, X: Any, y: Any = None, **options: Any) -> Any:
        """Check parameters and data, and keep the points; return the checked targets."""
        self._check_parameters()
        checks: dict[str, Any] = {"dtype": [np.float64, np.float32], "accept_sparse": "csr"}
        if isinstance(X, NeighborsBase):
            X = X._fit_X
        elif isinstance(X, (BallTree, KDTree)):
            X = np.asarray(X.data)
        if y is None:
            x = validate_data(self, X, **checks)
        else:
            x, y = validate_data(self, X, y, multi_output=True, **checks, **options)
        self.effective_metric_ = "euclidean" if self.metric in EUCLIDEAN else self.metric
        given = dict(self.metric_params or {})
        self.effective_metric_params_ = given
        self._space = Space(x, self.effective_metric_, given)
        self._fit_X = x
        self.n_samples_fit_ = x.shape[0]
        return y

    def _check_parameters(self) -> None:
        for name in ("n_neighbors", "leaf_size"):
            value: Any = getattr(self, name)
            if name == "n_neighbors" and value is None:
                continue
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
                kind = type(value).__name__
                msg = f"{name}: got {value!r} of type {kind}, needed an integer of at least 1."
                raise TypeError(msg)
            if value < 1:
                msg = f"{name}: got {value}, needed an integer of at least 1."
                raise ValueError(msg)
        if self.algorithm not in ("auto", "ball_tree", "kd_tree", "brute"):
            msg = f"algorithm: got {self.algorithm!r}, needed 'auto', 'ball_tree', 'kd_tree' or 'brute'."
            raise ValueError(msg)
        if self.metric not in METRICS:
            msg = f"metric: got {self.metric!r}, needed one of {', '.join(map(repr, METRICS))}."
            raise ValueError(msg)
        if self.metric == "minkowski" and self.p != 2:
            msg = f"p: got {self.p!r}, needed 2: distances here are those of inner products."
            raise ValueError(msg)
        given = sorted(self.metric_params or {})
        if given not in ([["VI"], ["V"]] if self.metric == "mahalanobis" else [[]]):
            msg = f"metric_params: got {given}, needed {{'VI': matrix}} for 'mahalanobis' and none else."
            raise ValueError(msg)
        if callable(self.weights) or self.weights is None:
            return
        if self.weights not in ("uniform", "distance"):
            msg = (
                f"weights: got {self.weights!r}, needed 'uniform', 'distance', None or a callable."
            )
            raise ValueError(msg)

    def _votes(self, distances: Array) -> Array | None:
        """Return the weights (q, k) of neighbours; None where all weigh the same."""
        if callable(self.weights):
            return np.asarray(self.weights(distances))
        if self.weights != "distance":
            return None
        exact = distances == 0
        with np.errstate(divide="ignore", over="ignore"):
            votes = 1.0 / distances.astype(np.float64)
        # The reciprocal of a subnormal distance is infinite as well.
        exact |= np.isinf(votes)
        return np.where(exact.any(axis=1, keepdims=True), exact, votes)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

"""Principal component analysis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore._components import Components, count_components, route_of, routes
from mmlcore.core.arrays import Array, as_data, finite, shape_error


class NotFittedError(ValueError, AttributeError):
    """A method that needs `fit` was called before it."""


class PCA:
    """Principal component analysis: the directions in which data vary most.

    Parameters
    ----------
    n_components : int, float, 'mle' or None
        How many components to keep: a number up to min(n, d); a fraction of the variance in (0, 1), the fewest that
        explain more than it; 'mle', Minka's estimate; None, all min(n, d).
    whiten : bool, default False
        Divide scores by the standard deviation of their component. A component without variance has scores of zero.
    solver : {'auto', 'covariance', 'dual', 'randomized', 'svd'}, default 'auto'
        See Notes.
    random_state : int, optional
        Seed of the randomized route. The same seed gives the same result; None is seed 0.

    Attributes
    ----------
    components_ : ndarray of shape (k, d)
        Orthonormal rows, by descending variance; the largest entry of each is positive.
    explained_variance_, explained_variance_ratio_, singular_values_ : ndarray of shape (k,)
        Variances (divided by n - 1) along the components, their share of the total, and the singular values of the
        centred data.
    mean_ : ndarray of shape (d,)
    noise_variance_ : float
        Mean of the variances left out.
    n_components_, n_features_in_, n_samples_ : int
    solver_ : str
        The route that was taken.

    Notes
    -----
    Routes: *covariance* (one pass over the data, then the k largest eigenpairs of a d x d matrix; cost n d^2), *dual*
    for wide data (the same with the n x n matrix of inner products; n^2 d), *svd* (LAPACK on the centred data), and
    *randomized* (a sketch of k + 10 columns with four power iterations [1]_; 12 n d k). 'auto' takes svd where it is cheap
    (up to 500 rows and columns), else the cheaper of covariance and dual; it never sketches. Covariance and dual square
    the condition number: variances below 1e-15 (float64) or 1e-7 (float32, data) of the largest are noise, and components
    that have none are completed to an orthonormal set. The data are read in place; beyond them a fit takes 8 d^2 bytes
    and some blocks.

    References
    ----------
    .. [1] N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM Rev. 53 (2011),
       algorithm 4.4.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> pca = mml.PCA(n_components=1).fit([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> pca.components_.round(3)
    array([[0.6, 0.8]])
    >>> pca.transform([[3.0, 4.0], [6.0, 8.0]]).round(6)
    array([[0.],
           [5.]])
    """

    components_: Array
    explained_variance_: Array
    explained_variance_ratio_: Array
    singular_values_: Array
    mean_: Array
    noise_variance_: float
    n_components_: int
    n_features_in_: int
    n_samples_: int
    solver_: str

    def __init__(
        self,
        n_components: float | str | None = None,
        *,
        whiten: bool = False,
        solver: str = "auto",
        random_state: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.whiten = whiten
        self.solver = solver
        self.random_state = random_state

    def __repr__(self) -> str:
        """Show the parameters."""
        return (
            f"PCA(n_components={self.n_components!r}, whiten={self.whiten!r}, solver={self.solver!r}, "
            f"random_state={self.random_state!r})"
        )

    def fit(self, X: ArrayLike, y: object = None) -> PCA:  # noqa: ARG002  (y: scikit-learn's signature)
        """Find the components of data of shape (n, d); `y` is ignored. Returns the object itself.

        ValueError for NaN, infinity, no points or an `n_components` that does not fit.
        """
        x = as_data(X, "X")
        n, d = x.shape
        if n == 0 or d == 0:
            raise shape_error("X", x.shape, "at least one point and one feature")
        route = route_of(self.solver, n, d)
        most = count_components(self.n_components, n, d)
        found = routes[route](x, most, 0 if self.random_state is None else self.random_state)
        self._keep(found, x, route)
        return self

    def _keep(self, found: Components, x: Array, route: str) -> None:
        n, d = x.shape
        k = found.choose(self.n_components, n)
        left = min(n, d) - k
        noise = (found.total - found.variances[:k].sum()) / left if left else 0.0
        self.components_ = np.ascontiguousarray(found.vectors[:k].astype(x.dtype, copy=False))
        self.explained_variance_ = found.variances[:k].astype(x.dtype)
        share = found.variances[:k] / found.total if found.total > 0 else np.zeros(k)
        self.explained_variance_ratio_ = share.astype(x.dtype)
        self.singular_values_ = np.sqrt(found.variances[:k] * max(n - 1, 0)).astype(x.dtype)
        self.mean_ = found.mean.astype(x.dtype)
        self.noise_variance_ = max(float(noise), 0.0)
        self.n_components_, self.n_features_in_, self.n_samples_ = k, d, n
        self.solver_ = route

    def transform(self, X: ArrayLike) -> Array:
        """Return the scores (n, k) of points (n, d): centred, projected, and scaled with `whiten`."""
        x = self._points(X, "X", self.n_features_in_ if self._fitted() else 0)
        weights = self.components_.T
        if self.whiten:
            weights = weights * self._inverse_deviations()
        weights = np.ascontiguousarray(weights, dtype=x.dtype)
        scores = np.empty((x.shape[0], self.n_components_), x.dtype)
        mean = np.ascontiguousarray(self.mean_, dtype=x.dtype)
        if not _core.centred_product(x, mean, weights, scores):
            msg = "X: contains NaN or infinity."
            raise ValueError(msg)
        return scores

    def fit_transform(self, X: ArrayLike, y: object = None) -> Array:
        """Fit to data of shape (n, d) and return its scores (n, k)."""
        x = as_data(X, "X")
        return self.fit(x, y).transform(x)

    def inverse_transform(self, X: ArrayLike) -> Array:
        """Return the points (n, d) that scores (n, k) stand for."""
        scores = self._points(X, "X", self.n_components_ if self._fitted() else 0)
        finite(scores, "X")
        if self.whiten:
            scores = scores * np.sqrt(self.explained_variance_, dtype=scores.dtype)
        points: Array = np.matmul(scores, self.components_.astype(scores.dtype, copy=False))
        points += self.mean_.astype(scores.dtype, copy=False)
        return points

    def reconstruction_error(self, X: ArrayLike) -> float:
        """Return the mean over the points of their squared distance from the space of the components."""
        x = self._points(X, "X", self.n_features_in_ if self._fitted() else 0)
        if x.shape[0] == 0:
            raise shape_error("X", x.shape, "at least one point")
        difference = x - self.inverse_transform(self.transform(x))
        return float(np.einsum("ij,ij->", difference, difference, dtype=np.float64) / x.shape[0])

    def get_covariance(self) -> Array:
        """Return the covariance (d, d) of the model: components plus isotropic noise."""
        self._fitted()
        excess = np.maximum(self.explained_variance_ - self.noise_variance_, 0)
        model: Array = (self.components_.T * excess) @ self.components_
        model[np.diag_indices_from(model)] += self.noise_variance_
        return model

    def score_samples(self, X: ArrayLike) -> Array:
        """Return the log-likelihood (n,) of each point under the probabilistic model of PCA."""
        x = self._points(X, "X", self.n_features_in_ if self._fitted() else 0)
        covariance = self.get_covariance().astype(np.float64)
        sign, log_determinant = np.linalg.slogdet(covariance)
        if not sign > 0:
            msg = "The model's covariance is singular: no noise was left out, or features are dependent."
            raise ValueError(msg)
        centred = x.astype(np.float64) - self.mean_
        finite(centred, "X")
        distances = np.einsum("ij,ij->i", centred, np.linalg.solve(covariance, centred.T).T)
        constant = self.n_features_in_ * math.log(2 * math.pi)
        return np.asarray(-0.5 * (distances + log_determinant + constant))

    def score(self, X: ArrayLike, y: object = None) -> float:  # noqa: ARG002
        """Return the mean log-likelihood of points (n, d)."""
        return float(self.score_samples(X).mean())

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the parameters of the constructor."""
        names = ("n_components", "whiten", "solver", "random_state")
        return {name: getattr(self, name) for name in names}

    def _inverse_deviations(self) -> Array:
        variances = self.explained_variance_.astype(np.float64)
        floor = np.finfo(self.explained_variance_.dtype).eps * variances.max(initial=0)
        safe = np.where(variances > floor, variances, 1)
        return np.where(variances > floor, 1 / np.sqrt(safe), 0)

    def _fitted(self) -> bool:
        if not hasattr(self, "components_"):
            msg = "This PCA is not fitted yet: call fit with data first."
            raise NotFittedError(msg)
        return True

    def _points(self, X: ArrayLike, name: str, width: int) -> Array:
        x = as_data(X, name)
        if x.shape[1] != width:
            raise shape_error(name, x.shape, f"(n, {width}), as many columns as were fitted")
        return x

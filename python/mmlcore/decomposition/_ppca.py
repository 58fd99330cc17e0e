"""Probabilistic PCA: values may be missing, and new points can be drawn."""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    all_finite,
    as_data,
    as_index,
    as_real,
    require_finite,
    shape_error,
)
from mmlcore.core.door import into
from mmlcore.core.random_state import RandomState, as_seed
from mmlcore.core.sources import check_width
from mmlcore.decomposition._gaussian import GaussianModel
from mmlcore.decomposition._missing import (
    LEAST_NOISE,
    Loadings,
    complete,
    expectation,
    log_likelihood,
    step,
)
from mmlcore.decomposition.components import by_covariance, by_dual


class PPCA(GaussianModel):
    """Probabilistic principal component analysis: a Gaussian with k directions and equal noise in all.

    A point is x = mean + W z + noise, with z standard normal in k dimensions and noise of one variance in all d [1]_.

    Parameters
    ----------
    n_components : int
        k, from 1 to d - 1.
    max_iter : int, default 1000
        Most steps of the EM algorithm, which runs where values are missing.
    tol : float, default 1e-9
        It ends when a step raises the log-likelihood of a value by less.

    Attributes
    ----------
    components_ : ndarray of shape (k, d)
        Orthonormal rows, by descending variance; the largest entry of each is positive.
    explained_variance_ : ndarray of shape (k,)
        Variances of the model along the components, noise included. Maximum likelihood: divided by n.
    noise_variance_ : float
    mean_ : ndarray of shape (d,)
    n_components_, n_features_in_, n_samples_, n_iter_ : int
    converged_ : bool
    log_likelihood_ : float
        Of the values that are there, in all.

    Warns
    -----
    RuntimeWarning
        `max_iter` steps did not suffice; `converged_` is then False.

    Notes
    -----
    Missing values are NaN; they are taken to be missing at random. Complete data need no iteration: the components are
    those of `PCA`, and the noise is the mean of the variances left out [1]_. With missing values, EM over the latent z [1]_,
    with the mean found together with W, and after each step the latent space is rescaled to what was found there [2]_, which
    makes it converge several times faster. Cost of a step: 2 n d k^2 operations; memory 8 n k^2 bytes.

    References
    ----------
    .. [1] M. E. Tipping, C. M. Bishop, "Probabilistic principal component analysis", J. R. Stat. Soc. B 61 (1999),
       equations 2 to 8, and section 3.3.
    .. [2] C. Liu, D. B. Rubin, Y. N. Wu, "Parameter expansion to accelerate EM: the PX-EM algorithm", Biometrika 85 (1998).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> points = np.array([[0.0, 0.1], [1.0, 0.9], [2.0, 2.1], [3.0, np.nan], [4.0, 3.9]])
    >>> model = mml.PPCA(1).fit(points)
    >>> model.impute(points)[3].round(1)
    array([3., 3.])
    """

    n_samples_: int
    n_iter_: int
    converged_: bool
    log_likelihood_: float

    def __init__(self, n_components: int, *, max_iter: int = 1000, tol: float = 1e-9) -> None:
        self.n_components = n_components
        self.max_iter = max_iter
        self.tol = tol

    def __repr__(self) -> str:
        """Show the parameters."""
        return f"PPCA(n_components={self.n_components!r}, max_iter={self.max_iter!r}, tol={self.tol!r})"

    def fit(self, X: ArrayLike, y: object = None) -> PPCA:  # noqa: ARG002  (y: scikit-learn's signature)
        """Fit to points of shape (n, d), NaN where a value is missing. Returns the object itself.

        ValueError for infinity, fewer than two points, a feature without any value, `n_components` out of range.
        """
        x, seen = _observed(X)
        n, d = x.shape
        if n < 2 or d < 2:
            raise shape_error("X", x.shape, "at least two points and two features")
        k = as_index(self.n_components, "n_components", 1, d - 1)
        max_iter = as_index(self.max_iter, "max_iter", 1)
        tol = as_real(self.tol, "tol", 0, math.inf)
        self.n_iter_, self.converged_ = 0, True
        if seen is None:
            found = _of_complete(x.astype(np.float64, copy=False), k)
            self._keep(found.rows, found.along, found.noise, found.mean, x.dtype, n)
            self.log_likelihood_ = n * found.log_likelihood
            return self
        if not seen.any(axis=0).all():
            column = int(np.flatnonzero(~seen.any(axis=0))[0])
            msg = f"X: every value of column {column} is missing."
            raise ValueError(msg)
        wide = x.astype(np.float64)
        model = self._iterate(wide, seen, _start(wide, seen, k), max_iter, tol)
        vectors, lengths, _ = np.linalg.svd(model.loadings, full_matrices=False)
        rows = complete(vectors.T)
        self._keep(rows, lengths**2 + model.noise, model.noise, model.mean, x.dtype, n)
        latent = expectation(wide, seen, model)
        self.log_likelihood_ = float(log_likelihood(wide, seen, model, latent).sum())
        return self

    def _iterate(
        self, x: Array, seen: Array, model: Loadings, max_iter: int, tol: float
    ) -> Loadings:
        last = -math.inf
        values = int(seen.sum())
        for self.n_iter_ in range(1, max_iter + 1):
            latent = expectation(x, seen, model)
            reached = float(log_likelihood(x, seen, model, latent).sum()) / values
            if reached - last < tol:
                return model
            last = reached
            model = step(x, seen, latent)
        self.converged_ = False
        msg = f"PPCA: {max_iter} steps did not reach tol={tol:g}; raise max_iter or tol."
        warnings.warn(msg, RuntimeWarning, stacklevel=3)
        return model

    def _keep(
        self, rows: Array, along: Array, noise: float, mean: Array, dtype: np.dtype[Any], n: int
    ) -> None:
        self.components_ = np.ascontiguousarray(rows, dtype=dtype)
        if dtype == np.float64:
            self.explained_variance_, self.mean_, self._low = along, mean, None
        else:
            self.explained_variance_ = along.astype(dtype)
            self.mean_ = mean.astype(dtype)
            self._low = mean - self.mean_
        self.noise_variance_ = noise
        self.n_components_, self.n_features_in_, self.n_samples_ = len(rows), rows.shape[1], n

    def transform(self, X: ArrayLike, *, out: Array | None = None) -> Array:
        """Return the expected z (n, k) of points (n, d), from the values that are there; in `out`, if it is given."""
        x, seen = self._seen(X)
        z = expectation(x.astype(np.float64), seen, self._loadings()).mean.astype(x.dtype)
        return z if out is None else into(out, z)

    def inverse_transform(self, X: ArrayLike, *, out: Array | None = None) -> Array:
        """Return the points (n, d), without noise, of latent z (n, k); in `out`, if it is given."""
        self._fitted()
        z = require_finite(as_data(X, "X"), "X")
        if z.shape[1] != self.n_components_:
            raise shape_error(
                "X", z.shape, f"(n, {self.n_components_}), a column for each component"
            )
        model = self._loadings()
        points = np.asarray(z @ model.loadings.T + model.mean, dtype=z.dtype)
        return points if out is None else into(out, points)

    def impute(self, X: ArrayLike) -> Array:
        """Return points (n, d) with the expected value where one was missing."""
        x, seen = self._seen(X)
        model = self._loadings()
        expected = (
            expectation(x.astype(np.float64), seen, model).mean @ model.loadings.T + model.mean
        )
        return x.copy() if seen is None else np.where(seen, x, expected.astype(x.dtype))

    def score_samples(self, X: ArrayLike) -> Array:
        """Return the log-likelihood (n,) of the values of each point (n, d) that are there."""
        x, seen = self._seen(X)
        model, wide = self._loadings(), x.astype(np.float64)
        return log_likelihood(wide, seen, model, expectation(wide, seen, model))

    def sample(self, n: int = 1, *, random_state: RandomState = None) -> Array:
        """Draw n points (n, d) from the model: an integer gives the same points, None new ones."""
        self._fitted()
        n = as_index(n, "n", 0)
        seed = as_seed(random_state)
        model = self._loadings()
        d, k = model.loadings.shape
        normal = _core.random_numbers(seed, 0, 0, n * (d + k), True).reshape(n, d + k)
        points = normal[:, d:] @ model.loadings.T + math.sqrt(model.noise) * normal[:, :d]
        return np.asarray(points + model.mean, dtype=self.components_.dtype)

    def _loadings(self) -> Loadings:
        self._fitted()
        excess = np.maximum(self.explained_variance_.astype(np.float64) - self.noise_variance_, 0.0)
        loadings = self.components_.T.astype(np.float64) * np.sqrt(excess)
        mean = self.mean_.astype(np.float64) + self._low_part()
        return Loadings(loadings, mean, self.noise_variance_)

    def _seen(self, X: ArrayLike) -> tuple[Array, Array | None]:
        self._fitted()
        x, seen = _observed(X)
        check_width("X", x.shape, self.n_features_in_)
        return x, seen


def _observed(X: ArrayLike) -> tuple[Array, Array | None]:
    """Return the data with 0 where a value is missing, and where there is one: None where all are there."""
    x = as_data(X, "X")
    if all_finite(x):
        return x, None
    if np.isinf(x).any():
        msg = "X: contains infinity; a missing value is NaN."
        raise ValueError(msg)
    seen = ~np.isnan(x)
    return np.where(seen, x, 0).astype(x.dtype), seen


class Fitted(NamedTuple):
    """The model of largest likelihood of complete data: eigenvectors of the covariance, divided by n, and what is left."""

    rows: Array
    """(k, d), orthonormal."""
    along: Array
    """(k,): variances of the model along them."""
    noise: float
    mean: Array
    log_likelihood: float
    """Of one point, on average."""


def _of_complete(x: Array, k: int, least: float = 1e-15) -> Fitted:
    """Fit complete data; the noise is at least this share of the largest variance, since data without have no likelihood."""
    n, d = x.shape
    share, most = (n - 1) / n, min(n, d)
    quick = _core.principal_components(x, min(k, most))
    if quick is not None:
        rows, found, _, _, mean, _, left = quick
    else:
        parts = (by_covariance if d <= n else by_dual)(x, min(k, n), 0)
        rows, mean, left = parts.vectors, parts.mean, 0.0
        found = np.ldexp(parts.variances, 2 * parts.power)
    # Few numbers, each by itself: arrays of them would take twice the time of the eigenvectors.
    variances: list[float] = [share * value for value in found.tolist()]
    if quick is not None:
        total = math.fsum(variances) + share * left * (most - len(variances))
    else:
        total = float(np.ldexp(parts.total, 2 * parts.power)) * share
    if not 0 < total < math.inf:
        why = "no feature varies" if total == 0 else "squares of the data overflow"
        msg = f"X: {why}, so that the model has no likelihood."
        raise ValueError(msg)
    variances += [0.0] * (k - len(variances))
    rest = max(total - math.fsum(variances), 0.0)
    noise = max(rest / (d - k), least * max(variances))
    along = [max(variance, noise) for variance in variances]
    # log det C and tr C^-1 S, whose eigenvectors they share.
    logarithms = math.fsum(map(math.log, along)) + (d - k) * math.log(noise)
    squares = math.fsum(v / a for v, a in zip(variances, along, strict=True)) + rest / noise
    likelihood = -0.5 * (d * math.log(2 * math.pi) + logarithms + squares)
    if quick is None or len(rows) < k:
        vectors = np.zeros((k, d))
        vectors[: len(rows)] = rows
        rows = complete(vectors)
    return Fitted(rows, np.array(along), noise, mean, likelihood)


def _start(x: Array, seen: Array, k: int) -> Loadings:
    """Return the model of the data with each missing value set to the mean of its feature."""
    means = x.sum(axis=0) / seen.sum(axis=0)
    found = _of_complete(np.where(seen, x, means), k, LEAST_NOISE)
    loadings = found.rows.T * np.sqrt(np.maximum(found.along - found.noise, 0))
    return Loadings(loadings, found.mean, found.noise)

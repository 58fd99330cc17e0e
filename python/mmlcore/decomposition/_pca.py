"""Principal component analysis."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    as_data,
    empty,
    in_order,
    is_sparse,
    require_finite,
    shape_error,
)
from mmlcore.core.door import into
from mmlcore.core.random_state import RandomState
from mmlcore.core.sources import check_width, dense_chunks
from mmlcore.core.stream import is_stream
from mmlcore.decomposition._gaussian import GaussianModel
from mmlcore.decomposition.components import (
    SMALL,
    Components,
    count_components,
    of_factor,
    subtract_mean,
)
from mmlcore.decomposition.large import sparse_scores
from mmlcore.decomposition.parts import Parts
from mmlcore.decomposition.route import components_of, how_many
from mmlcore.stats.factor import TriangularFactor, factor_of_chunks
from mmlcore.stats.weights import refuse_overflow

_FOUND: tuple[str, ...] = (
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
)
_FOUND += ("mean_", "_low", "noise_variance_")  # what the kernel for few features or points finds


class PCA(GaussianModel):
    """Principal component analysis: the directions in which data vary most.

    Parameters
    ----------
    n_components : int, float, 'mle' or None
        How many components to keep: a number up to min(n, d); a fraction of the variance in (0, 1), the fewest that
        explain more than it; 'mle', Minka's estimate; None, all min(n, d).
    whiten : bool, default False
        Divide scores by the standard deviation of their component. A component without variance has scores of zero.
    solver : {'auto', 'covariance', 'dual', 'randomized', 'svd', 'lanczos'}, default 'auto'
        See Notes; 'lanczos' is for sparse data.
    random_state : int, numpy.random.Generator or RandomState, optional
        Of the routes 'randomized' and 'lanczos'. An integer gives the same result, None a fresh start.

    Attributes
    ----------
    components_ : ndarray of shape (k, d)
        Orthonormal rows, by descending variance; the largest entry of each is positive, the first of those that tie.
    explained_variance_, explained_variance_ratio_, singular_values_ : ndarray of shape (k,)
        Variances (divided by n - 1) along the components, their share of the total, and the singular values of the
        centred data.
    mean_ : ndarray of shape (d,)
        Rounded to the type of the data; points are centred by the mean itself.
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

    Data beyond memory: a large ``numpy.memmap``, a data set of h5py or zarr, whatever has shape, dtype and row slices, is read
    in chunks of 32 MiB by the covariance route. `partial_fit` and `fit_chunks` merge triangular factors [2]_ instead, which
    keep variances down to 1e-20 of the largest (relative error about 1e-7), at 2 n d^2 operations. scipy.sparse data are
    centred without being made dense: by their matrix of inner products while its side is up to 2000, else by Lanczos [3]_.

    References
    ----------
    .. [1] N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM Rev. 53 (2011),
       algorithm 4.4.
    .. [2] G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed. (2013), section 5.2.
    .. [3] K. Wu, H. Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems", SIAM J. Matrix Anal.
       Appl. 22 (2000).

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
        random_state: RandomState = None,
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

    def fit(self, X: Any, y: object = None) -> PCA:  # noqa: ARG002  (y: scikit-learn's signature)
        """Find the components of data of shape (n, d); `y` is ignored. Returns the object itself.

        ValueError for NaN, infinity, no points or an `n_components` that does not fit.
        """
        self.__dict__.pop("_factor", None)
        self._learn_names(X)
        if type(X) is np.ndarray and self.solver == "auto":
            found = _core.principal_components(X, self.n_components)
            if found is not None:
                return self._keep_few(found, X.shape)
        self._keep(*components_of(X, self.n_components, self.solver, self.random_state))
        return self

    def partial_fit(self, X: Any, y: object = None) -> PCA:  # noqa: ARG002
        """Add points (n, d) to those of earlier calls, and find the components of all. Returns the object itself.

        `X` may be a stream: a reader of Arrow or Parquet, a query, an iterator of batches, which are added all or not at all.
        While there are fewer points than `n_components` they are kept, and components come with the call that brings
        enough. `fit` starts anew and keeps no sums: a RuntimeWarning says so where its points are forgotten. Cost of a call:
        2 (n + d) d^2 operations and the singular values of a d x d matrix; for many small parts `fit_chunks` is faster.
        ValueError, and nothing added, for NaN, infinity, or another number of features.
        """
        before = getattr(self, "_factor", None)
        if before is None and hasattr(self, "components_"):
            msg = "PCA.partial_fit: the points that fit has seen are not counted; pass all parts to partial_fit, or to fit_chunks."
            warnings.warn(msg, RuntimeWarning, stacklevel=2)
        parts = Parts(X, "X", None if before is None else len(before.mean))
        factor = factor_of_chunks(parts, "X, batch {}" if is_stream(X) else None)
        if before is not None:
            factor = before if factor is None else before + factor
        if factor is not None and factor.count < self._at_least(parts.shape[1]):
            self._factor = factor
            return self
        return self._keep_factor(factor, parts.shape, parts.dtype)

    def _at_least(self, d: int) -> int:
        """Return how many points `n_components` needs; ValueError where no number of them will do."""
        wanted = self.n_components
        if wanted is None or isinstance(wanted, str) or 0 < wanted < 1:
            return d if wanted == "mle" else 1
        return count_components(wanted, d, d)

    def fit_chunks(self, chunks: Iterable[ArrayLike]) -> PCA:
        """Find the components of data that come in parts (n_i, d), each looked at once. Returns the object itself.

        `chunks` is any iterable: arrays, batches of Arrow or Parquet (``ParquetFile.iter_batches()``), frames. The result
        does not depend on where they are cut but for rounding. ValueError as `fit`.
        """
        parts = Parts(chunks, "chunks")
        factor = factor_of_chunks(parts, "chunks[{}]")
        return self._keep_factor(factor, parts.shape, parts.dtype)

    def _keep_factor(
        self, factor: TriangularFactor | None, shape: Any, dtype: np.dtype[Any]
    ) -> PCA:
        if factor is None:
            raise shape_error("X", shape, "at least one point")
        all_points = (int(factor.count), len(factor.mean))
        found = of_factor(factor, how_many(self.n_components, all_points))
        self._keep(found, all_points, dtype, "factor")
        self._factor = factor
        return self

    def _keep_few(self, found: tuple[Any, ...], shape: tuple[int, ...]) -> PCA:
        self.__dict__.update(zip(_FOUND, found, strict=True))
        self.n_components_ = len(self.components_)
        self.n_samples_, self.n_features_in_ = shape
        self.solver_ = "svd" if max(shape) <= SMALL else "covariance"
        return self

    def _keep(self, found: Components, shape: Any, dtype: np.dtype[Any], route: str) -> None:
        n, d = shape
        with np.errstate(over="ignore", under="ignore"):
            total = float(np.ldexp(found.total, 2 * found.power))
        if not (total <= float(np.finfo(dtype).max) and np.isfinite(found.variances).all()):
            refuse_overflow("X", np.zeros(0), dtype)
        k = found.choose(self.n_components, n)
        left = min(n, d) - k
        noise = (found.total - found.variances[:k].sum()) / left if left else 0.0
        deviations = np.sqrt(found.variances[:k].astype(np.float64) * max(n - 1, 0))
        self.components_ = np.ascontiguousarray(found.vectors[:k].astype(dtype, copy=False))
        self.explained_variance_ = np.ldexp(found.variances[:k], 2 * found.power).astype(dtype)
        share = found.variances[:k] / found.total if found.total > 0 else np.zeros(k)
        self.explained_variance_ratio_ = share.astype(dtype)
        self.singular_values_ = np.ldexp(deviations, found.power).astype(dtype)
        self.mean_ = found.mean.astype(dtype)
        low = (found.mean - self.mean_) + found.low
        self._low = low if low.any() else None
        self.noise_variance_ = float(np.ldexp(max(float(noise), 0.0), 2 * found.power))
        self.n_components_, self.n_features_in_, self.n_samples_ = k, d, n
        self.solver_ = route

    def transform(self, X: Any, *, out: Array | None = None) -> Array:
        """Return the scores (n, k) of points (n, d): centred, projected, and scaled with `whiten`; in `out`, if it is given."""
        self._fitted()
        if type(X) is np.ndarray and not self.whiten:
            model = self.mean_, self._low, self.components_
            got: Array | None = _core.component_scores(X, *model, out)
            if got is not None:
                return got
        found = self._transform(X)
        return found if out is None else into(out, found)

    def _transform(self, X: Any) -> Array:
        self._check_names(X)
        if is_sparse(X):
            check_width("X", X.shape, self.n_features_in_)
            directions, dtype = self._directions(), self.components_.dtype
            return sparse_scores(X, self.mean_, self._low_part(), directions, dtype)
        if type(X) is np.ndarray and X.dtype.kind == "f":  # the usual case, of one part
            x = as_data(X, "X")
            check_width("X", x.shape, self.n_features_in_)
            return self._scores(x)
        parts = [self._scores(x) for x in dense_chunks(X, self.n_features_in_)]
        parts = parts or [np.empty((0, self.n_components_), self.components_.dtype)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _scores(self, x: Array) -> Array:
        weights = in_order(self._directions(), x.dtype)
        scores = empty((x.shape[0], self.n_components_), x.dtype)
        mean, low = self._mean_in(x.dtype)
        if not _core.centred_product(x, mean, weights, scores, low):
            msg = "X: contains NaN or infinity."
            raise ValueError(msg)
        return scores

    def _directions(self) -> Array:
        """What centred points are multiplied with, (d, k)."""
        directions = self.components_.T
        return np.asarray(directions * self._inverse_deviations()) if self.whiten else directions

    def fit_transform(self, X: Any, y: object = None, *, out: Array | None = None) -> Array:
        """Fit to data of shape (n, d) and return its scores (n, k), in `out` as `transform`."""
        return self.fit(X, y).transform(X, out=out)

    def inverse_transform(self, X: ArrayLike, *, out: Array | None = None) -> Array:
        """Return the points (n, d) that scores (n, k) stand for, in `out` as `transform`."""
        self._fitted()
        if type(X) is np.ndarray and not self.whiten:
            model = self.mean_, self._low, self.components_
            quick: Array | None = _core.component_points(X, *model, out)
            if quick is not None:
                return quick
        found = self._points_of(X)
        return found if out is None else into(out, found)

    def _points_of(self, X: ArrayLike) -> Array:
        scores = require_finite(as_data(X, "X"), "X")
        if scores.shape[1] != self.n_components_:
            raise shape_error(
                "X", scores.shape, f"(n, {self.n_components_}), a column for each component"
            )
        if self.whiten:
            scores = scores * self._deviations().astype(scores.dtype)
        points: Array = np.matmul(scores, self.components_.astype(scores.dtype, copy=False))
        mean, low = self._mean_in(scores.dtype)
        if low is not None:
            points += low
        points += mean
        return points

    def reconstruction_error(self, X: Any) -> float:
        """Return the mean squared distance of the points from the space of the components."""
        self._fitted()
        total, count = 0.0, 0
        for x in dense_chunks(X, self.n_features_in_):
            apart = subtract_mean(
                require_finite(x, "X"), self.mean_.astype(np.float64), self._low_part()
            )
            components = self.components_.astype(apart.dtype, copy=False)
            apart -= (apart @ components.T) @ components
            total += float(np.einsum("ij,ij->", apart, apart, dtype=np.float64))
            count += len(x)
        if not count:
            raise shape_error("X", (0, self.n_features_in_), "at least one point")
        return total / count

    def _inverse_deviations(self) -> Array:
        deviations = self._deviations()
        floor = math.sqrt(np.finfo(self.explained_variance_.dtype).eps) * deviations.max(initial=0)
        safe = np.where(deviations > floor, deviations, 1)
        return np.where(deviations > floor, 1 / safe, 0)

    def _deviations(self) -> Array:
        """Return the standard deviations (k,) in double, also where their squares leave the range."""
        return self.singular_values_.astype(np.float64) / math.sqrt(max(self.n_samples_ - 1, 1))

    def _mean_in(self, dtype: np.dtype[Any]) -> tuple[Array, Array | None]:
        """Return the mean in a type, and what rounding took from it, if anything."""
        mean, low = in_order(self.mean_, dtype), self._low
        if dtype == self.mean_.dtype:
            return mean, None if low is None else in_order(low, dtype)
        rest = ((self.mean_.astype(np.float64) - mean) + self._low_part()).astype(dtype)
        return mean, rest if rest.any() else None

"""scikit-learn's PCA, computed by `mmlcore.decomposition`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from mmlcore import decomposition
from mmlcore.core.arrays import Array, is_sparse
from mmlcore.decomposition.route import components_of
from mmlcore.estimators._components import ComponentsBase

_SOLVERS = ("auto", "full", "covariance_eigh", "arpack", "randomized")
_NORMALIZERS = ("auto", "QR", "LU", "none")


class PCA(ComponentsBase):
    """Principal component analysis as an estimator of scikit-learn.

    Parameters
    ----------
    n_components : int, float, 'mle' or None, default None
        As `sklearn.decomposition.PCA`: a number, a fraction of the variance in (0, 1), Minka's estimate, or all.
    copy : bool, default True
        Accepted; the data are never overwritten.
    whiten : bool, default False
        Divide scores by the standard deviation of their component.
    svd_solver : {'auto', 'full', 'covariance_eigh', 'arpack', 'randomized'}, default 'auto'
        'auto' takes the cheapest exact route of `mmlcore.PCA` and never sketches. 'full' is LAPACK's singular value
        decomposition; 'covariance_eigh' the covariance matrix, or the inner products of wide data; 'arpack' the leading
        components alone, of sparse data too; 'randomized' a sketch.
    tol : float, default 0.0
        Accepted for 'arpack', which is always accurate to 1e-11 of the largest variance.
    iterated_power : int or 'auto', default 'auto'
        Power iterations of 'randomized'; 'auto' is 7.
    n_oversamples : int, default 10
        Columns of the sketch beyond `n_components`.
    power_iteration_normalizer : {'auto', 'QR', 'LU', 'none'}, default 'auto'
        Accepted; the sketch is always orthonormalized.
    random_state : int, RandomState or None, default None
        Of 'randomized', and of 'arpack' for sparse data.

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
    n_components_, n_samples_, n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Names of the columns, where the data have names.

    See Also
    --------
    mmlcore.PCA : Without scikit-learn; also for data in parts and in files.

    Examples
    --------
    >>> from mmlcore.estimators import PCA
    >>> PCA(n_components=1).fit_transform([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]).round(6)
    array([[-5.],
           [ 0.],
           [ 5.]])
    """

    def __init__(
        self,
        n_components: Any = None,
        *,
        copy: bool = True,
        whiten: bool = False,
        svd_solver: str = "auto",
        tol: float = 0.0,
        iterated_power: Any = "auto",
        n_oversamples: int = 10,
        power_iteration_normalizer: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.copy = copy
        self.whiten = whiten
        self.svd_solver = svd_solver
        self.tol = tol
        self.iterated_power = iterated_power
        self.n_oversamples = n_oversamples
        self.power_iteration_normalizer = power_iteration_normalizer
        self.random_state = random_state

    def fit(self, X: Any, y: object = None) -> PCA:  # noqa: ARG002
        """Find the components of data of shape (n, d), dense or sparse. Returns the object itself."""
        self._fit(X)
        return self

    def fit_transform(self, X: Any, y: object = None) -> Any:  # noqa: ARG002
        """Fit to data of shape (n, d) and return its scores (n, k)."""
        x = self._fit(X)
        return self._model().transform(x)

    def score_samples(self, X: Any) -> Array:
        """Return the log-likelihood (n,) of each point (n, d).

        That of the data, whether scores are whitened or not. Of a model without noise that has fewer components than features:
        with respect to the space of the components, and -inf for points that do not lie in it.
        """
        model = self._model()
        x = self._checked(X, sparse=False)
        try:
            return model.score_samples(x)
        except np.linalg.LinAlgError:
            return _on_the_support(model, x)

    def score(self, X: Any, y: object = None) -> float:  # noqa: ARG002
        """Return the mean log-likelihood of points (n, d)."""
        return float(np.mean(self.score_samples(X)))

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = self.svd_solver not in ("full", "randomized")
        return tags

    def _fit(self, X: Any) -> Any:
        """Fit, and return the checked data."""
        for name, allowed in (
            ("svd_solver", _SOLVERS),
            ("power_iteration_normalizer", _NORMALIZERS),
        ):
            if getattr(self, name) not in allowed:
                msg = f"{name}: got {getattr(self, name)!r}, needed one of {', '.join(map(repr, allowed))}."
                raise ValueError(msg)
        x = validate_data(
            self, X, dtype=[np.float64, np.float32], accept_sparse=("csr", "csc"), ensure_2d=True
        )
        solver = self.svd_solver
        if is_sparse(x) and solver in ("full", "randomized"):
            msg = (
                'PCA only support sparse inputs with the "arpack" and "covariance_eigh" solvers, while '
                f'"{solver}" was passed. See TruncatedSVD for a possible alternative.'
            )
            raise TypeError(msg)
        k = self._count(solver, x.shape)
        model = decomposition.PCA(self.n_components if k is None else k, whiten=self.whiten)
        sketch = {"oversamples": self.n_oversamples}
        sketch["power"] = 7 if self.iterated_power == "auto" else self.iterated_power
        route = self._route(solver, x)
        found = components_of(x, model.n_components, route, self.random_state, **sketch)
        model._keep(*found._replace(dtype=x.dtype))
        self._keep_model(model)
        return x

    @staticmethod
    def _route(solver: str, x: Any) -> str:
        """Return our name of scikit-learn's solver."""
        if is_sparse(x):
            return "auto"
        tall = x.shape[0] >= x.shape[1]
        exact = "covariance" if tall else "dual"
        names = {"full": "svd", "covariance_eigh": exact, "randomized": "randomized"}
        return names.get(solver, "auto")

    def _count(self, solver: str, shape: tuple[int, int]) -> int | None:
        """Check `n_components` as scikit-learn does; return the number where the solver changes it."""
        wanted, least = self.n_components, min(shape)
        between = "min(n_samples, n_features)"
        few = solver in ("arpack", "randomized")
        if wanted is None:
            return least - 1 if solver == "arpack" and least > 1 else None
        if isinstance(wanted, str):
            if few or wanted != "mle":
                msg = f"n_components={wanted!r} cannot be a string with svd_solver={solver!r}"
                raise ValueError(msg)
            if shape[0] < shape[1]:
                msg = "n_components='mle' is only supported if n_samples >= n_features"
                raise ValueError(msg)
            return None
        named = "full" if solver == "auto" else solver
        if not (1 if few else 0) <= wanted <= least:
            msg = f"n_components={wanted} must be between {1 if few else 0} and {between}={least} with svd_solver={named!r}"
            raise ValueError(msg)
        if solver == "arpack" and wanted == least:
            msg = f"n_components={wanted} must be strictly less than {between}={least} with svd_solver={solver!r}"
            raise ValueError(msg)
        return None


def _on_the_support(model: decomposition.PCA, x: Array) -> Array:
    variances = model.explained_variance_.astype(np.float64)
    there = variances > 1e-12 * variances.max(initial=0)
    components, variances = model.components_[there].astype(np.float64), variances[there]
    centred = (x.astype(np.float64) - model.mean_) - model._low_part()
    scores = centred @ components.T
    off = np.linalg.norm(centred - scores @ components, axis=1)
    constant = len(variances) * math.log(2 * math.pi) + float(np.log(variances).sum())
    likelihood = -0.5 * (np.einsum("ij,ij->i", scores / variances, scores) + constant)
    reach = 1e-6 * (np.abs(x).max(initial=0) + math.sqrt(variances.sum()))
    return np.where(off <= reach, likelihood, -np.inf)

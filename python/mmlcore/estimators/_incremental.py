"""scikit-learn's IncrementalPCA, by triangular factors that merge."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import gen_batches
from sklearn.utils.validation import validate_data

from mmlcore import decomposition
from mmlcore.core.arrays import Array, is_sparse
from mmlcore.estimators._components import FITTED, ComponentsBase
from mmlcore.stats.factor import TriangularFactor, factor_of_chunks


class IncrementalPCA(ComponentsBase):
    """Principal components of data that come in batches, as an estimator of scikit-learn.

    Parameters
    ----------
    n_components : int or None, default None
        How many components; None: min(n, d) of the first batch.
    whiten : bool, default False
        Divide scores by the standard deviation of their component.
    copy : bool, default True
        Accepted; the data are never overwritten.
    batch_size : int or None, default None
        Rows that `fit` takes at once; None: five times the features. The result does not depend on it.

    Attributes
    ----------
    components_ : ndarray of shape (k, d)
        Orthonormal rows, by descending variance; the largest entry of each is positive.
    explained_variance_, explained_variance_ratio_, singular_values_ : ndarray of shape (k,)
        Variances (divided by n - 1) along the components, their share of the total, and the singular values of the
        centred data.
    mean_, var_ : ndarray of shape (d,)
        Of the features; variances are divided by n.
    noise_variance_ : float
        Mean of the variances left out.
    n_components_, n_samples_seen_, batch_size_, n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Names of the columns, where the data have names.

    See Also
    --------
    mmlcore.PCA : With `partial_fit` and `fit_chunks`, without scikit-learn.

    Notes
    -----
    Batches are merged with nothing left out [1]_: what is kept between them is the triangular factor of all data, d^2 numbers,
    so that batches of any size, a last one of a single row as well, give what one `fit` gives. Variances down to 1e-20 of the
    largest are kept. scikit-learn's keeps the leading components alone, and its result depends on the batches.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed. (2013), section 5.2.

    Examples
    --------
    >>> from mmlcore.estimators import IncrementalPCA
    >>> pca = IncrementalPCA(n_components=1)
    >>> for batch in ([[0.0, 0.0], [3.0, 4.0]], [[6.0, 8.0]]):
    ...     pca = pca.partial_fit(batch)
    >>> pca.components_.round(3)
    array([[0.6, 0.8]])
    """

    _fitted_names = tuple(name for name in FITTED if name != "n_samples_")

    def __init__(
        self,
        n_components: int | None = None,
        *,
        whiten: bool = False,
        copy: bool = True,
        batch_size: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.whiten = whiten
        self.copy = copy
        self.batch_size = batch_size

    def fit(self, X: Any, y: object = None) -> IncrementalPCA:  # noqa: ARG002
        """Find the components of data of shape (n, d), dense or sparse, batch by batch. Returns the object itself."""
        for name in ("_factor", *self._fitted_names, "n_samples_seen_", "var_"):
            self.__dict__.pop(name, None)
        x = validate_data(
            self, X, accept_sparse=("csr", "csc", "lil"), dtype=[np.float64, np.float32]
        )
        n, d = x.shape
        self.batch_size_ = 5 * d if self.batch_size is None else self.batch_size
        if is_sparse(x):
            x = x.tocsr()
        batches = list(gen_batches(n, self.batch_size_, min_batch_size=self.n_components or 0))
        first = batches[0].stop - batches[0].start if batches else n
        self._check_components(first, d)
        parts = (x[b].toarray() if is_sparse(x) else x[b] for b in batches)
        self._keep_all(factor_of_chunks(parts), x.dtype, min(first, d))
        return self

    def partial_fit(self, X: Any, y: object = None, check_input: bool = True) -> IncrementalPCA:  # noqa: ARG002
        """Add points (n, d) to those of earlier calls. Returns the object itself."""
        before: TriangularFactor | None = self.__dict__.get("_factor")
        if is_sparse(X):
            msg = (
                "IncrementalPCA.partial_fit does not support sparse input. Either convert data to dense or use "
                "IncrementalPCA.fit to do so in batches."
            )
            raise TypeError(msg)
        x = X
        if check_input:
            x = validate_data(self, X, dtype=[np.float64, np.float32], reset=before is None)
        if before is None:
            self._check_components(*x.shape)
        elif self.n_components is not None and self.n_components != self.n_components_:
            msg = (
                f"Number of input features has changed from {self.n_components_} to {self.n_components} between calls to "
                "partial_fit! Try setting n_components to a fixed value."
            )
            raise ValueError(msg)
        most = min(x.shape) if before is None else self.n_components_
        factor = factor_of_chunks([x])
        if before is not None:
            factor = before if factor is None else before + factor
        self._keep_all(factor, x.dtype, most)
        return self

    def _model(self) -> decomposition.PCA:
        model = super()._model()
        model.n_samples_ = self.n_samples_seen_
        return model

    def _check_components(self, n: int, d: int) -> None:
        wanted = self.n_components
        if wanted is None:
            return
        if not 1 <= wanted <= d:
            msg = f"n_components={wanted!r} invalid for n_features={d}, need more rows than columns for IncrementalPCA processing"
            raise ValueError(msg)
        if wanted > n:
            msg = f"n_components={wanted} must be less or equal to the batch number of samples {n} for the first partial_fit call."
            raise ValueError(msg)

    def _keep_all(self, factor: TriangularFactor | None, dtype: np.dtype[Any], most: int) -> None:
        assert factor is not None
        shape = (int(factor.count), len(factor.mean))
        k = self.n_components if self.n_components is not None else most
        model = decomposition.PCA(k, whiten=self.whiten)
        model._keep_factor(factor, shape, dtype)
        self._keep_model(model)
        self._factor = factor
        self.n_samples_seen_ = shape[0]
        squares: Array = np.einsum("ij,ij->j", factor.triangle, factor.triangle)
        self.var_ = squares / factor.count

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

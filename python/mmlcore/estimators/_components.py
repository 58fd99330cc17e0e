"""What the estimators of principal components share: everything that follows from the components."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from mmlcore import decomposition
from mmlcore.core.arrays import Array

FITTED: tuple[str, ...] = (
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
    "mean_",
    "noise_variance_",
    "n_components_",
    "n_samples_",
    "_low",
)


class ComponentsBase(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Components that were found, and scores and points of the model."""

    whiten: bool
    _fitted_names = FITTED

    def transform(self, X: Any) -> Any:
        """Return the scores (n, k) of points (n, d)."""
        return self._model().transform(self._checked(X, sparse=True))

    def inverse_transform(self, X: Any) -> Array:
        """Return the points (n, d) that scores (n, k) stand for."""
        model = self._model()
        return model.inverse_transform(check_array(X, dtype=[np.float64, np.float32]))

    def get_covariance(self) -> Array:
        """Return the covariance (d, d) of the model: components plus isotropic noise."""
        return self._model().get_covariance()

    def get_precision(self) -> Array:
        """Return the inverse (d, d) of the model's covariance."""
        return self._model().get_precision()

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def _model(self) -> decomposition.PCA:
        check_is_fitted(self)
        model = decomposition.PCA(whiten=self.whiten)
        for name in (*self._fitted_names, "n_features_in_"):
            setattr(model, name, getattr(self, name))
        return model

    def _checked(self, X: Any, sparse: bool) -> Any:
        check_is_fitted(self)
        accepted = ("csr", "csc") if sparse else False
        return validate_data(
            self, X, dtype=[np.float64, np.float32], accept_sparse=accepted, reset=False
        )

    def _keep_model(self, model: decomposition.PCA) -> None:
        for name in self._fitted_names:
            setattr(self, name, getattr(model, name))

"""The Gaussian model of PCA: k directions with variances of their own, and one variance in all others.

With orthonormal rows V (k, d), variances l (k,) along them and s elsewhere,

    C = V' diag(l) V + s (I - V'V),    C^-1 = V' diag(1/l) V + (1/s) (I - V'V),    log det C = sum log l + (d - k) log s.

M. E. Tipping, C. M. Bishop, "Probabilistic principal component analysis", J. R. Stat. Soc. B 61 (1999), equation 2.
"""

from __future__ import annotations

import importlib
import inspect
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, require_finite
from mmlcore.core.frames import names_of
from mmlcore.core.report import Report, Reported, pictures
from mmlcore.core.sources import dense_chunks


class NotFittedError(ValueError, AttributeError):
    """A method that needs `fit` was called before it."""


class GaussianModel(Reported):
    """What follows from components, their variances, the mean and the noise alone."""

    components_: Array
    explained_variance_: Array
    mean_: Array
    noise_variance_: float
    n_components_: int
    n_features_in_: int
    _low: Array | None = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002  (deep: scikit-learn's signature)
        """Return the parameters of the constructor."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Any:
        """Change parameters of the constructor, as a search of scikit-learn does. Returns the object itself.

        ValueError for a name that is none.
        """
        known = list(inspect.signature(type(self)).parameters)
        for name, value in params.items():
            if name not in known:
                msg = f"{name}: is no parameter of {type(self).__name__}, which has {', '.join(known)}."
                raise ValueError(msg)
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn, from 1.6 on, may expect in a search or a pipeline."""
        utils = importlib.import_module("sklearn.utils")
        return utils.Tags(
            estimator_type=None,
            target_tags=utils.TargetTags(required=False),
            transformer_tags=utils.TransformerTags(preserves_dtype=["float64", "float32"]),
            input_tags=utils.InputTags(sparse=True),
        )

    def _learn_names(self, X: Any) -> None:
        """Keep the names of the columns of a table in `feature_names_in_`."""
        self.__dict__.pop("feature_names_in_", None)
        if type(X) is not np.ndarray and (names := names_of(X)) is not None:
            self.feature_names_in_ = np.array(names, object)

    def _check_names(self, X: Any) -> None:
        """ValueError for a table whose columns are others, or in another order, than those of the fit."""
        if type(X) is np.ndarray or "feature_names_in_" not in self.__dict__:
            return
        names, known = names_of(X), self.feature_names_in_.tolist()
        if names is not None and names != known:
            msg = f"X: got the columns {', '.join(names)}, needed those of the fit in their order: {', '.join(known)}."
            raise ValueError(msg)

    def get_covariance(self) -> Array:
        """Return the covariance (d, d) of the model: components plus isotropic noise."""
        self._fitted()
        return self._in_directions(lambda variances, noise: (variances - noise, noise))

    def get_precision(self) -> Array:
        """Return the inverse (d, d) of the model's covariance.

        LinAlgError where it has none: no noise was left out, or features are dependent.
        """
        self._variances(regular=True)
        return self._in_directions(
            lambda variances, noise: (
                1 / variances - (1 / noise if noise else 0),
                1 / noise if noise else 0.0,
            )
        )

    def score_samples(self, X: ArrayLike) -> Array:
        """Return the log-likelihood (n,) of each point (n, d) under the model."""
        self._fitted()
        variances, noise = self._variances(regular=True)
        components = self.components_.astype(np.float64)
        free = self.n_features_in_ - self.n_components_
        constant = self.n_features_in_ * math.log(2 * math.pi) + float(np.log(variances).sum())
        constant += free * math.log(noise) if free else 0.0
        parts = []
        self._check_names(X)
        for x in dense_chunks(X, self.n_features_in_):
            centred = (require_finite(x, "X").astype(np.float64) - self.mean_) - self._low_part()
            scores = centred @ components.T
            distances = np.einsum("ij,ij->i", scores / variances, scores)
            if free:
                centred -= scores @ components
                distances += np.einsum("ij,ij->i", centred, centred) / noise
            parts.append(-0.5 * (distances + constant))
        return np.concatenate(parts) if parts else np.empty(0)

    def score(self, X: ArrayLike, y: object = None) -> float:  # noqa: ARG002  (y: scikit-learn's signature)
        """Return the mean log-likelihood of points (n, d)."""
        return float(self.score_samples(X).mean())

    def _variances(self, regular: bool) -> tuple[Array, float]:
        """Return the variances along the components and elsewhere; LinAlgError for a zero if they have to be regular."""
        self._fitted()
        noise = float(self.noise_variance_) if self.n_components_ < self.n_features_in_ else 0.0
        variances = np.maximum(self.explained_variance_.astype(np.float64), noise)
        largest = max(float(variances.max(initial=0)), noise)
        floor = self.n_features_in_ * np.finfo(np.float64).tiny + 1e-15 * largest
        lowest = variances if self.n_components_ == self.n_features_in_ else [*variances, noise]
        if regular and not np.min(lowest) > floor:
            msg = "The model's covariance is singular: no noise was left out, or features are dependent."
            raise np.linalg.LinAlgError(msg)
        return variances, noise

    def _in_directions(self, numbers: object) -> Array:
        along, everywhere = numbers(*self._variances(regular=False))  # type: ignore[operator]
        components = self.components_.astype(np.float64)
        model = (components.T * along) @ components
        model[np.diag_indices_from(model)] += everywhere
        return np.asarray((model + model.T) / 2, dtype=self.components_.dtype)

    def _report(self) -> Report:
        name = type(self).__name__
        if not hasattr(self, "components_"):
            return Report(name, [("fitted", False)])
        facts = [("features", self.n_features_in_), ("components", self.n_components_)]
        variances = self.explained_variance_
        header, columns = ["component", "variance"], [variances]
        ratio = getattr(self, "explained_variance_ratio_", None)
        if ratio is not None:
            header += ["share", "cumulative"]
            columns += [ratio, np.cumsum(ratio)]
        rows = [[i + 1, *map(float, row)] for i, row in enumerate(zip(*columns, strict=True))]
        return Report(name, [*facts, ("noise variance", self.noise_variance_)], header, rows)

    def to_dict(self) -> dict[str, object]:
        """Return the fitted attributes by their names."""
        self._fitted()
        return {
            key: value for key, value in vars(self).items() if key.endswith("_") and key[0] != "_"
        }

    def plot(self, *, ax: object = None) -> object:
        """Draw the variances of the components and their sum; needs matplotlib."""
        return pictures().scree(self, ax=ax)

    def _low_part(self) -> Array:
        """Return what rounding to the data's type took from the mean (d,), float64."""
        return np.zeros(len(self.mean_)) if self._low is None else self._low

    def _fitted(self) -> bool:
        if not hasattr(self, "components_"):
            msg = f"This {type(self).__name__} is not fitted yet: call fit with data first."
            raise NotFittedError(msg)
        return True

"""scikit-learn's MLPClassifier and MLPRegressor, trained by `mmlcore.MLP`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    check_classification_targets,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import column_or_1d

from mmlcore.core.arrays import Array
from mmlcore.estimators._perceptron import PARAMETERS, Perceptron, has_steps


class MLPClassifier(ClassifierMixin, Perceptron):  # type: ignore[misc]
    __doc__ = f"""A network that tells classes apart, as an estimator of scikit-learn.

    {PARAMETERS}
    classes_ : ndarray of shape (k,)

    See Also
    --------
    mmlcore.MLP : The network itself.

    Notes
    -----
    Softmax and cross entropy; the logistic function for two classes, and for several labels a point.

    Examples
    --------
    >>> from mmlcore.estimators import MLPClassifier
    >>> x = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> net = MLPClassifier((8,), solver="lbfgs", random_state=1).fit(x, ["no", "yes", "yes", "no"])
    >>> net.predict(x).tolist()
    ['no', 'yes', 'yes', 'no']
    """

    @available_if(has_steps)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Any:
        """Train one epoch; the first call may name all `classes` that will come. Returns the object itself."""
        if classes is not None:
            named = unique_labels(classes)
            if not hasattr(self, "network_"):
                several = type_of_target(y).startswith("multilabel")
                self._binarizer = LabelBinarizer().fit(y if several else classes)
                self.classes_ = named
            elif not np.array_equal(named, self.classes_):
                msg = f"classes: got {named.tolist()}, needed those of the first call, {self.classes_.tolist()}."
                raise ValueError(msg)
        return self._train(X, y, sample_weight, hasattr(self, "network_"), 1)

    def _wanted(
        self, X: Any, y: Any, going_on: bool, epochs: int | None
    ) -> tuple[Array, Array, str, str]:
        x, y = self._data(X, y, going_on)
        check_classification_targets(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        named = hasattr(self, "_binarizer") and not hasattr(self, "network_")
        if not going_on and not named:
            self._binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._binarizer.classes_
        elif epochs is None and set(found := unique_labels(y)) != set(self.classes_):
            msg = (
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously got "
                f"{self.classes_}, `y` has {found}"
            )
            raise ValueError(msg)
        elif not np.isin(np.unique(y), self.classes_).all() and y.ndim == 1:
            msg = f"y: got classes {np.unique(y).tolist()}, needed those of before, {self.classes_.tolist()}."
            raise ValueError(msg)
        wanted = self._binarizer.transform(y).astype(x.dtype)
        several = type_of_target(y).startswith("multilabel") or wanted.shape[1] == 1
        return x, wanted, "sigmoid" if several else "softmax", "cross_entropy"

    def predict_proba(self, X: Any) -> Array:
        """Return the probabilities (n, k) of the classes, or of each label; 1 where there is one class."""
        raw = self._raw(X)
        if len(self.classes_) == 1:
            return np.ones_like(raw)
        if raw.shape[1] == 1:
            return np.concatenate([1 - raw, raw], axis=1)
        return raw

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of the probabilities, computed as such: finite where a probability is too small for a float."""
        raw = self._raw(X, logits=True)
        if len(self.classes_) == 1:
            return np.zeros_like(raw)
        if self.network_.output == "softmax":
            top = raw - raw.max(axis=1, keepdims=True)
            return np.asarray(top - np.log(np.exp(top).sum(axis=1, keepdims=True)))
        zero = np.zeros((), raw.dtype)
        positive = -np.logaddexp(zero, -raw)
        if raw.shape[1] > 1:
            return np.asarray(positive)
        return np.concatenate([-np.logaddexp(zero, raw), positive], axis=1)

    def predict(self, X: Any) -> Array:
        """Return the class (n,) of each point, or its labels (n, k)."""
        raw = self._raw(X)
        if self.network_.output == "softmax":
            return np.asarray(self.classes_[raw.argmax(axis=1)])
        return np.asarray(self._binarizer.inverse_transform(raw, threshold=0.5))

    def __sklearn_tags__(self) -> Any:
        """Say that points may have several labels."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class MLPRegressor(RegressorMixin, Perceptron):  # type: ignore[misc]
    __doc__ = f"""A network that fits numbers, as an estimator of scikit-learn.

    {PARAMETERS}
    See Also
    --------
    mmlcore.MLP : The network itself.

    Notes
    -----
    Half of the mean squared error, of which the sum over the outputs is taken.

    Examples
    --------
    >>> import numpy as np
    >>> from mmlcore.estimators import MLPRegressor
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> net = MLPRegressor((20,), "tanh", solver="lbfgs", alpha=0, random_state=0).fit(x, x[:, 0] ** 2)
    >>> bool(net.score(x, x[:, 0] ** 2) > 0.99)
    True
    """

    def _wanted(
        self,
        X: Any,
        y: Any,
        going_on: bool,
        epochs: int | None,  # noqa: ARG002  (one signature for both)
    ) -> tuple[Array, Array, str, str]:
        x, y = self._data(X, y, going_on, y_numeric=True)
        if not going_on:
            self._one = y.ndim == 1
        return x, np.asarray(y, x.dtype).reshape(len(x), -1), "identity", "squared"

    def predict(self, X: Any) -> Array:
        """Return the outputs (n,) or (n, k) of points (n, d)."""
        raw = self._raw(X)
        return raw[:, 0] if self._one else raw

    def __sklearn_tags__(self) -> Any:
        """Say that there may be several outputs."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

"""scikit-learn's LinearRegression, computed by `mmlcore.linear_regression`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from mmlcore.core.arrays import Array
from mmlcore.optimize import linear_regression
from mmlcore.optimize.linear_fit import of_targets


class LinearRegression(MultiOutputMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Ordinary least squares as an estimator of scikit-learn.

    Parameters
    ----------
    fit_intercept : bool, default True
        Whether there is a constant.
    copy_X : bool, default True
        Accepted; the data are never overwritten.
    n_jobs : int, optional
        Accepted; `mmlcore.set_num_threads` says how many threads work.

    Attributes
    ----------
    coef_ : ndarray of shape (d,), or (t, d) for t targets
    intercept_ : float, or ndarray of shape (t,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Names of the columns, where the data have names.

    See Also
    --------
    mmlcore.linear_regression : With standard errors, covariance and r2.

    Notes
    -----
    Where features are linearly dependent, the shortest coefficients (of features scaled to unit variance) that fit best.

    Examples
    --------
    >>> from mmlcore.estimators import LinearRegression
    >>> LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).predict([[3.0]]).round(6)
    array([7.])
    """

    def __init__(
        self, *, fit_intercept: bool = True, copy_X: bool = True, n_jobs: int | None = None
    ) -> None:
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LinearRegression:
        """Fit to points (n, d) and targets (n,) or (n, t), with weights (n,) if there are any. Returns the object itself."""
        x, y = validate_data(
            self, X, y, dtype=[np.float64, np.float32], y_numeric=True, multi_output=True
        )
        y = np.asarray(y, dtype=x.dtype)
        sigma = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, x, ensure_non_negative=True)
            counted = weights > 0
            x, y, sigma = x[counted], y[counted], 1 / np.sqrt(weights[counted])
        targets = y.reshape(len(y), -1)
        if targets.shape[1] == 1:
            with warnings.catch_warnings():
                # Of covariances, which nobody sees here.
                warnings.simplefilter("ignore", RuntimeWarning)
                fit = linear_regression(x, targets[:, 0], sigma=sigma, intercept=self.fit_intercept)
            found, constants = fit.coefficients[None], np.array([fit.intercept])
        else:
            found, constants = of_targets(x, targets, sigma, self.fit_intercept)
        coefficients, constants = found.astype(x.dtype), constants.astype(x.dtype)
        self.coef_ = coefficients if y.ndim == 2 else coefficients[0]
        self.intercept_: Any = constants if y.ndim == 2 else constants[0]
        if not self.fit_intercept:
            self.intercept_ = 0.0
        return self

    def predict(self, X: Any) -> Array:
        """Return the predicted targets (n,) or (n, t) of points (n, d)."""
        check_is_fitted(self)
        x = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return np.asarray(x @ self.coef_.T + self.intercept_)

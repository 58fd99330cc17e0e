"""scikit-learn's LinearRegression and Ridge, by the sums and factors of `mmlcore`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from mmlcore.core.arrays import Array, is_sparse
from mmlcore.estimators.least import columns, nonnegative, of_ridge, of_sparse
from mmlcore.optimize import linear_regression
from mmlcore.optimize.linear_fit import of_targets


class LinearBase(MultiOutputMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Coefficients that were found, and what they predict."""

    fit_intercept: bool

    def predict(self, X: Any) -> Array:
        """Return the predicted targets (n,) or (n, t) of points (n, d)."""
        check_is_fitted(self)
        x = validate_data(
            self,
            X,
            dtype=[np.float64, np.float32],
            accept_sparse=("csr", "csc", "coo"),
            reset=False,
        )
        return np.asarray(x @ self.coef_.T + self.intercept_)

    def _data(
        self, X: Any, y: Any, sample_weight: Any, *, sparse: bool = True
    ) -> tuple[Any, Array, Array | None]:
        """Return checked points, targets of their type, and weights; points without weight are left out."""
        x, y = validate_data(
            self,
            X,
            y,
            dtype=[np.float64, np.float32],
            accept_sparse=("csr", "csc", "coo") if sparse else False,
            y_numeric=True,
            multi_output=True,
        )
        y = np.asarray(y, dtype=x.dtype)
        if is_sparse(x):
            x = x.tocsr()
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, x, dtype=np.float64, ensure_non_negative=True
            )
            counted = weights > 0
            if not counted.all():
                x, y, weights = x[counted], y[counted], weights[counted]
        return x, y, weights

    def _keep(self, found: Array, constants: Array, x: Any, y: Array) -> None:
        coefficients, constants = found.astype(x.dtype), constants.astype(x.dtype)
        self.coef_ = coefficients if y.ndim == 2 else coefficients[0]
        self.intercept_: Any = constants if y.ndim == 2 else constants[0]
        if not self.fit_intercept:
            self.intercept_ = 0.0

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class LinearRegression(LinearBase):
    """Ordinary least squares as an estimator of scikit-learn.

    Parameters
    ----------
    fit_intercept : bool, default True
        Whether there is a constant.
    copy_X : bool, default True
        Accepted; the data are never overwritten.
    tol : float, default 1e-6
        Accepted; sparse data are solved to the accuracy of float64.
    n_jobs : int, optional
        Accepted; `mmlcore.set_num_threads` says how many threads work.
    positive : bool, default False
        Whether no coefficient may be below 0.

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
    Where features are linearly dependent, the shortest coefficients (of features scaled to unit variance) that fit best. One
    factorization serves all targets. Coefficients that may not be negative by an active set [1]_. Sparse data are centred without
    being made dense: by their products up to 2000 features, else by conjugate gradients.

    References
    ----------
    .. [1] C. L. Lawson, R. J. Hanson, "Solving Least Squares Problems" (1974), chapter 23.

    Examples
    --------
    >>> from mmlcore.estimators import LinearRegression
    >>> LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).predict([[3.0]]).round(6)
    array([7.])
    """

    def __init__(
        self,
        *,
        fit_intercept: bool = True,
        copy_X: bool = True,
        tol: float = 1e-6,
        n_jobs: int | None = None,
        positive: bool = False,
    ) -> None:
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.tol = tol
        self.n_jobs = n_jobs
        self.positive = positive

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LinearRegression:
        """Fit to points (n, d) and targets (n,) or (n, t), with weights (n,) if there are any. Returns the object itself."""
        x, y, weights = self._data(X, y, sample_weight, sparse=not self.positive)
        targets = y.reshape(len(y), -1)
        none = np.zeros(targets.shape[1])
        if self.positive:
            parts = columns(x, targets, weights, self.fit_intercept)
            found = nonnegative(parts.x, parts.y, none).T
            constants = parts.y_mean - found @ parts.x_mean
        elif is_sparse(x):
            found, constants = of_sparse(x, targets, none, weights, self.fit_intercept)
        else:
            found, constants = self._dense(x, targets, weights)
        self._keep(found, constants, x, y)
        return self

    def _dense(self, x: Array, targets: Array, weights: Array | None) -> tuple[Array, Array]:
        sigma = None if weights is None else 1 / np.sqrt(weights)
        if targets.shape[1] > 1:
            return of_targets(x, targets, sigma, self.fit_intercept)
        with warnings.catch_warnings():
            # Of covariances, which nobody sees here.
            warnings.simplefilter("ignore", RuntimeWarning)
            fit = linear_regression(x, targets[:, 0], sigma=sigma, intercept=self.fit_intercept)
        return fit.coefficients[None], np.array([fit.intercept])

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not self.positive
        return tags


_SOLVERS = ("auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga", "lbfgs")


class Ridge(LinearBase):
    """Least squares with a penalty on the squares of the coefficients, as an estimator of scikit-learn.

    Parameters
    ----------
    alpha : float or array_like of shape (t,), default 1.0
        The penalty, at least 0: ``|y - X b|^2 + alpha |b|^2`` is least. One for all targets, or one for each.
    fit_intercept : bool, default True
        Whether there is a constant, which is not penalized.
    copy_X : bool, default True
        Accepted; the data are never overwritten.
    max_iter : int, optional
        Accepted.
    tol : float, default 1e-4
        Accepted: solutions have the accuracy of float64.
    solver : {'auto', 'svd', 'cholesky', 'lsqr', 'sparse_cg', 'sag', 'saga', 'lbfgs'}, default 'auto'
        'svd' by the singular values of the data; all others by the cheapest direct way. 'lbfgs' for `positive` alone.
    positive : bool, default False
        Whether no coefficient may be below 0.
    random_state : int, RandomState or None, default None
        Accepted: nothing is random.

    Attributes
    ----------
    coef_ : ndarray of shape (d,), or (t, d) for t targets
    intercept_ : float, or ndarray of shape (t,)
    n_iter_ : int
        1: solutions are direct.
    solver_ : str
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Names of the columns, where the data have names.

    Notes
    -----
    The sums of products of the centred data in one pass over them, then a Cholesky decomposition; of wide data by the inner
    products of the points; by the singular value decomposition where these have lost digits. Sparse data as in
    `LinearRegression`.

    Examples
    --------
    >>> from mmlcore.estimators import Ridge
    >>> Ridge(alpha=2.0).fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).coef_
    array([1.])
    """

    def __init__(
        self,
        alpha: Any = 1.0,
        *,
        fit_intercept: bool = True,
        copy_X: bool = True,
        max_iter: int | None = None,
        tol: float = 1e-4,
        solver: str = "auto",
        positive: bool = False,
        random_state: Any = None,
    ) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.max_iter = max_iter
        self.tol = tol
        self.solver = solver
        self.positive = positive
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Ridge:
        """Fit to points (n, d) and targets (n,) or (n, t), with weights (n,) if there are any. Returns the object itself."""
        self._check_solver()
        x, y, weights = self._data(X, y, sample_weight)
        targets = y.reshape(len(y), -1)
        alpha = self._penalties(targets.shape[1])
        if self.positive:
            dense = np.asarray(x.toarray()) if is_sparse(x) else x
            parts = columns(dense, targets, weights, self.fit_intercept)
            found = nonnegative(parts.x, parts.y, alpha).T
            constants = parts.y_mean - found @ parts.x_mean
        else:
            if is_sparse(x) and self.solver == "svd":
                msg = "SVD solver does not support sparse inputs currently"
                raise TypeError(msg)
            found, constants = of_ridge(
                x, targets, alpha, weights, self.fit_intercept, self.solver == "svd"
            )
        self._keep(found, constants, x, y)
        if y.ndim == 2 and y.shape[1] == 1:  # as theirs: a column has one row of coefficients
            self.coef_ = self.coef_[0]
        self.n_iter_ = 1
        usual = "sparse_cg" if is_sparse(x) else "cholesky"
        usual = "lbfgs" if self.positive else usual
        self.solver_ = usual if self.solver == "auto" else self.solver
        return self

    def _penalties(self, targets: int) -> Array:
        alpha = np.asarray(self.alpha, dtype=np.float64)
        if not (np.isfinite(alpha).all() and (alpha >= 0).all()):
            msg = f"alpha: got {self.alpha!r}, needed finite numbers of at least 0."
            raise ValueError(msg)
        if alpha.size not in (1, targets):
            msg = f"Number of targets and number of penalties do not correspond: {alpha.size} != {targets}"
            raise ValueError(msg)
        return np.broadcast_to(alpha.reshape(-1), (targets,))

    def _check_solver(self) -> None:
        if self.solver not in _SOLVERS:
            msg = f"solver: got {self.solver!r}, needed one of {', '.join(map(repr, _SOLVERS))}."
            raise ValueError(msg)
        if self.positive and self.solver not in ("auto", "lbfgs"):
            msg = (
                f"solver='{self.solver}' does not support positive fitting. Please set the solver to 'auto' or 'lbfgs', or set "
                "`positive=False`"
            )
            raise ValueError(msg)
        if self.solver == "lbfgs" and not self.positive:
            msg = "'lbfgs' solver can be used only when positive=True. Please use another solver."
            raise ValueError(msg)

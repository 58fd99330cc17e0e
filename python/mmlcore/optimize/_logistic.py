"""`logistic_regression`: two classes by maximum likelihood, with standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    as_array,
    as_data,
    as_index,
    as_real,
    require_finite,
    shape_error,
)
from mmlcore.core.errors import ConvergenceError
from mmlcore.core.report import pictures
from mmlcore.optimize._labels import labels_of, of_objects
from mmlcore.optimize.estimates import Band, Estimates, feature_names

_CONVERGED, _SEPARATED, _ALMOST, _DEPENDENT, _NOT_FINITE = range(1, 6)
_WHY = {
    0: "max_iter steps were not enough.",
    _SEPARATED: (
        "the classes can be separated without error by a plane, so that the likelihood grows for ever with the "
        "coefficients; a ridge > 0 makes them finite."
    ),
    _ALMOST: (
        "a plane separates the classes but for points on it (quasi-complete separation), so that the likelihood grows for ever "
        "along it; a ridge > 0 makes the coefficients finite."
    ),
    _DEPENDENT: "columns of X are linearly dependent (or constant beside the intercept); drop some, or give a ridge > 0.",
}


class Later:
    """The covariance of many rows, which takes more than all steps of the fit: made when it is first asked for.

    Points are kept by reference, classes as a copy. Points that have changed since give another value and slope at the
    solution, which is noticed: an error, never the errors of other data.
    """

    def __init__(self, x: Array, code: Array, state: Array, ridge: float, intercept: bool) -> None:
        self._given = x, code, state, ridge, intercept
        self._side: int = x.shape[1] + intercept

    def __len__(self) -> int:
        """How many parameters there are."""
        return self._side

    def __repr__(self) -> str:
        """Say that it is not there yet."""
        return "<made when asked for>"

    def made(self) -> Array:
        """Return the covariance."""
        found = _core.logistic_covariance(*self._given)
        if found is None:
            msg = (
                "X: has changed since the fit, whose standard errors are made when they are first asked for; needed the "
                "numbers of then. Fit again, or ask for them before X changes."
            )
            raise ValueError(msg)
        return np.asarray(found)


class _Covariance:
    """A field that holds an array, or is about to."""

    def __get__(self, fit: Any, _: Any = None) -> Any:
        if fit is None:
            return self
        held = vars(fit)["covariance"]
        if type(held) is Later:
            held = vars(fit)["covariance"] = held.made()
        return held

    def __set__(self, fit: Any, value: Any) -> None:
        vars(fit)["covariance"] = value


@dataclass(frozen=True)
class LogisticFit(Estimates):
    """What `logistic_regression` returns.

    Examples
    --------
    >>> import mmlcore as mml
    >>> fit = mml.logistic_regression([0.0, 1.0, 2.0, 3.0, 4.0], [0, 1, 0, 1, 1])
    >>> fit.predict([2.0]).round(3), fit.classify([0.0, 4.0])
    (array([0.651]), array([0, 1]))
    """

    coefficients: Array
    """b, shape (d,)."""
    intercept: float
    """c; 0 without."""
    covariance: Array
    """Covariance of (b, c), the inverse of Fisher's information, shape (d + 1, d + 1), or (d, d) without intercept. Of many
    rows it is made when it, or what follows from it, is first asked for; X is kept until then and must not change."""
    log_likelihood: float
    """Logarithm of the likelihood."""
    iterations: int
    """Newton steps."""
    converged: bool
    """Whether the last step left 1e-8 of the standard errors or less."""
    classes: Array = field(compare=False)
    """The two labels; the fit is the chance of the second."""
    features: list[str] = field(compare=False)
    """Names of the columns of X."""

    @property
    def estimates(self) -> Array:
        """Coefficients, and the intercept if there is one."""
        return np.append(self.coefficients, self.intercept)[: self._side]

    @property
    def names(self) -> list[str]:
        """Names of the features, and 'intercept'."""
        return [*self.features, "intercept"][: self._side]

    @property
    def _side(self) -> int:
        held: Array | Later = vars(self)["covariance"]
        return len(held)

    def __repr__(self) -> str:
        """Show the fields; a covariance that nobody has asked for is not made for this."""
        shown = (f"{f.name}={vars(self)[f.name]!r}" for f in fields(self))
        return f"{type(self).__name__}({', '.join(shown)})"

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: the covariance, not the data that it is made of."""
        assert self.covariance is not None
        return vars(self) | {"covariance": self.covariance}

    def _facts(self) -> Sequence[tuple[str, Any]]:
        facts = ("log_likelihood", "iterations", "converged", "classes")
        return [(name, getattr(self, name)) for name in facts]

    def predict(self, X: Any, *, confidence: float | None = None, prediction: Any = None) -> Any:
        """Return the chance of the second class at points (n, d), or (n,) of one feature.

        With `confidence` a `Band` that holds it: of the linear part, by the normal distribution, brought to chances.
        """
        if prediction is not None:
            msg = "prediction: a new point is one of two classes, which no band holds; needed confidence."
            raise ValueError(msg)
        x = self._points(X)
        value = x @ self.coefficients + self.intercept
        if confidence is None:
            return _chance(value)
        rows = np.column_stack([x, np.ones(len(x))])[:, : len(self.covariance)]
        variance = np.einsum("ij,jk,ik->i", rows, self.covariance, rows)
        band = self._band(value, np.maximum(variance, 0), confidence, None)
        return Band(*map(_chance, band))

    def classify(self, X: Any) -> Array:
        """Return the likelier class of each point, shape (n,)."""
        x = self._points(X)
        return np.asarray(self.classes[(x @ self.coefficients + self.intercept > 0).astype(int)])

    def plot(self, X: Any, y: Any, *, ax: Any = None) -> Any:
        """Draw the classes over the linear part, with the curve of chances. Needs matplotlib."""
        return pictures().chances(self, X, y, ax=ax)

    def _points(self, X: Any) -> Array:
        x = as_array(X, "X").astype(np.float64, copy=False)
        d = len(self.coefficients)
        x = x[:, None] if x.ndim == 1 and d == 1 else x
        if x.ndim != 2 or x.shape[1] != d:
            raise shape_error("X", x.shape, f"(n, {d})")
        return x


LogisticFit.covariance = _Covariance()  # type: ignore[assignment]  # after the fields were read, as of a plain one


def logistic_regression(
    X: Any,
    y: Any,
    *,
    ridge: float = 0.0,
    intercept: bool = True,
    max_iter: int = 100,
    raise_on_failure: bool = True,
) -> LogisticFit:
    """Fit the chance of the second of two classes, 1 / (1 + exp(-(X b + c))), by maximum likelihood.

    Parameters
    ----------
    X : array_like of shape (n, d) or (n,), float32 or float64
        Points.
    y : array_like of shape (n,)
        The class of each: two different labels of any type that sorts.
    ridge : float, default 0
        What is minimized is minus the log-likelihood plus ridge / 2 * sum(b^2) (the intercept is free). scikit-learn's C is
        1 / ridge. The covariance is then that of the shrunken coefficients, without their bias.
    intercept : bool, default True
        Whether there is a c.
    max_iter : int, default 100
        Most steps.
    raise_on_failure : bool, default True
        Whether a fit that did not converge is an error; columns that depend on each other always are.

    Returns
    -------
    LogisticFit
        (coefficients, intercept, covariance, standard_errors, log_likelihood, iterations, converged), classes, features.

    Raises
    ------
    ConvergenceError
        The classes can be separated without error, or but for ties: then no finite coefficients are best, and the message
        says so. Or `max_iter` was too small.
    ValueError
        NaN or infinity, shapes that do not fit, labels of one class or of more than two; columns that depend on each other.

    Notes
    -----
    Newton's method, each step one pass over the data by all threads, which centres the columns and divides them by their
    deviations: neither units nor offsets cost digits. It ends when a step is 1e-8 of the standard errors. Of many rows, a fit
    of some is the start, steps take gradients alone, and the standard errors are made when they are first asked for, exact to 7
    digits. That a solution exists is not
    judged by the size of the coefficients but by the theorem of Albert and Anderson [1]_: there is none exactly if some
    direction separates the classes. Cost: about 8 passes of n d^2
    operations, of many rows one.

    References
    ----------
    .. [1] A. Albert, J. A. Anderson, "On the existence of maximum likelihood estimates in logistic regression models",
       Biometrika 71 (1984).
    .. [2] P. McCullagh, J. A. Nelder, "Generalized linear models", 2nd ed. (1989), chapter 4.

    Examples
    --------
    >>> import mmlcore as mml
    >>> hours = [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5]
    >>> passed = [0, 0, 1, 0, 0, 1, 0, 1, 1, 1]
    >>> fit = mml.logistic_regression(hours, passed)
    >>> fit.coefficients.round(4), round(fit.intercept, 4), fit.converged
    (array([1.9593]), -3.3396, True)
    """
    x = as_array(X, "X")
    x = x[:, None] if x.ndim == 1 else as_data(x, "X")
    if 0 in x.shape:
        raise shape_error("X", x.shape, "at least one point and one feature")
    labels = labels_of(y, len(x), "y", "a class")
    if labels.dtype.kind == "f":
        require_finite(labels, "y")
    classes, code = _classes(labels)
    if len(classes) != 2:
        msg = f"y: got {len(classes)} different labels, needed two classes."
        raise ValueError(msg)
    ridge = as_real(ridge, "ridge", 0.0, 1e300)
    max_iter = as_index(max_iter, "max_iter", least=1)
    code = code.astype(np.float64)
    b, c, covariance, likelihood, steps, end = _core.fit_logistic(
        x, code, ridge, bool(intercept), max_iter
    )
    if covariance.ndim == 1:
        covariance = Later(x, code, covariance, ridge, bool(intercept))
    if end == _NOT_FINITE:
        require_finite(x, "X")
        msg = "X: columns are beyond the range of squares in float64; divide them by constants."
        raise ValueError(msg)
    if end == _DEPENDENT:
        msg = f"X: {_WHY[end]}"
        raise ValueError(msg)
    names = feature_names(X, x.shape[1])
    fit = LogisticFit(b, c, covariance, likelihood, steps, end == _CONVERGED, classes, names)
    if raise_on_failure and not fit.converged:
        msg = f"logistic_regression: {_WHY[end]}"
        raise ConvergenceError(msg, fit)
    return fit


def _classes(labels: Array) -> tuple[Array, Array]:
    """Return the different labels in order, and which of them each is."""
    if (
        labels.dtype.kind in "biuf"
    ):  # two numbers are told by comparisons: 60,000 in 0.1 ms, sorted in 4
        classes = np.array([labels.min(), labels.max()])
        code = labels == classes[1]
        if classes[0] != classes[1] and np.all(code | (labels == classes[0])):
            return classes, code
    if labels.dtype.kind == "O":
        return of_objects(labels, "y")[::-1]
    return np.unique(labels, return_inverse=True)


def _chance(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1 / (1 + e), e / (1 + e)))

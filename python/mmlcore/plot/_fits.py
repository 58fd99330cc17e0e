"""Fits with their residuals and uncertainties, and the covariance of parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus import jacobian
from mmlcore.core.arrays import shape_error
from mmlcore.plot._axes import axes_or_new, grid

_FINE = 400  # points of a drawn curve


def fit(
    f: Callable[..., Any],
    x: ArrayLike,
    y: ArrayLike,
    found: Any,
    *,
    sigma: ArrayLike | None = None,
    width: float = 2.0,
    axes: Any = None,
) -> Any:
    """Data with a fitted curve and its confidence band, and below them the residuals.

    Parameters
    ----------
    f : callable
        The model, as for `curve_fit`.
    x, y : array_like of shape (m,)
        The data.
    found : CurveFit or (parameters, covariance)
        What `curve_fit` returned.
    sigma : array_like of shape (m,), optional
        Drawn as error bars.
    width : float, default 2
        Half width of the band, in standard deviations of the curve: sqrt(J C J^T) at each x.
    axes : two matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    ndarray of two Axes
        Data above, residuals below.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml, mmlcore.plot
    >>> x = np.linspace(0, 1, 9)
    >>> line = lambda x, a, b: a * x + b
    >>> top, below = mmlcore.plot.fit(line, x, x**2, mml.curve_fit(line, x, x**2))
    >>> below.get_ylabel()
    'residual'
    """
    at, data = np.asarray(x, float), np.asarray(y, float)
    if at.ndim != 1 or at.shape != data.shape:
        raise shape_error("x", at.shape, f"a number for each y, {data.shape}")
    parameters, covariance = (np.asarray(part, float) for part in found)
    top, below = grid(axes, 2, 1, cell=(6.4, 2.6)).ravel()
    fine = np.linspace(at.min(), at.max(), _FINE)
    curve = np.broadcast_to(f(fine, *parameters), fine.shape)
    count = len(parameters)
    slopes = jacobian(lambda p: f(fine, *[p[i] for i in range(count)]) + 0 * fine, parameters)
    if np.isfinite(covariance).all():
        spread = width * np.sqrt(np.einsum("ij,jk,ik->i", slopes, covariance, slopes))
        band = f"{width:g} standard deviations"
        top.fill_between(fine, curve - spread, curve + spread, color="C1", alpha=0.3, label=band)
    style = {"fmt": ".", "color": "0.3"}
    top.errorbar(at, data, sigma, label="data", **style)
    top.plot(fine, curve, color="C1", label="fit")
    top.legend()
    below.errorbar(at, data - np.broadcast_to(f(at, *parameters), at.shape), sigma, **style)
    below.axhline(0, color="C1")
    below.set(xlabel="x", ylabel="residual")
    return np.array([top, below])


def chances(found: Any, X: ArrayLike, y: ArrayLike, *, ax: Any = None) -> Any:
    """Two classes over the linear part of a logistic regression, and the curve of chances.

    Parameters
    ----------
    found : LogisticFit
        What `logistic_regression` returned.
    X : array_like of shape (n, d) or (n,)
        Points.
    y : array_like of shape (n,)
        Their classes.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes
        With the points at 0 and 1.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> x, y = [0.0, 1.0, 2.0, 3.0, 4.0], [0, 1, 0, 1, 1]
    >>> mmlcore.plot.chances(mml.logistic_regression(x, y), x, y).get_xlabel()
    'x b + c'
    """
    ax = axes_or_new(ax)
    p = np.asarray(found.predict(X))
    with np.errstate(divide="ignore"):
        at = np.log(p) - np.log1p(-p)
    at = np.clip(at, -40, 40)
    second = np.asarray(y) == found.classes[1]
    ax.plot(at, second, ".", color="0.3", alpha=0.5, label="data")
    fine = np.linspace(at.min(), at.max(), _FINE)
    ax.plot(fine, 1 / (1 + np.exp(-fine)), color="C1", label=f"chance of {found.classes[1]}")
    ax.legend()
    ax.set(xlabel="x b + c", ylabel="chance")
    return ax


def corner(found: Any, names: Sequence[str] | None = None, *, axes: Any = None) -> Any:
    """Uncertainty of each parameter, and for each two of them the ellipses of one and two standard deviations.

    Parameters
    ----------
    found : CurveFit or (parameters, covariance)
        What `curve_fit` returned.
    names : sequence of str, optional
        Of the parameters.
    axes : p x p matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    ndarray of (p, p) Axes
        Those above the diagonal are empty.

    Raises
    ------
    ValueError
        The covariance is not finite.

    Examples
    --------
    >>> import mmlcore.plot
    >>> axes = mmlcore.plot.corner(([1.0, 2.0], [[0.04, 0.01], [0.01, 0.09]]), ["a", "b"])
    >>> axes[1, 0].get_xlabel(), axes[1, 0].get_ylabel()
    ('a', 'b')
    """
    parameters, covariance = (np.asarray(part, float) for part in found)
    p = len(parameters)
    if not np.isfinite(covariance).all():
        msg = "found: its covariance is not finite, the data do not determine the parameters."
        raise ValueError(msg)
    labels = [f"parameter {i}" for i in range(p)] if names is None else list(names)
    axes = grid(axes, p, p, cell=(2.2, 2.0))
    turn = np.linspace(0, 2 * np.pi, 100)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    deviations = np.sqrt(covariance.diagonal())
    for i in range(p):
        for j in range(p):
            ax = axes[i, j]
            if j > i:
                ax.set_axis_off()
                continue
            at = parameters[j] + deviations[j] * np.linspace(-3, 3, 100)
            if i == j:
                ax.plot(at, np.exp(-0.5 * ((at - parameters[j]) / deviations[j]) ** 2))
                ax.set_yticks([])
            else:
                pair = covariance[np.ix_([j, i], [j, i])]
                values, vectors = np.linalg.eigh(pair)
                ellipse = vectors * np.sqrt(np.maximum(values, 0)) @ circle
                for size in (1, 2):
                    ax.plot(*(parameters[[j, i], None] + size * ellipse), color="C0")
                ax.plot(parameters[j], parameters[i], "k+")
            if i == p - 1:
                ax.set_xlabel(labels[j])
            if j == 0 and i > 0:
                ax.set_ylabel(labels[i])
    return axes

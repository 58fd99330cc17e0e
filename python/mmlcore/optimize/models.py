"""Models that people fit, which find their own starting values: for `curve_fit` and `curve_fit_batch`, without p0.

>>> import numpy as np, mmlcore as mml
>>> from mmlcore.optimize import models
>>> x = np.linspace(0, 10, 50)
>>> fit = mml.curve_fit(models.gaussian, x, models.gaussian(x, 3.0, 4.0, 0.5, 1.0))
>>> dict(zip(models.gaussian.names, fit.parameters.round(6).tolist()))
{'height': 3.0, 'center': 4.0, 'width': 0.5, 'background': 1.0}
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_index
from mmlcore.optimize import _starts

__all__ = [
    "CurveModel",
    "exponential_decay",
    "gaussian",
    "gaussian2d",
    "logistic",
    "lorentzian",
    "michaelis_menten",
    "polynomial",
    "power_law",
    "pseudo_voigt",
    "sine",
]


class CurveModel:
    """A function f(x, a, b, ...) with the names of its parameters and a guess of their values.

    Parameters
    ----------
    f : callable
        ``f(x, a, b, ...)``, as for `curve_fit`.
    start : callable
        ``start(x, Y)`` gives starting values (n, p) for rows of Y (n, m) without NaN; x is (m,), (n, m), or (k, m).
    names : sequence of str, optional
        Of the parameters; by default from the signature of f.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> from mmlcore.optimize.models import CurveModel
    >>> line = CurveModel(lambda x, a: a * x, lambda x, Y: Y[:, -1:] / x[-1])
    >>> line.start([1.0, 2.0], [[1.0, 2.1]])
    array([[1.05]])
    """

    def __init__(
        self,
        f: Callable[..., Any],
        start: Callable[[Array, Array], Array],
        names: tuple[str, ...] | None = None,
    ) -> None:
        self.function, self._start = f, start
        self.__doc__ = f.__doc__ or self.__doc__
        self.__name__ = getattr(f, "__name__", "model").lstrip("_")
        given = tuple(inspect.signature(f).parameters)[1:]
        self.names = given if names is None else tuple(names)
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        self.__signature__ = inspect.Signature(
            [inspect.Parameter(name, kind) for name in ("x", *self.names)]
        )

    def __call__(self, x: Any, *parameters: Any) -> Any:
        """Return the values."""
        return self.function(x, *parameters)

    def __repr__(self) -> str:
        """Show the call."""
        return f"{self.__name__}(x, {', '.join(self.names)})"

    def start(self, x: Any, Y: Any) -> Array:
        """Return starting values (n, p) for rows of Y, or (p,) for one."""
        data, at = np.array(Y, np.float64), np.asarray(x, np.float64)
        rows = np.atleast_2d(data)
        bad = ~np.isfinite(rows)
        if bad.any():
            middle = np.nanmedian(
                np.where(bad.all(axis=1, keepdims=True), 0.0, np.where(bad, np.nan, rows)), axis=1
            )
            rows = np.where(bad, middle[:, None], rows)
        with np.errstate(all="ignore"):
            found = np.asarray(self._start(at, rows), np.float64)
        found = np.where(np.isfinite(found), found, 1.0)
        return found if data.ndim == 2 else np.asarray(found[0])


def _gaussian(x: Any, height: Any, center: Any, width: Any, background: Any) -> Any:
    """height exp(-((x - center) / width)^2 / 2) + background."""
    return height * np.exp(-0.5 * ((x - center) / width) ** 2) + background


def _gaussian2d(
    x: Any, height: Any, center0: Any, center1: Any, width0: Any, width1: Any, background: Any
) -> Any:
    """A peak over the plane, x of shape (2, m), with axes along the coordinates, and a background."""
    u, v = (x[0] - center0) / width0, (x[1] - center1) / width1
    return height * np.exp(-0.5 * (u * u + v * v)) + background


def _lorentzian(x: Any, height: Any, center: Any, width: Any, background: Any) -> Any:
    """height / (1 + ((x - center) / width)^2) + background; width is half of that at half height."""
    return height / (1 + ((x - center) / width) ** 2) + background


def _pseudo_voigt(x: Any, height: Any, center: Any, width: Any, share: Any, background: Any) -> Any:
    """A share of a Lorentzian and the rest of a Gaussian, both of `width` half width at half height, and a background."""
    u = ((x - center) / width) ** 2
    return height * (share / (1 + u) + (1 - share) * np.exp(-np.log(2) * u)) + background


def _exponential_decay(x: Any, amplitude: Any, rate: Any, background: Any) -> Any:
    """amplitude exp(-rate x) + background."""
    return amplitude * np.exp(-rate * x) + background


def _logistic(x: Any, height: Any, rate: Any, middle: Any) -> Any:
    """height / (1 + exp(-rate (x - middle)))."""
    return height / (1 + np.exp(-rate * (x - middle)))


def _michaelis_menten(x: Any, limit: Any, half: Any) -> Any:
    """limit x / (half + x)."""
    return limit * x / (half + x)


def _power_law(x: Any, scale: Any, exponent: Any) -> Any:
    """scale x^exponent, for positive x; 0 elsewhere."""
    positive = x > 0
    return np.where(positive, scale * np.where(positive, x, 1.0) ** exponent, 0.0)


def _sine(x: Any, amplitude: Any, frequency: Any, phase: Any, background: Any) -> Any:
    """amplitude sin(2 pi frequency x + phase) + background."""
    return amplitude * np.sin(2 * np.pi * frequency * x + phase) + background


gaussian = CurveModel(_gaussian, _starts.of_peak(1 / np.sqrt(2 * np.log(2))))
gaussian2d = CurveModel(_gaussian2d, _starts.of_surface_peak)
lorentzian = CurveModel(_lorentzian, _starts.of_peak(1.0))
pseudo_voigt = CurveModel(_pseudo_voigt, _starts.of_mixed_peak)
exponential_decay = CurveModel(_exponential_decay, _starts.of_decay)
logistic = CurveModel(_logistic, _starts.of_step)
michaelis_menten = CurveModel(_michaelis_menten, _starts.of_saturation)
power_law = CurveModel(_power_law, _starts.of_power)
sine = CurveModel(_sine, _starts.of_wave)


def polynomial(degree: int) -> CurveModel:
    """Return the polynomial c0 + c1 x + ... of a degree.

    Parameters
    ----------
    degree : int
        Highest power.

    Returns
    -------
    CurveModel
        A model for `curve_fit`.

    Examples
    --------
    >>> from mmlcore.optimize import models
    >>> models.polynomial(2)
    polynomial(x, c0, c1, c2)
    """
    count = as_index(degree, "degree", least=0) + 1

    def values(x: Any, *c: Any) -> Any:
        """c0 + c1 x + c2 x^2 + ..., by Horner's rule."""
        total = c[-1] + 0 * x
        for coefficient in reversed(c[:-1]):
            total = total * x + coefficient
        return total

    values.__name__ = "polynomial"
    return CurveModel(values, _starts.of_polynomial(count), tuple(f"c{i}" for i in range(count)))

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
import operator
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
    constant : str, optional
        The parameter that adds a constant, if there is one.

    Notes
    -----
    Models add and multiply. Parameters of the second that are called as one of the first get a number: ``height_2``. Of two
    that add constants a sum keeps that of the second alone, since both would not be determined. A product has the scales of
    both factors: give one of them equal bounds.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> from mmlcore.optimize.models import CurveModel
    >>> line = CurveModel(lambda x, a: a * x, lambda x, Y: Y[:, -1:] / x[-1])
    >>> line.start([1.0, 2.0], [[1.0, 2.1]])
    array([[1.05]])
    >>> mml.optimize.models.gaussian + mml.optimize.models.polynomial(1)
    gaussian + polynomial(x, height, center, width, c0, c1)
    """

    def __init__(
        self,
        f: Callable[..., Any],
        start: Callable[[Array, Array], Array],
        names: tuple[str, ...] | None = None,
        constant: str | None = None,
    ) -> None:
        self.function, self._start, self.constant = f, start, constant
        self._made: Any = None  # how pickle makes it again
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

    def __reduce__(self) -> Any:
        """Pickle a ready model by its name, others by what they are made of."""
        return self._made or (CurveModel, (self.function, self._start, self.names, self.constant))

    def __add__(self, other: object) -> CurveModel:
        """Return the sum of two models."""
        return _joined(self, other, "+") if isinstance(other, CurveModel) else NotImplemented

    def __mul__(self, other: object) -> CurveModel:
        """Return the product of two models."""
        return _joined(self, other, "*") if isinstance(other, CurveModel) else NotImplemented

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


_SIGNS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "+": (operator.add, operator.sub),
    "*": (operator.mul, operator.truediv),
}
_ROUNDS = 2  # of guesses, each from what the other model leaves


def _joined(one: CurveModel, other: CurveModel, sign: str) -> CurveModel:
    """Return the sum or product of two models, which guess in turn."""
    join, part = _SIGNS[sign]
    drops = sign == "+" and one.constant is not None and other.constant is not None
    gone = one.names.index(one.constant) if drops and one.constant else len(one.names)
    kept = [name for i, name in enumerate(one.names) if i != gone]
    split = len(kept)

    def first(x: Any, c: Any) -> Any:
        given = (*c[:gone], 0.0, *c[gone:]) if drops else c
        return one.function(x, *given)

    def values(x: Any, *c: Any) -> Any:
        return join(first(x, c[:split]), other.function(x, *c[split:]))

    def columns(found: Array) -> list[Array]:
        return [column[:, None] for column in found.T]

    def start(x: Array, y: Array) -> Array:
        found, errors = [], []
        # What the first guesses of all, or of what the second leaves.
        for begin in (y, part(y, other.function(x, *columns(other.start(x, y))))):
            left = begin
            for _ in range(_ROUNDS):
                a = np.delete(one.start(x, left), gone, axis=1) if drops else one.start(x, left)
                b = other.start(x, part(y, first(x, columns(a))))
                left = part(y, other.function(x, *columns(b)))
            found.append(np.concatenate([a, b], axis=1))
            errors.append(((values(x, *columns(found[-1])) - y) ** 2).sum(axis=1))
        return np.where((errors[1] < errors[0])[:, None], found[1], found[0])

    for name in other.names:
        new, number = name, 1
        while new in kept:
            number += 1
            new = f"{name}_{number}"
        kept.append(new)
    values.__doc__ = f"{one.__name__} {sign} {other.__name__}, see each."
    values.__name__ = f"{one.__name__} {sign} {other.__name__}"
    last = kept[split + other.names.index(other.constant)] if other.constant else one.constant
    joined = CurveModel(values, start, tuple(kept), last if sign == "+" else None)
    joined._made = (join, (one, other))
    return joined


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


gaussian = CurveModel(_gaussian, _starts.of_peak(1 / np.sqrt(2 * np.log(2))), constant="background")
gaussian2d = CurveModel(_gaussian2d, _starts.of_surface_peak, constant="background")
lorentzian = CurveModel(_lorentzian, _starts.of_peak(1.0), constant="background")
pseudo_voigt = CurveModel(_pseudo_voigt, _starts.of_mixed_peak, constant="background")
exponential_decay = CurveModel(_exponential_decay, _starts.of_decay, constant="background")
logistic = CurveModel(_logistic, _starts.of_step)
michaelis_menten = CurveModel(_michaelis_menten, _starts.of_saturation)
power_law = CurveModel(_power_law, _starts.of_power)
sine = CurveModel(_sine, _starts.of_wave, constant="background")
for _model in (
    *(gaussian, gaussian2d, lorentzian, pseudo_voigt, exponential_decay, sine),
    *(logistic, michaelis_menten, power_law),
):
    _model._made = _model.__name__


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
    names = tuple(f"c{i}" for i in range(count))
    model = CurveModel(values, _starts.of_polynomial(count), names, "c0")
    model._made = (polynomial, (degree,))
    return model

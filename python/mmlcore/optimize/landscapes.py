"""Landscapes to search: surfaces over a square, from -9 to -1 deep, whose lowest point is to be found.

Each is a function of a point (2,), or of x[0] and x[1] of many, and can be traced.

>>> import numpy as np, mmlcore as mml
>>> from mmlcore.optimize import landscapes
>>> at = np.linspace(0, landscapes.SIDE, 50)
>>> landscapes.rocks()(np.stack(np.meshgrid(at, at))).shape
(50, 50)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, require_finite

__all__ = [
    "SIDE",
    "chess",
    "chi_squared",
    "rocks",
    "sandpit",
    "waves",
    "well",
]

SIDE = 6.0  # of the square (0, SIDE)^2
_DEEP, _HIGH = -9.0, -1.0  # lowest and highest point of every landscape
Surface = Callable[[Any], Any]


def _rescaled(surface: Surface) -> Surface:
    """Return the surface with depths from -9 to -1 on a grid of the square; of a point (2,), or of x[0] and x[1] of many."""
    at = np.linspace(0, SIDE, 241)
    depths = surface(np.stack(np.meshgrid(at, at)))
    low, high = float(depths.min()), float(depths.max())
    scale = (_HIGH - _DEEP) / (high - low)

    def landscape(p: Any) -> Any:
        return (surface(p) - low) * scale + _DEEP

    return landscape


def sandpit() -> Surface:
    """One hole beside a hill: -(x - 4.1)^2 - (y - 0.9)^2 - 30 exp(-((x - 1.5)^2 + (y - 3.7)^2) / 2.8), rescaled.

    Returns
    -------
    callable
        Of a point (2,), or of x[0] and x[1] of many: depths from -9 to -1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> from mmlcore.optimize import landscapes
    >>> mml.minimize(landscapes.sandpit(), [1.0, 3.0]).x.round(4)
    array([1.2128, 4.0093])
    """

    def surface(p: Any) -> Any:
        hole = np.exp(-((p[0] - 1.5) ** 2 + (p[1] - 3.7) ** 2) / 2.8)
        return -((p[0] - 4.1) ** 2) - (p[1] - 0.9) ** 2 - 30 * hole

    return _rescaled(surface)


def _cosines(amplitudes: Array, frequency: float, p: Any) -> Any:
    count = len(amplitudes)
    x, y = (
        [np.cos(np.pi * frequency * n / SIDE * p[axis]) for n in range(count)] for axis in (0, 1)
    )
    return sum(
        float(amplitudes[n, m]) * x[n] * y[m] for n in range(count) for m in range(count) if n or m
    )


def _walls(p: Any) -> Any:
    """Rise towards the edges of the square."""
    x, y = p[0], p[1]
    return (1 - x * (x - SIDE) * y * (y - SIDE) / 81) ** 7 / 9


def _amplitudes(random_state: int) -> Array:
    n = np.arange(1, 5)
    return np.random.default_rng(random_state).random((4, 4)) / (n[:, None] * n)


def waves(random_state: int = 0) -> Surface:
    """Return smooth random ground: 4 x 4 cosines, random amplitudes over (n + 1)(m + 1), between walls.

    Parameters
    ----------
    random_state : int, default 0
        Of the amplitudes.

    Returns
    -------
    callable
        Of a point (2,), or of x[0] and x[1] of many: depths from -9 to -1.

    Examples
    --------
    >>> from mmlcore.optimize import landscapes
    >>> bool(landscapes.waves(1)([3.0, 3.0]) == landscapes.waves(1)([3.0, 3.0]))
    True
    """
    amplitudes = _amplitudes(random_state)
    return _rescaled(lambda p: _cosines(amplitudes, 1.0, p) + _walls(p))


def rocks(random_state: int = 0) -> Surface:
    """Return `waves` strewn with rocks: a second sum of ten times the frequency and a 25th of the amplitude.

    Parameters
    ----------
    random_state : int, default 0
        Of the amplitudes.

    Returns
    -------
    callable
        Of a point (2,), or of x[0] and x[1] of many: depths from -9 to -1.

    Examples
    --------
    >>> from mmlcore.optimize import landscapes
    >>> bool(-9.5 < landscapes.rocks()([3.0, 3.0]) < -0.5)
    True
    """
    large, small = _amplitudes(random_state), _amplitudes(random_state + 1) / 25
    return _rescaled(lambda p: _cosines(large, 1.0, p) + _cosines(small, 10.0, p) + _walls(p))


def well(random_state: int = 0) -> Surface:
    """Return `waves` with one narrow well, 0.2 wide, that slopes elsewhere say nothing about.

    Parameters
    ----------
    random_state : int, default 0
        Of the amplitudes and the place of the well.

    Returns
    -------
    callable
        Of a point (2,), or of x[0] and x[1] of many: depths from -9 to -1.

    Examples
    --------
    >>> from mmlcore.optimize import landscapes
    >>> bool(landscapes.well()([3.0, 3.0]) < 0)
    True
    """
    amplitudes = _amplitudes(random_state) / 4
    place = np.random.default_rng(random_state + 2).uniform(1, SIDE - 1, 2)

    def surface(p: Any) -> Any:
        square = (p[0] - float(place[0])) ** 2 + (p[1] - float(place[1])) ** 2
        return _cosines(amplitudes, 1.0, p) + _walls(p) - 0.6 * np.exp(-square / (2 * 0.2**2))

    return _rescaled(surface)


def chess(turn: float = 0.5) -> Surface:
    """Return a turned chess board of holes, the deepest in the middle: sinc(u) sinc(v).

    Parameters
    ----------
    turn : float, default 0.5
        Angle of the board in radians.

    Returns
    -------
    callable
        Of a point (2,), or of x[0] and x[1] of many: depths from -9 to -1.

    Examples
    --------
    >>> from mmlcore.optimize import landscapes
    >>> float(landscapes.chess()([3.0, 3.0]))
    -9.0
    """
    c, s = float(np.cos(turn)), float(np.sin(turn))

    def sinc(t: Any) -> Any:
        near = np.abs(t) < 1e-4
        safe = np.where(near, 1.0, t)
        return np.where(near, 1 - t * t / 6, np.sin(safe) / safe)

    def surface(p: Any) -> Any:
        x, y = p[0] - SIDE / 2, p[1] - SIDE / 2
        return -sinc(np.pi * (c * x + s * y)) * sinc(np.pi * (c * y - s * x))

    return _rescaled(surface)


def chi_squared(
    f: Callable[..., Any], x: ArrayLike, y: ArrayLike, sigma: ArrayLike | float = 1.0
) -> Surface:
    """Return the sum of squared residuals as a function of the parameters: the landscape that a fit searches.

    Parameters
    ----------
    f : callable
        f(x, a, b, ...) as for `curve_fit`.
    x : array_like
        Places, as f takes them.
    y : array_like of shape (m,)
        Values there.
    sigma : array_like of shape (m,) or float, default 1
        Standard deviations of y.

    Returns
    -------
    callable
        Of a vector of parameters; traceable, so that it has derivatives, and `minimize` and `plot.descent` take it.
        Parameters may be arrays of one shape, for a whole map.

    Examples
    --------
    >>> import mmlcore as mml
    >>> from mmlcore.optimize import landscapes
    >>> surface = landscapes.chi_squared(lambda x, m, c: m * x + c, [0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    >>> float(surface([2.0, 0.0])), mml.gradient(surface, [2.0, 0.0])
    (3.0, array([-6., -6.]))
    """
    places, values = as_array(x, "x"), require_finite(as_array(y, "y"), "y")
    deviations = np.broadcast_to(as_array(sigma, "sigma"), values.shape)
    if not (deviations > 0).all():
        msg = "sigma: needed positive numbers."
        raise ValueError(msg)

    def surface(parameters: Any) -> Any:
        # Maps of parameters get an axis for the points; numbers and symbols have none to share.
        apart = [p[..., None] if isinstance(p, np.ndarray) and p.ndim else p for p in parameters]
        residuals = (values - f(places, *apart)) / deviations
        return np.sum(residuals * residuals, axis=-1)

    return surface

"""Starting values of the ready models, for many rows at once: x (m,), (n, m) or (2, m), Y (n, m), results (n, p)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmlcore.core.arrays import Array

Start = Callable[[Array, Array], Array]


def _rows(x: Array, y: Array) -> Array:
    return np.broadcast_to(x, y.shape)


def _sorted(x: Array, y: Array) -> tuple[Array, Array]:
    """Return both with x ascending in each row."""
    x = _rows(x, y)
    order = np.argsort(x, axis=1, kind="stable")
    return np.take_along_axis(x, order, 1), np.take_along_axis(y, order, 1)


def _upright(y: Array) -> tuple[Array, Array, Array]:
    """Return background, signed height and the rows turned so that the peak is up, with a background of zero."""
    low, middle, high = np.percentile(y, [10, 50, 90], axis=1)
    top, bottom = y.max(axis=1), y.min(axis=1)
    up = top - middle >= middle - bottom
    background = np.where(up, low, high)
    height = np.where(up, top, bottom) - background
    return background, height, (y - background[:, None]) * np.sign(height)[:, None]


def _peak(x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
    """Return height, center, half width at half height, background."""
    x, y = _sorted(x, y)
    background, height, up = _upright(y)
    # Points next to the highest that reach half of its height.
    best = up.argmax(axis=1)
    above = up >= 0.5 * np.abs(height)[:, None]
    place = np.arange(y.shape[1])
    apart = np.where(above, -1, place)
    left = np.where(place <= best[:, None], apart, -1).max(axis=1)
    right = np.where((place >= best[:, None]) & ~above, place, y.shape[1]).min(axis=1)
    inside = (place > left[:, None]) & (place < right[:, None])
    weight = np.where(inside, up, 0.0)
    center = (weight * x).sum(axis=1) / weight.sum(axis=1)
    widths = np.gradient(x, axis=1)
    width = np.maximum(
        0.5 * np.where(inside, widths, 0.0).sum(axis=1), 0.5 * np.abs(widths).min(axis=1)
    )
    return height, center, width, background


def of_peak(scale: float) -> Start:
    """Return the guess for a peak whose width parameter is `scale` times the half width at half height."""

    def start(x: Array, y: Array) -> Array:
        height, center, width, background = _peak(x, y)
        return np.stack([height, center, scale * width, background], axis=1)

    return start


def of_mixed_peak(x: Array, y: Array) -> Array:
    """Half a Lorentzian, half a Gaussian."""
    height, center, width, background = _peak(x, y)
    return np.stack([height, center, width, np.full_like(height, 0.5), background], axis=1)


def of_surface_peak(x: Array, y: Array) -> Array:
    """Moments of what reaches half of the height, over (2, m) points."""
    background, height, up = _upright(y)
    weight = np.where(up >= 0.5 * np.abs(height)[:, None], up, 0.0)
    total = weight.sum(axis=1)
    centers = [(weight * axis).sum(axis=1) / total for axis in x]
    # The upper half of a Gaussian has 0.48 of its deviation.
    widths = [
        np.sqrt((weight * (axis - c[:, None]) ** 2).sum(axis=1) / total) / 0.48
        for axis, c in zip(x, centers, strict=True)
    ]
    smallest = [1e-3 * np.ptp(axis) for axis in x]
    widths = [np.maximum(w, s) for w, s in zip(widths, smallest, strict=True)]
    return np.stack([height, *centers, *widths, background], axis=1)


def _solve(columns: list[Array], y: Array) -> Array:
    """Return the linear least squares solution (n, k) for columns (n, m)."""
    a = np.stack(columns, axis=-1)
    gram = np.einsum("nmi,nmj->nij", a, a)
    ridge = 1e-14 * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(len(columns))
    right = np.einsum("nmi,nm->ni", a, y)
    return np.asarray(np.linalg.solve(gram + ridge, right[..., None])[..., 0])


def of_decay(x: Array, y: Array) -> Array:
    """y' = -rate (y - background), integrated: y is a line in x and the integral of y (J. Jacquelin, 2009)."""
    x, y = _sorted(x, y)
    pieces = 0.5 * (y[:, 1:] + y[:, :-1]) * np.diff(x, axis=1)
    integral = np.concatenate([np.zeros((len(y), 1)), np.cumsum(pieces, axis=1)], axis=1)
    one = np.ones_like(y)
    rate = -_solve([integral, x - x[:, :1], one], y)[:, 0]
    span = np.ptp(x, axis=1)
    rate = np.where(rate * span > 1e-3, np.minimum(rate, 50 / span), 1 / span)
    decay = np.exp(-rate[:, None] * (x - x[:, :1]))
    amplitude, background = _solve([decay, one], y).T
    return np.stack([amplitude * np.exp(rate * x[:, 0]), rate, background], axis=1)


def of_step(x: Array, y: Array) -> Array:
    """A line through the logits of what lies between the limits."""
    x, y = _sorted(x, y)
    height = (
        np.where(np.abs(y.max(axis=1)) >= np.abs(y.min(axis=1)), y.max(axis=1), y.min(axis=1))
        * 1.02
    )
    share = np.clip(y / height[:, None], 0.01, 0.99)
    weight = share * (1 - share)
    slope, constant = _solve([weight * x, weight], weight * np.log(share / (1 - share))).T
    slope = np.where(slope == 0, 1.0, slope)
    return np.stack([height, slope, -constant / slope], axis=1)


def of_saturation(x: Array, y: Array) -> Array:
    """limit x - half y = x y: linear in the parameters."""
    x = _rows(x, y)
    limit, half = _solve([x, -y], x * y).T
    top = y.max(axis=1)
    good = (limit > 0) & (half > 0)
    return np.stack(
        [np.where(good, limit, 1.2 * top), np.where(good, half, np.median(x, axis=1))], axis=1
    )


def of_power(x: Array, y: Array) -> Array:
    """A line through the logarithms, points weighted by their values."""
    x = _rows(x, y)
    sign = np.where(np.median(y, axis=1) < 0, -1.0, 1.0)
    up = y * sign[:, None]
    good = (x > 0) & (up > 0)
    weight = np.where(good, up, 0.0)
    logs = [np.log(np.where(good, v, 1.0)) for v in (x, up)]
    exponent, constant = _solve([weight * logs[0], weight], weight * logs[1]).T
    return np.stack([sign * np.exp(constant), exponent], axis=1)


def of_wave(x: Array, y: Array) -> Array:
    """The frequency at which a sine takes away most, from a grid finer than one wave over all of x."""
    x = np.array(_rows(x, y))
    span = np.ptp(x, axis=1).max()
    m = y.shape[1]
    grid = np.arange(1, 2 * m + 1) / (4 * span)  # up to half of the points a wave
    apart = y - y.mean(axis=1, keepdims=True)
    shared = bool((x == x[:1]).all())
    at = x[:1] if shared else x
    power = np.empty((len(y), grid.size))
    for i, frequency in enumerate(grid):
        turn = 2 * np.pi * frequency * at
        power[:, i] = (apart * np.cos(turn)).sum(axis=1) ** 2 + (apart * np.sin(turn)).sum(
            axis=1
        ) ** 2
    frequency = grid[power.argmax(axis=1)]
    turn = 2 * np.pi * frequency[:, None] * x
    s, c, background = _solve([np.sin(turn), np.cos(turn), np.ones_like(y)], y).T
    return np.stack([np.hypot(s, c), frequency, np.arctan2(c, s), background], axis=1)


def of_polynomial(count: int) -> Start:
    """Return the linear least squares solution: the fit itself, up to rounding."""

    def start(x: Array, y: Array) -> Array:
        x = _rows(x, y)
        return _solve([x**i for i in range(count)], y)

    return start

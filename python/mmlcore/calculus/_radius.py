"""How far a power series reaches, estimated from its coefficients."""

from __future__ import annotations

import numpy as np

from mmlcore.core.arrays import Array

_WINDOW = 8  # last coefficients that are looked at


def radius_of(coefficients: Array) -> float:
    """Estimate the radius of convergence of one series from its coefficients (order + 1,); infinity for polynomials.

    Near its radius a series is governed by the nearest singularity, or the nearest two, which are conjugates. The last
    coefficients then follow a recurrence c_k = a c_(k-1) + b c_(k-2), exactly so for poles, whose larger root of
    z^2 = a z + b is 1 / radius; a and b are fitted by least squares. The ratio of two coefficients alone would say nothing
    about a pair: it takes every value in turn. Zeros between, as of even functions, are skipped.

    Source: G. N. Mercer, A. J. Roberts, "A centre manifold description of contaminant dispersion in channels with varying flow
    properties", SIAM J. Appl. Math. 50 (1990), appendix.
    """
    size = np.abs(coefficients)
    if not np.isfinite(size).all():
        return np.nan
    places = 1 + np.flatnonzero(size[1:] > np.finfo(np.float64).tiny)
    if len(places) < 2:
        return np.inf
    last, before = int(places[-1]), int(places[-2])
    if (
        len(size) - 1 - last > last - before
    ):  # more zeros after the last one than between the last two
        return np.inf
    tail = places[-_WINDOW:]
    gap = int(np.gcd.reduce(np.diff(tail)))
    c = coefficients[tail[0] : last + 1 : gap]
    if len(c) < 5:
        return float((size[before] / size[last]) ** (1 / (last - before)))
    # Scaled to a common size, as powers of the mean ratio, so that each equation counts.
    steps = np.arange(len(c))
    logs = np.log(np.where(c == 0, 1.0, np.abs(c)))
    growth, start = np.polyfit(steps[c != 0], logs[c != 0], 1)
    scaled = np.sign(c) * np.exp(np.where(c == 0, -np.inf, logs) - growth * steps - start)
    a, b = np.linalg.lstsq(np.stack([scaled[1:-1], scaled[:-2]], axis=1), scaled[2:], rcond=1e-8)[0]
    largest = float(np.abs(np.roots([1.0, -a, -b])).max())
    return float(np.exp(-(np.log(largest) + growth) / gap)) if largest else np.inf

"""Densities of symbols, by the names of scipy.stats."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus import _matrices
from mmlcore.calculus._ufuncs import FUNCTIONS
from mmlcore.calculus.operations import OPS
from mmlcore.calculus.symbol import Tape

Traced = Callable[..., Any]


def _standard(density: Traced) -> Traced:
    """Stand for a method of a distribution of (x - loc) / scale."""

    def method(tape: Tape, x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
        return density(tape, (tape.symbol(x) - loc) / scale, tape.symbol(scale))

    return method


_HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


def _log_normal(tape: Tape, z: Any, scale: Any) -> Any:
    return -0.5 * z * z - _HALF_LOG_TAU - np.log(scale)


def _ppf(tape: Tape, q: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    return loc + scale * FUNCTIONS["ndtri"](tape, tape.symbol(q))


_NORMAL: dict[str, Traced] = {
    "pdf": _standard(
        lambda tape, z, scale: np.exp(-0.5 * z * z) / (math.sqrt(2 * math.pi) * scale)
    ),
    "logpdf": _standard(_log_normal),
    "cdf": _standard(lambda tape, z, scale: FUNCTIONS["ndtr"](tape, z)),
    "sf": _standard(lambda tape, z, scale: FUNCTIONS["ndtr"](tape, -z)),
    "logcdf": _standard(lambda tape, z, scale: FUNCTIONS["log_ndtr"](tape, z)),
    "logsf": _standard(lambda tape, z, scale: FUNCTIONS["log_ndtr"](tape, -z)),
    "ppf": _ppf,
}


def _log_student(tape: Tape, x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    log: Traced = lambda v: FUNCTIONS["gammaln"](tape, v)
    n = tape.symbol(df)
    z = (tape.symbol(x) - loc) / scale
    lead = log((n + 1) / 2) - log(n / 2) - 0.5 * np.log(n * math.pi) - np.log(scale)
    return lead - (n + 1) / 2 * np.log1p(z * z / n)


def _log_poisson(tape: Tape, k: Any, mu: Any, loc: Any = 0) -> Any:
    count = tape.symbol(k) - loc
    log = FUNCTIONS["gammaln"](tape, count + 1)
    found = tape.binary(OPS["xlogy"], count, tape.symbol(mu)) - log - mu
    return np.where((count < 0) | (np.floor(count) != count), -np.inf, found)


def _log_multivariate(tape: Tape, x: Any, mean: Any = None, cov: Any = 1.0) -> Any:
    at = tape.symbol(x)
    d = at.shape[-1]
    middle = np.zeros(d) if mean is None else tape.symbol(mean)
    c = tape.symbol(cov)
    c = c * np.eye(d) if not c.ndim else np.diag(c) if c.ndim == 1 else c
    factor = _matrices.cholesky(tape, c)
    white = _matrices.solve(tape, factor, np.swapaxes(np.atleast_2d(at - middle), 0, 1), aux=2)
    found = (
        -0.5 * (white * white).sum(axis=0) - np.log(np.diagonal(factor)).sum() - d * _HALF_LOG_TAU
    )
    return found if at.ndim > 1 else found[0]


DISTRIBUTIONS: dict[str, dict[str, Traced]] = {
    "norm": _NORMAL,
    "t": {"logpdf": _log_student, "pdf": lambda tape, *a, **k: np.exp(_log_student(tape, *a, **k))},
    "poisson": {
        "logpmf": _log_poisson,
        "pmf": lambda tape, *a, **k: np.exp(_log_poisson(tape, *a, **k)),
    },
    "multivariate_normal": {
        "logpdf": _log_multivariate,
        "pdf": lambda tape, *a, **k: np.exp(_log_multivariate(tape, *a, **k)),
    },
}

"""Anything a caller may pass to the functions of the chapter: an error that names it, or a result that says how it ended."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import mmlcore as mml

N = 24
RNG = np.random.default_rng(0)
T = np.linspace(0.1, 4, N)
DECAY = 2.5 * np.exp(-1.3 * T) + 0.5 + 0.01 * RNG.standard_normal(N)
X = RNG.standard_normal((N, 2))
Y = X @ [1.0, 2.0] + 0.1 * RNG.standard_normal(N)
CLASSES = (RNG.random(N) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
STACK = RNG.standard_normal((9, N, 2))
ONES = np.ones(N)


def expo(x: Any, a: Any, b: Any, c: Any) -> Any:
    return a * np.exp(-b * x) + c


def valley(v: Any) -> Any:
    return 100 * (v[1] - v[0] ** 2) ** 2 + (1 - v[0]) ** 2


VALLEY = mml.Function(valley, 2)
SYSTEM = mml.Function(lambda v: np.stack([v[0] ** 2 + v[1] ** 2 - 4, v[0] * v[1] - 1]), 2)
LINE = mml.Function(lambda v: v[0] + v[1] - 1, 2)
RESIDUALS = mml.Function(lambda v: np.stack([10 * (v[1] - v[0] ** 2), 1 - v[0]]), 2)
START, STARTS = np.array([2.0, 0.5]), RNG.uniform(0.5, 3, (20, 2))

CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "newton": (lambda x0: mml.newton(SYSTEM, x0), {"x0": START}),
    "newton, several": (lambda x0: mml.newton(SYSTEM, x0), {"x0": STARTS}),
    "newton, a number": (lambda x0: mml.newton(lambda x: x**3 - 2 * x - 5, x0), {"x0": 2.0}),
    "lagrange": (lambda x0: mml.lagrange(VALLEY, LINE, x0), {"x0": START}),
    "linear": (mml.linear_regression, {"X": X, "y": Y}),
    "linear, sigma": (mml.linear_regression, {"X": X, "y": Y, "sigma": ONES}),
    "linear, stack": (mml.linear_regression, {"X": STACK, "y": STACK @ [1.0, 2.0] + 0.1 * Y}),
    "by": (mml.linear_regression_by, {"X": X, "y": Y, "groups": RNG.integers(0, 4, N)}),
    "rolling": (lambda X, y: mml.linear_regression_rolling(X, y, 7), {"X": X, "y": Y}),
    "polynomial": (lambda x, y: mml.polynomial_fit(x, y, 3), {"x": T, "y": DECAY}),
    "logistic": (mml.logistic_regression, {"X": X, "y": CLASSES}),
    "logistic, ridge": (lambda X: mml.logistic_regression(X, CLASSES, ridge=1.0), {"X": X}),
    "curve": (
        lambda ydata, p0: mml.curve_fit(expo, T, ydata, p0),
        {"ydata": DECAY, "p0": np.array([2.0, 1.0, 0.3])},
    ),
    "curves": (
        lambda Y, p0: mml.curve_fit_batch(expo, T, Y, p0),
        {"Y": np.tile(DECAY, (5, 1)), "p0": np.array([2.0, 1.0, 0.3])},
    ),
    "least squares": (lambda x0: mml.least_squares(RESIDUALS, x0), {"x0": START}),
}
for _method in ("newton", "bfgs", "lbfgs"):
    CALLS[_method] = (lambda x0, m=_method: mml.minimize(VALLEY, x0, method=m), {"x0": START})
    CALLS[f"{_method}, several"] = (CALLS[_method][0], {"x0": STARTS})


def variants(a: Any) -> Iterator[tuple[str, Any]]:
    a = np.asarray(a, float)
    for number in (np.nan, np.inf, 1e200, 1.7e308, 1e-200, 5e-320, 0.0):
        one = a.copy()
        one.flat[a.size // 2] = number
        yield f"one {number}", one
        yield f"all {number}", np.full_like(a, number)
        if np.isfinite(number) and number != 0:
            with np.errstate(all="ignore"):
                yield f"times {number}", a * number
    yield "empty", a[:0] if a.ndim else np.empty(0)
    yield "short", a[:-1] if a.ndim else np.empty((2, 2))
    for kind in ("f4", "f2", ">f8", "i8", "?", "c16", "O", "S3", "U3"):
        with np.errstate(all="ignore"):
            yield kind, a.astype(kind)
    yield "bytes", np.frombuffer(b"abcdefgh" * a.size, "u1")
    yield "None", None
    yield "list", a.tolist()
    read_only = a.copy()
    read_only.flags.writeable = False
    yield "read-only", read_only
    yield "axes", a.reshape(1, 1, *a.shape)
    if a.ndim:
        yield "strided", np.repeat(a, 2, axis=0)[::2]
        yield "Fortran", np.asfortranarray(a)


def untold(result: Any) -> str | None:
    """Return what is wrong where it says that it converged: numbers that are not finite, NaN, a gradient that is not small."""
    ended = getattr(result, "converged", getattr(result, "success", True))
    well = np.asarray(True if ended is None else ended)
    for name in ("x", "parameters", "coefficients", "value", "intercept"):
        found = getattr(result, name, None)
        if found is not None and not np.isfinite(np.asarray(found, float)[well]).all():
            return name
    for name in ("covariance", "chi2"):
        found = getattr(result, name, None)
        if found is not None and np.isnan(np.asarray(found, float)[well]).any():
            return name
    if isinstance(result, mml.optimize.Minimum):
        x, f, gradient = (
            np.asarray(v, float)[well] for v in (result.x, result.value, result.gradient)
        )
        relative = np.abs(gradient) * np.maximum(np.abs(x), 1) / np.maximum(np.abs(f), 1)[..., None]
        if not (relative < 1e-3).all():
            return "gradient"
    return None


def outcome(call: Callable[..., Any], given: dict[str, Any]) -> Any:
    """Return the result, or the message of an error that tells of arguments; None for other ends that are known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call(**given)
        except (mml.ConvergenceError, np.linalg.LinAlgError):
            return None
        except (ValueError, TypeError) as error:
            return str(error)


@pytest.mark.parametrize("name", CALLS)
def test_anything(name: str) -> None:
    call, plain = CALLS[name]
    for argument, good in plain.items():
        others = [a for a in plain if a != argument] + ["columns", "residuals", "f:"]
        told = "|".join(rf"\b{a}" for a in (argument, *others))
        for variant, value in variants(good):
            if name == "least squares" and variant == "short":
                continue  # the residuals themselves ask for an unknown that is not there
            found = outcome(call, {**plain, argument: value})
            where = argument, variant, found
            if isinstance(found, str):
                assert re.search(told, found), where
                assert "internal" not in found, where
            elif found is not None:
                assert untold(found) is None, where


def test_a_curve_at_one_place() -> None:
    """As SciPy has it: what the function gives there is compared with all of y."""
    fit = mml.curve_fit(lambda x, a: a * x, 2.0, np.array([1.0, 2.0, 3.0]), [1.0])
    np.testing.assert_allclose(fit.parameters, [1.0], rtol=1e-9)


def test_curves_with_another_number_of_starts() -> None:
    with pytest.raises(ValueError, match="p0: got 2 numbers, needed 3: a, b, c"):
        mml.curve_fit_batch(expo, T, np.tile(DECAY, (5, 1)), [1.0, 2.0])

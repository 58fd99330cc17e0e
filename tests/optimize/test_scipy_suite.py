"""SciPy's own tests of curve_fit, run on ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mmlcore as mml

suite = pytest.importorskip("scipy.optimize.tests.test_minpack")

# They look into MINPACK's own numbers, call SciPy by another name, or compare with a covariance that has the errors of
# SciPy's forward differences (2e-6; ours is checked against the exact Jacobian in test_curve_fit.py).
PRIVATE = {"test_full_output", "test_gh4555", "test_gh4555b"}
METHODS = {None, "lm", "trf", "dogbox"}


def under_scipys_name(
    f: Any,
    xdata: Any,
    ydata: Any,
    p0: Any = None,
    sigma: Any = None,
    absolute_sigma: bool = False,
    check_finite: bool | None = None,
    bounds: Any = (-np.inf, np.inf),
    method: str | None = None,
    jac: Any = None,
    *,
    full_output: bool = False,
    nan_policy: str | None = None,
    maxfev: int | None = None,
    max_nfev: int | None = None,
    **others: Any,
) -> Any:
    """Translate SciPy's names; the choice of a method is SciPy's alone."""
    if others or method not in METHODS:
        raise ValueError
    box = bounds if isinstance(bounds, tuple) else (bounds.lb, bounds.ub)
    if method == "lm" and any(np.isfinite(b).any() for b in box):
        raise ValueError
    fit = mml.curve_fit(
        *(f, xdata, ydata, p0, sigma, absolute_sigma, check_finite, bounds),
        jac=jac,
        nan_policy=nan_policy,
        max_iter=maxfev or max_nfev or 1000,
    )
    if full_output:
        return fit.parameters, fit.covariance, {"fvec": fit.residual}, fit.message, fit.status
    return fit


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "curve_fit", under_scipys_name)
    monkeypatch.setattr(suite, "OptimizeWarning", RuntimeWarning)


class TestCurveFit(suite.TestCurveFit):  # type: ignore[misc,name-defined]
    """The tests themselves."""


for name in PRIVATE:
    if hasattr(TestCurveFit, name):
        setattr(TestCurveFit, name, None)

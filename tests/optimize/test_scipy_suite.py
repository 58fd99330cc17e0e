"""SciPy's own tests of curve_fit, run on ours with nothing but the import changed."""

from __future__ import annotations

import pytest

import mmlcore as mml

suite = pytest.importorskip("scipy.optimize.tests.test_minpack")

# They look into MINPACK's own numbers, or compare with a covariance that has the errors of SciPy's forward differences (2e-6; ours
# is checked against the exact Jacobian in test_curve_fit.py).
PRIVATE = {"test_full_output", "test_gh4555b"}


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "curve_fit", mml.curve_fit)
    monkeypatch.setattr(suite, "OptimizeWarning", RuntimeWarning)


class TestCurveFit(suite.TestCurveFit):  # type: ignore[misc,name-defined]
    """The tests themselves."""


for name in PRIVATE:
    if hasattr(TestCurveFit, name):
        setattr(TestCurveFit, name, None)

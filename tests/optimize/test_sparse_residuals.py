"""least_squares of many unknowns, each in few residuals: as with the whole Jacobian, and as SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.optimize import _least_squares


def chain(v: Any) -> Any:
    return np.concatenate([10 * (v[1:] - v[:-1] ** 2), 1 - v[:-1], 0.1 * v])


def ring(v: Any) -> Any:
    """The last unknown beside the first: no narrow band."""
    near = np.concatenate([v[1:], v[:1]])
    return np.concatenate([v - np.cos(near), 0.3 * (v * near - 0.2)])


def both_ways(f: Any, x0: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[Any, Any]:
    function = mml.Function(f, len(x0))
    sparse = mml.least_squares(function, x0, **options)
    with monkeypatch.context() as patch:
        patch.setattr(_least_squares, "_MANY", 10**9)
        return sparse, mml.least_squares(function, x0, **options)


@pytest.mark.parametrize("f", [chain, ring])
@pytest.mark.parametrize("p", [48, 63, 64, 65, 90])
@pytest.mark.parametrize("loss", ["linear", "soft_l1", "cauchy"])
def test_as_with_the_whole_jacobian(
    f: Any, p: int, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sparse, whole = both_ways(f, np.linspace(0.3, 0.6, p), monkeypatch, loss=loss)
    np.testing.assert_allclose(sparse.parameters, whole.parameters, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(sparse.covariance, whole.covariance, rtol=1e-5, atol=1e-9)
    assert sparse.chi2 == pytest.approx(whole.chi2, rel=1e-9)
    assert sparse.success
    assert whole.success


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = (np.full(80, 0.2), np.full(80, 0.7))
    bounds[1][5] = bounds[0][5] = 0.5  # held
    x0 = np.full(80, 0.5)
    sparse, whole = both_ways(chain, x0, monkeypatch, bounds=bounds)
    np.testing.assert_allclose(sparse.parameters, whole.parameters, rtol=1e-6)
    np.testing.assert_allclose(sparse.covariance, whole.covariance, rtol=1e-5, atol=1e-9)
    assert sparse.covariance[5, 5] == 0


def test_far_starts_need_damped_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    x0 = np.where(np.arange(70) % 2, 3.0, -3.0)
    sparse, whole = both_ways(chain, x0, monkeypatch)
    assert sparse.chi2 == pytest.approx(whole.chi2, rel=1e-6)
    slope = chain_gradient(sparse.parameters)
    assert np.abs(slope).max() < 1e-5


def chain_gradient(v: Any) -> Any:
    return mml.gradient(lambda x: np.sum(chain(x) ** 2), v)


def test_sums_that_would_lose_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours that hardly differ: by rows, as with the whole Jacobian."""

    def f(v: Any) -> Any:
        return np.concatenate([v[1:] + v[:-1] - 1, 1e-5 * (v - 0.4)])

    sparse, whole = both_ways(f, np.full(70, 0.1), monkeypatch)
    np.testing.assert_allclose(sparse.parameters, whole.parameters, rtol=1e-6)
    np.testing.assert_allclose(sparse.standard_errors, whole.standard_errors, rtol=1e-4)


def test_what_the_residuals_do_not_determine(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(v: Any) -> Any:
        return np.concatenate([v[1:] - v[:-1] - 0.01, v[1:] * 0 + 0.1])

    with pytest.warns(RuntimeWarning, match="Covariance"):
        sparse, whole = both_ways(f, np.zeros(70), monkeypatch)
    assert sparse.status == whole.status == mml.Status.UNDETERMINED
    assert np.isinf(sparse.covariance).all()
    assert sparse.chi2 == pytest.approx(whole.chi2, rel=1e-9)


def test_as_scipy() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    x0 = np.full(300, 0.5)
    ours = mml.least_squares(chain, x0)
    theirs = optimize.least_squares(
        chain, x0, x_scale="jac", jac_sparsity=np.ones((898, 300)), xtol=1e-12, ftol=1e-14
    )
    assert ours.chi2 <= 2 * theirs.cost * (1 + 1e-9)
    np.testing.assert_allclose(ours.parameters, theirs.x, atol=1e-5)

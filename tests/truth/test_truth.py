"""Explorers for two seconds a function, and their own truth: every public function has one, and each sees what is wrong."""

from __future__ import annotations

import os
from fractions import Fraction

import numpy as np
import pytest
from tests.truth import chapters  # noqa: F401  (fills EXPLORERS)
from tests.truth import exact as ex
from tests.truth.registry import EXPLORERS, Wrong, explore

import mmlcore as mml

SECONDS = float(os.environ.get("MMLCORE_TRUTH", "2"))
# The same draws every time, however fast the machine is: new ones are for the nightly run.
DRAWS = 400 if SECONDS <= 2 else 1_000_000_000

# Public names without an explorer of their own, and why.
ELSEWHERE = {
    "LU QR SVD LeastSquares FiniteDifference Constrained CurveFit CurveFitBatch Diagonalization Echelon "
    "EigenResult Function GradientCheck Graph LinearFit LinearFits LogisticFit PolynomialFit Band "
    "Linearization LogDeterminant Minimum Neighbors NeighborsWithin PageRank PivotedQR PowerIteration Projection Root "
    "SparseHessian SparseJacobian StationaryPoint Status TaylorSeries": "what functions return",
    "ConvergenceError DefectiveMatrixError NotPositiveDefiniteError SingularMatrixError TraceError": "errors",
    "get_num_threads set_num_threads threads share_threads release_memory show_config __version__": "no numbers",
    "MLP PPCA": "iterate from random starts: compared with references in tests/neural and tests/decomposition",
    "transform_image": "resampling: compared with SciPy in tests/matrices",
    "scaling shear oblique_projection row_swap row_scale row_add trace cross": "a handful of entries: compared with numpy in tests",
    "loop sparse_hessian sparse_jacobian hessian_vector_product jacobian_vector_product "
    "vector_jacobian_product directional_derivative total_derivative check_gradient classify_stationary parity": (
        "the sweeps of gradient, jacobian and hessian: compared with them in tests/calculus"
    ),
}


def test_every_public_function_has_an_explorer() -> None:
    left_out = {name for names in ELSEWHERE for name in names.split()}
    missing = set(mml.__all__) - set(EXPLORERS) - left_out
    assert not missing, f"no explorer, and no reason: {sorted(missing)}"
    assert not set(EXPLORERS) & left_out
    assert set(EXPLORERS) <= set(mml.__all__)


@pytest.mark.parametrize("name", sorted(EXPLORERS))
def test_nothing_is_found(name: str) -> None:
    """The first 400 draws, or as many as two seconds allow; MMLCORE_TRUTH=60 for all of a minute."""
    tried = 0
    for number, wrong in explore(name, SECONDS):
        if number == DRAWS:
            break
        tried += 1
        assert wrong is None, f"{wrong} | python -m tests.truth {name} --draw {number}"
    assert tried > 3


def test_a_wrong_number_is_seen() -> None:
    """The comparison refuses the next number but one, NaN, infinity within the range, a wrong sign of it beyond."""
    third = Fraction(1, 3)
    ex.near(1 / 3, third, ex.ulp(np.float64) * third, np.float64, "a third")
    for bad in (np.nextafter(1 / 3, 1), np.nan, np.inf, -1 / 3):
        with pytest.raises(Wrong):
            ex.near(bad, third, ex.ulp(np.float64) * third / 2, np.float64, "a third")
    ex.near(np.inf, Fraction(10) ** 400, Fraction(0), np.float64, "beyond")
    with pytest.raises(Wrong):
        ex.near(-np.inf, Fraction(10) ** 400, Fraction(0), np.float64, "beyond")


@pytest.mark.parametrize(
    "name",
    ["solve", "determinant", "eigh", "matmul", "variance", "pairwise_distances", "derivative"],
)
def test_an_explorer_sees_a_wrong_function(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative error of 1e-4 in what the function gives is found in the first draws."""
    right = getattr(mml, name)

    def wrong(*args: object, **kwargs: object) -> object:
        told = right(*args, **kwargs)
        if isinstance(told, tuple):
            return type(told)(told[0] * (1 + 1e-4), *told[1:])
        return told * (1 + 1e-4)

    monkeypatch.setattr(mml, name, wrong)
    assert any(found for _, (_, found) in zip(range(300), explore(name, 60), strict=False))


def test_exact_elimination() -> None:
    rows = ex.exact(np.array([[2.0, 1.0], [6.0, 4.0]]))
    assert ex.determinant(rows) == 2
    assert ex.solved(rows, [[Fraction(1)], [Fraction(0)]]) == [[Fraction(2)], [Fraction(-3)]]
    assert ex.rank(ex.exact(np.array([[1.0, 2.0], [2.0, 4.0]]))) == 1

"""The data of the wheel are what they are said to be."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.core.later import Later


def test_digits_and_irises_are_scikit_learns():
    sklearn = pytest.importorskip("sklearn.datasets")
    for ours, theirs in (
        (mml.datasets.digits(), sklearn.load_digits()),
        (mml.datasets.iris(), sklearn.load_iris()),
    ):
        np.testing.assert_array_equal(ours.data, theirs.data)
        np.testing.assert_array_equal(ours.target, theirs.target)
        assert ours.classes == tuple(map(str, theirs.target_names))
        assert len(ours.features) == ours.data.shape[1]
        assert "CC BY" in ours.licence
        assert "doi" in ours.source


def test_heights():
    found = mml.datasets.heights()
    assert found.counts.sum() == 995
    assert found.y.sum() * 2.5 == pytest.approx(1)
    assert (found.x[0], found.x[-1]) == (1.25, 248.75)


def test_micro_internet():
    ranks = mml.pagerank(mml.datasets.micro_internet(), damping=1, tol=1e-12).by_label
    right = dict(zip("ABCDEF", (16, 16 / 3, 40, 76 / 3, 0, 40 / 3), strict=True))
    assert {key: 100 * value for key, value in ranks.items()} == pytest.approx(right, abs=1e-9)
    trap = mml.datasets.micro_internet(trap=True)
    assert trap.neighbors("G") == ["G"]
    assert trap.neighbors("F") == ["C", "D", "G"]


def test_modules_are_there_without_being_imported():
    code = (
        "import sys, mmlcore as mml; names = {'plot', 'estimators', 'dask', 'datasets', 'linalg'}; assert names <= set(dir(mml));"
        "assert not names & {m.partition('.')[2] for m in sys.modules if m.startswith('mmlcore.')};"
        "assert {'models', 'landscapes'} <= set(dir(mml.optimize)); assert 'mmlcore.optimize.models' not in sys.modules;"
        "mml.datasets.heights(); mml.optimize.models.gaussian; print('good')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "good\n", done.stderr
    for module in (mml, mml.optimize):
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            module.nothing  # noqa: B018


def test_what_stands_for_a_module_is_that_module():
    stands = Later("mmlcore.plot")
    assert repr(stands) == "<module 'mmlcore.plot', imported when it is used>"
    assert not hasattr(stands, "__wrapped__")
    assert "descent" in dir(stands)
    stands.own = 3
    assert sys.modules["mmlcore.plot"].own == 3
    del stands.own
    assert "own" not in vars(stands)
    assert stands.descent is vars(stands)["descent"]  # found without a detour from now on
    assert stands.descent is sys.modules["mmlcore.plot"].descent
    with pytest.raises(AttributeError, match="nothing"):
        stands.nothing  # noqa: B018

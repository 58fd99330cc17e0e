"""Error classes are what callers already catch, and travel between processes."""

from __future__ import annotations

import pickle

import numpy as np

import mmlcore as mml


def test_bases():
    assert issubclass(mml.SingularMatrixError, np.linalg.LinAlgError)
    assert issubclass(mml.ConvergenceError, RuntimeError)


def test_pickle():
    error = pickle.loads(pickle.dumps(mml.ConvergenceError("no luck", (1.5, 3))))
    assert str(error) == "no luck"
    assert error.result == (1.5, 3)
    assert str(pickle.loads(pickle.dumps(mml.SingularMatrixError("A: singular")))) == "A: singular"

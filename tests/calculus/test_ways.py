"""The way that a function takes is the way that it takes with numbers: by types, and by errors that it catches."""

from __future__ import annotations

import numbers

import numpy as np
import pytest

import mmlcore as mml


def test_a_caught_refusal_is_none():
    """A function that catches what a conversion raises would go another way with values of the trace than with numbers."""

    def caught(x):
        try:
            return [1.0, 2.0, 3.0][int(x[0])] * x[1]
        except TypeError:
            return 0.0

    def decided(x):
        try:
            if x[0] > 0:
                return 3 * x[1]
        except TypeError:
            pass
        return 0.0

    for f in (caught, decided):
        with pytest.raises(mml.TraceError, match=r"depends on a value|a number was asked"):
            mml.gradient(f, [1.0, 2.0])


@pytest.mark.parametrize("kind", [float, np.floating, np.generic, numbers.Real])
def test_elements_are_of_the_types_that_numpy_has(kind):
    assert (
        mml.gradient(lambda x: 2 * x[0] if isinstance(x[0], kind) else 0 * x[0], [3.0, 1.0])[0] == 2
    )
    assert mml.gradient(lambda x: 0 * x[0] if isinstance(x, kind) else 2 * x[0], [3.0, 1.0])[0] == 2
    assert mml.derivative(lambda t: t * t if isinstance(t, kind) else 0 * t, 3.0) == 6
    assert (
        mml.gradient(lambda x: 0 * x[0] if isinstance(x[0], np.ndarray) else 2 * x[0], [3.0, 1.0])[
            0
        ]
        == 2
    )

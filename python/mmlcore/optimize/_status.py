"""How a fit can end: the numbers of the kernel (cpp/include/mmlcore/optimize/least_squares.hpp), and sentences."""

from __future__ import annotations

from mmlcore.core.arrays import Array

MESSAGES = {
    1: "Converged: the next step is a tiny part of the parameters' uncertainties.",
    2: "Converged: the parameters do not change any more.",
    3: "The model meets the data exactly, up to rounding errors.",
    4: "Converged: no further decrease can be seen in double precision.",
    5: "Converged, but the data do not determine all parameters: the covariance is infinite.",
    0: "max_iter iterations were not enough.",
    -1: "The model, its derivatives or the data are not finite at the starting point.",
    -2: "There are fewer points than parameters.",
    -4: "No step decreases the sum of squares, though it is not stationary: are the derivatives right?",
}
UNDETERMINED, NOT_FINITE, TOO_FEW = 5, -1, -2


def describe(status: Array) -> list[str]:
    """Return a sentence for each status."""
    return [MESSAGES[int(s)] for s in status.ravel()]

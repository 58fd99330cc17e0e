"""What fits have in common. How one can end: the numbers of the kernel (cpp/include/mmlcore/optimize/least_squares.hpp), and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

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
UNDETERMINED = 5


def sentences(messages: dict[int, str], status: Any) -> str | list[str]:
    """Return a status as a sentence, or one for each."""
    if np.ndim(status) == 0:
        return messages[int(status)]
    return [messages[int(s)] for s in np.ravel(status)]


class Pair:
    """Unpacks as ``popt, pcov``, as SciPy's results do."""

    parameters: Array
    covariance: Array

    def __iter__(self) -> Iterator[Array]:
        """Yield parameters and covariance."""
        return iter((self.parameters, self.covariance))

    def __len__(self) -> int:
        """Return 2."""
        return 2

    def __getitem__(self, i: int) -> Array:
        """Return parameters or covariance."""
        return (self.parameters, self.covariance)[i]

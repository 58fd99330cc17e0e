"""What results of fits have in common: how one can end, in sentences, and that they unpack as SciPy's do."""

from __future__ import annotations

from collections.abc import Iterator

from mmlcore.core.arrays import Array
from mmlcore.core.status import Status

MESSAGES = {
    Status.CONVERGED: "Converged: the next step is a tiny part of the parameters' uncertainties.",
    Status.SMALL_STEP: "Converged: the parameters do not change any more.",
    Status.EXACT: "The model meets the data exactly, up to rounding errors.",
    Status.ROUNDING: "Converged: no further decrease can be seen in double precision.",
    Status.UNDETERMINED: "Converged, but the data do not determine all parameters: the covariance is infinite.",
    Status.MAX_ITER: "max_iter iterations were not enough.",
    Status.NOT_FINITE: "The model, its derivatives or the data are not finite at the starting point.",
    Status.TOO_FEW_POINTS: "There are fewer points than parameters.",
    Status.STUCK: "No step decreases the sum of squares, though it is not stationary: are the derivatives right?",
}


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

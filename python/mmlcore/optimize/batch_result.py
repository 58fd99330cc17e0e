"""What a fit of many curves returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array
from mmlcore.core.status import sentences
from mmlcore.optimize._fit_result import MESSAGES, Pair
from mmlcore.optimize._kept import check_mark


@dataclass(frozen=True)
class CurveFitBatch(Pair):
    """What `curve_fit_batch` returns: the fields of `CurveFit`, with a leading n. Unpacks as ``popt, pcov``.

    Examples
    --------
    >>> import mmlcore as mml
    >>> fits = mml.curve_fit_batch(lambda x, a: a * x, [1.0, 2.0, 3.0], [[2.0, 4.1, 5.9], [1.0, 2.0, 3.0]])
    >>> fits.parameters[:, 0].round(3), fits.success, fits.status
    (array([1.993, 1.   ]), array([ True,  True]), array([1, 3], dtype=int32))
    """

    parameters: Array
    """Best parameters, shape (n, p); NaN where there are too few points."""
    covariance: Array
    """Their covariances, shape (n, p, p); infinite where the data do not determine them, and where a fit failed."""
    chi2: Array
    """Sums of losses, shape (n,)."""
    dof: Array
    """Points that count less free parameters, shape (n,)."""
    iterations: Array
    """Steps taken, shape (n,)."""
    status: Array
    """How each fit ended, shape (n,): positive is well; see `message`."""
    model: Any = None
    data: Any = None
    _mark: Any = field(repr=False, compare=False, default=None)

    @property
    def success(self) -> Array:
        """Which fits ended well, with a covariance."""
        return np.asarray((self.status > 0) & np.isfinite(self.covariance).all(axis=(1, 2)))

    @property
    def message(self) -> list[str]:
        """A sentence for each fit."""
        return list(sentences(MESSAGES, self.status))

    @property
    def standard_errors(self) -> Array:
        """Square roots of the covariances' diagonals, shape (n, p)."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2)))

    @property
    def residual(self) -> Array:
        """Residuals ``f(x, *parameters) - y``, shape (n, m), computed when asked for; NaN where y is."""
        x, y = self.data
        check_mark(self._mark, "residual", x, y)
        if y is None:
            msg = "residual: the data came as a stream and were not kept; compute it from the parameters, batch by batch."
            raise ValueError(msg)
        points = np.moveaxis(x, -2, -1) if self.model.predictors else x
        columns = [column[:, None] for column in self.parameters.T]
        return np.asarray(self.model.function(points, *columns) - np.asarray(y, np.float64))

"""Principal components of rows that are spread over a cluster, whichever: two solvers, of summaries that the cluster has merged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.decomposition._pca import PCA
from mmlcore.decomposition.components import tolerance
from mmlcore.decomposition.large import of_moments
from mmlcore.decomposition.route import how_many
from mmlcore.stats import Moments
from mmlcore.stats.factor import TriangularFactor


class SpreadPCA(PCA):
    """A PCA whose `fit` asks a cluster for the sum of its parts' Moments, or of their triangular factors."""

    def _of_parts(
        self,
        shape: tuple[float, int],
        dtype: np.dtype[Any],
        moments: Callable[[], Moments],
        factor: Callable[[], TriangularFactor | None],
    ) -> Any:
        """Find the components of data of a shape whose number of rows may be NaN: the moments then count the points."""
        if self.solver not in ("auto", "covariance", "factor"):
            msg = f"solver: got {self.solver!r}, needed 'auto', 'covariance' or 'factor'."
            raise ValueError(msg)
        if self.solver == "covariance" or (self.solver == "auto" and not shape[0] < shape[1]):
            found = moments()
            counted = (int(found.count), found.dim)
            if self.solver == "covariance" or counted[0] >= counted[1]:
                most = how_many(self.n_components, counted)
                self.__dict__.pop("_factor", None)
                self._keep(of_moments(found, most, tolerance(dtype)), counted, dtype, "covariance")
                return self
        return self._keep_factor(factor(), (0, shape[1]), dtype)
